"""What each pixel of a portrait is: classes that sum to 1."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from backend.imaging.noise import field
from backend.portrait import networks
from backend.portrait.faces import find_faces
from backend.portrait.parse import Parse, parse_portrait
from backend.portrait.parse_network import CLASSES, SIDE, face_parts, parse_frame, softmax, spread
from tests.backend.portraits import SKIN, astronaut, astronaut_face, drawing


def stack_of(parse: Parse) -> np.ndarray:
    return np.stack([getattr(parse, name) for name in CLASSES])


def shown_as(monkeypatch, name: str, where: np.ndarray) -> None:
    """The network says that the (S,S) share of its square is of a class, and all else skin."""
    logits = np.full((len(CLASSES), SIDE, SIDE), -9.0, np.float32)
    logits[CLASSES.index("skin")] = 9 * (1 - 2 * where)
    logits[CLASSES.index(name)] = 9 * (2 * where - 1)
    real = networks.network
    one = {networks.PARSE: lambda given: [logits[None]]}
    monkeypatch.setattr("backend.portrait.parse.networks.network", lambda file: one.get(file) or real(file))


def check_astronaut(parse: Parse) -> None:
    assert parse.skin[130, 205] > 0.7 and parse.skin[128, 243] > 0.7  # cheeks
    assert parse.hair[25, 225] > 0.7 and parse.person[25, 225] > 0.8
    assert parse.skin[300, 60] < 0.2 and parse.skin[300, 130] < 0.2  # flag, suit
    assert parse.skin[30, 400] < 0.1 and parse.person[20, 330] < 0.2  # shuttle, wall
    assert parse.headwear[parse.hair > 0.4].mean() < 0.15
    assert parse.facial_hair[:180].mean() < 0.01 and not parse.worn and not parse.hand


def test_classes_of_a_photograph_sum_to_one():
    parse = parse_portrait(astronaut().color, astronaut_face())
    whole = stack_of(parse)
    assert whole.shape == (8, 512, 512) and whole.dtype == np.float32 and whole.min() >= 0
    assert np.abs(whole.sum(0) - 1).max() < 1e-3
    assert np.abs(parse.person + parse.background - 1).max() < 1e-6
    check_astronaut(parse)


@pytest.mark.parametrize("look", ["dark", "grey", "sepia", "blue light"])
def test_a_photograph_in_other_tones(look):
    color = astronaut().color
    grey = np.repeat(color.mean(axis=2, keepdims=True), 3, axis=2)
    color = {
        "dark": color**2.2,
        "grey": grey,
        "sepia": grey * [1.0, 0.85, 0.65],
        "blue light": color * [0.7, 0.8, 1.0],
    }[look]
    check_astronaut(parse_portrait(color.astype(np.float32), astronaut_face()))


def test_a_drawing_knows_skin_hair_shirt_and_wall():
    for skin in (SKIN, (0.45, 0.28, 0.18)):
        image = drawing(skin)
        parse = parse_portrait(image, find_faces(image)[0])
        for name, (y, x) in {"cheek": (310, 190), "eye": (255, 210), "lips": (345, 256), "neck": (415, 256)}.items():
            assert parse.skin[y, x] > 0.6, f"{name}: {parse.skin[y, x]:.2f}"
        for name, (y, x) in {"hair": (100, 256), "side": (180, 142), "shirt": (490, 200), "wall": (60, 60)}.items():
            assert parse.skin[y, x] < 0.4, f"{name}: {parse.skin[y, x]:.2f}"
        assert parse.person[60, 60] < 0.5 < parse.person[490, 200] and parse.hair[100, 256] > 0.4


def test_black_hair_is_hair():
    face, parse = astronaut_face(), parse_portrait(astronaut().color, astronaut_face())
    black = astronaut().color * (1 - 0.9 * parse.hair[..., None])
    made, sure = parse_portrait(black.astype(np.float32), face), parse.hair > 0.9
    assert made.hair[sure].mean() > 0.8 and made.headwear[sure].mean() < 0.1


def capped(colour: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray]:
    """The astronaut in a knitted cap that is pulled down to above her brows, and (H,W) bool where it lies."""
    color, face = astronaut().color.copy(), astronaut_face()
    rows, columns = np.mgrid[: color.shape[0], : color.shape[1]].astype(np.float32)
    x, y = face.points[[105, 334], :2].mean(0)
    x, y = (columns - x) / face.size, (rows - y) / face.size
    cap = (np.abs(x / 0.62) ** 2.4 + np.abs(np.minimum(y + 0.08, 0) / 0.72) ** 2.4 < 1) & (y < -0.08)
    light = np.clip(1.1 - 0.5 * np.hypot(x / 0.62, (y + 0.4) / 0.7), 0.3, 1) * (1 + 0.05 * np.sin(70 * x))
    light = light * np.exp(0.08 * field(3, len(color), 9, color.shape[:2]))
    cover = cv2.GaussianBlur(cap.astype(np.float32), (0, 0), 1)[..., None]
    made = color + cover * (np.float32(colour) * light[..., None] - color)
    return np.clip(made, 0, 1).astype(np.float32), cap


@pytest.mark.parametrize("colour", [(0.35, 0.22, 0.14), (0.72, 0.6, 0.42), (0.9, 0.88, 0.84), (0.6, 0.1, 0.1)])
def test_a_cap_is_headwear(colour):
    color, cap = capped(colour)
    parse = parse_portrait(color, astronaut_face())
    assert parse.skin[cap].mean() < 0.1
    assert parse.headwear[cap].mean() > 0.5


def test_known_background_is_never_person():
    alpha = np.ones((512, 512), np.float32)
    alpha[:, :200] = 0
    parse = parse_portrait(astronaut().color, astronaut_face(), alpha)
    assert parse.person[:, :200].max() < 1e-6 and parse.skin[128, 243] > 0.7
    assert np.abs(stack_of(parse).sum(0) - 1).max() < 1e-3


def test_classes_do_not_depend_on_the_size():
    small = parse_portrait(astronaut().color, astronaut_face())
    large = parse_portrait(cv2.resize(astronaut().color, None, fx=3, fy=3), astronaut_face().scaled(3))
    for name in ("skin", "hair"):
        shrunk = cv2.resize(getattr(large, name), (512, 512), interpolation=cv2.INTER_AREA)
        assert np.abs(shrunk - getattr(small, name)).mean() < 0.012


def test_what_the_network_says_lies_where_it_looked(monkeypatch):
    face = astronaut_face()
    where = np.zeros((SIDE, SIDE), np.float32)
    where[100:120, 60:80] = 1
    shown_as(monkeypatch, "headwear", where)
    parse = parse_portrait(astronaut().color, face)
    frame = parse_frame(face.points)
    x, y = (np.array([70, 110]) / SIDE - 0.5) * frame.side
    turn = np.array([[np.cos(frame.angle), -np.sin(frame.angle)], [np.sin(frame.angle), np.cos(frame.angle)]])
    column, row = np.rint(turn @ (x, y) + (frame.x, frame.y)).astype(int)
    assert parse.headwear[row, column] > 0.9 > 0.1 > parse.headwear[row - round(0.2 * face.size), column]


def test_probabilities_of_logits_sum_to_one_however_large():
    made = softmax(np.float32([[[900.0]], [[899.0]], [[-900.0]]]))
    assert made.sum() == pytest.approx(1) and made[0, 0, 0] == pytest.approx(1 / (1 + np.exp(-1)), abs=1e-4)


def test_the_faces_parts_are_told_apart():
    points = astronaut_face().points
    parts = face_parts(points, (512, 512))
    assert parts[5, 5] == 0 and parts[130, 205] == pytest.approx(0.35)
    x, y = points[[159, 145], :2].mean(0).astype(int)
    assert parts[y, x] == pytest.approx(0.8, abs=0.05)


def test_maps_are_spread_by_pixel_centres():
    maps = np.zeros((2, SIDE, SIDE), np.float32)
    maps[0, 10, 20] = maps[1, :, -1] = 1
    made, beyond = spread(maps, np.float64([[2, 0, 5], [0, 2, 7]]), (400, 400))
    y, x = (np.indices(made.shape) * made).sum((1, 2)) / made.sum()
    assert (x + 0.5, y + 0.5) == (pytest.approx(20.5 * 2 + 5, abs=0.05), pytest.approx(10.5 * 2 + 7, abs=0.05))
    assert beyond[:, 395].min() == 1 and beyond[:, 300].max() == 0  # what lies at the border goes on
