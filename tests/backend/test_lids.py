"""Eyes that are shut on one side only: which they are, by mesh and landmarks, and what they keep out of the texture.

Meshes of lids are a sheet of skin with a slit from corner to corner of each eye.
"""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from backend.head.atlas import LOOKED_UP as SIZE
from backend.head.atlas import map_atlas
from backend.head.facial_regions import landmark_places
from backend.head.lids import CORNERS, MIDDLES, Lids, find_lids, find_shut_lids, openings
from backend.head.match import match
from backend.head.mesh import HeadMesh, load_mesh
from backend.head.subjects import Face
from backend.observation.observe import Surface, skin_mask
from backend.portrait.decode import decode_portrait
from backend.portrait.landmark_groups import LEFT_EYE, RIGHT_EYE, canonical_face

#: Vertices along and across a patch.
ALONG, ACROSS = 41, 21


def patch(upper: np.ndarray, lower: np.ndarray, depth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Vertices and triangles between two (ALONG,) edges, in widths of the eye; depth: (ACROSS,ALONG) towards one."""
    share = np.linspace(0, 1, ACROSS)[:, None]
    x = np.broadcast_to(np.linspace(-1.2, 1.2, len(upper)), depth.shape)
    points = np.stack([x, upper + share * (lower - upper), depth], -1).reshape(-1, 3)
    first = (np.arange(ACROSS - 1)[:, None] * ALONG + np.arange(ALONG - 1)).ravel()
    corners = first[:, None] + [0, ALONG, 1], first[:, None] + [1, ALONG, ALONG + 1]
    return points, np.concatenate(corners)


def eye(gap: float, *pieces: str) -> list[tuple[np.ndarray, np.ndarray]]:
    """Skin around an eye whose lids are gap apart, the upper one a tenth in front of the lower; and what is no skin."""
    x = np.linspace(-1.2, 1.2, ALONG)
    arch = np.clip(1 - (2 * x) ** 2, 0, None)  # 0 at the corners and beyond
    lid = 0.1 * np.clip(np.linspace(-1, 1, ACROSS)[:, None], 0, None) * arch
    flat, low = np.zeros((ACROSS, ALONG)), -0.15 * arch
    found = [patch(np.full(ALONG, 1.2), low + gap * arch, lid), patch(low, np.full(ALONG, -1.2), flat)]
    if "fold" in pieces:  # the lids are one but in a few columns
        found[0] = patch(np.full(ALONG, 1.2), low, lid * (np.abs(x) < 0.12))
    if "relief" in pieces:  # no slit: what bulges is an eye without lids of its own
        found = [patch(np.full(ALONG, 1.2), np.full(ALONG, -1.2), 0.1 * arch * np.ones((ACROSS, 1)))]
    if "eyeball" in pieces:
        found.append(patch(np.full(ALONG, 0.4), np.full(ALONG, -0.4), flat - 0.06))
    if "lashes" in pieces:
        found.append(patch(low + 0.1, low - 0.05, flat + 0.3))
    return found


def head(gap: float, *pieces: str, tilt: float = 0.0):
    """A mesh of two eyes 4 widths apart, turned in its plane by radians of tilt, and its landmarks."""
    turn = np.array([[np.cos(tilt), np.sin(tilt), 0], [-np.sin(tilt), np.cos(tilt), 0], [0, 0, 1]])
    points, triangles, landmarks = [], [], np.zeros((468, 3))
    for side, (outer, inner) in zip((-1, 1), CORNERS, strict=True):
        for vertices, faces in eye(gap, *pieces):
            triangles.append(faces + sum(map(len, points)))
            points.append(vertices + np.array([2 * side, 0, 0]))
        landmarks[outer], landmarks[inner] = (2.5 * side, 0, 0), (1.5 * side, 0, 0)
    faces = np.concatenate(triangles).astype(np.int32)
    mesh = HeadMesh(
        (np.concatenate(points) @ turn).astype(np.float32), faces, np.zeros((len(faces), 3, 2), np.float32), "head"
    )
    return mesh, SimpleNamespace(points=landmarks @ turn, rotation=np.eye(3), height=5.0)


@pytest.mark.parametrize("pieces", [(), ("eyeball",), ("eyeball", "lashes")])
@pytest.mark.parametrize(("gap", "shut"), [(0.3, False), (0.2, False), (0.03, True), (0.0, True)])
def test_lids_that_touch_are_shut_whatever_lies_behind_and_before_them(gap, shut, pieces):
    assert find_shut_lids(*head(gap, *pieces)).tolist() == [shut, shut]


def test_slanted_eyes_are_told_as_level_ones():
    assert find_shut_lids(*head(0.0, tilt=0.6)).all() and not find_shut_lids(*head(0.3, tilt=0.6)).any()


@pytest.mark.parametrize("skin", ["relief", "fold"])
def test_eyes_in_one_piece_with_the_skin_are_open(skin):
    assert not find_shut_lids(*head(0.0, skin)).any()


def test_skin_that_ends_above_the_corners_is_no_shut_lid():
    """An upper lid's edge alone, over an eyeball that goes on into the lower lid."""
    mesh, landmarks = head(0.0)
    middle = landmarks.points[[33, 133]].mean(0)
    lowered = SimpleNamespace(points=landmarks.points - (0, 0.4, 0), rotation=landmarks.rotation)
    assert middle[1] == 0 and not find_shut_lids(mesh, lowered).any()


def face(*shut: int) -> np.ndarray:
    """(468,2) pixels of the canonical face's landmarks, some eyes (0 the right one, 1 the left) shut."""
    points = canonical_face()[0][:, :2].astype(np.float64) * (20, -20) + 200
    for eye in shut:
        upper, lower = MIDDLES[eye]
        points[list(upper)] = points[list(lower)]
    return points


def lids(on_head: tuple[int, ...], in_portrait: tuple[int, ...]) -> Lids:
    return Lids(np.isin((0, 1), on_head), np.isin((0, 1), in_portrait), face(*in_portrait))


def test_shut_eyes_have_no_opening():
    right, left = openings(face(0))
    assert right == 0 and left > 0.2


def test_a_heads_eye_is_shut_by_its_mesh_or_by_its_landmarks():
    found = find_lids(*head(0.3), face(0), Face(face(1), (400, 400)), face(1))
    assert found.on_head.tolist() == [True, False] and found.in_portrait.tolist() == [False, True]
    assert find_lids(*head(0.0), face(), Face(face(), (400, 400)), face()).on_head.all()


@pytest.mark.parametrize("shut", [(), (0, 1)])
def test_eyes_that_are_alike_are_the_portraits(shut):
    alike = lids(shut, shut)
    assert alike.bare_eyes() is None and not alike.between((400, 400)).any()


def test_only_the_eye_that_is_shut_in_the_portrait_is_left_out():
    found = lids((1,), (0, 1)).bare_eyes()
    places = landmark_places() * SIZE
    right, left = (np.rint(places[list(eye)].mean(0)).astype(int) for eye in (RIGHT_EYE, LEFT_EYE))
    assert found[right[1], right[0]] > 0.9 and found[left[1], left[0]] < 0.01
    brow = np.rint(places[105]).astype(int)
    assert found[brow[1], brow[0]] == 0


def test_shut_lids_get_no_eye_and_no_lashes_of_an_open_portrait():
    shut = lids((0,), ())
    mask = shut.between((400, 400))

    def at(*landmarks: int) -> float:
        x, y = shut.targets[list(landmarks)].mean(0).astype(int)
        return mask[y, x]

    assert at(*RIGHT_EYE) > 0.99 and at(159) > 0.9  # the lashes' roots
    assert at(*LEFT_EYE) == 0 and at(105) == 0 and shut.bare_eyes() is None


def test_a_job_uses_no_eye_that_is_shut_on_one_side_only(demo_head_obj, astronaut):
    """Hers and the demo's are open; one is said to be shut, in the portrait or on the head."""
    portrait = decode_portrait(astronaut)
    found = match(load_mesh(demo_head_obj), portrait)
    lids, shape = found.registration.lids, portrait.color.shape[:2]
    assert not (lids.on_head | lids.in_portrait).any()
    right = np.array([True, False])
    surface = Surface.of(found.mesh, map_atlas(found.mesh, found.canonical, 256), found.registration)
    shut = replace(found.registration, lids=replace(lids, in_portrait=right))
    (_, opened), (_, closed) = surface.look_up(), replace(surface, registration=shut).look_up()
    x, y = (landmark_places()[[list(RIGHT_EYE), list(LEFT_EYE)]].mean(1) * 256).astype(int).T
    assert closed[y[0], x[0]] < 0.05 < 0.5 < opened[y[0], x[0]] and closed[y[1], x[1]] == opened[y[1], x[1]]
    half = replace(found.registration, lids=replace(lids, on_head=right))
    eye = half.lids.between(shape)
    before, after = (skin_mask(np.ones(shape), one) for one in (found.registration, half))
    assert (eye > 0.99).sum() > 100 and after[eye > 0.99].max() < 0.02
    assert np.array_equal(after[eye == 0], before[eye == 0])
