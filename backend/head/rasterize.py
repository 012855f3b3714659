"""Triangles to pixels: which triangle covers each pixel's centre, and where in it.

One rasteriser serves the view of the head, the portrait's z-buffer, the atlas and the artist's UV map. Triangles are
cut into spans, the runs of pixels that they cover in one row. Where no two spans overlap, as in a clean UV map, a
picture of span numbers is one running sum over their starts and ends: no pixel is asked whether it lies inside.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..threads import CORES, start_threads

#: Candidate pixels handled at once where spans overlap: 2 M keep the working set near 100 MB.
CHUNK = 2_000_000
#: Triangles cut into spans at once, and pixels evaluated: the working set stays in the processor's cache.
SHARE = 1 << 15
#: NumPy lets go of Python's lock in its loops, so two threads nearly halve the time.
POOL = start_threads(min(4, CORES))


@dataclass(frozen=True)
class Spans:
    """Runs of pixels in one row, in the order of their triangles.

    triangle: (n,) int32. start, length: (n,) int32, first pixel in the flattened picture, and how many.
    weights: (n,2) float64 barycentric b and c at the first pixel's centre. slopes: (n,2) their change per pixel.
    """

    triangle: np.ndarray
    start: np.ndarray
    length: np.ndarray
    weights: np.ndarray
    slopes: np.ndarray


@dataclass(frozen=True)
class Fragments:
    """Coverage of an image of height H and width W; what its pixels hold is worked out when it is asked for.

    number: (H,W) int32, each pixel's span, counted from 1; 0 where nothing is.
    """

    number: np.ndarray
    spans: Spans

    @cached_property
    def covered(self) -> np.ndarray:
        """(H,W) bool."""
        return self.number > 0

    @cached_property
    def triangle(self) -> np.ndarray:
        """(H,W) int32, -1 where nothing is."""
        return np.concatenate([np.int32([-1]), self.spans.triangle])[self.number]

    @cached_property
    def barycentric(self) -> np.ndarray:
        """(H,W,3) float32, zero where nothing is."""
        b, c = self.spans.weights.T
        b_slope, c_slope = self.spans.slopes.T
        return self._along(np.stack([1 - b - c, b, c], 1), np.stack([-b_slope - c_slope, b_slope, c_slope], 1))

    def at(self, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(n,) int32 triangles and (n,3) float32 barycentric weights, planes in memory, of (n,) covered pixels, counted
        row by row."""
        triangle, weights = np.empty(len(pixels), np.int32), np.empty((3, len(pixels)), np.float32)
        spans, number = self.spans, self.number.ravel()

        def share(low: int) -> None:
            own = slice(low, low + SHARE)
            span = number.take(pixels[own]) - 1
            along = pixels[own] - spans.start.take(span)
            triangle[own] = spans.triangle.take(span)
            first, slope = spans.weights.take(span, 0), spans.slopes.take(span, 0)
            for corner in (0, 1):
                weights[corner + 1, own] = first[:, corner] + slope[:, corner] * along
            weights[0, own] = 1 - weights[1, own] - weights[2, own]

        list(POOL.map(share, range(0, len(pixels), SHARE)))
        return triangle, weights.T

    def interpolate(self, corner_values: np.ndarray) -> np.ndarray:
        """(H,W,C) float32 from (M,3,C) values at triangle corners; zero where nothing is."""
        spans = self.spans
        first = np.empty((len(spans.start), corner_values.shape[2]), np.float32)
        slope = np.empty_like(first)

        def share(low: int) -> None:
            own = slice(low, low + SHARE)
            corner = corner_values[spans.triangle[own]]
            a, ab, ac = corner[:, 0], corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]
            weights, slopes = spans.weights[own], spans.slopes[own]
            first[own] = a + weights[:, :1] * ab + weights[:, 1:] * ac
            slope[own] = slopes[:, :1] * ab + slopes[:, 1:] * ac

        list(POOL.map(share, range(0, len(first), SHARE)))
        return self._along(first, slope)

    def _along(self, first: np.ndarray, slope: np.ndarray) -> np.ndarray:
        """(H,W,C) from each span's values at its first pixel and their change per pixel, both (n,C)."""
        count, channels = first.shape
        # one row per span, fetched once per pixel (rows of 16 bytes are fetched fastest); row 0 is the empty pixel
        table = np.zeros((count + 1, (2 * channels + 4) // 4 * 4), np.float32)
        table[1:, 0].view(np.int32)[:] = self.spans.start
        table[1:, 1 : 1 + channels], table[1:, 1 + channels : 1 + 2 * channels] = first, slope
        number = self.number.ravel()
        out = np.empty((number.size, channels), np.float32)

        def band(low: int) -> None:
            high = min(low + SHARE, number.size)
            rows = np.take(table, number[low:high], axis=0, mode="clip")
            along = (np.arange(low, high, dtype=np.int32) - rows[:, 0].view(np.int32)).astype(np.float32)
            for channel in range(1, channels + 1):
                step = rows[:, channel + channels] * along
                step += rows[:, channel]
                out[low:high, channel - 1] = step

        list(POOL.map(band, range(0, number.size, SHARE)))
        return out.reshape(*self.number.shape, channels)


def rasterize(corners: np.ndarray, width: int, height: int, depth: np.ndarray | None = None) -> Fragments:
    """Rasterise triangles given in pixels.

    Args:
        corners: (M,3,2) float, x to the right and y down; pixel centres lie at +0.5. Not finite means: not drawn.
        depth: (M,3) float, the smallest wins; linear in the picture. None: the last triangle wins.
    """
    spans = _spans(corners, width, height)
    number = _sum_of_starts(spans, width * height) if depth is None else None
    if number is None:
        spans, number = _visible(spans, _resolve(spans, width * height, depth))
    return Fragments(number.reshape(height, width), spans)


def drawn_times(corners: np.ndarray, width: int, height: int) -> np.ndarray:
    """(H,W) int: how many triangles cover each pixel."""
    spans, pixels = _spans(corners, width, height), width * height
    change = np.bincount(spans.start, minlength=pixels + 1)
    change -= np.bincount(spans.start + spans.length, minlength=pixels + 1)
    return np.cumsum(change[:pixels]).reshape(height, width)


def drawn_twice(corners: np.ndarray, width: int, height: int) -> float:
    """0..1: the share of the covered pixels that several triangles cover."""
    times = drawn_times(corners, width, height)
    return float((times > 1).sum() / max((times > 0).sum(), 1))


def texels_wanted(corners: np.ndarray, width: int, height: int) -> np.ndarray:
    """(M,) how many pixels each triangle would cover, were there no other."""
    spans = _spans(corners, width, height)
    return np.bincount(spans.triangle, spans.length, minlength=len(corners))


def _spans(corners: np.ndarray, width: int, height: int) -> Spans:
    shares = [slice(i, i + SHARE) for i in range(0, len(corners), SHARE)]
    return _joined(list(POOL.map(lambda share: _cut(corners, share, width, height), shares)))


def _cut(corners: np.ndarray, share: slice, width: int, height: int) -> Spans:
    """The spans of some triangles. A centre on a left or upper edge is inside, on a right or lower one outside."""
    points = np.asarray(corners[share], np.float64)
    x, y = np.ascontiguousarray(points[..., 0].T), np.ascontiguousarray(points[..., 1].T)
    drawn = np.isfinite(points).all((1, 2))
    area = (x[1] - x[0]) * (y[2] - y[0]) - (x[2] - x[0]) * (y[1] - y[0])
    reach = np.ceil(np.clip([y.min(0), y.max(0)], -1, height + 1) - 0.5)
    kept = np.nonzero(drawn & (np.abs(area) > 1e-12) & (reach[1] > reach[0]) & (x.max(0) > 0) & (x.min(0) < width))[0]
    x, y, inverse = x[:, kept], y[:, kept], 1 / area[kept]
    # barycentric slopes along x and y
    bx, by = (y[2] - y[0]) * inverse, (x[0] - x[2]) * inverse
    cx, cy = (y[0] - y[1]) * inverse, (x[1] - x[0]) * inverse
    xa, ya = x[0], y[0]
    # corners from top to bottom: neighbours then compute their common edge from the same numbers, to the last bit
    (x0, y0), (x1, y1), (x2, y2) = _sorted((x[0], y[0]), (x[1], y[1]), (x[2], y[2]))
    with np.errstate(divide="ignore", invalid="ignore"):
        whole, upper, lower = (x2 - x0) / (y2 - y0), (x1 - x0) / (y1 - y0), (x2 - x1) / (y2 - y1)
    rows = [np.ceil(np.clip(level, 0, height) - 0.5).astype(np.int64) for level in (y0, y1, y2)]
    # two halves of each triangle, above and below its middle corner
    first = np.stack(rows[:2], 1).ravel()
    count = np.maximum(np.stack(rows[1:], 1).ravel() - first, 0)
    half = np.repeat(np.arange(len(count)), count)
    owner = half >> 1
    row = np.arange(len(half)) - np.repeat(np.cumsum(count) - count - first, count)
    level = row + 0.5
    far = x0[owner] + (level - y0[owner]) * whole[owner]
    near = (
        np.stack([x0, x1], 1).ravel()[half]
        + (level - np.stack([y0, y1], 1).ravel()[half]) * np.stack([upper, lower], 1).ravel()[half]
    )
    left = np.ceil(np.clip(np.minimum(far, near), 0, width) - 0.5).astype(np.int64)
    length = np.ceil(np.clip(np.maximum(far, near), 0, width) - 0.5).astype(np.int64) - left
    some = np.nonzero(length > 0)[0]
    owner, row, left = owner[some], row[some], left[some]
    dx, dy = left + 0.5 - xa[owner], row + 0.5 - ya[owner]
    slopes = np.stack([bx[owner], cx[owner]], 1)
    weights = np.stack([dx * slopes[:, 0] + dy * by[owner], dx * slopes[:, 1] + dy * cy[owner]], 1)
    return Spans(
        (kept[owner] + share.start).astype(np.int32),
        (row * width + left).astype(np.int32),
        length[some].astype(np.int32),
        weights,
        slopes,
    )


def _sorted(*points: tuple[np.ndarray, np.ndarray]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Three corners of every triangle by y, then x."""
    ordered = list(points)
    for i, j in ((0, 1), (1, 2), (0, 1)):
        (ax, ay), (bx, by) = ordered[i], ordered[j]
        swap = (ay > by) | ((ay == by) & (ax > bx))
        ordered[i] = np.where(swap, bx, ax), np.where(swap, by, ay)
        ordered[j] = np.where(swap, ax, bx), np.where(swap, ay, by)
    return ordered


def _joined(parts: list[Spans]) -> Spans:
    if not parts:
        none = np.zeros(0, np.int32)
        return Spans(none, none, none, np.zeros((0, 2)), np.zeros((0, 2)))
    return Spans(*(np.concatenate(column) for column in zip(*(vars(part).values() for part in parts))))


def _sum_of_starts(spans: Spans, pixels: int) -> np.ndarray | None:
    """(pixels,) int32 span numbers from 1, 0 where nothing is; None when spans overlap."""
    number = np.zeros(pixels + 1, np.int32)
    own = np.arange(1, len(spans.start) + 1, dtype=np.int32)
    number[spans.start] = own
    number[spans.start + spans.length] -= own
    number = np.cumsum(number[:pixels], dtype=np.int32, out=number[:pixels])
    # the last of several overlapping spans begins inside another: the sum there is more than its own number
    return number if np.array_equal(number[spans.start], own) else None


def _resolve(spans: Spans, pixels: int, depth: np.ndarray | None) -> np.ndarray:
    """(pixels,) int32 span numbers from 1, 0 where nothing is: the nearest, or the last."""
    number = np.zeros(pixels, np.int32)
    if depth is not None:
        nearest = np.full(pixels, np.inf)
        a, b, c = np.asarray(depth, np.float64)[spans.triangle].T
        z = a + spans.weights[:, 0] * (b - a) + spans.weights[:, 1] * (c - a)
        slope = spans.slopes[:, 0] * (b - a) + spans.slopes[:, 1] * (c - a)
    total = np.cumsum(spans.length, dtype=np.int64)
    cuts = np.searchsorted(total, np.arange(CHUNK, (total[-1] if len(total) else 0) + CHUNK, CHUNK)) + 1
    first = 0
    for last in cuts:
        length = spans.length[first:last]
        along = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)
        pixel = np.repeat(spans.start[first:last], length) + along
        own = np.repeat(np.arange(first + 1, first + 1 + len(length), dtype=np.int32), length)
        if depth is not None:
            far = np.repeat(z[first:last], length) + along * np.repeat(slope[first:last], length)
            np.minimum.at(nearest, pixel, far)
            front = far <= nearest[pixel]
            own, pixel = own[front], pixel[front]
        number[pixel] = own
        first = last
    return number


def _visible(spans: Spans, number: np.ndarray) -> tuple[Spans, np.ndarray]:
    """Only the spans that some pixel shows, and their new numbers."""
    shown = np.zeros(len(spans.start) + 1, bool)
    shown[number] = True
    shown[0] = False
    kept = shown[1:]
    return Spans(*(column[kept] for column in vars(spans).values())), np.cumsum(shown, dtype=np.int32)[number]


def texel_corners(corner_uvs: np.ndarray, size: int) -> np.ndarray:
    """(M,3,2) pixels of a size x size texture with row 0 on top, from UVs with their origin at the lower left."""
    return np.stack([corner_uvs[..., 0] * size, (1.0 - corner_uvs[..., 1]) * size], -1)
