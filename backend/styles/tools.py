"""What several styles share: flattening, lines, brush filters, colour."""

import cv2
import numpy as np

from ..head.facial_regions import MOUTH_LINE, NOSTRILS, FacialRegions
from ..imaging.noise import soft_step
from ..imaging.sample import LUMINANCE

#: Texels of the atlas's side that pictures are flattened at: filters' windows grow with it, their time fourfold.
CALM = 512


def number(random: np.random.Generator, low: float, high: float) -> float:
    return round(float(random.uniform(low, high)), 4)


def seed(random: np.random.Generator) -> int:
    return int(random.integers(2**31))


def grey(texture: np.ndarray) -> np.ndarray:
    """(S,S) luma of sRGB."""
    return texture @ LUMINANCE


def smooth_colours(texture: np.ndarray, rounds: int, colour: float = 0.1, size: int = 0) -> np.ndarray:
    """Flat areas with their edges kept: repeated bilateral filters (Winnemöller et al. 2006).

    Args:
        size: texels of the atlas's side. More than CALM are filtered as CALM and enlarged: what comes after draws
            sharp borders along the smooth levels.
    """
    size = size or len(texture)
    scale, full = min(1.0, CALM / size), texture.shape[1::-1]
    if scale < 1:
        small = round(full[0] * scale), round(full[1] * scale)
        texture, size = cv2.resize(texture, small, interpolation=cv2.INTER_AREA), CALM
    across = 7 if size <= 256 else 2 * round(3 * size / 256) + 1
    for _ in range(rounds):
        texture = cv2.bilateralFilter(texture, across, colour, max(2.0, 5 * size / 256))
    return cv2.resize(texture, full, interpolation=cv2.INTER_CUBIC) if scale < 1 else texture


def saturated(texture: np.ndarray, gain: float) -> np.ndarray:
    """Colours pulled from (or to) their own grey."""
    level = grey(texture)[..., None]
    return np.clip(level + gain * (texture - level), 0, 1)


def stepped(level: np.ndarray, steps: int, sharp: float) -> np.ndarray:
    """(S,S) 0..1 in flat tones, their edges 1/sharp of a step wide."""
    position = level * steps
    edge = np.clip((position - np.floor(position) - 0.5) * sharp + 0.5, 0, 1)
    return (np.floor(position) + edge) / steps


def stepped_about(level: np.ndarray, middle: float, steps: int, sharp: float) -> np.ndarray:
    """stepped() with middle at the middle of a tone: half a step on either side of it is flat."""
    shift = middle - round(middle * steps) / steps
    return stepped(np.maximum(level - shift, 0), steps, sharp) + shift


def retoned(texture: np.ndarray, old: np.ndarray, new: np.ndarray) -> np.ndarray:
    """The texture with its luma old (S,S) made new, hue and saturation kept."""
    return np.clip(texture * ((new + 0.02) / (old + 0.02))[..., None], 0, 1)


def difference_of_gaussians(level: np.ndarray, sigma: float, tau: float) -> np.ndarray:
    """(S,S) G(sigma) - tau G(1.6 sigma): XDoG's edges (Winnemöller, Kyprianidis and Olsen 2012, equation 2)."""
    return cv2.GaussianBlur(level, (0, 0), sigma) - tau * cv2.GaussianBlur(level, (0, 0), 1.6 * sigma)


def edges(level: np.ndarray, sigma: float, gain: float) -> np.ndarray:
    """(S,S) 0..1, dark lines of a luma: 1 is full ink."""
    return 1 - np.clip(1 + np.tanh(gain * np.minimum(difference_of_gaussians(level, sigma, 1.0), 0)), 0, 1)


def inked(texture: np.ndarray, ink: np.ndarray, colour: list[float]) -> np.ndarray:
    return texture + np.clip(ink, 0, 1)[..., None] * (np.float32(colour) - texture)


def feature_lines(regions: FacialRegions, width: float) -> np.ndarray:
    """(S,S) 0..1: lashes, mouth and nostrils as a draughtsman sets them, width in texels of 256."""
    unit = width * regions.size / 256
    mouth = regions.lines([MOUTH_LINE], unit)
    nostrils = regions.lines([NOSTRILS[:2], NOSTRILS[-2:]], 0.7 * unit)
    lines = np.maximum.reduce([regions.lashes(1.6 * unit), mouth, 0.8 * nostrils])
    return cv2.GaussianBlur(lines, (0, 0), 0.45)


def shown_skin(regions: FacialRegions) -> np.ndarray:
    """(S,S) bool, where skin shows on anyone: cheeks, forehead and chin."""
    return (regions["cheeks"] + regions["forehead"] + regions["chin"]) > 0.5


def moustache(darker: np.ndarray, regions: FacialRegions) -> tuple[np.ndarray, float]:
    """(S,S) 0..1 the hair of a moustache, if it is one, and 0..1 how surely it is: a nose's shadow is less than half
    as wide.

    Args:
        darker: (S,S) than the skin, as a share of the skin's luma.
    """
    hair = soft_step(darker, 0.4, 0.55) * regions["moustache"]
    present = hair.sum() / max(float(regions["moustache"].sum()), 1e-6)
    return hair, float(soft_step(present, 0.3, 0.5))


def kuwahara(texture: np.ndarray, radius: int) -> np.ndarray:
    """Each texel takes the mean of the calmest of the four squares that it is a corner of (Kuwahara et al. 1976)."""
    side = radius + 1
    mean = cv2.blur(texture, (side, side), borderType=cv2.BORDER_REFLECT)
    level = grey(texture)
    average = cv2.blur(level, (side, side), borderType=cv2.BORDER_REFLECT)
    variance = cv2.blur(level * level, (side, side), borderType=cv2.BORDER_REFLECT) - average * average
    best, out = None, None
    half = side // 2
    for dy in (-half, half):
        for dx in (-half, half):
            shift = np.float32([[1, 0, dx], [0, 1, dy]])
            size = level.shape[::-1]
            moved = cv2.warpAffine(variance, shift, size, flags=cv2.INTER_NEAREST, borderMode=cv2.BORDER_REFLECT)
            colour = cv2.warpAffine(mean, shift, size, flags=cv2.INTER_NEAREST, borderMode=cv2.BORDER_REFLECT)
            if best is None:
                best, out = moved, colour
            else:
                calmer = moved < best
                best, out = np.where(calmer, moved, best), np.where(calmer[..., None], colour, out)
    return out


def flow(level: np.ndarray, reach: float) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors (S,S), (S,S) along the smoothed edges: the structure tensor's minor axis (Kyprianidis 2008)."""
    gx, gy = cv2.Sobel(level, cv2.CV_32F, 1, 0), cv2.Sobel(level, cv2.CV_32F, 0, 1)
    a, b, c = (cv2.GaussianBlur(part, (0, 0), reach) for part in (gx * gx, gx * gy, gy * gy))
    turn = 0.5 * np.arctan2(2 * b, a - c) + np.pi / 2
    return np.cos(turn).astype(np.float32), np.sin(turn).astype(np.float32)


def along_flow(picture: np.ndarray, u: np.ndarray, v: np.ndarray, length: int, step: float = 1.0) -> np.ndarray:
    """Line integral convolution (Cabral and Leedom 1993): the picture averaged along the flow, length steps each way.

    Args:
        step: texels; as long as what is averaged is not finer.
    """
    y, x = np.mgrid[: u.shape[0], : u.shape[1]].astype(np.float32)
    total = picture.astype(np.float32).copy()
    for sign in (1.0, -1.0):
        px, py = x.copy(), y.copy()
        du, dv = sign * step * u, sign * step * v
        for _ in range(length):
            px, py = px + du, py + dv
            total += cv2.remap(picture, px, py, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    return total / (2 * length + 1)
