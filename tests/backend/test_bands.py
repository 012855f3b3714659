"""Bands of skin: the measure against noise of known spectrum."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from backend.head.mesh import HeadMesh
from backend.imaging.bands import HALF, PEAK, WHOLE, averaging, octaves
from backend.lab.evaluation.bands import skin_bands

LOWS = np.array([16, 32, 64])


def passed(size: int, density: float, low: float) -> np.ndarray:
    """(size, size//2+1) the amplitudes that octaves() leaves of a periodic square's waves, as rfft2 has them."""

    def left(sigma: float) -> np.ndarray:
        if sigma < WHOLE:
            return np.ones((size, size // 2 + 1))
        kernel = cv2.getGaussianKernel(2 * int(np.ceil(4 * sigma)) + 1, sigma)[:, 0]
        turns = np.outer(np.fft.fftfreq(size), np.arange(len(kernel)) - len(kernel) // 2)
        one = np.cos(2 * np.pi * turns) @ kernel
        return one[:, None] * one[None, : size // 2 + 1]

    return (left(HALF * density / (2 * low)) - left(HALF * density / low)) ** 2 / PEAK**2


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
    monkeypatch.setattr("backend.lab.evaluation.bands.bare_skin", lambda places: np.ones(places.shape[:-1], np.float32))


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
