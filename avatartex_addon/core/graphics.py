"""Which build of torch this computer wants."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from .child import process_options
from .packages import build_here, has_no_cpu, hashes_of, is_unchecked

#: The oldest driver on which the CUDA build runs (CUDA 13).
LEAST_DRIVER = 580

BUILDS = ("auto", "cpu", "cuda")


def decide_build(choice: str, driver: int, requirements: Path) -> str:
    """cpu or cuda; a build without a checksum only where the artist chose it.

    Args:
        choice: the artist's. driver: its main version, 0 without one. requirements: the lock.
    """
    hashes = hashes_of(requirements)
    if has_no_cpu(hashes):
        return "cuda"  # which runs without a card, too
    runs = driver >= LEAST_DRIVER and not is_unchecked(hashes, "cuda")
    return build_here(("cuda" if runs else "cpu") if choice == "auto" else choice)


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
