"""Bands of skin: the measure against noise of known spectrum, and detail that meets it beside the portrait."""

from __future__ import annotations

from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from backend.head.atlas import to_atlas
from backend.head.mesh import HeadMesh
from backend.imaging.bands import averaging, octaves, passed
from backend.imaging.sample import LUMINANCE
from backend.lab.evaluation.bands import skin_bands
from backend.surface.bare import bare_skin, between_parts
from backend.surface.detail import Detail, make_square, matched, scattered
from backend.surface.measured import OPPONENT, Grain, Subject, held, lacking, measure

LOWS = np.array([16, 32, 64])


def noise_between(size: int, density: float, low: float, high: float, seed: int) -> np.ndarray:
    """(size,size) of standard deviation 1, with waves from low to high per face height only."""
    spectrum = np.fft.rfft2(np.random.default_rng(seed).normal(size=(size, size)))
    waves = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None]) * density
    noise = np.fft.irfft2(spectrum * ((waves >= low) & (waves < high)), (size, size))
    return (noise / noise.std()).astype(np.float32)


def test_an_octave_of_white_noise_has_the_power_of_its_filter_and_masked_pixels_do_not_count():
    size, density = 512, 256.0
    noise = np.random.default_rng(0).normal(size=(size, size, 1)).astype(np.float32)
    mask = np.zeros((size, size), np.float32)
    mask[60:-60, 60:-60] = 1
    wild = np.where(mask[..., None] > 0, noise, 1000)
    for low, band in zip(LOWS, octaves(wild, mask, density, LOWS), strict=True):
        transfer = passed(size, density, low)
        expected = (np.sum(transfer**2) * 2 - np.sum(transfer[:, [0, -1]] ** 2)) / size**2
        measured = (band[100:-100, 100:-100] ** 2).mean()
        assert abs(10 * np.log10(measured / expected)) < 0.5
    middle = passed(size, density, 16)[0] / passed(size, density, 16)[0].max()
    assert 16 < np.argmax(middle) * density / size < 32


@pytest.mark.parametrize(
    ("face", "texels"), [(90, 4000), (300, 1076), (511, 1076), (800, 4000), (300, 269), (300, 538)]
)
def test_every_octave_that_is_measured_is_whole_and_none_that_the_portrait_has_is_left_out(face, texels):
    view = SimpleNamespace(registration=SimpleNamespace(face_height=float(face)))
    subject = Subject(None, None, view, None, None, float(texels))
    density, lows = subject.resolution(16)
    assert 2 * lows[-1] == density / 2 <= texels / 2
    assert density > min(face, texels / 2, 512)  # waves of two pixels are the finest
    assert density <= max(2 * face, 64)


def test_means_below_one_mask_are_those_of_their_pixels_alone():
    random = np.random.default_rng(0)
    picture, mask = random.normal(size=(60, 60, 3)).astype(np.float32), random.random((60, 60)) > 0.3
    smoothed = averaging(mask)
    for sigma in (1.5, 3.0, 1.5):
        total, weight = (
            cv2.GaussianBlur(part.astype(np.float32), (0, 0), sigma) for part in (picture * mask[..., None], mask)
        )
        assert np.allclose(smoothed(picture, sigma), total / weight[..., None], atol=1e-5)


def dome() -> tuple[HeadMesh, np.ndarray]:
    """A gently bent cheek in front of the head's middle, one UV island, stretched twice as far down as across."""
    across, down = np.meshgrid(np.linspace(-0.25, 0.25, 21), np.linspace(-0.5, 0.0, 21))
    places = np.stack([across, down - 0.1, 0.6 - 0.2 * across**2], -1).reshape(-1, 3)
    uvs = np.stack([(across + 0.25) * 2, 1 + down * 2], -1).reshape(-1, 2) * (0.5, 1.0)
    cell = np.array([row * 21 + column for row in range(20) for column in range(20)])
    triangles = np.concatenate(
        [np.stack([cell, cell + 22, cell + 21], 1), np.stack([cell, cell + 1, cell + 22], 1)]
    ).astype(np.int32)
    return HeadMesh(places.astype(np.float32), triangles, uvs[triangles].astype(np.float32), "dome"), places


@pytest.fixture
def bare(monkeypatch):
    """All of it is skin."""
    for name in ("backend.lab.evaluation.bands.bare_skin", "backend.surface.detail.between_parts"):
        monkeypatch.setattr(name, lambda places: np.ones(places.shape[:-1], np.float32))


def test_bands_tell_by_how_much_generated_skin_is_softer_whatever_the_uv_map_stretches(bare):
    """The left half photographed, the right generated with a known loss in each octave; u is squeezed by two."""
    mesh, canonical = dome()
    size = 256
    rows, columns = np.mgrid[:size, :size]
    x, y = columns / size, rows / size * 0.5  # canonical lengths: the texture is 1 wide and 0.5 high
    full = {low: noise_between(512, 512.0, low * 1.1, low * 1.8, int(low)) for low in LOWS}
    at = tuple(np.int32(c * 512) % 512 for c in (y, x))
    made = x > 0.25
    texture = np.full((size, size), 0.5, np.float32)
    for low, loss in zip(LOWS, (0.0, -5.0, -10.0), strict=True):
        texture += full[low][at] * 0.03 * np.where(made, 10 ** (loss / 20), 1)
    provenance = np.stack([~made, made & False, made], -1).astype(np.float32)
    bands, lines = skin_bands(mesh, canonical, {1001: np.repeat(texture[..., None], 3, 2)}, {1001: provenance})
    assert [band.low for band in bands[:3]] == [16, 32, 64] and lines == (0, 0)
    assert [band.difference for band in bands[:3]] == pytest.approx([0, -5, -10], abs=1.5)


def test_bands_of_a_drawing_are_of_its_skin_between_the_lines(bare):
    """The left half with a drawn line, the right flat: as sharp as each other; with grain on it they are not."""
    mesh, canonical = dome()
    columns = np.tile(np.arange(512), (512, 1))
    made = columns > 128
    ruled = (columns > 30) & (columns < 34)
    provenance = np.stack([~made, made & False, made], -1).astype(np.float32)
    rough = noise_between(512, 512.0, 40, 60, 0) * made * 0.02
    for grain, least, most in ((0 * rough, -1, 1), (rough, 10, 60)):
        texture = np.where(ruled, 0.1, 0.6 + grain).astype(np.float32)
        bands, lines = skin_bands(mesh, canonical, {1001: np.repeat(texture[..., None], 3, 2)}, {1001: provenance})
        assert 0.02 < lines[0] < 0.8 and lines[1] < 0.1
        assert least <= bands[1].difference <= most


def test_moved_waves_keep_power_and_colour_and_lose_what_recurs():
    random = np.random.default_rng(2)
    square = np.zeros((256, 256, 3), np.float32)
    square[20:24, :], square[:, 100:103] = (0.3, 0.2, 0.1), (0.3, 0.2, 0.1)
    square += random.normal(0, 0.005, square.shape) - square.mean((0, 1))
    moved = scattered(square, random)
    covariances = [part.reshape(-1, 3).T @ part.reshape(-1, 3) / 256**2 for part in (square, moved)]
    assert np.allclose(*covariances, atol=0.05 * covariances[0].max())
    flatness = [(part[..., 0] ** 4).mean() / (part[..., 0] ** 2).mean() ** 2 for part in (square, moved)]
    assert flatness[0] > 10 and flatness[1] < 4.5  # a bell curve's is 3


def grain(covariance, patches=None) -> Grain:
    patches = np.zeros((0, 1, 1, 3), np.float32) if patches is None else patches
    return Grain(256.0, LOWS, np.asarray(covariance, float), patches, 0.5)


def test_detail_has_the_power_that_each_octave_lacks_and_repeats_without_an_edge():
    wanted = [np.full((3, 3), power) * 1e-4 for power in (2.0, 1.0, 0.5)]
    square = matched(np.random.default_rng(1).normal(size=(256, 256, 3)), grain(wanted))
    twice = np.tile(square, (2, 2, 1))
    for power, band in zip((2.0, 1.0, 0.5), octaves(twice, np.ones(twice.shape[:2]), 256.0, LOWS), strict=True):
        measured = ((band @ LUMINANCE)[64:-64, 64:-64] ** 2).mean()
        assert abs(10 * np.log10(measured / (power * 1e-4))) < 1.0
    inside = np.abs(np.diff(square, axis=0)).mean()
    assert np.abs(square[0] - square[-1]).mean() < 1.3 * inside


def test_detail_has_the_colour_that_each_octave_lacks_beside_a_stronger_neighbour():
    """Luminance of the second octave leaks into the first; its colour must not go when that is taken back."""
    opponents = ((3.0, 2.0), (9.0, 0.3), (9.0, 0.3))
    turned = np.linalg.inv(OPPONENT)
    wanted = [turned @ np.diag([grey, tint / 2, tint / 2]) @ turned.T * 1e-5 for grey, tint in opponents]
    random = np.random.default_rng(1)
    square = matched(random.normal(size=(256, 256, 1)) + 0.2 * random.normal(size=(256, 256, 3)), grain(wanted))
    twice = np.tile(square, (2, 2, 1))
    for (grey, tint), band in zip(opponents, octaves(twice, np.ones(twice.shape[:2]), 256.0, LOWS), strict=True):
        power = ((band @ OPPONENT.T)[64:-64, 64:-64] ** 2).mean((0, 1)) * 1e5
        assert abs(10 * np.log10(power[0] / grey)) < 1.5
        assert abs(10 * np.log10(power[1:].sum() / tint)) < 2.5


def test_generated_skin_with_colour_enough_gets_no_more_with_the_luminance_that_it_lacks():
    """The photograph's waves are tinted, and fainter in colour than the generated skin's."""
    random = np.random.default_rng(0)
    tinted = random.normal(0, 0.02, (200, 200, 1)) * np.float32([1, 0.9, 0.8])
    coloured = random.normal(0, 0.01, (200, 200, 1)) * np.float32([1, 0, -1])
    whole, (photo, made) = np.ones((200, 200), bool), ([[]], [[]])
    for kept, picture in ((photo, 0.5 + tinted), (made, 0.5 + 0.3 * tinted + coloured)):
        measure(picture.astype(np.float32), whole, whole, 100.0, [16], kept)
    lacks = np.diag(OPPONENT @ lacking(photo[0][0], made[0][0]) @ OPPONENT.T)
    assert lacks[0] > 0.5 * np.median(photo[0][0][:, 3]) and lacks[1:].sum() < 1e-9


def test_detail_is_held_to_the_most_that_it_may_have():
    covariance = np.stack([np.full((3, 3), power) for power in (3e-4, 1e-4)])
    assert np.array_equal(held(covariance, 1e-3), covariance)
    assert LUMINANCE @ held(covariance, 1e-4).sum(0) @ LUMINANCE == pytest.approx(1e-4)


def test_flat_drawings_get_no_grain():
    assert np.abs(make_square(grain(np.zeros((3, 3, 3))), 0)).max() < 1e-4


def test_drawn_lines_are_no_grain():
    """An outline that every neighbourhood holds a piece of is still a line."""
    random = np.random.default_rng(0)
    skin = 0.6 + random.normal(0, 0.02, (240, 240, 3)).astype(np.float32)
    drawn = np.full((240, 240, 3), 0.6, np.float32)
    for place in range(10, 240, 40):
        drawn[place : place + 2], drawn[:, place : place + 2] = 0, 0
    whole, lows = np.ones((240, 240), bool), [16, 32]
    for picture, least, most in ((skin, 0.8, 1.2), (drawn, 0, 0.01)):
        found = [[], []]
        measure(picture, whole, whole, 120.0, lows, found)
        for (band,) in found:
            told = LUMINANCE @ lacking(band, np.zeros((400, 5), np.float32)) @ LUMINANCE
            assert least <= told / np.median(band[:, 3]) <= most


def test_detail_is_the_seeds_and_leaves_what_the_portrait_shows(bare):
    lacking = [np.full((3, 3), 1e-4)] * 3
    detail = Detail(make_square(grain(lacking), 3), 0.5)
    assert np.array_equal(detail.square, make_square(grain(lacking), 3))
    assert not np.array_equal(detail.square, make_square(grain(lacking), 4))
    random = np.random.default_rng(0)
    place = random.normal(size=(4000, 3)).astype(np.float32)
    normals = place / np.linalg.norm(place, axis=1, keepdims=True)
    colour = np.full((4000, 3), 0.5, np.float32)
    free = np.repeat([0.0, 1.0], 2000).astype(np.float32)
    out = detail.add(colour, free, place, normals, to_atlas(place))
    assert np.array_equal(out[:2000], colour[:2000])
    # laid on from three axes it is as strong as the square
    assert (out[2000:] - 0.5).std() == pytest.approx(detail.square.std(), rel=0.15)


def test_eyes_brows_and_lips_are_no_bare_skin_and_hair_only_where_it_is_worn():
    from backend.head.atlas import canonical_head

    points = canonical_head().points
    cheek, lip, brow = points[[50, 13, 105]]
    crown = np.array([0.0, 0.8, 0.0])
    shares = bare_skin(np.array([cheek, lip, brow, crown], np.float32))
    assert shares[0] > 0.95 and shares[1:].max() < 0.2
    assert between_parts(to_atlas(crown[None]))[0] > 0.95
