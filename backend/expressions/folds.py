"""Folds where skin is pressed together: lines across the pressure, as far apart as that skin's folds lie.

The phase of the folds is the smooth function whose gradient comes closest to the direction of the pressure, at the
wavelength of the place (Poisson's equation, least squares). Lines are drawn from it at the texture's own size: they
are sharp at 4K, and run across UV seams. Folds form where a stiff layer is pressed on soft tissue, at a wavelength
that goes with the layer's thickness (Cerda and Mahadevan, "Geometry and physics of wrinkling", PRL 2003): fine beside
the eyes, wide on the forehead, one alone between cheek and lip.
"""

import cv2
import numpy as np

from ..head.facial_regions import FacialRegions
from ..imaging.noise import field
from ..imaging.sample import sample_atlas
from .strain import CONTROLS, Strain, reached

#: Face heights between folds of the forehead.
FOREHEAD = 0.058
#: Landmarks, and how far apart folds lie there, in face heights (190 mm): forehead, between the brows, beside the eyes,
#: on the nose, on the cheeks, beside the mouth, around the lips, on the chin.
WAVELENGTHS = {
    **dict.fromkeys((10, 151, 67, 297, 69, 299), FOREHEAD),
    **dict.fromkeys((9, 8), 0.075),
    **dict.fromkeys((226, 446, 35, 265, 143, 372), 0.026),
    **dict.fromkeys((6, 197, 122, 351), 0.022),
    **dict.fromkeys((50, 280, 205, 425, 187, 411), 0.16),
    **dict.fromkeys((57, 287, 202, 422), 0.09),
    **dict.fromkeys((0, 17, 164, 200), 0.03),
    **dict.fromkeys((199, 175, 152), 0.045),
}
#: Shortening from which skin folds, and does so wholly (observation/expression.py).
FROM, FULL = 0.05, 0.22
#: How far a fold is darker, as a logarithm of light, where folds are as far apart as on the forehead (finer ones are
#: shallower).
DEPTH = 0.38
#: Outwards and up: the ends that directions have alone. Strength from which skin hangs together.
AIM, PIECE = np.array([0.9, 0.45]), 0.05
#: Cells of the noise along a side of the atlas by which folds waver and come and go, and how far they do.
WAVER, BROKEN = (18, 0.6), (26, 0.45)


def fold_depth(strain: Strain, allowed: np.ndarray, regions: FacialRegions, places: np.ndarray) -> np.ndarray:
    """(n,) float32 logarithm of light that folds take away or, between them, add.

    Args:
        allowed: (S,S) 0..1, where skin can fold. regions: of the atlas. places: (n,2) atlas coordinates.
    """
    small = cv2.resize(allowed, (CONTROLS, CONTROLS), interpolation=cv2.INTER_AREA)
    pressed = np.clip((strain.pressed - FROM) / (FULL - FROM), 0, 1)
    valley = np.clip(strain.valley / 0.012, 0, 1)  # face heights
    strength = np.maximum(pressed, 0.6 * valley * np.clip(strain.pressed / FROM, 0, 1)) * small
    if strength.max() < 0.02:
        return np.zeros(len(places), np.float32)
    # decided enough for whole folds: where directions turn about, lines would end in stars
    strength = strength * np.clip(np.abs(orient(strain.across, strength)) / 0.35, 0, 1)
    apart = wavelengths(regions)
    phase = fold_phase(strain, strength + 1e-3, apart)
    phase -= settle(phase, strength * (0.2 + valley), strength)
    wavering, broken = (field(number, CONTROLS, cells) for number, cells in enumerate((WAVER[0], BROKEN[0])))
    phase += (WAVER[1] * wavering).astype(np.float32)
    strength = np.clip(strength * np.sqrt(apart / FOREHEAD), 0, 1) * np.clip(1 + BROKEN[1] * broken, 0.2, 1.6)
    here = reached(strength, places)
    drawn = sample_atlas(np.float32(np.stack([phase, strength], -1)), places[here], cv2.INTER_CUBIC)
    share = sample_atlas(allowed.astype(np.float32), places[here])
    folds = np.zeros(len(places), np.float32)
    folds[here] = -DEPTH * np.clip(drawn[:, 1], 0, 1) * share * (profile(drawn[:, 0]) - MEAN)
    return folds


def profile(phase: np.ndarray) -> np.ndarray:
    """0..1 how deep skin lies across a fold, by the phase in radians: a line in a wider shade."""
    off = np.cos(phase) - 1
    # a sharp line, and the wider shade that is the other half of it
    return (np.exp(off / 0.25) + np.exp(off / 1.2)) / 2


#: Of a fold over one wavelength, so that skin as a whole keeps its tone.
MEAN = float(profile(np.linspace(0, 2 * np.pi, 360, endpoint=False)).mean())


def wavelengths(regions: FacialRegions) -> np.ndarray:
    """(C,C) face heights between folds."""
    index = list(WAVELENGTHS)
    places = regions.place[index] / regions.size * CONTROLS
    y, x = np.mgrid[:CONTROLS, :CONTROLS] + 0.5
    away = (x[..., None] - places[:, 0]) ** 2 + (y[..., None] - places[:, 1]) ** 2
    weight = np.exp(-away / (2 * (0.05 * CONTROLS) ** 2)) + 1e-6  # a landmark reaches 0.05 of the atlas
    return np.exp((weight * np.log(list(WAVELENGTHS.values()))).sum(-1) / weight.sum(-1))


def fold_phase(strain: Strain, weight: np.ndarray, wavelength: np.ndarray) -> np.ndarray:
    """(C,C) radians whose gradient is across the folds, by weighted least squares."""
    sign = orient(strain.across, weight)
    wanted = strain.across * (np.sign(sign) * 2 * np.pi / wavelength / CONTROLS)[..., None]
    own, pull, links = np.full(weight.shape, 1e-6), np.zeros(weight.shape), []
    for axis, (first, last) in enumerate(((np.s_[:, :-1], np.s_[:, 1:]), (np.s_[:-1], np.s_[1:]))):
        link = np.minimum(weight[first], weight[last]).astype(float)
        target = link * (wanted[first] + wanted[last])[..., axis] / 2
        for side, sign in ((first, -1), (last, 1)):
            own[side] += link
            pull[side] += sign * target
        links.append(link)
    return solve_grid(own, links[0], links[1], pull)


def solve_grid(own: np.ndarray, right: np.ndarray, down: np.ndarray, pull: np.ndarray) -> np.ndarray:
    """(h,w) x of a grid of equations own x - the neighbours' x by their links = pull (h,w), exactly.

    Args:
        own: (h,w). right: (h,w-1) and down: (h-1,w), links to the neighbour there. Rows are eliminated from the top.
    """
    inverses: list[np.ndarray] = []
    known = list(pull)
    for row in range(len(own)):
        system = np.diag(own[row]) - np.diag(right[row], 1) - np.diag(right[row], -1)
        if row:
            system -= down[row - 1][:, None] * inverses[-1] * down[row - 1]
            known[row] = pull[row] + down[row - 1] * (inverses[-1] @ known[row - 1])
        inverses.append(np.linalg.inv(system))
    found = np.zeros((len(own) + 1, own.shape[1]))
    link = np.concatenate([down, np.zeros((1, own.shape[1]))])
    for row in reversed(range(len(own))):
        found[row] = inverses[row] @ (known[row] + link[row] * found[row + 1])
    return found[:-1]


def orient(across: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """(C,C) -1..1: which of its two ends a direction (C,C,2) has, and how decidedly: a line has no sign of its own.

    All that hangs together in a half of the face is turned by the direction that it has most of: outwards, or up.
    """
    away = (np.arange(CONTROLS) + 0.5) / CONTROLS - 0.5
    unit = across / np.maximum(np.linalg.norm(across, axis=-1, keepdims=True), 1e-9)
    unit = unit * np.stack([np.sign(away), -np.ones(CONTROLS)], -1)  # outwards, up
    sign = unit @ AIM
    for half in (away < 0, away >= 0):
        count, pieces = cv2.connectedComponents(((weight > PIECE) & half).astype(np.uint8))
        for piece in range(1, count):
            here = pieces == piece
            most = np.linalg.eigh(np.einsum("n,ni,nj->ij", weight[here], unit[here], unit[here]))[1][:, 1]
            sign[here] = unit[here] @ (most if most @ AIM >= 0 else -most)
    return np.where(sign == 0, 1e-6, sign)


def settle(phase: np.ndarray, weight: np.ndarray, strength: np.ndarray) -> np.ndarray:
    """(C,C) radians by which the phase is off: of all that hangs together one line lies where the weight is highest."""
    off = np.zeros_like(phase)
    count, pieces = cv2.connectedComponents((strength > PIECE).astype(np.uint8))
    for piece in range(1, count):
        here = pieces == piece
        off[here] = np.angle((weight[here] ** 2 * np.exp(1j * phase[here])).sum())
    return off
