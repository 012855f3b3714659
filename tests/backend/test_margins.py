"""Texels outside the islands: smooth, in the islands' colours, and equal to them at their borders."""

from __future__ import annotations

import numpy as np

from backend.imaging.sample import fill_smoothly

SIZE = 256


def islands() -> tuple[np.ndarray, np.ndarray]:
    """Two round islands of one tone each, finely striped."""
    y, x = np.mgrid[:SIZE, :SIZE]
    left, right = np.hypot(x - 70, y - 90) < 45, np.hypot(x - 190, y - 180) < 35
    texture = np.where(left[..., None], (0.8, 0.6, 0.5), (0.3, 0.4, 0.6)) + 0.1 * np.where(y % 4 < 2, 1, -1)[..., None]
    known = left | right
    return np.where(known[..., None], texture, 0).astype(np.float32), known


def test_it_is_smooth_and_has_no_background():
    texture, known = islands()
    filled = fill_smoothly(texture, known)
    assert np.array_equal(filled[known], texture[known])
    outside = ~known
    steps = np.abs(np.diff(filled, axis=1)).max(2)[outside[:, 1:] & outside[:, :-1]]
    assert np.percentile(steps, 99) < 0.04  # nearest copies carry the stripes on: 0.2
    low, high = texture[known].min(0), texture[known].max(0)
    assert (filled >= low - 1e-5).all() and (filled <= high + 1e-5).all()


def test_beside_an_island_lies_its_own_colour():
    texture, known = islands()
    filled = fill_smoothly(texture, known)
    for middle, tone in (((90, 22), (0.8, 0.6, 0.5)), ((180, 228), (0.3, 0.4, 0.6))):
        assert np.abs(filled[middle] - tone).max() < 0.12
    half = filled.reshape(SIZE // 2, 2, SIZE // 2, 2, 3).mean((1, 3))  # the first mip level at the border
    assert np.abs(half[45, 12] - (0.8, 0.6, 0.5)).max() < 0.06


def test_nothing_known_and_all_known_stay():
    texture, known = islands()
    assert fill_smoothly(texture, np.ones_like(known)) is texture
    assert fill_smoothly(texture, np.zeros_like(known)) is texture
