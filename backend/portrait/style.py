"""What kind of picture this is, from readable statistics of the face; no network.

Measured inside the face oval, the face resized to 192 px, on 12 portraits at full size, shrunk to faces of 120 px and
as JPEG of quality 40, on smooth renders of textured heads, and on cel-shaded versions of the photographs (tones in four
to six steps, drawn outlines):

    share of filled pixels   photographs, paintings 0.00-0.03, renders 0.01-0.10, cel-shaded 0.25-0.55 (greyscale 0.79;
                             soft and JPEG of quality 60: 0.02-0.07, missed), flat cartoons 0.60-0.90
    area of eyes / face      photographs, paintings, flat cartoons 0.01-0.03; anime: assumed, no sample at hand
    98th percentile edge     paintings 13-17, colour photographs 17-23, after a blur of 1.5 px
    lightness, whole picture median 15-32 and 99th percentile 74-87 in the paintings; photographs 15-60 and 83-98
    chroma of the face       paintings 17-23, greyscale photographs 0

Drawn and photographed are far apart. Painting against photograph is a guess that knows dark, varnished, softly edged
pictures only; what it misses is called a photograph, which costs nothing but the name.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from .landmark_groups import FACE_OVAL, LEFT_BROW, LEFT_EYE, LIPS, RIGHT_BROW, RIGHT_EYE, fill_region
from .landmarks import FaceLandmarks

FACE = 192  # pixels: the size at which faces are compared

#: Pixels of a face below which its texture is soft.
SMALL_FACE = 100.0


@dataclass(frozen=True)
class StyleStatistics:
    """filled: share of filled pixels in the face, 0..1; eyes: share of the face's area; edge (blurred), chroma: CIELAB
    units in the face; median, white: lightness of the whole picture, 50th and 99th percentile, 0..100."""

    filled: float
    eyes: float
    edge: float
    chroma: float
    median: float
    white: float


def find_style(color: np.ndarray, face: FaceLandmarks) -> str:
    """'photo', 'cartoon', 'anime' or 'painting'.

    Args:
        color: (H, W, 3) float32 sRGB 0..1.
        face: its landmarks, in the pixels of `color`.
    """
    seen = style_statistics(color, face)
    if seen.filled > 0.18:
        return "cartoon" if seen.filled > 0.58 and seen.eyes < 0.045 else "anime"
    painted = seen.edge < 17.0 and seen.median < 40.0 and seen.white < 90.0 and seen.chroma > 8.0
    return "painting" if painted else "photo"


def style_statistics(color: np.ndarray, face: FaceLandmarks) -> StyleStatistics:
    """The figures that decide the style."""
    small, small_face = _at_face_size(color, face)
    lab = cv2.cvtColor(small, cv2.COLOR_RGB2LAB)
    oval = fill_region(lab.shape[:2], small_face.points, FACE_OVAL) > 0.9
    if not oval.any():
        oval = np.ones(lab.shape[:2], bool)
    steps, soft_steps = _steps(lab)[oval], _steps(cv2.GaussianBlur(lab, (0, 0), 1.5))[oval]
    eyes = sum(cv2.contourArea(np.ascontiguousarray(small_face.points[list(e), :2])) for e in (RIGHT_EYE, LEFT_EYE))
    whole = cv2.resize(color, (256, 256), interpolation=cv2.INTER_AREA)
    lightness = cv2.cvtColor(whole, cv2.COLOR_RGB2LAB)[..., 0]
    return StyleStatistics(
        filled=_filled(lab[oval], steps),
        eyes=float(eyes / oval.sum()),
        edge=float(np.percentile(soft_steps, 98)),
        chroma=float(np.hypot(lab[oval][:, 1], lab[oval][:, 2]).mean()),
        median=float(np.median(lightness)),
        white=float(np.percentile(lightness, 99)),
    )


def picture_warnings(color: np.ndarray, face: FaceLandmarks) -> list[str]:
    """What to know before a texture is made of a face that is tiny or blurred; pictures are find_style()'s."""
    if face.size < SMALL_FACE:
        return [
            f"The portrait's face is only {face.size:.0f} pixels tall, so the texture will be soft. "
            f"Use a picture whose face is taller than {2 * SMALL_FACE:.0f} pixels."
        ]
    # 31 portraits have 0.29 to 0.94 (a scan of a face of 110 px the least); after a blur by a hundredth of the face
    # 0.17 to 0.29, by a sixtieth under 0.19
    if sharpness(color, face) < 0.22:
        return ["The portrait is blurred, so the texture will be soft. Use a sharper picture."]
    return []


def sharpness(color: np.ndarray, face: FaceLandmarks) -> float:
    """Contrast of a face's finest detail about eyes, brows and lips over that of the next: less is more blurred."""
    small, small_face = _at_face_size(color, face)
    light = cv2.cvtColor(small, cv2.COLOR_RGB2LAB)[..., 0]
    features = fill_region(light.shape, small_face.points, RIGHT_EYE, LEFT_EYE, RIGHT_BROW, LEFT_BROW, LIPS)
    around = cv2.dilate(features, np.ones((9, 9), np.uint8)) > 0.5
    if not around.any():
        return 1.0
    soft, softer = (cv2.GaussianBlur(light, (0, 0), sigma) for sigma in (1.5, 6))
    fine, coarse = (np.percentile(np.abs(a - b)[around], 95) for a, b in ((light, soft), (soft, softer)))
    return float(fine / max(coarse, 1e-3))


def _filled(lab: np.ndarray, steps: np.ndarray) -> float:
    """Share of (N, 3) pixels without a step that have one of the commonest colours."""
    # CIELAB within 3 x 3 pixels: grain, pores and gradients exceed 1
    flat = np.round(lab[steps < 1.0] / 1.5).astype(int)
    counts = np.unique(flat, axis=0, return_counts=True)[1]
    return float(np.sort(counts)[::-1][:8].sum() / len(lab))  # filled pixels have one of the eight commonest colours


def _steps(lab: np.ndarray) -> np.ndarray:
    """(H, W): the largest difference within each 3 x 3 neighbourhood, in any channel."""
    block = np.ones((3, 3), np.uint8)
    return (cv2.dilate(lab, block) - cv2.erode(lab, block)).max(axis=2)


def _at_face_size(color: np.ndarray, face: FaceLandmarks) -> tuple[np.ndarray, FaceLandmarks]:
    """The box of the face, cut out and resized to FACE pixels."""
    height, width = color.shape[:2]
    x0, y0 = (int(np.clip(v - 2, 0, side - 1)) for v, side in zip(face.box[:2], (width, height), strict=True))
    x1, y1 = (int(np.clip(v + 3, 1, side)) for v, side in zip(face.box[2:], (width, height), strict=True))
    cut = np.ascontiguousarray(color[y0 : max(y1, y0 + 1), x0 : max(x1, x0 + 1)])
    factor = FACE / face.size
    size = (max(3, round(cut.shape[1] * factor)), max(3, round(cut.shape[0] * factor)))
    small = cv2.resize(cut, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR)
    return small, face.shifted(-x0, -y0).scaled(factor)
