"""Add Expression Maps to the texture that the head shows, and take them off again."""

import bpy

from ..jobs.describing import describe_result
from ..jobs.expression_job import ExpressionJob, find_key_problem
from ..scene.capture import find_keys
from ..scene.expression_nodes import drop_maps
from ..scene.head import find_head, portrait_path
from ..scene.history import find_shown_result
from ..session import find_busy
from .checked import Checked, as_text
from .timed import BackendOperator


class AVATARTEX_OT_add_expressions(BackendOperator, bpy.types.Operator):
    """Add what expressions do to the skin: folds, blood and stretched pores, driven by the shape keys' own values. \
Maps that are there already are replaced"""

    bl_label = "Add Expression Maps"
    bl_options = {"UNDO"}  # as Generate Texture

    @classmethod
    def find_obstacle(cls, context: bpy.types.Context) -> str:
        if obstacle := find_busy(context):
            return obstacle
        head = find_head(context)
        if head is None or find_shown_result(head) is None:
            return "The head shows no texture of ours. Generate one first"
        return as_text(problem) if (problem := find_key_problem(head, tuple(find_keys(head)))) else ""

    def begin(self, context: bpy.types.Context, in_window: bool) -> ExpressionJob:
        head = find_head(context)
        return ExpressionJob(describe_result(head, portrait_path(head.avatartex.portrait)))

    def conclude(self, context: bpy.types.Context) -> set[str]:
        made = self.job.apply()
        return self.report_made(made.warnings, f"'{made.object.name}' has maps of {len(made.expressions)} expressions")


class AVATARTEX_OT_remove_expressions(Checked, bpy.types.Operator):
    """Take the expression maps off the head, with their images. The texture stays"""

    bl_label = "Remove Expression Maps"

    @classmethod
    def find_obstacle(cls, context: bpy.types.Context) -> str:
        head = find_head(context)
        return "" if head is not None and head.avatartex_expressions.group else "This head has no expression maps"

    def act(self, context: bpy.types.Context) -> None:
        drop_maps(find_head(context))
