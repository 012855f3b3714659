"""The Python that the running Blender brings, and what an environment needs of it.

Blender's goes when Blender is updated: what the environment stands on is a copy.
"""

import shutil
import subprocess
import sys
from pathlib import Path

from .child import process_options
from .lock import PYTHONS
from .work import failed

#: What of Blender's Python an environment needs not.
UNNEEDED = ("site-packages", "__pycache__", "include", "libs", "test", "idlelib", "tkinter", "lib2to3", "config-*")


def blenders_python() -> str:
    """The running Blender's Python, which can make environments.

    Raises:
        AvatarTexError: it has a version that the lock has no packages for, or lacks a part; system packages may.
    """
    version = python_version(sys.executable)
    if version not in PYTHONS:
        found = ".".join(map(str, version or sys.version_info[:2]))
        raise failed(f"This Blender brings Python {found}; the backend needs 3.11 to 3.13.", BLENDER_ORG)
    if ask_python(sys.executable, "import venv, ensurepip") is None:
        raise failed("This Blender's Python cannot make environments.", BLENDER_ORG)
    return sys.executable


BLENDER_ORG = "Use the Blender from blender.org, 4.2 or later."


def keep_python(python: str, folder: Path) -> str:
    """Copy a Python that lies in Blender's own files into a folder, 40 MB; others stay where they are.

    Returns:
        What the environment may stand on; the given one where the copy does not run.
    """
    path = Path(python)
    if path.parent.parent.name != "python":  # Blender's is VERSION/python/bin/python3.11
        return python
    shutil.copytree(path.parent.parent, folder, ignore=shutil.ignore_patterns(*UNNEEDED), dirs_exist_ok=True)
    copy = str(folder / path.parent.name / path.name)
    return copy if ask_python(copy, "import venv, ensurepip") is not None else python


def python_version(python: str) -> tuple[int, int] | None:
    """(3, 11) for a Python that runs, None for anything else."""
    said = ask_python(python, "import sys; print(*sys.version_info[:2])")
    try:
        major, minor = (said or "").split()
        return int(major), int(minor)
    except ValueError:
        return None


def has_pip(python: str) -> bool:
    """Whether the environment's pip is whole: an interrupted update may have left half of it."""
    return ask_python(python, "import pip._internal.cli.main") is not None


def ask_python(python: str, code: str) -> str | None:
    """What a Python prints for some code; None where it fails or is none."""
    try:
        said = subprocess.run(
            [python, "-I", "-c", code], capture_output=True, timeout=60, stdin=subprocess.DEVNULL, **process_options()
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return said.stdout if said.returncode == 0 else None
