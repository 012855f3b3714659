"""How the backend is started: which Python, and with which words."""

import os
from pathlib import Path

from .places import Fit, Home, environment_python

#: Names a Python for the backend where no preference does: for render farms, tests and developers.
PYTHON_VARIABLE = "AVATARTEX_BACKEND_PYTHON"

#: Starts the bundled package `backend` without leaving the extension's folder on the import path, where the add-on's
#: own `core`, `scene` and `operators` would hide packages of those names.
BOOTSTRAP = (
    "import runpy, sys; folder = sys.argv.pop(1); sys.path.insert(0, folder); import backend; "
    "sys.path.remove(folder); runpy.run_module('backend', run_name='__main__', alter_sys=True)"
)


def backend_command(python: str, extension_folder: Path, weights: Path, *words: str) -> list[str]:
    """The command line of the worker, or of another command of the backend, with the artist's folder of weights.

    -I: neither the current folder, nor the user's packages, nor PYTHON* variables lead it astray. -B: no bytecode is
    written into the extension. -X utf8: file names and logs do not depend on the system's code page.
    """
    isolated = [python, "-I", "-B", "-X", "utf8", "-c", BOOTSTRAP]
    return [*isolated, str(extension_folder), "--weights", str(weights), *(words or ("serve",))]


def choose_python(preferred: str, home: Home, lock: str) -> str:
    """The backend's Python: preference, else environment variable, else the one set up; '' when none exists.

    lock: the hash of this version's packages; an environment with others is not used.
    """
    if preferred:
        return preferred if Path(preferred).is_file() else ""
    named = os.environ.get(PYTHON_VARIABLE, "")
    if named:
        return named if Path(named).is_file() else ""
    return str(environment_python(home.environment)) if home.fit(lock) is Fit.READY else ""
