"""What is measured, in one place: PSNR, errors of means, tables."""

from __future__ import annotations

import numpy as np


def psnr(result: np.ndarray, truth: np.ndarray, mask: np.ndarray) -> float:
    """dB over the texels of a (S,S) bool mask; pictures (S,S,3) sRGB 0..1. nan without texels."""
    if not mask.any():
        return float("nan")
    error = np.square(np.clip(result, 0, 1)[mask] - truth[mask], dtype=np.float64).mean()
    return float(-10 * np.log10(max(error, 1e-10)))


def mean_error(values) -> tuple[float, float]:
    """Mean and its standard error, of what is not nan; nan for an error from fewer than two."""
    values = np.asarray(values, float)
    values = values[np.isfinite(values)]
    if not len(values):
        return float("nan"), float("nan")
    return float(values.mean()), float(values.std(ddof=1) / len(values) ** 0.5) if len(values) > 1 else float("nan")


def table(head: list[str], rows: list[list]) -> str:
    """Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)
