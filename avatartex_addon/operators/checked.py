"""What operators have in common: names, why they are grey, refusals, questions before they begin, the file browser."""

from collections.abc import Callable, Iterable
from pathlib import Path

import bpy
from bpy.props import BoolProperty, StringProperty

from ..backend.errors import AvatarTexError
from ..core.idnames import Op
from ..scene.head import find_head
from ..scene.redraw import redraw_panels
from ..session import find_busy


def unless(obstacle: str, holds: Callable[[bpy.types.Context], object], *first: Callable[[bpy.types.Context], str]):
    """A `find_obstacle`, for an operator that can be used where something holds.

    Args:
        first: what is asked before, each as `find_obstacle`.
    """

    def find(_operator: type, context: bpy.types.Context) -> str:
        found = next(filter(None, (ask(context) for ask in first)), "")
        return found or ("" if holds(context) else obstacle)

    return classmethod(find)


class Checked:
    """Mixed into an operator, which says what it does in `act`. It is grey while there is an obstacle, which its
    tooltip names, and is one step of undo."""

    bl_options = {"REGISTER", "UNDO"}

    def __init_subclass__(cls) -> None:
        """AVATARTEX_OT_new_seed is called avatartex.new_seed."""
        _, mark, name = cls.__name__.partition("_OT_")
        if mark:
            cls.bl_idname = Op(f"avatartex.{name}")

    @classmethod
    def find_obstacle(cls, context: bpy.types.Context) -> str:
        """Why it cannot be used now, a sentence; '' when it can."""
        return ""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if obstacle := cls.find_obstacle(context):
            cls.poll_message_set(obstacle)
        return not obstacle

    def act(self, context: bpy.types.Context) -> set[str] | None:
        """Do it; None stands for FINISHED.

        Raises:
            AvatarTexError, LookupError: it is refused, with this sentence.
        """
        raise NotImplementedError

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            outcome = self.act(context)
        except (AvatarTexError, LookupError) as reason:
            return self.fail(reason)
        redraw_panels()
        return outcome or {"FINISHED"}

    def fail(self, reason: Exception | str) -> set[str]:
        """What `execute` returns then. A script that called the operator gets a RuntimeError from the report."""
        self.report({"ERROR"}, as_text(reason))
        return {"CANCELLED"}


class IdleOnly(Checked):
    """Not while the backend is at work."""

    @classmethod
    def find_obstacle(cls, context: bpy.types.Context) -> str:
        return find_busy(context)


class Confirmed(Checked):
    """Asks in a window before it begins: `ask` opens the dialog."""

    in_window = False

    def ask(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return context.window_manager.invoke_confirm(self, event, confirm_text="Remove")

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        self.in_window = has_window(context)
        return self.ask(context, event) if self.in_window else self.execute(context)

    def begin_other(self, name: Op, **values) -> set[str] | None:
        """Let another operator go on with what was asked: in a window the dialog is closed by now, and the artist goes
        on working."""
        how = "INVOKE_DEFAULT" if self.in_window else "EXEC_DEFAULT"
        try:
            done = getattr(bpy.ops.avatartex, name.partition(".")[2])(how, **values)
        except RuntimeError as reason:
            return self.fail(str(reason).removeprefix("Error: ").strip())
        return None if self.in_window else done


class Dialog(Confirmed):
    """Shows its settings before another operator begins with them."""

    bl_options = {"REGISTER"}
    begins: Op

    def ask(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return context.window_manager.invoke_props_dialog(self)

    def act(self, context: bpy.types.Context) -> set[str] | None:
        return self.begin_other(self.begins, **self.as_keywords())


class Browsing(Confirmed):
    """Opens the file browser before it begins."""

    def suggest(self, context: bpy.types.Context) -> None:
        """Set what the file browser opens with."""

    def ask(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        self.suggest(context)
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}


class Saving(Browsing):
    """Opens the file browser for a file to write, which the head gives its name."""

    filepath: StringProperty(subtype="FILE_PATH", options={"SKIP_SAVE"})
    check_existing: BoolProperty(default=True, options={"HIDDEN"})

    def complete(self, path: Path) -> Path:
        """With the suffix that it has to have."""
        return path

    def check(self, context: bpy.types.Context) -> bool:
        """As artists type names: the suffix comes by itself."""
        named = str(self.complete(Path(self.filepath)))
        changed, self.filepath = named != self.filepath, named
        return changed

    def name_after_head(self, context: bpy.types.Context, ending: str) -> Path:
        folder = Path(bpy.data.filepath).parent if bpy.data.filepath else Path.home()
        return folder / f"{bpy.path.clean_name(find_head(context).name)}_{ending}"


def name_written(files: list[Path]) -> str:
    names = ", ".join(f"'{path.name}'" for path in files)
    return f"Saved {names} in {files[0].parent}"


def has_window(context: bpy.types.Context) -> bool:
    return not bpy.app.background and context.window is not None


def as_text(reason: Exception | str) -> str:
    """A refusal as its sentences, without its code."""
    return f"{reason.message} {reason.cure}".strip() if isinstance(reason, AvatarTexError) else str(reason)


def text_of(items: Iterable[tuple[str, str, str]], name: str) -> str:
    """The description of one item of a menu."""
    return next(text for known, _, text in items if known == name)


def find_uneditable(context: bpy.types.Context) -> str:
    """The obstacle of operators that change what a head remembers."""
    head = find_head(context)
    return "" if head is not None and head.is_editable else "Select a head that can be edited"
