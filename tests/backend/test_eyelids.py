"""Eyes that are shut on one side only are left to the networks."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from backend.head.atlas import canonical_head
from backend.head.eyelids import LIDS, SIZE, find_unlike_eyes, openings
from backend.head.facial_regions import landmark_places
from backend.observation.observe import pixel_confidence
from backend.portrait.landmark_groups import LEFT_EYE, RIGHT_EYE, canonical_face


def face(*shut: int) -> np.ndarray:
    """(468,2) the canonical face's landmarks, some eyes (0 the right one, 1 the left) shut."""
    points = canonical_face()[0][:, :2].astype(np.float64) * (10, -10)
    for eye in shut:
        upper, lower, _ = LIDS[eye]
        points[list(upper)] = points[list(lower)]
    return points


def registered(head: np.ndarray, portrait: np.ndarray):
    return SimpleNamespace(
        camera=SimpleNamespace(project=lambda points: (points, None)), landmarks=head, targets=portrait
    )


def test_no_portrait_is_taken_between_lids_that_are_unlike():
    """One place between the lids of each eye: the shut one's is not the portrait's, the other's is."""
    one = registered(face(), face(0))
    one.project = lambda points: (np.full((len(points), 2), 2.0), np.ones(len(points)))
    one.confidence = lambda points, *_: np.ones(len(points), np.float32)
    masks = (np.ones((5, 5), np.float32),) * 2
    eyes = canonical_head().points[[corners for _, _, corners in LIDS]].mean(1)
    _, confidence = pixel_confidence(one, masks, eyes, np.zeros((2, 3)), eyes)
    assert confidence[0] < 0.1 < 0.99 < confidence[1]


def test_shut_eyes_are_told():
    right, left = openings(face(0))
    assert right == 0 and left > 0.2


@pytest.mark.parametrize(("head", "portrait"), [((), ()), ((0, 1), (0, 1))])
def test_eyes_that_are_alike_are_the_portraits(head, portrait):
    assert find_unlike_eyes(registered(face(*head), face(*portrait))) is None


@pytest.mark.parametrize(("head", "portrait"), [((), (0,)), ((0,), ()), ((0, 1), (1,))])
def test_only_the_eye_that_is_shut_on_one_side_is_left_out(head, portrait):
    found = find_unlike_eyes(registered(face(*head), face(*portrait)))
    places = landmark_places() * SIZE
    right, left = (np.rint(places[list(eye)].mean(0)).astype(int) for eye in (RIGHT_EYE, LEFT_EYE))
    assert found[right[1], right[0]] > 0.9 and found[left[1], left[0]] < 0.01
    brow = np.rint(places[105]).astype(int)
    assert found[brow[1], brow[0]] == 0
