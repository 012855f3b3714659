"""A stranger's .blend decides nothing: preferences never follow the file that is open."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

FIELDS = ("folder", "backend_python")


@pytest.fixture
def evil(addon, tmp_path, monkeypatch):
    """A .blend beside a finished environment and a Python, both of which would note that they ran."""
    import bpy

    monkeypatch.delenv("AVATARTEX_BACKEND_PYTHON", raising=False)
    program = tmp_path / "backend" / "bin" / "python"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\ntouch '{tmp_path}/ran'\n")
    program.chmod(0o755)
    places = addon("core.places")
    lock = addon("core.lock").lock_hash(addon("preferences").REQUIREMENTS)
    places.write_mark(tmp_path / "backend", complete=True, lock=lock)
    bpy.ops.wm.read_homefile(use_empty=True)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "evil.blend"))
    preferences = addon("preferences").preferences()
    before = {name: getattr(preferences, name) for name in FIELDS}
    yield preferences
    for name, value in before.items():
        setattr(preferences, name, value)
    bpy.ops.wm.read_homefile(use_empty=True)


RELATIVE = {"folder": "//", "backend_python": "//backend/bin/python"}


def test_what_lies_beside_a_file_is_not_run(addon, evil, tmp_path):
    preferences = addon("preferences")
    stored = addon("scene.versions").stored_values(evil)
    for name, value in RELATIVE.items():
        stored[name] = value  # as an older version stored it: past the field's own check
        assert getattr(evil, name) == value
    assert preferences.home().folder == addon("core.places").default_folder()
    assert preferences.chosen_python() == ""
    assert not preferences.find_backend_python().startswith(str(tmp_path))
    addon("setup.backend_setup").examine()
    evil.folder = str(tmp_path / "home")  # another field is set while the file is open
    assert evil.backend_python == RELATIVE["backend_python"] and preferences.chosen_python() == ""
    assert addon("setup.backend_setup").current is None and not (tmp_path / "ran").exists()


def test_a_choice_beside_the_file_is_stored_as_what_it_means_now(addon, evil, tmp_path):
    import bpy

    evil.folder = "//"
    assert Path(evil.folder) == tmp_path
    bpy.ops.wm.read_homefile(use_empty=True)
    assert addon("preferences").home().folder == tmp_path


@pytest.mark.parametrize("path", ["//home", "backend", "./backend", "~/x"])
def test_without_a_file_nothing_relative_is_kept(addon, evil, path):
    import bpy

    bpy.ops.wm.read_homefile(use_empty=True)
    evil.folder = path
    assert evil.folder == "" or (os.path.isabs(evil.folder) and not evil.folder.startswith("//"))
    assert addon("preferences").home().folder.is_absolute()
