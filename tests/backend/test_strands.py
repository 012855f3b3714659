"""Strands: what the portrait shows of them, and how they lie where nobody sees hair."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from backend import pipeline
from backend.head.mesh import load_mesh
from backend.head.scalp import AHEAD, SKULL, WHORL
from backend.imaging.sample import LUMINANCE
from backend.job import Prepared
from backend.lab.prepared import prepare_head
from backend.surface.find import find_details
from backend.surface.measured import Grain, Subject
from backend.surface.strands import (
    DEEPEST,
    Strands,
    covariances,
    finer,
    lay_strands,
    measure_strands,
    stranded,
    upright,
)

DARK = np.array([0.15, 0.1, 0.08], np.float32)


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


def test_cropped_hair_is_dots_as_strong_as_strands():
    strands, dots = (lay_strands(grain(256), 3, combed) for combed in (1.0, 0.0))

    def longer(square: np.ndarray) -> float:
        down, across = (np.corrcoef(square.ravel(), np.roll(square, 8, axis).ravel())[0, 1] for axis in (0, 1))
        return float(down - across)

    assert longer(strands[..., 0]) > 0.4 and abs(longer(dots[..., 0])) < 0.15
    assert 0.7 < dots.std() / strands.std() < 1.4
    half = lay_strands(grain(256), 3, 0.5)
    assert 0.15 < longer(half[..., 0]) < longer(strands[..., 0])


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
    assert lay_strands(fine, 0).std() > 1.1 * lay_strands(coarse, 0).std()


def test_strands_are_of_the_hairs_own_colour():
    strands = Strands(np.full((64, 64, 3), 0.1, np.float32), 0.6)
    fair, cheek = np.float32([[0.6, 0.4, 0.2]]), np.float32([[0.3, 0.1, 0.3]])
    laid = strands.laid_on(fair, np.ones(1, np.float32), cheek)
    assert np.allclose(laid / fair, laid[0, 0] / fair[0, 0]) and laid[0, 0] > 1.1 * fair[0, 0]


def test_strands_lie_on_hair_alone_and_grow_from_the_whorl():
    stripes = np.repeat(np.sin(np.arange(256) * 2 * np.pi / 32)[None, :, None] * 0.1, 256, 0)
    strands = Strands(np.repeat(stripes, 3, 2).astype(np.float32), 0.5)
    grey = np.full((400, 3), 0.5, np.float32)

    def laid(place: np.ndarray, cover: float = 1.0) -> np.ndarray:
        return strands.laid_on(grey, np.full(400, cover, np.float32), place)[:, 0]

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
    assert np.array_equal(laid(cheek, cover=0.0), grey[:, 0]) and not np.array_equal(laid(cheek), grey[:, 0])


def test_strands_are_measured_where_enough_hair_shows(demo_head_obj, astronaut):
    networks = pipeline.load_cached_networks("cpu")
    job = prepare_head(load_mesh(demo_head_obj), str(astronaut), "photo", networks)
    generated, [view] = np.full((256, 256, 3), 0.5, np.float32), job.views

    def found(hair: np.ndarray, texels: float = 500.0) -> Grain | None:
        subject = Subject(job.mesh, job.canonical, view, generated, None, texels)
        return measure_strands(subject, hair.astype(np.float32), DEEPEST)

    whole = found(view.masks["hair"])
    assert whole is not None
    hair = view.masks["hair"] > 0.9
    rim = np.where(np.cumsum(hair.any(1)) <= 0.2 * hair.any(1).sum(), 1, 0)[:, None] * view.masks["hair"]
    little = found(rim)
    assert little is not None  # short hair has strands, too, as strong as is usual
    assert np.linalg.norm(little.covariance[-1]) > 0.05 * np.linalg.norm(whole.covariance[-1]) > 0
    depth = cv2.distanceTransform(hair.astype(np.uint8), cv2.DIST_L2, 3)
    y, x = np.unravel_index(depth.argmax(), depth.shape)
    assert found(0 * view.masks["hair"]) is None
    for share, shows in ((0.035, True), (0.009, False)):  # however many texels the artist has
        half = round(share * job.registration.face_height)
        tuft = np.zeros_like(view.masks["hair"])
        tuft[y - half : y + half, x - half : x + half] = 1
        assert all((found(tuft, texels) is not None) == shows for texels in (200.0, 500.0))
    widest, rows = np.argmax(hair.sum(1)), np.arange(len(hair))[:, None]
    for high in (4, 6, 8, 10, 12, 16):  # hair too narrow for every octave
        thin = [found(hair & (np.abs(rows - widest) < high / 2), texels) for texels in (200.0, 500.0)]
        assert all(one is None or np.isfinite(one.covariance).all() for one in thin)

    def strands(changed: Prepared) -> set[str]:
        return set(find_details(changed, generated, 512, 0).strands)

    assert strands(job) == {"hair"}
    hidden = replace(job.coverings[0], evidence=replace(job.coverings[0].evidence, sure=np.zeros((512, 512))))
    assert strands(replace(job, coverings=(hidden,))) == set()  # what the artist hides is no model
    assert strands(replace(job, coverings=())) == set()
    assert strands(replace(job, style="anime")) == set()  # drawn hair is flat


def test_a_beards_strands_are_as_many_times_finer_across_and_as_long():
    waves = 0.1 * np.sin(np.arange(256) * 2 * np.pi / 32)
    whole, grey = np.ones(400, np.float32), np.full((400, 3), 0.5, np.float32)

    def crossings(square: np.ndarray, finer: float, place: np.ndarray) -> int:
        strands = Strands(np.repeat(square[..., None], 3, 2).astype(np.float32), 0.5, finer)
        light = strands.laid_on(grey, whole, place)[:, 0]
        return int((np.abs(np.diff(np.sign(light - 0.5))) > 0).sum())

    upright_stripes, level_stripes = np.repeat(waves[None], 256, 0), np.repeat(waves[:, None], 256, 1)
    span = np.linspace(-0.3, 0.3, 400)
    across = np.stack([span, 0 * span, np.full(400, 0.55)], 1).astype(np.float32)
    down = np.stack([0 * span, span, np.full(400, 0.55)], 1).astype(np.float32)
    assert crossings(upright_stripes, 2.0, across) > 1.6 * crossings(upright_stripes, 1.0, across) > 3
    assert crossings(level_stripes, 2.0, down) == crossings(level_stripes, 1.0, down)
