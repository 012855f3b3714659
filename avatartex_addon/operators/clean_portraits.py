"""Give back the disk space of portraits that were pasted, packed or painted."""

from pathlib import Path

import bpy

from ..core.sizes import freed_text, size_text
from ..preferences import portraits_folder
from ..scene.head import portrait_path
from .checked import Confirmed


class AVATARTEX_OT_clean_portraits(Confirmed, bpy.types.Operator):
    """Delete the portraits that were pasted, or written from an image, and that this .blend file does not use.
    A file that uses one asks for it again; its textures stay"""

    bl_label = "Remove Unused Portraits"
    bl_options = {"INTERNAL"}

    @classmethod
    def find_obstacle(cls, context: bpy.types.Context) -> str:
        return "" if find_unused() else "There is none that this file does not use"

    def ask(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return context.window_manager.invoke_confirm(
            self,
            event,
            title=f"{self.bl_label}{freed_text(measure_files(find_unused()))}?",
            confirm_text="Remove",
            message="Other files that use them will ask for them again.",
        )

    def act(self, context: bpy.types.Context) -> None:
        unused = find_unused()
        size = measure_files(unused)
        for path in unused:
            path.unlink(missing_ok=True)
            if not any(path.parent.iterdir()):
                path.parent.rmdir()
        self.report({"INFO"}, f"Removed: {len(unused)}, {size_text(size)}")


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
