"""Makes the backend's virtual environment: find a Python 3.11, create, install the lock file, check.

Its own Python, never Blender's: Blender's changes with every release (3.11 up to 5.0, 3.13 from 5.1) and would break
the environment each time. The work runs on a thread that only starts processes and writes to fields; the operator
reads them.
"""

from __future__ import annotations

import shutil
import subprocess
import threading
from pathlib import Path

from ..backend.errors import AvatarTexError, ErrorCode
from .child import clean_environment, hidden_process
from .command import complete_mark, environment_python
from .log import BackendLog

WANTED_PYTHON = (3, 11)

#: Torch and its companions unpacked, measured for the CPU build; the CUDA build takes about three times that.
DISK_NEEDED = 3.0  # GB

#: Where each version comes from, tried in this order after the one that the artist chose.
CANDIDATES = (("python3.11",), ("py", "-3.11"), ("python3",), ("python",))


class Installer:
    """One run of the set-up. Read `text`, `fraction`, `done` and `error` from any thread."""

    def __init__(self, folder: Path, requirements: Path, chosen_python: str, log: BackendLog) -> None:
        self.folder, self.requirements, self.chosen_python, self.log = folder, requirements, chosen_python, log
        self.text, self.fraction = "Looking for Python 3.11", 0.0
        self.done = False
        self.error: AvatarTexError | None = None
        self._cancelled = False
        self._process: subprocess.Popen | None = None
        self._thread = threading.Thread(target=self._run, name="avatartex-setup", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def cancel(self) -> None:
        """Stop as soon as possible; what is half made is removed by the next run."""
        self._cancelled = True
        if self._process is not None:
            self._process.kill()

    def join(self) -> None:
        self._thread.join()

    def _run(self) -> None:
        try:
            self._install()
        except AvatarTexError as refusal:
            self.error = refusal
        except OSError as reason:
            self.error = failed(f"The environment could not be written ({reason.strerror}).")
        finally:
            self.done = True

    def _install(self) -> None:
        if not self.requirements.is_file():
            raise failed("This build of AvatarTex carries no list of packages.")
        python = self._find_python()
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(self.folder.parent).free < DISK_NEEDED * 1e9:
            raise failed(f"The backend needs {DISK_NEEDED:.0f} GB of disk space in {self.folder.parent}.")
        self._step("Creating the environment", 0.03)
        shutil.rmtree(self.folder, ignore_errors=True)
        self._call([*python, "-m", "venv", str(self.folder)], "The environment could not be created.")
        own = str(environment_python(self.folder))
        self._step("Downloading packages", 0.06)
        self._call(
            [own, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--progress-bar", "off",
             "--prefer-binary", "-r", str(self.requirements)],
            "The packages could not be installed.", self._show_package,
        )
        self._step("Checking", 0.97)
        self._call([own, "-c", "import numpy, cv2, torch"], "The installed packages do not work together.")
        complete_mark(self.folder).write_text("complete\n")
        self._step("Ready", 1.0)

    def _find_python(self) -> tuple[str, ...]:
        candidates = (((self.chosen_python,),) if self.chosen_python else ()) + CANDIDATES
        for words in candidates:
            if shutil.which(words[0]) and python_version(words) == WANTED_PYTHON:
                return words
        raise AvatarTexError(
            ErrorCode.BACKEND_MISSING, "No Python 3.11 was found on this computer.",
            "Install Python 3.11 from python.org, or choose it in the preferences.",
        )

    def _step(self, text: str, fraction: float) -> None:
        self.text, self.fraction = text, fraction
        self.log.write(f"setup: {text}")

    def _show_package(self, line: str) -> None:
        """pip tells of each package as 'Collecting torch==2.4'; the bar nears its end without a known total."""
        words = line.split()
        if len(words) > 1 and words[0] in ("Collecting", "Downloading"):
            self.text = f"Downloading {words[1].split('==')[0].rsplit('/', 1)[-1][:40]}"
            self.fraction += (0.85 - self.fraction) * 0.04
        elif line.startswith("Installing collected"):
            self.text, self.fraction = "Installing packages", 0.88

    def _call(self, command: list[str], sentence: str, on_line=lambda line: None) -> None:
        """Run to the end, every line into the log.

        Raises:
            AvatarTexError: with the sentence when the exit code is not 0, or when cancelled.
        """
        if not self._cancelled:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                encoding="utf-8", errors="replace", env=clean_environment(), **hidden_process(),
            )
            if self._cancelled:
                self._process.kill()
            with self._process.stdout as pipe:
                for line in pipe:
                    self.log.write(line.rstrip())
                    on_line(line.strip())
            code = self._process.wait()
        if self._cancelled:
            raise AvatarTexError(ErrorCode.CANCELLED, "The set-up was cancelled.", "Press Set Up Backend to go on.")
        if code:
            raise failed(f"{sentence} {last_error(self.log)}".strip())


def python_version(words: tuple[str, ...]) -> tuple[int, int] | None:
    """(3, 11) for a Python that runs, None for anything else."""
    question = "import sys; print(*sys.version_info[:2])"
    try:
        said = subprocess.run(
            [*words, "-I", "-c", question], capture_output=True, text=True, timeout=20, env=clean_environment(),
            **hidden_process(),
        )
        major, minor = said.stdout.split()
        return int(major), int(minor)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None


def last_error(log: BackendLog) -> str:
    """The last line in which pip said what was wrong."""
    told = [line for line in log.lines if "error" in line.lower()]
    return told[-1].strip()[:200] if told else ""


def failed(sentence: str) -> AvatarTexError:
    return AvatarTexError(
        ErrorCode.BACKEND_MISSING, sentence, "Look into the log, mend the cause and press Set Up Backend again.",
    )
