"""The one client of this Blender, its folders, and when it ends."""

from __future__ import annotations

import atexit
import tempfile
from pathlib import Path

import bpy

from .core import environment
from .core.client import Client

_client: Client | None = None
_folder: tempfile.TemporaryDirectory | None = None


def user_folder() -> Path:
    """Where this extension may write; the extension's own folder may be read-only and is replaced on upgrade."""
    return Path(bpy.utils.extension_path_user(__package__, create=True))


def environment_folder() -> Path:
    return user_folder() / "environment"


def log_path() -> Path:
    return user_folder() / "backend.log"


def extension_folder() -> Path:
    return Path(__file__).parent


def backend_python() -> str:
    """The backend's Python, '' when there is none."""
    addon = bpy.context.preferences.addons.get(__package__)
    preferred = bpy.path.abspath(addon.preferences.backend_python) if addon else ""
    return environment.find_python(preferred, environment_folder())


def client() -> Client:
    """The client, made anew when the Python changed. Starts nothing: submit() does."""
    global _client
    python = backend_python()
    if _client is None or (_client.python != python and not _client.is_busy):
        if _client is not None:
            _client.stop()
        _client = Client(python, extension_folder(), log_path())
    return _client


def existing_client() -> Client | None:
    """For drawing: never makes one."""
    return _client


def job_folder(name: str) -> Path:
    """A folder for one job's files, kept until Blender ends."""
    global _folder
    if _folder is None:
        _folder = tempfile.TemporaryDirectory(prefix="avatartex_", ignore_cleanup_errors=True)
    folder = Path(_folder.name) / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def watch() -> None:
    atexit.register(close)


def close() -> None:
    """End the child and remove the jobs' files."""
    global _client, _folder
    if _client is not None:
        _client.stop()
        _client = None
    if _folder is not None:
        _folder.cleanup()
        _folder = None
    atexit.unregister(close)
