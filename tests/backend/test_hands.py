"""Hands before the face: MakeHuman's hand, rendered, laid over a photograph."""

from __future__ import annotations

import functools

import cv2
import numpy as np
import pytest

from backend.lab.training.draw_hands import Rig
from backend.portrait.faces import find_faces
from backend.portrait.hands import arm_shape, find_hands, hands_before
from backend.portrait.landmark_groups import FACE_OVAL, fill_region
from backend.portrait.parse import parse_portrait
from tests.backend.portraits import astronaut, astronaut_face, drawing
from tests.demo import sources

SKIN = np.float32([0.90, 0.67, 0.58])


@functools.cache
def rendered_hand(size: int = 400) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A right hand and forearm, their back, fingers up: colour, coverage, (2, 2) pixels of wrist and knuckle."""
    rig = Rig(sources.base_mesh().parents[1])
    pixels = lambda points: points[:, :2] * [1, -1] * (size / 4.4) + size / 2  # noqa: E731
    shown, normals = rig.rendered(rig.vertices, pixels(rig.vertices), size)
    light = np.abs(normals @ [0, 0.5, 1]) / 1.2
    shade = shown.interpolate((0.5 + 0.5 * light)[rig.triangles][..., None].astype(np.float32))
    return SKIN * shade, shown.covered.astype(np.float32), pixels(np.stack([np.zeros(3), rig.joints[3, 1]]))


def before_the_face(landmark: int, angle: float, onto: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """The astronaut with a hand, its knuckles on a landmark, turned by radians, and what it hides, (H, W) bool."""
    color, face = astronaut().color if onto is None else onto, astronaut_face()
    hand, covered, (_, knuckle) = rendered_hand()
    scale = 0.95 * face.size / 166  # a hand is as long as a face
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = np.c_[turn, face.points[landmark, :2] - turn @ knuckle]
    hand, covered = (
        cv2.warpAffine(cv2.GaussianBlur(part, (0, 0), 0.4 / scale), matrix, color.shape[1::-1])
        for part in (hand, covered)
    )
    shadow = 1 - 0.3 * cv2.GaussianBlur(covered, (0, 0), 0.03 * face.size)
    shown = color * shadow[..., None] * (1 - covered[..., None]) + hand
    return shown.astype(np.float32), covered > 0.5


@pytest.mark.parametrize(("landmark", "angle"), [(152, 0.3), (280, -0.3), (50, 0.6)], ids=["chin", "left", "right"])
def test_a_hand_before_the_face_is_no_skin(landmark, angle):
    bare, face = parse_portrait(astronaut().color, astronaut_face()), astronaut_face()
    color, hidden = before_the_face(landmark, angle)
    parse = parse_portrait(color, face)
    inside = (fill_region(hidden.shape, face.points, FACE_OVAL) > 0.5) & (bare.skin > 0.5)
    assert parse.hand and (inside & hidden).sum() > 300
    assert (parse.skin > 0.5)[inside & hidden].mean() < 0.06
    assert (parse.skin < 0.5)[inside & ~hidden].mean() < 0.17
    assert (parse.occluder > 0.5)[hidden].mean() > 0.6


def test_two_hands_are_found_and_a_bent_wrist_is_followed():
    one, left = before_the_face(280, -0.4)
    color, right = before_the_face(50, 0.4, one)
    hands = find_hands(color, astronaut_face())
    assert len(hands) == 2
    covered = hands_before(color, astronaut_face())
    assert covered[left].mean() > 0.5 < covered[right].mean()  # the arms reach on to the picture's rim
    bent = np.array([[np.cos(0.7), -np.sin(0.7)], [np.sin(0.7), np.cos(0.7)]])
    for hand in hands:
        points = hand.points.copy()
        points[1:, :2] = (points[1:, :2] - points[0, :2]) @ bent.T + points[0, :2]
        arm = arm_shape(color, type(hand)(points, 1.0)) > 0.5
        assert (arm & (left | right)).sum() > 0.7 * arm.sum()


def test_faces_without_a_hand_are_left_as_they_are():
    for color, face in ((astronaut().color, astronaut_face()), (drawing(), find_faces(drawing())[0])):
        assert not find_hands(color, face) and not hands_before(color, face).any()
        assert not parse_portrait(color, face).hand
