"""A package that contains everything makes its environment by itself: once, from its wheels, without a network."""

import bpy

from .. import preferences
from ..backend.errors import AvatarTexError
from . import backend_setup

#: The operator that the artist pressed meanwhile; '' for none.
_then = ""


def is_due() -> bool:
    """Whether this package carries its wheels, and there is no backend yet."""
    return (
        preferences.carried() is not None and not preferences.chosen_python() and not preferences.find_backend_python()
    )


def make_ready(then: str = "") -> None:
    """Make the environment in the background, unless something is at work already.

    Args:
        then: an operator of ours without its prefix, which is called when the environment is there.
    """
    global _then
    _then = then
    if backend_setup.current is None:
        backend_setup.install()


def make_now() -> None:
    """For scripts: make the environment, or wait for what makes it.

    Raises:
        AvatarTexError: it cannot be made.
    """
    work = backend_setup.current if backend_setup.current is not None else backend_setup.install()
    if (refusal := backend_setup.wait(work)) is not None:
        raise refusal


def press_then(error: AvatarTexError | None) -> None:
    """An installation came to its end: what was pressed meanwhile begins."""
    global _then
    pressed, _then = _then, ""
    if pressed and error is None:
        press(pressed)


def press(operator: str) -> None:
    """Call an operator of ours as a button does, where it can run; nothing without a window."""
    if windows := bpy.context.window_manager.windows:
        with bpy.context.temp_override(window=windows[0]):
            if getattr(bpy.ops.avatartex, operator).poll():
                getattr(bpy.ops.avatartex, operator)("INVOKE_DEFAULT")


def begin_by_itself() -> None:
    """Blender's timer."""
    if is_due():
        make_ready()


def register() -> None:
    backend_setup.on_installed.append(press_then)
    if preferences.carried() is not None and not bpy.app.background:
        bpy.app.timers.register(begin_by_itself, first_interval=1.0)  # Blender has drawn its window then


def unregister() -> None:
    global _then
    _then = ""
    backend_setup.on_installed.remove(press_then)
    if bpy.app.timers.is_registered(begin_by_itself):
        bpy.app.timers.unregister(begin_by_itself)
