"""Save As into another folder: Blender moves its own relative paths along; those of portraits are ours to move."""

from collections.abc import Iterator
from pathlib import Path

import bpy


def holders() -> Iterator[tuple[bpy.types.PropertyGroup, str]]:
    """Everything of this file that may name a picture relative to it, and under which name."""
    for scene in bpy.data.scenes:
        if scene.library is None:
            yield from ((row, "portrait") for row in scene.avatartex_batch.rows)
    for head in bpy.data.objects:
        if head.library is None:
            yield head.avatartex, "portrait"
            yield from ((entry, "path") for entry in head.avatartex_further)


def move_paths(before: Path, after: Path) -> None:
    """Let relative paths mean from the one folder what they meant from the other."""
    if before == after:
        return
    for holder, name in holders():
        if not (path := getattr(holder, name)).startswith("//"):
            continue
        whole = bpy.path.abspath(path, start=str(before))
        try:
            moved = bpy.path.relpath(whole, start=str(after))
        except ValueError:
            moved = whole  # on another drive of Windows
        # a change by hand sets these back; a path that only moves leaves them
        kept = {
            field: getattr(holder, field) for field in ("state", "code", "reason", "cure") if hasattr(holder, field)
        }
        setattr(holder, name, moved)
        for field, value in kept.items():
            setattr(holder, field, value)


@bpy.app.handlers.persistent
def before_save(path: str, *_arguments) -> None:
    if path and bpy.data.filepath:
        move_paths(Path(bpy.data.filepath).parent, Path(path).parent)


@bpy.app.handlers.persistent
def after_save(path: str, *_arguments) -> None:
    """A copy was saved, or nothing: the open file lies where it lay."""
    if path and bpy.data.filepath:
        move_paths(Path(path).parent, Path(bpy.data.filepath).parent)


#: Handler lists of Blender's and what goes there.
HANDLERS = (("save_pre", before_save), ("save_post", after_save), ("save_post_fail", after_save))
