"""A head fitted to its person's outline: ears and skull go where the portrait shows them, and nothing else moves."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from backend.head.atlas import canonical_head
from backend.head.camera import Camera
from backend.head.match import Match
from backend.head.mesh import HeadMesh, vertex_normals
from backend.head.register import Registration
from backend.head.subjects import Readings
from backend.lab.faces.ears import bare_skin, with_ears
from backend.lab.faces.outline import fit_outline, placed, without_folds
from backend.lab.faces.silhouette import filled
from tests.backend.portraits import parse_of

SIZE, FOCAL, AWAY = 320, 1500.0, 8.0
FACE = FOCAL / AWAY  # pixels: the canonical face is one unit high
SKIN, HAIR, WALL = np.float32([0.8, 0.6, 0.5]), np.float32([0.2, 0.14, 0.1]), np.float32([0.4, 0.55, 0.7])
SKULL, EAR, EAR_AT = (0.43, 0.62, 0.5), (0.06, 0.15, 0.05), (0.47, 0.15, -0.02)


def ellipsoid(radii: tuple[float, ...], middle: tuple[float, ...] = (0, 0, 0)) -> tuple[np.ndarray, np.ndarray]:
    """(n,3) vertices and (m,3) triangles, seen from outside."""
    around, along = 28, 17
    turn, tilt = np.meshgrid(np.linspace(0, 2 * np.pi, around + 1), np.linspace(-np.pi / 2, np.pi / 2, along))
    unit = np.stack([np.cos(tilt) * np.sin(turn), np.sin(tilt), np.cos(tilt) * np.cos(turn)], -1).reshape(-1, 3)
    first = (np.arange(along - 1)[:, None] * (around + 1) + np.arange(around)).ravel()
    up = first + around + 1
    triangles = np.concatenate([np.stack([first, first + 1, up + 1], 1), np.stack([first, up + 1, up], 1)])
    return unit * radii + middle, triangles


def head(ear: tuple[float, float] = (0, 0), skull: float = 1.0) -> HeadMesh:
    """An egg with two ears, which may be shifted outwards and up, and a skull so many times as high."""
    out, up = ear
    parts = [ellipsoid(SKULL)]
    parts[0][0][:, 1] *= np.where(parts[0][0][:, 1] > 0.3, skull, 1)
    parts += [ellipsoid(EAR, (side * (EAR_AT[0] + out), EAR_AT[1] + up, EAR_AT[2])) for side in (-1, 1)]
    counts = np.cumsum([0] + [len(vertices) for vertices, _ in parts])
    vertices = np.concatenate([one for one, _ in parts]).astype(np.float32)
    triangles = np.concatenate([one + start for (_, one), start in zip(parts, counts, strict=False)]).astype(np.int32)
    return HeadMesh(vertices, triangles, np.zeros((len(triangles), 3, 2), np.float32), "egg")


def camera() -> Camera:
    return Camera(FOCAL, np.array([SIZE / 2, SIZE / 2]), np.diag([1.0, -1.0, -1.0]), np.array([0.0, 0.0, AWAY]))


def matched(mesh: HeadMesh, person: HeadMesh, hair_wide: float = 0.0) -> tuple[Match, np.ndarray]:
    """The mesh registered to a portrait of the person, who wears hair above, and beside the head so far.

    The parse takes the ears for hair.
    """
    eye = camera()
    covered = filled(eye.project(person.vertices.astype(np.float64))[0], person.triangles, (SIZE, SIZE))
    y, x = (0.5 + np.mgrid[:SIZE, :SIZE] - SIZE / 2) / FACE
    beside = (np.abs(x) < 0.45 + hair_wide) & (np.abs(x) > 0.4) & (y > -0.5) & (y < 0.4) & (hair_wide > 0)
    covered = np.maximum(covered, beside)
    hair = covered * ((y < -0.38) | beside)
    ears = covered * (np.abs(x) > 0.41) * (1 - hair)
    colour = np.where(covered[..., None] > 0, np.where(hair[..., None] > 0, HAIR, SKIN), WALL).astype(np.float32)
    colour -= 0.06 * ears[..., None].astype(np.float32)  # in the shade
    parse = parse_of(covered.astype(np.float32), (covered - hair - ears).astype(np.float32), np.maximum(hair, ears))
    points = canonical_head().points
    normals, sure, read = vertex_normals(mesh), np.ones(len(points)), eye.project(points)[0] + 2.0
    registration = Registration(
        eye,
        lambda pixels: pixels + 2.0,
        None,
        normals,
        (0, 0),
        (0, 0, 0),
        FACE,
        Readings(points, read, sure),
        np.zeros(2, bool),
    )
    parse = parse_of(*(np.roll(part, (2, 2), (0, 1)) for part in (parse.person, parse.skin, parse.hair)))
    face = SimpleNamespace(rotation=np.eye(3), height=1.0)
    found = Match(mesh, mesh.vertices.copy(), None, face, registration, parse, None, [], "photo")
    return found, np.roll(colour, (2, 2), (0, 1))


def shift(found: Match, fitted: Match, part: np.ndarray) -> np.ndarray:
    """(2,) how far some vertices move in the picture in the middle, face heights, right and down."""
    before, after = (one.registration.project(one.mesh.vertices[part])[0] for one in (found, fitted))
    return (after - before).mean(0) / FACE


@pytest.fixture(scope="module")
def ears() -> list[np.ndarray]:
    own = len(ellipsoid(EAR)[0])
    every = np.arange(len(head().vertices))
    return [every[-2 * own : -own], every[-own:]]


def test_ears_go_where_the_portrait_shows_them(ears):
    found, colour = matched(head(), head(ear=(0.03, 0.05)))
    fitted = fit_outline(found, colour)
    for side, part in zip((-1, 1), ears, strict=True):
        assert np.abs(shift(found, fitted, part) - (side * 0.03, -0.05)).max() < 0.015
    skin = fitted.parse.skin
    middle = np.rint(fitted.registration.project(fitted.mesh.vertices[ears[1]])[0].mean(0)).astype(int)
    assert skin[middle[1], middle[0] + 4] > 0.9 > 0.1 > found.parse.skin[middle[1], middle[0] + 4]


def test_what_landmarks_hold_stays(ears):
    found, colour = matched(head(), head(ear=(0.03, 0.05), skull=0.93))
    fitted = fit_outline(found, colour)
    inner = np.linalg.norm(found.mesh.vertices[:, :2] / (0.3, 0.35), axis=1) < 1
    inner &= found.mesh.vertices[:, 2] > 0
    assert inner.sum() > 30
    before, after = (one.registration.project(one.mesh.vertices[inner])[0] for one in (found, fitted))
    assert np.abs(after - before).max() / FACE < 0.004


@pytest.mark.parametrize("wide", [0.08, 0.2])
def test_ears_under_hair_stay(ears, wide):
    """Whether the hair ends where an ear would, or beyond it."""
    found, colour = matched(head(), head(), hair_wide=wide)
    fitted = fit_outline(found, colour)
    assert max(np.abs(shift(found, fitted, part)).max() for part in ears) < 0.005
    assert np.abs(fitted.parse.skin - found.parse.skin).max() < 0.05


def test_a_skull_beyond_the_person_is_drawn_in_and_one_within_hair_stays():
    top = head().vertices[:, 1] > 0.58
    for skull, down in ((0.93, 0.04), (1.07, 0.0)):
        found, colour = matched(head(), head(skull=skull))
        moved = shift(found, fit_outline(found, colour), top)[1]
        assert abs(moved - down) < 0.012, skull


def test_vertices_are_placed_where_they_are_to_be_seen():
    found, _ = matched(head(), head())
    bent = SimpleNamespace(camera=camera(), warp=lambda pixels: pixels + 3 * np.sin(pixels / 40))
    wanted = bent.warp(bent.camera.project(found.mesh.vertices.astype(np.float64))[0]) + np.array([5.0, -7.0])
    there = placed(bent, found.mesh, wanted)
    pixels, depth = bent.camera.project(there.astype(np.float64))
    assert np.abs(bent.warp(pixels) - wanted).max() < 0.05
    assert np.abs(depth - bent.camera.project(found.mesh.vertices)[1]).max() < 1e-4


def test_no_motion_turns_triangles_over():
    pixels = np.array([[0.0, 0], [10, 0], [0, 10], [10, 10]])
    triangles = np.array([[0, 1, 2], [1, 3, 2]])
    slid = pixels + np.array([[0.0, 0], [3, 0], [0, 0], [0, 0]])
    assert np.array_equal(without_folds(triangles, pixels, slid), slid)
    over = pixels + np.array([[16.0, 16], [0, 0], [0, 0], [0, 0]])
    assert np.allclose(without_folds(triangles, pixels, over)[0], 4)
    far = pixels + np.array([[160.0, 160], [0, 0], [0, 0], [0, 0]])
    assert np.array_equal(without_folds(triangles, pixels, far), pixels)


def test_dark_shaded_ears_are_skin_and_hair_is_not():
    colour = np.tile(SKIN, (60, 90, 1))
    colour[:, 30:60], colour[:, 60:] = HAIR, SKIN * np.float32([0.75, 0.6, 0.6])  # in the shade, and flushed
    skin, hair = np.zeros((2, 60, 90), np.float32)
    skin[:, :30], hair[:, 30:] = 1, 1
    hair[:, 60:] = 0.8
    parse = parse_of(np.ones((60, 90), np.float32), skin, hair)
    bare = bare_skin(colour, parse, 100.0)
    assert bare[:, 65:85].min() > 0.6 and bare[:, 35:55].max() < 0.2
    ear = np.zeros((60, 90), np.float32)
    ear[10:50, 45:] = 1
    again = with_ears(parse, ear, bare, 100.0)
    assert again.skin[30, 75] > 0.9 and again.hair[30, 75] < 0.1
    assert again.skin[30, 48:55].max() < 0.1 and again.skin[3, 75] < 0.1
