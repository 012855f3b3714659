"""Layers to one picture, by opacities. NumPy alone: Blender's sliders and the backend's jobs call the same function.

From the bottom: skin, the folds of a smile, fine detail, what covers the skin, and the portrait's light on all of it.
"""

from collections.abc import Mapping
from enum import Enum

import numpy as np

from ..options import OPACITIES as OPACITIES
from ..threads import CORES, start_threads


class Blend(Enum):
    """How a layer goes onto what lies below."""

    BASE = "base"  # (3,…) sRGB 0..1, the lowest
    GAIN = "gain"  # (3,…) sRGB values below are multiplied by this, 1 for nothing
    ADD = "add"  # (3,…) signed, added to sRGB values below
    OVER = "over"  # (4,…) sRGB and straight alpha 0..1


#: The layers by name, from the bottom to the top.
LAYERS = {
    "skin": Blend.BASE,
    "folds": Blend.GAIN,
    "detail": Blend.ADD,
    "facial_hair": Blend.OVER,
    "hair": Blend.OVER,
    "headwear": Blend.OVER,
    "light": Blend.GAIN,
}
#: Of a byte: the value that means nothing, and how many make 1.
NOTHING = {Blend.BASE: 0, Blend.GAIN: 128, Blend.ADD: 128, Blend.OVER: 0}
ONE = {Blend.BASE: 255, Blend.GAIN: 128, Blend.ADD: 255, Blend.OVER: 255}
#: Texels that are flattened together: few enough to stay in a core's cache.
BLOCK = 1 << 14


def encode(name: str, values: np.ndarray) -> np.ndarray:
    """(C,…) uint8 of a layer's (C,…) float values; gains up to 1.99, added light up to half a range either way."""
    blend = LAYERS[name]
    start = 128 if blend is Blend.ADD else 0
    return np.clip(np.rint(values * np.float32(ONE[blend])) + start, 0, 255).astype(np.uint8)


def flatten(
    layers: Mapping[str, np.ndarray], opacities: Mapping[str, float], out: np.ndarray | None = None
) -> np.ndarray:
    """(3,N) float32 sRGB 0..1 of the layers.

    Args:
        layers: (C,N) by name of LAYERS, as Blend says, float32 or bytes of encode(); what is not there does nothing.
        opacities: 0..1 by name; a gain or detail may be laid on more than once, up to 2. What is not there is whole.
        out: (3,N) float32 to fill and return, in any order of memory: a picture's own texels, for instance.
    """
    count = layers["skin"].shape[1]
    out = np.empty((3, count), np.float32) if out is None else out
    used = _used(layers, opacities)
    starts = range(0, count, BLOCK)

    def work(first: int) -> None:
        for start in starts[first::CORES]:
            part = slice(start, min(start + BLOCK, count))
            out[:, part] = _flatten_block({name: layers[name][:, part] for name, _ in used}, used)

    if len(starts) == 1:
        work(0)
    else:
        list(start_threads(CORES).map(work, range(CORES)))  # NumPy lets go of the lock
    return out


def flatten_part(layers: Mapping[str, np.ndarray], opacities: Mapping[str, float]) -> np.ndarray:
    """As flatten(), on the thread that calls it: for few texels, and for what is on all cores already."""
    return _flatten_block(layers, _used(layers, opacities))


def _used(layers: Mapping[str, np.ndarray], opacities: Mapping[str, float]) -> list[tuple[str, float]]:
    """The layers that do something, from the bottom to the top, with their opacities."""
    used = [(name, float(opacities.get(name, 1.0))) for name in LAYERS if name in layers]
    return [(name, opacity) for name, opacity in used if opacity or name == "skin"]


def _flatten_block(block: Mapping[str, np.ndarray], used: list[tuple[str, float]]) -> np.ndarray:
    """(3,n) float32 of a few texels."""
    colour = np.empty((3, block["skin"].shape[1]), np.float32)
    spare = np.empty_like(colour)
    for name, opacity in used:
        blend, values = LAYERS[name], block[name]
        coded = values.dtype == np.uint8
        unit = np.float32(1 / ONE[blend] if coded else 1)
        nothing = np.float32(NOTHING[blend] if coded else blend is Blend.GAIN)
        if blend is Blend.BASE:
            np.multiply(values, unit, out=colour, casting="unsafe")
        elif blend is Blend.OVER:
            if not values[3].any():
                continue
            np.multiply(values[:3], unit, out=spare, casting="unsafe")
            spare -= colour
            spare *= values[3] * np.float32(unit * opacity)
            colour += spare
        else:
            np.subtract(values, nothing, out=spare, casting="unsafe", dtype=np.float32)
            spare *= np.float32(unit * opacity)
            if blend is Blend.GAIN:
                spare += np.float32(1)
                colour *= spare
            else:
                colour += spare
                np.clip(colour, 0, 1, out=colour)
    return np.clip(colour, 0, 1, out=colour)
