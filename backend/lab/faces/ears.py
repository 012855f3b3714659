"""Ears: each is moved as one piece to where the portrait shows it, and its skin is told from hair."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from scipy.optimize import least_squares

from ...head.mesh import HeadMesh
from ...head.scalp import ear_share
from ...imaging.sample import sample
from ...portrait.parse import Parse
from .silhouette import HeadOutline, PersonOutline, blurred

#: One standard deviation of an ear's shift (face heights) and of the logarithm of its size, of where its outline is
#: seen, and limits of the first two. Of 36 people those that were right lay within 0.103 and 0.21.
SHIFT, GROWTH, EDGE, LIMITS = 0.04, 0.1, 0.006, np.array([0.11, 0.11, 0.3])
#: Share of the limits beyond which nothing was found.
CERTAIN = 0.95
#: Cosine to the line between the ears from which an ear's outline is its rim, and places of it that must be: an ear
#: behind a cheek slides along it. Face heights beyond it where no skin is.
RIM, LEAST, BESIDE = 0.5, 12, 0.025
#: How unsure a pixel's skin is; observations that rim, ear and what lies beside it are each.
UNSURE, TELLING = 0.3, 10
#: Step of the slopes and starts of the fit in each direction, in face heights, and how many starts are followed.
STEP, STARTS, FOLLOWED = 0.004, (-0.05, 0.0, 0.05), 2
#: Median distance between rim and person's outline, in face heights, up to which they are one; share of the ear that
#: must be skin.
MEETS, SKIN = 0.012, 0.6
#: CIELAB spreads of the skin of ears beside the face's, chroma and lightness, and of hair; pixels that must tell.
CHROMA, LIGHT, HAIR, TELL = 9.0, 25.0, np.float32([18, 7, 7]), 100
#: How sure skin must be to be let in, and fully; face heights of the soft border of that, and around an ear where hair
#: guards no skin.
BARE, BORDER, GUARD = (0.3, 0.6), 0.006, 0.015
#: Times that the head beside an ear takes its neighbours' mean share of it: what moves ends softly.
SOFTENED = 6


@dataclass(frozen=True)
class EarMotion:
    """An ear's motion in the picture. middle: (2,) pixels. shift: (2,) pixels. size: what it is multiplied by."""

    middle: np.ndarray
    shift: np.ndarray
    size: float

    def __call__(self, pixels: np.ndarray) -> np.ndarray:
        """(n,2) pixels, moved."""
        return self.middle + self.size * (pixels - self.middle) + self.shift


def ear_parts(mesh: HeadMesh, canonical: np.ndarray) -> np.ndarray:
    """(N,2) 0..1 share of each vertex in the ears of negative and of positive canonical x, with a soft border."""
    share = ear_share(canonical)
    first, second = mesh.welded[mesh.triangles[:, [0, 1, 2]]].ravel(), mesh.welded[mesh.triangles[:, [1, 2, 0]]].ravel()
    count = mesh.welded.max() + 1
    total = np.zeros(count)
    total[mesh.welded] = share
    degree = np.bincount(first, minlength=count) + np.bincount(second, minlength=count)
    for _ in range(SOFTENED):
        beside = np.bincount(first, total[second], count) + np.bincount(second, total[first], count)
        total = np.maximum(total, beside / np.maximum(degree, 1))
    share = total[mesh.welded]
    return np.stack([share * (canonical[:, 0] < 0), share * (canonical[:, 0] > 0)], 1)


def fit_ear(person: PersonOutline, ear: np.ndarray, edge: HeadOutline, across: np.ndarray) -> EarMotion | None:
    """The shift and size that lay an ear on one of the person's; None where that does not show or is too far away.

    Its rim lies on the person's outline, skin shows within it, and none beside it.

    Args:
        ear: (k,2) pixels of its vertices. across: (2,) unit direction from one ear to the other.
    """
    rim = np.abs(edge.directions @ across) > RIM
    if rim.sum() < LEAST:
        return None
    middle, height = ear.mean(0), person.face_height
    beside = edge.places + BESIDE * height * edge.directions

    def motion(values: np.ndarray) -> EarMotion:
        return EarMotion(middle, values[:2] * height, float(np.exp(values[2])))

    def residual(values: np.ndarray) -> np.ndarray:
        move = motion(values)
        off = sample(person.inside, move(edge.places[rim])).astype(np.float64) / EDGE
        parts = (np.sqrt(2 * (np.sqrt(1 + off**2) - 1)), (1 - sample(person.bare, move(ear))) / UNSURE)
        parts += (sample(person.bare, move(beside)) / UNSURE,)
        told = [np.sqrt(TELLING / len(one)) * one for one in parts]
        return np.concatenate([*told, values[:2] / SHIFT, values[2:] / GROWTH])

    def slopes(values: np.ndarray) -> np.ndarray:
        return np.stack([(residual(values + step) - residual(values - step)) / (2 * STEP) for step in steps], 1)

    steps = STEP * np.eye(3)
    starts = sorted(
        (np.array([right, down, 0.0]) for right in STARTS for down in STARTS),
        key=lambda start: (residual(start) ** 2).sum(),
    )
    fits = [
        least_squares(residual, start, slopes, bounds=(-LIMITS, LIMITS), x_scale=0.05, max_nfev=30)
        for start in starts[:FOLLOWED]
    ]
    found = min(fits, key=lambda fit: fit.cost).x
    best = motion(found)
    meets = float(np.median(np.abs(sample(person.inside, best(edge.places[rim])))))
    certain = (np.abs(found) < CERTAIN * LIMITS).all() and meets < MEETS
    return best if certain and sample(person.bare, best(ear)).mean() > SKIN else None


def bare_skin(color: np.ndarray, parse: Parse, face_height: float) -> np.ndarray:
    """(H,W) 0..1: nearer in colour to the person's skin, shaded and flushed, than to the hair; the parse takes many
    ears, which are redder and darker than a face, for hair.

    Args:
        color: (H,W,3) float32 sRGB.
    """
    lab = cv2.cvtColor(blurred(color, 0.01 * face_height), cv2.COLOR_RGB2LAB)
    skin, hair = parse.skin > 0.9, parse.hair > 0.9
    if skin.sum() < TELL:
        return parse.skin
    own = np.median(lab[skin], axis=0)
    follow = np.clip(lab[..., 0] / max(own[0], 1), 0.4, 1)[..., None]
    from_skin = np.hypot(
        np.linalg.norm((lab[..., 1:] - own[1:] * follow) / CHROMA, axis=2), (lab[..., 0] - own[0]) / LIGHT
    )
    if hair.sum() < TELL:
        return np.maximum(parse.skin, parse.person * np.exp(-(from_skin**2) / 2)).astype(np.float32)
    other = np.median(lab[hair], axis=0)
    from_hair = np.linalg.norm((lab - other) / HAIR, axis=2)
    nearer = 1 / (1 + np.exp(3 * (from_skin - from_hair))) * np.clip(3 - from_skin, 0, 1)
    return np.maximum(parse.skin, parse.person * nearer).astype(np.float32)


def with_ears(parse: Parse, ears: np.ndarray, bare: np.ndarray, face_height: float) -> Parse:
    """The parse with the skin of (H,W) ears that were found, and without the hair's guard over them.

    Args:
        bare: (H,W) 0..1 of bare_skin().
    """
    shown = blurred(ears, BORDER * face_height) * np.clip((bare - BARE[0]) / (BARE[1] - BARE[0]), 0, 1)
    side = 2 * max(1, round(GUARD * face_height)) + 1
    freed = cv2.dilate(ears, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
    freed = blurred(freed, BORDER * face_height)
    return replace(parse, skin=np.maximum(parse.skin, shown), hair=parse.hair * (1 - np.maximum(shown, freed)))
