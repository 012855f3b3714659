"""What differs on Windows, as far as another system can tell: where things lie, and how paths are written."""

from __future__ import annotations

import sys
from pathlib import Path

import bpy
import pytest


@pytest.fixture
def windows(monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", "/Users/Jürgen Groß/AppData/Local")


def test_where_the_backend_lies(addon, windows, tmp_path):
    places, packages = addon("core.places"), addon("core.packages")
    assert places.default_folder() == Path("/Users/Jürgen Groß/AppData/Local/AvatarTex")
    home = places.Home(tmp_path)
    assert places.environment_python(home.environment) == tmp_path / "backend" / "Scripts" / "python.exe"
    (home.environment / "Lib" / "site-packages" / "numpy-2.3.1.dist-info").mkdir(parents=True)
    assert [found[:2] for found in packages.installed_in(home.environment)] == [("numpy", "2.3.1")]


@pytest.mark.parametrize(
    "path", ["C:\\Users\\Jürgen Groß\\Bilder\\Anna & Bob.png", "\\\\server\\share\\face's.png", "D:/a/ü.png"]
)
def test_paths_reach_the_backend_as_they_are(addon, path):
    """One line of JSON, whatever is in the path; the worker is started with -X utf8."""
    messages, wire = addon("backend.messages"), addon("backend.wire")
    asked = messages.Generate(job="1", portrait=path, output=path, capture=path)
    line = wire.encode(asked)
    assert "\n" not in line and wire.decode(line).portrait == path
    command = addon("core.command").backend_command("C:\\py.exe", Path("C:/x"), Path("D:/w"))
    assert command[:6] == ["C:\\py.exe", "-I", "-B", "-X", "utf8", "-c"]


def test_a_portrait_on_another_drive_keeps_its_path(scene, addon, tmp_path, monkeypatch):
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "a.blend"))

    def relpath(_):
        raise ValueError("path is on mount 'D:', start on mount 'C:'")

    monkeypatch.setattr(bpy.path, "relpath", relpath)
    assert addon("operators.choose_portrait").relative_path("D:\\faces\\anna.png") == "D:\\faces\\anna.png"
