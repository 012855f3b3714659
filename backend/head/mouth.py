"""Lips that are apart in the portrait and together on the head, or the other way round: the warp is cut between them.

A smooth warp would lay teeth on closed lips. Cut along the line between the lips, the half above follows the upper lip
and all of the face but the lower one, the half below the lower lip and all but the upper; both meet at the corners.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..portrait.lip_edges import ABOVE, BELOW, CHIN, FOREHEAD, LipEdges
from .warp import ImageWarp, fit_warp

#: MediaPipe's lip landmarks, rows from the opening outwards, without the corners (78 and 308 inside).
UPPER = (
    191,
    80,
    81,
    82,
    13,
    312,
    311,
    310,
    415,
    183,
    42,
    41,
    38,
    12,
    268,
    271,
    272,
    407,
    184,
    74,
    73,
    72,
    11,
    302,
    303,
    304,
    408,
    185,
    40,
    39,
    37,
    0,
    267,
    269,
    270,
    409,
)
LOWER = (
    95,
    88,
    178,
    87,
    14,
    317,
    402,
    318,
    324,
    96,
    89,
    179,
    86,
    15,
    316,
    403,
    319,
    325,
    77,
    90,
    180,
    85,
    16,
    315,
    404,
    320,
    307,
    146,
    91,
    181,
    84,
    17,
    314,
    405,
    321,
    375,
)
CORNERS = (61, 76, 62, 78, 291, 306, 292, 308)
#: What a row of lip landmarks moves along with the lip's edge, from the opening outwards.
ALONG = (1, 2 / 3, 1 / 3, 0)
#: Difference of the two openings, of the face's height, from which lips that nobody looked at are cut apart.
APART = 0.015
#: Face heights: how far into the portrait's lips their ends are taken from, for edges are blurred, and how far from its
#: edge a lip is moved so that it meets the portrait's.
INTO, REACH = 0.003, 0.08
#: How much firmer the lips hold their half than other landmarks hold the face: lips move far over a short way.
FIRM = 20.0
#: Pixels over which the halves meet on the line, and how much softer they meet beyond the corners, per pixel from them.
SHARP, SOFTER = 0.75, 0.5


class MouthFrame:
    """Along a line from corner to corner of a mouth, and across it downwards; in pixels.

    line: (n,2) pixels, from one corner to the other.
    """

    def __init__(self, line: np.ndarray) -> None:
        self.start, end = line[0], line[-1]
        self.length = float(np.linalg.norm(end - self.start))
        self.along = (end - self.start) / self.length
        self.down = np.array([-self.along[1], self.along[0]])

    def __call__(self, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(…,) along and across of (…,2) pixels."""
        return (pixels - self.start) @ self.along, (pixels - self.start) @ self.down


@dataclass(frozen=True)
class LipWarp:
    """Half of a face's warp, that meets its lip's edge exactly.

    warp: of the landmarks. frame: of the head's mouth. edge: (2,n) along and across, where the head's lip ends.
    missing: (n,2) pixels that the warp leaves between that and the portrait's. reach: pixels over which it fades.
    """

    warp: ImageWarp
    frame: MouthFrame
    edge: np.ndarray
    missing: np.ndarray
    reach: float

    def __call__(self, pixels: np.ndarray) -> np.ndarray:
        """(…,2) float pixels, moved."""
        moved = self.warp(pixels)
        along, across = self.frame(pixels)
        beyond = np.maximum(np.maximum(-along, along - self.frame.length), 0)
        away = np.hypot(across - np.interp(along, *self.edge), beyond) / self.reach
        near = away < 1
        share = (1 - away[near] ** 2) ** 2
        moved[near] += share[:, None] * np.stack(
            [np.interp(along[near], self.edge[0], missing) for missing in self.missing.T], -1
        )
        return moved


@dataclass(frozen=True)
class MouthWarp:
    """upper, lower: the halves. line: (n,2) pixels between the lips, from one corner to the other."""

    upper: LipWarp
    lower: LipWarp
    line: np.ndarray

    def __call__(self, pixels: np.ndarray) -> np.ndarray:
        """(…,2) float pixels, moved."""
        share = self.below(pixels)[..., None]
        return self.upper(pixels) * (1 - share) + self.lower(pixels) * share

    def below(self, pixels: np.ndarray) -> np.ndarray:
        """(…,) 0..1: 1 below the line between the lips, 0 above it."""
        frame = MouthFrame(self.line)
        along, across = frame(pixels)
        beyond = np.maximum(np.maximum(-along, along - frame.length), 0)
        ramp = np.clip((across - np.interp(along, *frame(self.line))) / (2 * (SHARP + SOFTER * beyond)) + 0.5, 0, 1)
        return ramp * ramp * (3 - 2 * ramp)


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
    height = float(np.linalg.norm(target[FOREHEAD] - target[CHIN]))
    if edges is None:
        own, shown = (LipEdges(points[list(ABOVE)], points[list(BELOW)]) for points in (source, target))
        alike = abs(own.opening - shown.opening) < APART * height
    else:
        own, shown = edges
        source, target, alike = move_lips(source, own), move_lips(target, shown), False
    line = (own.upper + own.lower) / 2
    towards = (line[-1] - line[0]) / max(float(np.linalg.norm(line[-1] - line[0])), 1e-6)
    ordered = (np.diff(line @ towards) > 0).all()
    if alike or not ordered:
        return fit_warp(source, target, weights, pinned)
    halves = []
    frame, goal = MouthFrame(line), MouthFrame((shown.upper + shown.lower) / 2)
    into = INTO * height if shown.opening > 1 else 0.0
    for lip, others, start, end in (
        (UPPER, LOWER, own.upper, shown.upper - into * goal.down),
        (LOWER, UPPER, own.lower, shown.lower + into * goal.down),
    ):
        left, near = weights.copy(), [*lip, *CORNERS]
        left[near] = np.maximum(left[near], 0.5) * FIRM
        left[list(others)] = 0
        held = pinned.copy()
        held[list(others)] = False
        firm = np.zeros(len(weights), bool)
        firm[near] = True
        warp = fit_warp(source, target, left, held, firm)
        along, across = goal(warp(start))
        missing = (np.interp(along, *goal(end)) - across)[:, None] * goal.down
        halves.append(LipWarp(warp, frame, np.stack(frame(start)), missing, REACH * height))
    upper, lower = halves
    return MouthWarp(upper, lower, line)


def move_lips(points: np.ndarray, edges: LipEdges) -> np.ndarray:
    """(468,2) the landmarks with the lips' inner rows on their edges, and the rows between taken along."""
    start, along = points[ABOVE[0]], points[ABOVE[-1]] - points[ABOVE[0]]
    moved = points.copy()
    for rows, edge in ((UPPER, edges.upper), (LOWER, edges.lower)):
        inner = list(rows[:9])
        place = [np.interp((points[inner] - start) @ along, (edge - start) @ along, edge[:, axis]) for axis in (0, 1)]
        shift = np.stack(place, 1) - points[inner]
        for number, share in enumerate(ALONG):
            moved[list(rows[9 * number : 9 * number + 9])] += share * shift
    return moved
