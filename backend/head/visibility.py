"""Which points of the head the portrait shows, and how well."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from .rasterize import rasterize

#: Cosines between surface normal and view where confidence begins and is full. Skin at more than 60 degrees (0.5)
#: is stretched, and lies on the wrong side of an outline where the registration is off; hair may be either.
SKIN, HAIR = (0.3, 0.72), (0.22, 0.62)
#: Longest side of the z-buffer in pixels, which covers the head, whatever the portrait's size; depth step between
#: neighbours, as a share of the head, that counts as an occlusion edge.
BUFFER, STEP = 900, 0.02
#: Buffer pixels from an occlusion edge where confidence begins and is full: registration is off by about 5.
CLEAR = 2.0, 9.0
#: The same at most for what lies behind an edge, as the far cheek beside a nose, and so much for each share of the head
#: that the edge is deep: noses stick out unlike far, which moves their outlines. At 35 degrees of yaw those of a man's
#: portrait and of VALID's head lay up to 20 apart at edges of 0.09, and a nose was left on the cheek.
BEHIND, DEEP = (12.0, 36.0), (140.0, 430.0)
#: Buffer pixels around a place that are asked whether they hide it. Folds hide by less than STEP, as eyelids do, and
#: where one pixel decides, the lids of a texture are striped like a comb.
SOFT = 3
#: Within six buffer pixels around an open mouth, and an eye, depth steps are the lips' and the lids'; the same as
#: CLEAR at the openings of eyes, whose edges the landmarks hold: with nine pixels lashes are made-up skin.
LIDS = (0.5, 3.5)


@dataclass(frozen=True)
class DepthView:
    """A z-buffer of the registered head, through the portrait's camera.

    depth: (h,w) float32, inf where the head is not. clear: (h,w) float32 0..1, how far clear of occlusion edges.
    sharp: (h,w) bool, where edges are known to a pixel.
    origin: (2,) portrait pixel of the buffer's corner. scale: buffer pixels per portrait pixel. extent: the portrait's
    (width, height). tolerance: mesh units.
    """

    depth: np.ndarray
    clear: np.ndarray
    sharp: np.ndarray
    origin: np.ndarray
    scale: float
    extent: tuple[int, int]
    tolerance: float

    def visible(self, pixels: np.ndarray, depth: np.ndarray) -> np.ndarray:
        """(…,) float32 0..1 for points at (…,2) portrait pixels and (…,) depth: not hidden, and clear of edges."""
        height, width = self.depth.shape
        inside, cells = np.ones(len(depth := depth.reshape(-1)), bool), []
        for plane, most, start, side in zip(pixels.reshape(-1, 2).T, self.extent, self.origin, (width, height)):
            cell = (plane - float(start)) * float(self.scale)
            inside &= (plane >= 0) & (plane < most) & (cell >= 0) & (cell < side)
            cells.append(cell)
        seen = np.flatnonzero(inside)
        x, y = (cell.take(seen) for cell in cells)
        number = y.astype(int) * width + x.astype(int)
        share = np.zeros(len(depth), np.float32)
        unhidden = self._unhidden(x, y, number, depth.take(seen) - float(self.tolerance))
        share[seen] = unhidden * self.clear.ravel().take(number)
        return share.reshape(pixels.shape[:-1])

    @cached_property
    def _around(self) -> tuple[np.ndarray, np.ndarray]:
        """(h*w,) the least and the greatest depth around each pixel; nothing is mixed where edges are sharp."""
        around = np.ones((2 * SOFT + 1,) * 2, np.uint8)
        nearest, farthest = cv2.erode(self.depth, around), cv2.dilate(self.depth, around)
        return np.where(self.sharp, np.inf, nearest).ravel(), farthest.ravel()

    @cached_property
    def _continued(self) -> np.ndarray:
        """(h+2*SOFT,w+2*SOFT) the depth, with SOFT of its pixels beyond each side."""
        return cv2.copyMakeBorder(self.depth, SOFT, SOFT, SOFT, SOFT, cv2.BORDER_REPLICATE)

    def _unhidden(self, x: np.ndarray, y: np.ndarray, number: np.ndarray, depth: np.ndarray) -> np.ndarray:
        """(n,) 0..1, the share of the buffer around (n,) places, by its distance, that hides nothing at (n,) depth:
        percentage-closer filtering (Reeves, Salesin and Cook 1987).

        Args:
            number: (n,) of the pixels in which the places lie, row by row.
        """
        share = (depth <= self.depth.ravel().take(number)).astype(np.float32)
        nearest, farthest = (part.take(number) for part in self._around)
        mixed = np.flatnonzero((depth > nearest) & (depth <= farthest))
        depth, buffer, steps = depth.take(mixed), self._continued.ravel(), range(1 - SOFT, 1 + SOFT)
        columns, rows = (part.take(mixed) - 0.5 for part in (x, y))
        left, top = (np.floor(part) for part in (columns, rows))
        across, down = (
            [(SOFT - np.abs(step - part)) / SOFT**2 for step in steps] for part in (columns - left, rows - top)
        )
        wide = self._continued.shape[1]
        first = (top.astype(int) + 1) * wide + left.astype(int) + 1  # of steps from 1 - SOFT on
        total = np.zeros(len(mixed), depth.dtype)
        for row, high in enumerate(down):
            of_row = np.zeros_like(total)
            for column, weight in enumerate(across):
                of_row += weight * (depth <= buffer[row * wide + column :].take(first))
            total += high * of_row
        share[mixed] = total
        return share


def depth_view(
    corner_pixels: np.ndarray,
    corner_depth: np.ndarray,
    extent: tuple[int, int],
    size: float,
    mouth: np.ndarray | None = None,
    eyes: Sequence[np.ndarray] = (),
) -> DepthView:
    """Rasterise the head through the portrait's camera.

    Args:
        corner_pixels: (M,3,2) portrait pixels, registered and warped. corner_depth: (M,3) along the view axis.
        extent: the portrait's (width, height). size: the head's extent in mesh units, sets the depth tolerance.
        mouth: (n,2) portrait pixels around what shows between the lips. Their edges are known to a pixel, so nothing
            need be kept clear of them.
        eyes: (n,2) portrait pixels around each eye's opening, where landmarks were read in a face. Beyond these little
            need be kept clear of sockets' edges; within them lie eyeballs, which no lid may get.
    """
    flat = corner_pixels.reshape(-1, 2)
    low = np.maximum(np.percentile(flat, 0.5, axis=0) - 4, -0.2 * np.array(extent))
    high = np.minimum(np.percentile(flat, 99.5, axis=0) + 4, 1.2 * np.array(extent))
    scale = BUFFER / max(float((high - low).max()), 1.0)
    w, h = (max(8, int(side)) for side in (high - low) * scale)
    fragments = rasterize((corner_pixels - low) * scale, w, h, depth=corner_depth)
    covered = fragments.covered
    depth = np.full((h, w), np.inf, np.float32)
    depth[covered] = np.einsum(
        "nk,nk->n", fragments.barycentric[covered], corner_depth[fragments.triangle[covered]].astype(np.float32)
    )
    beyond = np.where(covered, depth, depth[covered].max() + size if covered.any() else 0).astype(np.float32)
    kernel = np.ones((3, 3), np.uint8)
    nearest, farthest = cv2.erode(beyond, kernel), cv2.dilate(beyond, kernel)
    jump = farthest - nearest > STEP * size
    lips, open_eyes = (
        _filled([(outline - low) * scale for outline in outlines], (h, w))
        for outlines in ([] if mouth is None else [mouth], eyes)
    )
    sharp, lids = (cv2.dilate(part, kernel, iterations=6) > 0 for part in (lips, open_eyes))
    jump &= ~sharp
    beside = _away(jump & lids)
    beside = np.where(open_eyes > 0, ramp(beside, *CLEAR), ramp(beside, *LIDS))
    clear = np.minimum(ramp(_away(jump & ~lids), *CLEAR), beside)
    within = jump & (cv2.erode(covered.astype(np.uint8), kernel) > 0)
    if within.any():
        clear = np.minimum(clear, clear_behind(within, beyond, nearest, farthest, size))
    return DepthView(depth, clear, sharp, low, scale, extent, 0.012 * size)


def _filled(outlines: Sequence[np.ndarray], shape: tuple[int, int]) -> np.ndarray:
    """(h,w) uint8, 1 within (n,2) outlines in buffer pixels."""
    filled = np.zeros(shape, np.uint8)
    return cv2.fillPoly(filled, [np.rint(outline).astype(np.int32) for outline in outlines], 1)


def _away(edges: np.ndarray) -> np.ndarray:
    """(h,w) float32 pixels from the nearest of the (h,w) bool edges; far where there is none."""
    return cv2.distanceTransform((~edges).astype(np.uint8), cv2.DIST_L2, 3)


def clear_behind(
    edges: np.ndarray, depth: np.ndarray, nearest: np.ndarray, farthest: np.ndarray, size: float
) -> np.ndarray:
    """(h,w) float32 0..1, how far clear each pixel is of the (h,w) bool edge that hides what is beside it, if any.

    Args:
        depth: (h,w). nearest, farthest: (h,w), around the edges. size: the head's extent; all in mesh units.
    """
    away, label = cv2.distanceTransformWithLabels(
        (~edges).astype(np.uint8), cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL
    )
    between, deep = np.zeros((2, label.max() + 1), np.float32)
    between[label[edges]] = (nearest + farthest)[edges] / 2
    deep[label[edges]] = (farthest - nearest)[edges] / size
    deep = deep[label]
    limits = (np.clip(each * deep, low, most) for each, low, most in zip(DEEP, CLEAR, BEHIND, strict=True))
    return np.where(depth > between[label], ramp(away, *limits), np.float32(1))


def ramp(away: np.ndarray, begin: np.ndarray | float, full: np.ndarray | float) -> np.ndarray:
    """(…,) float32 0..1 between two limits."""
    return np.clip((away - begin) / (full - begin), 0, 1).astype(np.float32)


def facing(points: np.ndarray, normals: np.ndarray, eye: np.ndarray) -> np.ndarray:
    """(…,) cosine between the (…,3) normals and the direction to the camera at eye (3,)."""
    towards = [float(own) - part for own, part in zip(eye, np.moveaxis(points, -1, 0), strict=True)]
    normal = np.moveaxis(normals, -1, 0)
    along = sum(part * own for part, own in zip(normal, towards, strict=True))
    lengths = (np.sqrt(sum(part * part for part in vectors)) for vectors in (normal, towards))
    return along / np.maximum(np.prod(list(lengths), 0), 1e-12)


def grazing_confidence(cosine: np.ndarray, hair: np.ndarray | float = 0.0) -> np.ndarray:
    """Smooth 0..1 of the cosine to the view, between the limits of SKIN and, where hair (…,) 0..1 grows, of HAIR."""
    begin, full = (a + hair * (b - a) for a, b in zip(SKIN, HAIR, strict=True))
    ramp = np.clip((cosine - begin) / (full - begin), 0, 1)
    return (ramp * ramp * (3 - 2 * ramp)).astype(np.float32)
