"""The faces of the portrait in the panel: looked for when it is first drawn, by a process beside the worker.

Known by path and time of change, for as long as Blender runs. Nothing is looked for where no panel is drawn.
"""

from __future__ import annotations

import os

import bpy

from .. import session
from ..core.chore import Chore, Parts
from ..core.command import backend_command
from ..core.found_faces import FoundFaces, look_for_faces
from ..preferences import find_backend_python, home
from ..scene.face_frames import find_used, framed_icon, use_face
from ..scene.head import find_head, portrait_path
from ..scene.redraw import redraw_panels

#: Seconds between two looks whether the backend has answered.
LOOK_INTERVAL = 0.1

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
    return LOOK_INTERVAL  # another portrait may be shown by now


def ask_for_faces(python: str, path: str, key: str) -> Parts:
    command, log = backend_command(python, session.EXTENSION_FOLDER, home().weights, "faces"), session.log()
    _known[key] = yield lambda: look_for_faces(command, path, log)


def find_icon(portrait: str, head: bpy.types.Object | None) -> int:
    """The portrait's icon with the face framed that is used; 0 where its faces are not known."""
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
    return find_used(found, settings.portrait, find_head(bpy.context)) if found else 0


def set_face(settings, index: int) -> None:
    found, head = find_faces(settings.portrait), find_head(bpy.context)
    if found and head is not None and index < len(found.faces):
        use_face(head, found, index, settings.portrait)


def unregister() -> None:
    if bpy.app.timers.is_registered(watch_look):
        bpy.app.timers.unregister(watch_look)
    _known.clear()
