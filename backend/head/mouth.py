"""Lips that are apart in the portrait and together on the head, or the other way round: the warp is cut between them.

A smooth warp would lay teeth on closed lips. Cut along the line between the lips, the half above follows the upper lip
and all of the face but the lower one, the half below the lower lip and all but the upper; both meet at the corners.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

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
LINE_ABOVE = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
LINE_BELOW = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
FOREHEAD, CHIN = 10, 152
#: Difference of the two openings, of the face's height, from which the lips are cut apart.
APART = 0.015
#: How much firmer the lips hold their half than other landmarks hold the face: lips move far over a short way.
FIRM = 20.0
#: Pixels over which the halves meet on the line, and how much softer they meet beyond the corners, per pixel from them.
SHARP, SOFTER = 0.75, 0.5


@dataclass(frozen=True)
class MouthWarp:
    """upper, lower: the halves. line: (n,2) pixels between the lips, from one corner to the other."""

    upper: ImageWarp
    lower: ImageWarp
    line: np.ndarray

    def __call__(self, pixels: np.ndarray) -> np.ndarray:
        """(…,2) float pixels, moved."""
        share = self.below(pixels)[..., None]
        return self.upper(pixels) * (1 - share) + self.lower(pixels) * share

    def below(self, pixels: np.ndarray) -> np.ndarray:
        """(…,) 0..1: 1 below the line between the lips, 0 above it."""
        start, end = self.line[0], self.line[-1]
        length = float(np.linalg.norm(end - start))
        along = (end - start) / length
        down = np.array([-along[1], along[0]])
        t, offset = (pixels - start) @ along, (pixels - start) @ down
        line = (self.line - start) @ np.stack([along, down], 1)
        beyond = np.maximum(np.maximum(-t, t - length), 0)
        ramp = np.clip((offset - np.interp(t, line[:, 0], line[:, 1])) / (2 * (SHARP + SOFTER * beyond)) + 0.5, 0, 1)
        return ramp * ramp * (3 - 2 * ramp)


def fit_face_warp(
    source: np.ndarray, target: np.ndarray, weights: np.ndarray, pinned: np.ndarray
) -> ImageWarp | MouthWarp:
    """fit_warp, cut between the lips where the two mouths are not equally open.

    Args:
        source, target: (468,2) pixels. weights: (468,) 0..1. pinned: (468,) bool.
    """
    height = np.linalg.norm(target[FOREHEAD] - target[CHIN])
    openings = [np.linalg.norm((side[list(LINE_ABOVE)] - side[list(LINE_BELOW)]).mean(0)) for side in (source, target)]
    line = (source[list(LINE_ABOVE)] + source[list(LINE_BELOW)]) / 2
    towards = (line[-1] - line[0]) / max(float(np.linalg.norm(line[-1] - line[0])), 1e-6)
    ordered = (np.diff(line @ towards) > 0).all()
    if abs(openings[0] - openings[1]) < APART * height or not ordered:
        return fit_warp(source, target, weights, pinned)
    halves = []
    for lip, others in ((UPPER, LOWER), (LOWER, UPPER)):
        left, own = weights.copy(), [*lip, *CORNERS]
        left[own] = np.maximum(left[own], 0.5) * FIRM
        left[list(others)] = 0
        held = pinned.copy()
        held[list(others)] = False
        firm = np.zeros(len(weights), bool)
        firm[own] = True
        halves.append(fit_warp(source, target, left, held, firm))
    upper, lower = halves
    return MouthWarp(upper, lower, line)
