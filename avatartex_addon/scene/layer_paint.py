"""What the artist painted on a texture, kept on top of its layers: places and colours, a property of the image."""

import bpy
import numpy as np

from .arrays import drop_numbers, keep_numbers, kept_numbers

#: Of an image: the painted texels' numbers, then their colours as red, green and blue in one number.
PAINT = "avatartex_layers_paint"
#: Of 255: as much a texture may differ from its own layers where nobody painted, for they are rounded.
ROUNDED = 2


def keep_paint(image: bpy.types.Image, painted: np.ndarray, flattened: np.ndarray) -> None:
    """Add what differs to what was kept before.

    Args:
        painted, flattened: (N,3) uint8, the image's texels, and what layers and earlier paint make.
    """
    differs = np.abs(np.subtract(painted, flattened, dtype=np.int16)).max(1) > ROUNDED
    places = np.flatnonzero(differs)
    red, green, blue = painted[places].astype(np.int32).T
    before, colours = read_paint(image)
    stay = ~differs[before]
    found = np.concatenate([before[stay], places, colours[stay], red << 16 | green << 8 | blue])
    if found.size:
        keep_numbers(image, PAINT, found.astype(np.int32))


def read_paint(image: bpy.types.Image) -> tuple[np.ndarray, np.ndarray]:
    """(K,) numbers of texels and (K,) their colours, int32."""
    if PAINT not in image.keys():
        return np.empty(0, np.int32), np.empty(0, np.int32)
    return tuple(kept_numbers(image, PAINT).reshape(2, -1))


def lay_paint(image: bpy.types.Image, texels: np.ndarray) -> None:
    """Onto (N,4) float32 sRGB."""
    places, colours = read_paint(image)
    for channel, shift in enumerate((16, 8, 0)):
        texels[places, channel] = (colours >> shift & 255) * np.float32(1 / 255)


def drop_paint(image: bpy.types.Image) -> None:
    drop_numbers(image, PAINT)
