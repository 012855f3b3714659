"""What is measured, in one place: PSNR, SSIM, colour differences, distances of distributions, errors of means."""

from __future__ import annotations

import cv2
import numpy as np

#: SSIM: window and stabilising constants of Wang et al. 2004, section III.
WINDOW, SIGMA, K1, K2 = 11, 1.5, 0.01, 0.03


def psnr(result: np.ndarray, truth: np.ndarray, mask: np.ndarray) -> float:
    """dB over the texels of a (S,S) bool mask; pictures (S,S,3) sRGB 0..1. nan without texels."""
    if not mask.any():
        return float("nan")
    error = np.square(np.clip(result, 0, 1)[mask] - truth[mask], dtype=np.float64).mean()
    return float(-10 * np.log10(max(error, 1e-10)))


def ssim_map(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(S,S) structural similarity of (S,S,3) sRGB 0..1, mean of the channels (Wang et al. 2004, eq. 13)."""

    def blur(picture: np.ndarray) -> np.ndarray:
        return cv2.GaussianBlur(picture, (WINDOW, WINDOW), SIGMA, borderType=cv2.BORDER_REFLECT)

    a, b = a.astype(np.float64), b.astype(np.float64)
    mean_a, mean_b = blur(a), blur(b)
    variance_a, variance_b = blur(a * a) - mean_a**2, blur(b * b) - mean_b**2
    covariance = blur(a * b) - mean_a * mean_b
    c1, c2 = K1**2, K2**2
    top = (2 * mean_a * mean_b + c1) * (2 * covariance + c2)
    return (top / ((mean_a**2 + mean_b**2 + c1) * (variance_a + variance_b + c2))).mean(2)


def ssim(result: np.ndarray, truth: np.ndarray, mask: np.ndarray) -> float:
    """Mean of the map over a (S,S) bool mask, with the truth outside it: only texels of the mask can lower it."""
    return float(ssim_map(inside(result, truth, mask), truth)[mask].mean()) if mask.any() else float("nan")


def inside(result: np.ndarray, truth: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """(S,S,3) the result where the mask is, the truth elsewhere."""
    return np.where(mask[..., None], np.clip(result, 0, 1), truth).astype(np.float32)


def colour_difference(result: np.ndarray, truth: np.ndarray, mask: np.ndarray) -> tuple[float, float]:
    """Mean CIELAB distance (CIE 1976) and mean difference of L*, result less truth, over a (S,S) bool mask.

    Squared sRGB differences are small on dark skin whatever is wrong there; these are what eyes see.
    """
    lab = [cv2.cvtColor(np.clip(p, 0, 1).astype(np.float32), cv2.COLOR_RGB2LAB)[mask] for p in (result, truth)]
    difference = lab[0] - lab[1]
    return float(np.linalg.norm(difference, axis=1).mean()), float(difference[:, 0].mean())


def frechet_distance(a: np.ndarray, b: np.ndarray) -> float:
    """Of two Gaussians fitted to features (N,D) and (M,D): |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^1/2) (Heusel et al.,
    arXiv 1706.08500, eq. 6). Grows as N falls: compare only what has the same N."""
    first, second = ((x - x.mean(0)) / np.sqrt(len(x) - 1) for x in (a.astype(np.float64), b.astype(np.float64)))
    # C = X^T X, so the eigenvalues of (C1 C2)^1/2 are the singular values of X1 X2^T: N by M, not D by D
    cross = np.linalg.svd(first @ second.T, compute_uv=False).sum()
    between = np.square(a.mean(0) - b.mean(0)).sum()
    return float(between + np.square(first).sum() + np.square(second).sum() - 2 * cross)


def kernel_distance(a: np.ndarray, b: np.ndarray) -> float:
    """KID of features (N,D) and (M,D): unbiased squared MMD with the kernel (x·y/D + 1)^3 (Binkowski et al., arXiv
    1801.01401). About 0 for equal distributions, below it as often as above."""

    def kernel(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return (x @ y.T / x.shape[1] + 1) ** 3

    def within(x: np.ndarray) -> float:
        values = kernel(x, x)
        return (values.sum() - np.trace(values)) / (len(x) * (len(x) - 1))

    a, b = a.astype(np.float64), b.astype(np.float64)
    return float(within(a) + within(b) - 2 * kernel(a, b).mean())


def kernel_distance_blocks(a: np.ndarray, b: np.ndarray, blocks: int = 8) -> tuple[float, float]:
    """KID over all, and its standard error, from the spread of as many disjoint blocks of either set."""
    blocks = max(2, min(blocks, min(len(a), len(b)) // 10))
    parts = [kernel_distance(a[i::blocks], b[i::blocks]) for i in range(blocks)]
    return kernel_distance(a, b), float(np.std(parts, ddof=1) / blocks**0.5)


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
