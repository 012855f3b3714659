"""How the backend is started: which Python, with which words, and whether one that the artist named can run it."""

import json
import os
from pathlib import Path

from .lock import PYTHONS
from .log import BackendLog
from .places import Fit, Home, environment_python
from .pythons import python_version
from .work import Work, failed

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


CURE = "Install backend/requirements.txt into it, choose another Python, or empty the field."


class Examination(Work):
    """Looks at one Python; `error` says what it lacks, `verdict` what it is."""

    def __init__(self, python: str, extension_folder: Path, weights: Path, log: BackendLog) -> None:
        super().__init__(log)
        self.python, self.extension_folder, self.weights, self.verdict = python, extension_folder, weights, ""

    def work(self) -> None:
        self.step("Examining the chosen Python", 0.1)
        version = python_version(self.python)
        if version is None:
            raise failed("The chosen file is no Python that runs.", "Choose another one, or empty the field.")
        if version < PYTHONS[0]:
            wanted = ".".join(map(str, PYTHONS[0]))
            raise failed(f"The chosen Python is {version[0]}.{version[1]}; the backend needs {wanted}.", CURE)
        words = backend_command(self.python, self.extension_folder, self.weights, "doctor", "--json")
        broken = broken_findings(self.call(words, "The chosen Python fails.", codes=(0, 1)))  # 1: something is broken
        if broken is None:
            raise failed("The chosen Python could not examine itself.", "Look into the log, or choose another one.")
        if broken:
            named = [f"{finding['what']} is {finding_text(finding)}" for finding in broken]
            more = f", and {len(named) - 2} more" if len(named) > 2 else ""
            raise failed(f"In the chosen environment {', '.join(named[:2])}{more}.", CURE)
        self.verdict = f"Python {version[0]}.{version[1]} with all packages"


def broken_findings(lines: list[str]) -> list[dict] | None:
    """Those of the doctor's JSON, None where it is none. Libraries may have written before it."""
    text = "\n".join(lines)
    try:
        answer = json.loads(text[text.index("{") :])
        return [finding for finding in answer["findings"] if finding["state"] == "broken"]
    except (ValueError, KeyError, TypeError):
        return None


def finding_text(finding: dict) -> str:
    """'missing', or '1.2 (needs >=1.26,<3)'."""
    return "missing" if finding["found"] == "missing" else f"{finding['found']} (needs {finding['wanted']})"
