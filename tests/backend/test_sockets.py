"""What of the portrait belongs into the head's openings for eyes: no lid gets a piece of an eye."""

from __future__ import annotations

from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from backend.head.drawn import find_eyes
from backend.head.sockets import EYES, EyeFrame, find_opening, find_sockets
from backend.observation.observe import visibility

from .test_lids import face, head

SHAPE = (400, 400)


def drawing(*eyes: int, radius: int = 22, brow: bool = False) -> np.ndarray:
    """(400,400,3) an even skin with round eyes, white in a dark ring, taller than any opening."""
    picture = np.full((*SHAPE, 3), (0.9, 0.7, 0.55), np.float32)
    for eye in eyes:
        middle = np.rint(face()[list(EYES[eye])].mean(0)).astype(int).tolist()
        cv2.circle(picture, middle, radius, (1, 1, 1), -1, cv2.LINE_AA)
        cv2.circle(picture, middle, radius, (0.1, 0.05, 0.05), 3, cv2.LINE_AA)
    return picture


@pytest.mark.parametrize("pieces", [(), ("eyeball",), ("eyeball", "lashes")])
def test_an_opening_is_where_the_skin_ends(pieces):
    mesh, landmarks = head(0.3, *pieces)
    for eye in (0, 1):
        opening = find_opening(mesh, EyeFrame.of(landmarks, eye), 0.4)
        rows, columns = np.nonzero(opening)
        assert opening[opening.shape[0] // 2, opening.shape[1] // 2] == 1
        assert np.ptp(rows) + 1 == pytest.approx(0.3 * 48, abs=3) and np.ptp(columns) + 1 == pytest.approx(48, abs=6)


@pytest.mark.parametrize(("gap", "pieces"), [(0.0, ()), (0.3, ("relief",))])
def test_shut_lids_and_eyes_of_one_piece_with_the_skin_have_none(gap, pieces):
    mesh, landmarks = head(gap, *pieces)
    assert find_sockets(mesh, landmarks, face(), SHAPE, drawing(0, 1)) == ()


def test_a_drawn_eye_is_all_that_its_ink_encloses():
    for eye, shown in enumerate(find_eyes(drawing(0, 1), face())):
        middle = face()[list(EYES[eye])].mean(0)
        rows, columns = np.mgrid[:400, :400]
        away = np.hypot(columns - middle[0], rows - middle[1])
        assert shown[away < 23].min() > 0.99 and shown[away > 50].max() == 0


def test_what_is_spilt_over_the_lids_is_no_evidence():
    points = np.zeros((3, 3), np.float32)
    points[:, 2] = 0.6  # where landmarks hold
    stand_in = SimpleNamespace(
        project=lambda points: (points[:, :2], points[:, 2]),
        confidence=lambda points, *_: np.ones(len(points)),
        lids=SimpleNamespace(bare_eyes=lambda: None, spilt=lambda points, pixels: np.array([0, 0.25, 1])),
    )
    _, sure = visibility(stand_in, points, points, points)
    np.testing.assert_allclose(sure, [1, 0.75, 0])


def test_skin_around_an_opening_takes_no_eye():
    """A drawn eye is taller than the opening: what sticks out lies on the lids; a photographed one ends at its lids."""
    mesh, landmarks = head(0.3)
    [right, _] = find_sockets(mesh, landmarks, face(), SHAPE, drawing(0, 1))
    frame, middle = right.frame, face()[list(EYES[0])].mean(0)

    def at(down: float) -> np.ndarray:
        return frame.middle + down * frame.axes[1] / (frame.axes[1] @ frame.axes[1])

    points = np.array([at(0.0), at(0.3), at(0.3)])
    pixels = middle + np.array([(0, 0), (0, 15), (0, 60)])
    np.testing.assert_allclose(right.on_lids(points, pixels), [0, 1, 0], atol=0.01)
    [plain, _] = find_sockets(mesh, landmarks, face(), SHAPE, None)
    np.testing.assert_allclose(plain.on_lids(points, pixels), [0, 0, 0], atol=0.01)
    np.testing.assert_allclose(plain.on_lids(points[1:2], middle[None]), [1], atol=0.01)
