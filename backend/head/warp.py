"""What the camera cannot explain: identity and expression, as a smooth shift in the picture.

A smooth shift would lay teeth on closed lips. Cut along the line between the lips, the half above follows the upper lip
and all of the face but the lower one, the half below the lower lip and all but the upper; both meet at the corners.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..imaging.sample import add_at, picked, planar, sample
from .landmarks import face_height
from .mouth import ABOVE, BELOW, LOWER, UPPER, LipEdges, MouthFrame

#: Cells of the shift's lattice across its square.
LATTICE = 96
#: Face heights: how far into
#: the portrait's lips their ends are taken from, for edges are blurred (-0.3 dB without); and how far from its edge a
#: lip is moved so that it meets the portrait's.
INTO, REACH = 0.003, 0.08


@dataclass(frozen=True)
class ImageWarp:
    """A shift per place of the picture, sampled on a lattice.

    shift: (L,L,2) pixels. origin: (2,) pixel of the lattice's first point. step: pixels between points.
    """

    shift: np.ndarray
    origin: np.ndarray
    step: float

    def __call__(self, pixels: np.ndarray) -> np.ndarray:
        """(…,2) float pixels, moved; bilinear, the border's value (zero) beyond the lattice."""
        return pixels + sample(self.shift, (pixels - self.origin.astype(pixels.dtype)) / self.step + 0.5)


def fit_warp(
    source: np.ndarray,
    target: np.ndarray,
    weights: np.ndarray,
    pinned: np.ndarray | None = None,
    firm: np.ndarray | None = None,
) -> ImageWarp:
    """The warp from projected to portrait landmarks; where pinned (n,) bool, it meets its target within a pixel.

    Args:
        firm: (n,) bool, landmarks that are no outliers however far they are off.
    """
    warp = _fit(source, target, weights, pinned, firm)
    if pinned is None or not pinned.any():
        return warp
    places, axis = source[pinned], np.arange(LATTICE) * warp.step
    grid = np.stack(np.meshgrid(warp.origin[0] + axis, warp.origin[1] + axis), -1)

    def reach(points: np.ndarray) -> np.ndarray:
        squared = ((points[..., None, :] - places) ** 2).sum(-1)
        return np.exp(-squared / (2 * (1.5 * warp.step) ** 2))  # bumps of 1.5 cells

    kernel, spread = reach(places) + 1e-3 * np.eye(len(places)), reach(grid)
    for _ in range(4):  # what the lattice's cells (8 px of a 300 px face) round off at pins
        left = np.linalg.solve(kernel, target[pinned] - warp(places))
        warp = ImageWarp((warp.shift + spread @ left).astype(np.float32), warp.origin, warp.step)
    return warp


def _fit(
    source: np.ndarray, target: np.ndarray, weights: np.ndarray, pinned: np.ndarray | None, firm: np.ndarray | None
) -> ImageWarp:
    """A thin-plate spline from projected to portrait landmarks, fading to nothing outside the face.

    Args:
        source, target: (n,2) pixels. weights: (n,) 0..1; those under 0.05 are left out, residuals beyond three
            times the median are outliers and left out too; pinned ones stay.
    """
    pinned = np.zeros(len(source), bool) if pinned is None else pinned
    low, high = target.min(0), target.max(0)
    middle, radius = (low + high) / 2, float((high - low).max()) / 2
    residual = target - source
    length = np.linalg.norm(residual - np.median(residual, axis=0), axis=1)
    kept = (weights > 0.05) & (length < 3 * max(float(np.median(length[weights > 0.05])), 0.01 * radius))
    kept |= pinned if firm is None else pinned | firm
    step = 5.2 * radius / (LATTICE - 1)
    origin = middle - step * (LATTICE - 1) / 2
    if kept.sum() < 8 and not pinned.any():
        return ImageWarp(np.zeros((LATTICE, LATTICE, 2), np.float32), origin, step)
    ring = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    anchors = middle + 2.3 * radius * np.stack([np.cos(ring), np.sin(ring)], 1)
    points = np.concatenate([source[kept], anchors]) / radius
    values = np.concatenate([residual[kept], np.zeros_like(anchors)])
    loose = (0.006 * 2) ** 2 * 10  # face heights (2 px of 300)
    smoothing = np.concatenate(
        [np.where(pinned, 1e-9, loose / np.maximum(weights, 1e-3))[kept], np.full(len(anchors), loose)]
    )
    _, unique = np.unique(points.round(6), axis=0, return_index=True)
    axis = np.arange(LATTICE) * step
    grid = np.stack(np.meshgrid(origin[0] + axis, origin[1] + axis), -1)
    shift = thin_plate(points[unique], values[unique], smoothing[unique], grid.reshape(-1, 2) / radius)
    shift = shift.reshape(LATTICE, LATTICE, 2)
    away = np.linalg.norm(grid - middle, axis=2) / radius
    fade = np.clip((2.4 - away) / 1.0, 0, 1)
    fade = fade * fade * (3 - 2 * fade)
    return ImageWarp((shift * fade[..., None]).astype(np.float32), origin, step)


def thin_plate(points: np.ndarray, values: np.ndarray, smoothing: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """(m,c) values of a thin-plate spline at (m,2), which (n,c) values at (n,2) points bend by (n,) smoothing (Wahba,
    "Spline models for observational data", 1990)."""

    def plane(places: np.ndarray) -> np.ndarray:
        return np.concatenate([np.ones((len(places), 1)), places], 1)

    def bent(places: np.ndarray) -> np.ndarray:
        squared = (places[:, None, 0] - points[:, 0]) ** 2 + (places[:, None, 1] - points[:, 1]) ** 2
        return squared * np.log(np.maximum(squared, 1e-300)) / 2

    flat = plane(points)
    system = np.block([[bent(points) + np.diag(smoothing), flat], [flat.T, np.zeros((3, 3))]])
    found = np.linalg.solve(system, np.concatenate([values, np.zeros((3, values.shape[1]))]))
    return np.concatenate([bent(part) @ found[:-3] + plane(part) @ found[-3:] for part in np.array_split(wanted, 32)])


@dataclass(frozen=True)
class MouthWarp:
    """Two warps of a face, that meet on a line between its lips.

    upper, lower: each lip's and the rest of the face's but the other lip's. line: (n,2) pixels, from corner to corner.
    """

    upper: LipWarp
    lower: LipWarp
    line: np.ndarray

    def __call__(self, pixels: np.ndarray) -> np.ndarray:
        """(…,2) float pixels, moved."""
        flat = planar(pixels.reshape(-1, 2))
        below, beside = MouthFrame(self.line).below(flat)
        # within half a pixel of the line, and of so much more beyond the corners
        share = np.clip(below / (1 + beside) + 0.5, 0, 1)
        share = share * share * (3 - 2 * share)
        moved = planar(np.zeros_like(flat))
        for lip, its in ((self.upper, 1 - share), (self.lower, share)):
            index = np.flatnonzero(its)
            add_at(moved, index, lip(picked(flat, index)) * its.take(index)[:, None])
        return moved.reshape(pixels.shape)


@dataclass(frozen=True)
class LipWarp:
    """A face's warp that meets one lip's edge exactly.

    warp: of the landmarks. edge: (n,2) pixels where the head's lip ends. missing: (n,2) pixels that the warp leaves
    between that and the portrait's. reach: pixels over which it fades.
    """

    warp: ImageWarp
    edge: np.ndarray
    missing: np.ndarray
    reach: float

    def __call__(self, pixels: np.ndarray) -> np.ndarray:
        """(n,2) float pixels, moved."""
        moved, frame = planar(self.warp(pixels)), MouthFrame(self.edge)
        beside = np.maximum(self.edge.min(0) - pixels, pixels - self.edge.max(0))
        index = np.flatnonzero((beside < self.reach).all(1))
        near = picked(planar(pixels), index)
        fades = np.maximum(1 - np.square(frame.below(near)).sum(0) / self.reach**2, 0) ** 2
        along, start = frame(near)[0], frame(self.edge)[0]
        for plane, part in zip(moved.T, self.missing.T, strict=True):
            plane[index] += fades * np.interp(along, start, part)
        return moved


def fit_face_warp(
    source: np.ndarray,
    target: np.ndarray,
    weights: np.ndarray,
    pinned: np.ndarray,
    edges: tuple[LipEdges, LipEdges] | None = None,
) -> ImageWarp | MouthWarp:
    """fit_warp, cut between the lips where their edges are known, or where the two mouths are not equally open.

    Args:
        source, target: (468,2) pixels. weights: (468,) 0..1. pinned: (468,) bool.
        edges: of the head's lips and of the portrait's; where landmarks say so if None.
    """
    height = face_height(target)
    if edges is None:
        own, shown = (LipEdges(points[ABOVE], points[BELOW]) for points in (source, target))
        # where the openings differ by more, lips are cut apart by landmarks alone
        alike = abs(own.opening - shown.opening) < 0.015 * height
    else:
        own, shown = edges
        source, target, alike = move_lips(source, own), move_lips(target, shown), False
    frame, goal = MouthFrame(own.middle), MouthFrame(shown.middle)
    if alike or (np.diff(frame(own.middle)[0]) <= 0).any():
        return fit_warp(source, target, weights, pinned)
    halves = []
    into = INTO * height * goal.down if shown.opening > 1 else 0.0
    for lip, other, start, end in (
        (UPPER, LOWER, own.upper, shown.upper - into),
        (LOWER, UPPER, own.lower, shown.lower + into),
    ):
        # the lips' own landmarks, and the corners'
        firm = np.isin(np.arange(len(weights)), [*lip.ravel(), 61, 76, 62, 78, 291, 306, 292, 308])
        left = np.where(firm, np.maximum(weights, 0.5) * 20.0, weights)  # lips move far over a short way
        held = pinned.copy()
        left[other], held[other] = 0, False
        warp = fit_warp(source, target, left, held, firm)
        along, across = goal(warp(start))
        missing = (np.interp(along, *goal(end)) - across)[:, None] * goal.down
        halves.append(LipWarp(warp, start, missing, REACH * height))
    return MouthWarp(halves[0], halves[1], own.middle)


def move_lips(points: np.ndarray, edges: LipEdges) -> np.ndarray:
    """(468,2) the landmarks with the lips' inner rows on their edges, and the rows between taken along."""
    along = points[ABOVE[-1]] - points[ABOVE[0]]
    moved = points.copy()
    for rows, edge in ((UPPER, edges.upper), (LOWER, edges.lower)):
        inner = points[rows[0]]
        place = [np.interp(inner @ along, edge @ along, edge[:, axis]) for axis in (0, 1)]
        moved[rows] += np.array([1, 2 / 3, 1 / 3, 0])[:, None, None] * (np.stack(place, 1) - inner)
    return moved
