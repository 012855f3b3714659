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


def cell(value: tuple[float, float], digits: int = 2, sign: str = "") -> str:
    """Mean and standard error; a dash for what nobody told, and for the error of one."""
    mean, error = (
        f"{one:{form}.{digits}f}" if np.isfinite(one) else "–" for one, form in zip(value, (sign, ""), strict=True)
    )
    return f"{mean} ± {error}" if np.isfinite(value[0]) else mean


def table(head: list[str], rows: list[list]) -> str:
    """Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)
