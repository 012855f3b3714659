"""The first run as the artist meets it: checks, the operators, a Python of the artist's own, the shared folder."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import sys
from pathlib import Path
from types import SimpleNamespace

import bpy
import pytest

from .tiny_index import TinyIndex


@pytest.fixture
def checks(addon, tmp_path):
    """Run all checks: {name: check}, with the run itself under ''."""

    def run(online: bool = False, choice: str = "auto"):
        log = addon("core.log").BackendLog(tmp_path / "log")
        home, lock = addon("core.places").Home(tmp_path / "home"), addon("preferences").REQUIREMENTS
        work = addon("core.checks").CheckRun(home, addon("core.packages").Plan(lock, choice), online, log)
        work.start()
        work.join()
        assert work.error is None
        return {check.name: check for check in work.checks} | {"": work}

    return run


@pytest.fixture
def program(tmp_path):
    """A program that prints something, whatever it is asked."""

    def make(name: str, says: str) -> str:
        path = tmp_path / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\necho '{says}'\n")
        path.chmod(path.stat().st_mode | stat.S_IEXEC)
        return str(path)

    return make


@pytest.fixture
def prefs(addon, tmp_path, monkeypatch):
    """The preferences, with a folder of this test's own; as before afterwards."""
    monkeypatch.delenv("AVATARTEX_BACKEND_PYTHON", raising=False)
    preferences = addon("preferences").preferences()
    preferences.folder = str(tmp_path / "home")
    yield preferences
    for name in ("folder", "build", "backend_python"):
        preferences.property_unset(name)
    addon("setup.backend_setup").stop()
    addon("setup.backend_setup").finish()


class Drawn:
    """A layout that notes what is written and which buttons there are."""

    def __init__(self, parent=None):
        self.seen, self.pressed = (parent.seen, parent.pressed) if parent else ([], [])

    def label(self, text="", **_):
        self.seen.append(text)

    def operator(self, name, text="", **_):
        self.seen.append(text)
        self.pressed.append(name)
        return SimpleNamespace()

    def __getattr__(self, _):
        return lambda *_, **__: Drawn(self)


def make_complete(addon, folder: Path) -> Path:
    """An environment that looks complete, of a few bytes."""
    places, preferences = addon("core.places"), addon("preferences")
    home = places.Home(folder)
    places.claim_folder(home.environment)
    python = places.environment_python(home.environment)
    python.parent.mkdir(parents=True)
    python.write_bytes(b"x" * 2_000_000)
    lock = addon("core.lock").lock_hash(preferences.REQUIREMENTS)
    places.write_mark(home.environment, complete=True, lock=lock, bytes=2_000_000)
    return python


class TestChecks:
    def test_offline_nothing_is_asked_and_a_folder_will_do(self, checks, addon, tmp_path, monkeypatch):
        index = TinyIndex(tmp_path)
        monkeypatch.setattr(addon("core.packages"), "PYPI", index.url)
        found = checks(online=False)
        index.close()
        assert not index.visits and "Packages" not in found
        assert found["Online access"].verdict == "missing"
        assert not found[""].is_fine() and found[""].is_fine(with_network=False)
        assert "needed" in found["Disk space"].text and found["Python"].detail == sys.executable
        assert not (tmp_path / "home").exists(), "looking makes nothing"

    def test_an_index_that_is_silent_is_named(self, checks, addon, tmp_path, monkeypatch):
        monkeypatch.setattr(addon("core.packages"), "TORCH_INDEX", {})
        index = TinyIndex(tmp_path)
        monkeypatch.setattr(addon("core.packages"), "PYPI", index.url)
        assert checks(online=True)["Packages"].verdict == "ok" and index.visits == 1
        index.close()
        found = checks(online=True)
        host = index.url.split("/")[2]
        assert found["Packages"].verdict == "missing" and f"{host} does not answer" in found["Packages"].text
        assert not found[""].is_fine() and found[""].is_fine(with_network=False)

    @pytest.mark.parametrize(
        ("says", "choice", "build", "verdict"),
        [
            ("RTX 4090, 585.12.01", "auto", "cuda", "ok"),
            ("RTX 4090, 585.12.01", "cpu", "cpu", "ok"),
            ("GTX 1080, 470.82", "auto", "cpu", "note"),
            ("GTX 1080, 470.82", "cuda", "cuda", "note"),
            ("NVIDIA-SMI has failed", "auto", "cpu", "ok"),
        ],
    )
    def test_the_driver_decides_unless_the_artist_does(
        self, checks, addon, program, monkeypatch, says, choice, build, verdict
    ):
        monkeypatch.setenv("PATH", os.pathsep.join([str(Path(program("nvidia-smi", says)).parent), os.environ["PATH"]]))
        found = checks(choice=choice)
        assert (found[""].build, found["Graphics"].verdict) == (build, verdict)
        assert found[""].download == addon("core.packages").DOWNLOAD[build][False]
        assert ("4.5" if build == "cuda" else "0.6") in found["Disk space"].text

    @pytest.mark.parametrize(
        ("choice", "build", "words"), [("auto", "cpu", "choose it as Build"), ("cuda", "cuda", "unchecked")]
    )
    def test_on_windows_the_cuda_build_is_told_to_be_unchecked(
        self, checks, addon, tmp_path, monkeypatch, choice, build, words
    ):
        """Nothing looks at a Windows here but the check itself."""
        module = addon("core.checks")
        monkeypatch.setattr(module, "find_driver", lambda: ("RTX 4090", module.LEAST_DRIVER))
        log = addon("core.log").BackendLog(tmp_path / "log")
        home, lock = addon("core.places").Home(tmp_path / "home"), addon("preferences").REQUIREMENTS
        run = module.CheckRun(home, addon("core.packages").Plan(lock, choice), False, log)
        monkeypatch.setattr(sys, "platform", "win32")
        check = module.check_graphics(run)
        assert (run.build, check.verdict) == (build, "note") and words in check.text

    @pytest.mark.parametrize(("says", "words"), [("3 14", "brings Python 3.14"), ("3 12", "cannot make environments")])
    def test_a_python_of_a_systems_own_that_does_not_do(self, checks, tmp_path, monkeypatch, says, words):
        """A Blender of a distribution runs on the system's: a later one, or one without venv."""
        path = tmp_path / "python"
        path.write_text(f"#!/bin/sh\ncase \"$3\" in *venv*) exit 1;; esac\necho '{says}'\n")
        path.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(path))
        found = checks()["Python"]
        assert found.verdict == "missing" and words in found.text and "blender.org" in found.text


class TestOperators:
    def test_checking_changes_nothing_and_says_what_is_missing(self, scene, prefs, addon, tmp_path):
        assert bpy.ops.avatartex.check_setup() == {"FINISHED"}
        run = addon("setup.backend_setup").checks
        assert run.done and not run.is_fine() and not (tmp_path / "home").exists()
        prefs.build = "cuda"  # what was found holds for another choice
        assert addon("setup.backend_setup").checks is None

    def test_a_folder_of_nothing(self, scene, prefs, tmp_path):
        with pytest.raises(RuntimeError, match="lacks onnxruntime"):
            bpy.ops.avatartex.install_from_folder(directory=str(tmp_path))

    def test_one_folder_for_all_blenders(self, scene, addon, monkeypatch, tmp_path):
        monkeypatch.delenv("AVATARTEX_BACKEND_PYTHON", raising=False)
        addon("preferences").preferences().property_unset("folder")
        folder = addon("preferences").home().folder
        assert folder == Path(os.environ["XDG_DATA_HOME"]) / "avatartex"
        python = make_complete(addon, folder)
        assert addon("preferences").find_backend_python() == str(python)
        assert bpy.ops.avatartex.remove_backend() == {"FINISHED"}
        assert addon("preferences").find_backend_python() == "" and not folder.exists()

    def test_remove_waits_for_a_job(self, scene, prefs, addon, tmp_path):
        python = make_complete(addon, tmp_path / "home")
        scene.job.running = True
        with pytest.raises(RuntimeError, match="at work"):
            bpy.ops.avatartex.remove_backend()
        scene.job.running = False
        assert python.exists()
        assert addon("core.clock").freed_text(addon("preferences").home().occupied) == " (2 MB)"
        assert bpy.ops.avatartex.remove_backend() == {"FINISHED"} and not python.exists()

    def test_what_a_deleted_environment_leaves_is_removed_too(self, scene, prefs, addon, tmp_path):
        make_complete(addon, tmp_path / "home")
        home = addon("preferences").home()
        addon("core.places").claim_folder(home.weights)
        shutil.rmtree(home.environment)
        assert home.is_there and home.fit("") == "none"
        assert bpy.ops.avatartex.remove_backend() == {"FINISHED"} and not home.is_there and not home.weights.exists()

    def test_another_file_does_not_stop_it(self, scene, prefs, addon, monkeypatch, program):
        """It takes minutes, and needs no scene."""
        setup = addon("setup.backend_setup")
        monkeypatch.setattr(sys, "executable", program("slow", "3 11'; sleep 20; echo '"))
        work = setup.check()
        bpy.ops.wm.read_homefile(use_empty=True)
        assert setup.current is work and not work.cancelled
        assert not bpy.ops.avatartex.setup_backend.poll() and not bpy.ops.avatartex.remove_backend.poll()
        setup.stop()


class TestPermission:
    """Blender may not use the network when the artist presses Install."""

    @pytest.fixture
    def begun(self, scene, prefs, addon, monkeypatch):
        """Installations, each as what Blender allowed then."""
        seen = []
        monkeypatch.setattr(addon("setup.backend_setup"), "install", lambda: seen.append(bpy.app.online_access))
        yield seen
        bpy.context.preferences.system.use_online_access = False
        addon("setup.permission").forget()

    def test_once_it_is_allowed_the_installation_begins(self, begun, addon):
        permission = addon("setup.permission")
        permission.await_permission()
        assert permission.watch_permission() == permission.ASK_INTERVAL and permission.is_waiting() and not begun
        bpy.context.preferences.system.use_online_access = True
        assert permission.watch_permission() is None and begun == [True] and not permission.is_waiting()
        assert permission.watch_permission() is None and len(begun) == 1

    def test_without_the_press_nothing_begins(self, begun, addon):
        bpy.context.preferences.system.use_online_access = True
        assert addon("setup.permission").watch_permission() is None and not begun

    @pytest.mark.parametrize("ends", ["cancelled", "late", "something else began"])
    def test_the_press_does_not_hold_for_ever(self, begun, addon, monkeypatch, ends):
        permission, setup = addon("setup.permission"), addon("setup.backend_setup")
        permission.await_permission()
        if ends == "cancelled":
            assert bpy.ops.avatartex.cancel_setup() == {"FINISHED"}
        elif ends == "late":
            later = permission.time.monotonic() + permission.HOLDS + 1
            monkeypatch.setattr(permission, "time", SimpleNamespace(monotonic=lambda: later))
        else:
            monkeypatch.setattr(setup, "current", SimpleNamespace(done=False, cancel=lambda: None))
        bpy.context.preferences.system.use_online_access = True
        assert permission.watch_permission() is None and not permission.is_waiting() and not begun
        monkeypatch.undo()

    def test_what_waits_can_be_seen_and_cancelled(self, begun, addon):
        permission, drawn = addon("setup.permission"), Drawn()
        permission.await_permission()
        addon("ui.setup_box").draw_steps(drawn)
        assert "Allow Online Access" in " ".join(drawn.seen)
        assert drawn.pressed == ["extensions.userpref_show_online", "avatartex.cancel_setup"]

    def test_offline_the_button_asks_and_tells_the_size(self, begun, addon):
        setup, drawn = addon("setup.backend_setup"), Drawn()
        assert bpy.ops.avatartex.check_setup() == {"FINISHED"}
        addon("ui.setup_box").draw_checks(drawn, setup.checks)
        assert any(re.match(r"Download and Install \(\S+ [MG]B\)…", text) for text in drawn.seen)


class TestOwnPython:
    def examine(self, prefs, addon, python: str):
        prefs.backend_python = python
        work = addon("setup.backend_setup").current
        work.join()
        addon("setup.backend_setup").finish()
        return work

    def test_no_python_at_all(self, scene, prefs, addon, program):
        path = program("python", "hello")
        assert "no Python that runs" in self.examine(prefs, addon, path).error.message
        assert addon("preferences").find_backend_python() == ""

    def test_a_python_that_is_too_old(self, scene, prefs, addon, program):
        assert "is 3.9; the backend needs 3.11" in self.examine(prefs, addon, program("python", "3 9")).error.message

    def test_packages_are_missing(self, scene, prefs, addon, tmp_path):
        import venv

        venv.create(tmp_path / "empty", with_pip=False)
        error = self.examine(prefs, addon, str(tmp_path / "empty" / "bin" / "python")).error
        assert "numpy is missing, opencv-python is missing, and" in error.message and "requirements.txt" in error.cure
        assert addon("preferences").find_backend_python() == ""

    def test_one_that_works(self, scene, prefs, addon):
        work = self.examine(prefs, addon, sys.executable)
        assert work.error is None and work.verdict.endswith("with all packages")
        assert addon("preferences").find_backend_python() == sys.executable

    def test_what_was_wrong_before_is_no_longer_told(self, scene, prefs, addon, program, monkeypatch):
        """Red lines of older checks, and a job's word that there is no backend, beside a green verdict."""
        setup = addon("setup.backend_setup")
        with monkeypatch.context() as patch:
            patch.setattr(sys, "executable", program("python", "3 9"))
            assert bpy.ops.avatartex.check_setup() == {"FINISHED"} and not setup.checks.is_fine()
        with pytest.raises(RuntimeError, match="not set up"):
            bpy.ops.avatartex.generate()
        scene.job.show_error("backend-missing", "The backend is not set up.", "")
        self.examine(prefs, addon, sys.executable)
        assert setup.examination.verdict and setup.checks is None and not scene.job.error_code
        scene.job.show_error("backend-missing", "The backend is not set up.", "")
        assert self.examine(prefs, addon, program("other", "hello")).error is not None
        assert scene.job.error_code, "nor does a Python that fails bring one"

    def test_versions_that_do_not_fit_are_told(self, addon):
        told = json.dumps(
            {
                "findings": [
                    {"what": "numpy", "found": "1.20", "wanted": ">=1.26,<3", "state": "broken"},
                    {"what": "GPU", "found": "none", "wanted": "optional", "state": "note"},
                ]
            }
        )
        module = addon("core.command")
        (finding,) = module.broken_findings(["a warning of some library", told])
        assert module.finding_text(finding) == "1.20 (needs >=1.26,<3)"
        assert module.broken_findings(["Traceback"]) is None


def test_command_line(scene, prefs, addon, tmp_path, capsys):
    main = addon("cli.entry").main
    assert main(["setup"]) == 2 and "--online-mode" in capsys.readouterr().err
    assert main(["wheels", "--output", str(tmp_path / "stick")]) == 2 and not (tmp_path / "stick").exists()
    assert main(["setup", "--wheels", str(tmp_path)]) == 2 and "lacks onnxruntime" in capsys.readouterr().err
    assert main(["wheels", "--help"]) == 0 and "without network" in capsys.readouterr().out
