"""The lock file: which packages, from where, how large, and how pip is asked for them.

The large ones one by one, because what has arrived stays when the next one fails: pip itself keeps nothing of a
command that is cancelled.
"""

import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .child import process_options
from .lock import Target, canonical, read_beside, read_lock, suits, this_computer
from .work import failed

#: The pip that downloads, and from which on it counts bytes. Environments begin with an older one.
PIP = "26.0"
COUNTS_BYTES = (24, 1)

#: Builds of torch: which index has them where PyPI has the other one. PyPI's is CUDA on Linux, CPU elsewhere.
TORCH_INDEX = {
    ("linux", "cpu"): "https://download.pytorch.org/whl/cpu",
    ("win32", "cuda"): "https://download.pytorch.org/whl/cu130",
}
PYPI = "https://pypi.org/simple"
#: What takes a package's place for CUDA: it runs on processors, too, and lies in the same folder.
CUDA_INSTEAD = {"onnxruntime": "onnxruntime-gpu"}
#: How the name of torch's build for CUDA on Windows begins. It is not on PyPI.
WINDOWS_CUDA = "torch-2.13.0+cu"

#: Name and version.
Pin = tuple[str, str]

#: pip's words before a folder of wheels, which then is all that it knows.
OFFLINE = ("--no-index", "--only-binary", ":all:", "--find-links")

#: MB of the large packages, for the bar; measured (torch for Linux). Others count as 1.
WEIGHTS = {
    "torch": 192,
    "opencv-python": 63,
    "onnxruntime": 24,
    "onnxruntime-gpu": 256,
    "numpy": 18,
    "pillow": 7,
    "sympy": 6,
    "hf-xet": 4,
    "diffusers": 5,
    "networkx": 2,
}

#: By build, without large models' packages and with them: GB to download, and GB on disk while both downloads and
#: environment are there. CPU measured; CUDA: NVIDIA's and torch's packages for Linux summed up, unpacked estimated.
DOWNLOAD = {"cpu": (0.12, 0.34), "cuda": (1.5, 3.4)}
DISK = {"cpu": (0.6, 1.8), "cuda": (4.5, 9.7)}


@dataclass(frozen=True)
class Plan:
    """What the set-up is to install. requirements: the lock. choice: one of BUILDS. index: where packages come from, ''
    for PyPI. large: also what large models need."""

    requirements: Path
    choice: str = "auto"
    index: str = ""
    large: bool = False


def weight(name: str) -> int:
    """MB of a package, about. NVIDIA's libraries are 170 on average."""
    return WEIGHTS.get(name, 170 if name.startswith(("nvidia-", "triton")) else 1)


def build_here(build: str) -> str:
    """cpu where CUDA does not exist."""
    return "cpu" if sys.platform == "darwin" else build


def read_pins(requirements: Path, build: str, large: bool = False, python: tuple[int, int] | None = None) -> list[Pin]:
    """(name, version) of all that a build needs: the lock, and what large models need; for CUDA with NVIDIA's libraries
    (torch's for Windows lie in its wheel) and the packages that take another's place, which PyPI does not have for
    ARM. python: which the environment has; None for the one that runs."""
    target = this_computer(python or sys.version_info[:2])
    pins = read_lock(requirements, target) + (read_beside(requirements, "large", target) if large else [])
    if build != "cuda":
        return pins
    if target.machine == "x86_64":
        cuda = read_beside(requirements, "cuda", target)
        pins = [(CUDA_INSTEAD.get(name, name), version) for name, version in pins] + cuda
    torchs = read_beside(requirements, "large-cuda", target) if large and sys.platform == "linux" else []
    return list(dict.fromkeys(pins + torchs))


def wheels_in(folder: Path, target: Target | None = None) -> Iterator[Pin]:
    """(name, version) of the wheels there, of those for a target where one is given; the version without its build
    (+cpu)."""
    for path in folder.glob("*.whl"):
        parts = path.name.split("-")
        if len(parts) >= 5 and (target is None or suits(path.name, target)):
            yield canonical(parts[0]), parts[1].split("+")[0]


def installed_in(environment: Path) -> Iterator[tuple[str, str, Path]]:
    """(name, version, its .dist-info) of the packages there; the version without its build. Half installed ones too."""
    pattern = "Lib/site-packages" if sys.platform == "win32" else "lib/python3.*/site-packages"
    for path in environment.glob(f"{pattern}/*.dist-info"):
        name, _, version = path.stem.partition("-")
        yield canonical(name), version.split("+")[0], path


def whole(dist_info: Path) -> bool:
    """pip writes this file when all others are in place; without it an interruption cut the package in half."""
    return (dist_info / "INSTALLER").is_file()


def without(pins: list[Pin], there: set[tuple[str, str]]) -> list[Pin]:
    """The pins that are not among those."""
    return [(name, version) for name, version in pins if (canonical(name), version.split("+")[0]) not in there]


def hashes_of(requirements: Path) -> dict[str, str]:
    """sha256 by the wheel's file name, of the list beside a lock; {} for a lock without one."""
    try:
        lines = requirements.with_suffix(".sha256").read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    return {name: digest for digest, _, name in (line.partition("  ") for line in lines) if name}


def is_unchecked(hashes: dict[str, str], build: str) -> bool:
    """Whether our list has no checksum of torch's build for this system. Only CUDA's for Windows may lack."""
    windows = (sys.platform, build) == ("win32", "cuda")
    return windows and not any(name.startswith(WINDOWS_CUDA) for name in hashes)


def has_no_cpu(hashes: dict[str, str], target: Target) -> bool:
    """Whether our list has PyPI's torch for this Linux, which is CUDA's, and not the one for CPUs alone."""
    here = [name for name in hashes if name.startswith("torch-") and suits(name, target)]
    return target.system == "linux" and bool(here) and not any("+cpu-" in name for name in here)


PUBLIC = "Nothing of it was installed. Use the public package index."


def refuse_changed(wheel: Path, hashes: dict[str, str], build: str = "cpu", cure: str = PUBLIC) -> None:
    """Refuse a wheel that is not the one which the lock was made with.

    Args:
        build: what was decided, or chosen: cuda lets the build through that is_unchecked() means.

    Raises:
        AvatarTexError: it is another one, or an unknown one.
    """
    if not hashes:
        return
    if wheel.name.startswith(WINDOWS_CUDA) and is_unchecked(hashes, "cuda"):
        if build == "cuda":
            return
        raise failed(f"The package {wheel.name} has no checksum.", "To install it all the same, choose CUDA as Build.")
    with wheel.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() == hashes.get(wheel.name):
            return
    known = "is not the one that AvatarTex was tested with" if wheel.name in hashes else "is none that AvatarTex knows"
    raise failed(f"The package {wheel.name} {known}.", cure)


def pages(plan: Plan, build: str) -> list[str]:
    """A page of each host that a build's packages come from, which is there where the host lets this computer in."""
    torchs = TORCH_INDEX.get((sys.platform, build)) if plan.large else None
    index = (plan.index or PYPI).rstrip("/")
    files = ["https://files.pythonhosted.org/"] if index == "https://pypi.org/simple" else []
    return [f"{index}/pip/", *files, *([f"{torchs}/torch/"] if torchs else [])]


def pip(python: str, *words: str) -> list[str]:
    return [python, "-I", "-m", "pip", *words, "--disable-pip-version-check", "--no-input"]


def download_words(
    python: str,
    pins: list[Pin],
    folder: Path,
    build: str,
    counts_bytes: bool,
    index: str = "",
    certificates: Path | None = None,
) -> list[str]:
    """pip's words for some wheels, without what they depend on; from PyPI where no index is named.

    Args:
        certificates: those that pip is to trust instead of its own.
    """
    torchs = TORCH_INDEX.get((sys.platform, build)) if pins[0][0] == "torch" else None
    words = "download --no-deps --only-binary :all: --no-cache-dir --retries 3 --progress-bar".split()
    words += ["raw" if counts_bytes else "off", "--dest", str(folder), "--index-url", torchs or index or PYPI]
    words += ["--cert", str(certificates)] if certificates else []
    return pip(python, *words, *(f"{name}=={version}" for name, version in pins))


def update_words(python: str, folder: Path) -> list[str]:
    """pip's words to install the pip of our choice from a folder."""
    return pip(python, "install", "--quiet", *OFFLINE, str(folder), f"pip=={PIP}")


def install_words(python: str, pins: list[Pin], folder: Path) -> list[str]:
    """pip's words to install some packages from a folder, without any network; the lock names all that they need."""
    named = [f"{name}=={version}" for name, version in pins]
    return pip(python, "install", "--no-deps", "--progress-bar", "off", *OFFLINE, str(folder), *named)


#: The oldest driver on which the CUDA build runs (CUDA 13).
LEAST_DRIVER = 580

BUILDS = ("auto", "cpu", "cuda")


def decide_build(plan: Plan, driver: int, python: tuple[int, int] | None = None) -> str:
    """cpu or cuda; a build without a checksum only where the artist chose it.

    Args:
        driver: its main version, 0 without one.
        python: which the environment has; None for the one that runs.
    """
    hashes = hashes_of(plan.requirements)
    if plan.large and has_no_cpu(hashes, this_computer(python or sys.version_info[:2])):
        return "cuda"  # which runs without a card, too
    runs = driver >= LEAST_DRIVER and not is_unchecked(hashes, "cuda")
    return build_here(("cuda" if runs else "cpu") if plan.choice == "auto" else plan.choice)


def build_of_wheels(folder: Path) -> str:
    """What a folder of packages would install."""
    return "cuda" if any(folder.glob("nvidia_*.whl")) or any(folder.glob("torch-*+cu*.whl")) else "cpu"


def find_driver() -> tuple[str, int]:
    """(name of the card, main version of NVIDIA's driver); ('', 0) without one."""
    program = shutil.which("nvidia-smi")
    if program:
        try:
            said = subprocess.run(
                [program, "--query-gpu=name,driver_version", "--format=csv,noheader"],
                capture_output=True,
                timeout=20,
                stdin=subprocess.DEVNULL,
                **process_options(),
            )
            name, version = said.stdout.splitlines()[0].rsplit(",", 1)
            return name.strip(), int(version.split(".")[0])
        except (OSError, ValueError, IndexError, subprocess.TimeoutExpired):
            pass
    try:
        text = Path("/proc/driver/nvidia/version").read_text(encoding="utf-8")
        return "NVIDIA card", int(re.search(r"Kernel Module.*?\s(\d+)\.\d+", text)[1])
    except (OSError, TypeError):
        return "", 0
