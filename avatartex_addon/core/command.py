"""How the backend is started: which Python, and with which words."""

from __future__ import annotations

import os
import sys
from pathlib import Path

#: Names a Python for the backend where no preference does: for render farms, tests and developers.
PYTHON_VARIABLE = "AVATARTEX_BACKEND_PYTHON"

#: Starts the bundled package `backend` without leaving the extension's folder on the import path, where the add-on's
#: own `core`, `scene` and `operators` would hide packages of those names.
BOOTSTRAP = (
    "import runpy, sys; folder = sys.argv.pop(1); sys.path.insert(0, folder); import backend; "
    "sys.path.remove(folder); runpy.run_module('backend', run_name='__main__', alter_sys=True)"
)


def backend_command(python: str, extension_folder: Path, *words: str) -> list[str]:
    """The command line of the worker, or of another command of the backend.

    -I: neither the current folder, nor the user's packages, nor PYTHON* variables lead it astray. -B: no bytecode is
    written into the extension. -X utf8: file names and logs do not depend on the system's code page.
    """
    return [python, "-I", "-B", "-X", "utf8", "-c", BOOTSTRAP, str(extension_folder), *(words or ("serve",))]


def choose_python(preferred: str, environment_folder: Path) -> str:
    """The backend's Python: preference, else environment variable, else the one set up; '' when none exists."""
    if preferred:
        return preferred if Path(preferred).is_file() else ""
    named = os.environ.get(PYTHON_VARIABLE, "")
    if named:
        return named if Path(named).is_file() else ""
    own = environment_python(environment_folder)
    return str(own) if own.is_file() and is_complete(environment_folder) else ""


def environment_python(environment_folder: Path) -> Path:
    """Where a virtual environment keeps its Python."""
    return environment_folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def complete_mark(environment_folder: Path) -> Path:
    """Written last by the set-up: an environment without it was interrupted."""
    return environment_folder / "avatartex-complete"


def is_complete(environment_folder: Path) -> bool:
    return complete_mark(environment_folder).is_file()
