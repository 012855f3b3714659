"""From strain to the maps that Blender mixes: folds and pores, blood, and which half of the face a texel is on."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from ..compose.texels import Texels, find_texels
from ..head.atlas import to_atlas
from ..head.facial_regions import NOSTRILS, FacialRegions, find_facial_regions
from ..head.mesh import HeadMesh
from ..head.sides import texels_per_face
from ..head.uvs import precedence
from ..imaging.sample import LUMINANCE, fill_smoothly, masked_blur, sample_atlas, to_linear
from ..job import Prepared
from ..observation.expression import DEEPEST as FOLD_DEPTH
from .evidence import ExpressionEvidence, correct
from .folds import FROM, FULL, fold_depth
from .strain import CONTROLS, Rest, Strain, reached

#: Logarithm that the end of the scale is: of light, where nothing deeper is a fold, and of blood.
RANGE, BLOOD_RANGE = FOLD_DEPTH, 0.4
#: Share of the blood that stays in skin that is pressed together. Of that in skin that is drawn out both ways 0.3 goes:
#: more of either looked like make-up, and like clay.
STAYS = 0.6
#: Light of skin's own fine detail at most, and how much fainter it gets at most: a jaw that drops draws the mouth's
#: corners to twice their length, and without pores they are clay.
DEEPEST, FAINTEST = 0.12, 0.4


@dataclass(frozen=True)
class Channel:
    """One expression: name of its stem; moves: (N,3) what its shape keys do to the vertices, all of them at 1."""

    name: str
    moves: np.ndarray
    left: tuple[str, ...]  # shape keys that move the half of positive canonical x, the person's left
    right: tuple[str, ...]


@dataclass(frozen=True)
class TileMaps:
    """Of one UDIM tile. folds: (S,S,K) -1..1 of RANGE. blood: (B,B,K) -1..1 of BLOOD_RANGE. left: (B,B) 0..1."""

    folds: np.ndarray
    blood: np.ndarray
    left: np.ndarray


def allowed_folds(positions: np.ndarray, job: Prepared) -> tuple[np.ndarray, FacialRegions]:
    """(S,S) float32 0..1 where skin can fold: not on lips, eyes, brows, nostrils, ears, and not under hair."""
    regions = find_facial_regions(positions)
    nose = np.zeros(regions.shape, np.uint8)
    cv2.fillConvexPoly(nose, cv2.convexHull(np.rint(regions.outline(NOSTRILS)).astype(np.int32)), 1)
    side = 2 * round(0.012 * regions.size) + 1  # nostrils and what is below the nose do not fold
    nose = cv2.GaussianBlur(cv2.dilate(nose, np.ones((side, side), np.uint8)).astype(np.float32), (0, 0), side / 4)
    allowed = 1 - nose
    for name in ("lips", "openings", "brow", "scalp", "ears", "neck"):
        allowed = allowed * (1 - regions[name])
    covers = [one.cover for one in job.coverings] or [np.zeros(regions.shape, np.float32)]
    hair = cv2.resize(np.maximum.reduce(covers), regions.shape, interpolation=cv2.INTER_AREA)
    return (np.clip(allowed, 0, 1) * (1 - np.clip(hair, 0, 1))).astype(np.float32), regions


def make_maps(
    job: Prepared,
    rest: Rest,
    strains: Sequence[Strain],
    evidence: Sequence[ExpressionEvidence],
    bases: dict[int, np.ndarray],
    size: int,
) -> dict[int, TileMaps]:
    """The maps of every tile of the head, for K expressions.

    Args:
        strains: of the K expressions. evidence: what portraits show of them. bases: the texture that they are added to.
        size: of the folds' maps, texels.
    """
    positions = rest.layout.fragments.interpolate(rest.mesh.corners(job.canonical.astype(np.float32)))
    allowed, regions = allowed_folds(positions, job)
    maps = {}
    for number, part in job.tiles.items():

        def order(part=part):
            return precedence(part, job.canonical, job.observation.better_side)

        texels = find_texels(part, size, order)
        place = to_atlas(texels.at(part, job.canonical)).astype(np.float32)
        share = sample_atlas(allowed, place)
        skin = share > 0.002
        place, share = place[skin], share[skin]
        folds = np.zeros((len(strains), len(skin)), np.float32)
        expected = np.stack([fold_depth(strain, allowed, regions, place) for strain in strains])
        if evidence:
            pressed = np.stack([sample_at(np.clip(strain.pressed / FULL, 0, 1), place) * share for strain in strains])
            expected = correct(expected, np.clip(pressed, 0, 1), [one.at(place) for one in evidence])
        folds[:, skin] = expected
        if number in bases:
            own = own_detail(part, job, texels, bases[number])[skin] * share
            for channel, strain in enumerate(strains):
                folds[channel, skin] += own * sample_at(deeper(strain), place)
        coarse = find_texels(part, 256, order)  # texels: blood is smooth
        at = coarse.at(part, job.canonical)
        blood = np.stack([blood_change(strain, regions, to_atlas(at).astype(np.float32)) for strain in strains])
        left = np.clip(0.5 + at[:, 0] / 0.06, 0, 1)  # canonical x over which the halves of the face blend
        maps[number] = TileMaps(
            laid_out(folds / RANGE, texels),
            laid_out(blood / BLOOD_RANGE, coarse),
            fill_smoothly(laid_out(np.stack([left, left]), coarse), coarse.filled)[..., 0],
        )
    return maps


def own_detail(part: HeadMesh, job: Prepared, texels: Texels, base: np.ndarray) -> np.ndarray:
    """(n,) logarithm of light of the texture's own pores and lines."""
    light = np.log(to_linear(base) @ LUMINANCE + 0.02)
    light = np.repeat(light[..., None], 2, 2)  # OpenCV drops one channel
    # face heights: what is finer is detail
    sigma = max(1.0, 0.008 * texels_per_face(part, job.canonical, len(base)))
    own = (light - masked_blur(light, texels.filled, sigma))[..., 0][texels.filled]
    return np.clip(own, -DEEPEST, DEEPEST)


def deeper(strain: Strain) -> np.ndarray:
    """(C,C) by how much skin's own detail is deeper, where it is pressed, or fainter, where it is stretched."""
    more = 0.7 * np.clip((strain.pressed - FROM) / (FULL - FROM), 0, 1)
    return more - np.clip(1.2 * (strain.stretched - strain.pressed), 0, FAINTEST)


def blood_change(strain: Strain, regions: FacialRegions, place: np.ndarray) -> np.ndarray:
    """(n,) logarithm of blood per area: the same blood in less skin makes it redder. Tension closes the vessels of skin
    that is drawn out both ways; drawn out one way it narrows the other, and keeps its blood."""
    eyes = cv2.resize(regions["openings"], (CONTROLS, CONTROLS), interpolation=cv2.INTER_AREA)
    taut = np.maximum(strain.area - np.log1p(strain.stretched), 0)  # logarithm of the smaller stretch
    change = STAYS * np.maximum(-strain.area, 0) - 0.3 * 2 * taut
    change = BLOOD_RANGE * np.tanh(change / BLOOD_RANGE) * (1 - eyes)
    return sample_at(cv2.GaussianBlur(change, (0, 0), 1.0), place)


def sample_at(controls: np.ndarray, place: np.ndarray) -> np.ndarray:
    """(n,) of (C,C) values at control points, smoothly between them."""
    values, here = np.zeros(len(place), np.float32), reached(controls, place)
    values[here] = sample_atlas(controls.astype(np.float32), place[here], cv2.INTER_CUBIC)
    return values


def laid_out(values: np.ndarray, texels: Texels) -> np.ndarray:
    """(S,S,K) float32 -1..1 of (K,n) values of the filled texels; nothing changes beside them."""
    picture = np.zeros((*texels.filled.shape, len(values)), np.float32)
    picture[texels.filled] = np.clip(values, -1, 1).T
    return picture
