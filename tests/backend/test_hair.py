"""Hair goes on where the portrait cannot see it."""

from __future__ import annotations

import numpy as np
import pytest
from backend.finish.hair import wear_hair, without_hair

from backend.observation.hair import Hair, continue_hair, find_hair, hair_evidence, without_light
from backend.prior.hairline import Hairline, hairline
from backend.prior.linear import LinearPrior

SIZE = 128
DARK = np.array([0.15, 0.1, 0.08], np.float32)
SKIN = np.array([0.8, 0.6, 0.5], np.float32)
#: Rows of the atlas: the crown, a high forehead, the brows, the cheeks, the neck.
CROWN, FOREHEAD, CHEEK, NECK = 4, 22, 60, 115


@pytest.fixture
def scalp() -> np.ndarray:
    share = np.zeros((SIZE, SIZE), np.float32)
    share[:40] = 1
    return share


@pytest.fixture
def seen() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Colour, confidence and hair: dark hair over skin, seen from the front only."""
    hair = np.zeros((SIZE, SIZE), np.float32)
    hair[:16] = 1
    confidence = np.zeros((SIZE, SIZE), np.float32)
    confidence[8:90, 36:92] = 1
    return np.where(hair[..., None] > 0, DARK, SKIN).astype(np.float32), confidence, hair


@pytest.fixture
def worn(seen, scalp) -> Hair:
    colour, confidence, hair = seen
    return find_hair(colour, confidence, hair, scalp, np.broadcast_to(DARK, colour.shape))


def test_a_bald_head_stays_bald(seen, scalp):
    colour, confidence, hair = seen
    assert find_hair(colour, confidence, 0 * hair, scalp, None) is None
    assert wear_hair(colour, None) is colour
    assert hair_evidence(colour, confidence, None) == (colour, confidence)


def test_nothing_is_said_where_no_skin_shows(seen, scalp):
    colour, confidence, hair = seen
    assert find_hair(colour, 0 * confidence, hair, scalp, colour) is None


def test_the_line_of_hair_goes_on_around_the_head(seen):
    _, confidence, hair = seen
    cover = hairline().find_cover(hair, confidence)
    back = [5, SIZE - 6]
    assert cover[CROWN].min() > 0.9 and cover[50, back].min() > 0.9
    assert cover[FOREHEAD:100, 40:88].max() < 0.1 and cover[NECK:].max() < 0.1
    fringe = hair.copy()
    fringe[:20, 36:92] = 1
    assert hairline().find_cover(fringe, confidence)[17, 50:78].min() > 0.8 > 0.1 > cover[17, 50:78].max()


def test_the_unseen_scalp_takes_the_hairs_colour_and_the_face_stays(worn):
    generated = np.tile(SKIN, (SIZE, SIZE, 1)).astype(np.float32)
    made = wear_hair(generated, worn)
    assert np.abs(made[CROWN] - DARK).max() < 0.1
    assert np.array_equal(made[CHEEK, 36:92], generated[CHEEK, 36:92])
    assert np.array_equal(made[NECK, 40:88], generated[NECK, 40:88])


def test_hair_that_the_networks_made_beside_the_line_is_taken_off(worn):
    generated = np.tile(SKIN, (SIZE, SIZE, 1)).astype(np.float32)
    beside = (worn.cover < 0.05) & (hairline().grows > 0.95) & (worn.unseen == 1)
    assert beside.sum() > 50
    bald = (worn.scalp > 0) & (hairline().grows < 0.05) & (worn.cover < 0.05) & (worn.unseen == 1)
    assert bald.sum() > 10  # above the ears
    generated[beside | bald] = DARK
    made = wear_hair(generated, worn)
    assert np.abs(made[beside | bald] - SKIN).max() < 0.12


def test_light_skin_beside_white_hair_keeps_its_colour():
    skin, white = (np.full((4, 4, 3), colour, np.float32) for colour in ((0.75, 0.55, 0.45), (0.9, 0.9, 0.9)))
    made = without_hair(skin + 0.12, skin, white - skin)
    assert made[0, 0] - skin[0, 0] == pytest.approx((made[0, 0, 1] - skin[0, 0, 1]) * np.ones(3), abs=1e-3)
    grey = skin + 0.5 * (white - skin)
    assert np.abs(without_hair(grey, skin, white - skin) - skin).max() < 0.02


def test_made_up_hair_meets_the_hair_beside_it_and_no_skin(seen, scalp):
    """The picture's hair is dark on the whole; that on the head is lighter, and the parse takes skin for hair."""
    colour, confidence, hair = seen
    light, rim = 2.5 * DARK, (slice(8, 24), slice(36, 40))
    colour, hair = np.where(hair[..., None] > 0, light, colour).astype(np.float32), hair.copy()
    found = find_hair(colour, confidence, hair, scalp, np.broadcast_to(DARK, colour.shape)).colour
    assert np.abs(found[10, [34, 93]] - light).max() < 0.25 * np.abs(light - DARK).max()
    assert np.abs(found[10, [5, 122]] - DARK).max() < 0.1 * np.abs(light - DARK).max()
    colour[rim], hair[rim] = 0.85 * SKIN, 1  # a temple in shade
    receding = find_hair(colour, confidence, hair, scalp, np.broadcast_to(DARK, colour.shape)).colour
    assert (receding < light + 0.01).all()


def test_what_is_seen_is_not_worn_over(worn, seen):
    colour, confidence, _ = seen
    made = wear_hair(np.full_like(colour, 0.5), worn)
    assert np.allclose(made[confidence == 1], 0.5)


def test_hair_takes_the_colour_that_is_nearest_in_the_picture():
    """Brown on top, grey at the sides."""
    portrait, hair = np.zeros((300, 300, 3), np.float32), np.zeros((300, 300), np.float32)
    portrait[:60], portrait[60:] = (0.4, 0.25, 0.15), (0.6, 0.6, 0.6)
    hair[10:60], hair[60:150, :40], hair[60:150, 260:] = 1, 1, 1
    places = np.float32([[[150, 30], [20, 140], [290, 140], [150, 280]]])
    top, left, right, far = continue_hair(portrait, hair, places, 200.0)[0]
    assert np.allclose(top, portrait[0, 0], atol=0.03)
    assert np.allclose(left, 0.6, atol=0.06) and np.allclose(right, 0.6, atol=0.06)
    assert far.min() > 0.1  # nothing near: what hair usually is
    assert continue_hair(portrait, 0 * hair, places, 200.0) is None


def test_a_rim_of_skin_does_not_brown_black_hair():
    portrait, hair = np.full((300, 300, 3), 0.02, np.float32), np.zeros((300, 300), np.float32)
    portrait[60:80], hair[10:60], hair[60:80] = SKIN, 1, 0.6
    found = continue_hair(portrait, hair, np.float32([[[150, 40], [150, 80]]]), 200.0)
    assert found.max() < 0.05


def test_light_comes_off_hair_whatever_skin_is_taken_for_it():
    """Half of what counts as hair is a forehead: the light on it says something, its colour nothing."""
    grey, lit = np.full((SIZE, SIZE, 3), 0.5, np.float32), np.full((SIZE, SIZE, 3), 0.5, np.float32)
    lit[:, SIZE // 2 :] = SKIN
    made = without_light(grey, lit, lit * np.float32([0.8, 0.8, 0.9]), np.ones((SIZE, SIZE), bool))
    assert np.allclose(made, [0.4, 0.4, 0.45], atol=0.01)


def test_a_hole_in_the_prior_is_no_hole_in_the_hair(seen):
    _, confidence, hair = seen
    found = hairline()
    y, x = found.prior.size // 8, found.prior.size // 2
    mean = found.prior.mean.copy()
    mean[y : y + 4, x : x + 3] -= 0.08
    dented = Hairline(LinearPrior(mean, found.prior.basis, found.prior.deviation), found.grows)
    whole, made = (one.find_cover(hair, 0 * confidence) for one in (found, dented))
    assert np.abs(made - whole).max() < 0.3


def test_evidence_of_unseen_hair_is_weak_and_of_its_colour(seen, worn):
    colour, confidence, _ = seen
    found, sure = hair_evidence(colour, confidence, worn)
    assert 0 < sure[10, 10] < 0.1 and sure[100, 10] == 0
    assert np.allclose(found[10, 10], DARK, atol=0.02)
    assert np.array_equal(sure[50:], confidence[50:])


def test_a_scalp_that_is_to_be_bare_takes_the_skins_colour_as_far_as_hair_may_grow(seen, scalp):
    colour, confidence, hair = seen
    confidence = confidence * (1 - scalp)  # the parse lets no hair through
    bare = find_hair(colour, confidence, hair, scalp, None, True)
    generated = np.tile(DARK, (SIZE, SIZE, 1)).astype(np.float32)
    made = wear_hair(generated, bare)
    assert np.abs(made[:38] - SKIN).max() < 0.1
    assert np.abs(made[82, [4, -5]] - SKIN).max() < 0.1  # the nape, below the scalp
    assert np.array_equal(made[CHEEK:, 36:92], generated[CHEEK:, 36:92])
