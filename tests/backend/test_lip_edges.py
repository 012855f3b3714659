"""Lips are told from teeth and the dark by colour, and end where their colours end, wherever landmarks were read."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from backend.head.landmarks import find_head_landmarks
from backend.head.match import match, match_found
from backend.head.mesh import load_mesh
from backend.observation.observe import between_lips
from backend.portrait.decode import decode_portrait
from backend.portrait.faces import find_portrait_face
from backend.portrait.landmark_groups import canonical_face
from backend.portrait.lip_edges import ABOVE, BELOW, CLOSING, OVER, UNDER, find_portrait_edges

SKIN, LIP, TEETH, DARK = (
    np.float32(c) for c in ([0.78, 0.6, 0.52], [0.66, 0.33, 0.34], [0.86, 0.84, 0.78], [0.2, 0.1, 0.1])
)
#: Rows of the drawn mouth beside its line between the corners, in the middle.
LINES = {"over": -22, "upper": -12, "lower": 14, "under": 34}
MIDDLE, HALF = np.array([300.0, 320.0]), 60.0


def row(x: np.ndarray, depth: float) -> np.ndarray:
    """A line from corner to corner that is so deep in the middle."""
    return MIDDLE[1] + depth * np.clip(1 - ((x - MIDDLE[0]) / HALF) ** 2, 0, None)


def draw(opened: bool, red: np.ndarray = LIP) -> np.ndarray:
    """(600,600,3) a face's mouth, with teeth or shut along the dark line in the middle of its lips."""
    y, x = np.mgrid[:600, :600] + 0.5
    over, upper, lower, under = (row(x, depth) for depth in LINES.values())
    picture = np.broadcast_to(SKIN, (600, 600, 3)).copy()
    picture[(y > over) & (y < under)] = red
    if opened:
        picture[(y > upper) & (y < lower)] = DARK
        picture[(y > upper) & (y < lower) & (np.abs(x - MIDDLE[0]) < 0.75 * HALF)] = TEETH
    else:
        picture[np.abs(y - row(x, 4)) < 1.2] = 0.5 * red
    noise = np.random.default_rng(0).normal(0, 0.02, picture.shape)
    return np.clip(cv2.GaussianBlur(picture + noise.astype(np.float32), (0, 0), 1.0), 0, 1).astype(np.float32)


def landmarks(upper: float, lower: float) -> np.ndarray:
    """(468,2) the canonical face, 400 px high, with the drawn mouth, its inner lines read at other rows."""
    points = canonical_face()[0][:, :2] * (1, -1)
    points = (points - points[13]) * 400 / np.linalg.norm(points[10] - points[152]) + MIDDLE
    for loop, depth in ((OVER, LINES["over"]), (UNDER, LINES["under"]), (ABOVE, upper), (BELOW, lower)):
        x = np.linspace(-1, 1, len(loop)) * HALF * (1 if loop in (OVER, UNDER) else 0.85) + MIDDLE[0]
        points[list(loop)] = np.stack([x, row(x, depth)], 1)
    return points


@pytest.mark.parametrize("read", [(-12, 14), (-9, 6), (-15, 19)])
def test_lips_end_where_their_colour_does(read):
    edges = find_portrait_edges(draw(True), landmarks(*read))
    for edge, name in ((edges.upper, "upper"), (edges.lower, "lower")):
        inner = np.abs(edge[:, 0] - MIDDLE[0]) < 0.7 * HALF
        away = edge[inner, 1] - row(edge[inner, 0], LINES[name])
        assert np.abs(np.median(away)) < 1 and np.abs(away).max() < 3, name


def test_what_lies_between_is_teeth_and_dark():
    picture = draw(True)
    edges = find_portrait_edges(picture, landmarks(-9, 6))
    between = edges.between(picture.shape[:2])
    teeth = np.linalg.norm(picture - TEETH, axis=2) < 0.1
    lips = np.linalg.norm(picture - LIP, axis=2) < 0.08
    near = np.hypot(*(np.mgrid[:600, :600] - MIDDLE[::-1, None, None])) < 1.2 * HALF
    assert between[teeth & near].mean() > 0.95 and between[lips & near].mean() < 0.05


@pytest.mark.parametrize("read", [(4, 4), (-1, 0), (8, 9), (0, 6)])
def test_shut_lips_meet_on_the_dark_line(read):
    picture = draw(False)
    edges = find_portrait_edges(picture, landmarks(*read))
    away = (edges.upper[:, 1] - row(edges.upper[:, 0], 4))[20:-20]
    assert edges.opening == 0 and np.abs(away).max() < 2.5 and edges.between(picture.shape[:2]).max() == 0


def test_lips_that_look_like_what_is_between_keep_their_landmarks():
    picture = np.full((600, 600, 3), 0.7, np.float32)
    points = landmarks(-12, 14)
    edges = find_portrait_edges(picture, points)
    for edge, loop in ((edges.upper, ABOVE), (edges.lower, BELOW)):
        read = points[list(CLOSING[0] + loop + CLOSING[1])]
        assert np.abs(edge[:, 1] - np.interp(edge[:, 0], *read.T)).max() < 0.5


def test_edges_by_colour_bend_no_drawing(demo_head_obj, astronaut, monkeypatch):
    """Its lips end at lines."""
    portrait, mesh, seen = decode_portrait(astronaut), load_mesh(demo_head_obj), []
    face, head = find_portrait_face(portrait)[0], find_head_landmarks(mesh)

    def bend(source, target, weights, pinned, edges):
        seen.append(edges)
        raise InterruptedError

    monkeypatch.setattr("backend.head.register.fit_face_warp", bend)
    for style in ("photo", "painting", "cartoon", "anime"):
        monkeypatch.setattr("backend.head.match.find_style", lambda *_, style=style: style)
        with pytest.raises(InterruptedError):
            match_found(mesh, portrait, (), face, head)
    assert [edges is None for edges in seen] == [False, False, True, True]


def test_a_job_finds_the_teeth_of_a_smile(demo_head_obj, astronaut):
    portrait = decode_portrait(astronaut)
    registration = match(load_mesh(demo_head_obj), portrait).registration
    teeth = between_lips(registration, portrait.color.shape[:2]) > 0.9
    assert 0.003 < teeth.sum() / registration.face_height**2 < 0.03
    red, _, blue = np.median(portrait.color[teeth], axis=0)
    assert red - blue < 0.19  # 0.15; her skin 0.24, her lips more
