"""Values of surface points brought into the cells of a picture that shows them."""

import numpy as np


def scatter(places: np.ndarray, values: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """(k,h,w) float32 sums, by cell, of (k,n) values at (n,2) places in cells; others are left out."""
    column, row = np.floor(places).astype(int).T
    inside = (column >= 0) & (row >= 0) & (column < shape[1]) & (row < shape[0])
    cell = (row * shape[1] + column)[inside]
    sums = [np.bincount(cell, one[inside], minlength=shape[0] * shape[1]) for one in values]
    return np.stack(sums).reshape(-1, *shape).astype(np.float32)
