"""Hair goes on where the portrait cannot see it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from backend import pipeline
from backend.finish.hair import wear_hair, without_hair
from backend.head.atlas import map_atlas, to_atlas
from backend.head.match import find_face_or_pins, match
from backend.head.mesh import load_mesh
from backend.head.scalp import AHEAD, SKULL, WHORL
from backend.imaging.sample import LUMINANCE
from backend.observation.hair import Hair, continue_hair, find_hair, hair_evidence, without_light
from backend.observation.observe import PLACES, is_cloth, observe
from backend.portrait.decode import decode_portrait
from backend.portrait.head_hair import find_head_hair
from backend.portrait.matte import portrait_matte
from backend.prior.hairline import Hairline, hairline
from backend.prior.linear import LinearPrior
from backend.surface.measured import Grain, Subject
from backend.surface.strands import Strands, covariances, find_strands, finer, lay_strands, stranded, upright

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
    """The picture's hair is dark on the whole; that on the head is lighter, and the matte takes skin for hair."""
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


def test_hair_is_found_above_the_brows_and_bald_heads_have_none(astronaut):
    color = decode_portrait(astronaut).color
    face, _ = find_face_or_pins(decode_portrait(astronaut), ())
    matte = portrait_matte(color, face)
    points = face.points[:, :2]
    hair = find_head_hair(matte, points)
    assert hair.sum() > 0.05 * face.size**2
    x, y = np.rint(points[[1, 152, 10]].mean(0)).astype(int)
    assert hair[y:, x - 20 : x + 20].max() == 0 and (hair * (matte.person < 0.5)).max() < 0.1
    tuft = hair * (np.cumsum(hair.sum(0)) < 0.08 * hair.sum())
    for worn in (np.zeros_like(hair), tuft):
        assert find_head_hair(dataclasses.replace(matte, hair=worn), points).max() == 0
    grey, shade = (share * (matte.hair > 0.5).astype(np.float32) for share in (0.55, 0.2))
    assert find_head_hair(dataclasses.replace(matte, hair=grey), points).sum() > 0.02 * face.size**2  # half told
    assert find_head_hair(dataclasses.replace(matte, hair=shade), points).max() == 0


def test_no_hat_becomes_hair():
    size = 256
    random = np.random.default_rng(0)
    sure, hair = np.ones((size, size), np.float32), np.zeros((size, size), np.float32)
    hair[:60] = 1

    def worn(*colours):
        stripes = np.float32(colours)[np.arange(size) // 16 % len(colours)] * np.ones((size, 1, 1), np.float32)
        return is_cloth(stripes * random.uniform(0.7, 1.1, (size, size, 1)), sure, hair)

    natural = ([0.05, 0.04, 0.04], [0.25, 0.15, 0.1], [0.5, 0.2, 0.1], [0.8, 0.65, 0.4], [0.75, 0.75, 0.78])
    assert not any(worn(colour) for colour in natural) and not worn(natural[1], natural[3])
    assert worn([0.1, 0.2, 0.5]) and worn([0.2, 0.5, 0.2]) and worn([0.7, 0.05, 0.1]) and worn([0.6, 0.2, 0.6])
    assert worn([0.9, 0.88, 0.8], [0.05, 0.05, 0.08])  # a pale brim and a dark crown
    assert not is_cloth(np.full((size, size, 3), [0.1, 0.2, 0.5]), sure, 0.5 * hair)


def test_evidence_of_unseen_hair_is_weak_and_of_its_colour(seen, worn):
    colour, confidence, _ = seen
    found, sure = hair_evidence(colour, confidence, worn)
    assert 0 < sure[10, 10] < 0.1 and sure[100, 10] == 0
    assert np.allclose(found[10, 10], DARK, atol=0.02)
    assert np.array_equal(sure[50:], confidence[50:])


def test_outlines_are_no_strands():
    random = np.random.default_rng(0)

    def octaves(pixels):
        return [np.pad(np.float32(pixels)[:, None].repeat(3, 1), ((0, 0), (0, 2))) for _ in range(4)]

    assert stranded(octaves(random.normal(size=4000))) == 1
    assert stranded(octaves(random.normal(size=4000) * (np.arange(4000) < 300))) == 0


def grain(texels: float) -> Grain:
    """Hair that a portrait shows in two octaves, and what so many texels per face height add."""
    octaves = np.stack([np.eye(3) * 4e-4, np.eye(3) * 2e-4])
    covariance, density, lows = finer(octaves, 64.0, np.array([8, 16]), texels)
    return Grain(density, lows, covariance, np.zeros((0, 1, 1, 3), np.float32), 0.5)


def test_strands_run_down_and_bend():
    square = lay_strands(grain(256), 3)[..., 0]

    def alike(rows: int, columns: int) -> float:
        return float(np.corrcoef(square.ravel(), np.roll(square, (rows, columns), (0, 1)).ravel())[0, 1])

    assert alike(12, 0) > 0.5 > 0.3 > abs(alike(0, 12))
    assert alike(128, 0) < 0.3
    edge = np.abs(square[0] - square[-1]).mean(), np.abs(square[:, 0] - square[:, -1]).mean()
    inside = np.abs(np.diff(square, axis=0)).mean(), np.abs(np.diff(square, axis=1)).mean()
    assert edge[0] < 1.5 * inside[0] and edge[1] < 1.5 * inside[1]


def test_thin_strands_are_longer_beside_their_width_than_locks():
    noise = np.random.default_rng(1).normal(size=(512, 512, 1))

    def slenderness(waves: tuple[int, int]) -> float:
        spectrum = np.fft.rfft2(upright(noise, 14.0)[..., 0])
        across = np.fft.rfftfreq(512, 1 / 512)
        band = np.fft.irfft2(spectrum * ((across >= waves[0]) & (across < waves[1])))
        return float(np.diff(band, axis=1).std() / np.diff(band, axis=0).std())

    assert slenderness((64, 128)) > 1.8 * slenderness((8, 16))


def test_coarse_octaves_of_short_hair_are_as_strong_as_the_next_finer():
    random = np.random.default_rng(0)

    def band(deviation: float, count: int) -> np.ndarray:
        grey = deviation * random.normal(size=(count, 1))
        return np.column_stack([np.repeat(grey, 3, 1), np.full(count, deviation**2), np.zeros(count)])

    found = covariances([band(0.0, 0), band(0.5, 20), band(0.1, 4000), band(0.02, 4000)], 9.0)
    powers = np.array([LUMINANCE @ one @ LUMINANCE for one in found])
    assert np.allclose(powers, [0.01, 0.01, 0.01, 4e-4], rtol=0.1)
    assert np.allclose(covariances([band(0.1, 20)] * 2, 9.0), 9.0)


def test_strands_are_as_fine_as_the_artists_texels_and_fade_as_they_get_finer():
    coarse, fine = grain(100), grain(600)
    assert coarse.density == 64 and list(coarse.lows) == [8, 16]
    assert fine.density == 512 and list(fine.lows) == [8, 16, 32, 64, 128]
    light = np.array([LUMINANCE @ one @ LUMINANCE for one in fine.covariance])
    assert (np.diff(light) < 0).all() and light[-1] > 0
    assert lay_strands(fine, 0)[..., :3].std() > 1.1 * lay_strands(coarse, 0)[..., :3].std()


def test_strands_are_of_the_hairs_own_colour():
    strands = Strands(np.zeros((1, 1, 4), np.float32), 0.6, np.ones((SIZE, SIZE), np.float32))
    fair, one = np.float32([[0.6, 0.4, 0.2]]), np.ones(1, np.float32)
    laid = strands.lay(
        np.float32([[0.1, 0.1, 0.1, 0]]), fair, one, one, np.zeros((1, 3), np.float32), np.zeros((1, 2), np.float32)
    )
    assert np.allclose(laid / fair, laid[0, 0] / fair[0, 0]) and laid[0, 0] > 1.1 * fair[0, 0]


def test_each_strand_ends_for_itself_between_hair_and_skin():
    line = tuple(np.full((SIZE, SIZE, 3), colour, np.float32) for colour in (DARK, SKIN))
    square = lay_strands(grain(256), 0)
    square[..., :3] = 0
    assert abs(float(square[..., 3].std()) - 1) < 0.1
    cover = np.tile(np.linspace(1, 0, SIZE, dtype=np.float32)[:, None], (1, SIZE))
    strands = Strands(square, 0.5, cover, line)
    x, y = np.meshgrid(np.linspace(-0.3, 0.3, 200), np.linspace(0.9, -0.4, 200))
    place = np.stack([x, y, np.full_like(x, 0.5)], -1).reshape(-1, 3).astype(np.float32)
    share = strands.where(to_atlas(place))[:, None]
    soft = (SKIN + share * (DARK - SKIN)).astype(np.float32)
    free, normals = np.ones(len(place), np.float32), np.tile(np.float32([0, 0, 1]), (len(place), 1))
    made = strands.add(soft, free, place, normals, to_atlas(place))
    assert made.min() > DARK.min() - 1e-3 and (made < SKIN + 1e-3).all()
    bordering = np.abs(share[:, 0] - 0.5) < 0.1
    hair = ((SKIN - made) / (SKIN - DARK)).mean(1)
    assert hair[bordering].std() > 0.3 > 0.1 > abs(hair[bordering].mean() - 0.5)
    whole = (share[:, 0] > 0.99) | (share[:, 0] < 0.01)
    assert np.allclose(made[whole], soft[whole], atol=0.02)
    photographed = np.full_like(soft, 0.9)
    assert np.array_equal(strands.add(photographed, 0 * free, place, normals, to_atlas(place)), photographed)


def test_a_drawings_hair_is_cut_along_a_line():
    one = grain(256)
    flat = dataclasses.replace(one, covariance=0 * one.covariance)
    assert not lay_strands(flat, 0)[..., 3].any()


def test_no_strand_grows_on_an_ear():
    line = tuple(np.full((SIZE, SIZE, 3), colour, np.float32) for colour in (DARK, SKIN))
    strands = Strands(np.zeros((64, 64, 4), np.float32), 0.5, np.full((SIZE, SIZE), 0.6, np.float32), line)
    ear, cheek = np.float32([[0.5, 0.1, -0.05]]), np.float32([[0.3, 0.1, 0.3]])
    mixed, one = (0.4 * SKIN + 0.6 * DARK)[None].astype(np.float32), np.ones(1, np.float32)
    towards = np.float32([[0, 0, 1]])
    assert np.allclose(strands.add(mixed, one, ear, towards, to_atlas(ear)), SKIN, atol=0.02)
    assert (strands.add(mixed, one, cheek, towards, to_atlas(cheek)) < mixed + 1e-3).all()


def test_strands_lie_on_hair_alone_and_grow_from_the_whorl():
    cover = np.zeros((SIZE, SIZE), np.float32)
    cover[:40] = 1
    stripes = np.repeat(np.sin(np.arange(256) * 2 * np.pi / 32)[None, :, None] * 0.1, 256, 0)
    strands = Strands(np.repeat(stripes, 4, 2).astype(np.float32), 0.5, cover)
    grey, free = np.full((400, 3), 0.5, np.float32), np.ones(400, np.float32)

    def laid(place: np.ndarray) -> np.ndarray:
        return strands.add(grey, free, place, np.zeros_like(place), to_atlas(place))[:, 0]

    def on_skull(turn: np.ndarray, tip: np.ndarray) -> np.ndarray:
        """Places half a face from the skull's middle, so many radians around the whorl's axis and off it."""
        ring = np.sin(tip) * np.stack([np.sin(turn), np.cos(turn)])
        axes = np.stack([np.cross(WHORL, AHEAD), AHEAD, WHORL])
        return (SKULL + 0.5 * np.stack([*ring, np.cos(tip) + 0 * turn], 1) @ axes).astype(np.float32)

    narrow, one = np.linspace(-0.3, 0.3, 400), np.ones(400)
    assert laid(on_skull(2 + narrow, 1.2 * one)).std() > 10 * laid(on_skull(2 * one, 1.2 + 0.5 * narrow)).std()
    whole = np.linspace(-np.pi, np.pi, 400)
    counts = [(np.abs(np.diff(np.sign(laid(on_skull(whole, tip * one)) - 0.5))) > 0).sum() for tip in (0.4, 0.9)]
    assert 1.2 < counts[1] / counts[0] < 3  # as wide on a wide ring as on a narrow one, of 0.39 and 0.78
    assert np.ptp(laid(on_skull(whole, 0.01 * one))) < 0.05  # the whorl itself is plain
    cheek = np.tile(np.float32([0.3, -0.1, 0.2]), (400, 1)) + on_skull(whole, one) * 0.01
    assert np.array_equal(laid(cheek), grey[:, 0])


def test_a_beards_strands_are_as_many_times_finer_across_and_as_long():
    waves = 0.1 * np.sin(np.arange(256) * 2 * np.pi / 32)
    cover, grey, free = np.ones((SIZE, SIZE), np.float32), np.full((400, 3), 0.5, np.float32), np.ones(400, np.float32)

    def crossings(square: np.ndarray, finer: float, place: np.ndarray) -> int:
        strands = Strands(np.repeat(square[..., None], 4, 2).astype(np.float32), 0.5, cover, None, finer)
        light = strands.add(grey, free, place, np.zeros_like(place), to_atlas(place))[:, 0]
        return int((np.abs(np.diff(np.sign(light - 0.5))) > 0).sum())

    upright_stripes, level_stripes = np.repeat(waves[None], 256, 0), np.repeat(waves[:, None], 256, 1)
    span = np.linspace(-0.3, 0.3, 400)
    across = np.stack([span, 0 * span, np.full(400, 0.55)], 1).astype(np.float32)
    down = np.stack([0 * span, span, np.full(400, 0.55)], 1).astype(np.float32)
    assert crossings(upright_stripes, 2.0, across) > 1.6 * crossings(upright_stripes, 1.0, across) > 3
    assert crossings(level_stripes, 2.0, down) == crossings(level_stripes, 1.0, down)


def test_a_scalp_that_is_to_be_bare_takes_the_skins_colour(seen, scalp):
    colour, confidence, hair = seen
    confidence = confidence * (1 - scalp)  # the matte lets no hair through
    bare = find_hair(colour, confidence, hair, scalp, None, True)
    generated = np.tile(DARK, (SIZE, SIZE, 1)).astype(np.float32)
    made = wear_hair(generated, bare)
    assert np.abs(made[:38] - SKIN).max() < 0.1
    assert np.array_equal(made[50:], generated[50:])


def test_a_blue_hat_is_left_to_the_networks_and_drawn_blue_hair_is_not(demo_head_obj, astronaut):
    found = match(load_mesh(demo_head_obj), decode_portrait(astronaut))
    layout = map_atlas(found.mesh, found.canonical, PLACES)
    color = decode_portrait(astronaut).color
    blue = np.where(
        (found.matte.hair > 0.1)[..., None], color @ LUMINANCE[:, None] * np.float32([0.3, 0.6, 1.8]), color
    )

    def seen(picture, drawn):
        networks = pipeline.load_cached_networks("cpu")
        return observe(
            found.mesh,
            layout,
            found.registration,
            picture,
            found.matte,
            networks.skin,
            drawn=drawn,
            studio=networks.studio,
        )

    hair, drawn, hat = seen(color, False), seen(np.float32(blue), True), seen(np.float32(blue), False)
    assert hair.wears_hair and drawn.wears_hair and not hat.wears_hair
    assert hat.cloth and not (hair.cloth or drawn.cloth)
    badge = np.where(
        (found.matte.hair > 0.1)[..., None], np.where(np.arange(color.shape[1]) % 20 < 8, 0.95, 0.03)[..., None], color
    )
    assert seen(np.float32(badge), False).cloth  # black, with what no light makes of black
    # shade is divided out as finely as places are known, and no finer
    seen = np.minimum(hair.confidence[:, 1:], hair.confidence[:, :-1]) > 0.5
    assert np.abs(np.diff(np.log(hair.shade), axis=1))[seen].max() < 0.2
    covered = (hair.hairy > 0.9) & (hair.confidence > 0.3)
    assert covered.sum() > 1000 and hat.confidence[covered].max() < 0.3 < drawn.confidence[covered].max()


def test_hair_that_the_artist_hides_is_no_model_for_strands(demo_head_obj, astronaut):
    networks = pipeline.load_cached_networks("cpu")
    job = pipeline.prepare(load_mesh(demo_head_obj), str(astronaut), "photo", networks)
    generated = np.full((256, 256, 3), 0.5, np.float32)

    def found(observation):
        return find_strands(Subject(job.mesh, job.canonical, job.registration, observation, generated, None, 500.0))

    whole = found(job.observation)
    assert whole is not None
    hair = job.observation.head_hair > 0.9
    rim = np.where(np.cumsum(hair.any(1)) <= 0.2 * hair.any(1).sum(), 1, 0)[:, None] * job.observation.head_hair
    little = found(dataclasses.replace(job.observation, head_hair=rim.astype(np.float32)))
    assert little is not None  # short hair has strands, too, as strong as is usual
    assert np.linalg.norm(little.covariance[-1]) > 0.05 * np.linalg.norm(whole.covariance[-1]) > 0
    hidden = dataclasses.replace(job.observation, confidence=np.zeros_like(job.observation.confidence))
    assert hidden.wears_hair and found(hidden) is None
