"""Where the backend's Python is, and how one is made: a virtual environment of its own, never Blender's."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

VARIABLE = "AVATARTEX_BACKEND_PYTHON"
WANTED = (3, 11)


def python_of(environment: Path) -> Path:
    return environment / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def find_python(preferred: str, environment: Path) -> str:
    """The backend's Python: the artist's choice, the environment variable, or the one that was set up; '' for none."""
    for candidate in (preferred, os.environ.get(VARIABLE, ""), str(python_of(environment))):
        if candidate and Path(candidate).is_file():
            return candidate
    return ""


def find_base_python() -> str:
    """A Python that can make the environment: the wanted version on the path, or Blender's own when it is that."""
    for name in (f"python{WANTED[0]}.{WANTED[1]}", "python3", "python"):
        found = shutil.which(name)
        if found and _version(found) == WANTED:
            return found
    return sys.executable if sys.version_info[:2] == WANTED and "python" in Path(sys.executable).name else ""


def setup_commands(base: str, environment: Path, lock: Path) -> list[list[str]]:
    """What setting up runs, in order. torch first and by itself: the lock's other packages must not choose its build."""
    python = str(python_of(environment))
    pip = [python, "-m", "pip", "install", "--disable-pip-version-check"]
    torch = [line for line in lock.read_text().splitlines() if line.startswith("torch==")]
    return [[base, "-m", "venv", str(environment)], *([[*pip, torch[0]]] if torch else []), [*pip, "-r", str(lock)]]


def _version(python: str) -> tuple[int, ...]:
    try:
        out = subprocess.run(
            [python, "-c", "import sys; print(*sys.version_info[:2])"], capture_output=True, text=True, timeout=10,
        ).stdout
        return tuple(map(int, out.split()))
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return ()
