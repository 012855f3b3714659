"""What stands before the face of a case: glasses, a hand, a fringe; the builder's occluders, cast into a portrait."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from ...head.atlas import fit_canonical
from ...head.rasterize import rasterize
from ...imaging.pigment import from_absorbance
from ...imaging.sample import sample
from ..texhub import hair, occluders
from ..texhub.views import Eye
from .guard_heads import GuardHead
from .guard_paint import COLOURS
from .truth import TruthPortrait

#: What a case may have of occluders.draw_occluder().
KINDS = ("hair", "glasses", "hand")
#: sRGB of rims and dark lenses; how much darker a hand's edge is than its middle.
RIM, EDGE = (0.05, 0.05, 0.06), 0.35


def cover(head: GuardHead, portrait: TruthPortrait, kind: str, seed: int) -> np.ndarray:
    """(P,P) float32 0..1: how much of each pixel an occluder takes."""
    to_canonical = fit_canonical(head.landmarks)
    mesh, size = head.mesh, portrait.size
    pixels, depth = portrait.project(mesh.vertices.astype(np.float64))
    fragments = rasterize(mesh.corners(pixels), size, size, depth=mesh.corners(depth))
    rows, columns = np.mgrid[:size, :size] + 0.5
    far = 2 * depth.max()
    x, y = ((at - size / 2) / portrait.focal for at in (columns, rows))
    position = -portrait.rotation.T @ portrait.translation
    places = (
        far * np.stack([x, y, np.ones_like(x)], -1) - portrait.translation
    ) @ portrait.rotation  # so far behind the head that all stands before
    shown = fragments.interpolate(mesh.corners(mesh.vertices))
    places = np.where(fragments.covered[..., None], shown, places)
    canonical = to_canonical(places.reshape(-1, 3).astype(np.float64)).reshape(places.shape)
    turn = to_canonical.similarity[:, :3]
    axes = portrait.rotation * [[1], [-1], [-1]] @ turn.T  # right, up, towards the camera
    eye = Eye(to_canonical(position[None])[0], axes / np.linalg.norm(axes, axis=1, keepdims=True))
    recipe = occluders.draw_occluder(kind, np.random.default_rng([seed, 3]))
    taken = 1 - occluders.shown(recipe, canonical.astype(np.float32), eye)
    return np.float32(taken * fragments.covered if kind == "hair" else taken)


def occlude(portrait: TruthPortrait, taken: np.ndarray, case) -> TruthPortrait:
    """The portrait with the occluder that takes (P,P) of its pixels.

    Args:
        case: a GuardCase. A fringe has the colour of its scalp's hair: a portrait with another says that it goes on.
    """
    if case.occluder == "hair":
        colour = hair.GROWN[COLOURS.get(case.hair, "dark brown")]
        paint = from_absorbance(hair.strand_colour(portrait.size, list(colour), case.seed, 0.22))
    elif case.occluder == "hand":
        third = portrait.size // 3
        middle = portrait.color[third : 2 * third, third : 2 * third]
        inner = cv2.GaussianBlur(taken, (0, 0), 0.015 * portrait.size)[..., None]
        paint = np.median(middle.reshape(-1, 3), axis=0) * (1 - EDGE + EDGE * inner)
    else:
        paint = np.asarray(RIM)
    color = portrait.color + taken[..., None] * (paint - portrait.color)
    return replace(portrait, color=np.clip(color, 0, 1).astype(np.float32))


def behind(portrait: TruthPortrait, taken: np.ndarray, points: np.ndarray) -> np.ndarray:
    """(n,) bool: (n,3) points of the head that an occluder hides."""
    pixels, _ = portrait.project(points.astype(np.float64))
    return sample(taken[..., None], pixels.astype(np.float32))[..., 0] > 0.5
