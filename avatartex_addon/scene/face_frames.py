"""The faces of a portrait, framed on its preview, and which of them is used: the one that the portrait's pins mean."""

from __future__ import annotations

import bpy
import numpy as np

from ..core.found_faces import NOSE, Face, FoundFaces
from .pins import lift_pin, portrait_key, set_pin
from .thumbnails import keep_icon, read_bmp

#: Frames, RGB and pixels: of the face that is used, and of others.
USED, OTHER = ((255, 150, 20), 4), ((235, 235, 235), 2)
#: Around a face, as a share of its size: landmarks leave out the forehead's top.
AIR = 0.08


def find_used(found: FoundFaces, portrait: str, head: bpy.types.Object | None) -> int:
    """The index of the face that a job would use.

    Args:
        portrait: as the setting has it; its pins are those of the file's name.
    """
    key = portrait_key(portrait)
    pins = head.avatartex_pins if head is not None else ()
    return found.choose({pin.name: tuple(pin.xy) for pin in pins if pin.has_2d and pin.portrait == key})


def use_face(head: bpy.types.Object, found: FoundFaces, index: int, portrait: str) -> None:
    """Let jobs use a face: pins on another one go, and its nose is pinned where it is not the largest."""
    key = portrait_key(portrait)
    for name in [pin.name for pin in head.avatartex_pins if pin.has_2d and pin.portrait == key]:
        lift_pin(head, name, on_head=False)
    if index:
        set_pin(head, NOSE, found.faces[index].points[NOSE], portrait)


def framed_icon(found: FoundFaces, used: int, key: str) -> int:
    """The icon of the portrait with its faces framed; 0 where there is no picture.

    Args:
        key: of the portrait's file and its time.
    """
    try:
        pixels = read_bmp(found.picture)
    except ValueError:
        return 0
    scale = pixels.shape[1] / found.width
    for index in sorted(range(len(found.faces)), key=lambda index: index == used):
        draw_frame(pixels[::-1], found.faces[index], scale, *(USED if index == used else OTHER))
    return keep_icon(f"{key}|{used}", pixels)


def draw_frame(pixels: np.ndarray, face: Face, scale: float, colour: tuple[int, int, int], width: int) -> None:
    """A frame on a dark rim, into (H,W,4) uint8, row 0 on top.

    Args:
        scale: pixels of the picture to one of the portrait.
    """
    x0, y0, x1, y1 = face.box
    air = AIR * max(x1 - x0, y1 - y0)
    left, top, right, bottom = (round(scale * value) for value in (x0 - air, y0 - air, x1 + air, y1 + air))
    for rgb, rim in (((20, 20, 20), 1), (colour, 0)):
        frame = np.zeros(pixels.shape[:2], bool)
        fill(frame, left - rim, top - rim, right + rim, bottom + rim, True)
        inside = width + rim  # the rim is seen on both sides
        fill(frame, left + inside, top + inside, right - inside, bottom - inside, False)
        pixels[frame, :3] = rgb


def fill(mask: np.ndarray, left: int, top: int, right: int, bottom: int, value: bool) -> None:
    """A box of it, as far as it lies inside."""
    mask[max(0, top) : max(0, bottom), max(0, left) : max(0, right)] = value
