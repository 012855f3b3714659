"""Bright skin whose red is clipped keeps the skin's hue; what is not clipped stays as it is."""

from __future__ import annotations

import cv2
import numpy as np

from backend.head.mesh import load_mesh
from backend.imaging.files import write_picture
from backend.imaging.read import read_base
from backend.imaging.sample import sample, to_linear, to_srgb
from backend.lab.prepared import prepare_head
from backend.models.bundle import load_networks
from backend.observation.clipped import restore_clipped

SKIN = np.float32([0.62, 0.38, 0.28])


def lit(most: float) -> np.ndarray:
    """(96,96,3) linear light of skin under a light that rises from the left to the right."""
    light = np.broadcast_to(np.linspace(0.4, most, 96, dtype=np.float32)[None, :, None], (96, 96, 1))
    return light * SKIN


def photographed(linear: np.ndarray) -> np.ndarray:
    """(…,3) sRGB in steps of 255, clipped at white, as a file of a camera has it."""
    return (np.rint(to_srgb(linear) * 255) / 255).astype(np.float32)


def test_the_clipped_red_goes_on_as_the_other_channels_do():
    linear = lit(2.5)
    picture = photographed(linear)
    clipped = picture[..., 0] >= 0.98
    assert 0.3 < clipped.mean() < 0.7 and (picture[..., 1] < 0.98).all()
    restored = to_linear(restore_clipped(picture, np.ones(picture.shape[:2], np.float32)))
    hue = restored[..., 0] / restored[..., 1]
    assert np.abs(hue[clipped] / (SKIN[0] / SKIN[1]) - 1).max() < 0.08
    assert (to_linear(picture)[..., 0] / to_linear(picture)[..., 1])[:, -1].max() < 0.7 * SKIN[0] / SKIN[1]


def test_what_is_not_clipped_and_what_is_no_skin_stay():
    picture = photographed(lit(2.5))
    mask = np.ones(picture.shape[:2], np.float32)
    mask[:48] = 0
    restored = restore_clipped(picture, mask)
    assert (restored[:48] == picture[:48]).all()
    kept = picture < 0.98
    assert (restored[kept] == picture[kept]).all() and (restored >= picture).all()
    dim = photographed(lit(1.2))
    assert restore_clipped(dim, mask) is dim


def test_nothing_but_clipped_skin_stays_finite():
    white = np.ones((32, 32, 3), np.float32)
    assert (restore_clipped(white, np.ones((32, 32), np.float32)) == 1).all()
    cv2.circle(white, (16, 16), 4, (0.5, 0.3, 0.2), -1)
    assert np.isfinite(restore_clipped(white, np.ones((32, 32), np.float32))).all()


def test_overexposed_skin_has_its_own_hue_in_a_job(tmp_path, demo_head_obj, astronaut):
    linear = to_linear(read_base(str(astronaut), 512)) * np.float32([1.9, 1.45, 1.3])
    write_picture(tmp_path / "bright.png", photographed(linear))
    shown = prepare_head(
        load_mesh(demo_head_obj), str(tmp_path / "bright.png"), "photo", load_networks("cpu")
    ).observation
    red = sample(photographed(linear), shown.places)[..., 0]
    unlit = to_linear(shown.unlit)
    hue = np.log(unlit[..., 0] / np.maximum(unlit[..., 1], 1e-3))
    skin = (shown.confidence > 0.5) & (unlit.max(-1) < 0.99)
    clipped, whole = (hue[skin & part] for part in (red > 0.98, red < 0.9))
    assert min(len(clipped), len(whole)) > 500
    assert abs(np.median(clipped) - np.median(whole)) < 0.25  # 0.13, and 0.53 as it was photographed
