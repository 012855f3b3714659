"""Where the lips end towards each other, in the portrait and on the head: there the warp is cut (warp.py).

Landmarks alone do not say where: the network reads the lower lip's edge across the teeth, the upper one's a few
pixels off, which is half of a thin lip, and a bare head's lips up to 0.03 face heights beside the furrow between them.
So around the landmarks the edges are the likeliest smooth lines, found by dynamic programming in a straightened strip:
in the portrait between regions of two colours (Chan and Vese 2001), or along the dark line where lips touch; on the
head along the furrow, or around a gap.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from ..imaging.sample import sample
from ..portrait.landmark_groups import fill_region
from .camera import Camera
from .landmarks import face_height
from .mesh import HeadMesh
from .rasterize import rasterize

#: MediaPipe's landmarks of each lip, in rows from the opening outwards, without the corners.
UPPER = np.array(
    [
        [191, 80, 81, 82, 13, 312, 311, 310, 415],
        [183, 42, 41, 38, 12, 268, 271, 272, 407],
        [184, 74, 73, 72, 11, 302, 303, 304, 408],
        [185, 40, 39, 37, 0, 267, 269, 270, 409],
    ]
)
LOWER = np.array(
    [
        [95, 88, 178, 87, 14, 317, 402, 318, 324],
        [96, 89, 179, 86, 15, 316, 403, 319, 325],
        [77, 90, 180, 85, 16, 315, 404, 320, 307],
        [146, 91, 181, 84, 17, 314, 405, 321, 375],
    ]
)
#: From corner to corner: where each lip ends towards the other, and towards the skin.
ABOVE, BELOW = ([78, *lip[0], 308] for lip in (UPPER, LOWER))
OVER, UNDER = ([61, *lip[-1], 291] for lip in (UPPER, LOWER))
#: Columns of the strip; it goes on by six rows of the same size beyond the lips.
COLUMNS = 96
#: Shares of a lip's height, from its edge to the skin, that are lip for sure.
CORE = (0.4, 0.85)
#: Face heights behind the lips from which a head's mouth is a gap.
BEHIND = 0.025


class MouthFrame:
    """Along a line (n,2) from corner to corner of a mouth, and across it downwards; in pixels."""

    def __init__(self, line: np.ndarray) -> None:
        self.line, self.start, towards = line, line[0], line[-1] - line[0]
        self.length = max(float(np.linalg.norm(towards)), 1e-6)
        self.along = towards / self.length
        self.down = np.array([-self.along[1], self.along[0]])

    def __call__(self, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(…,) along and across of (…,2) pixels."""
        right, down = (part - float(start) for part, start in zip(np.moveaxis(pixels, -1, 0), self.start, strict=True))
        x, y = map(float, self.along)
        return right * x + down * y, down * x - right * y

    def below(self, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(…,) how far (…,2) pixels lie below the line, and beside its ends."""
        along, across = self(pixels)
        line = np.interp(along, *self(self.line)).astype(along.dtype, copy=False)
        return across - line, np.maximum(np.maximum(-along, along - self.length), 0)


@dataclass(frozen=True)
class LipEdges:
    """upper, lower: (n,2) pixels of where each lip ends towards the other, from the face's right to its left."""

    upper: np.ndarray
    lower: np.ndarray

    @property
    def opening(self) -> float:
        """Pixels, the median."""
        return float(np.median(np.linalg.norm(self.upper - self.lower, axis=1)))

    @property
    def middle(self) -> np.ndarray:
        return (self.upper + self.lower) / 2

    @property
    def outline(self) -> np.ndarray:
        """(2n,2) pixels around what shows between the lips."""
        return np.concatenate([self.upper, self.lower[::-1]])

    def between(self, shape: tuple[int, int]) -> np.ndarray:
        """(H,W) float32 0..1, what shows between the lips; nothing where they touch."""
        loops = [tuple(range(2 * len(self.upper)))] if self.opening >= 1 else []
        return fill_region(shape, self.outline, *loops)


class Strip:
    """The mouth straightened: a column for each step from corner to corner, rows of the same step across.

    above, below, over, under: (COLUMNS,) rows of the landmarks' lines. places: (rows,COLUMNS,2) pixels. height: of the
    face, in rows. row: (rows,1) their middles.
    """

    def __init__(self, points: np.ndarray) -> None:
        self.frame = MouthFrame(points[OVER])
        self.step = self.frame.length / COLUMNS
        self.across = (np.arange(COLUMNS) + 0.5) * self.step
        self.height = face_height(points) / self.step

        def line(loop: list[int]) -> np.ndarray:
            along, down = self.frame(points[loop])
            order = np.argsort(along)
            return np.interp(self.across, along[order], down[order])

        lines = [line([61, *ABOVE, 291]), line([61, *BELOW, 291]), line(OVER), line(UNDER)]
        middle = (lines[0] + lines[1]) / 2
        high, low = (
            np.ceil(max(float(part.max()), 0.0) / self.step) + 6 for part in (middle - lines[2], lines[3] - middle)
        )
        self.first = middle - high * self.step
        self.above, self.below, self.over, self.under = ((one - self.first) / self.step for one in lines)
        self.row = np.arange(int(high + low))[:, None] + 0.5
        self.places = self.pixels(np.broadcast_to(self.row, (len(self.row), COLUMNS)))

    def cost(self, landmarks: np.ndarray) -> np.ndarray:
        """(rows+1,COLUMNS) of a line before each row and after the last, whose landmarks are at (COLUMNS,) rows."""
        line = np.arange(len(self.row) + 1)[:, None]
        # face heights: one standard deviation of landmarks, of twelve smiles
        return 0.5 * ((line - landmarks) / (0.012 * self.height)) ** 2

    def pixels(self, rows: np.ndarray) -> np.ndarray:
        """(…,COLUMNS,2) pixels of (…,COLUMNS) rows."""
        down = self.first + rows * self.step
        return self.frame.start + self.across[:, None] * self.frame.along + down[..., None] * self.frame.down


def find_portrait_edges(picture: np.ndarray, points: np.ndarray) -> LipEdges:
    """The edges of the lips in a portrait: around what shows between them, or the dark line where they touch.

    Args:
        picture: (H,W,3) float32 sRGB. points: (468,2) landmark pixels.
    """
    strip = Strip(points)
    lab = cv2.cvtColor(sample(picture, strip.places), cv2.COLOR_RGB2LAB)
    rows = find_opening(lab, strip)
    if rows is None:
        # landmarks of shut lips are read up to 0.015 apart
        shut = np.median(strip.below - strip.above) < 0.025 * strip.height
        # light falls from above: the line is dark, and what is below it brighter than what is above
        light = lab[..., 0] - cv2.Sobel(lab[..., 0], cv2.CV_32F, 0, 1, scale=1 / 4)
        # CIELAB units of darkness that say as much as one standard deviation of a landmark
        rows = (furrow(light, strip, 10.0),) * 2 if shut else (strip.above, strip.below)
    return LipEdges(*map(strip.pixels, rows))


def find_opening(lab: np.ndarray, strip: Strip) -> tuple[np.ndarray, np.ndarray] | None:
    """(COLUMNS,) rows of the edges of both lips around what shows between them; None where it looks like lips.

    Args:
        lab: (rows,COLUMNS,3) CIELAB.
    """
    row, upper, lower = strip.row, strip.above, strip.below
    inside = (row > upper) & (row < strip.under)
    for first in (True, False):
        lips = core(row, upper, strip.over), core(row, lower, strip.under)
        if min(map(np.count_nonzero, lips)) < COLUMNS:
            return None
        by_lip = [likelihood(lab, lab[lip]) for lip in lips]
        # teeth and the dark between them; what is red and dark is a lip in shade as often as a pocket at a corner
        inside &= lab[..., 1] < 0.7 * max(np.median(lab[lip][:, 1]) for lip in lips)
        if first:
            # three standard deviations from lips
            inside &= np.maximum(*by_lip) < -0.5 * 3.0**2 - np.log(SPREAD).sum()
        if np.count_nonzero(inside) < COLUMNS:
            return None
        within = np.max([likelihood(lab, part) for part in two_kinds(lab[inside], COLUMNS / 2)], 0)
        # the lower lip's colour is sure, the upper one's is mixed with beards and shade
        over, under = within - np.maximum(*by_lip), within - by_lip[1]
        middle = (upper + lower) / 2
        upper = line_between(over, strip.over, middle, strip.cost(strip.above))
        lower = len(row) - line_between(
            under[::-1], len(row) - strip.under, len(row) - middle, strip.cost(strip.below)[::-1]
        )
        inside = (row > upper) & (row < lower)
    return None if np.median(lower - upper) < 1 else (upper, lower)


def core(row: np.ndarray, inner: np.ndarray, outer: np.ndarray) -> np.ndarray:
    """(rows,COLUMNS) bool: what of a lip is lip for sure, between its two lines."""
    share = (row - inner) / np.where(np.abs(outer - inner) < 1, 1, outer - inner)
    return (share > CORE[0]) & (share < CORE[1])


def furrow(values: np.ndarray, strip: Strip, much: float) -> np.ndarray:
    """(COLUMNS,) rows of the line between shut lips, where values (rows,COLUMNS) are least.

    Args:
        much: what of the values says as much as one standard deviation of a landmark.
    """
    # a furrow is darker or deeper than around it, over so many face heights
    low = values - cv2.GaussianBlur(values, (0, 0), 0.03 * strip.height, borderType=cv2.BORDER_REPLICATE)
    cost = strip.cost((strip.above + strip.below) / 2)
    return smooth_line((cost[:-1] + cost[1:]) / 2 + low / much) + 0.5


def find_head_edges(mesh: HeadMesh, camera: Camera, points: np.ndarray) -> LipEdges:
    """The edges of the lips of a head through a camera: along the furrow between them, or around a deep gap.

    Args:
        points: (468,2) the landmarks through the camera.
    """
    strip = Strip(points)
    low = strip.places.reshape(-1, 2).min(0) - 2 * strip.step
    size = np.ceil((strip.places.reshape(-1, 2).max(0) - low) / strip.step).astype(int) + 2
    pixels, depth = camera.project(mesh.vertices.astype(np.float64))
    corners = mesh.corners((pixels - low) / strip.step)
    near = ((corners.max(1) > 0) & (corners.min(1) < size)).all(1)
    fragments = rasterize(corners[near], int(size[0]), int(size[1]), depth=mesh.corners(depth)[near])
    shown = fragments.interpolate(mesh.corners(depth)[near][..., None])[..., 0]
    shown = np.where(fragments.covered, shown, shown[fragments.covered].max() if fragments.covered.any() else 0)
    tall = camera.focal / max(float(np.median(shown)), 1e-9) / strip.step / strip.height  # of depth, to face heights
    away = sample(shown.astype(np.float32), (strip.places - low) / strip.step) * tall
    # face heights of depth that say as much as one standard deviation of a landmark
    return LipEdges(*map(strip.pixels, around_gap(away, furrow(-away, strip, 0.004), strip)))


def around_gap(away: np.ndarray, line: np.ndarray, strip: Strip) -> tuple[np.ndarray, np.ndarray]:
    """(COLUMNS,) rows above and below the line where a head's lips end, both the line's own where they touch.

    Args:
        away: (rows,COLUMNS) depth in face heights. line: (COLUMNS,) rows.
    """
    over, under = strip.row < line, strip.row > line
    lips = over & (strip.row > strip.over), under & (strip.row < strip.under)
    solid = away < np.maximum(*(np.where(lip, away, np.inf).min(0) for lip in lips)) + BEHIND
    upper = np.where(over & solid, strip.row + 0.5, 0).max(0)
    lower = np.where(under & solid, strip.row - 0.5, len(away)).min(0)
    return (line, line) if np.median(lower - upper) < 5 else (upper, lower)  # a gap has five rows at least


#: Least standard deviations of a region's CIELAB colours; with half as much again small openings of a mouth are lost.
SPREAD = np.float32([7, 4, 4])
#: Cost of a step of one row from column to column.
BEND = 4.0


def two_kinds(lab: np.ndarray, least: float) -> list[np.ndarray]:
    """(n,3) CIELAB colours, the bright and the dark apart (two means); kinds of so few colours are left out."""
    light = lab[:, 0]
    low, high = np.percentile(light, (10, 90))
    for _ in range(8):
        bright = np.abs(light - high) < np.abs(light - low)
        if bright.all() or not bright.any():
            return [lab]
        low, high = float(light[~bright].mean()), float(light[bright].mean())
    return [part for part in (lab[bright], lab[~bright]) if len(part) > least] or [lab]


def likelihood(lab: np.ndarray, colours: np.ndarray) -> np.ndarray:
    """(…,) logarithm of the likelihood of (…,3) CIELAB colours, by the normal distribution of (n,3) others."""
    off = np.abs(colours - np.median(colours, axis=0))
    kept = colours[(off < 2.5 * np.maximum(1.4826 * np.median(off, 0), SPREAD)).all(1)]
    covariance = np.cov(kept.T) + np.diag(SPREAD**2)
    away = lab - kept.mean(0)
    squared = np.einsum("...i,ij,...j->...", away, np.linalg.inv(covariance), away)
    return -0.5 * (squared + np.log(np.linalg.det(covariance)))


def line_between(odds: np.ndarray, first: np.ndarray, last: np.ndarray, cost: np.ndarray) -> np.ndarray:
    """(C,) rows of the likeliest smooth line between two others, with one region above it and another below.

    Args:
        odds: (n,C) logarithm of the odds that a cell is of the region below. first, last: (C,) rows between which the
            line lies. cost: (n+1,C) of a line before each row and after the last.
    """
    row = np.arange(len(odds))[:, None] + 0.5
    odds = odds * ((row > first) & (row < last))
    above = np.concatenate([np.zeros((1, odds.shape[1])), np.cumsum(odds, axis=0)])
    line = np.arange(len(odds) + 1)[:, None]
    cost = 2 * above - above[-1] + cost
    return smooth_line(np.where((line < first - 1) | (line > last + 1), 1e6, cost))


def smooth_line(cost: np.ndarray) -> np.ndarray:
    """(C,) rows of the line of least cost (n,C) from column to column, steps being paid for; a little smoothed."""
    total, came = cost[:, 0], []
    for column in cost.T[1:]:
        padded = np.pad(total, 1, constant_values=1e9)
        choices = np.stack([padded[:-2] + BEND, total, padded[2:] + BEND])
        best = choices.argmin(0)
        came.append(best - 1)
        total = choices.min(0) + column
    line = [int(total.argmin())]
    for back in came[::-1]:
        line.append(line[-1] + int(back[line[-1]]))
    found = np.array(line[::-1], np.float64)
    return cv2.GaussianBlur(found[None], (0, 0), 3, borderType=cv2.BORDER_REPLICATE)[0]
