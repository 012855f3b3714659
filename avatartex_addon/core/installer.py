"""Makes the backend's virtual environment: with Blender's Python, download and install the lock file, check; and gives
its disk space back.

What is done stays when it is cancelled or fails: each downloaded package lies in a folder, an environment that works
is kept, and pip skips what it holds already.
"""

import contextlib
import shutil
import sys
from dataclasses import replace
from pathlib import Path

from ..backend import verified
from . import packages
from .fetch import DOWNLOADED, fetch_all
from .lock import PYTHONS, Target, lock_hash, this_computer
from .log import BackendLog
from .packages import build_of_wheels, decide_build, find_driver
from .places import (
    Home,
    claim_folder,
    clear_folder,
    default_folder,
    environment_python,
    measure_folder,
    parent_that_exists,
    read_mark,
    write_mark,
)
from .pythons import blenders_python, has_pip, keep_python, python_version
from .work import Work, failed

#: Where in the bar the packages are in place, and where the check begins.
INSTALLED, CHECKING = 0.96, 0.97

#: What helps where a folder of wheels is at fault: the extension's own, the artist's.
OTHER_ZIP = "Install AvatarTex again, from the zip for this system."
OTHER_FOLDER = "Make it with this version of AvatarTex: see its manual."

#: Characters from which Windows opens no path; those of the deepest file below an environment, which pip writes, and of
#: what large models need (100 and 171 below Lib\site-packages).
LONGEST, DEEPEST = 260, {False: 119, True: 190}


class Installer(Work):
    """One run of the set-up.

    Args:
        home: where to.
        wheels: a folder with all packages; None to download them.
        carried: it is the extension's own, which brings networks along, too, and stays in place.
    """

    changes_files = True

    def __init__(
        self, home: Home, plan: packages.Plan, log: BackendLog, wheels: Path | None = None, carried: bool = False
    ) -> None:
        super().__init__(log)
        self.home, self.plan, self.wheels, self.build = home, plan, wheels, "cpu"
        self.carried = carried
        self.python = str(environment_python(home.environment))
        self.base = ""  # Blender's Python, where the environment is made anew
        self.text = "Starting"
        self._packages_before: int | None = None  # counted while pip installs

    @property
    def cure(self) -> str:
        """What helps where the folder of wheels is at fault."""
        return OTHER_ZIP if self.carried else OTHER_FOLDER

    def work(self) -> None:
        if not self.plan.requirements.is_file():
            raise failed("This build of AvatarTex carries no list of packages.", "Install the extension again.")
        folder = self.wheels
        self.plan = replace(self.plan, large=self.plan.large or (self.home.has_large and not self.carried))
        self.step("Looking at the environment", 0.01)
        version = self.find_version()
        self.base = "" if version else blenders_python()
        self.target = this_computer(version or python_version(self.base))
        decided = decide_build(self.plan, find_driver()[1], self.target.python)
        self.build = decided if folder is None else build_of_wheels(folder)
        self.pins = packages.read_pins(self.plan.requirements, self.build, self.plan.large, self.target.python)
        if folder is not None:
            check_wheels(self.pins, folder, self.target, self.cure)
        with self.home.locked():
            try:
                self.make_environment()
                source = self.wheels if self.wheels is not None else self.download()
                self.install(source)
            finally:
                for folder in self.home.folders:
                    if read_mark(folder):
                        write_mark(folder, bytes=measure_folder(folder))

    def find_version(self) -> tuple[int, int] | None:
        """Of the Python in the environment that is there; None where it does not work, or is of another version."""
        mark = read_mark(self.home.environment)
        version = python_version(self.python) if mark and not self.home.is_moved else None
        return version if version in PYTHONS and has_pip(self.python) else None

    def make_environment(self) -> None:
        """Keep the one that is there if it works, whichever Blender made it, else make it anew."""
        folder = self.home.environment
        check_space(self.home, self.build, self.plan.large)
        if self.base:
            self.step("Creating the environment", 0.02)
            if read_mark(folder):
                clear_folder(folder)
            claim_folder(folder)
            base = keep_python(self.base, folder / "python")
            self.call([base, "-m", "venv", str(folder)], "The environment could not be created.")
        before = read_mark(folder).get("build")
        if before and before != self.build:  # both builds have one version: pip would keep the other one
            other = ["torch", *packages.CUDA_INSTEAD, *packages.CUDA_INSTEAD.values()]
            self.call(packages.pip(self.python, "uninstall", "--yes", *other), "The other build stayed in place.")
        write_mark(folder, complete=False, build=self.build)
        for _, _, dist_info in list(packages.installed_in(folder)):
            if not packages.whole(dist_info):
                shutil.rmtree(dist_info)  # pip takes it for installed, else

    def download(self) -> Path:
        """Fetch the wheels that are not there yet; their folder."""
        folder = self.home.downloads
        if read_mark(folder).get("build", self.build) != self.build:
            clear_folder(folder)
        claim_folder(folder)
        write_mark(folder, build=self.build)
        missing = packages.without(self.pins, self.installed())
        fetch_all(self, self.python, self.plan, folder, self.build, missing, self.target)
        return folder

    def install(self, source: Path) -> None:
        self.step("Installing", DOWNLOADED)
        hashes = packages.hashes_of(self.plan.requirements)
        for wheel in source.glob("*.whl"):  # all of them: pip chooses
            self.heed_cancel()
            build = self.build if self.wheels is None else self.plan.choice
            packages.refuse_changed(wheel, hashes, build, self.cure if self.carried else packages.PUBLIC)
        self._packages_before = len(self.installed())
        if self.pins:
            words = packages.install_words(self.python, self.pins, source)
            self.call(words, "The packages could not be installed.")
        self._packages_before = None
        if not self.carried:
            self.place_weights()
        self.step("Checking", CHECKING)
        named = [
            name for name in ("onnxruntime", "torch", "diffusers") if any(pin[0].startswith(name) for pin in self.pins)
        ]
        words = f"import {', '.join(['numpy', 'cv2', *named])}"
        self.call([self.python, "-I", "-c", words], "The installed packages do not work together.")
        lock = lock_hash(self.plan.requirements)
        place = {"at": str(self.home.environment)} if self.carried else {}
        write_mark(self.home.environment, complete=True, lock=lock, large=self.plan.large, **place)
        if read_mark(self.home.downloads):
            clear_folder(self.home.downloads)
        self.step("Ready", 1.0)

    def place_weights(self) -> None:
        """Into the artist's folder, where every Blender finds them, whatever becomes of this extension's own files."""
        claim_folder(self.home.weights)
        for _ in verified.put_into(self.home.weights, verified.WEIGHTS):
            self.step("Copying the networks", INSTALLED)

    def installed(self) -> frozenset[tuple[str, str]]:
        """(name, version) of what the environment holds whole."""
        found = packages.installed_in(self.home.environment)
        return frozenset((name, version) for name, version, dist_info in found if packages.whole(dist_info))

    def progress(self) -> tuple[str, float]:
        """pip says nothing while it installs; what it has put in place shows how far it is."""
        before = self._packages_before
        if before is None:
            return self.text, self.fraction
        all_of_them = max(1, len(self.pins) - before)
        done = min(all_of_them, max(0, len(self.installed()) - before))
        text = f"Installing {done} of {all_of_them} packages"
        return text, DOWNLOADED + (INSTALLED - DOWNLOADED) * done / all_of_them


def check_wheels(pins: list[packages.Pin], folder: Path, target: Target, cure: str) -> None:
    """Refuse a folder that lacks packages before anything is touched.

    Raises:
        AvatarTexError: naming some of those that it lacks, and what it has them for.
    """
    missing = packages.without(pins, set(packages.wheels_in(folder, target)))
    if missing:
        words = [f"{name} {version}" for name, version in missing]
        named = ", ".join(words[:3]) + (f" and {len(words) - 3} more" if len(words) > 3 else "")
        others = len(packages.without(missing, set(packages.wheels_in(folder)))) < len(missing)
        here = f" for Python {'.'.join(map(str, target.python))} on this system" if others else ""
        raise failed(f"The folder {folder} lacks {named}{here}.", cure)


def check_space(home: Home, build: str, large: bool = False) -> None:
    """Refuse a disk that would run full, a folder that cannot be written, and one whose path Windows cannot lengthen.

    Raises:
        AvatarTexError: with what is needed and what is there.
    """
    if sys.platform == "win32" and len(str(home.environment)) + DEEPEST[large] >= LONGEST:
        raise failed(
            f"The path of {home.folder} is too long: Windows opens no file whose path has {LONGEST} characters.",
            "Choose a folder with a shorter path.",
        )
    needed, free = space(home, build, large)
    if free < needed:
        raise failed(
            f"The backend needs {needed:.1f} GB in {home.folder}, {free:.1f} GB are free.",
            "Free some space, or choose a folder on another disk.",
        )


def space(home: Home, build: str, large: bool = False) -> tuple[float, float]:
    """GB that the set-up still needs in the folder, and GB that are free there."""
    there = home.occupied / 1e9
    free = shutil.disk_usage(parent_that_exists(home.folder)).free / 1e9
    return max(0.3, packages.DISK[build][large] - there), free


class Removal(Work):
    """Deletes the environment, the downloads and the weights of one folder."""

    changes_files = True

    def __init__(self, home: Home, log: BackendLog) -> None:
        super().__init__(log)
        self.home = home

    def work(self) -> None:
        with self.home.locked():
            for folder in self.home.folders:
                if folder.exists():
                    self.step(f"Removing {folder.name}", 0.5)
                    clear_folder(folder)
        with contextlib.suppress(OSError):  # something else of the artist's lies there, or another Blender's lock
            (self.home.folder / "setup.lock").unlink()
            if self.home.folder == default_folder():
                self.home.folder.rmdir()

    def cancel(self) -> None:
        """Half a removal helps nobody: it goes on to its end."""
