"""Run Batch, pause and cancel it.

It textures every waiting row, modal with a timer in a window, blocking in scripts and in the background.
"""

import bpy
from bpy.props import EnumProperty

from ..backend.errors import Cancelled
from ..core.batch import counts_text, next_waiting
from ..core.idnames import Op
from ..core.log import ProgressLine
from ..jobs import scene_batch
from ..scene.characters import find_shared_materials
from ..scene.redraw import redraw_panels
from .checked import Checked, has_window
from .timed import TimedOperator

ANSWERS = (
    ("set", "As Set", "What the batch's Shared Materials setting says; copies where it says to ask"),
    ("mesh", "Copy for Each Character", "Each character gets a copy of the material and a texture of its own"),
    ("material", "Texture Once", "The shared material gets one texture, from the first character's portrait"),
)


class OfWaiting:
    """Mixed into an operator of the batch's waiting characters."""

    @classmethod
    def find_obstacle(cls, context: bpy.types.Context) -> str:
        manager = context.window_manager
        if manager.avatartex_batch.running or manager.avatartex_job.running:
            return "A texture is being generated; wait for it or cancel it"
        waits = cls.has_work(context.scene.avatartex_batch)
        return "" if waits else "No character waits for a texture; add some, or retry the failed ones"

    @classmethod
    def has_work(cls, table) -> bool:
        return next_waiting(table.rows) is not None


class AVATARTEX_OT_batch_run(OfWaiting, TimedOperator, bpy.types.Operator):
    """Texture every waiting character of the table, and give those that are done the maps that they lack. All comes \
onto the heads together at the end"""

    bl_label = "Run Batch"
    bl_options = {"UNDO"}  # pushed by Blender when the operator finishes: one step, whatever the number of rows

    @classmethod
    def has_work(cls, table) -> bool:
        return super().has_work(table) or bool(scene_batch.find_lacking(table))

    shared: EnumProperty(
        name="Shared Materials",
        description="What to do where characters share a material",
        items=ANSWERS,
        options={"SKIP_SAVE"},
    )

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if not has_window(context):
            return self.execute(context)
        table = context.scene.avatartex_batch
        if self.shared == "set" and table.shared == "ask" and (shared := find_shared_materials(table.rows)):
            context.window_manager.popup_menu(lambda menu, _: draw_question(menu.layout, shared), title="Run Batch")
            return {"INTERFACE"}
        self.batch = scene_batch.SceneBatch(context.scene, self.sharing(context), at_once=False)
        return self.start_timer(context)

    def step(self) -> bool:
        return self.batch.step()

    def finish(self) -> None:
        self.batch.close()

    def state(self) -> tuple:
        job = bpy.context.window_manager.avatartex_job
        return counts_text(self.batch.find_rows()), job.stage, round(job.fraction, 2)

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            scene_batch.run_to_end(context.scene, self.sharing(context), ProgressLine())
        except Cancelled:
            pass  # the rows say how far it came
        return self.conclude(context)

    def sharing(self, context: bpy.types.Context) -> str:
        chosen = context.scene.avatartex_batch.shared if self.shared == "set" else self.shared
        return "mesh" if chosen == "ask" else chosen

    def conclude(self, context: bpy.types.Context) -> set[str]:
        redraw_panels()
        status = context.window_manager.avatartex_batch
        scene = bpy.data.scenes.get(status.scene, context.scene)
        if status.error:
            self.report({"ERROR"}, f"{status.error} {status.cure}")
        else:
            self.report({"INFO"}, f"Batch: {counts_text(scene.avatartex_batch.rows)}")
        return {"FINISHED"}


def draw_question(layout: bpy.types.UILayout, shared: dict[str, list[str]]) -> None:
    for material, heads in list(shared.items())[:3]:
        layout.label(text=f"{len(heads)} characters share the material '{material}'", icon="MATERIAL")
    layout.separator()
    layout.operator_context = "INVOKE_DEFAULT"
    for answer, label, _ in ANSWERS[1:]:
        layout.operator(Op.BATCH_RUN, text=label).shared = answer


class RunningBatch(Checked):
    """Mixed into an operator: only while a batch runs."""

    bl_options = {"INTERNAL"}

    @classmethod
    def find_obstacle(cls, context: bpy.types.Context) -> str:
        runs = scene_batch.current is not None and not context.window_manager.avatartex_batch.cancelling
        return "" if runs else "No batch is running"


class AVATARTEX_OT_batch_pause(RunningBatch, bpy.types.Operator):
    """Finish the running character, then wait until you go on. Meanwhile single textures can be generated"""

    bl_label = "Pause"

    def act(self, context: bpy.types.Context) -> None:
        scene_batch.current.pause(not scene_batch.current.run.paused)


class AVATARTEX_OT_batch_cancel(RunningBatch, bpy.types.Operator):
    """Stop the batch. The textures made so far come onto their heads; Go On takes the others"""

    bl_label = "Cancel Batch"

    def act(self, context: bpy.types.Context) -> None:
        scene_batch.current.cancel()
