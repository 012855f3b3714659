"""Generate Texture, again with another seed, for the red regions alone; and Cancel."""

# No `from __future__ import annotations` here: Blender evaluates annotations itself.
import random

import bpy
from bpy.props import IntProperty

from .. import session
from ..backend.errors import AvatarTexError, Cancelled, ErrorCode
from ..backend.messages import LOW_SCORE
from ..core.idnames import Op
from ..jobs.describing import describe_redo, describe_settings
from ..jobs.generation import Generation
from ..scene.head import find_head, portrait_path
from ..scene.redraw import redraw_panels
from ..session import find_busy
from .backend_operator import BackendOperator
from .checked import Checked
from .paint_regions import find_no_result


class AVATARTEX_OT_generate(BackendOperator, bpy.types.Operator):
    """Make a texture for the head from the portrait. The UV map, slots and nodes stay as they are"""

    bl_idname = Op.GENERATE
    bl_label = "Generate Texture"
    bl_options = {"UNDO"}  # one step, pushed by Blender when the operator finishes, and only then

    ask: bpy.props.BoolProperty(
        default=True,
        options={"HIDDEN", "SKIP_SAVE"},
        description="In a window, ask first where the registration is doubtful",
    )

    def begin(self, context: bpy.types.Context, in_window: bool) -> Generation:
        return Generation(describe_settings(context, LOW_SCORE if in_window and self.ask else 0.0))

    def conclude(self, context: bpy.types.Context) -> set[str]:
        made = self.job.apply()
        redraw_panels()
        for warning in made.warnings:
            self.report({"WARNING"}, warning)
        self.report({"INFO"}, f"Textured '{made.object.name}': {made.summary or 'done'}")
        return {"FINISHED"}

    def refuse(self, context: bpy.types.Context, end: AvatarTexError | Cancelled) -> set[str]:
        if getattr(end, "code", None) != ErrorCode.LOW_SCORE:
            return super().refuse(context, end)
        redraw_panels()
        context.window_manager.avatartex_job.show_error(end.code, end.message, end.cure)
        bpy.ops.avatartex.generate_anyway("INVOKE_DEFAULT")
        return {"CANCELLED"}


class AVATARTEX_OT_generate_anyway(bpy.types.Operator):
    """Make a texture although the head may lie wrongly on the portrait. Undo takes it back"""

    bl_idname = Op.GENERATE_ANYWAY
    bl_label = "Generate Anyway"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return not context.window_manager.avatartex_job.running

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return context.window_manager.invoke_confirm(
            self,
            event,
            title="The registration is doubtful",
            confirm_text="Generate Anyway",
            icon="WARNING",
            message=context.window_manager.avatartex_job.error_message,
        )

    def execute(self, context: bpy.types.Context) -> set[str]:
        bpy.ops.avatartex.generate("INVOKE_DEFAULT", ask=False)
        return {"FINISHED"}


#: Small enough to be read out and typed again.
LARGEST_DRAWN = 9999


def draw_seed(head: bpy.types.Object, *used: int) -> int:
    """One that the head has had no result of, and none of those."""
    known = {entry.seed for entry in head.avatartex_history} | {*used}
    return random.choice([seed for seed in range(1, LARGEST_DRAWN + 1) if seed not in known])


class AVATARTEX_OT_new_seed(Checked, bpy.types.Operator):
    """Generate again with another seed: what the portrait does not show comes out differently.
    The texture of now stays among the Results"""

    bl_idname = Op.NEW_SEED
    bl_label = "New Seed"
    bl_options = {"REGISTER"}  # Generate Texture makes the undo step, and the seed is in it

    @classmethod
    def find_obstacle(cls, context: bpy.types.Context) -> str:
        return AVATARTEX_OT_generate.find_obstacle(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        context.scene.avatartex.seed = draw_seed(find_head(context), context.scene.avatartex.seed)
        bpy.ops.avatartex.generate("INVOKE_DEFAULT")
        return {"FINISHED"}


class AVATARTEX_OT_redo_regions(BackendOperator, bpy.types.Operator):
    """Make what is painted red anew, with another seed each time. All other texels stay exactly as they are"""

    bl_idname = Op.REDO_REGIONS
    bl_label = "Remake Regions"
    bl_options = {"UNDO"}  # as Generate Texture

    seed: IntProperty(min=-1, default=-1, options={"SKIP_SAVE"}, description="-1: one that this head has not had")

    @classmethod
    def find_obstacle(cls, context: bpy.types.Context) -> str:
        if obstacle := find_busy(context) or find_no_result(context):
            return obstacle
        painted = find_head(context).avatartex_regions.mask is not None
        return "" if painted else "Nothing is painted yet: paint what is to be made anew"

    def begin(self, context: bpy.types.Context, in_window: bool) -> Generation:
        head, settings = find_head(context), context.scene.avatartex
        seed = self.seed if self.seed >= 0 else draw_seed(head)
        return Generation(
            describe_redo(
                head, seed, portrait_path(settings.portrait), trust_portrait=head.avatartex_regions.trust_portrait
            )
        )

    def conclude(self, context: bpy.types.Context) -> set[str]:
        outcome = AVATARTEX_OT_generate.conclude(self, context)
        context.window_manager.avatartex_overlay.show_regions = False  # what was made lies under it
        return outcome


class AVATARTEX_OT_cancel(Checked, bpy.types.Operator):
    """Stop generating. Nothing in the scene is changed"""

    bl_idname = Op.CANCEL
    bl_label = "Cancel"
    bl_options = {"INTERNAL"}

    @classmethod
    def find_obstacle(cls, context: bpy.types.Context) -> str:
        status = context.window_manager.avatartex_job
        return "" if status.running and not status.cancelling else "Nothing is being generated"

    def execute(self, context: bpy.types.Context) -> set[str]:
        context.window_manager.avatartex_job.cancelling = True
        session.client().cancel()  # generate's own timer sees the answer
        return {"FINISHED"}
