"""Whether a Python that the artist named can run the backend: asked of the backend's own doctor."""

import json
from pathlib import Path

from .command import backend_command
from .log import BackendLog
from .pythons import WANTED_PYTHON, python_version
from .work import Work, failed

CURE = "Install backend/requirements.txt into it, choose another Python, or empty the field."


class Examination(Work):
    """Looks at one Python; `error` says what it lacks, `verdict` what it is."""

    def __init__(self, python: str, extension_folder: Path, weights: Path, log: BackendLog) -> None:
        super().__init__(log)
        self.python, self.extension_folder, self.weights, self.verdict = python, extension_folder, weights, ""

    def work(self) -> None:
        self.step("Examining the chosen Python", 0.1)
        version = python_version((self.python,))
        if version is None:
            raise failed("The chosen file is no Python that runs.", "Choose another one, or empty the field.")
        if version < WANTED_PYTHON:
            wanted = ".".join(map(str, WANTED_PYTHON))
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
