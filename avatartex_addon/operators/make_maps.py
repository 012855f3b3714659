"""Surface Maps: normal, roughness and others beside the shown texture, in its UV map."""

import bpy
from bpy.props import EnumProperty

from ..backend.map_options import MAPS
from ..core.idnames import Op
from ..jobs.describing import describe_result
from ..jobs.maps_job import MapsJob
from ..scene.head import find_head, portrait_path
from ..scene.surface_maps import INPUTS
from .add_curves import AVATARTEX_OT_grow_curves
from .checked import Dialog
from .timed import BackendOperator

ITEMS = [(choice.value, choice.label, choice.tooltip) for choice in MAPS.choices[1:]]


def which():
    """The maps that are made; at first those that have an input of the shader."""
    return EnumProperty(
        name=MAPS.label, description=MAPS.tooltip, items=ITEMS, options={"ENUM_FLAG"}, default=set(INPUTS)
    )


class AVATARTEX_OT_make_maps(BackendOperator, bpy.types.Operator):
    """Give the head's materials maps beside the colour"""

    bl_label = "Surface Maps"
    bl_options = {"UNDO", "INTERNAL"}  # as Generate Texture

    maps: which()

    find_obstacle = AVATARTEX_OT_grow_curves.find_obstacle

    def begin(self, context: bpy.types.Context, in_window: bool) -> MapsJob:
        head = find_head(context)
        return MapsJob(describe_result(head, portrait_path(head.avatartex.portrait)), self.maps)

    def conclude(self, context: bpy.types.Context) -> set[str]:
        made = self.job.apply()
        return self.report_made(made.warnings, f"'{made.object.name}' has {len(made.images)} surface maps")


class AVATARTEX_OT_surface_maps(Dialog, bpy.types.Operator):
    """Make maps of the shown texture: normal and roughness are linked to the shader where its inputs are free, others \
lie beside it. The texture stays"""

    bl_label = "Surface Maps…"
    begins = Op.MAKE_MAPS

    maps: which()

    find_obstacle = AVATARTEX_OT_grow_curves.find_obstacle

    def draw(self, context: bpy.types.Context) -> None:
        self.layout.column().prop(self, "maps")
