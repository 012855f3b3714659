"""Small pictures of portraits, and of a texture on its way, for the panel."""

from __future__ import annotations

import os

import bpy.utils.previews

_collection: bpy.utils.previews.ImagePreviewCollection | None = None


#: Previews of the running job, by path: dropped when it is over.
_previews: set[str] = set()


def thumbnail(path: str) -> int:
    """The icon of a picture file, 0 when there is none. A changed file gets a new one."""
    try:
        key = f"{path}|{os.stat(path).st_mtime_ns}"
    except OSError:
        return 0
    if _collection is None:
        return 0
    if key not in _collection:
        _collection.load(key, path, "IMAGE")
    return _collection[key].icon_id


def preview(path: str) -> int:
    """The icon of a running job's picture, whose file never changes; 0 when there is none."""
    if _collection is None or not path:
        return 0
    if path not in _collection:
        if not os.path.isfile(path):
            return 0
        _collection.load(path, path, "IMAGE")
        _previews.add(path)
    return _collection[path].icon_id


def forget_previews() -> None:
    for path in _previews:
        if _collection is not None and path in _collection:
            del _collection[path]
    _previews.clear()


def register() -> None:
    global _collection
    _collection = bpy.utils.previews.new()


def unregister() -> None:
    global _collection
    if _collection is not None:
        bpy.utils.previews.remove(_collection)
        _collection = None
