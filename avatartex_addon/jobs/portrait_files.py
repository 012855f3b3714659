"""Files of portraits that we wrote ourselves, because they were pasted, packed or painted."""

from __future__ import annotations

from pathlib import Path

import bpy

from ..preferences import portraits_folder
from ..scene.head import portrait_path


def find_unused() -> list[Path]:
    """Files of ours that no scene, row or result of the open file names."""
    folder = portraits_folder()
    if not folder.is_dir():
        return []
    named = {scene.avatartex.portrait for scene in bpy.data.scenes}
    named |= {row.portrait for scene in bpy.data.scenes for row in scene.avatartex_batch.rows}
    named |= {entry.portrait for head in bpy.data.objects for entry in head.avatartex_history}
    named |= {entry.path for head in bpy.data.objects for entry in head.avatartex_further}
    for head in bpy.data.objects:
        named.update(*(entry.further.splitlines() for entry in head.avatartex_history))
    used = {Path(portrait_path(name)) for name in named if name}
    return [path for path in sorted(folder.glob("*/*")) if path.is_file() and path not in used]


def measure_files(paths: list[Path]) -> int:
    """Bytes of all."""
    return sum(path.stat().st_size for path in paths)
