"""python -m backend doctor: what works on this machine, and the mend for what does not.

Standard library only until a package is being looked at, so that it also runs where nothing is installed.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import importlib
import importlib.metadata
import json
import platform
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from . import cpp_runtime, verified
from .errors import AvatarTexError
from .free_memory import free_memory
from .models import cards
from .verified import MANIFEST, WEIGHTS

if TYPE_CHECKING:
    from .models.profiles import Profile

OK, NOTE, BROKEN = "ok", "note", "broken"

REINSTALL = "Press Set Up Backend in the add-on's preferences, or run: python build.py setup"


@dataclass(frozen=True)
class Package:
    """A package that generate needs: distributions that provide it, best first, versions [least, below)."""

    module: str
    distributions: tuple[str, ...]
    least: str
    below: str

    @property
    def wanted(self) -> str:
        return f">={self.least},<{self.below}"


PACKAGES = (
    Package("numpy", ("numpy",), "1.26", "3"),
    # 5.0 lacks parts of calib3d that the camera needs.
    Package("cv2", ("opencv-python", "opencv-python-headless", "opencv-contrib-python"), "4.11", "5"),
    Package("PIL", ("pillow",), "10", "99"),
    Package("onnxruntime", ("onnxruntime", "onnxruntime-gpu"), "1.18", "2"),
    Package("safetensors", ("safetensors",), "0.4", "1"),
)
LEAST_PYTHON = (3, 11)  # of Blender 4.2, as in pyproject.toml
MEMORY_WANTED = 4.0  # GB free; estimated
DISK_WANTED = 1.0  # GB free in the temporary folder; a 4K texture and its provenance take 0.1


@dataclass(frozen=True)
class Finding:
    """One line of the table. state: ok, note (works, could be better), broken (generate could not run)."""

    what: str
    found: str
    wanted: str
    state: str = OK
    mend: str = ""


def findings() -> Iterator[Finding]:
    """Everything that generate depends on, in the order in which it would be mended."""
    yield python_version()
    if sys.platform == "win32":
        yield windows_runtime()
    for package in PACKAGES:
        yield check_package(package)
    yield graphics()
    yield memory()
    yield disk(Path(tempfile.gettempdir()))
    yield from weights(WEIGHTS)
    yield portrait_networks()
    yield from large_models()


def python_version() -> Finding:
    wanted = ".".join(map(str, LEAST_PYTHON)) + " or later"
    found = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    if sys.version_info[:2] < LEAST_PYTHON:
        return Finding("Python", found, wanted, BROKEN, REINSTALL)
    return Finding("Python", found, wanted)


def check_package(package: Package) -> Finding:
    """Whether it is there, of a version that works, and can be imported."""
    name = package.distributions[0]
    for distribution in package.distributions:
        try:
            version = importlib.metadata.version(distribution)
            break
        except importlib.metadata.PackageNotFoundError:
            continue
    else:
        return Finding(name, "missing", package.wanted, BROKEN, REINSTALL)
    if not numbers(package.least) <= numbers(version) < numbers(package.below):
        return Finding(distribution, version, package.wanted, BROKEN, REINSTALL)
    try:
        importlib.import_module(package.module)
    except Exception as reason:
        mend = f"{type(reason).__name__}: {reason}".splitlines()[0][:160]
        if "libGL" in mend or "libgthread" in mend:
            mend += ". Install opencv-python-headless instead of opencv-python"
        return Finding(distribution, f"{version}, does not import", package.wanted, BROKEN, f"{mend}. {REINSTALL}")
    return Finding(distribution, version, package.wanted)


def windows_runtime() -> Finding:
    """Windows's C++ runtime, before a package that needs it is imported."""
    wanted = ".".join(map(str, cpp_runtime.LEAST)) + " or later"
    path = cpp_runtime.loaded()
    if path is None:
        return Finding("C++ runtime", f"{cpp_runtime.NAME} is missing", wanted, BROKEN, cpp_runtime.mend(None))
    if cpp_runtime.is_too_old(path):
        return Finding("C++ runtime", cpp_runtime.name(path), wanted, BROKEN, cpp_runtime.mend(path))
    return Finding("C++ runtime", cpp_runtime.name(path), wanted)


def graphics() -> Finding:
    wanted, card = "optional", cards.find_card()
    if card is None:
        if shutil.which("nvidia-smi"):
            return Finding("GPU", "there, but its driver does not answer", wanted, NOTE, "Update the NVIDIA driver.")
        return Finding("GPU", "none that CUDA knows; the CPU is used", wanted)
    found = f"{card.name}, {card.gigabytes:.0f} GB"
    try:
        from .models.runtime import providers

        usable = bool(providers("cuda"))
    except Exception as reason:
        return Finding("GPU", f"{found}; not asked ({type(reason).__name__})", wanted, NOTE, REINSTALL)
    if not usable:
        mend = "Choose CUDA as Build and press Set Up Backend."
        return Finding("GPU", f"{found}; this build of ONNX Runtime cannot use it", wanted, NOTE, mend)
    return Finding("GPU", found, wanted)


def memory() -> Finding:
    wanted = f"{MEMORY_WANTED:.0f} GB free"
    free = free_memory()
    if free is None:
        return Finding("Memory", "unknown", wanted)
    if free < MEMORY_WANTED:
        return Finding("Memory", f"{free:.1f} GB free", wanted, NOTE, "Close other programs, or use a smaller texture.")
    return Finding("Memory", f"{free:.1f} GB free", wanted)


def disk(folder: Path) -> Finding:
    wanted = f"{DISK_WANTED:.0f} GB free, writable"
    what = f"Temporary folder {folder}"
    try:
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"AvatarTex")
        free = shutil.disk_usage(folder).free / 1e9
    except OSError as reason:
        mend = "Set TMPDIR (Windows: TEMP) to a folder that can be written."
        return Finding(what, f"not writable ({reason.strerror})", wanted, BROKEN, mend)
    if free < DISK_WANTED:
        return Finding(what, f"{free:.1f} GB free", wanted, BROKEN, "Free some space on this disk.")
    return Finding(what, f"{free:.1f} GB free", wanted)


def weights(folder: Path) -> Iterator[Finding]:
    """Every file of the manifest, against its checksum."""
    mend = "Install the extension again; its own files are incomplete or altered."
    try:
        listed = verified.manifest(folder)
    except AvatarTexError:
        yield Finding("Weights manifest", "missing or damaged", MANIFEST, BROKEN, mend)
        return
    for name, entry in sorted(listed.items()):
        sha256 = entry["sha256"]
        wanted = f"sha256 {sha256[:12]}"
        if verified.shared and digest(verified.kept(verified.shared, name, sha256)) == sha256:
            yield Finding(name, f"sha256 {sha256[:12]} in {verified.shared}", wanted)
            continue
        actual = digest(folder / name)
        state = OK if actual == sha256 else BROKEN
        found = f"sha256 {actual[:12]}" if actual else "missing"
        yield Finding(name, found, wanted, state, "" if state == OK else mend)


def digest(path: Path) -> str:
    """A file's SHA-256, '' where there is none to read."""
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def portrait_networks() -> Finding:
    """Runs them once: this build of ONNX Runtime may lack what they need."""
    wanted = "run in ONNX Runtime"
    try:
        import numpy as np

        from .portrait import networks
        from .portrait.faces import detect

        grey = np.full((224, 224, 3), 0.5, np.float32)
        networks.network(networks.LANDMARKS)(grey[:192, :192])
        networks.network(networks.PALMS)(grey[:192, :192])
        networks.network(networks.HAND)(grey)
        detect(np.full((320, 320, 3), 128, np.uint8), 0.5)
    except Exception as reason:
        return Finding("Portrait networks", f"do not run ({type(reason).__name__})", wanted, BROKEN, REINSTALL)
    return Finding("Portrait networks", "run", wanted)


def large_models() -> Iterator[Finding]:
    """Those that were fetched: whether they are whole, and how they would run on what is free now."""
    wanted = "optional"
    try:
        from .models.profiles import PROFILES
        from .models.store import missing, read_lock
    except Exception as reason:
        yield Finding("Large models", f"not asked ({type(reason).__name__})", wanted, NOTE, REINSTALL)
        return
    for profile in PROFILES.values():
        try:
            lock = read_lock(profile)
            gone = missing(profile, lock)
        except AvatarTexError as refusal:
            yield Finding(profile.label, "damaged", wanted, NOTE, refusal.cure)
            continue
        mend = f"Run models download {profile.name}."
        if lock and gone:
            yield Finding(profile.label, f"lacks {', '.join(part.name for part in gone)}", wanted, NOTE, mend)
        elif lock:
            yield how_it_runs(profile)


def how_it_runs(profile: Profile) -> Finding:
    """Of a large model whose files are here; torch, which takes seconds, is imported for those alone."""
    wanted = "optional"
    try:
        from .large.memory import choose_tiers, usable
    except Exception as reason:
        found = f"here, without its packages ({type(reason).__name__})"
        return Finding(profile.label, found, wanted, NOTE, "Install the packages of large models.")
    tier = choose_tiers(profile, usable("cuda"))[0]
    runs = f"on the graphics card, {tier.offload}" if tier.gigabytes else "on the CPU, in many minutes"
    return Finding(profile.label, f"here; {runs}", wanted)


def numbers(version: str) -> tuple[int, ...]:
    """'2.13.0+cpu' -> (2, 13, 0)."""
    return tuple(int(part) for part in re.findall(r"\d+", version.split("+")[0]))


def table(lines: list[Finding]) -> str:
    """The findings in columns, the mends below the line they belong to."""
    heads = ("", "what", "found", "wanted")
    rows = [(line.state, line.what, line.found, line.wanted) for line in lines]
    widths = [max(len(row[i]) for row in [heads, *rows]) for i in range(4)]
    text = []
    for row, line in zip([heads, *rows], [None, *lines], strict=True):
        text.append("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
        if line and line.mend:
            text.append(f"{'':{widths[0]}}  -> {line.mend}")
    return "\n".join(text)


def main(argv: list[str]) -> int:
    """Print the findings; 1 when generate could not run."""
    about = "What works on this machine, and the mend for what does not. Exit code 1 when generate could not run."
    parser = argparse.ArgumentParser(prog="python -m backend doctor", description=about)
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    arguments = parser.parse_args(argv)
    lines = list(findings())
    broken = [line for line in lines if line.state == BROKEN]
    if arguments.json:
        print(json.dumps({"ok": not broken, "findings": [dataclasses.asdict(line) for line in lines]}, indent=2))
    else:
        print(table(lines))
        print(f"\n{len(broken)} to mend, see the arrows." if broken else "\nEverything that generate needs is here.")
    return 1 if broken else 0
