"""Writes the lists of the set-up's packages anew after a lock in backend was changed: python docs/checksums.py

requirements-cuda.txt gets what ONNX Runtime needs for CUDA, requirements-large-cuda.txt what torch needs for it on
Linux, with versions, and requirements.sha256 the checksum of every wheel that the set-up may install: for each system
the one that pip chooses there for Python 3.11. The package index says all of it; of packages only what they say of
themselves is fetched. Run it on Linux. Builds of torch that are not on PyPI keep their lines where PyTorch's index is
not reached.
"""

from __future__ import annotations

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
#: Names of wheels say for which systems they are. Newest first, as pip prefers them.
GLIBC = range(39, 16, -1)
SYSTEMS = {
    "linux x86_64": [*(f"manylinux_2_{minor}_x86_64" for minor in GLIBC), "manylinux2014_x86_64"],
    "linux aarch64": [*(f"manylinux_2_{minor}_aarch64" for minor in GLIBC), "manylinux2014_aarch64"],
    "windows": ["win_amd64"],
    "macos": ["macosx_14_0_arm64"],
}
#: Where set-up puts onnxruntime-gpu in onnxruntime's place, for CUDA.
INSTEAD = {"linux x86_64", "windows"}
#: Other builds of torch: which index has them, for which system.
BUILDS = {("cpu", "linux x86_64"), ("cpu", "linux aarch64"), ("cu130", "windows")}


def main() -> int:
    lock = pins_of(LOCK) + pins_of(LARGE)
    torch, runtime = (next(pin for pin in lock if pin.startswith(f"{name}==")) for name in ("torch", "onnxruntime"))
    more = beside(lock, [torch])
    TORCHS.write_text(listed("What torch needs for CUDA on Linux.", more), encoding="utf-8")
    runtime = runtime.replace("==", "-gpu==")
    nvidia = beside(lock, [runtime.replace("-gpu", "-gpu[cuda,cudnn]"), "--constraint", str(TORCHS)])
    nvidia.remove(runtime)
    CUDA.write_text(listed(f"What {runtime} needs for CUDA.", nvidia), encoding="utf-8")
    source = (ROOT / "avatartex_addon" / "core" / "packages.py").read_text(encoding="utf-8")
    pip = "pip==" + re.search(r'^PIP = "(.+)"', source, re.MULTILINE)[1]
    sums: dict[str, str] = {}
    for system, tags in SYSTEMS.items():
        pins = [*lock, pip, *(more if "linux" in system else nvidia if system in INSTEAD else [])]
        found = plan(pins, tags)
        if system in INSTEAD:  # one by one: both builds lie in one folder
            found |= plan([runtime], tags)
        print(f"{system}: {len(found)} wheels")
        sums |= dict(found.values())
    before = dict(reversed(line.split("  ")) for line in SUMS.read_text(encoding="utf-8").splitlines())
    for build, system in sorted(BUILDS):
        try:
            sums |= dict(
                plan([f"{torch}+{build}"], SYSTEMS[system], f"https://download.pytorch.org/whl/{build}").values()
            )
        except subprocess.CalledProcessError:
            kept = {name: digest for name, digest in before.items() if f"+{build}-" in name}
            print(f"torch's build {build} for {system}: not reached, {len(kept)} lines kept")
            sums |= kept
    lines = sorted(f"{digest}  {name}\n" for name, digest in sums.items())
    SUMS.write_text("".join(sorted(lines, key=lambda line: line.split("  ")[1].lower())), encoding="utf-8")
    print(f"{len(lines)} wheels, {len(more)} of them pinned for CUDA alone; new: {sorted({*sums} - {*before})}")
    return 0


def beside(lock: list[str], words: list[str]) -> list[str]:
    """The pins of what some packages need that no lock has, sorted."""
    own = {canonical(pin) for pin in lock}
    wanted = plan(["--constraint", str(LOCK), "--constraint", str(LARGE), *words])
    return sorted(pin for name, version in wanted if canonical(pin := f"{name}=={version}") not in own)


def listed(what: str, pins: list[str]) -> str:
    return f"# {what} Made by docs/checksums.py.\n" + "".join(f"{pin}\n" for pin in pins)


def pins_of(path: Path) -> list[str]:
    return [line.split("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines() if "==" in line]


def canonical(pin: str) -> str:
    """PEP 503's name of a pin."""
    return re.sub(r"[-_.]+", "-", pin.split("==")[0]).lower()


def plan(words: list[str], tags: list[str] | None = None, index: str = PYPI) -> dict[tuple[str, str], tuple[str, str]]:
    """(name, version) -> (wheel, sha256) of what pip would install; for a system's tags, without what that needs.

    Raises:
        subprocess.CalledProcessError: the index has no such wheel, or is not reached.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PIP_") or name in KEPT}
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "plan.json"
        command = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--quiet"]
        command += ["--only-binary", ":all:", "--no-cache-dir", "--index-url", index, "--report", str(report)]
        if tags:
            command += ["--no-deps", "--target", folder, "--python-version", "3.11", "--implementation", "cp"]
            command += ["--abi", "cp311", *(word for tag in tags for word in ("--platform", tag))]
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
