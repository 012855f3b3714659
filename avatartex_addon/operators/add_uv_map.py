"""Add a UV Map: a new one without overlaps, for heads that have none or one that several faces share."""

import bpy
import numpy as np

from ..scene.arrays import read_each
from ..scene.head import find_head
from ..scene.redraw import redraw_panels
from .checked import IdleOnly

NEW_UV_MAP = "AvatarTex"
#: Between islands, as a share of the map: 4 texels of 1024, more than a rim.
ISLAND_MARGIN = 0.004
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
        context.scene.avatartex.uv_map = name
        context.window_manager.avatartex_job.reset()
        redraw_panels()
        self.report({"INFO"}, f"'{head.name}' has a new UV map '{name}', which the next texture is made for")


def add_uv_map(context: bpy.types.Context, head: bpy.types.Object) -> str:
    """Unwrap the whole mesh into a new UV map and leave everything else as it was; the map's name."""
    layer_objects, mesh = context.view_layer.objects, head.data
    active, mode = layer_objects.active, context.mode
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
        name = mesh.uv_layers.new(name=NEW_UV_MAP, do_init=False).name
        mesh.uv_layers.active = mesh.uv_layers[name]
        for part in MESH_PARTS:
            _set_flags(mesh, part, "hide", np.zeros(len(getattr(mesh, part)), bool))
        bpy.ops.object.mode_set(mode="EDIT")
        bpy.ops.mesh.select_all(action="SELECT")
        bpy.ops.uv.smart_project(angle_limit=1.15, island_margin=ISLAND_MARGIN, area_weight=0.0, scale_to_bounds=False)
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
        if mode.startswith("EDIT"):
            bpy.ops.object.mode_set(mode="EDIT")
    return name


def _set_flags(mesh: bpy.types.Mesh, part: str, flag: str, values: np.ndarray) -> None:
    getattr(mesh, part).foreach_set(flag, values)
