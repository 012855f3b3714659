"""Small pictures of portraits for the panel."""

from __future__ import annotations

import os

import bpy.utils.previews

_collection: bpy.utils.previews.ImagePreviewCollection | None = None


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


def register() -> None:
    global _collection
    _collection = bpy.utils.previews.new()


def unregister() -> None:
    global _collection
    if _collection is not None:
        bpy.utils.previews.remove(_collection)
        _collection = None
