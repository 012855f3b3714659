"""The real worker in a process of its own: asked by lines, watched from outside, ended in several ways."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import select
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
#: How the worker is started; faults.py puts its own words in the place of these.
SERVE = (sys.executable, "-B", "-m", "backend", "serve")
#: Seconds until an answer; the machine may be busy with other things.
PATIENCE = 120.0


class Gone(Exception):
    """The worker's pipe has ended."""


class Worker:
    """One worker, which is ready.

    Args:
        folder: its temporary files go into the folder "temporary" in it.
    """

    def __init__(self, folder: Path, command: tuple[str, ...] = SERVE, **environment: str) -> None:
        self.temporary = folder / "temporary"
        self.temporary.mkdir(parents=True, exist_ok=True)
        self.lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        with (folder / "worker.log").open("ab") as log:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                text=True,
                start_new_session=True,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=os.environ | {"TMPDIR": str(self.temporary), **environment},
            )
        self.pause = 0.0  # seconds between two looks at its output, of few bytes each
        self.deaf = False  # true closes its output
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        assert self.answer()["type"] == "ready"

    def _read(self) -> None:
        waiting, pipe = b"", self.process.stdout.fileno()
        while not self.deaf:
            if self.pause:
                time.sleep(self.pause)
            if not select.select([pipe], [], [], 0.1)[0]:
                continue
            if not (some := os.read(pipe, 64 if self.pause else 65536)):
                break
            *lines, waiting = (waiting + some).split(b"\n")
            for line in lines:
                self.lines.put(line.decode())
        self.process.stdout.close()
        self.lines.put("")

    def write(self, text: str) -> None:
        """To its standard input; a dead worker is noticed when it should answer."""
        with contextlib.suppress(OSError, ValueError):
            self.process.stdin.write(text)
            self.process.stdin.flush()

    def ask(self, kind: str, **fields) -> None:
        self.write(json.dumps({"type": kind, **fields}) + "\n")

    def answer(self, patience: float = PATIENCE) -> dict:
        """The next message.

        Raises:
            Gone: its pipe has ended. queue.Empty: it says nothing.
        """
        line = self.lines.get(timeout=patience)
        if not line:
            raise Gone
        return json.loads(line)

    def last(self, patience: float = PATIENCE) -> dict:
        """The next message that is no progress."""
        while (message := self.answer(patience))["type"] == "progress":
            pass
        return message

    def end(self, how: str = "close", patience: float = PATIENCE) -> None:
        """Kill it, or close its pipe; then it is gone.

        Raises:
            subprocess.TimeoutExpired: it stays.
        """
        if how == "kill":
            kill(self.process.pid)
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        self.process.wait(patience)
        self.reader.join(patience)

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_reason) -> None:
        self.end("kill")

    @property
    def megabytes(self) -> float:
        """What it holds of the machine's memory (Linux)."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    @property
    def descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    @property
    def threads(self) -> int:
        return len(os.listdir(f"/proc/{self.process.pid}/task"))


def kill(group: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def is_alive(group: int) -> bool:
    """Whether a process of this session still runs."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def goes(group: int, patience: float = PATIENCE) -> bool:
    """Whether it ends by itself."""
    until = time.monotonic() + patience
    while is_alive(group) and time.monotonic() < until:
        time.sleep(0.02)
    return not is_alive(group)


def files(folder: Path) -> dict[str, bytes]:
    """By name, what lies directly in a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
