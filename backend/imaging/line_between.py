"""The likeliest smooth line between regions of two colours of a strip (Chan and Vese 2001), by dynamic programming."""

import cv2
import numpy as np

#: Least standard deviations of a region's CIELAB colours; with half as much again small openings of a mouth are lost.
SPREAD = np.float32([7, 4, 4])
#: Cost of a step of one row from column to column.
BEND = 4.0


def two_kinds(lab: np.ndarray, least: float) -> list[np.ndarray]:
    """(n,3) CIELAB colours, the bright and the dark apart (two means); kinds of so few colours are left out."""
    light = lab[:, 0]
    low, high = np.percentile(light, (10, 90))
    for _ in range(8):
        bright = np.abs(light - high) < np.abs(light - low)
        if bright.all() or not bright.any():
            return [lab]
        low, high = float(light[~bright].mean()), float(light[bright].mean())
    return [part for part in (lab[bright], lab[~bright]) if len(part) > least] or [lab]


def likelihood(lab: np.ndarray, colours: np.ndarray) -> np.ndarray:
    """(…,) logarithm of the likelihood of (…,3) CIELAB colours, by the normal distribution of (n,3) others."""
    off = np.abs(colours - np.median(colours, axis=0))
    kept = colours[(off < 2.5 * np.maximum(1.4826 * np.median(off, 0), SPREAD)).all(1)]
    covariance = np.cov(kept.T) + np.diag(SPREAD**2)
    away = lab - kept.mean(0)
    squared = np.einsum("...i,ij,...j->...", away, np.linalg.inv(covariance), away)
    return -0.5 * (squared + np.log(np.linalg.det(covariance)))


def line_between(odds: np.ndarray, first: np.ndarray, last: np.ndarray, cost: np.ndarray) -> np.ndarray:
    """(C,) rows of the likeliest smooth line between two others, with one region above it and another below.

    Args:
        odds: (n,C) logarithm of the odds that a cell is of the region below. first, last: (C,) rows between which the
            line lies. cost: (n+1,C) of a line before each row and after the last.
    """
    row = np.arange(len(odds))[:, None] + 0.5
    odds = odds * ((row > first) & (row < last))
    above = np.concatenate([np.zeros((1, odds.shape[1])), np.cumsum(odds, axis=0)])
    line = np.arange(len(odds) + 1)[:, None]
    cost = 2 * above - above[-1] + cost
    return smooth_line(np.where((line < first - 1) | (line > last + 1), 1e6, cost))


def smooth_line(cost: np.ndarray) -> np.ndarray:
    """(C,) rows of the line of least cost (n,C) from column to column, steps being paid for; a little smoothed."""
    total, came = cost[:, 0], []
    for column in cost.T[1:]:
        padded = np.pad(total, 1, constant_values=1e9)
        choices = np.stack([padded[:-2] + BEND, total, padded[2:] + BEND])
        best = choices.argmin(0)
        came.append(best - 1)
        total = choices.min(0) + column
    line = [int(total.argmin())]
    for back in came[::-1]:
        line.append(line[-1] + int(back[line[-1]]))
    found = np.array(line[::-1], np.float64)
    return cv2.GaussianBlur(found[None], (0, 0), 3, borderType=cv2.BORDER_REPLICATE)[0]
