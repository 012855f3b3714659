"""Glasses in the head's own space, drawn over a render: rims, clear ones too, edges of bare lenses, pads, shadows.

What is to be left out of the skin is marked: all that, opaque lenses and glare. The face seen through a clear lens is
the face's, if a little smaller or larger.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from ...portrait.landmark_groups import LEFT_EYE_CORNERS, RIGHT_EYE_CORNERS
from .about_eyes import Scene, fill, line, noise, over

#: Landmarks of the nose's bridge between the lenses, and where arms pass the temples.
BRIDGE, TEMPLES = 168, (127, 356)
OPAQUE = 0.6  # of a lens's tint from which what lies behind is no longer the face's
#: How much of light a shadow takes, a bright edge adds or glare covers, from which it is no skin, and surely none.
SHADED, GLARING = (0.1, 0.25), (0.3, 0.6)
KINDS, OFTEN = ("whole", "browline", "half", "rimless"), (0.52, 0.14, 0.22, 0.12)


@dataclass
class Frame:
    """One pair: kind; apart, wide, high, inner: of its lenses, in face heights; thick: pixels of its upper rim."""

    kind: str
    apart: float
    wide: float
    high: float
    inner: float
    taper: float
    thick: float
    placed: Callable[[np.ndarray, np.ndarray], np.ndarray]  # (n,) across, (n,) up -> (n,3) of the head's space


def glasses(scene: Scene, random: np.random.Generator) -> None:
    """A pair, whole, half or without rims, of one material or two, before the scene."""
    frame, rings = _frame(scene, random)
    shape, unit, thick = scene.head.shape, scene.height, frame.thick
    upper, lower, bare = (np.zeros(shape, np.uint8) for _ in range(3))
    below = thick if frame.kind == "whole" else thick * random.uniform(0.25, 0.8)
    if frame.kind == "whole" and random.random() < 0.3:
        below *= random.uniform(0.4, 1)
    edge = unit * random.uniform(0.003, 0.011)
    for ring in rings:
        if frame.kind in ("whole", "browline"):
            line(lower, ring, below, True)
        else:
            line(bare, ring, edge, True)
        if frame.kind != "rimless":
            line(upper, np.roll(ring, 2, 0)[:28], thick)
    _bridge_and_arms(scene, frame, upper, random)

    lens = np.maximum.reduce([fill(shape, ring) for ring in rings])
    covers = [part.astype(np.float32) / 255 for part in (upper, lower)]
    _refracted(scene, rings, random)
    _shadows(scene, np.maximum(*covers), random)
    _lenses(scene, lens, random)
    _bare_edge(scene, bare.astype(np.float32) / 255, random)
    two = material(random, clear=0.5 if frame.kind == "browline" else 0.14)
    one = material(random) if frame.kind == "browline" or random.random() < 0.15 else two
    for cover, (colour, opacity) in zip(reversed(covers), (two, one), strict=True):
        _rim(scene, cover, colour, opacity, random)


def material(random: np.random.Generator, clear: float = 0.1) -> tuple[np.ndarray, float]:
    """Colour of a frame, and how opaque it is; clear: how often it is clear plastic."""
    if random.random() < clear:
        return np.array([0.9, 0.8, 0.65]) * random.uniform(0.7, 1.1, 3), random.uniform(0.15, 0.7)
    pick = random.random()
    if pick < 0.42:
        return random.random(3) * 0.22, 1.0
    if pick < 0.56:
        return np.array([0.4, 0.22, 0.1]) * random.uniform(0.4, 1.6, 3), 1.0
    if pick < 0.74:
        return np.array([0.75, 0.6, 0.3]) * random.uniform(0.6, 1.25), random.uniform(0.6, 1)
    if pick < 0.89:
        return np.repeat(random.uniform(0.4, 0.95), 3), random.uniform(0.6, 1)
    return random.random(3), 1.0


def _frame(scene: Scene, random: np.random.Generator) -> tuple[Frame, list[np.ndarray]]:
    """The pair's measures, and (48,2) pixels of the outline of each lens."""
    marks = scene.marks
    apart = abs(marks[list(LEFT_EYE_CORNERS), 0].mean() - marks[list(RIGHT_EYE_CORNERS), 0].mean()) / 2
    wide = apart * random.uniform(0.58, 0.95)
    high, drop = wide * random.uniform(0.45, 1.1), random.uniform(-0.02, 0.07)
    front = marks[BRIDGE, 2] + random.uniform(-0.01, 0.06)
    power, taper = random.uniform(1.8, 5), random.uniform(-0.15, 0.3)
    lift = random.choice([0, 0, random.uniform(0, 0.5)])  # cat's eyes
    wrap, slant = random.uniform(0, 0.8), random.uniform(-0.05, 0.25)
    turn = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    across = np.sign(np.cos(turn)) * np.abs(np.cos(turn)) ** (2 / power)
    up = np.sign(np.sin(turn)) * np.abs(np.sin(turn)) ** (2 / power)

    def placed(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.stack([x, y - drop, front - wrap * x**2 + slant * (y - drop) * 0.5], 1)

    rings = []
    for side in (-1, 1):
        x, y = side * apart + side * wide * across * (1 + taper * up), high * up
        y = y + high * lift * np.clip(across, 0, 1) ** 2 * (up > 0)
        rings.append(scene.project(placed(x, y))[0])
    kind = str(random.choice(KINDS, p=OFTEN))
    # wire is as common as plastic, and the harder to see
    least, most = (0.004, 0.013) if kind == "rimless" or random.random() < 0.5 else (0.01, 0.04)
    thick = scene.height * np.exp(random.uniform(np.log(least), np.log(most)))
    inner = apart - wide * (1 + 0.3 * taper)
    return Frame(kind, apart, wide, high, inner, taper, thick, placed), rings


def _bridge_and_arms(scene: Scene, frame: Frame, cover: np.ndarray, random: np.random.Generator) -> None:
    apart, wide, high, inner, placed = frame.apart, frame.wide, frame.high, frame.inner, frame.placed
    metal = frame.thick * random.uniform(0.5, 1.1)
    t = np.linspace(-1, 1, 9)
    for level in [random.uniform(-0.1, 0.6)] if random.random() < 0.85 else [0.25, 0.9]:
        arch = placed(inner * 1.06 * t, high * level + random.uniform(-0.01, 0.04) * (1 - t**2))
        line(cover, scene.project(arch)[0], metal)
    if random.random() < 0.6:  # pads beside the nose, on wires
        top, fall, bow = random.uniform(-0.3, 0.3), random.uniform(0.2, 0.6), random.uniform(0, 0.3)
        for side in (-1, 1):
            x = side * inner * (1.05 - bow * np.sin(np.linspace(0, np.pi, 8)))
            pad = placed(x, high * (top - fall * np.linspace(0, 1, 8)))
            line(cover, scene.project(pad)[0], metal * random.uniform(0.5, 1.2))
    if frame.kind == "rimless":  # screws
        for side in (-1, 1):
            for x in (inner * 1.1, apart + 0.93 * wide):
                spot = placed(side * (x + np.array([-0.012, 0.012])), np.full(2, high * random.uniform(0.1, 0.5)))
                line(cover, scene.project(spot)[0], metal * random.uniform(1, 2))
    arm = frame.thick * random.uniform(0.5, 1.3)
    for side, mark in zip((-1, 1), TEMPLES, strict=True):
        edge = side * (apart + wide * (1 + 0.6 * frame.taper))
        hinge = placed(np.array([edge]), np.array([high * random.uniform(0.3, 0.8)]))[0]
        ear = scene.marks[mark] * (1.04, 0, 1) + (0, random.uniform(-0.01, 0.05), -0.25)
        path = hinge + np.linspace(0, 1, 40)[:, None] * (ear - hinge)
        flat, behind = scene.project(path)
        shown = len(flat) if not behind.any() else int(np.argmax(behind))
        if shown > 1:
            line(cover, flat[:shown], arm)
        if random.random() < 0.5:  # end piece
            line(cover, scene.project(np.stack([hinge, np.add(hinge, (0.02 * side, 0, -0.02))]))[0], arm * 1.4)


def _hide(scene: Scene, strength: np.ndarray, least: float, most: float) -> None:
    scene.hidden = np.maximum(scene.hidden, np.clip((strength - least) / (most - least), 0, 1))


def _moved(cover: np.ndarray, step: np.ndarray, blur: float) -> np.ndarray:
    cover = cv2.warpAffine(cover, np.float32([[1, 0, step[0]], [0, 1, step[1]]]), cover.shape[::-1])
    return cv2.GaussianBlur(cover, (0, 0), blur)


def _refracted(scene: Scene, rings: list[np.ndarray], random: np.random.Generator) -> None:
    """The face seen through lenses, smaller for those who see badly afar: a step at the lens's edge."""
    if random.random() < 0.4:
        return
    power, shape = random.uniform(-0.06, 0.12), scene.head.shape
    rows, columns = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    for ring in rings:
        x, y = ring.mean(0)
        grown = (columns + power * (columns - x), rows + power * (rows - y))
        seen = cv2.remap(scene.color, *np.float32(grown), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        over(scene.color, fill(shape, ring), seen)


def _shadows(scene: Scene, rims: np.ndarray, random: np.random.Generator) -> None:
    """The frame's shadow, and below it or beside it the bright line that the lens's edge gathers."""
    unit = scene.height
    step = random.normal(0, 0.015, 2) * unit + (0, 0.02 * unit)
    cast = random.uniform(0, 0.55) * _moved(rims, step, random.uniform(0.8, 8)) * scene.head
    scene.color *= 1 - cast[..., None]
    _hide(scene, cast, *SHADED)
    if random.random() < 0.3:
        step = step + random.normal(0, 0.012, 2) * unit + (0, 0.01 * unit)
        bright = random.uniform(0.05, 0.6) * _moved(rims, step, random.uniform(0.8, 3)) * scene.head
        scene.color *= 1 + bright[..., None]
        _hide(scene, bright, *SHADED)


def _lenses(scene: Scene, lens: np.ndarray, random: np.random.Generator) -> None:
    shape = lens.shape
    if random.random() < 0.18:  # dark or drawn opaque: no face seen through them
        alpha = random.uniform(OPAQUE, 1)
        y = np.linspace(0, 1, shape[0], dtype=np.float32)[:, None, None]
        colour = random.random(3) * random.choice([0.15, 0.4, 1.0]) * (1 + random.uniform(-0.5, 0.5) * y)
        over(scene.color, lens * alpha, np.clip(colour, 0, 1))
        scene.hidden = np.maximum(scene.hidden, lens)
    else:
        tint = random.random(3) if random.random() < 0.3 else np.ones(3)
        over(scene.color, lens * random.uniform(0, 0.3 if random.random() < 0.5 else 0.08), tint)
    if random.random() < 0.4:
        glare = np.clip(noise(random, int(random.integers(4, 16)), shape) - random.uniform(0.5, 1.5), 0, 1)
        glare = np.clip(glare * random.uniform(0.5, 3), 0, 1) * lens * random.uniform(0.2, 1)
        over(scene.color, glare, np.ones(3))
        _hide(scene, glare, *GLARING)


def _bare_edge(scene: Scene, edge: np.ndarray, random: np.random.Generator) -> None:
    """Where a lens ends without a rim: a bright line, a dark one or both, here and there fainter."""
    if not edge.any():
        return
    shown = edge * np.clip(0.7 + 0.4 * noise(random, int(random.integers(3, 12)), edge.shape), 0.15, 1)
    look = random.random()
    if look > 0.35:
        dark = scene.color * random.uniform(0.35, 0.8)
        over(scene.color, _moved(shown, random.normal(0, 0.7, 2), 0.5) * random.uniform(0.3, 1), dark)
    if look < 0.7:
        over(scene.color, shown * random.uniform(0.15, 0.8), np.float32([1, 0.98, 0.95]))
    scene.hidden = np.maximum(scene.hidden, edge)


def _rim(scene: Scene, cover: np.ndarray, colour: np.ndarray, opacity: float, random: np.random.Generator) -> None:
    skin = np.ones((*cover.shape, 3), np.float32) * np.float32(colour)
    if random.random() < 0.3:  # tortoise, engraving
        skin *= 1 + 0.5 * noise(random, int(random.integers(10, 60)), cover.shape)[..., None]
    core = cv2.erode(cover, np.ones((3, 3)))
    edges = np.clip(cover - core, 0, 1)
    over(scene.color, cover * opacity, np.clip(skin, 0, 1))
    shine = np.clip(noise(random, 12, cover.shape), 0, 1)
    if random.random() < 0.5:  # a bevel: the light runs along one side
        lit = np.clip(cover - _moved(cover, random.normal(0, 1, 2), 0.5), 0, 1)
        over(scene.color, lit * (0.3 + 0.7 * shine) * random.uniform(0, 0.9), np.ones(3))
    over(scene.color, shine * core * random.uniform(0, 0.7), np.ones(3))
    if opacity < 1:  # clear: edges bright on one side, dark on the other
        over(scene.color, edges * random.uniform(0.2, 0.8), np.clip(skin * random.choice([0.4, 0.6, 1.3]), 0, 1))
    scene.hidden = np.maximum(scene.hidden, cover)
