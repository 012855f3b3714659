"""What is added to the texture that the head shows: surface maps, hair curves, expression maps."""

import bpy
from bpy.props import EnumProperty, IntProperty

from ..backend.map_options import MAPS
from ..backend.options import GUIDES
from ..core.idnames import Op
from ..core.job import HeadJob
from ..jobs.curves_job import CurvesJob
from ..jobs.describing import describe_result
from ..jobs.expression_job import ExpressionJob, find_key_problem
from ..jobs.maps_job import MapsJob
from ..scene.capture import find_keys
from ..scene.expression_nodes import drop_maps
from ..scene.head import find_head, portrait_path
from ..scene.history import adopt_result, find_shown, find_shown_result
from ..scene.kept_maps import show_kept
from ..scene.surface_maps import INPUTS, linked_maps
from ..session import find_busy
from .checked import Checked, Dialog, as_text, unless
from .timed import BackendOperator


def shows_result(context: bpy.types.Context) -> bool:
    head = find_head(context)
    return head is not None and find_shown_result(head) is not None


def describe_shown(context: bpy.types.Context) -> HeadJob:
    """The job that made the texture which the head shows."""
    head = find_head(context)
    return describe_result(head, portrait_path(head.avatartex.portrait))


class OfShown:
    """Mixed into an operator that needs a texture which the head shows."""

    find_obstacle = unless("The head shows no texture of ours. Generate one first", shows_result, find_busy)


def which_maps():
    """The maps that are made; at first those that have an input of the shader."""
    items = [(choice.value, choice.label, choice.tooltip) for choice in MAPS.choices[1:]]
    return EnumProperty(
        name=MAPS.label, description=MAPS.tooltip, items=items, options={"ENUM_FLAG"}, default=set(INPUTS)
    )


class AVATARTEX_OT_make_maps(OfShown, BackendOperator, bpy.types.Operator):
    """Give the head's materials maps beside the colour"""

    bl_label = "Surface Maps"
    bl_options = {"UNDO", "INTERNAL"}  # as Generate Texture

    maps: which_maps()

    def begin(self, context: bpy.types.Context) -> MapsJob:
        return MapsJob(describe_shown(context), self.maps)

    def conclude(self, context: bpy.types.Context) -> set[str]:
        made = self.job.apply()
        return self.report_made(made.warnings, f"'{made.object.name}' has {len(made.images)} surface maps")


class AVATARTEX_OT_surface_maps(OfShown, Dialog, bpy.types.Operator):
    """Make maps of the shown texture: normal and roughness are linked to the shader where its inputs are free, others \
lie beside it. The texture stays"""

    bl_label = "Surface Maps…"
    begins = Op.MAKE_MAPS

    maps: which_maps()

    def draw(self, context: bpy.types.Context) -> None:
        self.layout.column().prop(self, "maps")


class AVATARTEX_OT_displace(Checked, bpy.types.Operator):
    """Let the map of heights move the surface; the normal map, of the same relief, rests. What the mesh is too coarse \
for is shaded as bumps. Click again for the way back"""

    bl_label = "Displace the Surface"

    find_obstacle = unless(
        "The head has no displacement map. Make it with Surface Maps",
        lambda context: shows_result(context) and "displacement" in linked_maps(find_head(context)),
    )

    def act(self, context: bpy.types.Context) -> None:
        head = find_head(context)
        adopt_result(head, find_shown_result(head))
        entry = head.avatartex_history[find_shown(head)]
        entry.displaced = not entry.displaced
        for note in show_kept(head, entry):
            self.report({"INFO"}, note)


def how_many_guides():
    return IntProperty(
        name="Guides", description=GUIDES.tooltip, default=GUIDES.default, min=GUIDES.limits[0], max=GUIDES.limits[1]
    )


class AVATARTEX_OT_grow_curves(OfShown, BackendOperator, bpy.types.Operator):
    """Give the head curves of the strands that its hair is painted with"""

    bl_label = "Hair Curves"
    bl_options = {"UNDO", "INTERNAL"}  # as Generate Texture

    guides: how_many_guides()

    def begin(self, context: bpy.types.Context) -> CurvesJob:
        return CurvesJob(describe_shown(context), self.guides)

    def conclude(self, context: bpy.types.Context) -> set[str]:
        made = self.job.apply()
        count = sum(len(thing.data.curves) for thing in made.curves)
        return self.report_made(made.warnings, f"'{made.object.name}' has {count} hair curves")


class AVATARTEX_OT_hair_curves(OfShown, Dialog, bpy.types.Operator):
    """Make hair of Blender's own from the strands that the texture is painted with: curves that are rooted on the \
head, follow it and have the portrait's colours. The texture stays"""

    bl_label = "Hair Curves…"
    begins = Op.GROW_CURVES

    guides: how_many_guides()


class AVATARTEX_OT_add_expressions(OfShown, BackendOperator, bpy.types.Operator):
    """Add what expressions do to the skin: folds, blood and stretched pores, driven by the shape keys' own values. \
Maps that are there already are replaced"""

    bl_label = "Add Expression Maps"
    bl_options = {"UNDO"}  # as Generate Texture

    @classmethod
    def find_obstacle(cls, context: bpy.types.Context) -> str:
        if obstacle := super().find_obstacle(context):
            return obstacle
        head = find_head(context)
        return as_text(problem) if (problem := find_key_problem(head, tuple(find_keys(head)))) else ""

    def begin(self, context: bpy.types.Context) -> ExpressionJob:
        return ExpressionJob(describe_shown(context))

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
