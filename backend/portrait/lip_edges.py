"""Where each lip of a portrait ends towards the other, by colour.

The landmark network reads the lower lip's edge across the teeth, and the upper one's a few pixels off, which is half of
a thin lip. Around its lines the edges themselves are looked for: the likeliest smooth lines between regions of two
colours (Chan and Vese 2001), by dynamic programming, for a mouth is a strip.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from ..imaging.sample import sample
from .landmark_groups import fill_region

#: Rows of MediaPipe's lip landmarks from corner to corner: where each lip ends towards the other, and towards the skin.
ABOVE = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
BELOW = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
OVER = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291)
UNDER = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291)
CLOSING = (61,), (291,)
FOREHEAD, CHIN = 10, 152
#: Columns of the strip, and how many more to either side its rows go on beyond the lips.
COLUMNS, MARGIN = 96, 6
#: Face heights that landmarks of the upper and the lower lip err by in the middle (one standard deviation, looked at on
#: twelve smiles), the share of that at the corners, and what the line between shut lips errs by.
READ_UPPER, READ_LOWER, AT_CORNERS, LINE = 0.012, 0.030, 0.5, 0.012
#: Opening between the landmarks, in face heights, from which the inside shows enough to be told from lips.
SHOWS = 0.008
#: Opening between the landmarks, in face heights, up to which lips with nothing between them are shut: shut ones are
#: read up to 0.015 apart.
PARTED = 0.025
#: Least standard deviations of CIELAB colours; logarithms of odds beyond which a cell says no more; price of a step of
#: one row from column to column; rounds of looking at the colours again.
SPREAD, MOST, BEND, ROUNDS = np.float32([7, 4, 4]), 4.0, 4.0, 3
#: Cells that say as much as one, for neighbours are alike; how unlike lips a cell is at first, to count as inside.
CORRELATED, UNLIKE = 3.0, 3.0
#: Logarithm of the likelihood of any colour: what is like neither lips nor teeth, as gums, says little.
ANYTHING = -10.0
#: Share of the lips' red (a of CIELAB) below which teeth and the dark between them lie. What is red and dark is a
#: lip in shade as often as a pocket at a corner.
PALER = 0.7
#: Share of the lower lip up to which the inside is looked for at first; shares of a lip's height that are lip for sure.
FURTHER, SURE = 0.4, (0.4, 0.85)
#: Share of what was read as a lip that may be something else.
MOST_LIP = 0.75
#: Most rows of a step; columns over which a line is smoothed.
STEEP, SMOOTH = 2, 3.0
#: Mean logarithm of odds over inside and lips below which they are not told apart.
TOLD = 0.7
#: Logarithm of odds from which what lies beyond the edges is no lip either.
STRAY = 2.0
#: Reach of what a furrow is deeper or darker than, in face heights; the darkness (CIELAB) that says as
#: much as one deviation of a landmark; rows whose step in lightness counts beside it.
FURROW, DARK, STEP = 0.03, 10.0, 2.0


@dataclass(frozen=True)
class LipEdges:
    """upper, lower: (COLUMNS,2) pixels from the face's right to its left.

    stray: (n,2) pixels of what lies beyond but is like what shows between: pockets at the corners, a tongue. radius: of
    each, in pixels.
    """

    upper: np.ndarray
    lower: np.ndarray
    stray: np.ndarray = field(default_factory=lambda: np.zeros((0, 2)))
    radius: float = 1.0

    @property
    def opening(self) -> float:
        return float(np.median(np.linalg.norm(self.upper - self.lower, axis=1)))

    @property
    def outline(self) -> np.ndarray:
        """(2 COLUMNS,2) pixels around what lies between the lips."""
        return np.concatenate([self.upper, self.lower[::-1]])

    def between(self, shape: tuple[int, int]) -> np.ndarray:
        """(H,W) float32 0..1, what shows between the lips; nothing where they touch."""
        if self.opening < 1:
            return np.zeros(shape, np.float32)
        found = fill_region(shape, self.outline, tuple(range(len(self.outline))))
        for x, y in np.rint((self.stray - 0.5) * 16).astype(int).tolist():
            cv2.circle(found, (x, y), round(16 * self.radius), 1.0, -1, cv2.LINE_8, 4)
        return found


class Strip:
    """The mouth straightened: a column for each step from corner to corner, rows of the same step across.

    above, below, over, under: (COLUMNS,) rows of the landmarks' lines; places: (rows,COLUMNS,2) pixels.
    """

    def __init__(self, points: np.ndarray) -> None:
        self.start = points[OVER[0]]
        towards = points[OVER[-1]] - self.start
        length = max(float(np.linalg.norm(towards)), 1e-6)
        self.along, self.step = towards / length, length / COLUMNS
        self.down = np.array([-self.along[1], self.along[0]])
        across = (np.arange(COLUMNS) + 0.5) * self.step

        def line(loop: tuple[int, ...]) -> np.ndarray:
            away = points[list(loop)] - self.start
            order = np.argsort(away @ self.along)
            return np.interp(across, (away @ self.along)[order], (away @ self.down)[order])

        above, below, over, under = (
            line(loop) for loop in (CLOSING[0] + ABOVE + CLOSING[1], CLOSING[0] + BELOW + CLOSING[1], OVER, UNDER)
        )
        middle = (above + below) / 2
        high = np.ceil(max(float((middle - over).max()), 0.0) / self.step) + MARGIN
        low = np.ceil(max(float((under - middle).max()), 0.0) / self.step) + MARGIN
        self.rows = int(high + low)
        self.first = middle - high * self.step
        self.above, self.below, self.over, self.under = (
            (one - self.first) / self.step for one in (above, below, over, under)
        )
        rows = np.arange(self.rows) + 0.5
        self.places = self.pixels(np.broadcast_to(rows[:, None], (self.rows, COLUMNS)))

    def pixels(self, rows: np.ndarray) -> np.ndarray:
        """(…,COLUMNS,2) pixels of (…,COLUMNS) rows."""
        across = (np.arange(COLUMNS) + 0.5) * self.step
        return self.start + across[:, None] * self.along + (self.first + rows * self.step)[..., None] * self.down


def find_portrait_edges(picture: np.ndarray, points: np.ndarray) -> LipEdges:
    """The edges of the lips in a portrait: around what shows between them, or the dark line where they touch.

    Args:
        picture: (H,W,3) float32 sRGB. points: (468,2) landmark pixels.
    """
    strip = Strip(points)
    height = float(np.linalg.norm(points[FOREHEAD] - points[CHIN])) / strip.step  # in rows
    lab = cv2.cvtColor(sample(picture, strip.places), cv2.COLOR_RGB2LAB)
    opening = find_opening(lab, strip, height)
    if opening is None:
        shut = np.median(strip.below - strip.above) < PARTED * height
        # light falls from above: the line is dark, and what is below it brighter than what is above
        light = lab[..., 0] - STEP * cv2.Sobel(lab[..., 0], cv2.CV_32F, 0, 1, scale=1 / 8)
        edges = (furrow(light, strip, height, DARK),) * 2 if shut else (strip.above, strip.below)
        return LipEdges(*(strip.pixels(edge) for edge in edges))
    upper, lower, stray = opening
    return LipEdges(strip.pixels(upper), strip.pixels(lower), strip.places[stray], strip.step)


def find_opening(lab: np.ndarray, strip: Strip, height: float) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """(COLUMNS,) rows of the edges of both lips around what shows between them, and (rows,COLUMNS) bool what is like it
    beyond; None where nothing is told from lips.

    Args:
        lab: (rows,COLUMNS,3) CIELAB. height: of the face, in rows.
    """
    row = np.arange(strip.rows)[:, None] + 0.5
    upper, lower = strip.above, strip.below
    inside = (row > upper) & (row < lower + FURTHER * (strip.under - lower))
    for number in range(ROUNDS):
        lips = [between(row, upper, strip.over), between(row, lower, strip.under)]
        if min(map(np.count_nonzero, lips)) < COLUMNS:
            return None
        own, both = likelihood(lab, [lab[lips[1]]]), likelihood(lab, [lab[lip] for lip in lips])
        inside &= lab[..., 1] < PALER * max(np.median(lab[lip][:, 1]) for lip in lips)
        if number == 0:
            inside &= both < -0.5 * UNLIKE**2 - np.log(SPREAD).sum()
        if np.count_nonzero(inside) < COLUMNS:
            return None
        within = likelihood(lab, split(lab[inside]))
        # the lower lip's colour is sure, the upper one's is mixed with beards and shade
        over, under = (np.clip(within - one, -MOST, MOST) / CORRELATED for one in (both, own))
        middle = (upper + lower) / 2
        upper = edge_above(over, strip.over, middle, strip.above, READ_UPPER * height)
        first, last, read = (strip.rows - line for line in (strip.under, middle, strip.below))
        lower = strip.rows - edge_above(under[::-1], first, last, read, READ_LOWER * height)
        inside = (row > upper) & (row < lower)
    lip = (row > strip.over) & (row < strip.under) & ~inside
    if not (inside.any() and lip.any()) or CORRELATED * min(over[inside].mean(), -over[lip].mean()) < TOLD:
        return None
    if np.median(lower - upper) < SHOWS * height:
        return None
    told = CORRELATED * np.where(row < (upper + lower) / 2, over, under)
    stray = ((told > STRAY) & lip).astype(np.uint8)
    return upper, lower, cv2.morphologyEx(stray, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)) > 0


def furrow(values: np.ndarray, strip: Strip, height: float, much: float) -> np.ndarray:
    """(COLUMNS,) rows of the line between shut lips, where values (rows,COLUMNS) are least.

    Args:
        height: of the face, in rows. much: what of the values says as much as one deviation of a landmark.
    """
    low = values - cv2.GaussianBlur(values, (0, 0), FURROW * height, borderType=cv2.BORDER_REPLICATE)
    read = (strip.above + strip.below) / 2
    row = np.arange(strip.rows)[:, None] + 0.5
    return smooth_line(0.5 * ((row - read) / (LINE * height)) ** 2 + low / much) + 0.5


def between(row: np.ndarray, inner: np.ndarray, outer: np.ndarray) -> np.ndarray:
    """(rows,COLUMNS) bool: what of a lip is lip for sure, between its two lines."""
    share = (row - inner) / np.where(np.abs(outer - inner) < 1, 1, outer - inner)
    return (share > SURE[0]) & (share < SURE[1])


def split(lab: np.ndarray) -> list[np.ndarray]:
    """What is inside a mouth, the bright and the dark apart: teeth, and where there are none."""
    light = lab[:, 0]
    low, high = np.percentile(light, (10, 90))
    for _ in range(8):
        bright = np.abs(light - high) < np.abs(light - low)
        if bright.all() or not bright.any():
            return [lab]
        low, high = float(light[~bright].mean()), float(light[bright].mean())
    return [part for part in (lab[bright], lab[~bright]) if len(part) > COLUMNS / 2] or [lab]


def likelihood(lab: np.ndarray, samples: list[np.ndarray]) -> np.ndarray:
    """(rows,COLUMNS) logarithm of the likelihood of colours under the likeliest of some normal distributions."""
    found = []
    for colours in samples:
        middle = np.median(colours, axis=0)
        kept = colours[
            (np.abs(colours - middle) < 2.5 * np.maximum(1.4826 * np.median(np.abs(colours - middle), 0), SPREAD)).all(
                1
            )
        ]
        covariance = np.cov(kept.T) + np.diag(SPREAD**2)
        away = lab - kept.mean(0)
        squared = np.einsum("rci,ij,rcj->rc", away, np.linalg.inv(covariance), away)
        found.append(-0.5 * (squared + np.log(np.linalg.det(covariance))))
    return np.max([*found, np.full(lab.shape[:2], ANYTHING)], axis=0)


def edge_above(odds: np.ndarray, first: np.ndarray, last: np.ndarray, read: np.ndarray, spread: float) -> np.ndarray:
    """(COLUMNS,) rows of the likeliest smooth line between two others: what is above is lip, what is below is not.

    Args:
        odds: (rows,COLUMNS) logarithm of the odds that a cell is inside. first, last: (COLUMNS,) rows between which
            the line lies. read: (COLUMNS,) rows where it was read, with an error of spread rows.
    """
    rows = len(odds)
    row = np.arange(rows)[:, None] + 0.5
    first = read + MOST_LIP * (first - read)
    odds = odds * ((row > first) & (row < last))
    above = np.concatenate([np.zeros((1, odds.shape[1])), np.cumsum(odds, axis=0)])  # (rows+1,C): line before the row
    line = np.arange(rows + 1)[:, None]
    along = (np.arange(odds.shape[1]) + 0.5) / odds.shape[1]
    spread = spread * (AT_CORNERS + (1 - AT_CORNERS) * 4 * along * (1 - along))
    cost = 2 * above - above[-1] + 0.5 * ((line - read) / spread) ** 2
    cost = np.where((line < first - 1) | (line > last + 1), 1e6, cost)
    return smooth_line(cost)


def smooth_line(cost: np.ndarray) -> np.ndarray:
    """(C,) rows of the line of least cost (n,C) from column to column, steps being paid for; a little smoothed."""
    steps = np.arange(-STEEP, STEEP + 1)
    total, came = cost[:, 0], []
    for column in range(1, cost.shape[1]):
        padded = np.pad(total, STEEP, constant_values=1e9)
        choices = np.stack([padded[STEEP + step : STEEP + step + len(total)] + BEND * step**2 for step in steps])
        best = choices.argmin(0)
        came.append(steps[best])
        total = choices[best, np.arange(len(total))] + cost[:, column]
    line = [int(total.argmin())]
    for back in came[::-1]:
        line.append(line[-1] + int(back[line[-1]]))
    found = np.array(line[::-1], np.float64)
    return cv2.GaussianBlur(found[None], (0, 0), SMOOTH, borderType=cv2.BORDER_REPLICATE)[0]
