"""What mends a head that cannot be textured as it is chosen, linked, hidden, shaded or unwrapped."""

import bpy
import numpy as np
from bpy.props import EnumProperty

from ..backend.options import SHARING
from ..scene.apply import new_material, replace
from ..scene.arrays import read_each
from ..scene.graph import find_colorless
from ..scene.head import find_head, find_uv_map
from ..scene.redraw import redraw_panels
from ..scene.slots import find_head_slots
from .checked import Checked, IdleOnly, text_of


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
        return text_of(CHOICES, properties.setting)

    def act(self, context: bpy.types.Context) -> None:
        find_head(context).avatartex.property_unset(self.setting)
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
        head, scene = find_head(context), context.scene.avatartex
        chosen = scene.head is not None
        made = head.override_hierarchy_create(context.scene, context.view_layer, do_fully_editable=True)
        if made is None:
            return self.fail(f"Blender could not make a Library Override of '{head.name}'")
        if chosen:
            scene.head = made
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
        head = find_head(context)
        slots = find_head_slots(head, find_uv_map(head, head.avatartex.uv_map))
        colorless = [slot for slot in slots if find_colorless(head, (slot,)) is not None]
        for slot in colorless:
            replace(head, slot, new_material(f"{head.name} Skin"), SHARING.default)
        context.window_manager.avatartex_job.reset()
        redraw_panels()
        return {"FINISHED"} if colorless else {"CANCELLED"}


#: What unwrapping needs shown and selected, and is put back.
MESH_PARTS = ("vertices", "edges", "polygons")


class AVATARTEX_OT_add_uv_map(IdleOnly, bpy.types.Operator):
    """Add a UV map in which no faces overlap, and texture that one. Your own UV maps stay as they are"""

    bl_label = "Add a UV Map"

    @classmethod
    def find_obstacle(cls, context: bpy.types.Context) -> str:
        head = find_head(context)
        if head is None or head.library is not None or head.data.library is not None:
            return "Select a head of this file"
        if len(head.data.uv_layers) >= 8:
            return "The head has as many UV maps as Blender allows"
        return super().find_obstacle(context) if head.data.polygons else "The head has no faces"

    def act(self, context: bpy.types.Context) -> set[str] | None:
        head = find_head(context)
        before = {layer.name for layer in head.data.uv_layers}
        try:
            name = add_uv_map(context, head)
        except RuntimeError as reason:  # Blender cannot go into Edit Mode: the head is hidden in all views, say
            for extra in {layer.name for layer in head.data.uv_layers} - before:
                head.data.uv_layers.remove(head.data.uv_layers[extra])
            return self.fail(f"'{head.name}' could not be unwrapped: {reason}".strip())
        head.avatartex.uv_map = name
        context.window_manager.avatartex_job.reset()
        redraw_panels()
        self.report({"INFO"}, f"'{head.name}' has a new UV map '{name}', which the next texture is made for")


def add_uv_map(context: bpy.types.Context, head: bpy.types.Object) -> str:
    """Unwrap the whole mesh into a new UV map and leave everything else as it was; the map's name."""
    layer_objects, mesh = context.view_layer.objects, head.data
    active = layer_objects.active
    mode = active.mode if active is not None else "OBJECT"
    if mode != "OBJECT":
        bpy.ops.object.mode_set(mode="OBJECT")
    selected = [candidate for candidate in layer_objects if candidate.select_get()]
    hidden = head.hide_get()
    kept = {
        part: {flag: read_each(getattr(mesh, part), flag, bool) for flag in ("select", "hide")} for part in MESH_PARTS
    }
    shown = mesh.uv_layers.active.name if mesh.uv_layers else ""
    rendered = next((layer.name for layer in mesh.uv_layers if layer.active_render), "")
    try:
        head.hide_set(False)
        for candidate in selected:
            candidate.select_set(False)
        head.select_set(True)
        layer_objects.active = head
        name = mesh.uv_layers.new(name="AvatarTex", do_init=False).name
        mesh.uv_layers.active = mesh.uv_layers[name]
        for part in MESH_PARTS:
            _set_flags(mesh, part, "hide", np.zeros(len(getattr(mesh, part)), bool))
        bpy.ops.object.mode_set(mode="EDIT")
        bpy.ops.mesh.select_all(action="SELECT")
        # 4 texels of 1024 between islands, more than a rim
        bpy.ops.uv.smart_project(angle_limit=1.15, island_margin=0.004, area_weight=0.0, scale_to_bounds=False)
        bpy.ops.object.mode_set(mode="OBJECT")
    finally:
        if context.mode != "OBJECT":
            bpy.ops.object.mode_set(mode="OBJECT")
        for part in MESH_PARTS:
            for flag, values in kept[part].items():
                _set_flags(mesh, part, flag, values)
        if shown:
            mesh.uv_layers.active = mesh.uv_layers[shown]
            mesh.uv_layers[rendered or shown].active_render = True
        head.select_set(False)
        for candidate in selected:
            candidate.select_set(True)
        layer_objects.active = active
        head.hide_set(hidden)
        if mode != "OBJECT":
            bpy.ops.object.mode_set(mode=mode)
    return name


def _set_flags(mesh: bpy.types.Mesh, part: str, flag: str, values: np.ndarray) -> None:
    getattr(mesh, part).foreach_set(flag, values)
