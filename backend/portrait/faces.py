"""Finding faces: a cheap detector proposes at several scales, the landmark network decides.

YuNet (Wu, Peng, Yu: YuNet: a tiny millisecond-level face detector, 2023) is trained on photographs. Shown a drawing
that fills the picture it is blind, shown the same drawing small it often sees it, with a low score; so it is asked at
several scales with a low threshold, and a proposal counts only if the landmark network finds a face in it. Its graph
says for each cell of three grids whether a face is centred there, and its box and points beside the cell: what OpenCV's
FaceDetectorYN makes of them is done here, to the bit of its boxes' overlaps.
"""

import math
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

from ..errors import ErrorCode
from . import networks
from .decode import Portrait, decode_portrait
from .landmarks import MARGIN, FaceLandmarks, Square, both_ways, refined_landmarks

# Long sides in pixels at which the detector looks. All photographs and paintings answer to each of the first three with
# 0.83 to 0.95; of five flat cartoons two answer at 640 and all at 160 (0.48 to 0.88).
SCALES = (320, 160, 640)

# Evidence is a pair: the detector's score and the landmark network's presence. Highest on 23 pictures without faces
# (test pictures of scikit-image, and noise): 0.61/0.08, 0.52/0.96 (a cup), 0.34/0.73, 0.18/0.89. On photographs
# 0.9/1.0, on cartoons 0.5 to 0.9/0.99.
SURE_SCORE = 0.7
UNSURE_PRESENCE = 0.97

MIN_FACE = 24  # pixels; below it the landmark network dreams faces into gravel (0.91 at 20 px)

#: What finds another face of the same picture.
CHOOSE = "To use another, click the portrait in the panel and choose, or pin its nose tip."
CURE_NO_FACE = "Use a picture in which one face is seen from the front, upright and not too small."


def find_faces(image: np.ndarray) -> list[FaceLandmarks]:
    """All faces in the image, largest first; lying and upside-down ones too.

    Args:
        image: (H, W, 3) float32 RGB 0..1 sRGB, row 0 on top (or uint8).
    """
    rgb = image if image.dtype == np.uint8 else (np.clip(image[..., :3], 0, 1) * 255 + 0.5).astype(np.uint8)
    if min(rgb.shape[:2]) < MIN_FACE:
        return []
    upright = _proposals(rgb, SCALES)
    turned = _turned_proposals(rgb)
    if _score(turned) >= SURE_SCORE and _score(turned) > _score(upright):
        upright, turned = turned, upright
    faces = (
        _confirmed(rgb, upright)
        or _confirmed(rgb, _proposals(rgb, (112, 224, 448, 1024)))
        or _unproposed(rgb)
        or _confirmed(rgb, turned)
    )
    return sorted(faces, key=lambda face: -face.size)


def find_upright_faces(image: np.ndarray) -> list[FaceLandmarks]:
    """The quick part of find_faces: upright faces at the first scales, for pictures that are one view of many."""
    rgb = (np.clip(image[..., :3], 0, 1) * 255 + 0.5).astype(np.uint8)
    return _confirmed(rgb, _proposals(rgb, SCALES))


def read_portrait(path: str | Path) -> Portrait:
    """A portrait as decode_portrait() reads it, turned by quarters until its largest face is upright.

    What looks at hair, shoulders and backdrop expects them where upright portraits have them; of 24 photographs,
    paintings and drawings on their head, the face's own roll was right in all.

    Raises:
        AvatarTexError: as decode_portrait().
    """
    portrait = decode_portrait(path)
    faces = find_faces(portrait.color)
    quarters = round(faces[0].roll / (math.pi / 2)) % 4 if faces else 0
    if not quarters:
        return portrait
    color, alpha = (np.ascontiguousarray(np.rot90(pixels, quarters)) for pixels in (portrait.color, portrait.alpha))
    return Portrait(color, alpha, portrait.path)


def find_portrait_face(portrait: Portrait) -> tuple[FaceLandmarks, list[str]]:
    """The portrait's face and what the artist should know about the choice.

    Raises:
        AvatarTexError: NO_FACE_IN_PORTRAIT.
    """
    faces = find_faces(portrait.color)
    height, width = portrait.color.shape[:2]
    if not faces:
        raise ErrorCode.NO_FACE_IN_PORTRAIT(
            f"No face was found in {portrait.path.name} ({width} x {height} pixels).", CURE_NO_FACE
        )
    chosen, *others = faces
    notes = []
    if others:
        places = ", ".join(_place(face, width, height) for face in others)
        count = "1 more face was" if len(others) == 1 else f"{len(others)} more faces were"
        notes.append(f"The largest face is used; {count} found: {places}. {CHOOSE}")
    return both_ways(portrait.color, chosen), notes


def _proposals(rgb: np.ndarray, scales: Iterable[int]) -> list[tuple[float, Square]]:
    """(score, square) of everything the detector sees, best first."""
    found = []
    for side in scales:
        factor = side / max(rgb.shape[:2])
        size = (max(16, round(rgb.shape[1] * factor)), max(16, round(rgb.shape[0] * factor)))
        small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR)
        for row in detect(small[..., ::-1], 0.12):
            x, y, w, h = (float(v) / factor for v in row[:4])
            angle = math.atan2(row[7] - row[5], row[6] - row[4])
            found.append((float(row[14]), Square(x + w / 2, y + h / 2, max(w, h) * MARGIN, angle)))
    return sorted(found, key=lambda pair: -pair[0])


def _confirmed(rgb: np.ndarray, proposals: list[tuple[float, Square]]) -> list[FaceLandmarks]:
    """The proposals in which the landmark network finds a face; each face once."""
    faces: list[FaceLandmarks] = []
    lowest, misses = 0.0, 0
    for score, square in proposals:
        if score < lowest or misses >= 12 or len(faces) >= 24:  # misses bound the time spent on gravel
            break
        if any(_inside(square.x, square.y, face) for face in faces):
            continue  # the same face at another scale, or its parts
        needed = 0.5 if score >= SURE_SCORE else UNSURE_PRESENCE
        face = _best(rgb, square)
        known = face and any(_inside(*face.centre, other) or _inside(*other.centre, face) for other in faces)
        if face and face.presence >= needed and not known:
            faces.append(face)
            lowest = max(lowest, score * 0.65)  # beside a face that is sure, less is needed to doubt another
        else:
            misses += 1
    return faces


def _best(rgb: np.ndarray, square: Square, factors: Iterable[float] = (1.0, 1.3, 0.8)) -> FaceLandmarks | None:
    """The most present face of squares of several sizes; stops at the first certain one.

    Args:
        factors: sizes as shares of the proposed square: drawn faces are not as tall in their box as real ones.
    """
    best = None
    for factor in factors:
        face = refined_landmarks(rgb, Square(square.x, square.y, square.side * factor, square.angle))
        if face and face.size >= MIN_FACE and (best is None or face.presence > best.presence):
            best = face
        if best and best.presence >= UNSURE_PRESENCE:
            break
    return best


def _unproposed(rgb: np.ndarray) -> list[FaceLandmarks]:
    """A face that fills the picture or one of a few crops of it: drawings that the detector does not know."""
    height, width = rgb.shape[:2]
    long, short = max(height, width), min(height, width)
    squares = [Square(width / 2, height / 2, long), Square(width / 2, height / 2, short)]
    squares += [Square(width / 2, height / 2, short * f) for f in (0.75, 0.55)]
    squares += [Square(width * x, height * y, short * 0.6) for y in (0.33, 0.6) for x in (0.33, 0.5, 0.67)]
    # the face of a cat reaches 0.974
    found = [face for s in squares if (face := _best(rgb, s, (1.0,))) and face.presence >= 0.985]
    return [max(found, key=lambda face: face.presence)] if found else []


def _turned_proposals(rgb: np.ndarray) -> list[tuple[float, Square]]:
    """Proposals of the picture turned by quarters, in the coordinates of the unturned picture, best first.

    A photograph on its head is still a face to both networks (up to 0.91, presence 0.999), but the right way up always
    scores higher: by 0.03 or more on every photograph and painting tried. So all four turns are asked, in 40 ms.
    """
    height, width = rgb.shape[:2]
    shrink = min(1.0, 320 / max(height, width))
    small = cv2.resize(rgb, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    found = []
    for quarters in (1, 2, 3):  # np.rot90 turns counter-clockwise, so the face's own angle grows clockwise
        turned = np.ascontiguousarray(np.rot90(small, quarters))
        for score, square in _proposals(turned, (320, 160)):
            x, y = square.x - turned.shape[1] / 2, square.y - turned.shape[0] / 2
            for _ in range(quarters):
                x, y = -y, x
            back = Square(
                x / shrink + width / 2,
                y / shrink + height / 2,
                square.side / shrink,
                square.angle + quarters * math.pi / 2,
            )
            found.append((score, back))
    return sorted(found, key=lambda pair: -pair[0])


def _score(proposals: list[tuple[float, Square]]) -> float:
    return proposals[0][0] if proposals else 0.0


def _inside(x: float, y: float, face: FaceLandmarks) -> bool:
    x0, y0, x1, y1 = face.box
    return x0 < x < x1 and y0 < y < y1


def _place(face: FaceLandmarks, width: int, height: int) -> str:
    """Where in the picture, in words: 'left', 'upper right', 'centre'."""
    x, y = face.centre
    across = "left" if x < width / 3 else "right" if x > width * 2 / 3 else ""
    down = "upper" if y < height / 3 else "lower" if y > height * 2 / 3 else ""
    return f"{down} {across}".strip() if across else {"upper": "top", "lower": "bottom"}.get(down, "centre")


STRIDES = (8, 16, 32)  # pixels of a cell
OVERLAP = 0.3  # of two boxes over their union, above which the less sure one is the same face


def detect(bgr: np.ndarray, least: float) -> np.ndarray:
    """(N, 15) float32, best first: x, y, width, height, five points (right eye first), score; in pixels of the image.

    Args:
        bgr: (H, W, 3) uint8. least: score, 0..1.
    """
    height, width = (-(-side // STRIDES[-1]) * STRIDES[-1] for side in bgr.shape[:2])
    padded = np.zeros((3, height, width), np.float32)
    padded[:, : bgr.shape[0], : bgr.shape[1]] = bgr.transpose(2, 0, 1)
    outputs = [output[0] for output in networks.network(networks.DETECTOR)(padded)]
    found = []
    for level, stride in enumerate(STRIDES):
        face, there, box, points = outputs[level::3]
        score = np.sqrt(np.clip(face, 0, 1) * np.clip(there, 0, 1))[:, 0]
        cells = np.flatnonzero(score >= least)
        place = np.stack([cells % (width // stride), cells // (width // stride)], 1)
        size = np.exp(box[cells, 2:]) * stride
        corner = (place + box[cells, :2]) * stride - size / 2
        points = (points[cells] + np.tile(place, 5)) * stride
        found.append(np.concatenate([corner, size, points, score[cells, None]], 1))
    return separate(np.concatenate(found).astype(np.float32))


def separate(faces: np.ndarray) -> np.ndarray:
    """The rows of detect, best first, without those that lie on a better one; in whole pixels, as OpenCV counts."""
    faces = faces[np.argsort(-faces[:, 14], kind="stable")]
    low, size = (faces[:, some].astype(int) for some in (slice(0, 2), slice(2, 4)))
    area, left, kept = size.prod(1), np.arange(len(faces)), []
    while len(left):
        best, left = left[0], left[1:]
        kept.append(best)
        high = np.minimum(low[best] + size[best], low[left] + size[left])
        both = np.maximum(0, high - np.maximum(low[best], low[left])).prod(1)
        left = left[both <= OVERLAP * np.maximum(1, area[best] + area[left] - both)]
    return faces[kept]
