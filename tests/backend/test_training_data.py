"""What the networks are trained on: new identities, portraits, light carried from one face to another."""

from __future__ import annotations

import numpy as np
import pytest

from backend.lab.texhub.skins import clothes, eye_openings
from backend.lab.training.augment import shifted, tone_of
from backend.lab.training.portraits import Portraits
from backend.networks.sizes import TEXELS as SIZE


@pytest.fixture
def portraits() -> Portraits:
    random = np.random.default_rng(0)
    truth = np.full((3, SIZE, SIZE, 3), 120, np.uint8)
    colour = truth.copy()
    colour[:, :, : SIZE // 2] = 90  # the left half was in shadow
    confidence = np.zeros((3, SIZE, SIZE), np.uint8)
    confidence[:, 60:200, 40:216] = 200
    confidence[:, :40] = 12  # hair evidence
    noise = random.integers(-3, 4, colour.shape)
    return Portraits(
        truth,
        np.ones((3, SIZE, SIZE), np.uint8),
        (colour + noise).astype(np.uint8),
        confidence,
        np.array([4, 4, 7]),
        np.array(["photo", "cartoon", "photo"]),
    )


def test_portraits_are_picked_by_face(portraits):
    assert len(portraits.of_faces(np.array([4])).face) == 2
    assert portraits.of_faces(np.array([5])) is None


def test_leftover_light_is_what_the_portrait_shows_against_the_truth(portraits):
    mask, light = portraits.light(np.random.default_rng(1))
    assert mask[:40].max() == 0  # evidence of hair is made anew for the face that wears it
    shadow, bright = light[120, 60].mean(), light[120, 190].mean()
    assert 0.5 < shadow < 0.7 and 0.95 < bright < 1.05


def test_portraits_survive_the_disk(portraits, tmp_path):
    np.savez_compressed(tmp_path / "shard0.npz", **vars(portraits))
    loaded = Portraits.load(tmp_path)
    assert np.array_equal(loaded.truth, portraits.truth) and list(loaded.style) == list(portraits.style)
    with pytest.raises(FileNotFoundError, match="render_portraits"):
        Portraits.load(tmp_path / "nothing")


def test_one_tone_changes_truth_and_portrait_alike():
    tone = tone_of(np.random.default_rng(5))
    a = np.full((4, 4, 3), 0.5, np.float32)
    assert np.array_equal(tone(a), tone(a.copy()))


def test_pictures_are_bent_together():
    random = np.random.default_rng(2)
    picture = random.random((SIZE, SIZE, 3)).astype(np.float32)
    a, b = shifted((picture, picture[..., 0]), np.random.default_rng(3), 0.012)
    assert np.allclose(a[..., 0], b, atol=1e-5)
    assert not np.allclose(a, picture)


def test_eye_openings_lie_in_the_upper_face_and_mirror_each_other():
    mask = eye_openings(256)
    y, _ = np.nonzero(mask)
    assert 0.003 < mask.mean() < 0.03
    assert 60 < y.min() and y.max() < 110
    assert abs(mask[:, :128].sum() - mask[:, 128:].sum()) < 0.1 * mask.sum()


def test_only_the_kit_with_collars_loses_its_neck():
    u, v = np.array([0.5, 0.9, 0.5]), np.array([0.5, 0.85, 0.95])
    assert clothes("valid", u, v).tolist() == [False, True, True]
    assert not clothes("makehuman", u, v).any()
