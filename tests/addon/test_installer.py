"""The set-up with the real pip and tiny packages: from a folder, an index, cancelled, resumed, updated, removed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from .tiny_home import LOCK, torch_of
from .tiny_index import make_wheel


def fit(addon, run, lock: Path):
    return run.home.fit(addon("core.lock").lock_hash(lock))


def test_an_environment_that_does_not_work_is_not_used(unfinished, addon, run, lock):
    assert fit(addon, run, lock) == "unfinished"
    assert addon("core.command").choose_python("", run.home, addon("core.lock").lock_hash(lock)) == ""


def test_from_a_folder_without_network(complete, addon, places, run, lock):
    chosen = addon("core.command").choose_python("", run.home, addon("core.lock").lock_hash(lock))
    assert chosen == str(places.environment_python(complete)) and torch_of(run, "import cv2") == "0.1"
    assert (complete / "of the first run").exists(), "the environment that was there is kept"
    held = sum(map(places.measure_folder, run.home.folders))
    assert run.home.occupied == pytest.approx(held, rel=0.01) and run.home.occupied > 1e6


def test_the_networks_lie_in_the_artists_folder_for_every_blender(complete, addon, run, lock, wheels):
    verified = addon("backend.verified")
    entries = verified.manifest(verified.WEIGHTS)
    placed = {verified.kept(run.home.weights, name, entry["sha256"]): entry["bytes"] for name, entry in entries.items()}
    assert {path: path.stat().st_size for path in placed} == placed
    words = addon("core.command").backend_command("python", Path("extension"), run.home.weights)
    assert words[words.index("--weights") + 1] == str(run.home.weights) and words[-1] == "serve"
    next(iter(placed)).write_bytes(b"")
    assert run(lock, wheels).error is None
    assert {path: path.stat().st_size for path in placed} == placed


def test_a_folder_that_lacks_packages_is_refused_first(run, lock, wheels, tmp_path):
    shutil.copytree(wheels, tmp_path / "poor")
    (tmp_path / "poor" / "numpy-0.1-py3-none-any.whl").unlink()
    assert "lacks numpy 0.1" in run(lock, tmp_path / "poor").error.message
    assert not run.home.folder.exists()


def test_a_folder_of_another_systems_packages_says_so(run, lock, wheels, tmp_path):
    shutil.copytree(wheels, tmp_path / "other")
    tiny = tmp_path / "other" / "numpy-0.1-py3-none-any.whl"
    tiny.rename(tiny.with_name("numpy-0.1-cp310-cp310-win_amd64.whl"))
    version = "{}.{}".format(*sys.version_info[:2])
    assert f"lacks numpy 0.1 for Python {version} on this system" in run(lock, tmp_path / "other").error.message


def test_cancelled_it_goes_on_where_it_stopped(unfinished, addon, run, lock, index):
    index.stall_at = "opencv"
    installer = run.start(lock)
    assert index.stalled.wait(120) and installer.text == "Downloading opencv-python"
    installer.cancel()
    installer.join()
    assert installer.error.code == "cancelled" and fit(addon, run, lock) == "unfinished"
    there = sorted(path.name.split("-")[0] for path in run.home.downloads.glob("*.whl"))
    assert there == ["numpy", "torch"] and run.home.occupied > 0
    assert addon("core.checks").share_missing(addon("core.packages").Plan(lock), run.home, "cpu") == pytest.approx(
        63 / (192 + 18 + 63)
    )
    index.go.set()
    assert run(lock).error is None
    assert sorted(index.asked) == ["numpy-0.1-py3-none-any.whl"] + ["opencv_python-0.1-py3-none-any.whl"] * 2 + [
        "torch-0.1-py3-none-any.whl"
    ]
    assert fit(addon, run, lock) == "ready" and not run.home.downloads.exists()


def test_a_package_that_cannot_be_had_is_named(unfinished, run, lock, index):
    (index.folder / "numpy-0.1-py3-none-any.whl").unlink()
    error = run(lock).error
    assert "numpy could not be downloaded" in error.message and "numpy==0.1" in error.message
    assert [path.name for path in run.home.downloads.glob("*.whl")] == ["torch-0.1-py3-none-any.whl"]


class TestChanged:
    """An environment that is complete already."""

    @pytest.fixture(autouse=True)
    def begin(self, complete):
        pass

    def test_update_fetches_only_what_is_new(self, addon, run, index, tmp_path):
        (tmp_path / "new.txt").write_text(LOCK.replace("torch==0.1", "torch==0.2"))
        make_wheel(index.folder, "torch", "0.2", "torch")
        assert fit(addon, run, tmp_path / "new.txt") == "outdated"
        assert run(tmp_path / "new.txt").error is None and fit(addon, run, tmp_path / "new.txt") == "ready"
        assert index.asked == ["torch-0.2-py3-none-any.whl"]
        assert torch_of(run) == "0.2"

    def test_half_of_a_package_is_not_taken_for_the_whole(self, run, lock, wheels):
        """pip was killed between the files of torch and its own last word."""
        (info,) = run.home.environment.glob("**/torch-0.1.dist-info")
        (info / "INSTALLER").unlink()
        (info.parent / "torch.py").write_text("raise ImportError('half')\n")
        assert run(lock, wheels).error is None
        assert torch_of(run) == "0.1"

    def test_the_cuda_build_replaces_the_other_and_brings_its_libraries(
        self, run, lock, index, addon, monkeypatch, tmp_path
    ):
        monkeypatch.setitem(addon("core.packages").DISK, "cuda", (0.1, 0.1))  # the tiny one
        (index.folder / "torch-0.1-py3-none-any.whl").unlink()
        make_wheel(index.folder, "torch", "0.1+cu130", "torch", needs=("nvidia-tiny==1.0",))
        make_wheel(index.folder, "nvidia-tiny", "1.0", "nvidia_tiny")
        make_wheel(index.folder, "nvidia-tiny", "1.1", "nvidia_tiny")  # newer, but not the one of the list
        own = shutil.copy(lock, tmp_path)
        (tmp_path / "requirements-cuda.txt").write_text("nvidia-tiny==1.0\n")
        assert run(Path(own), choice="cuda").error is None
        assert set(index.asked) == {"torch-0.1+cu130-py3-none-any.whl", "nvidia_tiny-1.0-py3-none-any.whl"}
        assert torch_of(run, "import nvidia_tiny") == "0.1+cu130"

    def test_large_models_packages_come_when_asked_for_and_stay(self, addon, run, lock, index, tmp_path):
        own = Path(shutil.copy(lock, tmp_path / "requirements.txt"))
        (tmp_path / "requirements-large.txt").write_text("diffusers==0.1\n")
        make_wheel(index.folder, "diffusers", "0.1", "diffusers")
        assert fit(addon, run, own) == "outdated" and run(own).error is None
        assert not index.asked and not run.home.has_large and fit(addon, run, own) == "ready"
        assert run(own, large=True).error is None
        assert index.asked == ["diffusers-0.1-py3-none-any.whl"] and run.home.has_large
        (tmp_path / "requirements-large.txt").write_text("diffusers==0.2\n")
        make_wheel(index.folder, "diffusers", "0.2", "diffusers")
        addon("core.lock").lock_hash.cache_clear()
        assert fit(addon, run, own) == "outdated" and run(own).error is None
        assert index.asked[1:] == ["diffusers-0.2-py3-none-any.whl"] and run.home.has_large

    def test_removal_frees_what_it_names_and_nothing_else(self, addon, run, tmp_path):
        (tmp_path / "portraits").mkdir()
        (tmp_path / "portraits" / "anna.jpg").touch()
        (run.home.environment / "link").symlink_to(tmp_path / "portraits")
        (run.home.folder / "artist.txt").touch()
        removal = addon("core.installer").Removal(run.home, addon("core.log").BackendLog(tmp_path / "log"))
        assert run.home.occupied > 1e6
        removal.start()
        removal.join()
        assert removal.error is None
        assert [path.name for path in run.home.folder.iterdir()] == ["artist.txt"]
        assert (tmp_path / "portraits" / "anna.jpg").exists()

    def test_another_blender_at_work(self, addon, run, lock, tmp_path):
        code = (
            "import fcntl, sys, time; f = open(sys.argv[1], 'a+b'); fcntl.flock(f, fcntl.LOCK_EX); "
            "print('held', flush=True); time.sleep(30)"
        )
        words = [sys.executable, "-c", code, str(run.home.folder / "setup.lock")]
        other = subprocess.Popen(words, stdout=subprocess.PIPE)
        try:
            assert other.stdout.readline() == b"held\n"
            assert "Another Blender" in run(lock).error.message
        finally:
            other.kill()
            other.wait()
        assert fit(addon, run, lock) == "ready"


def test_what_the_artist_put_there_is_not_touched(addon, run, lock, wheels, tmp_path):
    for folder in (run.home.environment, run.home.downloads):
        folder.mkdir(parents=True)
        (folder / "mine.txt").touch()
    assert "did not make" in run(lock, wheels).error.message
    removal = addon("core.installer").Removal(run.home, addon("core.log").BackendLog(tmp_path / "log"))
    removal.start()
    removal.join()
    assert "not made by AvatarTex" in removal.error.message
    assert all((folder / "mine.txt").exists() for folder in (run.home.environment, run.home.downloads))


def test_a_full_disk_is_told_before_anything_is_made(addon, run, lock, index, monkeypatch):
    monkeypatch.setattr(addon("core.installer").shutil, "disk_usage", lambda _folder: SimpleNamespace(free=1e8))
    message = run(lock).error.message
    assert "needs 0.6 GB" in message and "0.1 GB are free" in message
    assert not run.home.environment.exists() and not index.visits


def test_without_a_lock_file(run, tmp_path):
    assert "no list of packages" in run(tmp_path / "none.txt").error.message


def test_without_a_python(run, lock, wheels, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    error = run(lock, wheels).error
    assert error.code == "backend-missing" and "blender.org" in error.cure


def test_cancelled_at_once(run, lock):
    assert run(lock, cancel=True).error.code == "cancelled"


def test_bytes_as_pip_tells_them(addon):
    fetch = addon("core.fetch")
    assert fetch.read_progress("Progress 1048576 of 191794682") == (1048576, 191794682)
    assert fetch.read_progress("Progress made") is None


def test_a_folder_for_another_machine(bare, addon, run, lock, index, tmp_path):
    """What it is filled with is what Install from Folder takes."""
    log = addon("core.log").BackendLog(tmp_path / "log")
    work = addon("core.fetch").WheelFolder(tmp_path / "stick", addon("core.packages").Plan(lock, "cpu"), log)
    work.start()
    work.join()
    assert work.error is None
    assert sorted(path.suffix for path in (tmp_path / "stick").iterdir()) == [".txt", ".whl", ".whl", ".whl"]
    shutil.copytree(bare, run.home.folder, symlinks=True)
    assert run(lock, tmp_path / "stick").error is None and len(index.asked) == 3


class TestBlendersOwnPython:
    """Blender's releases bring their Python: a copy of it is kept."""

    @pytest.fixture
    def blenders(self, addon, tmp_path, monkeypatch) -> Path:
        """A folder as Blender has it, of this Python's files."""
        pythons, name = addon("core.pythons"), "python{}.{}".format(*sys.version_info[:2])
        bundle = tmp_path / "blender" / "4.3" / "python"
        (bundle / "bin").mkdir(parents=True)
        shutil.copy(Path(sys.base_prefix) / "bin" / name, bundle / "bin" / name)
        unneeded = shutil.ignore_patterns(*pythons.UNNEEDED)
        shutil.copytree(Path(sys.base_prefix) / "lib" / name, bundle / "lib" / name, ignore=unneeded)
        (bundle / "lib" / name / "site-packages" / "theirs").mkdir(parents=True)
        monkeypatch.setattr(sys, "executable", str(bundle / "bin" / name))
        return bundle

    def test_the_environment_outlives_the_blender_that_it_was_made_in(self, blenders, run, lock, wheels, addon):
        assert run(lock, wheels).error is None and fit(addon, run, lock) == "ready"
        assert run.home.python == sys.version_info[:2]
        shutil.rmtree(blenders)
        assert torch_of(run, "import sys; assert sys.prefix != sys.base_prefix") == "0.1"
        assert not list(run.home.environment.glob("**/theirs")), "packages of Blender's own stay in Blender"

    def test_a_copy_that_does_not_run_is_not_used(self, blenders, addon, tmp_path, monkeypatch):
        pythons = addon("core.pythons")
        monkeypatch.setattr(pythons, "UNNEEDED", ("venv",))
        assert pythons.keep_python(sys.executable, tmp_path / "copy") == sys.executable

    def test_the_systems_own_is_taken_where_it_lies(self, addon, tmp_path):
        python = str(Path(sys.base_prefix) / "bin" / "python3")
        assert addon("core.pythons").keep_python(python, tmp_path / "copy") == python
        assert not (tmp_path / "copy").exists()

    def test_without_its_python_it_is_made_anew(self, complete, addon, run, lock, wheels):
        """The system's was updated: the links in the environment lead nowhere."""
        for link in (complete / "bin").glob("python*"):
            link.unlink()
        (complete / "bin" / "python").symlink_to("/nowhere/python")
        assert fit(addon, run, lock) == "broken"
        assert run(lock, wheels).error is None and fit(addon, run, lock) == "ready" and torch_of(run) == "0.1"


class TestLock:
    @pytest.fixture
    def locks(self, addon):
        return addon("core.lock")

    def test_each_python_and_system_has_its_pins(self, addon, locks):
        shipped = addon("preferences").REQUIREMENTS

        def pins(*place):
            return dict(locks.read_lock(shipped, locks.Target(*place)))

        old, new = pins((3, 11), "linux", "x86_64"), pins((3, 13), "linux", "x86_64")
        assert old["numpy"] == "1.26.4" and new["numpy"].startswith("2.") and old.keys() == new.keys()
        intel, arm = pins((3, 11), "darwin", "x86_64"), pins((3, 11), "darwin", "arm64")
        assert intel["onnxruntime"] < arm["onnxruntime"] == old["onnxruntime"]

    @pytest.mark.parametrize(
        ("wheel", "python", "system", "machine", "does"),
        [
            ("attrs-26.1.0-py3-none-any", (3, 13), "darwin", "arm64", True),
            ("flatbuffers-25.12.19-py2.py3-none-any", (3, 11), "win32", "x86_64", True),
            ("numpy-2.4.6-cp313-cp313-win_amd64", (3, 13), "win32", "x86_64", True),
            ("numpy-2.4.6-cp313-cp313-win_amd64", (3, 11), "win32", "x86_64", False),
            ("numpy-2.4.6-cp313-cp313t-win_amd64", (3, 13), "win32", "x86_64", False),
            ("numpy-1.26.4-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64", (3, 11), "linux", "x86_64", True),
            ("numpy-1.26.4-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64", (3, 11), "linux", "aarch64", False),
            ("opencv_python-4.11.0.86-cp37-abi3-macosx_13_0_arm64", (3, 13), "darwin", "arm64", True),
            ("opencv_python-4.11.0.86-cp37-abi3-macosx_13_0_arm64", (3, 13), "darwin", "x86_64", False),
            ("psd_tools-1.26.0-cp313-abi3-win_amd64", (3, 11), "win32", "x86_64", False),
            ("charset_normalizer-3.5.2-cp311-cp311-macosx_10_9_universal2", (3, 11), "darwin", "x86_64", True),
        ],
    )
    def test_a_wheel_says_where_it_can_be_installed(self, locks, wheel, python, system, machine, does):
        assert locks.suits(f"{wheel}.whl", locks.Target(python, system, machine)) == does
