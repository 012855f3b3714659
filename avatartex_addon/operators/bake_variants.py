"""Bake Variants, Show Variant, Remove Variant."""

# No `from __future__ import annotations` here: Blender evaluates annotations itself.
import bpy
from bpy.props import IntProperty

from ..core.idnames import Op
from ..jobs.describing import describe_variants
from ..jobs.variant_bake import VariantBake
from ..scene.head import find_head
from ..scene.redraw import redraw_panels
from ..scene.variant_materials import drop_variant, wear_variant
from ..scene.worn import find_worn, take_off
from .backend_operator import BackendOperator


class AVATARTEX_OT_variants_bake(BackendOperator, bpy.types.Operator):
    """Paint the head in each chosen style and bake the textures as materials. The head keeps what it shows until \
you click a variant"""

    bl_idname = Op.VARIANTS_BAKE
    bl_label = "Bake Variants"
    bl_options = {"UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not super().poll(context):
            return False
        if not context.scene.avatartex_variants.styles:
            cls.poll_message_set("No style is chosen. Choose one or more styles")
            return False
        return True

    def begin(self, context: bpy.types.Context, in_window: bool) -> VariantBake:
        return VariantBake(describe_variants(context))

    def conclude(self, context: bpy.types.Context) -> set[str]:
        made = self.job.apply()
        redraw_panels()
        for warning in made.warnings:
            self.report({"WARNING"}, warning)
        job = context.window_manager.avatartex_job
        job.baked_name, job.baked, job.baked_notes = made.object.name, len(made.materials), "\n".join(made.warnings)
        self.report({"INFO"}, f"Baked {len(made.materials)} variants of '{made.object.name}'")
        return {"FINISHED"}


def poll_variants(cls, context: bpy.types.Context) -> bool:
    head = find_head(context)
    if head is None or not head.avatartex_variants:
        cls.poll_message_set("This head has no variants yet")
        return False
    return True


class AVATARTEX_OT_variant_show(bpy.types.Operator):
    """Show this variant on the head. Click it again to go back to the head's own texture"""

    bl_idname = Op.VARIANT_SHOW
    bl_label = "Show Variant"
    bl_options = {"REGISTER", "UNDO"}

    index: IntProperty(min=0, options={"SKIP_SAVE"})

    @classmethod
    def description(cls, context: bpy.types.Context, properties) -> str:
        head = find_head(context)
        if head is None or properties.index >= len(head.avatartex_variants):
            return cls.__doc__
        return f"{cls.__doc__}.\n{head.avatartex_variants[properties.index].describe()}"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return poll_variants(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        head = find_head(context)
        if self.index >= len(head.avatartex_variants):
            return {"CANCELLED"}
        if self.index == find_worn(head):
            take_off(head)
            return {"FINISHED"}
        try:
            wear_variant(head, self.index)
        except LookupError as reason:
            self.report({"ERROR"}, str(reason))
            return {"CANCELLED"}
        return {"FINISHED"}


class AVATARTEX_OT_variant_remove(bpy.types.Operator):
    """Remove this variant from the list, with its material and image where nothing else uses them"""

    bl_idname = Op.VARIANT_REMOVE
    bl_label = "Remove Variant"
    bl_options = {"REGISTER", "UNDO"}

    index: IntProperty(min=0, options={"SKIP_SAVE"})

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return poll_variants(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        head = find_head(context)
        if self.index >= len(head.avatartex_variants):
            return {"CANCELLED"}
        drop_variant(head, self.index)
        return {"FINISHED"}


CLASSES = (AVATARTEX_OT_variants_bake, AVATARTEX_OT_variant_show, AVATARTEX_OT_variant_remove)
