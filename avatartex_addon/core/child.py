"""One backend process: its pipes, and threads that turn them into a queue.

Threads, because no portable way of reading a pipe without blocking works on Windows. They touch a queue and the log,
never bpy.
"""

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

from ..backend.offline import SWITCHES
from .log import BackendLog

#: Seconds that a worker gets to leave by itself when its stdin closes; it needs a few milliseconds.
LEAVE_TIME = 0.5

#: Of Blender's environment these would lead the backend's Python to Blender's packages (or the other way round).
FOREIGN_VARIABLES = (
    "PYTHONPATH",
    "PYTHONHOME",
    "PYTHONSTARTUP",
    "PYTHONEXECUTABLE",
    "__PYVENV_LAUNCHER__",
    "VIRTUAL_ENV",
)

#: What pip may know of this computer: how to reach an index, never which one, nor other folders of packages.
PIP_VARIABLES = ("PIP_CERT", "PIP_CLIENT_CERT", "PIP_PROXY", "PIP_DEFAULT_TIMEOUT", "PIP_RETRIES")


def clean_environment() -> dict[str, str]:
    """The environment for every process of the backend's Python."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in FOREIGN_VARIABLES and (not name.startswith("PIP_") or name in PIP_VARIABLES)
    } | {"PIP_CONFIG_FILE": os.devnull}
    # The extension's folder may be read-only, and must not be written to in any case: hence no bytecode.
    return environment | SWITCHES | {"PYTHONNOUSERSITE": "1", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1"}


def process_options() -> dict:
    """Popen's options for every process of ours: it talks in UTF-8, has its own environment and no console window, and
    is out of reach of Ctrl-C in Blender's terminal."""
    options = {"text": True, "encoding": "utf-8", "errors": "replace", "env": clean_environment()}
    if sys.platform == "win32":
        return options | {"creationflags": subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP}
    return options | {"start_new_session": True}


@contextlib.contextmanager
def without_sigpipe() -> Iterator[None]:
    """For writes that may find the other end gone.

    Python ignores SIGPIPE, Blender does not: a word to a dead backend would end Blender. Masked for this thread only.
    """
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGPIPE})
    try:
        yield
    finally:
        if signal.SIGPIPE in signal.sigpending():
            signal.sigwait({signal.SIGPIPE})
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def kill_group(process: subprocess.Popen) -> None:
    """End a process of ours now; where the system has groups, with those that it started."""
    try:
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    except OSError:
        pass


class Child:
    """A running backend.

    Raises:
        OSError: when the command cannot be started.
    """

    def __init__(self, command: list[str], log: BackendLog) -> None:
        self.lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **process_options()
        )
        self._readers = [
            threading.Thread(target=self._read_messages, name="avatartex-stdout", daemon=True),
            threading.Thread(target=self._read_log, args=(log,), name="avatartex-stderr", daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def send(self, line: str) -> None:
        """Write one line; a dead child is noticed by its exit, not here."""
        with without_sigpipe(), contextlib.suppress(OSError, ValueError):
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()

    @property
    def exit_code(self) -> int | None:
        return self.process.poll()

    def kill(self) -> None:
        """End it now, with the processes that it started."""
        if self.process.poll() is None:
            kill_group(self.process)
            self.process.wait(LEAVE_TIME * 4)
        self._close()

    def leave(self) -> None:
        """Let it go by the end of its stdin, else kill it."""
        self._close()
        try:
            self.process.wait(LEAVE_TIME)
        except subprocess.TimeoutExpired:
            pass
        self.kill()

    def settle(self) -> None:
        """After its death: a moment for the readers to hand over the last words, and the system its exit."""
        for reader in self._readers:
            reader.join(LEAVE_TIME)
        with contextlib.suppress(subprocess.TimeoutExpired):  # its pipes close a little before
            self.process.wait(LEAVE_TIME)

    def _close(self) -> None:
        with without_sigpipe(), contextlib.suppress(OSError):
            self.process.stdin.close()

    def _read_messages(self) -> None:
        with self.process.stdout as pipe:
            for line in pipe:
                self.lines.put(line.rstrip("\r\n"))
        self.lines.put(None)  # the end

    def _read_log(self, log: BackendLog) -> None:
        with self.process.stderr as pipe:
            for line in pipe:
                log.write(line.rstrip("\r\n"))
