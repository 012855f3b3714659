"""Layers as paint programs have them: standard blend modes, groups, a name in plain English, a mask.

Paint programs know no gain above 1 and no signed picture, so each of these becomes two layers: what darkens is
multiplied, gains above 1 dodge, added light is added. What is laid over others stays one layer with a mask. Opacities
stay opacities.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

import cv2
import numpy as np

from .flatten import LAYERS, NOTHING, ONE, Blend, flatten
from .packed import Packed

#: As a paint program shows them; no group has a layer's name, GIMP would number them.
NAMES = {
    "skin": "Skin colour",
    "folds": "Folds of the smile",
    "detail": "Fine detail",
    "facial_hair": "Facial hair",
    "hair": "Hair",
    "headwear": "Headwear",
    "light": "Light",
}
#: Groups from the bottom to the top; in each the layers lie as in LAYERS.
GROUPS = {
    "Skin": ("skin", "folds", "detail"),
    "Hair and headwear": ("facial_hair", "hair", "headwear"),
    "Light": ("light",),
}
#: Texels that are reckoned with floats at a time.
TOGETHER = 1 << 20


class Mode(Enum):
    """Blend modes that OpenRaster and Photoshop share, b: value below, s: the layer's, both 0..1."""

    NORMAL = "normal"  # s where the mask is
    MULTIPLY = "multiply"  # b * s
    DODGE = "dodge"  # b / (1 - s), at most 1
    ADD = "add"  # b + s, at most 1


@dataclass(frozen=True)
class Picture:
    """A layer's pixels inside its box, outside it does nothing.

    left, top: of the box, in texels. colour: (3,h,w) uint8 sRGB. mask: (h,w) uint8, None for all of the box.
    """

    left: int
    top: int
    colour: np.ndarray
    mask: np.ndarray | None = None


@dataclass(frozen=True)
class Layer:
    """opacity: 0..1 of what is visible. picture: makes the pixels, which take memory while they are needed."""

    name: str
    mode: Mode
    opacity: float
    visible: bool
    picture: Callable[[], Picture]


@dataclass(frozen=True)
class Group:
    """members: from the bottom to the top. through: they blend with what lies below the group, not with each other
    alone."""

    name: str
    members: Sequence[Layer | Group]
    visible: bool = True
    through: bool = False


def stack(packed: Packed) -> list[Group]:
    """The groups from the bottom to the top; layers that do nothing are left out, and groups without any."""
    groups = []
    for group, names in GROUPS.items():
        there = [name for name in LAYERS if name in names and name in packed.layers]
        members = [one for name in there if (one := _of_layer(name, packed)) is not None]
        if len(members) == 1 and isinstance(members[0], Group):
            groups.append(members[0])  # the light's own group
        elif members:
            groups.append(Group(group, members))
    return groups


def _of_layer(name: str, packed: Packed) -> Layer | Group | None:
    """What becomes of one layer: itself, or a group of two or three; None where it does nothing."""
    values, title, blend = packed.layers[name].reshape(-1, packed.size, packed.size), NAMES[name], LAYERS[name]
    asked = float(packed.opacities.get(name, 1.0))
    part = min(asked, 1.0) or 1.0
    if blend is Blend.BASE:
        return Layer(title, Mode.NORMAL, 1.0, True, lambda: Picture(0, 0, values))
    if blend is Blend.OVER:
        return Layer(title, Mode.NORMAL, part, asked > 0, lambda: _cover(values)) if values[3].any() else None
    more = max(asked, 1.0)  # no program lays a layer on more than once, its values do
    members = []
    if (values < NOTHING[blend]).any():
        picture = (lambda: _cut(values, _table(_gain, more))) if blend is Blend.GAIN else lambda: _factor(name, packed)
        members.append(Layer(f"{title}, darker", Mode.MULTIPLY, part, True, picture))
    if (values > NOTHING[blend]).any():
        mode, value = (Mode.DODGE, _dodge) if blend is Blend.GAIN else (Mode.ADD, _sum)
        members.append(Layer(f"{title}, lighter", mode, part, True, lambda: _cut(values, _table(value, more))))
        if part < 1 and (lost := _cut_off(name, packed)).any():
            members.append(Layer(f"{title}, highlights", Mode.ADD, 1.0, True, lambda: _cut(lost)))
    return Group(title, members, asked > 0, through=True) if members else None


def _cover(values: np.ndarray) -> Picture:
    """Colour and mask of what is laid over; where nothing is, its mean colour, for an artist who widens the mask."""
    top, bottom, left, right = _box(values[3] > 0)
    colour, mask = values[:3, top:bottom, left:right].copy(), values[3, top:bottom, left:right]
    weight = mask.astype(np.float32)
    empty = mask == 0
    for plane in colour:
        plane[empty] = round(float((plane * weight).sum(dtype=np.float64) / weight.sum(dtype=np.float64)))
    return Picture(left, top, colour, mask)


def _cut(values: np.ndarray, table: np.ndarray | None = None) -> Picture:
    """The box of bytes that do something.

    Args:
        values: (3,S,S) uint8. table: (256,) uint8, what is made of each byte; that of 128 does nothing. Without it 0
            does nothing.
    """
    does = np.arange(256) != 0 if table is None else table != table[128]
    top, bottom, left, right = _box(_look_up(values, does.astype(np.uint8)).any(0))
    colour = values[:, top:bottom, left:right]
    return Picture(left, top, colour if table is None else _look_up(colour, table))


def _look_up(values: np.ndarray, table: np.ndarray) -> np.ndarray:
    """(3,h,w) bytes of a table for (3,h,w) bytes; NumPy's own way takes nine times the memory."""
    rows = np.ascontiguousarray(values).reshape(-1, values.shape[2])
    return cv2.LUT(rows, table).reshape(values.shape)


def _table(value: Callable[[np.ndarray], np.ndarray], more: float) -> np.ndarray:
    """(256,) uint8: a function from bytes' distances to 128, taken `more` times, to 0..1."""
    apart = (np.arange(256, dtype=np.float32) - 128) * np.float32(more)
    return np.rint(np.clip(value(apart), 0, 1) * 255).astype(np.uint8)


def _gain(apart: np.ndarray) -> np.ndarray:
    return 1 + apart / np.float32(ONE[Blend.GAIN])


def _dodge(apart: np.ndarray) -> np.ndarray:
    return 1 - 1 / np.maximum(_gain(apart), 1)


def _sum(apart: np.ndarray) -> np.ndarray:
    return apart / np.float32(ONE[Blend.ADD])


def _factor(name: str, packed: Packed) -> Picture:
    """What darker detail leaves of what lies below it: no mode that subtracts is standard in OpenRaster."""
    values, factor = packed.layers[name], np.full((3, packed.size**2), 255, np.uint8)
    for part, below in _below(name, packed):
        block = values[:, part]
        above = below + np.float32(max(packed.opacities.get(name, 1.0), 1.0)) * _sum(block.astype(np.float32) - 128)
        share = np.clip(above / np.maximum(below, np.float32(1e-3)), 0, 1)
        np.copyto(factor[:, part], np.rint(255 * share), where=block < 128, casting="unsafe")
    factor = factor.reshape(3, packed.size, packed.size)
    top, bottom, left, right = _box((values < 128).any(0).reshape(factor.shape[1:]))
    return Picture(left, top, factor[:, top:bottom, left:right])


def _cut_off(name: str, packed: Packed) -> np.ndarray:
    """(3,S,S) uint8, light to add where a program, which mixes what it cut off at 1, is darker than flatten()."""
    values, opacity = packed.layers[name], np.float32(packed.opacities[name])
    lost = np.empty((3, packed.size**2), np.uint8)
    for part, below in _below(name, packed):
        apart = values[:, part].astype(np.float32) - 128
        whole = below * _gain(apart) if LAYERS[name] is Blend.GAIN else below + _sum(apart)
        wanted = np.minimum(below + opacity * (whole - below), 1)
        wanted -= below + opacity * (np.minimum(whole, 1) - below)
        lost[:, part] = np.rint(wanted * 255)
    lost[lost < 2] = 0  # roundings
    return lost.reshape(3, packed.size, packed.size)


def _below(name: str, packed: Packed) -> Iterator[tuple[slice, np.ndarray]]:
    """Texels in blocks, and their (3,n) float32 sRGB as all layers below one make it."""
    names = list(LAYERS)
    layers = {one: packed.layers[one] for one in names[: names.index(name)] if one in packed.layers}
    for start in range(0, packed.size**2, TOGETHER):
        part = slice(start, start + TOGETHER)
        yield part, flatten({one: values[:, part] for one, values in layers.items()}, packed.opacities)


def _box(touched: np.ndarray) -> tuple[int, int, int, int]:
    """Rows and columns from and to around what is set; touched: (S,S) bool, some of it set."""
    rows, columns = np.flatnonzero(touched.any(1)), np.flatnonzero(touched.any(0))
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
