"""Whichever way a head or a portrait is turned, it gives the same; and a head's wrong side is not called good."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from backend.errors import AvatarTexError, ErrorCode
from backend.head.landmarks import find_head_landmarks, look_closer, turn_normals, whole_views
from backend.head.match import match_found
from backend.head.mesh import load_head, vertex_normals
from backend.head.view import name_axis, nearest_axes, orientations
from backend.imaging.files import write_picture
from backend.lab.evaluation.guard_heads import write_head
from backend.lab.evaluation.truth import TruthCase, render_truth
from backend.messages import GOOD_SCORE, Register
from backend.portrait.decode import decode_portrait
from backend.portrait.faces import find_portrait_face, read_portrait
from backend.portrait.landmarks import landmarks_in_view
from backend.registering import register_only

#: What a file may have been turned by: half turns about each axis, lying on its side or its back, anything.
TURNS = {
    "faces away": np.diag([-1.0, 1, -1]),
    "on its head": np.diag([-1.0, -1, 1]),
    "on its head, faces away": np.diag([1.0, -1, -1]),
    "on its side": np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]]),
    "on its back": np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]]),
    "as a rig left it": Rotation.from_euler("xyz", (0.7, 0.5, 2.1)).as_matrix(),
}


def turned(head, turn):
    return replace(head, vertices=(head.vertices @ turn.T).astype(np.float32))


@pytest.mark.parametrize("way", TURNS)
def test_a_turned_head_has_the_same_face(head, landmarks, way):
    turn = TURNS[way]
    mesh = turned(head, turn)
    found = find_head_landmarks(mesh)
    away = np.linalg.norm(found.points - landmarks.points @ turn.T, axis=1)
    assert np.median(away) < 0.0006 * landmarks.height
    expected = landmarks.rotation @ turn.T
    assert [name_axis(axis) for axis in found.rotation] == [name_axis(axis) for axis in expected]
    if np.isin(turn, (-1, 0, 1)).all():  # what follows is the same to the bit
        axes = nearest_axes(found.rotation)
        np.testing.assert_array_equal(mesh.turned(axes).vertices, head.vertices)
        np.testing.assert_array_equal(found.turned(axes).points, landmarks.points)


@pytest.mark.parametrize("angles", [(2.5, -0.8, 2.9), (-1.2, 0.4, 0.9)])
def test_a_head_that_leans_in_its_file_is_looked_at_as_if_it_stood(head, landmarks, angles):
    turn = Rotation.from_euler("xyz", angles).as_matrix()
    found = find_head_landmarks(turned(head, turn)).turned(turn.T)
    assert np.median(np.linalg.norm(found.points - landmarks.points, axis=1)) < 0.0006 * landmarks.height
    assert np.degrees(np.arccos((np.trace(found.rotation @ landmarks.rotation.T) - 1) / 2)) < 0.1


def test_an_upright_head_is_looked_at_once(head):
    looks = []
    assert find_head_landmarks(head, lambda: looks.append(1)).evidence > 12
    assert len(looks) == 1


def test_the_artist_says_where_front_and_up_are(head, landmarks):
    assert len(orientations(head)) == 24 and len(orientations(replace(head, chosen=("auto", "y")))) == 4
    [only] = orientations(replace(head, chosen=("-x", "z")))
    assert (name_axis(only[2]), name_axis(only[1])) == ("-x", "z") and np.linalg.det(only) == pytest.approx(1)
    with pytest.raises(AvatarTexError, match="one axis"):
        load_head(Register("x", "", mesh="x.obj", front="-y", up="y"))
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


def test_points_and_the_orientation_are_in_the_axes_of_the_file(head, demo_head_obj, astronaut, tmp_path):
    """The overlay is the upright file's; pins are placed where the artist's mesh is."""
    turn = TURNS["on its head, faces away"]
    write_head(turned(head, turn), tmp_path / "turned.obj")
    files = {"upright": str(demo_head_obj), "turned": str(tmp_path / "turned.obj")}
    answers = {name: register_only(Register("x", str(astronaut), mesh=file)) for name, file in files.items()}
    upright, answer = answers["upright"], answers["turned"]
    assert (upright.front, upright.up, answer.front, answer.up) == ("z", "y", "-z", "-y")
    assert answer.score == pytest.approx(upright.score, abs=0.02)
    for one, other in zip(upright.points, answer.points, strict=True):
        np.testing.assert_allclose(turn @ one["head"], other["head"], atol=0.003 * np.ptp(head.vertices))
        np.testing.assert_allclose(one["portrait"], other["portrait"], atol=1e-3)


def test_another_side_of_the_head_is_not_called_good(head, landmarks, astronaut):
    """A back or a face on its head that passes for one: it was scored 1.00."""
    portrait, normals = decode_portrait(astronaut), vertex_normals(head)
    face = find_portrait_face(portrait)[0]
    right = match_found(head, portrait, (), face, landmarks)
    assert right.quality.score > GOOD_SCORE
    sides = []
    for turn, view in whole_views(head, normals):
        if turn[2, 2] < 0.5 or turn[1, 1] < 0.5:
            read = landmarks_in_view(view.grey)
            if read is not None:
                sides.append(look_closer(head.turned(turn), turn_normals(normals, turn), view, read).turned(turn.T))
    sides = [side for side in sides if side.rotation[2] @ landmarks.rotation[2] < 0.7]
    wrong = match_found(head, portrait, (), face, max(sides, key=lambda side: side.presence))
    assert wrong.quality.score < GOOD_SCORE and wrong.quality.advice
