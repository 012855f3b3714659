"""Hair Curves: the painted strands of the shown texture as Blender's own hair on the head."""

import bpy
from bpy.props import IntProperty

from ..backend.options import GUIDES
from ..core.idnames import Op
from ..jobs.curves_job import CurvesJob
from ..jobs.describing import describe_result
from ..scene.head import find_head, portrait_path
from ..scene.history import find_shown_result
from ..session import find_busy
from .checked import Dialog
from .timed import BackendOperator


class AVATARTEX_OT_grow_curves(BackendOperator, bpy.types.Operator):
    """Give the head curves of the strands that its hair is painted with"""

    bl_label = "Hair Curves"
    bl_options = {"UNDO", "INTERNAL"}  # as Generate Texture

    guides: IntProperty(default=GUIDES.default, min=GUIDES.limits[0], max=GUIDES.limits[1])

    @classmethod
    def find_obstacle(cls, context: bpy.types.Context) -> str:
        if obstacle := find_busy(context):
            return obstacle
        head = find_head(context)
        shown = head is not None and find_shown_result(head) is not None
        return "" if shown else "The head shows no texture of ours. Generate one first"

    def begin(self, context: bpy.types.Context, in_window: bool) -> CurvesJob:
        head = find_head(context)
        return CurvesJob(describe_result(head, portrait_path(head.avatartex.portrait)), self.guides)

    def conclude(self, context: bpy.types.Context) -> set[str]:
        made = self.job.apply()
        count = sum(len(thing.data.curves) for thing in made.curves)
        return self.report_made(made.warnings, f"'{made.object.name}' has {count} hair curves")


class AVATARTEX_OT_hair_curves(Dialog, bpy.types.Operator):
    """Make hair of Blender's own from the strands that the texture is painted with: curves that are rooted on the \
head, follow it and have the portrait's colours. The texture stays"""

    bl_label = "Hair Curves…"
    begins = Op.GROW_CURVES

    guides: IntProperty(
        name="Guides", description=GUIDES.tooltip, default=GUIDES.default, min=GUIDES.limits[0], max=GUIDES.limits[1]
    )

    find_obstacle = AVATARTEX_OT_grow_curves.find_obstacle
