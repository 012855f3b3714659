"""Sliders and texels: a moved slider flattens the layers into the image, and undo, files and paint are followed.

Three things say how a texture looks: the sliders (Image.avatartex_layers), the texels in memory, and the packed file.
Undo and files bring sliders and packed file back, never texels; so texels are made again from the layers wherever they
differ from the sliders. The packed file follows a second after a slider rests, or when the file is saved.
"""

import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import bpy

from ..backend.layers.packed import BadLayers
from .layer_store import SLIDERS, attach_layers, forget_all, has_layers, on_thread, read_layers
from .layer_texels import Canvas, Encoded, checksum, drop_paint, keep_paint, name_packed, read_texels

#: Seconds without a move after which a slider rests. Moves in between are one drag, which looks for paint once.
RESTS = 1.0

Opacities = tuple[float, ...]


@dataclass
class Session:
    """One image in this Blender. shown: opacities that the texels in memory were flattened with; None: not by us."""

    shown: Opacities | None = None
    touched: float = 0.0
    refused: bool = False
    packed: bool = True  # the packed file shows the same
    canvas: Canvas = field(default_factory=Canvas)
    work: Future[Encoded] | None = None


_sessions: dict[int, Session] = {}
_before: dict[int, Opacities] = {}
_quiet = False


@contextmanager
def quietly() -> Iterator[None]:
    """Sliders are set and nothing follows."""
    global _quiet
    before, _quiet = _quiet, True
    try:
        yield
    finally:
        _quiet = before


def session_of(image: bpy.types.Image) -> Session:
    """With room for its texels; those of other images that are packed are let go."""
    for uid, session in _sessions.items():
        if session.packed and uid != image.session_uid:
            session.canvas.colours.clear()
    return _sessions.setdefault(image.session_uid, Session())


def read_sliders(image: bpy.types.Image) -> Opacities:
    return tuple(round(getattr(image.avatartex_layers, name), 5) for name in SLIDERS)


def set_sliders(image: bpy.types.Image, opacities: Opacities) -> None:
    """Without flattening."""
    with quietly():
        for name, value in zip(SLIDERS, opacities):
            setattr(image.avatartex_layers, name, value)


def packed_sliders(image: bpy.types.Image) -> Opacities:
    """What the packed file shows."""
    return tuple(round(value, 5) for value in image.avatartex_layers.packed_for)


def shown_sliders(image: bpy.types.Image) -> Opacities:
    """What the texels in memory show: those that we set, else the packed file's."""
    session = _sessions.get(image.session_uid)
    ours = session is not None and session.shown is not None and image.is_dirty
    return session.shown if ours else packed_sliders(image)


def keep_layers(image: bpy.types.Image, path: Path, tiles=()) -> None:
    """Give a job's texture the layers that the backend wrote beside it, where it did; the texels stay as they are."""
    if not attach_layers(image, path, tiles):
        return
    group = image.avatartex_layers
    set_sliders(image, tuple(group.made))
    group.packed, group.packed_for, group.texels = name_packed(image), read_sliders(image), ""


def follow_sliders(image: bpy.types.Image) -> None:
    """A slider was moved: flatten, or put it back where that would lose what was painted since."""
    if _quiet or not has_layers(image) or image.library is not None:
        return
    group, session, now = image.avatartex_layers, session_of(image), time.monotonic()
    if now - session.touched > RESTS:
        session.refused = is_painted(image)
    session.touched = now
    if session.refused:
        group.painted = True
        set_sliders(image, session.shown or packed_sliders(image))
    else:
        flatten_image(image)


def flatten_image(image: bpy.types.Image) -> None:
    """Let the image show what its sliders say, whatever it shows now."""
    group, session = image.avatartex_layers, session_of(image)
    try:
        session.canvas.flatten(image, read_layers(image), dict(zip(SLIDERS, read_sliders(image))))
    except BadLayers:
        group.there = ""  # there is nothing that sliders could do
        return
    session.canvas.show(image)
    session.shown, session.touched = read_sliders(image), time.monotonic()
    session.packed, session.refused, session.work = False, False, None
    group.painted = False
    if image.source == "TILED":
        group.packed, group.packed_for, group.texels, group.raw = name_packed(image), session.shown, "", True
    if not bpy.app.background and not bpy.app.timers.is_registered(pack_rested):
        bpy.app.timers.register(pack_rested, first_interval=RESTS, persistent=True)


def reset_sliders(image: bpy.types.Image) -> None:
    """As the job left them, all at once."""
    set_sliders(image, tuple(image.avatartex_layers.made))
    follow_sliders(image)


def flatten_over(image: bpy.types.Image, keep: bool) -> None:
    """Go on from what was painted, as a step of undo that brings the paint back.

    Args:
        keep: the paint stays on top of the layers; else it goes.
    """
    if keep:
        canvas = session_of(image).canvas
        canvas.flatten(image, read_layers(image), dict(zip(SLIDERS, read_sliders(image))))
        [flattened] = canvas.quantise().values()
        painted = read_texels(image)
    if image.is_dirty and image.source != "TILED":
        image.pack()
    image.avatartex_layers.painted = True
    if bpy.ops.ed.undo_push.poll():
        bpy.ops.ed.undo_push(message="Painted Texture")
    if keep:
        keep_paint(image, painted, flattened)
    else:
        drop_paint(image)
    flatten_image(image)


def is_painted(image: bpy.types.Image) -> bool:
    """Whether somebody else changed the texels since the job or the sliders did."""
    group, session = image.avatartex_layers, session_of(image)
    if not image.is_dirty and name_packed(image) == group.packed:
        return False
    if image.source == "TILED":
        return True
    texels = group.texels
    if not session.packed:
        texels = checksum(session.canvas.quantise().values())
    return not texels or checksum([read_texels(image)]) != texels


def pack_rested() -> float | None:
    """A timer: pack what rests, on a thread as far as that is possible."""
    waiting = False
    for image in layered_images():
        session = _sessions.get(image.session_uid)
        if session is None or session.packed:
            continue
        waiting = True
        if session.work is None and time.monotonic() - session.touched > RESTS:
            session.work = on_thread(session.canvas.encode)
        elif session.work is not None and session.work.done():
            pack(image, session.work.result())
    return 0.25 if waiting else None


def pack(image: bpy.types.Image, encoded: Encoded) -> None:
    """Let the packed file show what was flattened last."""
    group, session = image.avatartex_layers, _sessions[image.session_uid]
    encoded.pack(image)
    group.packed, group.packed_for, group.texels = encoded.packed, session.shown, encoded.texels
    group.raw = False
    session.packed, session.work = True, None


def settle(image: bpy.types.Image | None) -> None:
    """At once what else waits for a rest: texels and packed file are as the sliders say."""
    if not has_layers(image) or image.library is not None:
        return
    follow_file(image)
    session = _sessions.get(image.session_uid)
    if session is not None and not session.packed:
        pack(image, session.work.result() if session.work is not None else session.canvas.encode())


def follow_file(image: bpy.types.Image, before: Opacities | None = None) -> None:
    """Undo, or a file, brought sliders and packed file: the texels follow.

    Args:
        before: what the texels in memory show, where that was looked up before an undo.
    """
    session, sliders, shown = _sessions.get(image.session_uid), read_sliders(image), before or shown_sliders(image)
    if image.avatartex_layers.painted:
        if session is None or session.shown is None or session.refused:
            return  # the texels are the artist's
        forget_texels(image)  # we flattened over them, which was undone
        if name_packed(image) != image.avatartex_layers.packed:
            return
        image.avatartex_layers.painted, shown = False, packed_sliders(image)
    waits = session is not None and not session.packed
    packed, raw = sliders == packed_sliders(image), image.avatartex_layers.raw
    if sliders == shown and (image.is_dirty or (packed and (waits or not raw))):
        return  # where undo let the texels go, they are not dirty any more
    if packed and not raw:
        forget_texels(image)
    else:
        flatten_image(image)


def forget_texels(image: bpy.types.Image) -> None:
    """Those in memory; Blender reads the packed file when it next draws."""
    image.buffers_free()
    image.update_tag()
    session = session_of(image)
    session.shown, session.packed, session.work = None, True, None


def layered_images() -> list[bpy.types.Image]:
    return [image for image in bpy.data.images if image.library is None and has_layers(image)]


@bpy.app.handlers.persistent
def note_shown(*_arguments) -> None:
    """Before undo and redo."""
    _before.clear()
    _before.update((image.session_uid, shown_sliders(image)) for image in layered_images())


@bpy.app.handlers.persistent
def follow_undo(*_arguments) -> None:
    for image in layered_images():
        follow_file(image, _before.get(image.session_uid))


@bpy.app.handlers.persistent
def pack_layers(*_arguments) -> None:
    """The file holds what is shown, and Blender need not ask about unsaved images."""
    for image in layered_images():
        settle(image)
        if image.is_dirty and image.session_uid in _sessions and not is_painted(image):
            forget_texels(image)


@bpy.app.handlers.persistent
def after_load(*_arguments) -> None:
    """A file that was saved in the middle, as autosaves are."""
    forget_all()
    _sessions.clear()
    for image in layered_images():
        follow_file(image)


def unregister() -> None:
    if bpy.app.timers.is_registered(pack_rested):
        bpy.app.timers.unregister(pack_rested)


#: Handler lists of Blender's and what goes there.
HANDLERS = (
    ("undo_pre", note_shown),
    ("redo_pre", note_shown),
    ("undo_post", follow_undo),
    ("redo_post", follow_undo),
    ("save_pre", pack_layers),
    ("load_post", after_load),
)
