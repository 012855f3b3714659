"""The warp is cut between lips that are apart on one side only."""

from __future__ import annotations

import numpy as np
import pytest

from backend.compose.colouring import MOUTH_TOP, dim_mouth
from backend.head.mouth import INTO, LOWER, UPPER, MouthWarp, fit_face_warp
from backend.head.warp import ImageWarp
from backend.portrait.landmark_groups import canonical_face
from backend.portrait.lip_edges import ABOVE, BELOW, LipEdges

NONE = np.zeros(468, bool)


@pytest.fixture
def shut() -> np.ndarray:
    """The canonical face, 300 px high, with its lips together."""
    points = canonical_face()[0][:, :2] * (1, -1)
    points = (points - points.mean(0)) * 300 / np.ptp(points[:, 1]) + 400
    middle = (points[list(ABOVE)] + points[list(BELOW)]) / 2
    points[list(ABOVE)] = points[list(BELOW)] = middle
    return points


def smiling(points: np.ndarray) -> np.ndarray:
    """Teeth show: 9 px between the lips in the middle, nothing at the corners."""
    moved = points.copy()
    reach = np.ptp(points[list(ABOVE), 0]) / 2
    for lip, shift in ((UPPER, -9), (LOWER, 4)):
        away = np.abs(points[list(lip), 0] - points[13, 0]) / reach
        moved[list(lip), 1] += shift * np.clip(1 - away**2, 0, 1)
    return moved


@pytest.mark.parametrize("turn", [0, 25, 180])
def test_each_lip_goes_with_its_own(shut, turn):
    angle = np.radians(turn)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    down = rotation @ (0, 1.0)
    source, target = ((side - 400) @ rotation.T + 400 for side in (shut, smiling(shut)))
    warp = fit_face_warp(source, target, np.ones(468), NONE)
    assert isinstance(warp, MouthWarp)
    for rows, side in ((ABOVE, -1), (BELOW, 1)):
        inner = list(rows[2:-2])
        lips = warp(source[inner] + 1.5 * side * down)
        assert np.abs((lips - target[inner]) @ down).max() < 3
    teeth = (target[13] + target[14]) / 2
    row = source[13] + np.linspace(-20, 20, 81)[:, None] * down
    touched = (np.linalg.norm(warp(row) - teeth, axis=1) < 3).sum()
    assert touched <= 4  # no more than the line's own two pixels


def test_nothing_tears_beside_the_mouth(shut):
    warp = fit_face_warp(shut, smiling(shut), np.ones(468), NONE)
    for x in (shut[78, 0] - 12, shut[308, 0] + 12):
        column = np.stack([np.full(200, x), shut[78, 1] + np.linspace(-20, 20, 200)], 1)
        steps = np.linalg.norm(np.diff(warp(column), axis=0), axis=1)
        assert steps.max() < 3 * 0.2


def test_mouths_that_are_alike_are_not_cut(shut):
    assert isinstance(fit_face_warp(shut, shut + 3, np.ones(468), NONE), ImageWarp)
    open_mouth = smiling(shut)
    assert isinstance(fit_face_warp(open_mouth, open_mouth * 1.05, np.ones(468), NONE), ImageWarp)


def test_the_mouths_inside_is_dark_and_the_eyes_are_not():
    colour, deep = np.full((3, 3), 0.6, np.float32), np.array([0.0, 0.2, 0.2])
    skin, throat, eye = dim_mouth(colour, deep, np.array([0.0, 0.0, MOUTH_TOP + 0.02]))
    assert np.allclose(skin, 0.6) and np.allclose(eye, 0.6) and throat.max() < 0.1


def test_lips_meet_the_portraits_edges(shut):
    """Where landmarks say nothing of them: the edges are 3 px off the landmarks' lines, here and there."""
    open_mouth = smiling(shut)
    line = shut[list(ABOVE)]
    own = LipEdges(line + np.array([0, 3]), line + np.array([0, 3]))
    shown = LipEdges(open_mouth[list(ABOVE)] + (0, 2), open_mouth[list(BELOW)] - (0, 2))
    warp = fit_face_warp(shut, open_mouth, np.ones(468), NONE, (own, shown))
    for start, end, side in ((own.upper, shown.upper, -1), (own.lower, shown.lower, 1)):
        found = (warp.upper if side < 0 else warp.lower)(start[2:-2])
        goal = np.interp(found[:, 0], end[:, 0], end[:, 1]) + side * INTO * 300
        assert np.abs(found[:, 1] - goal).max() < 0.5
    far = shut[[10, 152, 33, 263]]
    plain = fit_face_warp(shut, open_mouth, np.ones(468), NONE)
    assert np.abs(warp(far) - plain(far)).max() < 0.5  # the face around stays


def test_shut_lips_keep_the_line_between_them(shut):
    line = shut[list(ABOVE)]
    edges = (
        LipEdges(line + np.array([0, 3]), line + np.array([0, 3])),
        LipEdges(line - np.array([0, 2]), line - np.array([0, 2])),
    )
    warp = fit_face_warp(shut, shut, np.ones(468), NONE, edges)
    assert np.abs(warp(line[2:-2] + np.array([0, 3])) - (line[2:-2] - (0, 2))).max() < 0.5
