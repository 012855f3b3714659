"""Homes of the set-up with tiny packages: the fixtures of the tests of installing and of where packages come from."""

from __future__ import annotations

import ensurepip
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from .tiny_index import TinyIndex, make_wheel

LOCK = "# tiny\ntorch==0.1\nnumpy==0.1\nopencv-python==0.1\n"


@pytest.fixture(scope="module")
def only_our_index(addon):
    """Nothing of this machine's pip: neither its indexes nor its wheels; environments keep the pip they begin with."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("PIP_")]:
            patch.delenv(name)
        patch.setattr(addon("core.packages"), "PYPI", "http://127.0.0.1:9/simple")  # nobody listens
        patch.setenv("PIP_RETRIES", "0")
        patch.delenv("AVATARTEX_BACKEND_PYTHON", raising=False)
        patch.setattr(addon("core.packages"), "PIP", ensurepip.version())
        yield


@pytest.fixture(scope="module")
def wheels(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheels")
    for name, module in (("torch", "torch"), ("numpy", "numpy"), ("opencv-python", "cv2")):
        make_wheel(folder, name, "0.1", module)
    return folder


@pytest.fixture(scope="module")
def lock(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("lock") / "requirements.txt"
    path.write_text(LOCK)
    return path


@pytest.fixture(scope="module")
def places(addon):
    return addon("core.places")


@pytest.fixture
def run(only_our_index, addon, places, tmp_path):
    """Set up tmp_path/home, and come back when it is over."""

    def go(lock: Path, wheels: Path | None = None, cancel=False, **asked):
        installer = start(lock, wheels, **asked)
        if cancel:
            installer.cancel()
        installer.join()
        return installer

    def start(lock: Path, wheels: Path | None = None, choice: str = "cpu", large=False):
        log = addon("core.log").BackendLog(tmp_path / "setup.log")
        plan = addon("core.packages").Plan(lock, choice, large=large)
        installer = addon("core.installer").Installer(places.Home(tmp_path / "home"), plan, log, wheels)
        installer.start()
        return installer

    go.start, go.home = start, places.Home(tmp_path / "home")
    return go


@pytest.fixture(scope="module")
def bare(only_our_index, addon, places, tmp_path_factory) -> Path:
    """A home with an environment in which nothing is installed yet: the checks of a first run failed."""
    folder = tmp_path_factory.mktemp("bare")
    (folder / "nothing.txt").write_text("# nothing\n")
    log = addon("core.log").BackendLog(folder / "setup.log")
    installer = addon("core.installer").Installer(
        places.Home(folder / "home"), addon("core.packages").Plan(folder / "nothing.txt", "cpu"), log, folder
    )
    installer.start()
    installer.join()
    assert "do not work together" in installer.error.message
    return folder / "home"


@pytest.fixture(scope="module")
def finished(addon, places, bare, lock, wheels, tmp_path_factory) -> Path:
    """A home that is complete, and kept what was there."""
    folder = tmp_path_factory.mktemp("finished")
    shutil.copytree(bare, folder / "home", symlinks=True)
    (folder / "home" / "backend" / "of the first run").touch()
    installer = addon("core.installer").Installer(
        places.Home(folder / "home"),
        addon("core.packages").Plan(lock, "cpu"),
        addon("core.log").BackendLog(folder / "setup.log"),
        wheels,
    )
    installer.start()
    installer.join()
    assert installer.error is None and installer.progress() == ("Ready", 1.0)
    return folder / "home"


@pytest.fixture
def complete(finished, run) -> Path:
    shutil.copytree(finished, run.home.folder, symlinks=True)
    return run.home.environment


@pytest.fixture
def unfinished(bare, run) -> Path:
    shutil.copytree(bare, run.home.folder, symlinks=True)
    return run.home.environment


@pytest.fixture
def index(only_our_index, wheels, tmp_path, monkeypatch, addon):
    shutil.copytree(wheels, tmp_path / "served")
    served = TinyIndex(tmp_path / "served")
    monkeypatch.setattr(addon("core.packages"), "PYPI", served.url)
    monkeypatch.setattr(addon("core.packages"), "TORCH_INDEX", {})
    yield served
    served.close()


def torch_of(run, code: str = "") -> str:
    """The torch that the environment's Python imports."""
    words = [run.home.environment / "bin" / "python", "-I", "-c", f"{code}\nimport torch; print(torch.__version__)"]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()
