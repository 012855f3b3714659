"""Save Texture As: the head's texture as PNG files wherever the artist wants them. The scene stays as it is."""

# No `from __future__ import annotations` here: Blender evaluates annotations itself.
from pathlib import Path

import bpy
from bpy.props import BoolProperty, StringProperty

from ..core.idnames import Op
from ..scene.head import find_head
from ..scene.history import shown_image
from ..scene.images import UDIM, save_png


class AVATARTEX_OT_save_texture(bpy.types.Operator):
    """Save the texture that the head shows as a PNG file; of several UDIM tiles as one file each"""

    bl_idname = Op.SAVE_TEXTURE
    bl_label = "Save Texture As…"
    bl_options = {"REGISTER"}

    filepath: StringProperty(subtype="FILE_PATH", options={"SKIP_SAVE"})
    check_existing: BoolProperty(default=True, options={"HIDDEN"})
    filter_image: BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})
    filter_folder: BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        head = find_head(context)
        if head is None or shown_image(head) is None:
            cls.poll_message_set("The head shows no texture of ours")
            return False
        return True

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        head = find_head(context)
        tile = f".{UDIM}" if shown_image(head).source == "TILED" else ""
        folder = Path(bpy.data.filepath).parent if bpy.data.filepath else Path.home()
        self.filepath = str(folder / f"{bpy.path.clean_name(head.name)}_texture{tile}.png")
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def check(self, context: bpy.types.Context) -> bool:
        """As artists type names: the suffix comes by itself."""
        named = bpy.path.ensure_ext(self.filepath, ".png")
        changed, self.filepath = named != self.filepath, named
        return changed

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            written = save_png(shown_image(find_head(context)), Path(bpy.path.abspath(self.filepath)))
        except FileExistsError as reason:
            self.report({"ERROR"}, f"'{Path(reason.filename).name}' is there already. Choose another name.")
            return {"CANCELLED"}
        except LookupError as reason:
            self.report({"ERROR"}, str(reason))
            return {"CANCELLED"}
        except OSError as reason:
            self.report({"ERROR"}, f"The texture could not be saved ({reason.strerror}).")
            return {"CANCELLED"}
        names = ", ".join(f"'{path.name}'" for path in written)
        self.report({"INFO"}, f"Saved {names} in {written[0].parent}")
        return {"FINISHED"}


CLASSES = (AVATARTEX_OT_save_texture,)
