"""What the networks are trained on: new tones, bent pictures, what of a skin is no skin."""

from __future__ import annotations

import numpy as np

from backend.lab.texhub.skins import clothes, eye_openings
from backend.lab.training.augment import shifted, tone_of
from backend.networks.sizes import TEXELS as SIZE


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
