"""The one backend of this Blender, shared by all operators."""

import atexit
from pathlib import Path

import bpy

from . import preferences
from .core.client import BackendClient
from .core.command import backend_command
from .core.log import BackendLog

EXTENSION_FOLDER = Path(__file__).resolve().parent


_client: BackendClient | None = None
_log: BackendLog | None = None


def log() -> BackendLog:
    global _log
    if _log is None:
        _log = BackendLog(preferences.user_folder() / "logs" / "backend.log")
    return _log


def client() -> BackendClient:
    """The client for the Python that the preferences name now; another Python, another process."""
    global _client
    python = preferences.find_backend_python()
    command = backend_command(python, EXTENSION_FOLDER, preferences.home().weights) if python else []
    if _client is None or (_client.command != command and _client.request is None):
        if _client is not None:
            _client.close()
        _client = BackendClient(command, log())
    return _client


def find_busy(context: bpy.types.Context) -> str:
    """Why the backend cannot be asked now; '' when it can."""
    if context.window_manager.avatartex_job.running:
        return "The backend is at work; wait for it or cancel it"
    if context.window_manager.avatartex_batch.is_working:
        return "A batch is running; wait for it, pause it or cancel it"
    return ""


def rest() -> None:
    """A job is over: without another one the backend ends after a while."""
    if bpy.app.timers.is_registered(_rested):
        bpy.app.timers.unregister(_rested)
    # then it gives its gigabyte of memory back; it needs 6 s to come again
    bpy.app.timers.register(_rested, first_interval=600.0, persistent=True)


def _rested() -> None:
    if _client is not None and _client.request is None:
        _client.close()


def close() -> None:
    """End the backend: the extension is disabled, or Blender ends."""
    global _client, _log
    if _client is not None:
        _client.close()
        _client = None
    if _log is not None:
        _log.close()
        _log = None


def register() -> None:
    atexit.register(close)


def unregister() -> None:
    atexit.unregister(close)
    if bpy.app.timers.is_registered(_rested):
        bpy.app.timers.unregister(_rested)
    close()
