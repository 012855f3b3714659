"""Beards of any shape and colour, others' beards and stubble, drawn onto faces that have none."""

from __future__ import annotations

import cv2
import numpy as np

from ...head.facial_regions import JAW, MOUSTACHE
from ...imaging.noise import strands
from ...imaging.sample import disc
from ...portrait.landmark_groups import INNER_LIPS, LIPS, fill_region
from .known_beards import CHIN
from .known_hair import Head
from .spectacles import noise
from .wigs import Scene, coloured, tone

#: Beards, and how often each is drawn.
KINDS = {"full": 0.4, "moustache": 0.25, "circle": 0.2, "chin": 0.08, "strap": 0.07}
#: Of the face's size: as far as another's beard reaches beyond what of it is known.
AROUND = 0.05
#: Share of drawn beards that are short; difference in sRGB up to which nobody could tell one.
TRIMMED, TOLD = 0.2, 0.04


def outline(points: np.ndarray, size: float, kind: str, random: np.random.Generator) -> np.ndarray:
    """Polygons (n,2) of a beard, drawn one over the other."""
    across, down = np.float32([1, 0]), np.float32([0, 1])
    long = abs(random.normal(0, 0.09)) * (random.random() < 0.6)
    jaw = points[list(JAW)].copy()
    lower = np.sin(np.linspace(0, np.pi, len(JAW)))[:, None]
    jaw = jaw + size * (
        long * lower**2 * down + random.uniform(0, 0.04) * np.linspace(-1, 1, len(JAW))[:, None] * across
    )
    mouth = points[[61, 291]]
    spread = random.uniform(0, 0.06) * size
    mouth = mouth + np.float32([[-spread, 0], [spread, 0]])
    upper = random.uniform(0, 0.9)  # how far up the cheeks it grows
    cheek = points[[57, 287]] + upper * (points[[205, 425]] - points[[57, 287]])
    middle = points[[172, 397]] + random.uniform(0.3, 1) * (points[[213, 433]] - points[[172, 397]])
    lip = points[[91, 17, 321]] + random.uniform(-0.01, 0.06) * size * down
    above = random.uniform(-0.35, 0.75)
    moustache = points[list(MOUSTACHE)] + above * 0.6 * (points[0] - points[list(MOUSTACHE)]) * np.float32([0.3, 1])
    droop = [moustache]
    if random.random() < 0.3:  # horseshoe
        far, wide = random.uniform(0.05, 0.22) * size, random.uniform(0.02, 0.05) * size
        for x, y in points[[61, 291]]:
            droop.append(
                np.float32([[x - wide, y - wide], [x + wide, y - wide], [x + wide, y + far], [x - wide, y + far]])
            )
    narrow = 0.5 + 0.8 * random.random()
    chin = points[list(CHIN)]
    chin = (chin - chin.mean(0)) * (narrow, 1) + chin.mean(0) + long * size * down * (chin[:, 1:] > lip[1, 1])
    full = np.concatenate([jaw, [middle[1], cheek[1], mouth[1]], lip[::-1], [mouth[0], cheek[0], middle[0]]])
    if kind == "strap":
        inner = (
            points[152]
            + random.uniform(0.72, 0.88) * (jaw - points[152])
            - size * random.uniform(0.02, 0.1) * lower * down
        )
        return [np.concatenate([jaw, inner[::-1]]), *(droop if random.random() < 0.4 else [])]
    return {
        "full": [full, *(droop if random.random() < 0.9 else [])],
        "moustache": droop,
        "circle": [chin, *droop],
        "chin": [chin * (0.9, 1) + 0.1 * np.float32([points[17, 0], 0])],
    }[kind]


def beard_cover(head: Head, kind: str, random: np.random.Generator) -> np.ndarray:
    """(S,S) float32 0..1 of a beard with a ragged edge, thin or dense."""
    shape, size = head.hair.shape, head.size
    mask = np.zeros(shape, np.uint8)
    for ring in outline(head.points, size, kind, random):
        cv2.fillPoly(mask, [np.rint(np.asarray(ring) * 16).astype(np.int32)], 255, cv2.LINE_AA, shift=4)
    soft = random.uniform(0.008, 0.045) * size
    edge = cv2.GaussianBlur(mask.astype(np.float32) / 255, (0, 0), soft)
    ragged = sum(random.uniform(0, 0.16) * noise(random, cells, shape) for cells in (9, 25, 70))
    cover = np.clip((edge + ragged * 4 * edge * (1 - edge) - 0.5) / random.uniform(0.2, 0.8) + 0.5, 0, 1)
    lips = fill_region(shape, head.points, LIPS)
    kept = cv2.GaussianBlur(cv2.dilate(lips, np.ones((3, 3))), (0, 0), 1)
    over = fill_region(shape, head.points, LIPS) * (1 - fill_region(shape, head.points, INNER_LIPS))
    hangs = (np.arange(shape[0])[:, None] < head.points[13, 1]) * over * (random.random() < 0.5)
    return (cover * (1 - kept * (1 - hangs))).astype(np.float32)


def texture(shape: tuple[int, int], random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(S,S) logarithms of light on a beard: strands and curls, and locks."""
    way = float(random.normal(90, 18))
    width, seed = random.uniform(0.5, 1.3), int(random.integers(2**31))
    fine = strands(seed, shape, width, width * random.uniform(1.5, 9), way)
    bend = random.uniform(0, 5)
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    x, y = (part + bend * noise(random, int(random.integers(6, 40)), shape) for part in (x, y))
    fine = cv2.remap(fine.astype(np.float32), x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    return 0.3 * fine, 0.25 * noise(random, int(random.integers(5, 30)), shape)


def grow(scene: Scene, random: np.random.Generator) -> None:
    """A beard in a colour of hair, by and by thinner where it ends, two colours in some."""
    kind = str(random.choice(list(KINDS), p=list(KINDS.values())))
    cover = beard_cover(scene.head, kind, random)
    fine, smooth = texture(cover.shape, random)
    colour = tone(scene, random)
    if random.random() < 0.25:
        other = tone(scene, random)
        share = np.clip(0.5 + noise(random, int(random.integers(2, 8)), cover.shape), 0, 1)[..., None]
        colour = colour + share * (other - colour)
    layer = coloured(colour, random.uniform(0.3, 1.5) * fine, smooth, random)
    # light falls on it as on the face below
    light = cv2.GaussianBlur(scene.color.mean(-1), (0, 0), 0.06 * scene.size) + 0.05
    usual = np.median(light[cover > 0.5]) if (cover > 0.5).any() else 1
    layer = np.clip(layer * np.clip(light / usual, 0.4, 1.6)[..., None], 0, 1)
    dense = random.uniform(0.4, 1) if random.random() < 0.6 else 1.0
    thin = dense * np.clip(1 - random.uniform(0, 0.8) * np.clip(-fine / 0.3, 0, 2), 0.25, 1)
    color, hair, weight = scene.color.copy(), scene.hair.copy(), scene.weight.copy()
    scene.lay((cover * thin).astype(np.float32), layer.astype(np.float32), random)
    told = np.abs(scene.color - color).max(-1).mean(where=cover > 0.9) if (cover > 0.9).any() else 0
    if told < TOLD:
        scene.color, scene.hair, scene.weight = color, hair, weight
        return
    scene.hair = np.maximum(hair, cover)
    scene.weight = np.maximum(weight, cover) * np.where((cover > 0.25) & (cover < 0.65), 0.4, 1)


def trim(scene: Scene, random: np.random.Generator) -> None:
    """A beard so short that the skin shows through: darker or greyer than stubble ever is."""
    cover = beard_cover(scene.head, str(random.choice(("full", "circle"), p=(0.75, 0.25))), random)
    dots = strands(int(random.integers(2**31)), cover.shape, random.uniform(0.4, 0.8), random.uniform(0.5, 2))
    dark = np.clip(random.uniform(0.4, 0.9) * (1 + random.uniform(0.1, 0.6) * dots), 0.1, 1.5)
    grey = random.uniform(0.3, 0.9) * cover[..., None]
    below = scene.color + grey * (scene.color.mean(-1, keepdims=True) - scene.color)
    scene.color = (below * np.exp(-(cover * dark)[..., None])).astype(np.float32)
    scene.hair = np.maximum(scene.hair, cover)
    scene.weight *= np.where((cover > 0.15) & (cover < 0.75), 0, 1)


def lend(scene: Scene, donor: Head, random: np.random.Generator) -> None:
    """Another's beard, with some of the skin beside it; where that is beard and where skin nobody knows."""
    ends = [*JAW, *MOUSTACHE, *LIPS]
    matrix = cv2.estimateAffinePartial2D(donor.points[ends], scene.head.points[ends])[0]
    size = scene.hair.shape[::-1]
    core = cv2.warpAffine(donor.hair * (donor.weight > 0), matrix, size)
    color = cv2.warpAffine(donor.color, matrix, size, borderMode=cv2.BORDER_REPLICATE)
    soft = AROUND * scene.size
    cover = cv2.GaussianBlur(cv2.dilate(core, disc(soft)), (0, 0), soft / 3)
    lips = fill_region(scene.hair.shape, scene.head.points, LIPS)
    cover = cover * (1 - cv2.GaussianBlur(cv2.dilate(lips, disc(0.01 * scene.size)), (0, 0), 1))
    gain = (scene.skin / np.maximum(Scene(donor).skin, 0.05)) ** random.uniform(0.2, 1)
    scene.color = np.clip(scene.color + cover[..., None] * (color * gain - scene.color), 0, 1).astype(np.float32)
    sure = (core > 0.5) & (cover > 0.8)
    scene.hair = np.maximum(scene.hair, sure.astype(np.float32))
    scene.weight = np.where(sure, 1, np.where(cover > 0.03, 0, scene.weight)).astype(np.float32)


def stubble(scene: Scene, random: np.random.Generator) -> None:
    """Dots of short hair and the shade of what grows below the skin, as far as a beard would grow: still skin."""
    cover = beard_cover(scene.head, "full", random)
    dots = strands(int(random.integers(2**31)), cover.shape, 0.5, 0.7)
    dark = random.uniform(0.02, 0.22) + random.uniform(0, 0.06) * np.abs(dots)
    scene.color = scene.color * np.exp(-(cover * dark)[..., None] * np.float32(random.uniform(0.85, 1.1, 3)))
