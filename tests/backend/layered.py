"""Layers of every kind, small, and an OpenRaster file read by the letter of its format."""

from __future__ import annotations

import zipfile
from xml.etree import ElementTree

import cv2
import numpy as np

from backend.layers.flatten import encode, flatten
from backend.layers.packed import Packed

SIZE = 96
OPACITIES = {"folds": 0.6, "detail": 1.0, "facial_hair": 1.0, "hair": 0.8, "headwear": 0.0, "light": 0.4}


def make_layers(**opacities: float) -> Packed:
    """All seven, with gains to both sides, light beyond white, soft masks and layers that touch a part alone."""
    chance = np.random.default_rng(4)
    y, x = np.mgrid[:SIZE, :SIZE].astype(np.float32) / SIZE
    spot = lambda u, v, r: np.clip(1.4 - np.hypot(x - u, y - v) / r, 0, 1)  # noqa: E731
    three = lambda values: np.broadcast_to(values, (3, SIZE, SIZE))  # noqa: E731
    hair = lambda *place: np.concatenate([chance.uniform(0.05, 0.3, (3, SIZE, SIZE)), spot(*place)[None]])  # noqa: E731
    layers = {
        "skin": np.stack([0.35 + 0.4 * x, 0.3 + 0.4 * y, 0.2 + 0.3 * x * y]),
        "folds": three(1 - 0.4 * spot(0.5, 0.7, 0.1) + 0.3 * spot(0.7, 0.7, 0.1)),
        "detail": chance.normal(0, 0.06, (3, SIZE, SIZE)) * (x < 0.75),
        "facial_hair": hair(0.5, 0.8, 0.1),
        "hair": hair(0.4, 0.2, 0.2),
        "headwear": hair(0.7, 0.3, 0.2),
        "light": np.stack([1 + 0.9 * np.cos(7 * x + channel) * np.cos(5 * y) for channel in range(3)]),
    }
    coded = {name: encode(name, values.reshape(len(values), -1)) for name, values in layers.items()}
    return Packed(SIZE, coded, OPACITIES | opacities)


def picture_of(packed: Packed) -> np.ndarray:
    """(S,S,3) of flatten(), 0..255."""
    return flatten(packed.layers, packed.opacities).reshape(3, packed.size, packed.size).transpose(1, 2, 0) * 255


def read_png(archive: zipfile.ZipFile, path: str) -> np.ndarray:
    """(h,w,4) RGBA, 0..1."""
    pixels = cv2.imdecode(np.frombuffer(archive.read(path), np.uint8), cv2.IMREAD_UNCHANGED)
    code = cv2.COLOR_BGRA2RGBA if pixels.shape[2] == 4 else cv2.COLOR_BGR2RGBA
    return cv2.cvtColor(pixels, code) / np.float32(255)


OPERATORS = {
    "svg:src-over": lambda b, s: s,
    "svg:multiply": lambda b, s: b * s,
    "svg:color-dodge": lambda b, s: np.minimum(1, b / np.maximum(1 - s, 1e-6)),
    "svg:plus": lambda b, s: np.minimum(1, b + s),
}


def composite(archive: zipfile.ZipFile, element: ElementTree.Element, below: np.ndarray) -> np.ndarray:
    """(S,S,4) of a stack, after W3C's Compositing and Blending: groups of the file are isolated."""
    for one in reversed(list(element)):
        if one.get("visibility") == "hidden":
            continue
        source = np.zeros_like(below)
        if one.tag == "stack":
            source = composite(archive, one, source)
        else:
            pixels = read_png(archive, one.get("src"))
            left, top = int(one.get("x")), int(one.get("y"))
            source[top : top + pixels.shape[0], left : left + pixels.shape[1]] = pixels
        b, s = below[..., :3], source[..., :3]
        mixed = OPERATORS[one.get("composite-op", "svg:src-over")](b, s)
        above, under = source[..., 3:] * float(one.get("opacity", 1)), below[..., 3:]
        whole = above + under * (1 - above)
        colour = above * (1 - under) * s + above * under * mixed + (1 - above) * under * b
        below = np.concatenate([colour / np.maximum(whole, 1e-9), whole], 2)
    return below


def root_of(archive: zipfile.ZipFile) -> ElementTree.Element:
    return ElementTree.fromstring(archive.read("stack.xml"))
