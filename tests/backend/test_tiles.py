"""The tile denoiser: the unrolled head, residual shifting, tiles without seams, its power, and where it is laid."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import torch
from torch import nn

from backend import pipeline
from backend.head.mesh import HeadMesh
from backend.head.unrolled import BOTTOM, LENGTHS, LONGITUDES, TOP, WIDTH, unroll, unrolled
from backend.models.bundle import load_detailer
from backend.networks.tiles import DENSITIES, KAPPA, SPREAD, STEPS, TILE, back, shifted, shifts
from backend.stages.tiles import STRIDE, TAKEN, fine_detail, octave
from backend.texture import detail, placed
from backend.texture.bands import octaves
from backend.texture.grain import LUMINANCE, Grain
from backend.texture.placed import OWN, Placed, softened
from backend.training import tiles as training
from backend.training.skins import SHARP, Skin, sharpness

HEIGHT = round((TOP - BOTTOM) * DENSITIES[0]), round(WIDTH * DENSITIES[0])


def tube() -> tuple[HeadMesh, np.ndarray]:
    """A round neck of radius 0.45, closed at the back, from -0.5 to 0.5."""
    turns, heights = np.linspace(-np.pi, np.pi, 49)[:-1], np.linspace(-0.5, 0.5, 11)
    places = np.array([(0.45 * np.sin(t), y, 0.45 * np.cos(t)) for y in heights for t in turns])
    triangles = []
    for row in range(10):
        for column in range(48):
            a, b = row * 48 + column, row * 48 + (column + 1) % 48
            triangles += [(a, b, b + 48), (a, b + 48, a + 48)]
    triangles = np.int32(triangles)
    return HeadMesh(places.astype(np.float32), triangles, np.zeros((len(triangles), 3, 2), np.float32), "tube"), places


def test_each_pixel_of_the_unrolled_head_shows_its_own_place_all_the_way_around():
    surface = unrolled(*tube(), 64)
    shown = surface.fragments.covered
    rows = slice(round((TOP - 0.45) * 64), round((TOP + 0.45) * 64))
    assert shown[rows].all() and not shown[: rows.start - 8].any()
    assert surface.facing[rows].min() > 0.95
    spot = unroll(surface.place[rows]) * 64
    expected = np.stack(np.meshgrid(np.arange(shown.shape[1]), np.arange(rows.start, rows.stop)), -1) + 0.5
    apart = np.abs(spot - expected)
    apart[..., 0] = np.minimum(apart[..., 0], shown.shape[1] - apart[..., 0])
    assert apart.max() < 0.6
    mirrored = unroll(surface.place[rows] * (-1, 1, 1)) * 64
    assert np.abs(mirrored[..., 0] + spot[..., 0] - shown.shape[1]).max() < 0.01
    assert np.interp(90, LONGITUDES, LENGTHS) == pytest.approx(0.85)


def test_a_step_back_from_a_shifted_residual_is_a_shifted_residual():
    torch.manual_seed(0)
    clean = torch.full((1, 3, 200, 200), 2.0)
    for step in range(1, STEPS):
        state = shifted(clean, torch.randn_like(clean), torch.tensor([step]))
        before = back(state, clean, torch.randn_like(clean), step, step - 1)
        assert before.mean() == pytest.approx(float(2 * (1 - shifts()[step - 1])), abs=0.02)
        assert before.std() == pytest.approx(float(KAPPA * shifts()[step - 1].sqrt()), rel=0.02)
    assert shifts()[-1] > 0.99 and shifts()[0] < 0.001


class Sharpener(nn.Module):
    """Knows the clean residual: a function of the start alone; counts its tiles."""

    tiles = 0

    def forward(self, noisy, start, seen, place, step):
        self.tiles += len(noisy)
        return (start - 0.5) / SPREAD + 0 * noisy


def test_tiles_give_what_the_network_says_and_only_where_it_is_needed():
    random = np.random.default_rng(0)
    start = (0.5 + 0.1 * random.normal(size=(*HEIGHT, 3))).astype(np.float32)
    nothing, blank = np.zeros_like(start), np.zeros(HEIGHT, np.float32)
    network = Sharpener()
    made = octave(network, start, nothing, blank, np.ones(HEIGHT, bool), DENSITIES[0], 0, "cpu")
    assert np.abs(made - (start - 0.5)).max() < 1e-4
    rows, columns = -(-HEIGHT[0] // STRIDE), -(-HEIGHT[1] // STRIDE)
    assert network.tiles == len(TAKEN) * rows * columns
    network, needed = Sharpener(), np.zeros(HEIGHT, bool)
    needed[10, 10] = True
    made = octave(network, start, nothing, blank, needed, DENSITIES[0], 0, "cpu")
    assert network.tiles == len(TAKEN) and np.abs(made - (start - 0.5))[:STRIDE, :STRIDE].max() < 1e-4
    assert np.abs(made[2 * STRIDE :]).max() == 0


@pytest.fixture(scope="module")
def network():
    return load_detailer("cpu")


def test_no_seam_shows_between_tiles_and_the_same_seed_says_the_same(network):
    start = np.full((*HEIGHT, 3), (0.75, 0.55, 0.45), np.float32)
    nothing, blank = np.zeros_like(start), np.zeros(HEIGHT, np.float32)
    needed = np.zeros(HEIGHT, bool)
    needed[:TILE, : 3 * STRIDE] = True
    made, again, other = (
        fine_detail(network, start, nothing, blank, needed, DENSITIES[0], seed) for seed in (1, 1, 2)
    )
    assert np.array_equal(made, again) and not np.array_equal(made, other)
    step = np.abs(np.diff(made[20:140], axis=1)).mean((0, 2))
    seams = np.concatenate([step[k * STRIDE - 3 : k * STRIDE + 3] for k in (1, 2)])
    usual = step[20 : 3 * STRIDE - 20]
    assert seams.mean() < 1.25 * np.median(usual)


def grain(*deviations: float, grey: bool = True) -> Grain:
    """Of these deviations of luminance per octave."""
    lows = np.array([16.0, 32.0, 64.0])
    one = np.ones((3, 3)) if grey else np.eye(3) / (LUMINANCE @ LUMINANCE)
    covariance = np.array([one * deviation**2 for deviation in deviations])
    return Grain(256.0, lows, covariance, np.zeros((0, 1, 1, 3), np.float32), 0.5)


def test_detail_is_as_much_weaker_as_the_portrait_is_softer_than_the_known_skins_and_grey_where_that_is():
    random = np.random.default_rng(0)
    noise = cv2.GaussianBlur(random.normal(size=(256, 256, 3)).astype(np.float32), (0, 0), 0.5) * 0.02
    everywhere = np.ones((256, 256), bool)

    def power(picture: np.ndarray) -> np.ndarray:
        bands = octaves(picture, everywhere, 256.0, [16, 32, 64])
        return np.array([((band @ LUMINANCE)[40:-40, 40:-40] ** 2).mean() for band in bands])

    sharp = softened(noise, everywhere, grain(0.1, 0.1, 0.1, grey=False), 256.0)
    assert power(sharp) / power(noise) == pytest.approx(np.ones(3), abs=0.3)    # stronger grain makes it no stronger
    soft = softened(noise, everywhere, grain(*np.array(OWN[:3]) / 510, grey=False), 256.0)
    assert power(soft) / power(noise) == pytest.approx(np.full(3, 0.25), abs=0.08)
    grey = softened(noise, everywhere, grain(0.1, 0.1, 0.1), 256.0)
    assert np.ptp(grey, axis=2).max() < 0.02 * np.abs(grey).max()


def test_it_is_laid_where_the_unrolled_picture_shows_the_skin_and_the_portrait_keeps_its_pixels():
    made, radius = np.full((384, 736, 3), 0.1, np.float32), np.full((384, 736), 0.45, np.float32)
    both = Placed(made, 256.0, np.full_like(radius, 0.01), radius, hairy=True, skin=1.0)
    # in front, behind the surface, facing up, photographed, on the scalp
    place = np.float32([(0, 0, 0.45), (0, 0, 0.30), (0, 0, 0.45), (0, 0, 0.45), (0, 0.7, -0.45)])
    normals = np.float32([(0, 0, 1), (0, 0, 1), (0, 1, 0), (0, 0, 1), (0, 0, -1)])
    out = both.add(np.full((5, 3), 0.5, np.float32), np.float32([1, 1, 1, 0, 1]), place, normals)
    assert out[0] == pytest.approx(0.6, abs=1e-3)
    assert out[1:] == pytest.approx(np.full((4, 3), 0.5))
    bald = replace(both, hairy=False).add(np.full((5, 3), 0.5, np.float32), np.ones(5, np.float32), place, normals)
    assert bald[4] == pytest.approx(0.6, abs=1e-3)
    # grain fills up what is missing of its power, and is whole where nothing is laid
    assert both.power_at(place[:2], normals[:2]) == pytest.approx([0.01, 0], abs=1e-5)
    alone = detail.Detail(np.full((64, 64, 3), 0.1, np.float32), 0.5, True)
    for own, left in ((0.0, 1.0), (0.005, 0.5), (0.02, 0.0)):
        filling = replace(alone, placed=replace(both, power=np.full_like(radius, own)))
        one, other = (
            each.add(np.full((1, 3), 0.5, np.float32), np.ones(1), place[:1], normals[:1])[0, 0] - 0.5
            for each in (alone, filling)
        )
        assert (other / one) ** 2 == pytest.approx(left, abs=0.01)


def test_only_photographs_get_it_that_leave_parts_of_the_face_open_or_are_made_anew(monkeypatch):
    monkeypatch.setattr(pipeline, "load_cached_detailer", lambda device: device)
    for style, left, made_up, wanted in (
        ("cartoon", 1, True, None), ("anime", 1, True, None), ("painting", 1, True, None),
        ("photo", 0, False, None), ("photo", 1, False, "cpu"), ("photo", 0, True, "cpu"),
    ):
        monkeypatch.setattr(placed, "unshown", lambda _, left=left: left)
        job = SimpleNamespace(observation=None, style=style)
        assert pipeline.find_detailer(job, "cpu", made_up) == wanted


def test_it_is_laid_only_where_it_is_given(monkeypatch):
    monkeypatch.setattr(detail, "find_grain", lambda *_: grain(0.004, 0.004, 0.004))
    monkeypatch.setattr(detail, "relighting", lambda *_: None)
    monkeypatch.setattr(detail, "exposed", lambda made, *_: made)
    monkeypatch.setattr(detail, "texels_per_face", lambda *_: 256.0)
    monkeypatch.setattr("backend.texture.strands.find_strands", lambda *_: None)
    monkeypatch.setattr("backend.texture.views.tone_beside", lambda *_: np.zeros((8, 8, 3), np.float32))
    monkeypatch.setattr(placed, "find_placed", lambda *_: "placed")
    job = SimpleNamespace(
        observation=SimpleNamespace(wears_hair=False), canonical=None, tiles={1001: None}, mesh=None,
        registration=None, style="photo", further=SimpleNamespace(views=[]),
    )
    for given in (None, "denoiser"):
        found = detail.find_details(job, np.zeros((8, 8, 3), np.float32), 1024, "keep", 0, given)
        assert found[-1].placed == (given and "placed") and len(found) == 1 + bool(given)


def test_parts_that_a_portrait_from_the_front_shows_are_not_left_open():
    def left(columns: slice) -> float:
        confidence = np.zeros((128, 128), np.float32)
        confidence[:, columns] = 1
        return placed.unshown(SimpleNamespace(confidence=confidence, evidence=(None, confidence),
                                              covered=np.ones((128, 128), bool)))

    assert left(slice(0, 128)) < 0.01 and left(slice(0, 64)) < 0.01  # the other half is its mirror image
    assert left(slice(0, 0)) == 1 and 0.2 < left(slice(70, 128)) < 1


def test_files_that_were_blown_up_are_told_from_sharp_ones():
    random = np.random.default_rng(0)
    sharp = random.normal(size=(600, 600, 3)).astype(np.float32)
    sharp += cv2.GaussianBlur(random.normal(size=sharp.shape).astype(np.float32), (0, 0), 1) * 4  # as pictures: weaker
    blown = cv2.resize(sharp[:300, :300], (600, 600), interpolation=cv2.INTER_CUBIC)
    assert sharpness(blown) < SHARP < sharpness(sharp)


def skins() -> list[Skin]:
    random = np.random.default_rng(0)
    picture = random.integers(0, 255, (*HEIGHT, 3), np.uint8)
    valid = np.ones(HEIGHT, bool)
    return [Skin(f"kit/{k}", DENSITIES[0], k, picture, valid, np.int32([(100, 3), (200, 400)])) for k in range(2)]


def test_a_killed_training_of_tiles_ends_like_one_that_was_not(tmp_path, monkeypatch):
    from backend.training import train

    monkeypatch.setattr(training, "kept_skins", lambda *_: skins())
    for name, value in (("SIDE", 32), ("TILES", 1), ("LEFT_OUT", 1)):
        monkeypatch.setattr(training, name, value)
    made = []
    for folder, calls in (("whole", [()]), ("killed", [("--minutes", "0"), ()])):
        for extra in calls:
            arguments = ["tiles", "--data", ".", "--hub", ".", "--output", str(tmp_path / folder), "--steps", "3"]
            assert train.main([*arguments, "--leave-out", "1", *extra]) == 0
        made.append((tmp_path / folder / "tiles.safetensors").read_bytes())
    assert made[0] == made[1]
    assert (tmp_path / "whole" / "tiles.sheet.png").is_file()


def test_tiles_come_by_number_and_hide_their_detail_where_nothing_is_seen():
    data = training.TileBatches(skins(), 4, 7)
    first, second, other = data[2], training.TileBatches(skins(), 4, 7)[2], data[3]
    assert torch.equal(first.truth, second.truth) and not torch.equal(first.truth, other.truth)
    rough, smooth = ((part - part.mean((2, 3), keepdim=True)).std() for part in (first.truth, first.start))
    assert smooth < 0.6 * rough
    seen = training.conditions(first)[1]
    assert (seen[:, :3].abs().sum(1, keepdim=True)[first.confidence == 0] == 0).all()
