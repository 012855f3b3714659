"""Folds go where the fitted smile presses skin together, and nothing else does."""

from __future__ import annotations

from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from backend.head.camera import Camera
from backend.head.landmarks import HeadLandmarks
from backend.head.shape import shapes_of
from backend.head.subjects import Readings
from backend.observation.expression import TAKEN, compression, fit_expression, take_folds_off
from backend.portrait.landmark_groups import canonical_face

#: Beside the mouth's corners and above the brows: landmarks of a nasolabial fold, and of a forehead.
FOLD, FOREHEAD = (203, 206, 216), (69, 151, 299)


@pytest.fixture
def head() -> HeadLandmarks:
    points = canonical_face()[0].astype(np.float64)
    height = float(np.linalg.norm(points[10] - points[152]))
    return HeadLandmarks(points, np.tile([0.0, 0, 1], (468, 1)), np.ones(468), np.eye(3), height, 1.0)


def registered(head: HeadLandmarks, opened: float, smile: float):
    """A portrait of 600 pixels, face 300 px tall, in which the head makes a face."""
    distance = 6 * head.height
    rotation = np.diag([1.0, -1.0, -1.0])
    translation = np.array([0, 0, distance]) - rotation @ head.points.mean(0)
    camera = Camera(300 * 6, np.array([300.0, 300.0]), rotation, translation)
    shapes = shapes_of(head)
    made = head.points + opened * shapes[-2] + smile * shapes[-1]
    read = Readings(head.points, camera.project(made)[0], np.ones(468))
    return SimpleNamespace(camera=camera, read=read, face_height=300.0)


@pytest.mark.parametrize(("opened", "smile"), [(0.0, 0.0), (0.0, 0.9), (0.6, 0.4)])
def test_opening_and_smile_are_found(head, opened, smile):
    found = fit_expression(registered(head, opened, smile), head)
    assert np.abs(found - (opened, smile)).max() < 0.08


def test_a_smile_presses_the_cheeks_and_not_the_forehead():
    pressed = compression(np.array([0.0, 1.0]))
    assert pressed[list(FOLD)].min() > 0.1 and pressed[list(FOREHEAD)].max() < 0.02
    assert compression(np.zeros(2)).max() < 1e-6


def folded(points: np.ndarray, loop: tuple[int, ...]) -> np.ndarray:
    """(600,600,3) even skin with a soft dark line through landmarks."""
    line = cv2.polylines(
        np.zeros((600, 600), np.float32), [np.rint(points[list(loop)]).astype(np.int32)], False, 1.0, 3
    )
    return np.repeat(0.6 - 0.2 * cv2.GaussianBlur(line, (0, 0), 2.0)[..., None], 3, 2).astype(np.float32)


@pytest.mark.parametrize(("smile", "loop", "left"), [(0.9, FOLD, 0.55), (0.9, FOREHEAD, 1.0), (0.0, FOLD, 1.0)])
def test_folds_are_taken_off_where_a_smile_makes_them(head, smile, loop, left):
    registration = registered(head, 0.0, smile)
    picture = folded(registration.read.targets, loop)
    done = take_folds_off(picture, np.ones((600, 600), np.float32), registration, head)
    x, y = np.rint(registration.read.targets[loop[1]]).astype(int)
    depth = 0.6 - done[y - 4 : y + 5, x - 4 : x + 5].min(), 0.6 - picture[y - 4 : y + 5, x - 4 : x + 5].min()
    assert depth[0] / depth[1] < left + 1e-3 and depth[0] / depth[1] > min(left, 1 - TAKEN) - 0.01


def test_what_lies_in_a_fold_is_left_no_more_orange_than_the_skin(head):
    """Light in a fold was scattered by skin: blue lacks most."""
    registration = registered(head, 0.0, 0.9)
    picture = 0.6 + (folded(registration.read.targets, FOLD) - 0.6) * np.float32([0.5, 1.0, 1.5])
    done = take_folds_off(picture, np.ones((600, 600), np.float32), registration, head)
    x, y = np.rint(registration.read.targets[FOLD[1]]).astype(int)
    orange = [np.ptp(one[y - 4 : y + 5, x - 4 : x + 5], axis=-1).max() for one in (done, picture)]
    assert orange[0] < 0.85 * orange[1]


def test_freckles_and_what_is_no_skin_stay(head):
    registration = registered(head, 0.0, 0.9)
    x, y = np.rint(registration.read.targets[FOLD[1]]).astype(int)
    picture = np.full((600, 600, 3), 0.6, np.float32)
    picture[y, x] = 0.3
    done = take_folds_off(picture, np.ones((600, 600), np.float32), registration, head)
    assert done[y, x].max() < 0.34
    lined = folded(registration.read.targets, FOLD)
    assert np.array_equal(take_folds_off(lined, np.zeros((600, 600), np.float32), registration, head), lined)
