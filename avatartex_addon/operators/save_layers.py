"""The Layers box: back to what the job made, over what was painted, and into a file for paint programs."""

from pathlib import Path

import bpy
from bpy.props import EnumProperty, StringProperty

from ..core.idnames import Op
from ..jobs.layer_saving import LayerSaving, name_layers
from ..scene.head import find_head
from ..scene.history import find_layered
from ..scene.layers import flatten_over, read_sliders, reset_sliders
from ..session import find_busy
from .checked import Checked, Saving, name_written
from .timed import BackendOperator

PROGRAMS = (
    (".ora", "OpenRaster", "For Krita, GIMP and MyPaint"),
    (".psd", "Photoshop", "For Photoshop, Affinity Photo and Krita"),
)


def layered_texture(context: bpy.types.Context) -> bpy.types.Image | None:
    return find_layered(find_head(context))


def find_no_layers(context: bpy.types.Context) -> str:
    """Why the layers of the texture that the head shows cannot be changed; '' when they can."""
    image = layered_texture(context)
    if image is None:
        return "The texture that the head shows has no layers"
    return "" if image.library is None else "The texture is linked from another file"


class AVATARTEX_OT_reset_layers(Checked, bpy.types.Operator):
    """Let the layers show as much as in the texture that the job made"""

    bl_label = "Reset"

    @classmethod
    def find_obstacle(cls, context: bpy.types.Context) -> str:
        if obstacle := find_no_layers(context):
            return obstacle
        image = layered_texture(context)
        changed = read_sliders(image) != tuple(round(value, 5) for value in image.avatartex_layers.made)
        return "" if changed else "The sliders are as the job left them"

    def act(self, context: bpy.types.Context) -> None:
        reset_sliders(layered_texture(context))


class AVATARTEX_OT_keep_paint(Checked, bpy.types.Operator):
    """Keep what was painted on the texture on top of its layers, whatever the sliders do below it"""

    bl_label = "Keep Paint on Top"

    @classmethod
    def find_obstacle(cls, context: bpy.types.Context) -> str:
        if obstacle := find_no_layers(context):
            return obstacle
        image = layered_texture(context)
        if image.source == "TILED":
            return "Paint on UDIM tiles cannot be kept: Blender shows the texels of the first tile alone"
        return "" if image.avatartex_layers.painted else "Nobody painted on the texture since a slider moved"

    def act(self, context: bpy.types.Context) -> set[str] | None:
        try:
            flatten_over(layered_texture(context), keep=True)
        except ValueError:
            return self.fail("The texture has another size than its layers: paint on it cannot be kept.")


class AVATARTEX_OT_flatten_anyway(Checked, bpy.types.Operator):
    """Make the texture from its layers again, without what was painted on it. Undo brings the paint back"""

    bl_label = "Flatten Anyway"

    @classmethod
    def find_obstacle(cls, context: bpy.types.Context) -> str:
        return find_no_layers(context)

    def act(self, context: bpy.types.Context) -> None:
        flatten_over(layered_texture(context), keep=False)


class AVATARTEX_OT_write_layers(BackendOperator, bpy.types.Operator):
    """Write the layers of the texture that the head shows into a file"""

    bl_label = "Write Layers"
    bl_options = {"INTERNAL"}

    filepath: StringProperty(subtype="FILE_PATH", options={"SKIP_SAVE"})

    @classmethod
    def find_obstacle(cls, context: bpy.types.Context) -> str:
        return find_busy(context) or find_no_layers(context)

    def begin(self, context: bpy.types.Context) -> LayerSaving:
        return LayerSaving(layered_texture(context), Path(bpy.path.abspath(self.filepath)))

    def conclude(self, context: bpy.types.Context) -> set[str]:
        return self.report_made((), name_written(self.job.find_written()))


class AVATARTEX_OT_save_layers(Saving, bpy.types.Operator):
    """Save the layers of the texture as a file for Krita, GIMP or Photoshop, with names, groups, blend modes and \
masks; of several UDIM tiles as one file each"""

    bl_label = "Save Layers…"
    bl_options = {"REGISTER"}

    format: EnumProperty(name="Format", description="Which programs can open it", items=PROGRAMS)
    filter_glob: StringProperty(default="*.ora;*.psd", options={"HIDDEN", "SKIP_SAVE"})

    find_obstacle = AVATARTEX_OT_write_layers.find_obstacle

    def suggest(self, context: bpy.types.Context) -> None:
        path = self.name_after_head(context, f"layers{self.format}")
        self.filepath = str(name_layers(layered_texture(context), path))

    def complete(self, path: Path) -> Path:
        """The suffix follows the chosen format."""
        known = path.suffix.lower() in {suffix for suffix, _, _ in PROGRAMS}
        return path.with_suffix(self.format) if known else path.with_name(path.name + self.format)

    def act(self, context: bpy.types.Context) -> set[str] | None:
        return self.begin_other(Op.WRITE_LAYERS, filepath=self.filepath)
