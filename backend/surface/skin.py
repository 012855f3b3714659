"""Detail of skin that no portrait shows, by example: patches of the person's own bare skin, quilted (quilt.py).

The square of detail is laid onto the head from three directions (triplanar mapping), at one size everywhere, so that
neither the UV map nor the atlas stretches it and no seam shows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import cv2
import numpy as np

from ..head.atlas import to_atlas
from ..head.scalp import EAR
from ..head.sides import Side, sides
from ..imaging.bands import HALF, inner, octaves, smooth
from ..imaging.sample import LUMINANCE, add_at, luminance, picked, planar, sample, sample_atlas
from ..job import Completion, Prepared
from ..observation.observe import at_pixels, visibility
from ..observation.relight import relit, rooted
from ..observation.views import View
from ..verified import verified_arrays
from .bare import bare_skin, between_parts
from .quilt import quilt

#: By lab/training/pores.py. pores: (N,N) int8, periodic light and dark of skin. usual, most: (b,) deviation of
#: luminance by octave of LOWS as a share of the tone, of the median person and of the ninth of ten.
PORES = Path(__file__).with_name("pores.npz")
#: Waves per face height where octaves begin; the last has all that is finer.
LOWS = (16, 32, 64)
COARSEST = LOWS[0]
#: Face heights after which the square repeats, and of a patch's side.
PERIOD, PATCH = 1.0, 0.1
#: Degrees about the upright axis of the views that patches are taken from.
YAWS = (0.0, -45.0, 45.0)
#: Confidence from which skin is photographed.
SURE = 0.7
#: Pixels of detail per face height at most; 1.25 per pixel of the portrait. No fewer for small textures: their texels
#: sample the portrait as they do this (recognised in 82 % of patches; in 87 with as many pixels as texels).
FINEST = 1024
#: Coherence of patches up to which they are used (of seven people foreheads with wrinkles have 0.4 to 0.7, other skin
#: 0.05 to 0.3); rank by how strong their coarsest octave is up to which they are: blemishes and wrinkles are coarser
#: than pores, and recur as worms.
ISOTROPIC, PLAIN = 0.25, 0.25
#: Detail follows the root of the tone of the skin that it lies on, within these ratios.
TONES = (0.6, 1.2)
PAD = 4


@dataclass(frozen=True)
class SkinDetail:
    """square: (N,N,C) float32 to add, periodic, sRGB of colour. tone: luminance of the skin that it was seen on."""

    square: np.ndarray
    tone: float

    def add(
        self, colour: np.ndarray, free: np.ndarray, place: np.ndarray, normals: np.ndarray, atlas: np.ndarray
    ) -> np.ndarray:
        """(n,3) colours with detail.

        Args:
            colour: (n,3) sRGB. free: (n,) 0..1, the share of amplitude that is missing.
            place, normals: (n,3) canonical. atlas: (n,2) where the places lie in the atlas.
        """
        out = colour.copy("K")
        where = free * between_parts(atlas)
        index = np.flatnonzero(where > 0.004)
        if len(index):
            laid, own = self.laid(picked(place, index), picked(normals, index)), picked(colour, index)
            strength = np.clip(np.sqrt(luminance(own) / max(self.tone, 0.02)), *TONES)
            laid *= (where.take(index) * strength)[:, None]
            laid += own
            for plane, values in zip(out.T, np.clip(laid, 0, 1).T, strict=True):
                plane[index] = values
        return out

    @cached_property
    def periodic(self) -> np.ndarray:
        """The square, continued by PAD texels to all sides."""
        return np.pad(self.square, ((PAD, PAD), (PAD, PAD), (0, 0)), mode="wrap")

    def laid(self, place: np.ndarray, normals: np.ndarray) -> np.ndarray:
        """(n,C), planar(), of the square from the three axes; their squared shares add up to 1: it keeps its power."""
        share = normals**2
        for _ in range(2):
            share *= share  # to the eighth: directions mix in a narrow band, for mixed pores are none
        share = share / np.maximum(np.sqrt((share**2).sum(1, keepdims=True)), 1e-9)
        size = len(self.square)
        total = np.zeros((self.square.shape[2], len(place)), np.float32).T
        for axis, (across, down) in enumerate(((2, 1), (0, 2), (0, 1))):
            use = np.flatnonzero(share[:, axis] > 0.02)
            if len(use):
                # another part of the square for each axis, and for its two sides
                start = np.float32(0.37 * axis) + np.float32(0.19) * (normals[:, axis].take(use) < 0)
                spot = np.stack([place[:, across].take(use) + start, start - place[:, down].take(use)]) * (
                    size / PERIOD
                )
                spot -= size * np.floor(spot / size)
                laid = planar(sample(self.periodic, (spot + PAD).T, cv2.INTER_CUBIC).reshape(len(use), -1))
                add_at(total, use, laid * share[:, axis].take(use)[:, None])
        return total


def find_skin(job: Prepared, generated: Completion, seed: int) -> SkinDetail | None:
    """The detail of the first portrait's own skin, or of a photograph's that shows too little, of other skin; None for
    other pictures that do.

    Args:
        generated: without light.
    """
    view, random = job.views[0], np.random.default_rng(seed)
    gain = view.gain(generated)
    root = None if gain is None else rooted(gain)
    density = min(1.25 * view.registration.face_height, FINEST)
    found, tones = [], []
    for side in sides(job.mesh, job.canonical, density, YAWS):
        picture, skin = photographed(view, side, job.canonical, root)
        if skin.any():
            fine = picture - smooth(picture, skin, HALF * density / COARSEST)
            found.append(cut_patches(fine, skin, round(PATCH * density), random))
            tones.append(picture[skin] @ LUMINANCE)
    tone, size = float(np.median(np.concatenate(tones or [generated @ LUMINANCE], axis=None))), round(PERIOD * density)
    patches, places = regular(found)
    if len(patches) >= 20:  # each comes with its seven turned and mirrored images
        return SkinDetail(held(quilt(patches, places, size, random), density, tone), tone)
    return SkinDetail(pores(size) * tone, tone) if job.style == "photo" else None


def photographed(
    view: View, side: Side, canonical: np.ndarray, root: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """(H,W,3) sRGB without light, and (H,W) bool: bare skin that faces a side and that the portrait shows well.

    Args:
        canonical: (N,3) of the vertices. root: see relit().
    """
    place = side.at(canonical)
    skin = side.facing > 0.8
    skin[skin] = (bare_skin(place[skin]) > 0.98) & (np.abs(place[skin, 0]) < EAR)
    picture = np.zeros((*skin.shape, 3), np.float32)
    if skin.any():
        seen, atlas = view.observation, to_atlas(place[skin])
        points = side.at(side.mesh.vertices)[skin].astype(np.float64)
        pixels, sure = visibility(view.registration, points, side.at(view.registration.normals)[skin], place[skin])
        sure = sure * at_pixels(seen.mask, pixels) * (sample_atlas(seen.confidence, atlas) > 0.1)
        lit = sample(seen.portrait, pixels, cv2.INTER_CUBIC)
        picture[skin] = lit if root is None else relit(lit, sample_atlas(root, atlas))
        skin[skin] = sure > SURE
    return picture, skin


def cut_patches(
    fine: np.ndarray, skin: np.ndarray, side: int, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """(p,k,k,3) some squares of a (H,W,3) picture that lie within the (H,W) bool skin, and (p,2) their corners."""
    places = np.argwhere(inner(skin, side * 0.6))
    corners = places[random.permutation(len(places))[:130]] - side // 2
    corners = corners[((corners >= 0) & (corners <= np.array(skin.shape) - side)).all(1)]
    cut = [fine[top : top + side, left : left + side] for top, left in corners]
    return np.array(cut, np.float32).reshape(-1, side, side, 3), corners


def regular(found: Sequence[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """(p,k,k,3) patches of several pictures without direction, turned and mirrored; (p,3) picture
    and place of each.

    Args:
        found: of cut_patches().
    """
    if not found:
        return np.zeros((0, 1, 1, 3), np.float32), np.zeros((0, 3))
    patches = np.concatenate([cut for cut, _ in found])
    apart = 2 * max(int(corners.max(initial=0)) for _, corners in found) + 1
    places = np.concatenate(
        [np.pad(corners, ((0, 0), (1, 0)), constant_values=n * apart) for n, (_, corners) in enumerate(found)]
    )
    kept = coherence(patches) <= ISOTROPIC
    if kept.any():
        finer = HALF * patches.shape[1] / (PATCH * 2 * COARSEST)
        coarse = np.array([cv2.GaussianBlur(patch, (0, 0), finer).std() for patch in patches @ LUMINANCE])
        kept &= coarse <= np.quantile(coarse[kept], PLAIN)
    patches, places = patches[kept], places[kept]
    both = np.concatenate([patches, patches[:, :, ::-1]])
    return np.concatenate([np.rot90(both, turns, (1, 2)) for turns in range(4)]), np.tile(places, (8, 1))


def coherence(patches: np.ndarray) -> np.ndarray:
    """(p,) 0..1 of (p,k,k,3): how far a patch's gradients have one direction, by their structure tensor."""
    down, across = np.gradient(patches @ LUMINANCE, axis=(1, 2))
    a, b, c = ((one * two).mean((1, 2)) for one, two in ((across, across), (across, down), (down, down)))
    return np.hypot(a - c, 2 * b) / np.maximum(a + c, 1e-12)


def held(square: np.ndarray, density: float, tone: float) -> np.ndarray:
    """(N,N,3) float32: a periodic square none of whose octaves is stronger than skin's.

    Args:
        density: pixels per face height. tone: luminance of the skin.
    """
    lows = [low for low in LOWS if 4 * low <= density] or [LOWS[0]]
    bands = octaves((square @ LUMINANCE)[..., None], np.ones(square.shape[:2]), density, lows)
    size = len(square)
    wide = np.pad(square, ((size // 2,) * 2, (size // 2,) * 2, (0, 0)), mode="wrap")
    middle = (slice(size // 2, size // 2 + size),) * 2
    left, out = square, np.zeros_like(square)
    for band, low, most in zip(bands, lows, learnt()["most"], strict=False):
        finer = 0 if low == lows[-1] else square - cv2.GaussianBlur(wide, (0, 0), HALF * density / (2 * low))[middle]
        out += (left - finer) * min(1.0, most * tone / max(float(band.std()), 1e-9))
        left = finer
    return out


@cache
def learnt() -> dict[str, np.ndarray]:
    """The arrays of PORES."""
    return verified_arrays(PORES)


def pores(size: int) -> np.ndarray:
    """(size,size,3) float32, periodic: pores as strong as the median person's, as shares of the tone."""
    stored = learnt()["pores"].astype(np.float32)
    square = cv2.resize(stored, (size, size), interpolation=cv2.INTER_AREA if size < len(stored) else cv2.INTER_CUBIC)
    [band] = octaves(square[..., None], np.ones((size, size)), size / PERIOD, LOWS[:1])
    return np.repeat(square[..., None] * (learnt()["usual"][0] / max(float(band.std()), 1e-9)), 3, 2)
