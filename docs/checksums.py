"""Writes the lists of the set-up's packages anew after a lock in backend was changed: python docs/checksums.py

requirements-cuda.txt gets what ONNX Runtime needs for CUDA, requirements-large-cuda.txt what torch needs for it on
Linux, with versions, and requirements.sha256 the checksum of every wheel that the set-up may install: for each system
and Python the one that pip chooses there. The package index says all of it; of packages only what they say of
themselves is fetched. Run it on Linux. Builds of torch that are not on PyPI keep their lines where PyTorch's index is
not reached.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "backend" / "requirements.txt"
LARGE, SUMS = LOCK.with_name("requirements-large.txt"), LOCK.with_suffix(".sha256")
CUDA, TORCHS = LOCK.with_name("requirements-cuda.txt"), LOCK.with_name("requirements-large-cuda.txt")
PYPI = "https://pypi.org/simple"
#: What of pip's settings says how an index is reached, as core/child.py has it.
KEPT = ("PIP_CERT", "PIP_CLIENT_CERT", "PIP_PROXY", "PIP_DEFAULT_TIMEOUT", "PIP_RETRIES")
#: Where set-up puts onnxruntime-gpu in onnxruntime's place, for CUDA.
INSTEAD = {("linux", "x86_64"), ("win32", "x86_64")}
#: Other builds of torch: which index has them, for which system.
BUILDS = {("linux", "x86_64"): "cpu", ("linux", "aarch64"): "cpu", ("win32", "x86_64"): "cu130"}


spec = importlib.util.spec_from_file_location("lock", ROOT / "avatartex_addon" / "core" / "lock.py")
locks = sys.modules["lock"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(locks)

MACHINES = [("linux", "x86_64"), ("linux", "aarch64"), ("win32", "x86_64"), ("darwin", "arm64"), ("darwin", "x86_64")]
#: Blender for Macs with an Intel processor ended with 4.5; no large model's packages are made for them.
INTEL_MAC = ("darwin", "x86_64")


def main() -> int:
    source = (ROOT / "avatartex_addon" / "core" / "packages.py").read_text(encoding="utf-8")
    pip = "pip==" + re.search(r'^PIP = "(.+)"', source, re.MULTILINE)[1]
    here = locks.Target(sys.version_info[:2], "linux", "x86_64")
    lock = pins_of(LOCK, here) + pins_of(LARGE, here)
    torch, runtime = (next(pin for pin in lock if pin.startswith(f"{name}==")) for name in ("torch", "onnxruntime"))
    more = beside(lock, [torch])
    TORCHS.write_text(listed("What torch needs for CUDA on Linux.", more), encoding="utf-8")
    runtime = runtime.replace("==", "-gpu==")
    nvidia = beside(lock, [runtime.replace("-gpu", "-gpu[cuda,cudnn]"), "--constraint", str(TORCHS)])
    nvidia.remove(runtime)
    CUDA.write_text(listed(f"What {runtime} needs for CUDA.", nvidia), encoding="utf-8")
    sums: dict[str, str] = {}
    before = dict(reversed(line.split("  ")) for line in SUMS.read_text(encoding="utf-8").splitlines())
    for place in MACHINES:
        for python in locks.PYTHONS[:1] if place == INTEL_MAC else locks.PYTHONS:
            target = locks.Target(python, *place)
            pins = [*pins_of(LOCK, target), pip, *(pins_of(LARGE, target) if place != INTEL_MAC else [])]
            pins += more if "linux" in place else nvidia if place in INSTEAD else []
            found = plan(pins, target)
            if place == INTEL_MAC:  # pip prefers other wheels on a newer system
                sums |= dict(plan(pins, target, macos=14).values())
            if place in INSTEAD:  # one by one: both builds lie in one folder
                found |= plan([runtime], target)
            print(f"{target}: {len(found)} wheels", flush=True)
            sums |= dict(found.values())
            if build := BUILDS.get(place):
                try:
                    other = plan([f"{torch}+{build}"], target, f"https://download.pytorch.org/whl/{build}")
                    sums |= dict(other.values())
                except subprocess.CalledProcessError:
                    kept = {
                        name: sha for name, sha in before.items() if f"+{build}-" in name and locks.suits(name, target)
                    }
                    print(f"torch's build {build} for {target}: not reached, {len(kept)} lines kept")
                    sums |= kept
    lines = sorted(f"{digest}  {name}\n" for name, digest in sums.items())
    SUMS.write_text("".join(sorted(lines, key=lambda line: line.split("  ")[1].lower())), encoding="utf-8")
    print(f"{len(lines)} wheels, {len(more)} of them pinned for CUDA alone; new: {sorted({*sums} - {*before})}")
    return 0


def beside(lock: list[str], words: list[str]) -> list[str]:
    """The pins of what some packages need that no lock has, sorted."""
    own = {locks.canonical(pin.split("==")[0]) for pin in lock}
    wanted = plan(["--constraint", str(LOCK), "--constraint", str(LARGE), *words])
    return sorted(f"{name}=={version}" for name, version in wanted if locks.canonical(name) not in own)


def listed(what: str, pins: list[str]) -> str:
    return f"# {what} Made by docs/checksums.py.\n" + "".join(f"{pin}\n" for pin in pins)


def pins_of(path: Path, target: locks.Target) -> list[str]:
    return [f"{name}=={version}" for name, version in locks.read_lock(path, target)]


def plan(
    words: list[str], target: locks.Target | None = None, index: str = PYPI, macos: int = 0
) -> dict[tuple[str, str], tuple[str, str]]:
    """(name, version) -> (wheel, sha256) of what pip would install; for a target, without what that needs.

    Raises:
        subprocess.CalledProcessError: the index has no such wheel, or is not reached.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PIP_") or name in KEPT}
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "plan.json"
        command = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--quiet"]
        command += ["--only-binary", ":all:", "--no-cache-dir", "--index-url", index, "--report", str(report)]
        if target:
            command += ["--no-deps", "--target", folder, *locks.pip_words(target, macos)]
        subprocess.run([*command, *words], env=environment | {"PIP_CONFIG_FILE": os.devnull}, check=True)
        planned = json.loads(report.read_text(encoding="utf-8"))["install"]
    return {
        (one["metadata"]["name"].lower(), one["metadata"]["version"]): (
            one["download_info"]["url"].rsplit("/", 1)[-1].replace("%2B", "+"),
            one["download_info"]["archive_info"]["hashes"]["sha256"],
        )
        for one in planned
    }


if __name__ == "__main__":
    raise SystemExit(main())
