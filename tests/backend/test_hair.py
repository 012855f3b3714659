"""Hair goes on where the portrait cannot see it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from backend import pipeline
from backend.head.mesh import load_mesh
from backend.observation.hair import find_tone, hair_evidence, hair_tone, skin_tone, wear_hair
from backend.surface.detail import collage, upright
from backend.surface.strands import Strands, combed, find_strands, straightness, stranded

SIZE = 128
DARK = np.array([0.15, 0.1, 0.08], np.float32)
SKIN = np.array([0.8, 0.6, 0.5], np.float32)


@pytest.fixture
def scalp() -> np.ndarray:
    share = np.zeros((SIZE, SIZE), np.float32)
    share[:40] = 1
    return share


@pytest.fixture
def seen() -> tuple[np.ndarray, np.ndarray]:
    """Dark hair over skin, seen from the front only."""
    colour = np.where(np.arange(SIZE)[:, None, None] < 40, DARK, SKIN) * np.ones((SIZE, SIZE, 1), np.float32)
    confidence = np.zeros((SIZE, SIZE), np.float32)
    confidence[20:90, 40:88] = 1
    return colour, confidence


def test_a_bald_head_stays_bald(seen, scalp):
    colour, confidence = seen
    assert hair_tone(colour, confidence, np.zeros_like(scalp), scalp) is None
    assert find_tone(colour, confidence, np.zeros_like(scalp), scalp, False) is None
    assert wear_hair(colour, None) is colour
    assert hair_evidence(colour, confidence, None) == (colour, confidence)


def test_hair_that_begins_above_a_high_forehead_is_worn(seen, scalp):
    """Three quarters of the scalp that shows are forehead; the hair begins at its upper edge."""
    colour, confidence = seen
    hair = np.where(np.arange(SIZE)[:, None] < 24, scalp, 0)
    tone = find_tone(colour, confidence, hair, scalp, False)
    assert np.allclose(tone[0][5, 10], DARK, atol=0.05)


def test_nothing_is_said_of_a_scalp_that_does_not_show(seen, scalp):
    colour, _ = seen
    assert find_tone(colour, np.zeros_like(scalp), scalp, scalp, False) is None


def test_the_unseen_scalp_takes_the_hairs_tone_and_keeps_its_own_structure(seen, scalp):
    colour, confidence = seen
    tone = hair_tone(colour, confidence, scalp, scalp)
    generated = np.tile(SKIN, (SIZE, SIZE, 1)).astype(np.float32)
    generated[:40, ::2] *= 0.8  # strands
    worn = wear_hair(generated, tone)
    unseen = np.zeros((SIZE, SIZE), bool)
    unseen[:40, :30] = True
    before, after = (np.linalg.norm(np.median(p[unseen], axis=0) - DARK) for p in (generated, worn))
    assert after < 0.3 * before
    assert np.array_equal(worn[50:], generated[50:])
    light = worn @ np.float32([0.299, 0.587, 0.114])
    assert np.allclose(light[:40, 0] / light[:40, 1], 0.8, atol=0.01)


def test_skin_between_dark_hair_is_not_brightened_with_it(seen, scalp):
    """The seen hair is brown, the made-up scalp nearly black but for a patch of skin at the temple."""
    colour, confidence = seen
    brown = np.array([0.45, 0.3, 0.2], np.float32)
    colour = np.where(scalp[..., None] > 0, brown, colour)
    generated = np.where(scalp[..., None] > 0, DARK, SKIN) * np.ones((SIZE, SIZE, 1), np.float32)
    generated[30:38, 5:15] = 0.8 * SKIN
    worn = wear_hair(generated, hair_tone(colour, confidence, scalp, scalp))
    assert np.all(worn[31:37, 6:14].max(-1) < 0.9 * SKIN.max())
    assert np.abs(worn[10, 5] - brown).max() < 0.12


def test_where_the_networks_agree_their_light_and_dark_wear_the_hue_of_the_seen_hair(seen, scalp):
    colour, confidence = seen
    generated = np.tile(DARK[[2, 1, 0]] * 1.05, (SIZE, SIZE, 1)).astype(np.float32)  # as dark, and blue
    worn = wear_hair(generated, hair_tone(colour, confidence, scalp, scalp))[20, 5]
    assert np.allclose(worn / worn[1], DARK / DARK[1], atol=0.02)
    weights = np.float32([0.299, 0.587, 0.114])
    assert worn @ weights == pytest.approx(generated[20, 5] @ weights, rel=0.1)


def test_grey_stubble_below_the_scalp_takes_the_hairs_colour_and_shade_stays(seen, scalp):
    fair = np.float32([0.7, 0.55, 0.3])
    colour, confidence = seen
    tone = hair_tone(np.where(scalp[..., None] > 0, fair, colour), confidence, scalp, scalp)
    generated = np.where(scalp[..., None] > 0, fair, np.tile(SKIN, (SIZE, SIZE, 1))).astype(np.float32)
    generated[40:43, 24:30], generated[80:90, :12], generated[80:90, 116:] = 0.4, 0.4, 0.6 * SKIN
    worn = wear_hair(generated, tone)
    assert np.ptp(worn[41, 27]) > 0.2 and np.abs(worn[41, 27] - fair).max() < 0.15
    assert np.abs(worn[85, 5] - SKIN).max() < 0.05  # hair that fell over the neck of a training skin
    assert np.allclose(worn[85, 122], 0.6 * SKIN, atol=0.01)
    assert np.allclose(worn[70, 64], SKIN, atol=0.01)


def test_evidence_of_unseen_hair_is_weak_and_of_its_colour(seen, scalp):
    colour, confidence = seen
    found, sure = hair_evidence(colour, confidence, hair_tone(colour, confidence, scalp, scalp))
    assert 0 < sure[10, 10] < 0.1 and sure[100, 10] == 0
    assert np.allclose(found[10, 10], DARK, atol=0.02)
    assert np.array_equal(sure[50:], confidence[50:])


def striped(degrees: float) -> np.ndarray:
    """Strands that run at an angle, anticlockwise from the picture's x axis."""
    y, x = np.mgrid[:81, :81] - 40.0
    turn = np.radians(degrees)
    value = np.sin((x * np.sin(turn) + y * np.cos(turn)) * 0.8)
    return np.repeat(value[..., None] * 0.1, 3, 2).astype(np.float32)


@pytest.mark.parametrize("degrees", [0, 30, 75, 90, 140])
def test_the_run_of_strands_is_found_and_they_are_combed_upright(degrees):
    angle, coherence = straightness(striped(degrees))
    assert abs((angle - degrees + 90) % 180 - 90) < 3 and coherence > 0.9
    mask = np.ones((81, 81), bool)
    patches = combed([(striped(degrees), mask)], 100.0, np.random.default_rng(0))
    assert len(patches)
    for patch in patches:
        inner = patch[2:-2, 2:-2, 0]
        assert np.abs(np.diff(inner, axis=0)).mean() < 0.2 * np.abs(np.diff(inner, axis=1)).mean()


def test_outlines_are_no_strands():
    random = np.random.default_rng(0)

    def octaves(pixels):
        return [[np.pad(np.float32(pixels)[:, None].repeat(3, 1), ((0, 0), (0, 1)))] for _ in range(4)]

    assert stranded(octaves(random.normal(size=4000))) == 1
    assert stranded(octaves(random.normal(size=4000) * (np.arange(4000) < 300))) == 0


def test_noise_runs_nowhere():
    assert straightness(np.random.default_rng(0).normal(0, 0.1, (81, 81, 3)).astype(np.float32))[1] < 0.3


def test_strands_go_on_from_patch_to_patch():
    """Short pieces of strands on a square, each at a slightly other angle, become long ones."""
    random = np.random.default_rng(3)
    slanted = np.stack(
        [
            np.sin((np.arange(32) + tilt * np.arange(32)[:, None]) * 0.8 + phase)
            for tilt, phase in random.uniform(-0.3, 0.3, (20, 2)) * (1, 10)
        ]
    )
    square = collage(np.repeat(slanted[..., None], 3, 3).astype(np.float32), 256, random)

    def alike(picture: np.ndarray, rows: int) -> float:
        return float(np.corrcoef(picture[..., 0].ravel(), np.roll(picture[..., 0], rows, 0).ravel())[0, 1])

    assert alike(square, 40) < 0.15
    assert alike(upright(square, 2), 40) > 0.4


def test_strands_lie_on_the_scalp_alone_and_fall_down_its_sides():
    stripes = np.repeat(np.sin(np.arange(256) * 2 * np.pi / 8)[None, :, None] * 0.1, 256, 0)
    strands = Strands(np.repeat(stripes, 3, 2).astype(np.float32), 0.5, True)
    side = np.linspace(-0.3, 0.3, 200, dtype=np.float32)
    normals = np.tile(np.float32([1, 0, 0]), (200, 1))
    grey, free = np.full((200, 3), 0.5, np.float32), np.ones(200, np.float32)
    across = np.stack([np.full(200, 0.6), np.full(200, 0.6), side * 0.5 - 0.3], 1).astype(np.float32)
    down = np.stack([np.full(200, 0.6), 0.6 + 0.5 * side, np.full(200, -0.3)], 1).astype(np.float32)
    assert strands.add(grey, free, across, normals).std() > 10 * strands.add(grey, free, down, normals).std()
    cheek = np.tile(np.float32([0.3, -0.1, 0.2]), (200, 1)) + across * 0.01
    assert np.array_equal(strands.add(grey, free, cheek, normals), grey)


def test_streaks_of_generated_hair_take_the_hairs_hue(seen, scalp):
    colour, confidence = seen
    tone = hair_tone(colour, confidence, scalp, scalp)
    generated = np.where(scalp[..., None] > 0, DARK, SKIN).astype(np.float32)
    generated[5:8] = [0.4, 0.1, 0.1]
    worn = wear_hair(generated, tone)
    assert abs(worn[6, 10, 0] / worn[6, 10, 1] - DARK[0] / DARK[1]) < 0.1
    assert worn[6, 10].mean() > worn[20, 10].mean()


def test_a_scalp_that_is_to_be_bare_takes_the_skins_colour(seen, scalp):
    colour, confidence = seen
    confidence = confidence * (1 - scalp)  # the matte lets no hair through
    tone = skin_tone(colour, confidence, scalp)
    generated = np.tile(DARK, (SIZE, SIZE, 1)).astype(np.float32)
    worn = wear_hair(generated, tone, bare=True)
    assert np.abs(worn[:38] - SKIN).max() < 0.1
    assert np.array_equal(worn[50:], generated[50:])
    assert skin_tone(colour, np.zeros_like(confidence), scalp) is None


def test_hair_that_the_artist_hides_is_no_model_for_strands(demo_head_obj, astronaut):
    networks = pipeline.load_cached_networks("cpu")
    job = pipeline.prepare(load_mesh(demo_head_obj), str(astronaut), "photo", networks)
    generated = np.full((256, 256, 3), 0.5, np.float32)

    def found(observation):
        return find_strands(job.mesh, job.canonical, job.registration, observation, generated, None, 500.0, 0)

    assert len(found(job.observation).patches)
    hidden = dataclasses.replace(job.observation, confidence=np.zeros_like(job.observation.confidence))
    assert hidden.wears_hair and found(hidden) is None
