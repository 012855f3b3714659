"""The true texture of a guard's case: a skin with another scalp, with marks, painted in a style."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from ...imaging.noise import grain, soft_step
from ...imaging.pigment import absorbance, from_absorbance
from ...imaging.sample import spread
from ...styles import STYLES, paint
from ..texhub import hair, marks
from ..texhub.recipe import LONG
from .cases import flat_tones
from .guard_heads import GuardHead

#: Hair colours of texhub.hair by the names of the cases.
COLOURS = {"black": "black", "brown": "brown", "fair": "blond", "grey": "grey"}
#: Absorbance over the skin's from which a texel of the scalp is certainly hair, and from which it may be.
HAIR, MAYBE = 0.7, 0.3
#: Of a shaved scalp: absorbance below the skin, and of its dots.
SHADE, DOTS = 0.3, 0.12


def true_texture(head: GuardHead, skin: np.ndarray, case) -> np.ndarray:
    """(T,T,3) float32 sRGB.

    Args:
        skin: (T,T,3) float32 sRGB, in the head's UV map. case: a GuardCase.
    """
    inner = cv2.erode(head.fragments.covered.astype(np.uint8), np.ones((3, 3))) > 0
    value = absorbance(spread(skin, inner))  # kits' skins have filler beside their islands
    if case.hair != "own":
        value = with_hair(head, value, case.hair, case.seed)
    for name in case.marks:
        value = value + head.lay(draw_marks(head, name, case.seed))
    texture = from_absorbance(np.maximum(value, 0.01))
    if case.style == "cel":
        return flat_tones(np.rint(texture * 255).astype(np.uint8)).astype(np.float32) / 255
    if case.style == "photo":
        return texture
    parameters = STYLES[case.style].draw(np.random.default_rng(case.seed))
    return np.clip(head.lay(paint(case.style, head.gather(texture), head.regions, parameters)), 0, 1)


def with_hair(head: GuardHead, value: np.ndarray, kind: str, seed: int) -> np.ndarray:
    """(T,T,3) absorbance with a scalp of a kind: long hair is coloured again, else hair is painted on."""
    regions = head.regions
    gathered = head.gather(value)
    bare = regions["forehead"] + regions["cheeks"] + regions["chin"] > 0.5
    tone = np.median(gathered[bare], axis=0)
    scalp = regions["scalp"] > 0.7
    hairy = float((gathered[scalp].mean(1) > tone.mean() + HAIR).mean())
    if kind == "shaved":
        dots = np.clip(grain(seed, head.atlas, 0.45 * head.atlas / 256), 0, 2.5)
        paints = tone + (SHADE + DOTS * dots)[..., None]
        cover = hair.hair_line(
            regions, {"lift": 0, "recede": 0.06, "ragged": 0.008, "wave": 0, "seed": seed, "cover": 1}
        )
        area = np.maximum(head.lay(cover)[..., None], own_hair(head, value, tone))
        return value + area * (head.lay(paints) - value)
    colour = list(hair.GROWN[COLOURS[kind]])
    if hairy > LONG / 2:
        area = own_hair(head, value, tone)
        middle = np.median(gathered[scalp], axis=0)
        again = absorbance(np.float32(colour)) + np.clip(0.6 * (value - middle), -0.5, 0.8)
        return value + area * (again - value)
    recipe = {"lift": 0.0, "recede": 0.05, "ragged": 0.015, "wave": 0.015, "seed": seed, "cover": 0.97}
    cover = head.lay(hair.hair_line(regions, recipe))[..., None]
    return value + cover * (head.lay(hair.strand_colour(head.atlas, colour, seed, 0.22)) - value)


def own_hair(head: GuardHead, value: np.ndarray, tone: np.ndarray) -> np.ndarray:
    """(T,T,1) 0..1: what is clearly darker than the skin, on the scalp and beside the face."""
    regions = head.regions
    outside = head.lay(np.maximum(regions["scalp"], (1 - regions["face"]) * (1 - regions["neck"])))
    return (soft_step(value.mean(2) - tone.mean(), MAYBE, HAIR) * outside)[..., None]


def draw_marks(head: GuardHead, name: str, seed: int) -> np.ndarray:
    """(A,A,3) absorbance to add."""
    random = np.random.default_rng([seed, 1])
    if name == "freckles":
        return marks.freckles(head.regions, {"seed": seed, "count": int(random.integers(80, 400)), "gain": 0.35})
    if name == "moles":
        spots = random.uniform((0.28, 0.25, 0.003, 0.7), (0.72, 0.8, 0.006, 1.5), (4, 4))
        return marks.moles(head.regions, {"spots": spots.tolist()})
    start = random.uniform((0.32, 0.3), (0.68, 0.7))
    points = start + np.cumsum(random.normal(0.012, 0.012, (5, 2)) * random.choice((-1, 1), 2), 0)
    return marks.scar(head.regions, {"points": points.tolist(), "width": 0.006, "gain": 0.6, "age": random.random()})


def load_skin(path: Path, texels: int) -> np.ndarray:
    """(T,T,3) float32 sRGB of a picture painted for the unit square of UVs."""
    picture = cv2.imread(str(path))
    if picture is None:
        raise FileNotFoundError(f"There is no picture {path.name}.")
    picture = cv2.resize(picture, (texels, texels), interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(picture[..., ::-1]).astype(np.float32) / 255
