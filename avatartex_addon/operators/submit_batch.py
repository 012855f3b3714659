"""Submit: the waiting characters of the batch as a job bundle for a farm."""

from pathlib import Path

import bpy
from bpy.props import BoolProperty, StringProperty

from ..jobs.farm_export import export_batch
from .checked import Browsing
from .run_batch import OfWaiting


class AVATARTEX_OT_batch_submit(OfWaiting, Browsing, bpy.types.Operator):
    """Write a job bundle for a render farm: the waiting characters, their portraits and the work, in a new folder"""

    bl_label = "Export Farm Bundle"
    bl_options = {"INTERNAL"}

    directory: StringProperty(subtype="DIR_PATH", options={"SKIP_SAVE"})
    filter_folder: BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})

    def act(self, context: bpy.types.Context) -> set[str] | None:
        table = context.scene.avatartex_batch
        folder = Path(bpy.path.abspath(self.directory))
        number = export_batch(context.scene, folder, "material" if table.shared == "material" else "mesh")
        self.report({"INFO"}, f"{number} characters for the farm in {folder}")
