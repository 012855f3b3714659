"""The ways to a portrait: file browser, clipboard, images of this file, a picture dropped onto the head.

Each is one change of the setting and one undo step, and none while a job runs. What was pasted or written from an
image is a file of ours, which goes when the artist says so.
"""

from pathlib import Path

import bpy
from bpy.props import BoolProperty, EnumProperty, StringProperty
from bpy_extras import view3d_utils
from mathutils import Vector

from ..core.chore import Parts
from ..core.clock import freed_text, size_text
from ..core.idnames import Op
from ..core.matching import SUFFIXES
from ..jobs.describing import relative_path
from ..preferences import portraits_folder
from ..scene.clipboard import paste
from ..scene.head import find_head, portrait_path
from ..scene.image_editor import OVERLAY, PICTURE
from ..scene.portraits import find_portraits, write_portrait
from ..scene.redraw import redraw_panels
from ..session import find_busy
from .checked import Browsing, Checked, Confirmed, find_uneditable, unless
from .timed import ChoreOperator

#: How the file browser shows files; Blender takes the number, which is its own for thumbnails.
DISPLAYS = (("THUMBNAIL", "Thumbnails", "Pictures as pictures", 3),)


class PictureBrowser(Browsing):
    """Opens the file browser for pictures: thumbnails, and every format that is read."""

    display_type: EnumProperty(items=DISPLAYS, default="THUMBNAIL", options={"HIDDEN", "SKIP_SAVE"})
    filter_glob: StringProperty(default=";".join(f"*{suffix}" for suffix in SUFFIXES), options={"HIDDEN", "SKIP_SAVE"})
    filter_folder: BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})


class PortraitOperator(Checked):
    """Mixed into an operator, which ends with `take`."""

    @classmethod
    def find_obstacle(cls, context: bpy.types.Context) -> str:
        return find_uneditable(context) or find_busy(context)

    def take(self, context: bpy.types.Context, path: str, image: bpy.types.Image | None = None) -> None:
        """Make it the head's portrait.

        Args:
            image: the image datablock that the file was written from.
        """
        settings = find_head(context).avatartex
        settings.portrait, settings.portrait_image = relative_path(path), image
        context.window_manager.avatartex_job.reset()


class AVATARTEX_OT_pick_portrait(PortraitOperator, PictureBrowser, bpy.types.Operator):
    """Choose a picture of a face in the file browser: a photograph, a painting or a drawing"""

    bl_label = "Pick a Portrait"

    filepath: StringProperty(subtype="FILE_PATH", options={"SKIP_SAVE"})

    def suggest(self, context: bpy.types.Context) -> None:
        self.filepath = bpy.path.abspath(find_head(context).avatartex.portrait)

    def act(self, context: bpy.types.Context) -> set[str] | None:
        if not self.poll(context):  # a job began while the file browser was open
            return self.fail("The portrait cannot change while a job runs")
        self.take(context, self.filepath)


class AVATARTEX_OT_paste_portrait(PortraitOperator, bpy.types.Operator):
    """Use the picture on the clipboard, copied in a browser, an image editor or a file manager, as the portrait"""

    bl_label = "Paste a Portrait"

    def act(self, context: bpy.types.Context) -> set[str] | None:
        try:
            path = paste(context, portraits_folder())
        except OSError as reason:
            return self.fail(f"The picture could not be saved ({reason.strerror}).")
        self.take(context, str(path))


#: Blender keeps no reference to the texts of a dynamic list.
_items: list[tuple[str, str, str]] = []


def find_offered() -> list[bpy.types.Image]:
    made = {thing.avatartex_regions.mask for thing in bpy.data.objects}
    for entry in (entry for thing in bpy.data.objects for entry in thing.avatartex_history):
        made |= {entry.image, entry.provenance}
    return [image for image in find_portraits(made) if image.name not in {OVERLAY, PICTURE}]


def list_images(_operator, _context) -> list[tuple[str, str, str]]:
    # no size where Blender would have to read the picture for it: the list is to open at once
    _items[:] = [
        (image.name, image.name, f"{image.size[0]} x {image.size[1]} pixels" if image.has_data else "")
        for image in find_offered()
    ]
    return _items


class AVATARTEX_OT_use_image(ChoreOperator, PortraitOperator, bpy.types.Operator):
    """Choose the portrait among the images of this .blend file: packed, painted and generated ones too.
    The image stays as it is; where it is no file, its picture is saved to one of ours"""

    bl_label = "Use an Image of This File"
    bl_property = "choice"

    choice: EnumProperty(name="Image", items=list_images, options={"SKIP_SAVE", "HIDDEN"})
    image: StringProperty(name="Image", description="Name of the image", options={"SKIP_SAVE"})

    @classmethod
    def find_obstacle(cls, context: bpy.types.Context) -> str:
        if obstacle := super().find_obstacle(context):
            return obstacle
        offered = any(image.name not in {OVERLAY, PICTURE} for image in find_portraits(set()))
        return "" if offered else "There is no image in this file"

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if self.image:
            return super().invoke(context, event)
        context.window_manager.invoke_search_popup(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        if self.choice and not self.image and not bpy.app.background:  # from the list, which cannot wait for a thread
            bpy.ops.avatartex.use_image("INVOKE_DEFAULT", True, image=self.choice)
            return {"CANCELLED"}
        return super().execute(context)

    def parts(self, context: bpy.types.Context) -> Parts:
        image = bpy.data.images.get(self.image or self.choice)
        if image is None:
            raise LookupError(f"There is no image '{self.image or self.choice}'.")
        self.chosen = image.name
        return write_portrait(image, portraits_folder())

    def conclude(self, context: bpy.types.Context) -> set[str]:
        self.take(context, str(self.result), bpy.data.images.get(self.chosen))
        redraw_panels()
        return {"FINISHED"}


class AVATARTEX_OT_drop_portrait(PortraitOperator, bpy.types.Operator):
    """Make this picture the portrait of the head that it is dropped onto, or of the chosen head"""

    bl_label = "Use as AvatarTex Portrait"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    filepath: StringProperty(subtype="FILE_PATH", options={"SKIP_SAVE"})

    @classmethod
    def find_obstacle(cls, context: bpy.types.Context) -> str:
        return find_busy(context)  # the head may be the one that it is dropped onto

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        target = find_mesh_at(context, event.mouse_x, event.mouse_y)
        head = find_head(context)
        if target is not None and target != head and not (head is not None and lies_within(target, head)):
            choose_dropped_on(context, target)
        return self.execute(context)

    def act(self, context: bpy.types.Context) -> set[str] | None:
        if not self.filepath.lower().endswith(SUFFIXES):
            return self.fail(f"'{Path(self.filepath).name}' is not a picture that AvatarTex can read")
        if obstacle := find_uneditable(context):
            return self.fail(obstacle)
        self.take(context, self.filepath)
        self.report({"INFO"}, f"'{Path(self.filepath).name}' is the portrait for '{find_head(context).name}'")


def choose_dropped_on(context: bpy.types.Context, head: bpy.types.Object) -> None:
    """As a click on it would: the chosen head changes, or the active one where none was chosen."""
    scene = context.scene.avatartex
    if scene.head is not None or context.mode != "OBJECT":
        scene.head = head
        return
    for other in context.selected_objects:
        other.select_set(False)
    head.select_set(True)
    context.view_layer.objects.active = head


class AVATARTEX_FH_portrait(bpy.types.FileHandler):
    bl_idname = "AVATARTEX_FH_portrait"
    bl_label = "AvatarTex Portrait"
    bl_import_operator = Op.DROP_PORTRAIT
    bl_file_extensions = ";".join(SUFFIXES)

    @classmethod
    def poll_drop(cls, context: bpy.types.Context) -> bool:
        area, region = context.area, context.region
        if area is None or area.type != "VIEW_3D" or find_busy(context):
            return False
        other_tab = region is not None and region.type == "UI" and region.active_panel_category != "AvatarTex"
        return not other_tab


def find_mesh_at(context: bpy.types.Context, x: int, y: int) -> bpy.types.Object | None:
    """The nearest visible mesh at a place of the window (pixels, from its lower left); None beside it and over bars."""
    area = context.area
    if area is None or area.type != "VIEW_3D":
        return None
    here = [region for region in area.regions if _holds(region, x, y)]
    view = next((region for region in here if region.type == "WINDOW"), None)
    if view is None or len(here) > 1:  # a sidebar lies over the view
        return None
    sight, place = area.spaces.active.region_3d, (x - view.x, y - view.y)
    hit, _, _, _, found, _ = context.scene.ray_cast(
        context.evaluated_depsgraph_get(),
        view3d_utils.region_2d_to_origin_3d(view, sight, place),
        view3d_utils.region_2d_to_vector_3d(view, sight, place),
    )
    return found.original if hit and found.type == "MESH" else None


def _holds(region: bpy.types.Region, x: int, y: int) -> bool:
    return region.x <= x < region.x + region.width and region.y <= y < region.y + region.height


def lies_within(part: bpy.types.Object, whole: bpy.types.Object) -> bool:
    """Whether an object's middle is inside another's bounding box: an eye, teeth, lashes of a head."""
    middle = part.matrix_world @ (sum((Vector(corner) for corner in part.bound_box), Vector()) / 8)
    local = whole.matrix_world.inverted_safe() @ middle
    low, high = Vector(whole.bound_box[0]), Vector(whole.bound_box[6])
    return all(low[axis] <= local[axis] <= high[axis] for axis in range(3))


class AVATARTEX_OT_clean_portraits(Confirmed, bpy.types.Operator):
    """Delete the portraits that were pasted, or written from an image, and that this .blend file does not use.
    A file that uses one asks for it again; its textures stay"""

    bl_label = "Remove Unused Portraits"
    bl_options = {"INTERNAL"}

    find_obstacle = unless("There is none that this file does not use", lambda _context: find_unused())

    def ask(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return context.window_manager.invoke_confirm(
            self,
            event,
            title=f"{self.bl_label}{freed_text(measure_files(find_unused()))}?",
            confirm_text="Remove",
            message="Other files that use them will ask for them again.",
        )

    def act(self, context: bpy.types.Context) -> None:
        unused = find_unused()
        size = measure_files(unused)
        for path in unused:
            path.unlink(missing_ok=True)
            if not any(path.parent.iterdir()):
                path.parent.rmdir()
        self.report({"INFO"}, f"Removed: {len(unused)}, {size_text(size)}")


def find_unused() -> list[Path]:
    """Files of ours that no scene, row or result of the open file names."""
    folder = portraits_folder()
    if not folder.is_dir():
        return []
    named = {head.avatartex.portrait for head in bpy.data.objects}
    named |= {row.portrait for scene in bpy.data.scenes for row in scene.avatartex_batch.rows}
    named |= {entry.portrait for head in bpy.data.objects for entry in head.avatartex_history}
    named |= {entry.path for head in bpy.data.objects for entry in head.avatartex_further}
    for head in bpy.data.objects:
        named.update(*(entry.further.splitlines() for entry in head.avatartex_history))
    used = {Path(portrait_path(name)) for name in named if name}
    return [path for path in sorted(folder.glob("*/*")) if path.is_file() and path not in used]


def measure_files(paths: list[Path]) -> int:
    """Bytes of all."""
    return sum(path.stat().st_size for path in paths)
