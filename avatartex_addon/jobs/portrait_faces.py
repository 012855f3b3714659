"""The faces of the portrait in the panel: looked for when it is first drawn, by a process beside the worker.

Known by path and time of change, for as long as Blender runs. Nothing is looked for where no panel is drawn.
"""

import os

import bpy
import numpy as np

from .. import session
from ..core.chore import Chore, Parts
from ..core.command import backend_command
from ..core.found_faces import NOSE, Face, FoundFaces, look_for_faces
from ..preferences import find_backend_python, home
from ..scene.head import portrait_path
from ..scene.pins import lift_pin, portrait_key, set_pin
from ..scene.redraw import redraw_panels
from ..scene.thumbnails import keep_icon, read_bmp

#: None where the backend could not say.
_known: dict[str, FoundFaces | None] = {}
_chore: Chore | None = None
_wanted = ""


def find_faces(portrait: str) -> FoundFaces | None:
    """What is known of a portrait; where nothing is, the look for it begins, and panels are drawn anew after it."""
    global _wanted
    key = find_key(path := portrait_path(portrait))
    if not key or key in _known:
        return _known.get(key)
    _wanted = path
    if not bpy.app.background and not bpy.app.timers.is_registered(watch_look):
        bpy.app.timers.register(watch_look, first_interval=0.0)
    return None


def find_key(path: str) -> str:
    """'' without a file."""
    try:
        return f"{path}|{os.stat(path).st_mtime_ns}" if path else ""
    except OSError:
        return ""


def watch_look() -> float | None:
    """Blender's timer: look at the portrait that was drawn last, and take up the end of the look."""
    global _chore
    if _chore is None:
        key, python = find_key(_wanted), find_backend_python()
        if not key or key in _known or not python or bpy.context.window_manager.avatartex_job.running:
            return None  # the next drawing asks again
        _chore = Chore(ask_for_faces(python, _wanted, key))
    if _chore.step():
        _chore = None
        redraw_panels()
    return 0.1  # another portrait may be shown by now


def ask_for_faces(python: str, path: str, key: str) -> Parts:
    command, log = backend_command(python, session.EXTENSION_FOLDER, home().weights, "faces"), session.log()
    _known[key] = yield lambda: look_for_faces(command, path, log)


def find_icon(head: bpy.types.Object) -> int:
    """The portrait's icon with the face framed that is used; 0 where its faces are not known."""
    portrait = head.avatartex.portrait
    found = find_faces(portrait)
    return framed_icon(found, find_used(found, portrait, head), find_key(portrait_path(portrait))) if found else 0


#: Blender keeps no reference to the texts of a dynamic list.
_items: list[tuple[str, str, str, int, int]] = []


def list_faces(settings, _context: bpy.types.Context) -> list[tuple[str, str, str, int, int]]:
    """Items of a property: the portrait once for each of its faces, that one framed."""
    found, key = find_faces(settings.portrait), find_key(portrait_path(settings.portrait))
    count = len(found.faces) if found else 0
    _items[:] = [(str(n), str(n + 1), "", framed_icon(found, n, key), n) for n in range(count)]
    return _items


def get_face(settings) -> int:
    found = find_faces(settings.portrait)
    return find_used(found, settings.portrait, settings.id_data) if found else 0


def set_face(settings, index: int) -> None:
    found = find_faces(settings.portrait)
    if found and index < len(found.faces):
        use_face(settings.id_data, found, index, settings.portrait)


def unregister() -> None:
    if bpy.app.timers.is_registered(watch_look):
        bpy.app.timers.unregister(watch_look)
    _known.clear()


#: Frames, RGB and pixels: of the face that is used, and of others.
USED, OTHER = ((255, 150, 20), 4), ((235, 235, 235), 2)


def find_used(found: FoundFaces, portrait: str, head: bpy.types.Object) -> int:
    """The index of the face that a job would use.

    Args:
        portrait: as the setting has it; its pins are those of the file's name.
    """
    key = portrait_key(portrait)
    return found.choose({pin.name: tuple(pin.xy) for pin in head.avatartex_pins if pin.has_2d and pin.portrait == key})


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
    air = 0.08 * max(x1 - x0, y1 - y0)  # landmarks leave out the forehead's top
    left, top, right, bottom = (round(scale * value) for value in (x0 - air, y0 - air, x1 + air, y1 + air))
    for rgb, rim in (((20, 20, 20), 1), (colour, 0)):
        frame = np.zeros(pixels.shape[:2], bool)
        fill(frame, left - rim, top - rim, right + rim, bottom + rim, True)
        inside = width + rim  # the rim is visible on both sides
        fill(frame, left + inside, top + inside, right - inside, bottom - inside, False)
        pixels[frame, :3] = rgb


def fill(mask: np.ndarray, left: int, top: int, right: int, bottom: int, value: bool) -> None:
    """A box of it, as far as it lies inside."""
    mask[max(0, top) : max(0, bottom), max(0, left) : max(0, right)] = value
