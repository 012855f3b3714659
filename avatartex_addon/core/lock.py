"""Reads locks: which packages at which versions, for which Python and system.

Standard library only, and no module of ours: build.py and docs/checksums.py load this file by its path.
"""

import functools
import hashlib
import operator
import platform
import re
import sys
from dataclasses import dataclass
from pathlib import Path

#: The Pythons that the lock has wheels for: Blender's from 4.2 (3.11) to 5.2 (3.13).
PYTHONS = ((3, 11), (3, 12), (3, 13))

OPERATORS = {"==": operator.eq, "!=": operator.ne, "<": operator.lt, ">=": operator.ge}


@dataclass(frozen=True)
class Target:
    """What an environment is made for: its Python, sys.platform, and platform.machine() as Linux and macOS write it."""

    python: tuple[int, int]
    system: str
    machine: str


def this_computer(python: tuple[int, int]) -> Target:
    """This computer with some Python."""
    return Target(python, sys.platform, platform.machine().lower().replace("amd64", "x86_64"))


def applies(marker: str, target: Target) -> bool:
    """Whether a marker (PEP 508, as far as our locks use it: no brackets) is true of a target; '' always is."""
    known = {"python_version": target.python, "sys_platform": target.system, "platform_machine": target.machine}

    def compare(part: str) -> bool:
        name, sign, text = re.fullmatch(r'\s*(\w+) (\S+) "(.+)"\s*', part).groups()
        value = tuple(map(int, text.split("."))) if name == "python_version" else text
        return OPERATORS[sign](known[name], value)

    return not marker.strip() or any(all(map(compare, one.split(" and "))) for one in marker.split(" or "))


def read_lock(requirements: Path, target: Target | None = None) -> list[tuple[str, str]]:
    """(name, version) of every package that is pinned for a target, or for any, in the file's order."""
    found = []
    for line in requirements.read_text(encoding="utf-8").splitlines():
        pin, _, marker = line.split("#")[0].partition(";")
        name, _, version = pin.partition("==")
        if version and (target is None or applies(marker, target)):
            found.append((name.strip(), version.strip()))
    return found


def read_beside(requirements: Path, what: str, target: Target | None = None) -> list[tuple[str, str]]:
    """(name, version) of the lock's neighbour requirements-WHAT.txt; nothing where it has none."""
    beside = requirements.with_name(f"requirements-{what}.txt")
    return read_lock(beside, target) if beside.is_file() else []


@functools.cache
def lock_hash(requirements: Path) -> str:
    """Names a set of pins for all targets, large models' too, whatever the comments and the order; '' without a lock.
    Read once per session."""
    try:
        pins = sorted(read_lock(requirements) + read_beside(requirements, "large"))
    except OSError:
        return ""
    return hashlib.sha256(repr(pins).encode()).hexdigest()[:16]


def canonical(name: str) -> str:
    """PEP 503: what an index and a wheel's file name mean alike."""
    return re.sub(r"[-_.]+", "-", name).lower()


def suits(wheel: str, target: Target) -> bool:
    """Whether a wheel of that file name can be installed on a target: by its tags, whatever the system's age."""
    pythons, abi, systems = wheel.removesuffix(".whl").split("-")[-3:]
    major, minor = target.python
    own = f"cp{major}{minor}"
    tags = {"none": {f"py{major}"}, "abi3": {f"cp{major}{older}" for older in range(2, minor + 1)}, own: {own}}
    fits = not tags.get(abi, set()).isdisjoint(pythons.split("."))
    return fits and any(system == "any" or suits_system(system, target) for system in systems.split("."))


def suits_system(tag: str, target: Target) -> bool:
    """One tag of a system: manylinux_2_28_x86_64, win_amd64, macosx_11_0_arm64."""
    begin = {"linux": "manylinux", "win32": "win", "darwin": "macosx"}.get(target.system, target.system)
    machine = target.machine.replace("x86_64", "amd64") if target.system == "win32" else target.machine
    return tag.startswith(begin) and tag.endswith((machine, "universal2"))


def pip_words(target: Target, macos: int = 0) -> list[str]:
    """pip's words for another target than its own: glibc 2.39 and older; that macOS, or the oldest that will do."""
    macos = macos or (14 if target.machine == "arm64" else 13)
    tags = {
        "win32": ["win_amd64"],
        "darwin": [f"macosx_{macos}_0_{target.machine}"],
        "linux": [*(f"manylinux_2_{minor}_{target.machine}" for minor in range(39, 16, -1))],
    }[target.system]
    tags += [f"manylinux2014_{target.machine}"] if target.system == "linux" else []
    own = "{}{}".format(*target.python)
    words = ["--python-version", own, "--implementation", "cp", "--abi", f"cp{own}", "--abi", "abi3", "--abi", "none"]
    return words + [word for tag in tags for word in ("--platform", tag)]
