"""What operators that choose pictures in the file browser do alike: thumbnails, and every format that can be read."""

# No `from __future__ import annotations` here: Blender evaluates annotations itself.
from bpy.props import BoolProperty, EnumProperty, StringProperty

from ..scene.portraits import SUFFIXES

#: How the file browser shows files; Blender takes the number, which is its own for thumbnails.
DISPLAYS = (("THUMBNAIL", "Thumbnails", "Pictures as pictures", 3),)


class PictureBrowser:
    """Mixed into an operator before it calls `fileselect_add`."""

    display_type: EnumProperty(items=DISPLAYS, default="THUMBNAIL", options={"HIDDEN", "SKIP_SAVE"})
    filter_glob: StringProperty(default=";".join(f"*{suffix}" for suffix in SUFFIXES), options={"HIDDEN", "SKIP_SAVE"})
    filter_folder: BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})
