"""Drawn over the head in the 3D views: where its texels come from, or its painted regions.

Nothing of the scene changes for it, so there is nothing to put back, to save or to render. Triangles and UVs lie on the
graphics card until the mesh changes; per redraw it costs one draw call.
"""

from collections.abc import Callable

import bpy
import gpu
import numpy as np

from ..core.chore import Chore, Parts
from .arrays import evaluated_mesh
from .capture import arrange, read_mesh
from .head import find_head
from .history import find_shown_result, read_slots
from .redraw import redraw_views
from .tile_grid import TileGrid, grid_of, read_grid, read_tiles

#: What stands for the red, green and blue of a picture: photo, mirrored, generated; and redo, keep. Linear, as the
#: viewport's overlays are blended.
ORIGIN_COLORS = ((0.79, 0.023, 0.018), (0.030, 0.49, 0.023), (0.018, 0.15, 0.89))
#: How far it lies in front of the surface, as a share of the distance to the eye.
OFFSET = 0.002

VERTEX = """
void main() {
  place = uv;
  gl_Position = transform * vec4(pos, 1.0);
  gl_Position.z += look.y;
}
"""
FRAGMENT = f"""
void main() {{
  vec3 share = texture(origin, fract(place)).rgb;
  float all = share.r + share.g + share.b;
  vec3 shown = share.r * vec3{ORIGIN_COLORS[0]} + share.g * vec3{ORIGIN_COLORS[1]} + share.b * vec3{ORIGIN_COLORS[2]};
  color = vec4(shown / max(all, 0.001), min(all, 1.0) * look.x);
}}
"""

_handle = None
_shader: gpu.types.GPUShader | None = None
#: Head, UV map, slots and tiles.
Key = tuple[str, str, tuple[int, ...], TileGrid]
#: Seconds between two looks whether it has come.
LOOK = 0.02


class OnCard:
    """The last thing that was asked for on the graphics card, once a chore has read it."""

    def __init__(self) -> None:
        self.forget()

    def find(self, key, read: Callable[[], Parts], put: Callable):
        """What `put` makes of what the chore reads; None until it is there."""
        if self.key == key:
            return self.value
        if self.reading is None or self.reading[0] != key:
            self.reading = key, Chore(read())
        if not self.reading[1].step():
            return None
        self.key, self.value, self.reading = key, put(self.reading[1].result), None
        return self.value

    def forget(self) -> None:
        self.key = self.value = self.reading = None


#: The head's triangles by Key, and a picture of tiles by its image's number in this session.
_triangles, _tiles = OnCard(), OnCard()


def find_picture(context: bpy.types.Context) -> tuple[bpy.types.Object, Key, bpy.types.Image] | None:
    """Head, what of it is drawn, and the picture that is to lie over it; None when nothing is."""
    show, head = context.window_manager.avatartex_overlay, find_head(context)
    if head is None:
        return None
    regions, entry = head.avatartex_regions, find_shown_result(head)
    slots = read_slots(entry) if entry is not None else (0,)
    if (regions.painting or show.show_regions) and regions.mask is not None:
        return head, (head.name, regions.uv_map, slots, read_grid(regions.tiles)), regions.mask
    if show.show_provenance and entry is not None and entry.provenance is not None:
        return head, (head.name, entry.uv_map, slots, grid_of(entry.provenance)), entry.provenance
    return None


def draw_overlay() -> None:
    """The draw handler of all 3D views."""
    context = bpy.context
    space, view = context.space_data, context.region_data
    if space is None or view is None or not space.overlay.show_overlays:
        return
    found = find_picture(context)
    if found is None or not found[0].visible_in_viewport_get(space):
        return
    head, key, image = found
    batch, texture = find_batch(head, key), find_texture(image)
    if batch is None or texture is None:
        if not bpy.app.timers.is_registered(go_on):
            bpy.app.timers.register(go_on, first_interval=LOOK)
        return
    shader = find_shader()
    window = view.window_matrix
    offset = window[2][3] * OFFSET if view.is_perspective else window[2][2] * OFFSET * view.view_distance
    gpu.state.blend_set("ALPHA")
    gpu.state.depth_test_set("LESS_EQUAL")
    gpu.state.depth_mask_set(False)
    shader.bind()
    shader.uniform_float("transform", view.perspective_matrix @ head.matrix_world)
    shader.uniform_float("look", (context.window_manager.avatartex_overlay.opacity, offset))
    shader.uniform_sampler("origin", texture)
    batch.draw(shader)
    gpu.state.depth_test_set("NONE")
    gpu.state.blend_set("NONE")


def go_on() -> float | None:
    """Blender's timer: read on, and draw when all is there; a drawing for each step would take long."""
    reading = [thing.reading[1] for thing in (_triangles, _tiles) if thing.reading is not None]
    if not all([chore.step() for chore in reading]):
        return LOOK
    if reading:
        redraw_views()
    return None


def find_shader() -> gpu.types.GPUShader:
    global _shader
    if _shader is None:
        between = gpu.types.GPUStageInterfaceInfo("avatartex_overlay")
        between.smooth("VEC2", "place")
        info = gpu.types.GPUShaderCreateInfo()
        info.push_constant("MAT4", "transform")
        info.push_constant("VEC2", "look")  # opacity, offset
        info.sampler(0, "FLOAT_2D", "origin")
        info.vertex_in(0, "VEC3", "pos")
        info.vertex_in(1, "VEC2", "uv")
        info.vertex_out(between)
        info.fragment_out(0, "VEC4", "color")
        info.vertex_source(VERTEX)
        info.fragment_source(FRAGMENT)
        _shader = gpu.shader.create_from_info(info)
    return _shader


def find_texture(image: bpy.types.Image) -> gpu.types.GPUTexture | None:
    """The picture on the graphics card; of tiles one that shows them side by side, None until they are read."""
    if image.source != "TILED":
        return gpu.texture.from_image(image)
    return _tiles.find(image.session_uid, lambda: read_tiles(image), make_texture)


def make_texture(pixels: np.ndarray) -> gpu.types.GPUTexture:
    buffer = gpu.types.Buffer("FLOAT", pixels.size, pixels.ravel())
    return gpu.types.GPUTexture(pixels.shape[1::-1], format="RGBA8", data=buffer)


def find_batch(head: bpy.types.Object, key: Key) -> gpu.types.GPUBatch | None:
    """The head's triangles as it is shown, in its own space; None without faces, and until they are arranged."""
    return _triangles.find(key, lambda: read_triangles(head, *key[1:]), lambda found: found and make_batch(*found))


def make_batch(corners: np.ndarray, uvs: np.ndarray) -> gpu.types.GPUBatch:
    layout = gpu.types.GPUVertFormat()
    layout.attr_add(id="pos", comp_type="F32", len=3, fetch_mode="FLOAT")
    layout.attr_add(id="uv", comp_type="F32", len=2, fetch_mode="FLOAT")
    vertices = gpu.types.GPUVertBuf(layout, len(corners))
    vertices.attr_fill("pos", corners)
    vertices.attr_fill("uv", uvs)
    return gpu.types.GPUBatch(type="TRIS", buf=vertices)


def read_triangles(head: bpy.types.Object, uv_map: str, slots: tuple[int, ...], grid: TileGrid) -> Parts:
    """A chore: (n,3) places and (n,2) UVs in the picture of triangle corners with the slots' materials; None when
    there are none."""
    with evaluated_mesh(head) as mesh:
        if not mesh.polygons or uv_map not in mesh.uv_layers:
            return None
        raw, last = read_mesh(mesh, uv_map, head.name), max(0, len(head.material_slots) - 1)
    return (yield lambda: corners_of_slots(raw, slots, last, grid))


def corners_of_slots(
    raw: dict[str, np.ndarray], slots: tuple[int, ...], last: int, grid: TileGrid
) -> tuple[np.ndarray, np.ndarray] | None:
    arrays = arrange(raw)
    here = np.isin(np.minimum(arrays["material_index"], last), np.minimum(slots, last))
    corners = arrays["vertices"][arrays["triangles"][here]].reshape(-1, 3)
    uvs = grid.place(arrays["corner_uvs"][here].reshape(-1, 2))
    return (corners, np.ascontiguousarray(uvs)) if len(corners) else None


@bpy.app.handlers.persistent
def forget_triangles(*_arguments) -> None:
    """Another file, another step of undo, another frame: the triangles are read anew."""
    _triangles.forget()


@bpy.app.handlers.persistent
def forget_tiles(*_arguments) -> None:
    """Another file: numbers of images begin anew."""
    _tiles.forget()


@bpy.app.handlers.persistent
def forget_changed(_scene, depsgraph) -> None:
    """The mesh changed."""
    keys = (_triangles.key, _triangles.reading and _triangles.reading[0])
    names = {key[0] for key in keys if key is not None}
    if names and any(
        update.is_updated_geometry and isinstance(update.id, bpy.types.Object) and update.id.name in names
        for update in depsgraph.updates
    ):
        forget_triangles()


HANDLERS = (
    ("depsgraph_update_post", forget_changed),
    ("load_post", forget_tiles),
    *((name, forget_triangles) for name in ("undo_post", "redo_post", "load_post", "frame_change_post")),
)


def register() -> None:
    global _handle
    if not bpy.app.background:
        _handle = bpy.types.SpaceView3D.draw_handler_add(draw_overlay, (), "WINDOW", "POST_VIEW")


def unregister() -> None:
    global _handle, _shader
    if _handle is None:
        return
    bpy.types.SpaceView3D.draw_handler_remove(_handle, "WINDOW")
    _handle = _shader = None
    forget_triangles()
    forget_tiles()
    if bpy.app.timers.is_registered(go_on):
        bpy.app.timers.unregister(go_on)
