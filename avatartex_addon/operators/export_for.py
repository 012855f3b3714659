"""Export for…: the textured head as a file for an engine, with what moves it."""

from pathlib import Path

import bpy
from bpy.props import BoolProperty, EnumProperty, StringProperty

from ..core.idnames import Op
from ..core.targets import SIZES, TARGETS
from ..jobs.head_export import HeadExport
from ..scene.head import find_head
from ..session import find_busy
from .checked import Saving, name_written, unless
from .timed import BackendOperator
from .use_results import shows_ours

TARGET_ITEMS = tuple((one.name, one.label, one.tooltip) for one in TARGETS)
SIZE_ITEMS = (
    ("0", "By Target", "2048 texels for glTF and VRM, the texture's own size for USD"),
    *((str(size), f"{size}", f"At most {size} x {size} texels") for size in SIZES[1:]),
)


class ExportChoices:
    """Mixed into both operators."""

    target: EnumProperty(name="Target", description="What the file is for", items=TARGET_ITEMS)
    size: EnumProperty(
        name="Texture Size", description="Largest side of a picture; none gets larger than it is", items=SIZE_ITEMS
    )
    maps: BoolProperty(
        name="Surface Maps",
        description="With normals, roughness and the like; those that the head does not have are made for the file",
        default=True,
    )
    whole: BoolProperty(
        name="Whole Character",
        description="With the visible meshes that hang on the head or on its bones: eyes, teeth, a body",
        default=True,
    )

    @property
    def choices(self) -> dict:
        return {name: getattr(self, name) for name in ("target", "size", "maps", "whole")}


class AVATARTEX_OT_export_head(ExportChoices, BackendOperator, bpy.types.Operator):
    """Write the head with its texture into a file for another program"""

    bl_label = "Export Head"
    bl_options = {"INTERNAL"}

    filepath: StringProperty(subtype="FILE_PATH", options={"SKIP_SAVE"})

    find_obstacle = unless("The head shows no texture of ours", shows_ours, find_busy)

    def begin(self, context: bpy.types.Context) -> HeadExport:
        path = Path(bpy.path.abspath(self.filepath))
        return HeadExport(find_head(context), path, self.target, int(self.size), self.maps, self.whole)

    def conclude(self, context: bpy.types.Context) -> set[str]:
        made = self.job.apply()
        return self.report_made(made.warnings, name_written([made.files[0]]))


class AVATARTEX_OT_export_for(ExportChoices, Saving, bpy.types.Operator):
    """Export the head with its texture and maps for a game engine, a renderer or a VRM avatar, packed and named as \
the target wants it. The scene stays as it is"""

    bl_label = "Export for…"
    bl_options = {"REGISTER"}

    filter_glob: StringProperty(default="*.glb;*.usd;*.usda;*.usdc;*.usdz", options={"HIDDEN", "SKIP_SAVE"})

    find_obstacle = AVATARTEX_OT_export_head.find_obstacle

    @property
    def suffixes(self) -> tuple[str, ...]:
        return next(one.suffixes for one in TARGETS if one.name == self.target)

    def suggest(self, context: bpy.types.Context) -> None:
        path = self.name_after_head(context, "")
        self.filepath = str(path.with_name(path.name.rstrip("_") + self.suffixes[0]))

    def complete(self, path: Path) -> Path:
        """The suffix follows the target."""
        if path.suffix.lower() in self.suffixes:
            return path
        known = path.suffix.lower() in {suffix for one in TARGETS for suffix in one.suffixes}
        return path.with_suffix(self.suffixes[0]) if known else path.with_name(path.name + self.suffixes[0])

    def act(self, context: bpy.types.Context) -> set[str] | None:
        return self.begin_other(Op.EXPORT_HEAD, filepath=str(self.complete(Path(self.filepath))), **self.choices)
