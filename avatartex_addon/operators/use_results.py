"""A head's results: show, keep, forget and save them, compare with what was there before, and go back to it."""

from pathlib import Path

import bpy
from bpy.props import BoolProperty, IntProperty

from ..backend.outputs import UDIM
from ..scene.head import find_head
from ..scene.history import find_shown, forget_results, previous_result, scrambled_by, show_result, visible_image
from ..scene.images import save_png
from ..scene.restore import can_restore, is_compared, restore_texture, show_after, show_before
from ..scene.shell_object import remove_shell
from .checked import Checked, Saving, name_written, unless


def shows_ours(context: bpy.types.Context) -> bool:
    """Whether the head shows a texture of ours, a variant's or a result's."""
    return visible_image(find_head(context)) is not None


class EntryOperator(Checked):
    """Mixed into an operator for an entry of a list that the head remembers, its results or its variants (`use`)."""

    entries, none = "avatartex_history", "This head has no results yet"

    index: IntProperty(min=0, options={"SKIP_SAVE"})

    @classmethod
    def find_entries(cls, context: bpy.types.Context):
        return getattr(find_head(context), cls.entries, ())

    @classmethod
    def find_obstacle(cls, context: bpy.types.Context) -> str:
        return "" if cls.find_entries(context) else cls.none

    @classmethod
    def description(cls, context: bpy.types.Context, properties) -> str:
        entries = cls.find_entries(context)
        if properties.index >= len(entries):
            return cls.__doc__
        return f"{cls.__doc__}.\n{entries[properties.index].describe()}"

    def use(self, head: bpy.types.Object) -> set[str] | None:
        raise NotImplementedError

    def act(self, context: bpy.types.Context) -> set[str] | None:
        return self.use(find_head(context)) if self.index < len(self.find_entries(context)) else {"CANCELLED"}


class AVATARTEX_OT_show_result(EntryOperator, bpy.types.Operator):
    """Put this texture on the head again"""

    bl_label = "Show This Result"

    def use(self, head: bpy.types.Object) -> set[str] | None:
        if self.index == find_shown(head):
            return {"CANCELLED"}
        for note in show_result(head, self.index):
            self.report({"INFO"}, note)


class AVATARTEX_OT_pin_result(EntryOperator, bpy.types.Operator):
    """Keep this result, however many others come; click again to let it go"""

    bl_label = "Favourite"

    def use(self, head: bpy.types.Object) -> None:
        entry = head.avatartex_history[self.index]
        entry.favourite = not entry.favourite


class AVATARTEX_OT_purge_results(Checked, bpy.types.Operator):
    """Forget every result but the one on the head and the favourites. The file gets smaller"""

    bl_label = "Purge"

    find_obstacle = EntryOperator.find_obstacle

    def act(self, context: bpy.types.Context) -> set[str] | None:
        number = forget_results(find_head(context), 0)
        self.report({"INFO"}, f"{number} results forgotten" if number else "Nothing to forget")
        return {"FINISHED"} if number else {"CANCELLED"}


class AVATARTEX_OT_previous(Checked, bpy.types.Operator):
    """Put the texture back that the head had before this one. A second click brings this one again, to compare them"""

    bl_label = "Show Previous Texture"

    @classmethod
    def find_obstacle(cls, context: bpy.types.Context) -> str:
        head = find_head(context)
        return "" if head is not None and previous_result(head) >= 0 else "This head has had no other texture of ours"

    def act(self, context: bpy.types.Context) -> None:
        head = find_head(context)
        show_result(head, previous_result(head))


class AVATARTEX_OT_compare(Checked, bpy.types.Operator):
    """Show the head as it was before AvatarTex, and with a second click the texture again. Nothing is lost"""

    bl_label = "Compare with Untouched Head"

    find_obstacle = unless(
        "This head has no texture of ours to compare", lambda context: can_restore(find_head(context))
    )

    def act(self, context: bpy.types.Context) -> None:
        head = find_head(context)
        if is_compared(head):
            show_after(head)
        else:
            show_before(head)


class AVATARTEX_OT_restore(Checked, bpy.types.Operator):
    """Put the texture and the material back that the head had before AvatarTex, and none where it had none. \
Duplicates of the head keep theirs. The Results stay in their list"""

    bl_label = "Restore Untouched Head"

    find_obstacle = unless("This head has no texture of ours", lambda context: can_restore(find_head(context)))

    def act(self, context: bpy.types.Context) -> None:
        head = find_head(context)
        restore_texture(head)
        remove_shell(head)
        context.window_manager.avatartex_job.reset()
        self.report({"INFO"}, f"'{head.name}' is as it was before AvatarTex")


class AVATARTEX_OT_show_texture(Checked, bpy.types.Operator):
    """Switch this viewport to Material Preview: as it is shaded now, it shows no textures"""

    bl_label = "Show in Material Preview"
    bl_options = {"INTERNAL"}

    find_obstacle = unless("Use it in a 3D viewport", lambda context: hasattr(context.space_data, "shading"))

    def act(self, context: bpy.types.Context) -> None:
        context.space_data.shading.type = "MATERIAL"


class AVATARTEX_OT_show_uv_map(Checked, bpy.types.Operator):
    """Make the texture's UV map the active one, because Solid view shows textures through that. The UV maps stay as \
they are"""

    bl_label = "Show in Its UV Map"

    find_obstacle = EntryOperator.find_obstacle

    def act(self, context: bpy.types.Context) -> set[str] | None:
        head = find_head(context)
        name = scrambled_by(head)
        if not name:
            return {"CANCELLED"}
        head.data.uv_layers.active = head.data.uv_layers[name]


class AVATARTEX_OT_save_texture(Saving, bpy.types.Operator):
    """Save the texture that the head shows as a PNG file; of several UDIM tiles as one file each"""

    bl_label = "Save Texture As…"
    bl_options = {"REGISTER"}

    filter_image: BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})
    filter_folder: BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})

    find_obstacle = unless("The head shows no texture of ours", shows_ours)

    def suggest(self, context: bpy.types.Context) -> None:
        tile = f".{UDIM}" if visible_image(find_head(context)).source == "TILED" else ""
        self.filepath = str(self.name_after_head(context, f"texture{tile}.png"))

    def complete(self, path: Path) -> Path:
        return Path(bpy.path.ensure_ext(str(path), ".png"))

    def act(self, context: bpy.types.Context) -> set[str] | None:
        try:
            written = save_png(visible_image(find_head(context)), Path(bpy.path.abspath(self.filepath)))
        except FileExistsError as reason:
            return self.fail(f"'{Path(reason.filename).name}' is there already. Choose another name.")
        except OSError as reason:
            return self.fail(f"The texture could not be saved ({reason.strerror}).")
        self.report({"INFO"}, name_written(written))
