"""The further portraits of a head: their files, and which of them are gone."""

from pathlib import Path

import bpy

from .head import portrait_path


def further_paths(head: bpy.types.Object) -> tuple[str, ...]:
    """Absolute paths of those that are there."""
    return tuple(path for path in map(portrait_path, all_paths(head)) if Path(path).is_file())


def find_missing(head: bpy.types.Object) -> int:
    """Index of the first whose file is gone, -1 when all are there."""
    return next((index for index, path in enumerate(all_paths(head)) if not Path(portrait_path(path)).is_file()), -1)


def all_paths(head: bpy.types.Object) -> list[str]:
    return [entry.path for entry in head.avatartex_further]


def add_further(head: bpy.types.Object, path: str) -> None:
    """One more, once."""
    if portrait_path(path) in map(portrait_path, all_paths(head)):
        return
    head.avatartex_further.add().path = path
    head.avatartex_further_index = len(head.avatartex_further) - 1


def remove_further(head: bpy.types.Object, index: int) -> None:
    head.avatartex_further.remove(index)
    head.avatartex_further_index = max(0, min(head.avatartex_further_index, len(head.avatartex_further) - 1))
