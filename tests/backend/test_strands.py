"""Strands: what the portrait shows of their kind, and how they are drawn where nobody sees hair."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from backend import pipeline
from backend.compose.compose import Finish, compose
from backend.head.mesh import load_mesh
from backend.head.scalp import ear_share
from backend.job import Prepared
from backend.lab.prepared import prepare_head
from backend.options import OPACITIES
from backend.surface.find import find_details
from backend.surface.growth import FINEST, grow_strands
from backend.surface.hair_chart import CELLS, SCALP, SIDE
from backend.surface.hair_kind import RIM, Kind, measure_kind
from backend.surface.strands import Strands, draw_strands, find_strands

FACE = 256.0
STRAIGHT = Kind(0.3, 0.6, 0.1, 0.3, np.float64([0.15, 0.12, 0.1, 0.12]), 0.2)
CROPPED = replace(STRAIGHT, length=0.0, curl=0.0, astray=0.9)
WHOLE = np.ones((CELLS, CELLS), np.float32)


def lines(swing: float, length: float = np.inf, seed: int = 0) -> np.ndarray:
    """(S,S,3) hair that hangs down and swings by so many face heights, in strands so many face heights long."""
    random, size = np.random.default_rng(seed), 320
    wide, high = 0.01 * FACE, max(length * FACE, 0.01 * FACE) if np.isfinite(length) else 1e9
    noise = random.normal(size=(size, size)).astype(np.float32)
    noise = np.repeat(noise[:1], size, 0) if high > size else cv2.GaussianBlur(noise, (0, 0), 0.3, sigmaY=high / 3)
    noise = cv2.GaussianBlur(noise, (0, 0), wide / 3, sigmaY=0.1)
    y, x = np.mgrid[:size, :size].astype(np.float32)
    noise = cv2.remap(noise, x + swing * FACE * np.sin(2 * np.pi * 4 * y / FACE), y, cv2.INTER_LINEAR, borderMode=2)
    return np.repeat((0.3 * (1 + 0.2 * noise / noise.std()))[..., None], 3, 2).astype(np.float32).clip(0, 1)


def kind_of(picture: np.ndarray) -> Kind:
    found = measure_kind("hair", picture, np.ones(picture.shape[:2], np.float32), FACE)
    assert found is not None
    return found


def test_long_hair_has_long_strands_and_dots_have_none():
    long, short, dots = (kind_of(lines(0, length)).length for length in (np.inf, 0.03, 0.0))
    assert long > 0.6 > short > 2 * dots and dots < 0.1


def test_curls_are_measured():
    straight, wavy, curly = (kind_of(lines(swing)).curl for swing in (0, 0.01, 0.03))
    assert curly > 1.5 * wavy > 1.5 * straight


def test_contrast_is_a_share_of_the_tone_and_outlines_have_none():
    picture = lines(0)
    assert np.allclose(kind_of(picture).deviations, kind_of(0.5 * picture).deviations, rtol=0.05)
    assert kind_of(0.3 + 0.5 * (picture - 0.3)).deviations.sum() == pytest.approx(
        kind_of(picture).deviations.sum() / 2, rel=0.05
    )
    flat = np.full_like(picture, 0.3)
    flat[:, [60, 150, 260]] = 0.05
    assert kind_of(flat).deviations.max() < 0.02 < kind_of(picture).deviations.max()


def test_too_little_hair_says_nothing_and_narrow_hair_what_it_can():
    picture, hair = lines(0), np.zeros((320, 320), np.float32)
    assert measure_kind("hair", picture, hair, FACE) is None
    hair[:3, :3] = 1
    assert measure_kind("hair", picture, hair, FACE) is None
    unsure = np.full((320, 320), 0.4, np.float32)
    for name in ("hair", "facial_hair"):  # a beard is never as sure as a head of hair, nor are thin sides
        assert measure_kind(name, picture, unsure, FACE) is None
        assert measure_kind(name, picture, 1.5 * unsure, FACE) is not None
    hair[:160] = 1
    both = measure_kind("hair", np.where(hair[..., None] > 0, picture, 0.9), np.maximum(hair, 1.5 * unsure), FACE)
    assert both is not None and both.tone < 0.4  # what is sure says it alone
    hair[:] = 0
    for high in (3, 4, 6, 8, 12, 20):
        hair[:] = 0
        hair[100 : 100 + high] = 1
        found = measure_kind("hair", picture, hair, FACE)
        assert found is not None and np.isfinite(found.deviations).all() and found.deviations.min() > 0


def test_a_rim_of_unsure_hair_says_nothing_of_long_strands():
    """As beside a head that is bald in front: what runs along the rim is its edge."""
    light, rim = np.zeros((400, 400), np.float32), np.zeros((400, 400), np.float32)
    rim[40:360, 180:200] = 0.7
    light[:, 180:200] = np.linspace(0, 1, 20) ** 2  # as the mask's edge, and the head's
    picture = np.repeat(light[..., None], 3, 2)
    kind = measure_kind("hair", picture, rim, FACE)
    assert kind is not None and kind.length <= 22 / FACE and kind.deviations.max() <= 0.06


def test_hair_is_never_stronger_than_what_shows_of_it():
    """Of narrow hair the coarse octaves show nowhere; people's with that tone are stronger than this."""
    faint, hair = 0.3 + 0.05 * (lines(0) - 0.3), np.zeros((320, 320), np.float32)
    hair[100:106] = 1
    found = measure_kind("hair", faint, hair, FACE)
    assert found is not None
    assert found.deviations[0] <= found.deviations[1] <= found.deviations[2] <= found.deviations[3] < 0.05


def test_a_rim_is_drawn_faintly_however_much_light_and_dark_it_has():
    rim = np.zeros((320, 320), np.float32)
    rim[:, 100:160] = 1
    sure, unsure = (measure_kind("hair", lines(0), share * rim, FACE) for share in (1.0, 0.7))
    assert sure is not None and unsure is not None
    assert unsure.deviations.max() <= RIM < sure.deviations.max()


def test_a_thin_rim_of_hair_says_how_long_it_is():
    """Below a hat, or around a bald head; the bright skin beside it is no strand."""
    rim = np.zeros((320, 320), np.float32)
    rim[:, 150:160] = 1

    def length(hair: np.ndarray) -> float:
        found = measure_kind("hair", np.where(rim[..., None] > 0, hair, np.float32(0.8)), rim, FACE)
        assert found is not None
        return found.length

    assert length(lines(0)) > 0.4 > 0.2 > length(lines(0, 0.0))


def drawn(kind: Kind, cover: np.ndarray = WHOLE, density: float = FACE, seed: int = 0) -> np.ndarray:
    return draw_strands(grow_strands(SCALP.growth(), cover, kind, density, seed))


def beside_the_whorl(made: np.ndarray) -> np.ndarray:
    """(n,n,…) of a chart, where hair grows to the right."""
    size = len(made)
    return made[round(0.46 * size) : round(0.54 * size), round(0.6 * size) : round(0.85 * size)]


def alike(light: np.ndarray, axis: int, step: int) -> float:
    return float(np.corrcoef(light.ravel(), np.roll(light, step, axis).ravel())[0, 1])


def test_strands_lie_along_the_field_and_cropped_hair_is_not_combed():
    light, dots = (beside_the_whorl(drawn(kind)[..., 0]) for kind in (STRAIGHT, CROPPED))
    assert alike(light, 1, 6) > 0.4 > 0.2 > alike(light, 0, 6)
    assert abs(alike(dots, 1, 6) - alike(dots, 0, 6)) < 0.1


def test_what_is_drawn_is_of_the_kind_that_was_measured():
    """Measured again on what was drawn from it."""
    found = []
    for kind in (STRAIGHT, replace(STRAIGHT, length=0.05), CROPPED):
        light = beside_the_whorl(drawn(kind, density=2 * FACE)[..., 0])
        picture = np.repeat((kind.tone * np.exp(light - 0.5 * light**2))[..., None], 3, 2).astype(np.float32)
        again = measure_kind("hair", picture, np.ones(light.shape, np.float32), 2 * FACE)
        assert again is not None
        assert np.allclose(again.deviations[1:], kind.deviations[1:], rtol=0.45), (kind, again)
        found.append(again.length)
    assert found[0] > 1.5 * found[1] > 4 * found[2] and found[2] < 0.1


def test_stronger_hair_is_drawn_stronger():
    weak, strong = (drawn(replace(STRAIGHT, deviations=gain * STRAIGHT.deviations))[..., 0].std() for gain in (0.5, 1))
    assert strong == pytest.approx(2 * weak, rel=0.1)


def test_ends_thin_out_over_the_hairline():
    """Hair that ends across its growth: there is none far beyond, and at the end strands and gaps take turns."""
    cover = np.zeros((CELLS, CELLS), np.float32)
    cover[:, : round(0.75 * CELLS)] = 1
    there = drawn(STRAIGHT, cv2.GaussianBlur(cover, (0, 0), 3))[..., 2]
    size = len(there)
    rows = there[round(0.4 * size) : round(0.6 * size)]
    inside, beyond = rows[:, round(0.6 * size) : round(0.7 * size)], rows[:, round(0.8 * size) :]
    assert inside.mean() > 0.98 and beyond.max() < 0.02
    means = rows.mean(0)[round(0.72 * size) : round(0.79 * size)]
    assert (np.diff(cv2.blur(means[None], (9, 1))[0]) < 0.02).all()
    middle = rows[:, np.argmin(np.abs(rows.mean(0) - 0.5))]
    assert ((middle < 0.25) | (middle > 0.75)).mean() > 0.6


def test_it_is_the_seeds_and_as_fine_as_the_texels():
    first = drawn(STRAIGHT)
    assert np.array_equal(first, drawn(STRAIGHT)) and not np.array_equal(first, drawn(STRAIGHT, seed=1))
    assert len(first) == round(SIDE * FACE) and len(drawn(CROPPED, density=4 * FINEST)) == round(SIDE * FINEST)


def test_strands_are_of_the_hairs_own_colour_and_not_stronger_on_lighter_hair():
    made = drawn(STRAIGHT)
    made[..., 1] = 0
    strands, count = Strands(SCALP, made, grow_strands(SCALP.growth(), WHOLE, STRAIGHT, 32, 0)), 400
    side = np.stack([np.full(count, 0.45), np.linspace(0.3, 0.7, count), np.linspace(-0.2, 0.1, count)], 1)
    deviations = []
    for colour in ((0.6, 0.4, 0.2), (0.3, 0.2, 0.1)):
        own = np.tile(np.float32(colour), (count, 1))
        laid, there, gives = strands.laid_on(own, np.ones(count, np.float32), side)
        ratio = laid / own
        assert np.allclose(ratio, ratio[:, :1], atol=1e-4)
        assert there.min() > 0.9 and np.ptp(gives) > 0.5
        deviations.append(np.log(ratio[:, 0]).std())
    assert 0.05 < deviations[0] < 0.9 * deviations[1]
    on_ear = np.float32([[0.5, 0.1, -0.05]])
    assert ear_share(on_ear) == 1
    _, there, _ = strands.laid_on(np.ones((1, 3), np.float32), np.zeros(1, np.float32), on_ear)
    assert there == 0


@pytest.fixture(scope="module")
def job(demo_head_obj, astronaut) -> Prepared:
    return prepare_head(load_mesh(demo_head_obj), str(astronaut), "photo", pipeline.load_cached_networks("cpu"))


def test_strands_are_drawn_where_hair_shows(job):
    generated = np.full((256, 256, 3), 0.5, np.float32)

    def strands(changed: Prepared) -> set[str]:
        return set(find_details(changed, generated, 256, 0).strands)

    assert strands(job) == {"hair"}
    hidden = replace(job.coverings[0], evidence=replace(job.coverings[0].evidence, sure=np.zeros((512, 512))))
    assert strands(replace(job, coverings=(hidden,))) == set()  # what the artist hides is no model
    assert strands(replace(job, coverings=())) == set()
    assert strands(replace(job, style="anime")) == set()  # drawn hair is flat


def test_photographed_hair_gives_way_strand_by_strand_and_visible_skin_does_not(job):
    """Beside the border of what shows, whole strands are drawn or photographed; a face stays photographed."""
    generated = np.full((256, 256, 3), 0.5, np.float32)
    details = find_details(job, generated, 512, 0)
    [mesh] = job.tiles.values()

    def hair(strands: dict) -> np.ndarray:
        finish = Finish(512, OPACITIES, replace(details, strands=strands), layers=True)
        return compose(job, mesh, generated, finish).layers["hair"].astype(np.float32)

    made = details.strands["hair"]
    never, always = (
        replace(made, drawn=np.dstack([made.drawn[..., :3], np.full(made.drawn.shape[:2], gives, np.float32)]))
        for gives in (0, 1)
    )
    photographed, ousted = hair({"hair": never}), hair({"hair": always})
    own = hair({"hair": made})
    apart = np.abs(ousted - photographed).max(0) > 25
    assert apart.sum() > 200
    between = np.abs(own - photographed).max(0)[apart]
    assert (between < 10).mean() > 0.1 and (between > 20).mean() > 0.1
    alpha = photographed[3]
    assert np.abs(ousted[3] - alpha)[alpha == 0].mean() < 1


def test_strands_of_a_shell_cover_all_of_it(job):
    parts = find_strands(job, 100.0, 0)["hair"].drawn[..., 2], find_strands(job, 100.0, 0, whole=True)["hair"].drawn
    assert parts[0].mean() < 0.9 and parts[1][..., 2].min() == 1


def test_hair_that_stands_beside_the_head_is_drawn_on_it(job):
    """A portrait shows hair that no texel of a smaller head has: its kind is known, and the hairline goes on."""
    [hair] = (one for one in job.coverings if one.name == "hair")
    beside = replace(hair, evidence=replace(hair.evidence, shown=np.zeros_like(hair.evidence.shown)))
    assert "hair" in find_strands(replace(job, coverings=(beside,)), 100.0, 0)
    bald = replace(hair, cover=np.zeros_like(hair.cover))
    assert "hair" not in find_strands(replace(job, coverings=(bald,)), 100.0, 0)
