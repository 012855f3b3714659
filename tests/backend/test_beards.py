"""Beards in portraits: what is drawn for training, what is known of hair and beards, and what the parse finds."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from backend.imaging.sample import disc
from backend.lab.training import draw_beards, wigs
from backend.lab.training.known_beards import FULL, MOUSTACHES, bearded, kind_of
from backend.lab.training.known_hair import Head, known
from backend.portrait.landmark_groups import FACE_OVAL, INNER_LIPS, LIPS, canonical_face, fill_region
from backend.portrait.landmarks import FaceLandmarks
from backend.portrait.parse import parse_portrait
from tests.backend.portraits import astronaut, astronaut_face

STORED = 304
HAIR, SKIN, DARK = np.float32([0.15, 0.1, 0.08]), np.float32([0.8, 0.62, 0.52]), np.float32([0.1, 0.08, 0.07])


def points(side: int = STORED) -> np.ndarray:
    return (canonical_face()[0] * (7, -7, -7) + (side / 2, 0.55 * side, 0)).astype(np.float32)


def stored(hair: np.ndarray, colour: np.ndarray) -> dict[str, np.ndarray]:
    """A flat head of that hair (S,S) bool, over a wall, as parse_cut.py stores it."""
    y, x = np.mgrid[:STORED, :STORED] + 0.5
    person = np.hypot((x - STORED / 2) / 75, (y - 0.5 * STORED) / 105) < 1
    color = np.where(person[..., None], SKIN, np.float32([0.4, 0.5, 0.6]))
    color = np.where(hair[..., None] & person[..., None], colour, color)
    parts = {"person": person, "skin": person & ~hair, "hair": hair & person}
    masks = {key: (255 * part).astype(np.uint8) for key, part in parts.items()}
    made = np.rint(255 * color).astype(np.uint8)
    return {"color": made, **masks, "points": points()[:, :2], "shown": np.ones_like(person), "name": np.str_("one")}


def fringed() -> np.ndarray:
    return np.mgrid[:STORED, :STORED][0] < points()[[105, 334], 1].mean() - 10


def test_dark_hair_on_light_skin_is_known_a_fringe_too_and_fair_hair_is_not():
    hair = fringed()
    head = known(stored(hair, DARK))
    at = head.points[151].astype(int)
    assert head.kind == "told" and head.hair[at[1], at[0]] > 0.9 and head.weight[at[1], at[0]] > 0.9
    cheek = head.points[50].astype(int)
    assert head.hair[cheek[1], cheek[0]] == 0 and head.weight[cheek[1], cheek[0]] > 0.9
    fair = known({**stored(hair, SKIN * 0.95), "hair": np.zeros(hair.shape, np.uint8)})
    assert fair.kind == "unknown" and fair.weight[at[1], at[0]] == 0 and fair.hair.max() == 0


def bald() -> Head:
    head = known(stored(np.zeros((STORED, STORED), bool), DARK))
    return Head(head.color, head.points, head.person, head.hair, np.ones_like(head.weight), "bald")


def test_shade_is_no_hair():
    scene = wigs.Scene(known(stored(fringed(), DARK)))
    wigs.shade(scene, np.random.default_rng(1))
    assert np.array_equal(scene.hair, scene.head.hair) and np.abs(scene.color - scene.head.color).max() > 0.02


def test_recoloured_hair_has_its_new_colour_and_the_face_its_own():
    scene = wigs.Scene(known(stored(fringed(), DARK)))
    wigs.recolour(scene, np.random.default_rng(5))
    sure = scene.hair > 0.9
    assert np.abs(scene.color[sure] - DARK).mean() > 0.1
    assert np.array_equal(scene.color[scene.hair == 0], scene.head.color[scene.hair == 0])


def face_with_beard() -> tuple[np.ndarray, np.ndarray]:
    """The astronaut with rough dark hair below the nose, and where."""
    picture, face = astronaut().color.copy(), astronaut_face()
    shape = picture.shape[:2]
    mouth = cv2.dilate(fill_region(shape, face.points, LIPS, INNER_LIPS), disc(0.03 * face.size))
    low = np.arange(shape[0])[:, None] > face.points[2, 1]
    where = fill_region(shape, face.points, FACE_OVAL) * low * (1 - mouth) > 0.5
    noise = np.random.default_rng(0).normal(0, 0.06, (*shape, 1)).astype(np.float32)
    picture[where] = np.clip(np.float32([0.24, 0.17, 0.12]) + noise, 0, 1)[where]
    return picture, where


def test_a_beard_is_found_and_shaven_faces_have_none():
    picture, where = face_with_beard()
    parse = parse_portrait(picture, astronaut_face())
    assert parse.facial_hair[where].mean() > 0.7 > 0.3 > parse.skin[where].mean()
    away = ~cv2.dilate(where.astype(np.uint8), disc(0.08 * astronaut_face().size)).astype(bool)
    assert parse.facial_hair[away].mean() < 0.01
    assert parse_portrait(astronaut().color, astronaut_face()).facial_hair[where].mean() < 0.1


def test_shade_is_no_beard():
    where = face_with_beard()[1]
    shade = cv2.GaussianBlur(where.astype(np.float32), (0, 0), 8.0)[..., None]
    parse = parse_portrait(astronaut().color * (1 - 0.5 * shade), astronaut_face())
    assert parse.facial_hair[where].mean() < 0.15


def test_a_beard_is_found_however_large_the_picture_and_turned_the_head():
    picture, where = face_with_beard()
    face = astronaut_face()
    turn = cv2.getRotationMatrix2D(face.centre, 35, 1.6)
    size = (800, 800)
    turned = cv2.warpAffine(picture, turn, size)
    moved = np.column_stack([face.points[:, :2] @ turn[:, :2].T + turn[:, 2], 1.6 * face.points[:, 2]])
    box = (*moved[:, :2].min(0), *moved[:, :2].max(0))
    found = parse_portrait(turned, FaceLandmarks(moved.astype(np.float32), 1.0, box)).facial_hair
    there = cv2.warpAffine(where.astype(np.float32), turn, size) > 0.9
    assert found[there].mean() > 0.6


def head(kind: str = "none"):
    found = bald()
    return bearded(found.color, found.points, found.person, kind)


def test_of_people_with_beards_the_middle_is_known_and_the_edge_is_not():
    assert kind_of(MOUSTACHES[0]) == "moustache" and kind_of(FULL[0]) == "full" and kind_of("0") == "none"
    place = {name: points()[number, :2].astype(int) for name, number in (("lip", 164), ("chin", 199), ("cheek", 50))}

    def told(found, name: str) -> tuple[float, float]:
        x, y = place[name]
        return found.hair[y, x], found.weight[y, x]

    assert told(head("moustache"), "lip") == (1, 1) and told(head("moustache"), "chin") == (0, 1)
    assert told(head("full"), "chin") == (1, 1) and told(head("full"), "cheek") == (0, 1)
    assert (head("full").weight == 0).any() and (head().weight == 1).all() and not head().hair.any()
    assert not head("unsure").weight.any()


@pytest.mark.parametrize("kind", sorted(draw_beards.KINDS))
def test_drawn_beards_lie_below_the_nose_and_leave_the_mouth_open(kind):
    shape = head().hair.shape
    inner = fill_region(shape, points(), INNER_LIPS) > 0.9
    for seed in range(4):
        cover = draw_beards.beard_cover(head(), kind, np.random.default_rng(seed))
        assert cover.sum() > 0.003 * head().size ** 2 and cover.max() <= 1 and cover.min() >= 0
        assert not cover[: int(points()[6, 1])].any() and cover[inner].max(initial=0) < 0.3


def test_a_drawn_beard_is_its_label_and_stubble_is_skin():
    grown = 0
    for seed in range(6):
        random = np.random.default_rng(seed)
        scene = draw_beards.Scene(head())
        draw_beards.grow(scene, random)
        changed = np.abs(scene.color - SKIN).max(-1)
        grown += int((scene.hair > 0.9).any() and (changed[scene.hair > 0.9] > 0.02).mean() > 0.5)
        scene = draw_beards.Scene(head())
        draw_beards.stubble(scene, random)
        assert not scene.hair.any() and not np.array_equal(scene.color, head().color)
        scene = draw_beards.Scene(head())
        draw_beards.trim(scene, random)
        short = scene.hair > 0.9
        assert short.any() and (scene.color[short].mean(-1) < head().color[short].mean(-1) - 0.02).mean() > 0.9
    assert grown >= 4


def test_a_lent_beard_is_known_in_its_middle_alone():
    donor = head("full")
    donor = replace(donor, color=np.where(donor.hair[..., None] > 0, HAIR, donor.color).astype(np.float32))
    scene = draw_beards.Scene(head())
    draw_beards.lend(scene, donor, np.random.default_rng(0))
    sure = scene.hair > 0.5
    assert sure.any() and (scene.weight[sure] == 1).all() and np.abs(scene.color[sure] - HAIR).max() < 0.15
    assert (scene.weight[~sure & (np.abs(scene.color - head().color).max(-1) > 0.05)] < 0.01).all()
