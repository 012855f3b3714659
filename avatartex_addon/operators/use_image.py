"""Use an Image of This File: packed, painted and generated ones too."""

# No `from __future__ import annotations` here: the property's type must be evaluated by Blender.
import bpy
from bpy.props import EnumProperty, StringProperty

from ..core.chore import Parts
from ..registration import OVERLAY, PICTURE
from ..scene.portraits import find_portraits, write_portrait
from .chore_operator import ChoreOperator
from .portrait_operator import PortraitOperator, portraits_folder

#: Blender keeps no reference to the texts of a dynamic list.
_items: list[tuple[str, str, str]] = []


def offered() -> list[bpy.types.Image]:
    made = {thing.avatartex_regions.mask for thing in bpy.data.objects}
    for entry in (entry for thing in bpy.data.objects for entry in thing.avatartex_history):
        made |= {entry.image, entry.provenance}
    return [image for image in find_portraits(made) if image.name not in {OVERLAY, PICTURE}]


def list_images(_operator, _context) -> list[tuple[str, str, str]]:
    _items[:] = [(image.name, image.name, tell_size(image)) for image in offered()]
    return _items


def tell_size(image: bpy.types.Image) -> str:
    """'' where Blender would have to read the picture for it: the list is to open at once."""
    return f"{image.size[0]} x {image.size[1]} pixels" if image.has_data else ""


class AVATARTEX_OT_use_image(ChoreOperator, PortraitOperator, bpy.types.Operator):
    """Choose the portrait among the images of this .blend file: packed, painted and generated ones too.
The image stays as it is; where it is no file, its picture is saved to one of ours"""

    bl_idname = "avatartex.use_image"
    bl_label = "Use an Image of This File"
    bl_property = "choice"

    choice: EnumProperty(name="Image", items=list_images, options={"SKIP_SAVE", "HIDDEN"})
    image: StringProperty(name="Image", description="Name of the image", options={"SKIP_SAVE"})

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not super().poll(context):
            return False
        if not any(image.name not in {OVERLAY, PICTURE} for image in find_portraits(set())):
            cls.poll_message_set("There is no image in this file")
            return False
        return True

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
        return self.take(context, str(self.result), bpy.data.images.get(self.chosen))


CLASSES = (AVATARTEX_OT_use_image,)
