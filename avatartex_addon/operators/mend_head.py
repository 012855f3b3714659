"""What mends a head that cannot be textured as it is chosen, linked, hidden or shaded."""

import bpy
from bpy.props import EnumProperty

from ..backend.options import SHARING
from ..scene.apply import new_material, replace
from ..scene.graph import find_colorless
from ..scene.head import find_head, find_uv_map
from ..scene.redraw import redraw_panels
from ..scene.slots import find_head_slots
from .checked import Checked, IdleOnly


class AVATARTEX_OT_choose_head(IdleOnly, bpy.types.Operator):
    """Take the active mesh as the head, whatever else is selected"""

    bl_label = "Use the Active One"

    @classmethod
    def find_obstacle(cls, context: bpy.types.Context) -> str:
        active = context.view_layer.objects.active
        chosen = active is not None and active.type == "MESH"
        return super().find_obstacle(context) if chosen else "Click a mesh first"

    def act(self, context: bpy.types.Context) -> None:
        context.scene.avatartex.head = context.view_layer.objects.active


CHOICES = (
    ("uv_map", "UV Map", "Texture the UV map that renders show, because the head has none of the chosen name"),
    (
        "head_group",
        "Head Faces",
        "Find the head's faces automatically, because it has no vertex group of the chosen name",
    ),
)


class AVATARTEX_OT_reset_choice(IdleOnly, bpy.types.Operator):
    """Let AvatarTex choose, because the head does not have what was chosen"""

    bl_label = "Clear the Choice"

    setting: EnumProperty(name="Setting", description="Which choice is taken back", items=CHOICES)

    @classmethod
    def description(cls, context: bpy.types.Context, properties) -> str:
        return next(text for name, _, text in CHOICES if name == properties.setting)

    def act(self, context: bpy.types.Context) -> None:
        context.scene.avatartex.property_unset(self.setting)
        context.window_manager.avatartex_job.reset()


class AVATARTEX_OT_make_override(IdleOnly, bpy.types.Operator):
    """Make a Library Override of the linked head, so that it gets its texture in this file. The library stays \
as it is"""

    bl_label = "Make an Override"

    @classmethod
    def find_obstacle(cls, context: bpy.types.Context) -> str:
        head = find_head(context)
        linked = head is not None and head.library is not None
        return super().find_obstacle(context) if linked else "The head is not linked"

    def act(self, context: bpy.types.Context) -> set[str] | None:
        head, settings = find_head(context), context.scene.avatartex
        chosen = settings.head is not None
        made = head.override_hierarchy_create(context.scene, context.view_layer, do_fully_editable=True)
        if made is None:
            return self.fail(f"Blender could not make a Library Override of '{head.name}'")
        if chosen:
            settings.head = made
        elif made.name in context.view_layer.objects:
            context.view_layer.objects.active = made


class AVATARTEX_OT_show_head(Checked, bpy.types.Operator):
    """Unhide the head in the viewport, so that its texture is visible"""

    bl_label = "Show the Head"

    @classmethod
    def find_obstacle(cls, context: bpy.types.Context) -> str:
        head = find_head(context)
        return "" if head is not None and not head.visible_get() else "The head is not hidden"

    def act(self, context: bpy.types.Context) -> None:
        head = find_head(context)
        head.hide_viewport = False
        if head.name in context.view_layer.objects:
            head.hide_set(False)
        context.view_layer.update()
        if not head.visible_get():
            names = ", ".join(f"'{collection.name}'" for collection in head.users_collection)
            self.report({"WARNING"}, f"Its collection {names} is hidden or excluded: show it in the Outliner")


class AVATARTEX_OT_new_material(IdleOnly, bpy.types.Operator):
    """Give the head a new material, because a texture on its own would not be visible. Restore brings that one back"""

    bl_label = "New Material"

    @classmethod
    def find_obstacle(cls, context: bpy.types.Context) -> str:
        return super().find_obstacle(context) if find_head(context) is not None else "Select a head first"

    def act(self, context: bpy.types.Context) -> set[str] | None:
        head, settings = find_head(context), context.scene.avatartex
        slots = find_head_slots(head, find_uv_map(head, settings.uv_map))
        colorless = [slot for slot in slots if find_colorless(head, (slot,)) is not None]
        for slot in colorless:
            replace(head, slot, new_material(f"{head.name} Skin"), SHARING.default)
        context.window_manager.avatartex_job.reset()
        redraw_panels()
        return {"FINISHED"} if colorless else {"CANCELLED"}
