"""The batch on a farm: the waiting characters as a job bundle, and what became of them back onto their heads."""

from pathlib import Path

import bpy
from bpy.props import BoolProperty, StringProperty

from ..jobs.farm_export import export_batch
from ..jobs.farm_results import collect
from .checked import Browsing, IdleOnly
from .run_batch import OfWaiting


class AVATARTEX_OT_batch_submit(OfWaiting, Browsing, bpy.types.Operator):
    """Write a job bundle for a render farm: the waiting characters, their portraits and the work, in a new folder"""

    bl_label = "Export Farm Bundle"
    bl_options = {"INTERNAL"}

    directory: StringProperty(subtype="DIR_PATH", options={"SKIP_SAVE"})
    filter_folder: BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})

    def act(self, context: bpy.types.Context) -> set[str] | None:
        folder = Path(bpy.path.abspath(self.directory))
        number = export_batch(context.scene, folder, find_sharing(context.scene))
        context.scene.avatartex_batch.farm = str(folder)
        self.report({"INFO"}, f"{number} characters for the farm in {folder}")


class AVATARTEX_OT_batch_collect(IdleOnly, Browsing, bpy.types.Operator):
    """Read how far the characters of an exported farm bundle are. Finished textures come onto their heads"""

    bl_label = "Read Farm Results"

    directory: StringProperty(subtype="DIR_PATH", options={"SKIP_SAVE"})
    filter_folder: BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})

    def suggest(self, context: bpy.types.Context) -> None:
        self.directory = self.directory or context.scene.avatartex_batch.farm

    def act(self, context: bpy.types.Context) -> set[str] | None:
        found = collect(context.scene, Path(bpy.path.abspath(self.directory)), find_sharing(context.scene))
        told = ", ".join(f"{number} {state}" for state, number in found.items()) or "empty"
        self.report({"INFO"}, f"Farm: {told}")


def find_sharing(scene: bpy.types.Scene) -> str:
    return "material" if scene.avatartex_batch.shared == "material" else "mesh"
