"""Painted styles: a person's skin keeps its tone, on eight tones from very light to very dark."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from backend.head.facial_regions import find_facial_regions
from backend.styles import STYLES, paint
from tests.backend.synthetic_skins import drawn_skin, geometry

SIZE = 256
#: sRGB of skins whose individual typology angles (Chardon et al. 1991) lie between 62 and -62 degrees.
TONES = (
    *((0.95, 0.82, 0.74), (0.91, 0.75, 0.65), (0.83, 0.65, 0.53), (0.75, 0.55, 0.42)),
    *((0.64, 0.45, 0.33), (0.50, 0.34, 0.25), (0.37, 0.25, 0.19), (0.26, 0.18, 0.14)),
)
#: Degrees between neighbouring groups of skin are 13 to 40; an artist sees 6 beside each other.
MOST = 6.0
CEL = STYLES["cel"].draw(np.random.default_rng(0))


@pytest.fixture(scope="module")
def regions():
    return find_facial_regions(geometry(SIZE)[0])


@pytest.fixture(scope="module")
def skins(regions):
    """Eight people: the same relief, hair and lips, another skin."""
    drawn = drawn_skin(SIZE, 1, 0).astype(np.float32) / 255
    own = np.median(drawn[bare(regions)], axis=0)
    face = np.clip((drawn.min(2) / own.min()), 0, 1)[..., None] ** 0.5  # brows and lashes stay dark
    return [np.clip(drawn * (1 + face * (np.float32(tone) / own - 1)), 0, 1).astype(np.float32) for tone in TONES]


def bare(regions) -> np.ndarray:
    return (regions["cheeks"] + regions["forehead"] + regions["chin"]) > 0.5


def ita(texture: np.ndarray, regions) -> float:
    """Degrees of the skin as it is seen from afar."""
    lab = cv2.cvtColor(cv2.blur(texture, (25, 25)), cv2.COLOR_RGB2LAB)[bare(regions)]
    return float(np.median(np.degrees(np.arctan2(lab[:, 0] - 50, lab[:, 2]))))


@pytest.mark.parametrize("name", [name for name in STYLES if name != "photo"])
def test_skin_keeps_its_tone_in_every_style(name, regions, skins):
    for number, skin in enumerate(skins):
        for seed in (0, 1):
            parameters = STYLES[name].draw(np.random.default_rng([seed, number])) | {"mass": []}
            painted = paint(name, skin, regions, parameters)
            assert np.abs(painted - skin).mean() > 0.004, "nothing was painted"
            away = ita(painted, regions) - ita(skin, regions)
            assert abs(away) < MOST, (name, TONES[number], seed, round(away, 1))


@pytest.mark.parametrize("name", [name for name in STYLES if name != "photo"])
def test_a_moustache_stays(name, regions, skins):
    worn = regions["moustache"] > 0.6
    for number in (2, 5):
        chin = np.median(skins[number][regions["chin"] > 0.5], axis=0)
        bare = skins[number] + regions["moustache"][..., None] * (chin - skins[number])
        hairy = bare * (1 - 0.7 * regions["moustache"][..., None])
        parameters = STYLES[name].draw(np.random.default_rng([0, number])) | {"mass": [], "hair": []}  # none dyed
        light = [
            painted[worn].mean() / np.median(painted[regions["chin"] > 0.5])
            for painted in (paint(name, skin.astype(np.float32), regions, parameters) for skin in (bare, hairy))
        ]
        assert light[1] < 0.85 * light[0], (name, TONES[number], light)


def test_a_noses_shadow_becomes_no_moustache_in_anime(regions, skins):
    skin = skins[2].copy()
    columns = np.nonzero((regions["moustache"] > 0.6).any(0))[0]
    middle = np.abs(np.arange(SIZE) - columns.mean()) < 0.12 * np.ptp(columns)
    shadow = (regions["moustache"] > 0.6) & middle
    skin[shadow] *= 0.3
    painted = paint("anime", skin, regions, STYLES["anime"].draw(np.random.default_rng(0)) | {"mass": [], "hair": []})
    assert painted[shadow].mean() > 0.8 * np.median(painted[regions["chin"] > 0.5])


@pytest.mark.parametrize("number", [1, 3])
def test_a_noses_shadow_becomes_no_square_in_cel(number, regions, skins):
    skin = skins[number].copy()
    columns = np.nonzero((regions["moustache"] > 0.6).any(0))[0]
    middle = np.abs(np.arange(SIZE) - columns.mean()) < 0.2 * np.ptp(columns)
    shadow = (regions["moustache"] > 0.6) & middle
    dark = cv2.GaussianBlur(np.where(shadow, 0.5, 1.0), (0, 0), 1.5)[..., None]
    skin = np.where((regions["moustache"] > 0.1)[..., None] & middle[:, None], skin * dark, skin).astype(np.float32)
    painted = paint("cel", skin, regions, CEL)
    assert np.median(painted[shadow]) > 0.8 * np.median(painted[regions["chin"] > 0.5])


def test_a_faint_shade_becomes_no_patch_in_cel(regions, skins):
    y, x = np.mgrid[:SIZE, :SIZE]
    rows, columns = np.nonzero(regions["cheeks"] > 0.5)
    here = np.hypot(y - rows.mean(), x - columns[columns < SIZE / 2].mean()) < 14
    for gain in np.linspace(0.7, 1, 6):  # somewhere there is the border between two tones
        flat = gain * skins[2]
        flat[regions["cheeks"] > 0.05] = np.median(flat[bare(regions)], axis=0)
        shaded = flat * np.where(here, 0.92, 1)[..., None]
        before, after = (paint("cel", one.astype(np.float32), regions, CEL)[here].mean() for one in (flat, shaded))
        assert abs(after / before - 1) < 0.06, (gain, before, after)


def test_the_tones_cover_the_groups(regions, skins):
    angles = [ita(skin, regions) for skin in skins]
    assert angles == sorted(angles, reverse=True) and angles[0] > 45 and angles[-1] < -45


def test_eyes_stay_open_in_oil(regions, skins):
    """An iris on white is still the darkest of the eye, and the white the brightest."""
    texture = skins[2].copy()
    opening = regions["openings"] > 0.5
    rows, columns = np.nonzero(opening)
    texture[opening] = 0.92
    y, x = np.mgrid[:SIZE, :SIZE]
    irises = np.zeros((SIZE, SIZE), bool)
    for side in (columns < SIZE / 2, columns > SIZE / 2):
        irises |= np.hypot(x - columns[side].mean(), y - rows[side].mean()) < 2.5
    irises &= opening
    texture[irises] = 0.1
    painted = paint("oil", texture, regions, STYLES["oil"].draw(np.random.default_rng(0))).mean(2)
    white = opening & (cv2.dilate(irises.astype(np.uint8), np.ones((5, 5))) == 0)
    assert painted[white].mean() - painted[irises].mean() > 0.3
