"""Layers as bytes: what a job writes for Blender, which keeps it with the image. NumPy and zlib alone, for both sides.

A line of JSON says size, opacities and what each layer is; then come the layers, each plane's rows as differences to
the left neighbour, deflated: they are as small as a PNG, and NumPy can read them.
"""

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..threads import CORES, start_threads
from .flatten import LAYERS, Blend

MAGIC = b"AvatarTexLayers 1\n"


class BadLayers(ValueError):
    """Bytes that hold no layers, or not whole."""


@dataclass(frozen=True)
class Packed:
    """The layers of one texture, of one UDIM tile where there are several.

    size: texels, width and height; row 0 on top. layers: (C,size*size) uint8 by name of flatten.LAYERS, of
    flatten.encode(). opacities: 0..1 by name, those that the texture was made with.
    """

    size: int
    layers: Mapping[str, np.ndarray]
    opacities: Mapping[str, float]


def pack(packed: Packed, effort: int = 1) -> bytes:
    """To bytes; layers that do nothing are left out.

    Args:
        effort: zlib's, 1 to 9.
    """
    size = packed.size
    names = [name for name in LAYERS if name in packed.layers and _does_something(name, packed.layers[name])]
    parts = list(start_threads(CORES).map(lambda name: _deflate(packed.layers[name], size, effort), names))
    about = [{"name": name, "planes": len(packed.layers[name]), "bytes": len(part)} for name, part in zip(names, parts)]
    head = {"size": size, "opacities": dict(packed.opacities), "layers": about}
    return b"".join([MAGIC, json.dumps(head).encode(), b"\n", *parts])


@dataclass(frozen=True)
class Head:
    """What bytes of layers say of themselves.

    planes: of each layer, by name. parts: where its bytes lie, by name.
    """

    size: int
    planes: Mapping[str, int]
    parts: Mapping[str, slice]
    opacities: Mapping[str, float]


def read_head(data: bytes) -> Head:
    """Without the layers themselves: it takes no time.

    Raises:
        BadLayers: they are none, damaged, or of a later version.
    """
    if data[: len(MAGIC)] != MAGIC:
        raise BadLayers("This is no file of layers, or one of another version.")
    try:
        start = data.index(b"\n", len(MAGIC)) + 1
        head = json.loads(data[len(MAGIC) : start])
        size, planes, parts = int(head["size"]), {}, {}
        for one in head["layers"]:
            name, length = str(one["name"]), int(one["bytes"])
            planes[name], parts[name] = int(one["planes"]), slice(start, start + length)
            if planes[name] != (4 if LAYERS[name] is Blend.OVER else 3) or length < 0 or not 0 < size <= 1 << 15:
                raise BadLayers("The layers are not what they say.")
            start += length
        opacities = {str(name): float(value) for name, value in head["opacities"].items() if name in LAYERS}
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
        raise BadLayers(f"The layers are damaged: {error}") from error
    if "skin" not in planes:
        raise BadLayers("The layers are damaged: there is no skin.")
    if start > len(data):
        raise BadLayers("The layers are damaged: they are not whole.")
    if not all(0 <= value <= 2 for value in opacities.values()):
        raise BadLayers("The layers are damaged: their opacities are none.")
    return Head(size, planes, parts, opacities)


def unpack(data: bytes) -> Packed:
    """From bytes.

    Raises:
        BadLayers: they are none, damaged, or of a later version.
    """
    head = read_head(data)
    try:
        parts = lambda name: _inflate(data[head.parts[name]], head.planes[name], head.size)  # noqa: E731
        layers = dict(zip(head.parts, start_threads(CORES).map(parts, head.parts), strict=True))
        return Packed(head.size, layers, head.opacities)
    except zlib.error as error:
        raise BadLayers(f"The layers are damaged: {error}") from error


def _does_something(name: str, planes: np.ndarray) -> bool:
    blend = LAYERS[name]
    if blend is Blend.BASE:
        return True
    return bool(planes[3].any()) if blend is Blend.OVER else bool((planes != 128).any())


def _deflate(planes: np.ndarray, size: int, effort: int) -> bytes:
    rows = planes.reshape(-1, size)
    apart = rows.copy()
    apart[:, 1:] -= rows[:, :-1]  # bytes wrap around, here and back
    return zlib.compress(apart.data, effort)


def _inflate(data: bytes, planes: int, size: int) -> np.ndarray:
    most = planes * size * size
    inflate = zlib.decompressobj()
    raw = inflate.decompress(data, most + 1)
    if len(raw) != most or not inflate.eof:  # without its end nobody knows whether it is whole
        raise BadLayers("The layers are damaged: their size is not as they say.")
    rows = np.frombuffer(raw, np.uint8).reshape(-1, size)
    return np.add.accumulate(rows, 1, np.uint8).reshape(planes, -1)
