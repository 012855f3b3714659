"""The Layers box: back to what the job made, over what was painted, and into a file for paint programs."""

# No `from __future__ import annotations` here: Blender evaluates annotations itself.
from pathlib import Path

import bpy
from bpy.props import BoolProperty, EnumProperty, StringProperty

from ..core.idnames import Op
from ..jobs.layer_saving import LayerSaving, name_layers
from ..scene.head import find_head
from ..scene.history import find_layered
from ..scene.layers import flatten_over, read_sliders, reset_sliders
from ..session import find_busy
from .backend_operator import BackendOperator
from .checked import Checked

PROGRAMS = (
    (".ora", "OpenRaster", "For Krita, GIMP and MyPaint"),
    (".psd", "Photoshop", "For Photoshop, Affinity Photo and Krita"),
)


def layered_texture(context: bpy.types.Context) -> bpy.types.Image | None:
    return find_layered(find_head(context))


class LayersOperator(Checked):
    """Mixed into an operator for the layers of the texture that the head shows."""

    @classmethod
    def find_obstacle(cls, context: bpy.types.Context) -> str:
        image = layered_texture(context)
        if image is None:
            return "The texture that the head shows has no layers"
        return "" if image.library is None else "The texture is linked from another file"


class AVATARTEX_OT_reset_layers(LayersOperator, bpy.types.Operator):
    """Let the layers show as much as in the texture that the job made"""

    bl_idname = Op.RESET_LAYERS
    bl_label = "Reset"

    @classmethod
    def find_obstacle(cls, context: bpy.types.Context) -> str:
        if obstacle := super().find_obstacle(context):
            return obstacle
        image = layered_texture(context)
        changed = read_sliders(image) != tuple(round(value, 5) for value in image.avatartex_layers.made)
        return "" if changed else "The sliders are as the job left them"

    def execute(self, context: bpy.types.Context) -> set[str]:
        reset_sliders(layered_texture(context))
        return {"FINISHED"}


class AVATARTEX_OT_keep_paint(LayersOperator, bpy.types.Operator):
    """Keep what was painted on the texture on top of its layers, whatever the sliders do below it"""

    bl_idname = Op.KEEP_PAINT
    bl_label = "Keep Paint on Top"

    @classmethod
    def find_obstacle(cls, context: bpy.types.Context) -> str:
        if obstacle := super().find_obstacle(context):
            return obstacle
        image = layered_texture(context)
        if image.source == "TILED":
            return "Paint on UDIM tiles cannot be kept: Blender shows the texels of the first tile alone"
        return "" if image.avatartex_layers.painted else "Nobody painted on the texture since a slider moved"

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            flatten_over(layered_texture(context), keep=True)
        except ValueError:
            return self.fail("The texture has another size than its layers: paint on it cannot be kept.")
        return {"FINISHED"}


class AVATARTEX_OT_flatten_anyway(LayersOperator, bpy.types.Operator):
    """Make the texture from its layers again, without what was painted on it. Undo brings the paint back"""

    bl_idname = Op.FLATTEN_ANYWAY
    bl_label = "Flatten Anyway"

    def execute(self, context: bpy.types.Context) -> set[str]:
        flatten_over(layered_texture(context), keep=False)
        return {"FINISHED"}


class AVATARTEX_OT_write_layers(BackendOperator, bpy.types.Operator):
    """Write the layers of the texture that the head shows into a file"""

    bl_idname = Op.WRITE_LAYERS
    bl_label = "Write Layers"
    bl_options = {"INTERNAL"}

    filepath: StringProperty(subtype="FILE_PATH", options={"SKIP_SAVE"})

    @classmethod
    def find_obstacle(cls, context: bpy.types.Context) -> str:
        return find_busy(context) or LayersOperator.find_obstacle.__func__(cls, context)

    def begin(self, context: bpy.types.Context, in_window: bool) -> LayerSaving:
        return LayerSaving(layered_texture(context), Path(bpy.path.abspath(self.filepath)))

    def conclude(self, context: bpy.types.Context) -> set[str]:
        written = self.job.find_written()
        names = ", ".join(f"'{path.name}'" for path in written)
        self.report({"INFO"}, f"Saved {names} in {written[0].parent}")
        return {"FINISHED"}


class AVATARTEX_OT_save_layers(Checked, bpy.types.Operator):
    """Save the layers of the texture as a file for Krita, GIMP or Photoshop, with names, groups, blend modes and \
masks; of several UDIM tiles as one file each"""

    bl_idname = Op.SAVE_LAYERS
    bl_label = "Save Layers…"
    bl_options = {"REGISTER"}

    filepath: StringProperty(subtype="FILE_PATH", options={"SKIP_SAVE"})
    format: EnumProperty(name="Format", description="Which programs can open it", items=PROGRAMS)
    check_existing: BoolProperty(default=True, options={"HIDDEN"})
    filter_glob: StringProperty(default="*.ora;*.psd", options={"HIDDEN", "SKIP_SAVE"})
    browsed = False

    find_obstacle = AVATARTEX_OT_write_layers.find_obstacle

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        folder = Path(bpy.data.filepath).parent if bpy.data.filepath else Path.home()
        path = folder / f"{bpy.path.clean_name(find_head(context).name)}_layers{self.format}"
        self.filepath, self.browsed = str(name_layers(layered_texture(context), path)), True
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def check(self, context: bpy.types.Context) -> bool:
        """The suffix follows the chosen format."""
        path = Path(self.filepath)
        known = path.suffix.lower() in {suffix for suffix, _, _ in PROGRAMS}
        named = str(path.with_suffix(self.format) if known else path.with_name(path.name + self.format))
        changed, self.filepath = named != self.filepath, named
        return changed

    def execute(self, context: bpy.types.Context) -> set[str]:
        """In a window the file browser is closed by now, and the artist goes on working."""
        how = "INVOKE_DEFAULT" if self.browsed else "EXEC_DEFAULT"
        try:
            done = bpy.ops.avatartex.write_layers(how, filepath=self.filepath)
        except RuntimeError as reason:
            return self.fail(str(reason).removeprefix("Error: ").strip())
        return done if not self.browsed else {"FINISHED"}
