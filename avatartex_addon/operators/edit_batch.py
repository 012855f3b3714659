"""The batch's table: add, fill and load, take out, retry, and save what became of each row."""

from pathlib import Path

import bpy
from bpy.props import BoolProperty, EnumProperty, StringProperty

from ..core.batch import RowState, again
from ..core.table import write_report
from ..jobs.scene_batch import describe_run
from ..scene.characters import add_row, fill_by_rule, fill_by_table, find_candidates
from .checked import Browsing, Checked, unless


class AVATARTEX_OT_batch_add(Checked, bpy.types.Operator):
    """Add the selected meshes to the table; their portraits are chosen there"""

    bl_label = "Add Selected"

    find_obstacle = unless(
        "Select the heads first", lambda context: any(thing.type == "MESH" for thing in context.selected_objects)
    )

    def act(self, context: bpy.types.Context) -> None:
        table = context.scene.avatartex_batch
        for head in context.selected_objects:
            if head.type == "MESH":
                add_row(context.scene, head)
        table.active = len(table.rows) - 1


RULE_ITEMS = (
    ("name", "File Name", "The picture is called as the head, or one name holds the other: 'Anna_Head', 'anna.jpg'"),
    ("folder", "Folder Name", "The picture lies in a folder that is called as the head: 'Anna/IMG_1.jpg'"),
    ("order", "Order", "The first head by name gets the first picture by name, the second the second"),
)


class AVATARTEX_OT_batch_fill(Browsing, bpy.types.Operator):
    """Find a portrait for each character in a folder of pictures, by name"""

    bl_label = "Fill from Folder"

    directory: StringProperty(subtype="DIR_PATH", options={"SKIP_SAVE"})
    filter_folder: BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})
    filter_image: BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})
    rule: EnumProperty(name="Match by", description="Which picture belongs to which head", items=RULE_ITEMS)

    def act(self, context: bpy.types.Context) -> set[str] | None:
        table = context.scene.avatartex_batch
        number = fill_by_rule(context.scene, Path(bpy.path.abspath(self.directory)), self.rule, table.collection)
        meshes = len(find_candidates(context.scene, table.collection))
        if not number:
            self.report({"WARNING"}, f"No picture in this folder fits one of the {meshes} meshes")
            return {"CANCELLED"}
        self.report({"INFO"}, f"{number} of {meshes} meshes have a portrait now")

    def draw(self, context: bpy.types.Context) -> None:
        self.layout.use_property_split = True
        self.layout.prop(self, "rule")
        self.layout.prop(context.scene.avatartex_batch, "collection")


class AVATARTEX_OT_batch_load(Browsing, bpy.types.Operator):
    """Read characters from a CSV table with the columns object, portrait, style, seed"""

    bl_label = "Load Table (CSV)"

    filepath: StringProperty(subtype="FILE_PATH", options={"SKIP_SAVE"})
    filter_glob: StringProperty(default="*.csv;*.tsv;*.txt", options={"HIDDEN"})

    def act(self, context: bpy.types.Context) -> set[str] | None:
        number = fill_by_table(context.scene, Path(bpy.path.abspath(self.filepath)))
        self.report({"INFO"}, f"{number} characters from the table")


class TableOperator(Checked):
    """Mixed into an operator: only for a table that has rows."""

    find_obstacle = unless("The table is empty", lambda context: context.scene.avatartex_batch.rows)


class AVATARTEX_OT_batch_remove(TableOperator, bpy.types.Operator):
    """Take this character out of the table. Its texture stays on it"""

    bl_label = "Remove"

    all: BoolProperty(name="All", description="Every character", options={"SKIP_SAVE"})

    @classmethod
    def description(cls, context: bpy.types.Context, properties) -> str:
        return "Empty the table. All textures stay where they are" if properties.all else cls.__doc__

    @classmethod
    def find_obstacle(cls, context: bpy.types.Context) -> str:
        if obstacle := super().find_obstacle(context):
            return obstacle
        return "The batch is running" if context.window_manager.avatartex_batch.running else ""

    def act(self, context: bpy.types.Context) -> None:
        table = context.scene.avatartex_batch
        if self.all:
            table.rows.clear()
        else:
            table.rows.remove(table.active)
        table.active = max(0, min(table.active, len(table.rows) - 1))


class AVATARTEX_OT_batch_retry(TableOperator, bpy.types.Operator):
    """Let characters wait for another try; Run takes them"""

    bl_label = "Retry Failed"

    all: BoolProperty(name="All", description="Also the finished and the skipped ones", options={"SKIP_SAVE"})

    @classmethod
    def description(cls, context: bpy.types.Context, properties) -> str:
        return "Let every character wait for another texture" if properties.all else cls.__doc__

    def act(self, context: bpy.types.Context) -> set[str] | None:
        states = {RowState.FAILED} | ({RowState.DONE, RowState.SKIPPED} if self.all else set())
        number = again(context.scene.avatartex_batch.rows, states)
        if not number:
            self.report({"INFO"}, "No character has failed")
            return {"CANCELLED"}
        self.report({"INFO"}, f"{number} wait for another try")


class AVATARTEX_OT_batch_report(TableOperator, Browsing, bpy.types.Operator):
    """Write what became of each character to a file: .json, or .csv for spreadsheets"""

    bl_label = "Save Report"
    bl_options = {"INTERNAL"}

    filepath: StringProperty(subtype="FILE_PATH", options={"SKIP_SAVE"})
    filter_glob: StringProperty(default="*.json;*.csv", options={"HIDDEN"})

    def suggest(self, context: bpy.types.Context) -> None:
        self.filepath = self.filepath or "batch_report.json"

    def act(self, context: bpy.types.Context) -> set[str] | None:
        path = Path(bpy.path.abspath(self.filepath))
        try:
            write_report(path, context.scene.avatartex_batch.rows, describe_run(context.scene))
        except OSError as reason:
            return self.fail(f"{path.name} could not be written ({reason.strerror})")
        self.report({"INFO"}, f"Wrote {path.name}")
