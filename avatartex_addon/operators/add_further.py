"""Add and remove further portraits of a head."""

from pathlib import Path

import bpy
from bpy.props import CollectionProperty, IntProperty, StringProperty

from ..jobs.describing import relative_path
from ..scene.head import find_head
from ..scene.portraits import add_further, remove_further
from ..session import find_busy
from .checked import Checked, find_uneditable
from .choose_portrait import PictureBrowser


class AVATARTEX_OT_further_add(PictureBrowser, bpy.types.Operator):
    """Add pictures of the same person, from the left or the right. They show what the portrait does not"""

    bl_label = "Add Further Portraits"

    filepath: StringProperty(subtype="FILE_PATH", options={"SKIP_SAVE"})
    directory: StringProperty(subtype="DIR_PATH", options={"SKIP_SAVE"})
    files: CollectionProperty(type=bpy.types.OperatorFileListElement, options={"SKIP_SAVE"})

    @classmethod
    def find_obstacle(cls, context: bpy.types.Context) -> str:
        return find_uneditable(context) or find_busy(context)

    def act(self, context: bpy.types.Context) -> set[str] | None:
        if not self.poll(context):  # a job began while the file browser was open
            return self.fail("Further portraits cannot change while a job runs")
        chosen = [str(Path(self.directory) / entry.name) for entry in self.files if entry.name] or [self.filepath]
        if not all(Path(bpy.path.abspath(path)).is_file() for path in chosen):
            return self.fail("No picture was chosen")
        for path in chosen:
            add_further(find_head(context), relative_path(path))


class AVATARTEX_OT_further_remove(Checked, bpy.types.Operator):
    """Take this picture out of the list. The file stays"""

    bl_label = "Remove Further Portrait"

    index: IntProperty(default=-1, description="-1: the active one", options={"SKIP_SAVE"})

    @classmethod
    def find_obstacle(cls, context: bpy.types.Context) -> str:
        if obstacle := find_uneditable(context) or find_busy(context):
            return obstacle
        return "" if find_head(context).avatartex_further else "There are no further portraits"

    def act(self, context: bpy.types.Context) -> set[str] | None:
        head = find_head(context)
        index = head.avatartex_further_index if self.index < 0 else self.index
        if index >= len(head.avatartex_further):
            return {"CANCELLED"}
        remove_further(head, index)
