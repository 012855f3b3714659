"""Download the wheels of the lock file into a folder; what is there already is not fetched again."""

import re
import shutil
import sys
import tempfile
from pathlib import Path

from ..backend.errors import AvatarTexError
from . import packages
from .hosts import find_certificates, refuse_silence
from .lock import Target, this_computer
from .log import BackendLog
from .packages import decide_build, find_driver
from .places import environment_python, parent_that_exists
from .pythons import blenders_python, python_version
from .work import Work, failed

#: Shares of the bar at which the downloads begin and end.
MADE, DOWNLOADED = 0.05, 0.75


def fetch_all(
    work: Work, python: str, plan: packages.Plan, folder: Path, build: str, pins: list[packages.Pin], target: Target
) -> None:
    """The packages of a build that are not in the folder yet, by the pip of an environment of ours.

    Raises:
        AvatarTexError: a package cannot be had; those before it stay in the folder.
    """
    hashes = packages.hashes_of(plan.requirements)
    # the large ones each by itself, counting bytes, then the small ones at once
    if not (missing := packages.without(pins, set(packages.wheels_in(folder, target)))):
        return
    work.step("Asking for the packages", MADE)
    hosts = packages.pages(plan, build)
    refuse_silence(hosts)
    counts_bytes = update_pip(work, python, hashes, plan.index)
    groups = [[pin] for pin in missing if packages.weight(pin[0]) > 1]
    groups += [light] if (light := [pin for pin in missing if packages.weight(pin[0]) == 1]) else []
    whole = sum(packages.weight(name) for name, _ in pins)
    done = whole - sum(packages.weight(name) for name, _ in missing)
    span = (DOWNLOADED - MADE) / max(1, whole)
    arriving = folder / "arriving"  # pip may be killed while it writes: only whole wheels go into the folder
    for group in groups:
        name = group[0][0] if len(group) == 1 else f"{len(group)} small packages"
        begin, weight = MADE + span * done, sum(packages.weight(name) for name, _ in group)

        def follow(line: str, name: str = name, begin: float = begin, weight: int = weight) -> None:
            if (found := read_progress(line)) and found[1] > 1e6:
                megabytes, total = (part / 1e6 for part in found)
                work.text = f"{name}: {megabytes:.0f} of {total:.0f} MB"
                work.fraction = begin + span * weight * megabytes / total

        work.step(f"Downloading {name}", begin)
        shutil.rmtree(arriving, ignore_errors=True)
        command = packages.download_words(python, group, arriving, build, counts_bytes, plan.index)
        try:
            work.call(command, f"{name} could not be downloaded.", follow if len(group) == 1 else lambda line: None)
        except AvatarTexError:
            work.heed_cancel()
            refuse_silence(hosts)  # pip knows that there is no such package then
            raise
        for wheel in arriving.glob("*.whl"):
            packages.refuse_changed(wheel, hashes, build)
            wheel.replace(folder / wheel.name)
        done += weight
    shutil.rmtree(arriving, ignore_errors=True)


def read_progress(line: str) -> tuple[int, int] | None:
    """pip's 'Progress 1048576 of 191794682': bytes that are there, bytes in all."""
    found = re.fullmatch(r"Progress (\d+) of (\d+)", line)
    return (int(found[1]), int(found[2])) if found else None


def update_pip(work: Work, python: str, hashes: dict[str, str], index: str = "") -> bool:
    """Bring in the pip of our choice; whether the one that is there counts bytes. An old one downloads as well, where
    the index shows no certificate that only the system knows: pips before 24.2 trust their own list alone."""
    environment = Path(python).parents[1]
    if pip_version(environment) != packages.PIP:
        work.step("Preparing", MADE)
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary) / "pip"
            for certificates in (None, find_certificates(Path(temporary))):
                try:
                    pin = [("pip", packages.PIP)]
                    words = packages.download_words(python, pin, folder, "cpu", False, index, certificates)
                    work.call(words, "pip stays as it is.")
                    for wheel in folder.glob("*.whl"):
                        packages.refuse_changed(wheel, hashes)
                    work.call(packages.update_words(python, folder), "pip stays as it is.")
                    break
                except AvatarTexError:
                    work.heed_cancel()
    return tuple(int(part) for part in pip_version(environment).split(".")[:2]) >= packages.COUNTS_BYTES


def pip_version(environment: Path) -> str:
    """'26.0'; '0' where an interruption left none."""
    found = packages.installed_in(environment)
    return next((version for name, version, dist_info in found if name == "pip" and packages.whole(dist_info)), "0")


class WheelFolder(Work):
    """Fills a folder for Install from Folder on a machine without network, of the same system as this one."""

    def __init__(self, folder: Path, plan: packages.Plan, log: BackendLog) -> None:
        super().__init__(log)
        self.folder, self.plan = folder, plan

    def work(self) -> None:
        base = blenders_python()
        build = decide_build(self.plan, find_driver()[1])
        needed = packages.DOWNLOAD[build][self.plan.large]
        if shutil.disk_usage(parent_that_exists(self.folder)).free < needed * 1e9:
            raise failed(f"The packages need {needed:.1f} GB in {self.folder}.", "Free some space, or choose another.")
        self.folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="avatartex_", ignore_cleanup_errors=True) as temporary:
            self.step("Creating an environment", 0.02)
            self.call([base, "-m", "venv", temporary], "The environment could not be created.")
            python = str(environment_python(Path(temporary)))
            target = this_computer(python_version(python))
            pins = packages.read_pins(self.plan.requirements, build, self.plan.large, target.python)
            fetch_all(self, python, self.plan, self.folder, build, pins, target)
        shutil.copy(self.plan.requirements, self.folder / "requirements.txt")
        self.step(f"{len(list(self.folder.glob('*.whl')))} packages for {sys.platform}, {build}", 1.0)
