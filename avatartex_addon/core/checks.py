"""What has to be true before the set-up can begin, each with a sentence and, where one exists, a button."""

import os
from dataclasses import dataclass
from enum import StrEnum

from ..backend.errors import AvatarTexError
from . import packages
from .hosts import refuse_silence
from .installer import space
from .log import BackendLog
from .packages import LEAST_DRIVER, decide_build, find_driver
from .places import Home, parent_that_exists
from .pythons import blenders_python
from .work import Work


class Verdict(StrEnum):
    OK = "ok"
    NOTE = "note"  # works, but the artist should know
    MISSING = "missing"  # the set-up cannot begin


class Cure(StrEnum):
    """What a button beside a check does."""

    NONE = ""
    CHOOSE_FOLDER = "choose-folder"


@dataclass(frozen=True)
class Check:
    name: str
    verdict: Verdict
    text: str
    cure: Cure = Cure.NONE
    #: Does not matter where the packages come from a folder.
    of_network: bool = False
    detail: str = ""


class CheckRun(Work):
    """Looks at everything; `checks` grows while it does.

    Args:
        online: whether Blender may use the network.
        carried: whether the package carries its wheels, and needs none.
    """

    def __init__(self, home: Home, plan: packages.Plan, online: bool, log: BackendLog, carried: bool = False) -> None:
        super().__init__(log)
        self.carried = carried
        self.home, self.plan, self.online = home, plan, online
        self.checks: list[Check] = []
        self.build, self.download = "cpu", 0.0  # GB that are not there yet

    def work(self) -> None:
        network = () if self.carried else (check_online, check_index)
        for look in (check_python, check_graphics, check_disk, *network):
            self.heed_cancel()
            if (check := look(self)) is None:
                continue
            self.log.write(f"check: {check.name}: {check.verdict}: {check.text} {check.detail}")
            self.checks.append(check)
        whole = 0.0 if self.carried else packages.DOWNLOAD[self.build][self.plan.large]
        self.download = whole * share_missing(self.plan, self.home, self.build)

    def is_fine(self, with_network: bool = True) -> bool:
        """Whether nothing stands in the way."""
        return self.done and all(
            check.verdict != Verdict.MISSING for check in self.checks if with_network or not check.of_network
        )


def check_python(run: CheckRun) -> Check:
    try:
        python = blenders_python()
    except AvatarTexError as refusal:
        return Check("Python", Verdict.MISSING, f"{refusal.message} {refusal.cure}")
    return Check("Python", Verdict.OK, "Blender's own", detail=python)


def check_graphics(run: CheckRun) -> Check:
    """Decides the build, too."""
    card, driver = find_driver()
    if packages.build_here("cuda") == "cpu":
        return Check("Graphics", Verdict.OK, "CPU build")
    run.build = decide_build(run.plan, driver)
    if packages.is_unchecked(packages.hashes_of(run.plan.requirements), "cuda"):
        if run.build == "cuda":
            return Check("Graphics", Verdict.NOTE, "CUDA build, unchecked: only download.pytorch.org vouches for it.")
        if driver >= LEAST_DRIVER and run.plan.choice == "auto":
            text = "CPU build. The one for CUDA has no checksum: choose it as Build if you trust download.pytorch.org."
            return Check("Graphics", Verdict.NOTE, text)
    if run.build == "cuda" and not driver:
        return Check("Graphics", Verdict.NOTE, "CUDA build, though no NVIDIA driver was found. It will use the CPU.")
    if 0 < driver < LEAST_DRIVER and run.plan.choice != "cpu":
        text = f"The driver of {card} ({driver}) is too old for CUDA, which wants {LEAST_DRIVER}: it will use the CPU."
        return Check("Graphics", Verdict.NOTE, text)
    return Check("Graphics", Verdict.OK, f"{run.build.upper()} build, {card or 'no NVIDIA card'}")


def check_disk(run: CheckRun) -> Check:
    needed, free = space(run.home, run.build, run.plan.large)
    text = f"{needed:.1f} GB needed, {free:.1f} GB free"
    if free < needed:
        return Check("Disk space", Verdict.MISSING, text, Cure.CHOOSE_FOLDER)
    if not os.access(parent_that_exists(run.home.folder), os.W_OK):
        return Check("Disk space", Verdict.MISSING, "The folder cannot be written.", Cure.CHOOSE_FOLDER)
    return Check("Disk space", Verdict.OK, text)


def check_online(run: CheckRun) -> Check:
    if not run.online:
        return Check(
            "Online access",
            Verdict.MISSING,
            "Blender may not use the network. The button below asks you to allow it.",
            of_network=True,
        )
    return Check("Online access", Verdict.OK, "Allowed", of_network=True)


def check_index(run: CheckRun) -> Check | None:
    """Asked only with Blender's permission."""
    if not run.online:
        return None
    try:
        refuse_silence(packages.pages(run.plan, run.build))
    except AvatarTexError as refusal:
        return Check("Packages", Verdict.MISSING, f"{refusal.message} {refusal.cure}", of_network=True)
    host = (run.plan.index or packages.PYPI).split("/")[2]
    return Check("Packages", Verdict.OK, f"{host} answers", of_network=True)


def share_missing(plan: packages.Plan, home: Home, build: str) -> float:
    """How much of a build's packages is neither downloaded nor installed, 0 to 1, by size."""
    pins = packages.read_pins(plan.requirements, build, plan.large, home.python)
    there = {(name, version) for name, version, info in packages.installed_in(home.environment) if packages.whole(info)}
    missing = packages.without(pins, there | set(packages.wheels_in(home.downloads)))
    return sum(packages.weight(name) for name, _ in missing) / max(1, sum(packages.weight(name) for name, _ in pins))
