"""Whichever way a head or a portrait is turned, it gives the same; and a head's wrong side is not called good."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from backend.errors import AvatarTexError, ErrorCode
from backend.head.landmarks import find_head_landmarks
from backend.head.mesh import load_mesh
from backend.head.view import name_axis, orientations
from backend.imaging.files import write_picture
from backend.lab.evaluation.truth import TruthCase, render_truth
from backend.portrait.decode import decode_portrait
from backend.portrait.faces import read_portrait

#: What a file may have been turned by: half turns about each axis, lying on its side or its back, anything.
TURNS = {
    "faces away": np.diag([-1.0, 1, -1]),
    "on its head": np.diag([-1.0, -1, 1]),
    "on its head, faces away": np.diag([1.0, -1, -1]),
    "on its side": np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]]),
    "on its back": np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]]),
    "as a rig left it": Rotation.from_euler("xyz", (0.7, 0.5, 2.1)).as_matrix(),
}


@pytest.fixture(scope="module")
def head(demo_head_obj):
    return load_mesh(demo_head_obj)


@pytest.fixture(scope="module")
def landmarks(head):
    return find_head_landmarks(head)


def turned(head, turn):
    return replace(head, vertices=(head.vertices @ turn.T).astype(np.float32))


@pytest.mark.parametrize("way", TURNS)
def test_a_turned_head_has_the_same_face(head, landmarks, way):
    turn = TURNS[way]
    found = find_head_landmarks(turned(head, turn))
    away = np.linalg.norm(found.points - landmarks.points @ turn.T, axis=1)
    assert np.median(away) < 0.005 * landmarks.height
    expected = landmarks.rotation @ turn.T
    assert [name_axis(axis) for axis in found.rotation] == [name_axis(axis) for axis in expected]


def test_an_upright_head_is_looked_at_once(head):
    looks = []
    assert find_head_landmarks(head, lambda: looks.append(1)).evidence > 12
    assert len(looks) == 1


def test_the_artist_says_where_front_and_up_are(head, landmarks):
    assert len(orientations(head)) == 24 and len(orientations(replace(head, chosen=("auto", "y")))) == 4
    [only] = orientations(replace(head, chosen=("-x", "z")))
    assert (name_axis(only[2]), name_axis(only[1])) == ("-x", "z") and np.linalg.det(only) == pytest.approx(1)
    away = replace(head, chosen=("-z", "y"))  # the nape
    try:
        assert find_head_landmarks(away).evidence < 12
    except AvatarTexError as refusal:
        assert refusal.code is ErrorCode.NO_FACE_ON_HEAD


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_turned_portrait_is_read_upright(head, landmarks, tmp_path, quarters):
    texture = np.full((64, 64, 3), (0.75, 0.55, 0.45), np.float32)
    case = TruthCase("x", "", "", "", 5, 0, "soft", (0.3, 0.6, 0.8), (0.3, 0.5, 0.6))
    color = render_truth(head, landmarks, texture, case, 384).color
    for name, pixels in (("upright", color), ("turned", np.rot90(color, quarters))):
        write_picture(tmp_path / f"{name}.png", np.ascontiguousarray(pixels))
    upright = decode_portrait(tmp_path / "upright.png")
    assert not np.array_equal(decode_portrait(tmp_path / "turned.png").color, upright.color)
    np.testing.assert_array_equal(read_portrait(tmp_path / "turned.png").color, upright.color)
    np.testing.assert_array_equal(read_portrait(tmp_path / "upright.png").color, upright.color)
