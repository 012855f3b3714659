"""The artist pressed Install, and Blender may not use the network: once its preferences allow it, the installation
begins by itself."""

import time

import bpy

from ..scene.redraw import redraw_panels
from . import backend_setup

#: Seconds for which the press holds; who allows the network later does not expect a download any more.
HOLDS = 300.0
ASK_INTERVAL = 0.3

#: On the monotonic clock; 0 where nobody waits.
_until = 0.0


def is_waiting() -> bool:
    return _until > 0


def await_permission() -> None:
    """From the press on."""
    global _until
    _until = time.monotonic() + HOLDS
    if not bpy.app.timers.is_registered(watch_permission):
        bpy.app.timers.register(watch_permission, first_interval=ASK_INTERVAL, persistent=True)
    redraw_panels()


def forget() -> None:
    global _until
    _until = 0.0
    redraw_panels()


def watch_permission() -> float | None:
    """Blender's timer: begin, or end where the artist has changed their mind."""
    if backend_setup.current is not None or time.monotonic() >= _until:
        forget()
        return None
    if not bpy.app.online_access:
        return ASK_INTERVAL
    forget()
    if not backend_setup.find_obstacle(bpy.context):
        backend_setup.install()
    return None


def unregister() -> None:
    global _until
    _until = 0.0
    if bpy.app.timers.is_registered(watch_permission):
        bpy.app.timers.unregister(watch_permission)
