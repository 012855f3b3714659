"""The set-up with the real pip and tiny packages: from a folder, an index, cancelled, resumed, updated, removed."""

from __future__ import annotations

import ensurepip
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from .tiny_index import TinyIndex, make_wheel

LOCK = "# tiny\ntorch==0.1\nnumpy==0.1\nopencv-python==0.1\n"


@pytest.fixture(scope="module", autouse=True)
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
def run(addon, places, tmp_path):
    """Set up tmp_path/home, and come back when it is over."""

    def go(lock: Path, wheels: Path | None = None, python: str = sys.executable, choice: str = "cpu", cancel=False):
        installer = start(lock, wheels, python, choice)
        if cancel:
            installer.cancel()
        installer.join()
        return installer

    def start(lock: Path, wheels: Path | None = None, python: str = sys.executable, choice: str = "cpu"):
        log = addon("core.log").BackendLog(tmp_path / "setup.log")
        installer = addon("core.installer").Installer(places.Home(tmp_path / "home"), lock, python, choice, log, wheels)
        installer.start()
        return installer

    go.start, go.home = start, places.Home(tmp_path / "home")
    return go


@pytest.fixture(scope="module")
def bare(addon, places, tmp_path_factory) -> Path:
    """A home with an environment in which nothing is installed yet: the checks of a first run failed."""
    folder = tmp_path_factory.mktemp("bare")
    (folder / "nothing.txt").write_text("# nothing\n")
    log = addon("core.log").BackendLog(folder / "setup.log")
    installer = addon("core.installer").Installer(
        places.Home(folder / "home"), folder / "nothing.txt", sys.executable, "cpu", log, folder
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
        places.Home(folder / "home"), lock, "", "cpu", addon("core.log").BackendLog(folder / "setup.log"), wheels
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
def index(wheels, tmp_path, monkeypatch, addon):
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


def fit(addon, run, lock: Path):
    return run.home.fit(addon("core.packages").lock_hash(lock))


def test_an_environment_that_does_not_work_is_not_used(unfinished, addon, run, lock):
    assert fit(addon, run, lock) == "unfinished"
    assert addon("core.command").choose_python("", run.home, addon("core.packages").lock_hash(lock)) == ""


def test_from_a_folder_without_network(complete, addon, places, run, lock):
    chosen = addon("core.command").choose_python("", run.home, addon("core.packages").lock_hash(lock))
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


def test_cancelled_it_goes_on_where_it_stopped(unfinished, addon, run, lock, index):
    index.stall_at = "opencv"
    installer = run.start(lock)
    assert index.stalled.wait(120) and installer.text == "Downloading opencv-python"
    installer.cancel()
    installer.join()
    assert installer.error.code == "cancelled" and fit(addon, run, lock) == "unfinished"
    there = sorted(path.name.split("-")[0] for path in run.home.downloads.glob("*.whl"))
    assert there == ["numpy", "torch"] and run.home.occupied > 0
    assert addon("core.checks").share_missing(lock, run.home) == pytest.approx(63 / (192 + 18 + 63))
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
        monkeypatch.setitem(addon("core.packages").DISK, "cuda", 0.1)  # the tiny one
        (index.folder / "torch-0.1-py3-none-any.whl").unlink()
        make_wheel(index.folder, "torch", "0.1+cu130", "torch", needs=("nvidia-tiny==1.0",))
        make_wheel(index.folder, "nvidia-tiny", "1.0", "nvidia_tiny")
        make_wheel(index.folder, "nvidia-tiny", "1.1", "nvidia_tiny")  # newer, but not the one of the list
        own = shutil.copy(lock, tmp_path)
        (tmp_path / "requirements-cuda.txt").write_text("nvidia-tiny==1.0\n")
        assert run(Path(own), choice="cuda").error is None
        assert set(index.asked) == {"torch-0.1+cu130-py3-none-any.whl", "nvidia_tiny-1.0-py3-none-any.whl"}
        assert torch_of(run, "import nvidia_tiny") == "0.1+cu130"

    def test_removal_frees_what_it_names_and_nothing_else(self, addon, run, tmp_path):
        (tmp_path / "portraits").mkdir()
        (tmp_path / "portraits" / "anna.jpg").touch()
        (run.home.environment / "link").symlink_to(tmp_path / "portraits")
        (run.home.folder / "artist.txt").touch()
        removal = addon("core.removal").Removal(run.home, addon("core.log").BackendLog(tmp_path / "log"))
        assert removal.freed == run.home.occupied > 1e6
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
    removal = addon("core.removal").Removal(run.home, addon("core.log").BackendLog(tmp_path / "log"))
    removal.start()
    removal.join()
    assert "not made by AvatarTex" in removal.error.message
    assert all((folder / "mine.txt").exists() for folder in (run.home.environment, run.home.downloads))


def test_a_full_disk_is_told_before_anything_is_made(addon, run, lock, index, monkeypatch):
    monkeypatch.setattr(addon("core.installer").shutil, "disk_usage", lambda _folder: SimpleNamespace(free=1e9))
    message = run(lock).error.message
    assert "needs 2.0 GB" in message and "1.0 GB are free" in message
    assert not run.home.environment.exists() and not index.visits


def test_without_a_lock_file(run, tmp_path):
    assert "no list of packages" in run(tmp_path / "none.txt").error.message


def test_without_a_python(run, lock, wheels, addon, monkeypatch):
    monkeypatch.setattr(addon("core.pythons"), "candidates", lambda: ())
    error = run(lock, wheels, python="").error
    assert error.code == "backend-missing" and "python.org" in error.cure


def test_cancelled_at_once(run, lock):
    assert run(lock, cancel=True).error.code == "cancelled"


def test_bytes_as_pip_tells_them(addon):
    fetch = addon("core.fetch")
    assert fetch.read_progress("Progress 1048576 of 191794682") == (1048576, 191794682)
    assert fetch.read_progress("Progress made") is None


def test_a_folder_for_another_machine(bare, addon, run, lock, index, tmp_path):
    """What it is filled with is what Install from Folder takes."""
    log = addon("core.log").BackendLog(tmp_path / "log")
    work = addon("core.fetch").WheelFolder(tmp_path / "stick", lock, sys.executable, "cpu", log)
    work.start()
    work.join()
    assert work.error is None
    assert sorted(path.suffix for path in (tmp_path / "stick").iterdir()) == [".txt", ".whl", ".whl", ".whl"]
    shutil.copytree(bare, run.home.folder, symlinks=True)
    assert run(lock, tmp_path / "stick").error is None and len(index.asked) == 3


class TestSupply:
    """Packages come from the index that the preferences name, and are the very ones of the list."""

    @pytest.fixture
    def listed(self, lock, wheels, tmp_path) -> Path:
        """The lock with the checksums of the wheels."""
        own = tmp_path / "listed" / "requirements.txt"
        own.parent.mkdir()
        shutil.copy(lock, own)
        own.with_suffix(".sha256").write_text(
            "".join(
                f"{hashlib.sha256(wheel.read_bytes()).hexdigest()}  {wheel.name}\n" for wheel in wheels.glob("*.whl")
            )
        )
        return own

    @pytest.fixture
    def evil(self, index) -> Path:
        """The index gives out another torch of the same name, which tells that it was imported."""
        wheel = make_wheel(index.folder, "torch", "0.1", "torch", body="open('/tmp/never', 'w')\n")
        return wheel

    def test_a_malicious_index_installs_nothing(self, unfinished, run, listed, index, evil):
        error = run(listed).error
        assert "torch-0.1-py3-none-any.whl is not the one" in error.message
        assert not list(run.home.downloads.glob("*.whl")) and not list(run.home.environment.glob("**/torch.py"))

    def test_nor_does_a_folder_that_was_changed(self, unfinished, run, listed, index, evil, tmp_path):
        error = run(listed, index.folder).error
        assert "is not the one" in error.message and not list(run.home.environment.glob("**/torch.py"))

    def test_nor_a_package_that_is_not_listed(self, unfinished, run, listed, wheels, tmp_path):
        shutil.copytree(wheels, tmp_path / "more")
        (tmp_path / "more" / "torch-0.1-py3-none-any.whl").rename(tmp_path / "more" / "torch-0.1-1-py3-none-any.whl")
        assert "is none that AvatarTex knows" in run(listed, tmp_path / "more").error.message

    def test_the_listed_ones_are_installed(self, unfinished, run, listed, index):
        assert run(listed).error is None and torch_of(run) == "0.1"

    def test_no_variable_and_no_file_of_pips_sends_it_elsewhere(
        self, unfinished, run, lock, index, tmp_path, monkeypatch
    ):
        other = TinyIndex(tmp_path / "other")
        make_wheel(other.folder, "torch", "0.1", "torch")
        settings = f"[global]\nindex-url = {other.url}\nextra-index-url = {other.url}\nfind-links = {other.folder}\n"
        for folder in (tmp_path / "config" / "pip", tmp_path / "user" / ".pip", tmp_path / "user" / ".config" / "pip"):
            folder.mkdir(parents=True)
            (folder / "pip.conf").write_text(settings)
        for name, value in {
            "PIP_INDEX_URL": other.url,
            "PIP_EXTRA_INDEX_URL": other.url,
            "PIP_FIND_LINKS": str(other.folder),
            "PIP_CONFIG_FILE": str(tmp_path / "config" / "pip" / "pip.conf"),
            "HOME": str(tmp_path / "user"),
            "XDG_CONFIG_HOME": str(tmp_path / "config"),
            "PIP_REQUIREMENT": "/nowhere",
            "PIP_TARGET": str(tmp_path / "t"),
        }.items():
            monkeypatch.setenv(name, value)
        assert run(lock).error is None
        assert not other.visits and "torch-0.1-py3-none-any.whl" in index.asked
        other.close()

    def test_no_source_package_is_built(self, addon, lock, tmp_path):
        """Its setup.py would run."""
        packages = addon("core.packages")
        for words in (
            packages.download_words("python", [("torch", "0.1")], tmp_path, "cpu", False),
            packages.install_words("python", lock, tmp_path),
            packages.update_words("python", tmp_path),
        ):
            assert words[words.index("--only-binary") + 1] == ":all:"
            assert ("--index-url" in words) != ("--no-index" in words)

    def test_only_the_preferences_name_an_index(self, addon):
        preferences = addon("preferences")
        for given, taken in (
            (" https://mirror/simple ", "https://mirror/simple"),
            ("http://mirror/simple", ""),
            ("--extra-index-url=x", ""),
            ("", ""),
        ):
            preferences.preferences().index = given
            assert preferences.package_index() == taken
        preferences.preferences().index = ""

    def test_the_lock_that_ships_lists_every_package(self, addon):
        packages, requirements = addon("core.packages"), addon("preferences").REQUIREMENTS
        names = (name.split("-") for name in packages.hashes_of(requirements))
        listed = {f"{packages.canonical(name)}=={version.split('+')[0]}" for name, version, *_ in names}
        more = packages.read_lock(requirements.with_name("requirements-cuda.txt"))
        pins = {f"{packages.canonical(name)}=={version}" for name, version in packages.read_lock(requirements) + more}
        assert pins | {f"pip=={packages_pip()}"} <= listed and len(more) > 10


def packages_pip() -> str:
    """The shipped one; the tests of this module use another."""
    source = Path(__file__).parents[2] / "avatartex_addon" / "core" / "packages.py"
    return next(line.split('"')[1] for line in source.read_text().splitlines() if line.startswith("PIP ="))
