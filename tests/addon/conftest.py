"""The zip that ships, built once, installed in this process's Blender (the bpy wheel), with a fake backend."""

from __future__ import annotations

import importlib
import os
import stat
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from .tiny_home import bare as bare
from .tiny_home import complete as complete
from .tiny_home import finished as finished
from .tiny_home import index as index
from .tiny_home import lock as lock
from .tiny_home import only_our_index as only_our_index
from .tiny_home import places as places
from .tiny_home import run as run
from .tiny_home import unfinished as unfinished
from .tiny_home import wheels as wheels

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

# Before bpy is imported: never the developer's own preferences and extensions.
_resources = tempfile.TemporaryDirectory(prefix="avatartex_test_", ignore_cleanup_errors=True)
os.environ["BLENDER_USER_RESOURCES"] = _resources.name
os.environ["XDG_DATA_HOME"] = str(Path(_resources.name) / "data")  # the backend's folder

#: The three heads of `cast`.
NAMES = ("Anna", "Bob", "Clara")
PACKAGE = "bl_ext.user_default.avatartex"
_status = 0


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    global _status
    _status = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    if "bpy" in sys.modules:
        from tests.leave import leave

        leave(_status)


@pytest.fixture(scope="session")
def addon(extension_zip: Path):
    """Import a module of the installed add-on by its name in the zip: addon('core.client')."""
    import bpy

    importlib.import_module("addon_utils").enable("bl_pkg")  # found only once bpy is imported
    bpy.ops.extensions.package_install_files(filepath=str(extension_zip), repo="user_default", enable_on_install=True)
    return lambda name: importlib.import_module(f"{PACKAGE}.{name}" if name else PACKAGE)


@pytest.fixture(scope="session")
def fake_python(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Stands in for the backend's Python: whatever it is told to run, it runs the fake backend."""
    script = tmp_path_factory.mktemp("fake") / "python"
    script.write_text(f"#!/bin/sh\nexec '{sys.executable}' '{HERE / 'fake_backend.py'}'\n")
    script.chmod(script.stat().st_mode | stat.S_IEXEC)
    return str(script)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch, fake_python: str, addon):
    """Call with the modes of fake_backend.py; the next job starts such a backend."""

    def choose(modes: str = "", **variables: str) -> None:
        addon("session").close()
        monkeypatch.setenv("FAKE_BACKEND", modes)
        monkeypatch.delenv("FAKE_SECONDS", raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    monkeypatch.setenv("AVATARTEX_BACKEND_PYTHON", fake_python)
    choose()
    yield choose
    addon("session").close()


@pytest.fixture
def each_message(addon, monkeypatch: pytest.MonkeyPatch) -> list:
    """Every look at the backend takes one message, however many are there: a busy machine misses none. Those taken."""
    client, waiting, taken = addon("core.client").BackendClient, [], []
    pump = client.pump

    def take(own) -> list:
        waiting.extend(pump(own))
        taken.extend(waiting[:1])
        return [waiting.pop(0)] if waiting else []

    monkeypatch.setattr(client, "pump", take)
    return taken


@pytest.fixture
def portrait(tmp_path: Path) -> Path:
    path = tmp_path / "portrait.png"
    path.write_bytes(b"the fake backend does not look at it")
    return path


@pytest.fixture
def scene(addon, portrait: Path):
    """A fresh file with one head (a UV sphere with a UV map), chosen, and its portrait."""
    import bpy

    bpy.ops.wm.read_homefile(use_empty=True)
    head = make_head("Head")
    choice, settings = bpy.context.scene.avatartex, head.avatartex
    choice.head, settings.portrait, settings.size = head, str(portrait), "512"
    return SimpleNamespace(head=head, settings=settings, choice=choice, job=bpy.context.window_manager.avatartex_job)


@pytest.fixture
def cast(scene, tmp_path):
    """For batches: three heads without the usual one, and a folder with a portrait for each."""
    folder = tmp_path / "portraits"
    folder.mkdir()
    import bpy

    bpy.data.objects.remove(scene.head)
    heads = {}
    for name in NAMES:
        heads[name] = make_head(name)
        heads[name].avatartex.size = "512"
        (folder / f"{name.lower()}.png").write_bytes(b"the fake backend does not look at it")
    scene.folder, scene.heads = folder, heads
    return scene


def write_capture(addon, path: Path, head, *arguments) -> None:
    """The head in a file, as jobs write it part by part."""
    addon("core.chore").run_whole(addon("scene.capture").capture_head(path, head, *arguments))


def make_head(name: str, segments: int = 16):
    import bmesh
    import bpy

    mesh = bpy.data.meshes.new(name)
    sphere = bmesh.new()
    layer = sphere.loops.layers.uv.new("UVMap")
    bmesh.ops.create_uvsphere(sphere, u_segments=segments, v_segments=segments // 2, radius=0.12, calc_uvs=True)
    assert layer is not None
    sphere.to_mesh(mesh)
    sphere.free()
    head = bpy.data.objects.new(name, mesh)
    bpy.context.scene.collection.objects.link(head)
    bpy.context.view_layer.objects.active = head
    return head
