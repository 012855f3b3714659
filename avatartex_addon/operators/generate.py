"""Generate Texture, again with another seed, for the red regions alone; and Cancel."""

import random

import bpy
from bpy.props import IntProperty

from .. import session
from ..backend.errors import AvatarTexError, Cancelled, ErrorCode
from ..backend.messages import LOW_SCORE
from ..jobs.describing import describe_redo, describe_settings
from ..jobs.generation import Generation
from ..scene.head import find_head, portrait_path
from ..scene.redraw import redraw_panels
from ..session import find_busy
from .checked import Checked, Confirmed, IdleOnly
from .paint_regions import find_no_result
from .timed import BackendOperator


class AVATARTEX_OT_generate(BackendOperator, bpy.types.Operator):
    """Make a texture for the head from the portrait. The UV map, slots and nodes stay as they are"""

    bl_label = "Generate Texture"
    bl_options = {"UNDO"}  # one step, pushed by Blender when the operator finishes, and only then

    ask: bpy.props.BoolProperty(
        default=True,
        options={"HIDDEN", "SKIP_SAVE"},
        description="In a window, ask first where the registration is doubtful",
    )

    def begin(self, context: bpy.types.Context) -> Generation:
        return Generation(describe_settings(context, LOW_SCORE if self.in_window and self.ask else 0.0))

    def conclude(self, context: bpy.types.Context) -> set[str]:
        made = self.job.apply()
        return self.report_made(made.warnings, f"Textured '{made.object.name}': {made.summary or 'done'}")

    def refuse(self, context: bpy.types.Context, end: AvatarTexError | Cancelled) -> set[str]:
        if getattr(end, "code", None) != ErrorCode.LOW_SCORE:
            return super().refuse(context, end)
        redraw_panels()
        context.window_manager.avatartex_job.show_error(end.code, end.message, end.cure)
        bpy.ops.avatartex.generate_anyway("INVOKE_DEFAULT")
        return {"CANCELLED"}


class AVATARTEX_OT_generate_anyway(IdleOnly, Confirmed, bpy.types.Operator):
    """Make a texture although the head may lie wrongly on the portrait. Undo takes it back"""

    bl_label = "Generate Anyway"
    bl_options = {"INTERNAL"}

    def ask(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return context.window_manager.invoke_confirm(
            self,
            event,
            title="The registration is doubtful",
            confirm_text="Generate Anyway",
            icon="WARNING",
            message=context.window_manager.avatartex_job.error_message,
        )

    def act(self, context: bpy.types.Context) -> None:
        bpy.ops.avatartex.generate("INVOKE_DEFAULT", ask=False)


def draw_seed(head: bpy.types.Object, *used: int) -> int:
    """One that the head has had no result of, and none of those."""
    known = {entry.seed for entry in head.avatartex_history} | {*used}
    # small enough to be read out and typed again
    return random.choice([seed for seed in range(1, 10_000) if seed not in known])


class AVATARTEX_OT_new_seed(Checked, bpy.types.Operator):
    """Generate again with another seed: what the portrait does not show comes out differently.
    The texture of now stays among the Results"""

    bl_label = "New Seed"
    bl_options = {"REGISTER"}  # Generate Texture makes the undo step, and the seed is in it

    find_obstacle = AVATARTEX_OT_generate.find_obstacle

    def act(self, context: bpy.types.Context) -> None:
        head = find_head(context)
        head.avatartex.seed = draw_seed(head, head.avatartex.seed)
        bpy.ops.avatartex.generate("INVOKE_DEFAULT")


class AVATARTEX_OT_redo_regions(BackendOperator, bpy.types.Operator):
    """Make what is painted red anew, with another seed each time. All other texels stay exactly as they are"""

    bl_label = "Remake Regions"
    bl_options = {"UNDO"}  # as Generate Texture

    seed: IntProperty(min=-1, default=-1, options={"SKIP_SAVE"}, description="-1: one that this head has not had")

    @classmethod
    def find_obstacle(cls, context: bpy.types.Context) -> str:
        if obstacle := find_busy(context) or find_no_result(context):
            return obstacle
        painted = find_head(context).avatartex_regions.mask is not None
        return "" if painted else "Nothing is painted yet: paint what is to be made anew"

    def begin(self, context: bpy.types.Context) -> Generation:
        head = find_head(context)
        seed = self.seed if self.seed >= 0 else draw_seed(head)
        trusted = head.avatartex_regions.trust_portrait
        return Generation(describe_redo(head, seed, portrait_path(head.avatartex.portrait), trust_portrait=trusted))

    def conclude(self, context: bpy.types.Context) -> set[str]:
        outcome = AVATARTEX_OT_generate.conclude(self, context)
        context.window_manager.avatartex_overlay.show_regions = False  # what was made lies under it
        return outcome


class AVATARTEX_OT_cancel(Checked, bpy.types.Operator):
    """Stop generating. Nothing in the scene is changed"""

    bl_label = "Cancel"
    bl_options = {"INTERNAL"}

    @classmethod
    def find_obstacle(cls, context: bpy.types.Context) -> str:
        status = context.window_manager.avatartex_job
        return "" if status.running and not status.cancelling else "Nothing is being generated"

    def act(self, context: bpy.types.Context) -> None:
        context.window_manager.avatartex_job.cancelling = True
        session.client().cancel()  # generate's own timer gets the answer
