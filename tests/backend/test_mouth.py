"""Where lips end, in portraits by colour and on heads by their furrow, and the warp that is cut between them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from backend.compose.colouring import MOUTH_TOP, dim_mouth
from backend.head.camera import Camera
from backend.head.landmarks import find_head_landmarks
from backend.head.match import match, match_found
from backend.head.mesh import HeadMesh, load_mesh
from backend.head.mouth import ABOVE, BELOW, LOWER, OVER, UNDER, UPPER, LipEdges, find_head_edges, find_portrait_edges
from backend.head.warp import INTO, ImageWarp, MouthWarp, fit_face_warp
from backend.observation.observe import between_lips
from backend.portrait.decode import decode_portrait
from backend.portrait.faces import find_portrait_face
from backend.portrait.landmark_groups import canonical_face

NONE = np.zeros(468, bool)


@pytest.fixture
def shut() -> np.ndarray:
    """The canonical face, 300 px high, with its lips together."""
    points = canonical_face()[0][:, :2] * (1, -1)
    points = (points - points.mean(0)) * 300 / np.ptp(points[:, 1]) + 400
    middle = (points[ABOVE] + points[BELOW]) / 2
    points[ABOVE] = points[BELOW] = middle
    return points


def smiling(points: np.ndarray) -> np.ndarray:
    """Teeth show: 9 px between the lips in the middle, nothing at the corners."""
    moved = points.copy()
    reach = np.ptp(points[ABOVE, 0]) / 2
    for lip, shift in ((UPPER, -9), (LOWER, 4)):
        away = np.abs(points[lip, 0] - points[13, 0]) / reach
        moved[lip, 1] += shift * np.clip(1 - away**2, 0, 1)
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
    line = shut[ABOVE]
    own = LipEdges(line + np.array([0, 3]), line + np.array([0, 3]))
    shown = LipEdges(open_mouth[ABOVE] + (0, 2), open_mouth[BELOW] - (0, 2))
    warp = fit_face_warp(shut, open_mouth, np.ones(468), NONE, (own, shown))
    for start, end, side in ((own.upper, shown.upper, -1), (own.lower, shown.lower, 1)):
        found = (warp.upper if side < 0 else warp.lower)(start[2:-2])
        goal = np.interp(found[:, 0], end[:, 0], end[:, 1]) + side * INTO * 300
        assert np.abs(found[:, 1] - goal).max() < 0.5
    far = shut[[10, 152, 33, 263]]
    plain = fit_face_warp(shut, open_mouth, np.ones(468), NONE)
    assert np.abs(warp(far) - plain(far)).max() < 0.5  # the face around stays


def test_a_lip_whose_edge_was_misread_keeps_its_other_edge(shut):
    """Landmarks of the lower lip's edge lie 8 px too high, across the teeth."""
    smile = smiling(shut)
    down = 8 * np.sin(np.linspace(0, np.pi, len(BELOW)))[:, None] * (0, 1)
    edges = LipEdges(shut[ABOVE], shut[BELOW]), LipEdges(smile[ABOVE], smile[BELOW] + down)
    warp = fit_face_warp(shut, smile, np.ones(468), NONE, edges)
    assert np.abs(warp.lower(shut[UNDER]) - smile[UNDER])[3:-3, 1].max() < 0.8


def test_shut_lips_keep_the_line_between_them(shut):
    line = shut[ABOVE]
    edges = (
        LipEdges(line + np.array([0, 3]), line + np.array([0, 3])),
        LipEdges(line - np.array([0, 2]), line - np.array([0, 2])),
    )
    warp = fit_face_warp(shut, shut, np.ones(468), NONE, edges)
    assert np.abs(warp(line[2:-2] + np.array([0, 3])) - (line[2:-2] - (0, 2))).max() < 0.5


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
        points[loop] = np.stack([x, row(x, depth)], 1)
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
        read = points[[61, *loop, 291]]
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


#: Mesh units are pixels at the surface: far away, so that depth hardly changes places.
FAR = 1e5
CAMERA = Camera(FAR, np.array([400.0, 400.0]), np.eye(3), np.array([-400.0, -400.0, FAR]))


def furrow_line(x: np.ndarray) -> np.ndarray:
    return 440 + 6 * np.cos((x - 400) / 25)


def wall(gap: float, deep: float) -> HeadMesh:
    """A wall of lips with a furrow along furrow_line(), gap pixels wide and so deep."""
    x, y = np.meshgrid(np.linspace(250, 550, 301), np.linspace(340, 540, 401))
    away = np.abs(y - furrow_line(x))
    z = np.where(away < gap / 2, deep, 0) + 6 * np.exp(-(np.maximum(away - gap / 2, 0) / 4))
    vertices = np.stack([x, y, z], -1).reshape(-1, 3).astype(np.float32)
    index = np.arange(x.size).reshape(x.shape)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, :-1], index[1:, 1:]
    triangles = np.concatenate([np.stack(t, -1).reshape(-1, 3) for t in ((a, b, c), (b, d, c))])
    return HeadMesh(vertices, triangles.astype(np.int32), np.zeros((len(triangles), 3, 2), np.float32), "wall")


def wall_landmarks(off: float) -> np.ndarray:
    """(468,2) the canonical face, 400 px high, its mouth at the wall's, read so many pixels off."""
    points = canonical_face()[0][:, :2] * (1, -1)
    points = (points - points[13]) * 400 / np.linalg.norm(points[10] - points[152]) + (400, 440 + off)
    middle = (points[ABOVE] + points[BELOW]) / 2
    points[ABOVE], points[BELOW] = middle - np.array([0, 1]), middle + np.array([0, 1])
    return points


@pytest.mark.parametrize("off", [-8, 0, 4])
def test_touching_lips_end_in_their_furrow(off):
    edges = find_head_edges(wall(0, 0), CAMERA, wall_landmarks(off))
    away = (edges.upper[:, 1] - furrow_line(edges.upper[:, 0]))[20:-20]
    assert np.array_equal(edges.upper, edges.lower) and np.abs(away).max() < 2.5


def test_parted_lips_end_around_the_gap():
    edges = find_head_edges(wall(20, 60), CAMERA, wall_landmarks(4))
    for edge, side in ((edges.upper, -1), (edges.lower, 1)):
        assert np.abs(edge[:, 1] - furrow_line(edge[:, 0]) - 10 * side)[30:-30].max() < 2.5
