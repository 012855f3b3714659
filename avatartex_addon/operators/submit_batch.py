"""Submit: the waiting characters of the batch as a job bundle for a farm."""

from pathlib import Path

import bpy
from bpy.props import BoolProperty, StringProperty

from ..core.batch import next_waiting
from ..jobs.farm_export import export_batch
from .checked import Browsing


class AVATARTEX_OT_batch_submit(Browsing, bpy.types.Operator):
    """Write a job bundle for a render farm: the waiting characters, their portraits and the work, in a new folder"""

    bl_label = "Export Farm Bundle"
    bl_options = {"INTERNAL"}

    directory: StringProperty(subtype="DIR_PATH", options={"SKIP_SAVE"})
    filter_folder: BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})

    @classmethod
    def find_obstacle(cls, context: bpy.types.Context) -> str:
        manager = context.window_manager
        if manager.avatartex_batch.running or manager.avatartex_job.running:
            return "A texture is being generated; wait for it or cancel it"
        waits = next_waiting(context.scene.avatartex_batch.rows) is not None
        return "" if waits else "No character waits for a texture; add some, or retry the failed ones"

    def act(self, context: bpy.types.Context) -> set[str] | None:
        table = context.scene.avatartex_batch
        folder = Path(bpy.path.abspath(self.directory))
        number = export_batch(context.scene, folder, "material" if table.shared == "material" else "mesh")
        self.report({"INFO"}, f"{number} characters for the farm in {folder}")
