"""Fine detail: octaves of the atlas, and skin by example."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from backend.head.atlas import canonical_head, to_atlas
from backend.head.mesh import load_mesh
from backend.imaging.bands import octaves as bands
from backend.imaging.sample import LUMINANCE
from backend.lab.prepared import prepare_head
from backend.networks.detail import NOISE, octaves
from backend.networks.noise import sum_octaves
from backend.networks.sizes import TEXELS
from backend.pipeline import load_cached_networks
from backend.surface import skin
from backend.surface.bare import bare_skin, between_parts
from backend.surface.quilt import quilt
from backend.surface.skin import LOWS, SkinDetail, coherence, cut_patches, find_skin, held, learnt, pores, regular

SIDE = 24


def test_octaves_sum_up():
    noise = sum_octaves((TEXELS, TEXELS, 3), NOISE, np.random.default_rng(0))
    assert np.allclose(sum(octaves(noise)), noise, atol=1e-5)


def dots(size: int = 160, seed: int = 0) -> np.ndarray:
    """(size,size,3) dark dots, each of the same form, on nothing."""
    random, picture = np.random.default_rng(seed), np.zeros((size, size, 3), np.float32)
    for row, column in random.integers(2, size - 3, (size * size // 40, 2)):
        picture[row - 1 : row + 2, column - 1 : column + 2] -= 0.05 * np.float32([1, 0.8, 0.6])
    return picture


def patches_of(picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return cut_patches(picture, np.ones(picture.shape[:2], bool), SIDE, np.random.default_rng(1))


def quilted(picture: np.ndarray, size: int = 128, seed: int = 0) -> np.ndarray:
    patches, corners = patches_of(picture)
    return quilt(patches, corners, size, np.random.default_rng(seed))


def test_a_quilt_keeps_forms_and_meets_itself():
    """Dots stay dots, which the same power at random phases does not."""
    picture = dots()
    square = quilted(picture)
    assert square.std() == pytest.approx(picture.std(), rel=0.15)
    for axis in (0, 1):
        inside = np.abs(np.diff(square, axis=axis)).mean()
        assert np.abs(np.take(square, 0, axis) - np.take(square, -1, axis)).mean() < 1.4 * inside

    def lopsided(values: np.ndarray) -> float:
        grey = values @ LUMINANCE
        return float(((grey - grey.mean()) ** 3).mean() / grey.std() ** 3)

    assert lopsided(square) < 0.7 * lopsided(picture) < 0
    assert not np.array_equal(square, quilted(picture, seed=1)) and np.array_equal(square, quilted(picture))


def test_a_quilt_uses_many_places():
    """Each patch has a value of its own: none is laid everywhere."""
    random = np.random.default_rng(0)
    values = np.linspace(0.1, 0.2, 60).astype(np.float32)
    patches = np.broadcast_to(values[:, None, None, None], (60, SIDE, SIDE, 3))
    places = np.stack([np.arange(60) * SIDE, np.zeros(60)], 1)
    square = quilt(np.ascontiguousarray(patches), places, 128, random)
    assert len(np.unique(square.round(4))) > 30


def test_patches_with_a_direction_or_a_mark_are_left_out():
    picture = dots()
    plain, corners = patches_of(picture)
    wrinkled = plain + (0.1 * np.sin(np.arange(SIDE)))[None, :, None, None].astype(np.float32)
    assert coherence(wrinkled).min() > skin.ISOTROPIC > np.median(coherence(plain))
    marked = plain.copy()
    marked[:, 10:14, 10:14] = -0.6
    for strange in (wrinkled, marked):
        kept, places = regular([(plain, corners), (strange, corners)])
        assert len(kept) == len(places) > 20
        assert (places[:, 0] == 0).all()
    assert len(regular([])[0]) == 0


def test_detail_is_no_stronger_than_skin_is_and_weak_detail_stays():
    density, random = 256.0, np.random.default_rng(0)
    weak = random.normal(0, 0.001, (256, 256, 3)).astype(np.float32)
    assert np.allclose(held(weak, density, 0.5), weak, atol=1e-6)
    strong = held(300 * weak, density, 0.5)
    for band, most in zip(
        bands((strong @ LUMINANCE)[..., None], np.ones((256, 256)), density, LOWS), learnt()["most"], strict=True
    ):
        assert 0.3 * most < band.std() < 0.8 * most  # octaves leak into each other


def test_shipped_pores_are_as_strong_as_the_median_persons_and_meet_themselves():
    square = pores(400)
    grey = square @ LUMINANCE
    usual = learnt()["usual"]
    for band, wanted in zip(bands(grey[..., None], np.ones((400, 400)), 400.0, LOWS), usual, strict=True):
        assert 0.3 * wanted < band.std() < 1.5 * wanted
    assert np.abs(grey[0] - grey[-1]).mean() < 1.4 * np.abs(np.diff(grey, axis=0)).mean()
    assert coherence(square[None])[0] < 0.2


def test_detail_leaves_what_the_portrait_shows_and_eyes_brows_and_lips():
    detail = SkinDetail(quilted(dots()), 0.5)
    random = np.random.default_rng(0)
    place = random.normal(size=(4000, 3)).astype(np.float32)
    place[:, 2] = -np.abs(place[:, 2])  # the back of the head: bare skin
    normals = place / np.linalg.norm(place, axis=1, keepdims=True)
    colour, free = np.full((4000, 3), 0.5, np.float32), np.repeat(np.float32([0, 1]), 2000)
    out = detail.add(colour, free, place, normals, to_atlas(place))
    assert np.array_equal(out[:2000], colour[:2000])
    # laid on from three axes it is as strong as the square
    assert (out[2000:] - 0.5).std() == pytest.approx(detail.square.std(), rel=0.15)
    lip = np.repeat(canonical_head().points[[13]].astype(np.float32), 50, 0)
    assert np.array_equal(detail.add(colour[:50], free[-50:], lip, normals[:50], to_atlas(lip)), colour[:50])


def test_eyes_brows_and_lips_are_no_bare_skin_and_hair_only_where_it_is_worn():
    points = canonical_head().points
    cheek, lip, brow = points[[50, 13, 105]]
    crown = np.array([0.0, 0.8, 0.0])
    shares = bare_skin(np.array([cheek, lip, brow, crown], np.float32))
    assert shares[0] > 0.95 and shares[1:].max() < 0.2
    assert between_parts(to_atlas(crown[None]))[0] > 0.95


@pytest.fixture(scope="module")
def job(demo_head_obj, astronaut):
    return prepare_head(load_mesh(demo_head_obj), str(astronaut), "photo", load_cached_networks("cpu"))


def test_a_portraits_own_skin_is_the_example_and_where_it_shows_too_little_shipped_pores_are(job):
    generated = np.full((256, 256, 3), 0.5, np.float32)
    found = find_skin(job, generated, 0)
    assert np.array_equal(found.square, find_skin(job, generated, 0).square)
    assert not np.array_equal(found.square, find_skin(job, generated, 1).square)
    assert 0.001 < (found.square @ LUMINANCE).std() / found.tone < 0.06
    [view] = job.views

    def with_portrait(portrait: np.ndarray, mask: np.ndarray = view.observation.mask):
        seen = replace(view.observation, portrait=portrait, mask=mask)
        return replace(job, views=(replace(view, observation=seen),))

    smooth = with_portrait(cv2.GaussianBlur(view.observation.portrait, (0, 0), 4))
    assert find_skin(smooth, generated, 0).square.std() < 0.3 * found.square.std()
    hidden = with_portrait(view.observation.portrait, np.zeros_like(view.observation.mask))
    shipped = find_skin(hidden, generated, 0)
    assert np.allclose(shipped.square, pores(len(shipped.square)) * shipped.tone) and shipped.tone == pytest.approx(0.5)
    assert find_skin(replace(hidden, style="cartoon"), generated, 0) is None
