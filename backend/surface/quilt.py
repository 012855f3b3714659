"""Texture by example: patches laid side by side, each cut where it agrees best with those before it.

Image quilting (Efros and Freeman, SIGGRAPH 2001) onto a square that meets itself at its borders.
"""

import cv2
import numpy as np

from ..imaging.sample import LUMINANCE


def quilt(patches: np.ndarray, places: np.ndarray, size: int, random: np.random.Generator) -> np.ndarray:
    """(size,size,3) float32, periodic, of patches. What has been laid, or overlaps it in its picture, comes again only
    where all else disagrees.

    Args:
        patches: (p,k,k,3). places: (p,…) of them in their pictures, in pixels.
    """
    side = patches.shape[1]
    overlap = max(2, round(side / 4))  # a sixth in their paper
    count = -(-size // (side - overlap))
    starts = [round(number * size / count) for number in range(count)]
    laid_before = np.zeros(len(patches))
    grey = np.ascontiguousarray(patches @ LUMINANCE)
    out, known = np.zeros((size, size, 3), np.float32), np.zeros((size, size), bool)
    for top in starts:
        for left in starts:
            cells = np.ix_((np.arange(side) + top) % size, (np.arange(side) + left) % size)
            before, laid = out[cells], known[cells]
            some = random.permutation(len(patches))[:200]
            number = some[_choose(grey[some], before @ LUMINANCE, laid, laid_before[some], random)]
            new = patches[number]
            laid_before += np.abs(places - places[number]).max(1) < side / 2
            share = _share(((new - before) ** 2).sum(-1), laid, overlap, top == starts[-1], left == starts[-1])
            out[cells] = before + share[..., None] * (new - before)
            known[cells] = True
    return out


def _choose(
    patches: np.ndarray, before: np.ndarray, laid: np.ndarray, times: np.ndarray, random: np.random.Generator
) -> int:
    """Which of (p,k,k) patches agrees with (k,k) what was laid, one of the best; each of the (p,) times that one was
    laid counts as the median patch's error."""
    if not laid.any():
        return int(random.integers(len(patches)))
    error = ((patches[:, laid] - before[laid]) ** 2).sum(1)
    error += np.median(error) * times
    return int(random.choice(np.flatnonzero(error <= error.min() * 1.1)))  # their paper's tenth


def _share(error: np.ndarray, laid: np.ndarray, overlap: int, last_row: bool, last_column: bool) -> np.ndarray:
    """(k,k) 0..1, how far a patch replaces what was laid, by their (k,k) squared differences."""
    share = np.ones(error.shape, np.float32)
    # each border is turned to the left, and cut there
    for turns, borders in ((0, True), (1, True), (2, last_column), (3, last_row)):
        turned, mine = np.rot90(error, turns), np.rot90(share, turns)
        if borders and np.rot90(laid, turns)[:, :overlap].mean() > 0.5:
            mine[:, :overlap] *= _right_of_cut(turned[:, :overlap])
    return np.where(laid, cv2.GaussianBlur(share, (0, 0), 0.8), 1)  # pixels over which two patches blend along a cut


def _right_of_cut(error: np.ndarray) -> np.ndarray:
    """(n,k) bool: right of the cheapest path down through (n,k) errors."""
    beside = np.pad(error, ((0, 0), (1, 1)), constant_values=np.inf)
    total = beside[:, 1:-1]
    for row in range(1, len(total)):
        before = beside[row - 1]
        total[row] += np.minimum(np.minimum(before[:-2], before[2:]), before[1:-1])
    path = np.empty(len(total), int)
    path[-1] = total[-1].argmin()
    for row in range(len(total) - 2, -1, -1):
        first = max(0, path[row + 1] - 1)
        path[row] = first + total[row, first : path[row + 1] + 2].argmin()
    return np.arange(error.shape[1]) >= path[:, None]
