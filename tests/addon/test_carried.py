"""A package that carries its wheels: tiny ones, in the folder of the extension that is installed here."""

from __future__ import annotations

import errno
import hashlib
import shutil
from pathlib import Path
from types import SimpleNamespace

import bpy
import pytest

from .test_setup import Drawn, prefs

__all__ = ["prefs"]


@pytest.fixture
def own(addon, only_our_index, scene, prefs, lock, wheels, tmp_path, monkeypatch):
    """The extension with tiny wheels in it, and with their list; nothing is set up, and the network is not allowed."""
    preferences, folder = addon("preferences"), tmp_path / "wheels"
    shutil.copytree(wheels, folder)
    requirements = Path(shutil.copy(lock, tmp_path / "requirements.txt"))
    sums = "".join(f"{hashlib.sha256(wheel.read_bytes()).hexdigest()}  {wheel.name}\n" for wheel in folder.iterdir())
    requirements.with_suffix(".sha256").write_text(sums)
    monkeypatch.setattr(preferences, "CARRIED_WHEELS", folder)
    monkeypatch.setattr(preferences, "REQUIREMENTS", requirements)
    assert addon("setup.preparing").is_due() and not bpy.app.online_access
    return folder


@pytest.fixture
def ready(own, bare, addon, tmp_path):
    """The same with an environment in which nothing is installed yet: making one takes ten seconds."""
    shutil.copytree(bare, tmp_path / "home", symlinks=True, ignore=shutil.ignore_patterns("weights"))
    return own


def refusal_of(addon):
    with pytest.raises(addon("backend.errors").AvatarTexError) as refusal:
        addon("setup.preparing").make_now()
    return refusal.value


def test_a_job_makes_the_environment_first_and_nothing_is_asked(ready, addon, monkeypatch):
    """Scripts and the command line wait; the worker of the tiny packages is none, so the job itself fails."""
    preferences, asked = addon("preferences"), []
    monkeypatch.setattr(addon("session"), "client", lambda: asked.append(preferences.find_backend_python()) or 1 / 0)
    with pytest.raises(ZeroDivisionError):
        addon("api").generate("Head", scene_portrait())
    home = preferences.home()
    assert asked == [str(addon("core.places").environment_python(home.environment))]
    assert addon("setup.backend_setup").find_fit() == "ready" and not addon("setup.preparing").is_due()
    assert len(list(ready.glob("*.whl"))) == 3 and not home.weights.exists(), "the extension has the networks itself"


def scene_portrait() -> str:
    return bpy.data.objects["Head"].avatartex.portrait


def test_in_a_window_what_was_pressed_begins_when_it_is_ready(ready, addon, monkeypatch):
    preparing, setup, begun = addon("setup.preparing"), addon("setup.backend_setup"), []
    pressed = SimpleNamespace(poll=lambda: True)
    monkeypatch.setattr(preparing, "press", begun.append)
    preparing.begin_by_itself()  # as Blender's timer does
    assert setup.current is not None
    preparing.make_ready(then="generate")
    assert not begun and pressed.poll()
    assert setup.wait(setup.current) is None and begun == ["generate"]
    preparing.begin_by_itself()
    assert setup.current is None, "once is enough"


def test_what_was_pressed_does_not_begin_without_an_environment(ready, addon, monkeypatch):
    preparing, setup, begun = addon("setup.preparing"), addon("setup.backend_setup"), []
    monkeypatch.setattr(preparing, "press", begun.append)
    next(ready.glob("numpy*")).unlink()
    preparing.make_ready(then="generate")
    assert setup.wait(setup.current) is not None and not begun


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (lambda wheel: wheel.unlink(), "lacks numpy 0.1."),
        (lambda wheel: wheel.write_bytes(wheel.read_bytes()[:100]), "numpy-0.1-py3-none-any.whl is not the one"),
        (
            lambda wheel: wheel.rename(wheel.with_name("numpy-0.1-cp39-cp39-win_amd64.whl")),
            "lacks numpy 0.1 for Python",
        ),
    ],
    ids=["missing", "corrupt", "of another platform"],
)
def test_a_wheel_at_fault_is_named_with_its_cure(ready, addon, fault, words):
    fault(next(ready.glob("numpy*")))
    refusal = refusal_of(addon)
    assert words in refusal.message and "Install AvatarTex again" in refusal.cure
    drawn = Drawn()
    addon("ui.setup_box").draw_steps(drawn)
    assert "Try Again" in drawn.seen and "avatartex.setup_backend" in drawn.pressed


def test_no_space(ready, addon, monkeypatch):
    monkeypatch.setattr(addon("core.installer").shutil, "disk_usage", lambda _folder: SimpleNamespace(free=1e8))
    refusal = refusal_of(addon)
    assert "0.1 GB are free" in refusal.message and "another disk" in refusal.cure


@pytest.mark.parametrize("code", [errno.EACCES, errno.EROFS])
def test_a_folder_that_cannot_be_written(own, addon, monkeypatch, code, tmp_path):
    def refuse(_folder):
        raise OSError(code, "refused", str(tmp_path / "home"))

    monkeypatch.setattr(addon("core.installer"), "claim_folder", refuse)
    refusal = refusal_of(addon)
    assert str(tmp_path / "home") in refusal.message and "choose another one" in refusal.cure


def test_a_file_that_something_holds_is_taken_the_next_time(ready, addon, monkeypatch):
    """A virus scanner has a wheel open: the refusal names it, and nothing is lost."""
    packages, times = addon("core.packages"), []

    def held(wheel, *_):
        times.append(wheel)
        if len(times) == 1:
            raise PermissionError(errno.EACCES, "Permission denied", str(wheel))

    monkeypatch.setattr(packages, "refuse_changed", held)
    assert str((times and times[0]) or ready) in refusal_of(addon).message
    addon("setup.preparing").make_now()
    assert addon("setup.backend_setup").find_fit() == "ready"


def test_an_environment_that_blender_copied_is_made_anew(ready, addon, tmp_path):
    """Its next version copies the whole folder, environments with their paths included."""
    addon("setup.preparing").make_now()
    preferences, setup = addon("preferences"), addon("setup.backend_setup")
    shutil.copytree(tmp_path / "home", tmp_path / "next", symlinks=True)
    preferences.preferences().folder = str(tmp_path / "next")
    assert setup.find_fit() == "broken" and addon("setup.preparing").is_due()
    addon("setup.preparing").make_now()
    assert setup.find_fit() == "ready"
    assert str(tmp_path / "next") in (tmp_path / "next" / "backend" / "bin" / "pip").read_text()


def test_it_lies_in_the_extensions_own_folder(own, addon, prefs):
    preferences = addon("preferences")
    prefs.property_unset("folder")
    assert preferences.default_home() == preferences.user_folder()


def test_checks_ask_for_no_network(own, addon):
    assert bpy.ops.avatartex.check_setup() == {"FINISHED"}
    run = addon("setup.backend_setup").checks
    assert {check.name for check in run.checks} == {"Python", "Graphics", "Disk space"} and run.is_fine()
