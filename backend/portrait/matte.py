"""Which pixels are skin, and which are hair: this face is its own sample; networks tell hair, hands and glasses.

Cheeks, nose and forehead give the colour of the skin, and how far it strays. Inside the face oval everything is skin
(lips, eyes, brows and beard belong to the texture), and so is a bald head above the brows; elsewhere what is alike in
colour, belongs to the person, and is joined to the face: ears, neck. What hair covers is none of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ..imaging.sample import disc
from .beard import find_beard
from .glasses import glasses
from .hair import hair_over
from .hands import hands_before
from .hats import wears_hat
from .landmark_groups import (
    FACE_OVAL,
    FOREHEAD,
    LEFT_BROW,
    LEFT_CHEEK,
    LEFT_EYE,
    NOSE_BRIDGE,
    RIGHT_BROW,
    RIGHT_CHEEK,
    RIGHT_EYE,
    fill_region,
)
from .landmarks import FaceLandmarks
from .person import guided, head_square, person_matte, shrunk

# Least standard deviations, in CIELAB units, that the skin of one face is given. Chroma: photographs measure 2 to 5 on
# the patches, and ears and neck differ from the cheeks by about 4. Lightness: shade darkens skin by 20 to 30. Flat
# drawings measure 0 throughout, and their hair can be as near to their skin as 12 in lightness.
CHROMA_SPREAD, CHROMA_SPREAD_FLAT = 5.0, 2.5
DARKER, DARKER_FLAT = 14.0, 7.0
LIGHTER, LIGHTER_FLAT = 14.0, 4.0
TRIM = np.float32([[8, 3, 3], [16, 8, 8]])  # least and most standard deviations that skin in the patches is given
FLAT_SEED = 1.0  # lightness spread of the patches below which the face is flat

# Share of the head's square whose chroma is that of skin: greyscale 1.0, sepia 0.8, the others at most 0.38. Above the
# limit only lightness tells skin from hair, so less of it is forgiven.
MONOCHROME_SHARE, MONOCHROME_LIGHT = 0.5, 0.6

RIM = 0.12  # of the face's size, within its oval: where the outline may be off

#: The oval's rim as far as it is judged by the colours beside it, of the face's size; CIELAB bins of those; how likely
#: a colour is the face's, of it and what lies beside, to be kept wholly; parts of the circle judged by themselves.
EDGE = 0.05
BINS, BINS_FROM, BIN = 16, np.float32([0, -32, -32]), np.float32([6.25, 5, 5])
BELONGS, SECTORS = 0.25, 12

#: Of the face's size: as far as the soft edge of what hangs over the face reaches; lines' half width at most; as far as
#: the network's edges of hair may lie from the picture's.
HANGS, LINE, EDGES = 0.03, 0.021, 0.025

#: Power of likeness above the brows, where no hair is seen: half as strict as elsewhere. Thin hair and that of temples,
#: which the network may miss, stays out.
CROWN_LIKE = 0.25

# Of the face's size beyond its oval, in the frame of the face: how far ears, a bald head and the neck may be.
EARS, CROWN, NECK = 0.28, 0.6, 0.5


@dataclass(frozen=True)
class Matte:
    """Per pixel of the portrait, (H, W) float32 0..1.

    person: the person, hair and clothes included.
    skin: bare skin and, inside the face, everything that belongs to it, open mouths too (head/mouth.py); low on hair,
        hats, cloth, hands, glasses and background.
    hair: what covers the person's head: hair, hats, scarves.
    hand: whether a hand is before the face.
    glasses: whether some are worn; what they hide is no skin.
    rims: what of them hides skin; None where nobody looked.
    beard: what a beard or a moustache covers, which is skin, too; None where none is.
    hat: whether what covers the head is a hat or a scarf.
    """

    person: np.ndarray
    skin: np.ndarray
    hair: np.ndarray
    hand: bool = False
    glasses: bool = False
    rims: np.ndarray | None = None
    beard: np.ndarray | None = None
    hat: bool = False


def portrait_matte(
    color: np.ndarray, face: FaceLandmarks, alpha: np.ndarray | None = None, look_for_glasses: bool = True
) -> Matte:
    """The matte of one face.

    Args:
        color: (H, W, 3) float32 sRGB 0..1.
        face: its landmarks, in the pixels of `color`.
        alpha: (H, W) float32, 0 where the file itself says background. look_for_glasses: they are no skin.
    """
    person = person_matte(color, face, alpha)
    y0, y1, x0, x1 = head_square(color.shape[:2], face)
    near = np.ascontiguousarray(color[y0:y1, x0:x1])
    small, factor = shrunk(near, face.size)
    shape = small.shape[:2]
    small_face = face.shifted(-x0, -y0).scaled(factor)
    oval = fill_region(shape, small_face.points, FACE_OVAL)
    small_person = cv2.resize(person[y0:y1, x0:x1], shape[::-1], interpolation=cv2.INTER_AREA)

    alike, flat = skin_likeness(small, small_face)
    # a drawn jaw can be narrower than the landmarks': at the oval's rim, what is neither person nor like skin is wall
    core = cv2.erode(oval, disc(RIM * small_face.size))
    oval = oval * np.maximum.reduce([core, np.clip(2 * small_person, 0, 1), np.clip(2 * alike, 0, 1)])
    oval = oval * np.maximum(_of_the_face(small, small_face, oval), np.clip(2 * alike, 0, 1))
    small_person = np.maximum(small_person, oval)
    covered, looked = hair_over(small, small_person, small_face)
    covered = guided(covered, small, small, max(2, round(small_face.size * EDGES)))
    above = _above_brows(shape, small_face)
    if flat:  # a drawing's colours are exact, and its eyes may be as large as a fringe
        covered = covered * (1 - alike) * np.maximum(above, 1 - oval)
    else:  # a bald head may shine or be of another hue than the cheeks; ears are few among what the network learnt
        covered = covered * (1 - alike * (1 - above) * (1 - oval))
        alike = np.maximum(alike, above * looked * alike**CROWN_LIKE)
    kept = _kept_inside(alike, covered, small_face, oval)
    inside = cv2.GaussianBlur(oval, (0, 0), max(1.0, small_face.size * 0.012))
    covered = np.minimum(covered, 1 - inside * kept)
    joined = _joined(alike * (1 - covered) * small_person, oval, small_face.size) * _reach(shape, small_face)
    skin = np.maximum(inside * kept, joined)
    other = np.clip(small_person - skin, 0, 1) * _reach(shape, small_face, factor=2)
    known = np.maximum(covered * small_person, above * other)  # above the brows what is no skin is hair
    hair = (other + looked * (known - other)) * _above_chin(shape, small_face)

    beard = find_beard(small, small_face) * small_person
    hat = wears_hat(small, small_person, hair * above, small_face)
    hand = hands_before(small, small_face)
    skin, hair = skin * (1 - hand), hair * (1 - hand)

    radius = max(1, round(small_face.size * 0.008))
    whole = []
    for part in (small_person, skin, hair, beard * (1 - hand)):
        full = np.zeros(color.shape[:2], np.float32)
        full[y0:y1, x0:x1] = guided(part.astype(np.float32), small, near, radius)
        whole.append(full if alpha is None else full * alpha)
    outside = np.ones(color.shape[:2], bool)
    outside[y0:y1, x0:x1] = False
    whole[0][outside] = person[outside]
    shown, skin, hair, beard = whole
    rims = np.zeros(color.shape[:2], np.float32)  # no guided filter: it washes out what is as thin as its window
    if look_for_glasses:
        rims[y0:y1, x0:x1] = cv2.resize(glasses(small, small_face), near.shape[1::-1])
    rims = rims if alpha is None else rims * alpha
    return Matte(
        shown, skin * (1 - rims), hair, bool(hand.any()), bool(rims.any()), rims, beard if beard.any() else None, hat
    )


def skin_likeness(color: np.ndarray, face: FaceLandmarks) -> tuple[np.ndarray, bool]:
    """How much each pixel's colour is this face's skin, shaded or not; and whether the face is drawn flat.

    Args:
        color: (H, W, 3) float32 sRGB.
        face: landmarks in its pixels.

    Returns:
        (H, W) float32 0..1, and True for a drawing of flat colours.
    """
    lab = cv2.cvtColor(cv2.GaussianBlur(color, (0, 0), max(0.6, face.size * 0.006)), cv2.COLOR_RGB2LAB)
    bare = fill_region(color.shape[:2], face.points, RIGHT_CHEEK, LEFT_CHEEK, NOSE_BRIDGE) > 0.5
    brow_to_hair = fill_region(color.shape[:2], face.points, FOREHEAD) > 0.5
    sample = lab[bare]
    if len(sample) < 16:
        return np.zeros(color.shape[:2], np.float32), False
    for patch in (sample, sample, np.concatenate([sample, lab[brow_to_hair]])):
        # What is not skin in the patches (spectacles, beard, a fringe or a hat on the forehead) is trimmed away.
        centre = np.median(sample, axis=0)
        spread = 1.4826 * np.median(np.abs(sample - centre), axis=0)
        sample = patch[(np.abs(patch - centre) < 2.5 * np.clip(spread, *TRIM)).all(axis=1)]
        if not len(sample):
            break
    spread = np.minimum(spread, TRIM[1])
    flat = spread[0] < FLAT_SEED
    chroma = 1.2 * np.maximum(spread[1:], CHROMA_SPREAD_FLAT if flat else CHROMA_SPREAD)
    darker, lighter = (DARKER_FLAT, LIGHTER_FLAT) if flat else (DARKER, LIGHTER)
    light = lab[..., 0] - centre[0]
    wide = np.where(light < 0, max(darker, 1.5 * spread[0]), max(lighter, 1.5 * spread[0]))
    # Shade keeps the hue and loses chroma with lightness, so the chroma expected follows; gloss gains none.
    follow = np.maximum(lab[..., :1] / max(centre[0], 1), 0.4)
    same_chroma = (((lab[..., 1:] - centre[1:] * follow) / chroma) ** 2).sum(axis=2) < 1
    if same_chroma.mean() > MONOCHROME_SHARE:
        wide = wide * MONOCHROME_LIGHT
    strayed = (((lab[..., 1:] - centre[1:] * np.minimum(follow, 1)) / chroma) ** 2).sum(axis=2)
    return np.exp(-0.5 * np.maximum(strayed + (light / wide) ** 2 - 1, 0)).astype(np.float32), bool(flat)


def _kept_inside(alike: np.ndarray, covered: np.ndarray, face: FaceLandmarks, oval: np.ndarray) -> np.ndarray:
    """Inside the oval: 1, but where hair hangs over it from outside, and by likeness where a line runs in from there: a
    drawn outline, strands over a cheek."""
    features = fill_region(alike.shape, face.points, RIGHT_BROW, LEFT_BROW, RIGHT_EYE, LEFT_EYE)
    features = cv2.GaussianBlur(cv2.dilate(features, disc(face.size * 0.02)), (0, 0), max(0.6, face.size * 0.006))
    likely = cv2.GaussianBlur(np.clip((alike - 0.1) * 2.5, 0, 1), (0, 0), max(0.6, face.size * 0.012))
    unlike, kernel = 1 - likely, disc(LINE * face.size)
    beside = oval < 0.5
    solid = ((unlike > 0.5) & ~beside).astype(np.uint8)
    lines = solid * (1 - cv2.dilate(cv2.morphologyEx(solid, cv2.MORPH_OPEN, kernel), kernel))
    hidden = np.maximum(unlike * cv2.dilate(lines, kernel), covered) * (1 - features)
    labels = cv2.connectedComponents(((hidden > 0.5) | beside).astype(np.uint8))[1]
    hangs = np.isin(labels, np.unique(labels[beside]))
    return 1 - hidden * cv2.dilate(hangs.astype(np.float32), disc(HANGS * face.size))


def _of_the_face(color: np.ndarray, face: FaceLandmarks, oval: np.ndarray) -> np.ndarray:
    """At the oval's rim low where a colour is that of what lies beside the face (a ruff, hair) and not of the face.

    Densities of colour on both sides, a sector of the face at a time: beards and shade are inside, too, and stay.
    """
    rows, columns = (np.flatnonzero(oval.any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return np.ones_like(oval)
    margin = round(2 * EDGE * face.size) + 1
    part = tuple(slice(max(0, some[0] - margin), some[-1] + margin + 1) for some in (rows, columns))
    whole, color, oval, face = oval, color[part], oval[part], face.shifted(-part[1].start, -part[0].start)
    shape = oval.shape
    core = cv2.erode(oval, disc(EDGE * face.size))
    beside = cv2.dilate(oval, disc(1.5 * EDGE * face.size)) - cv2.dilate(oval, disc(0.2 * EDGE * face.size))
    lab = cv2.cvtColor(cv2.GaussianBlur(color, (0, 0), max(0.6, face.size * 0.006)), cv2.COLOR_RGB2LAB)
    bins = np.clip((lab - BINS_FROM) / BIN, 0, BINS - 1).astype(np.int32)
    index = (bins[..., 0] * BINS + bins[..., 1]) * BINS + bins[..., 2]
    x, y = face.centre
    angle = np.arctan2(np.arange(shape[0])[:, None] - y, np.arange(shape[1])[None] - x)
    share, total = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    for k in range(SECTORS):
        near = np.clip(np.cos(angle - 2 * np.pi * k / SECTORS), 0, 1) ** 4
        inner, outer = (_density(index, near * side) for side in (core, beside))
        weight = near.astype(np.float32)
        share += weight * (inner / (inner + outer))[index]
        total += weight
    kept = np.ones_like(whole)
    kept[part] = np.maximum(np.clip(share / total / BELONGS, 0, 1), core)
    return kept


def _density(index: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """(BINS**3,) how often each colour occurs, smoothed over neighbours."""
    counts = np.bincount(index.ravel(), weight.ravel(), BINS**3).reshape(BINS, BINS, BINS)
    for axis in range(3):
        counts = (np.roll(counts, 1, axis) + 2 * counts + np.roll(counts, -1, axis)) / 4
    return (counts / max(counts.sum(), 1e-6) + 1e-6).ravel().astype(np.float32)


def _above_brows(shape: tuple[int, int], face: FaceLandmarks) -> np.ndarray:
    """1 above the upper edge of the brows, rising over a twentieth of the face; in the frame of the face."""
    up, level = _frame(face)
    y = level(shape)
    brows = (face.points[[105, 334], :2] @ up).mean()
    return np.clip((y - brows) / (0.05 * face.size), 0, 1).astype(np.float32)


def _above_chin(shape: tuple[int, int], face: FaceLandmarks) -> np.ndarray:
    up, level = _frame(face)
    chin = face.points[152, :2] @ up
    return np.clip((level(shape) - chin) / (0.1 * face.size) + 1, 0, 1).astype(np.float32)


def _frame(face: FaceLandmarks):
    """The direction of up in the image, and a function giving every pixel's height along it."""
    up = np.array([np.sin(face.roll), -np.cos(face.roll)])

    def level(shape: tuple[int, int]) -> np.ndarray:
        return (np.arange(shape[1]) + 0.5)[None] * up[0] + (np.arange(shape[0]) + 0.5)[:, None] * up[1]

    return up, level


def _reach(shape: tuple[int, int], face: FaceLandmarks, factor: float = 1.0, crown: float = CROWN) -> np.ndarray:
    """1 where ears, crown and neck can be, falling to 0 over a tenth of the face's size."""
    up, level = _frame(face)
    across = np.array([-up[1], up[0]])
    oval = face.points[list(FACE_OVAL), :2]
    height = level(shape)
    width = (np.arange(shape[1]) + 0.5)[None] * across[0] + (np.arange(shape[0]) + 0.5)[:, None] * across[1]
    below = (oval @ up).min() - height
    sides = np.where(below > 0, -0.05, EARS * factor) * face.size  # the neck is narrower than the face, shirts are not
    beyond = np.maximum.reduce(
        [
            (oval @ across).min() - width - sides,
            width - (oval @ across).max() - sides,
            below - NECK * factor * face.size,
            height - (oval @ up).max() - crown * factor * face.size,
        ]
    )
    return np.clip(1 - beyond / (0.1 * face.size), 0, 1).astype(np.float32)


def _joined(likely: np.ndarray, oval: np.ndarray, size: float) -> np.ndarray:
    """The likeness where it is joined to the face, across gaps as narrow as a drawn outline or a chin's shadow."""
    strong = ((likely > 0.4) | (oval > 0.5)).astype(np.uint8)
    labels = cv2.connectedComponents(cv2.morphologyEx(strong, cv2.MORPH_CLOSE, disc(0.025 * size)))[1]
    at_face = np.unique(labels[oval > 0.5])
    joined = cv2.dilate(np.isin(labels, at_face[at_face > 0]).astype(np.uint8), disc(0.01 * size))
    return likely * joined
