"""Beards: what is drawn for training, what the shipped network finds, and how a beard goes on where none sees it."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from backend.finish.hair import wear_seen_hair

from backend.head.atlas import ACROSS, DOWN, LATITUDES, LONGITUDES
from backend.imaging.sample import disc
from backend.lab.training import draw_beards, hair_network
from backend.lab.training.known_beards import FULL, MOUSTACHES, bearded, kind_of
from backend.observation import beard as beards
from backend.observation.beard import continue_beard, grows, join_beards, see_beard, sideburns
from backend.portrait.beard import ACROSS as WIDE
from backend.portrait.beard import SIDE, beard_frame, face_parts, find_beard
from backend.portrait.landmark_groups import FACE_OVAL, INNER_LIPS, LIPS, fill_region
from backend.portrait.landmarks import FaceLandmarks
from backend.portrait.matte import portrait_matte
from backend.portrait.shaved import below, shave
from tests.backend.portraits import astronaut, astronaut_face
from tests.backend.test_hair_network import SKIN, bald, points
from tests.backend.test_photographed import SIZE, observed

ATLAS = 128
HAIR, BARE = np.float32([0.15, 0.1, 0.08]), np.float32([0.8, 0.6, 0.5])
#: Canonical places: the chin, under it, a jaw's side, before an ear, the upper lip, a cheek, the throat, an ear.
CHIN, UNDER, JAW, EAR_SIDE = (0, -0.3, 0.62), (0, -0.4, 0.44), (0.33, -0.14, 0.33), (0.41, 0.1, 0.17)
LIP, CHEEK, THROAT, EAR = (0, -0.06, 0.68), (0.24, 0.12, 0.5), (0, -0.47, 0.29), (0.5, 0.1, 0.0)


def canonical(size: int = ATLAS) -> np.ndarray:
    """(S,S,3) places of a ball's atlas, as far from the middle as a face."""
    u, v = np.meshgrid((np.arange(size) + 0.5) / size, (np.arange(size) + 0.5) / size)
    longitude = np.radians(np.copysign(np.interp(np.abs(u - 0.5), ACROSS, LONGITUDES), u - 0.5))
    latitude = -np.radians(np.interp(v, DOWN, -np.array(LATITUDES)))
    way = np.stack([np.cos(latitude) * np.sin(longitude), np.sin(latitude), np.cos(latitude) * np.cos(longitude)], -1)
    return (0.6 * way).astype(np.float32)


def at(picture: np.ndarray, place: tuple[float, float, float], mirrored: bool = False) -> float:
    """What an atlas picture has in the direction of a canonical place."""
    way = np.array(place) * ((-1, 1, 1) if mirrored else (1, 1, 1))
    cosines = (canonical() * way).sum(-1) / (np.linalg.norm(canonical(), axis=-1) * np.linalg.norm(way))
    return float(picture.ravel()[cosines.argmax()])


def near(place: tuple[float, float, float], reach: float) -> np.ndarray:
    return np.linalg.norm(canonical() - 0.6 * np.array(place) / np.linalg.norm(place), axis=-1) < reach


def worn(shown: np.ndarray, seen: np.ndarray):
    """What continues of a beard that shows as (S,S) bool of what is seen."""
    unlit = np.where(shown[..., None], HAIR, BARE).astype(np.float32)
    regions = grows(canonical()), sideburns(canonical())
    return continue_beard((shown & seen).astype(np.float32), unlit, seen.astype(np.float32), regions)


FRONT = canonical()[..., 2] > 0.44
SEEN = FRONT & (canonical()[..., 1] > -0.42)
MOUTH = near((0, -0.14, 0.66), 0.06)
BEARD = (canonical()[..., 1] < -0.08) & ~MOUTH
MOUSTACHE = near(LIP, 0.09) & ~MOUTH & (canonical()[..., 1] > -0.1)


def test_beards_grow_on_cheeks_and_under_the_chin_and_not_on_ears_brows_or_the_neck():
    places = np.array([CHIN, UNDER, JAW, EAR_SIDE, LIP])
    assert (grows(places) > 0.9).all()
    assert (grows(np.array([THROAT, EAR, (0.2, 0.3, 0.5), (0.3, -0.2, -0.2)])) < 0.1).all()
    burns = sideburns(np.array([(0.42, 0.22, 0.17), (0.24, 0.1, 0.5), EAR]))
    assert burns[0] > 0.9 and (burns[1:] < 0.1).all()


def test_a_full_beard_goes_on_to_both_ears_and_under_the_chin():
    layer = worn(BEARD, SEEN)
    for mirrored in (False, True):
        assert at(layer.cover, JAW, mirrored) > 0.9 and at(layer.cover, EAR_SIDE, mirrored) > 0.8
        assert at(layer.cover, EAR, mirrored) < 0.1
    assert at(layer.cover, UNDER) > 0.9 and at(layer.cover, THROAT) < 0.1
    assert np.abs(layer.colour[near(UNDER, 0.1)] - HAIR).max() < 0.03
    assert at(layer.unseen, JAW) > 0.9 and at(layer.unseen, CHIN) < 0.1


def test_a_moustache_stays_one_and_so_does_a_goatee():
    layer = worn(MOUSTACHE, SEEN)
    assert at(layer.cover, LIP) > 0.9
    for place in (CHIN, UNDER, JAW, EAR_SIDE, CHEEK):
        assert at(layer.cover, place) < 0.05 and at(layer.cover, place, True) < 0.05
    layer = worn(near(CHIN, 0.15) & ~MOUTH, SEEN)
    assert at(layer.cover, CHIN) > 0.9 and at(layer.cover, LIP) < 0.05
    assert max(at(layer.cover, place, mirrored) for place in (JAW, EAR_SIDE, CHEEK) for mirrored in (0, 1)) < 0.05


def test_a_turned_head_has_the_same_beard_on_its_other_side():
    seen = SEEN & (canonical()[..., 0] > -0.05)
    layer = worn(BEARD, seen)
    place = (-0.25, -0.2, 0.5)
    assert at(layer.unseen, place) > 0.9 and at(layer.cover, place) > 0.9
    layer = worn(MOUSTACHE, seen)
    assert at(layer.cover, (-0.06, -0.07, 0.67)) > 0.9 and at(layer.cover, place) < 0.05


def test_too_little_of_a_beard_is_none():
    assert worn(near(CHIN, 0.015), SEEN) is None
    assert worn(np.ones_like(BEARD), SEEN) is None  # no skin to tell it from


def test_several_portraits_join_what_they_show_of_a_beard():
    halves = [SEEN & (sign * canonical()[..., 0] > 0) for sign in (1, -1)]
    unlit = np.where(BEARD[..., None], HAIR, BARE).astype(np.float32)
    regions = grows(canonical()), sideburns(canonical())
    shown = [(BEARD & half).astype(np.float32) for half in halves]
    one = beards.Beard(np.zeros((4, 4)), shown[0], regions, worn(BEARD, halves[0]))
    shares = [half.astype(np.float32) for half in halves]
    both = join_beards([one, None], shares, unlit, sum(shares))
    assert at(both.worn.cover, (-0.2, -0.3, 0.5)) < 0.1  # the second portrait shows skin there
    both = join_beards([one, replace(one, shown=shown[1])], shares, unlit, sum(shares))
    assert at(both.shown, (-0.2, -0.3, 0.5)) > 0.9 and at(both.worn.cover, JAW, True) > 0.9
    assert join_beards([None, None], shares, unlit, sum(shares)) is None


def test_the_unseen_face_wears_the_beard_and_a_bare_one_is_left_alone():
    seen = observed(np.ones((SIZE, SIZE), bool), 0.5)
    generated = np.full((SIZE, SIZE, 3), 0.6, np.float32)
    assert seen.beard is None
    bare = wear_seen_hair(generated, seen, "photo")
    unseen = np.zeros((SIZE, SIZE), np.float32)
    unseen[:, SIZE // 2 :] = 1
    flat = np.ones((SIZE, SIZE, 3), np.float32)
    cover = np.zeros((SIZE, SIZE), np.float32)
    cover[SIZE // 2 :] = 1
    layer = beards.Hair(flat * HAIR, flat * BARE, unseen, cover, cover)
    beard = beards.Beard(np.zeros((4, 4)), cover, (cover, cover), layer)
    made = wear_seen_hair(generated, replace(seen, beard=beard), "photo")
    below = np.s_[SIZE // 2 + 8 :, SIZE // 2 + 8 :]
    assert np.abs(made[below] - HAIR).max() < 0.05
    assert np.array_equal(made[: SIZE // 2], bare[: SIZE // 2]) and np.array_equal(
        made[:, : SIZE // 2], bare[:, : SIZE // 2]
    )


def test_a_beard_in_the_picture_is_seen_where_it_lies_on_the_head():
    place = canonical()
    places = (place[..., :2] * (100, -100) + 100).astype(np.float32)
    picture = np.zeros((200, 200), np.float32)
    picture[110:] = 1
    unlit = np.where(picture[..., None] > 0, HAIR, BARE).astype(np.float32)
    colour = cv2.remap(unlit, places[..., 0], places[..., 1], cv2.INTER_LINEAR)
    confidence = SEEN.astype(np.float32)
    beard = see_beard(picture, places, colour, confidence, place, np.ones_like(SEEN))
    assert at(beard.shown, CHIN) > 0.9 and at(beard.shown, CHEEK) < 0.1 and at(beard.worn.cover, UNDER) > 0.9
    assert see_beard(0 * picture, places, colour, confidence, place, np.ones_like(SEEN)) is None


def face_with_beard() -> tuple[np.ndarray, np.ndarray]:
    """The astronaut with rough dark hair below the nose, and where."""
    picture, face = astronaut().color.copy(), astronaut_face()
    shape = picture.shape[:2]
    mouth = cv2.dilate(fill_region(shape, face.points, LIPS, INNER_LIPS), disc(0.03 * face.size))
    where = fill_region(shape, face.points, FACE_OVAL) * below(shape, face) * (1 - mouth) > 0.5
    noise = np.random.default_rng(0).normal(0, 0.06, (*shape, 1)).astype(np.float32)
    picture[where] = np.clip(np.float32([0.24, 0.17, 0.12]) + noise, 0, 1)[where]
    return picture, where


def test_a_beard_is_found_and_shaven_faces_have_none():
    picture, where = face_with_beard()
    face = astronaut_face()
    found = find_beard(picture, face)
    assert found[where].mean() > 0.7
    assert found[~cv2.dilate(where.astype(np.uint8), disc(0.08 * face.size)).astype(bool)].max() < 0.1
    assert portrait_matte(picture, face).beard[where].mean() > 0.7
    assert not find_beard(astronaut().color, face).any() and portrait_matte(astronaut().color, face).beard is None


def test_shade_is_no_beard():
    shade = cv2.GaussianBlur(face_with_beard()[1].astype(np.float32), (0, 0), 8.0)[..., None]
    assert not find_beard(astronaut().color * (1 - 0.5 * shade), astronaut_face()).any()


def test_a_beard_is_found_however_large_the_picture_and_turned_the_head():
    picture, where = face_with_beard()
    face = astronaut_face()
    turn = cv2.getRotationMatrix2D(face.centre, 35, 1.6)
    size = (800, 800)
    turned = cv2.warpAffine(picture, turn, size)
    moved = np.column_stack([face.points[:, :2] @ turn[:, :2].T + turn[:, 2], 1.6 * face.points[:, 2]])
    box = (*moved[:, :2].min(0), *moved[:, :2].max(0))
    found = find_beard(turned, FaceLandmarks(moved.astype(np.float32), 1.0, box))
    there = cv2.warpAffine(where.astype(np.float32), turn, size) > 0.9
    assert found[there].mean() > 0.6


def test_a_shaved_matte_has_skin_without_beard_and_hair_without_collar():
    picture, where = face_with_beard()
    face = astronaut_face()
    matte = portrait_matte(picture, face)
    shaved = shave(picture, matte, face)
    assert matte.skin[where].mean() > 0.7 > 0.5 > shaved.skin[where].mean() and shaved.hair[where].mean() > 0.6
    assert shaved.beard is None  # it is on the shell
    chin, nose = face.points[[152, 2], :2]
    collar = np.zeros(where.shape, bool)
    collar[int(chin[1] + 4) : int(2 * chin[1] - nose[1]), int(chin[0] - 20) : int(chin[0] + 20)] = True
    plain = portrait_matte(astronaut().color, face)
    assert plain.hair[collar].max() < 0.2 and shave(astronaut().color, plain, face).hair[collar].max() < 0.2


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


def test_a_drawn_beard_is_its_label_and_stubble_and_shade_are_skin():
    grown = 0
    for seed in range(6):
        random = np.random.default_rng(seed)
        scene = draw_beards.Scene(head())
        draw_beards.grow(scene, random)
        changed = np.abs(scene.color - SKIN).max(-1)
        grown += int((scene.hair > 0.9).any() and (changed[scene.hair > 0.9] > 0.02).mean() > 0.5)
        for paint in (draw_beards.stubble, draw_beards.shade):
            scene = draw_beards.Scene(head())
            paint(scene, random)
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


def test_a_sample_is_the_networks_square_with_room_to_move_in():
    made = draw_beards.sample(head(), [], np.random.default_rng(3))
    wide = round(draw_beards.WIDER * SIDE)
    assert made["picture"].shape == (wide, wide, 3) and made["hair"].dtype == np.uint8
    given, hair, weight = hair_network.moved(made, np.random.default_rng(0))
    assert given.shape == (6, SIDE, SIDE) and hair.shape == weight.shape == (1, SIDE, SIDE)
    frame = beard_frame(points())
    assert np.isclose(frame.side, WIDE * head().size) and abs(frame.x - points()[13, 0]) < 1
    parts = face_parts(points(), head().hair.shape)
    at_chin, at_lip = (points()[number, :2].astype(int) - (0, up) for number, up in ((199, 0), (17, 3)))
    assert 0 == parts[0, 0] < parts[at_chin[1], at_chin[0]] < parts[at_lip[1], at_lip[0]]
