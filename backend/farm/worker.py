"""A warm worker: python -m backend serve as a child, which keeps its networks from one row to the next."""

from __future__ import annotations

import contextlib
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable

from .. import verified
from ..errors import AvatarTexError, Cancelled, ErrorCode
from ..messages import PROTOCOL, Answer, Failure, Generate, Progress, Ready
from ..wire import decode, encode

#: Seconds until it is ready, of silence in a job, and until one that shall leave has left; then it is killed.
START_TIME, SILENCE_TIME, LEAVE_TIME = 120.0, 300.0, 2.0
#: Seconds between two looks at whether the row is still wanted.
LOOK = 0.2

OnProgress = Callable[[str, float], None]


class WorkerDied(Exception):
    """It ended or hung in the middle of a row; the text says how. The next row starts another one."""


def serve_command() -> list[str]:
    """How this Python starts a worker, with the weights that it was itself told of."""
    weights = ["--weights", str(verified.shared)] if verified.shared else []
    return [sys.executable, "-m", "backend", *weights, "serve"]


class Worker:
    """Started by its first row. Its words on stderr go to ours.

    Args:
        command: how to start it.
        threads: of its processor; 0 leaves what the environment says.
    """

    def __init__(self, command: list[str], threads: int = 0) -> None:
        self.command = command
        root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        paths = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH", "")]))
        self.environment = os.environ | {"PYTHONPATH": paths} | ({"OMP_NUM_THREADS": str(threads)} if threads else {})
        self.process: subprocess.Popen[str] | None = None
        self.lines: queue.SimpleQueue[str] = queue.SimpleQueue()

    def start(self) -> None:
        """Raises: AvatarTexError, BACKEND_MISSING, which is this machine's fault and no row's."""
        if self.process is not None and self.process.poll() is None:
            return
        self.close()
        try:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                errors="replace",
                env=self.environment,
            )
        except OSError as reason:
            raise missing(f"{self.command[0]} could not be started ({reason.strerror})") from None
        self.lines = queue.SimpleQueue()
        threading.Thread(target=read_all, args=(self.process, self.lines), daemon=True).start()
        try:
            ready = self._next(time.monotonic() + START_TIME)
        except WorkerDied as death:
            raise missing(str(death)) from None
        if not isinstance(ready, Ready) or ready.protocol != PROTOCOL:
            self.close()
            raise missing("it says nothing, or is of another version")

    def generate(self, request: Generate, tell: OnProgress, wanted: Callable[[], bool] = lambda: True) -> Answer:
        """One row.

        Raises:
            AvatarTexError: it is refused.
            Cancelled: it was no longer wanted.
            WorkerDied: the worker is gone.
        """
        self.start()
        self._send(encode(request))
        until = time.monotonic() + SILENCE_TIME
        while True:
            if not wanted():
                self.close()  # the end of its stdin is its own, in the middle of a row too
                raise Cancelled
            try:
                message = self._next(min(until, time.monotonic() + LOOK))
            except WorkerDied:
                self.close()
                raise
            if message is None and time.monotonic() >= until:
                self.close()
                raise WorkerDied("it stopped answering")
            if message is None or getattr(message, "job", "") != request.job:
                continue
            until = time.monotonic() + SILENCE_TIME
            match message:
                case Progress():
                    tell(message.stage, message.fraction)
                case Failure():
                    raise AvatarTexError(ErrorCode(message.code), message.message, message.cure)
                case answer if isinstance(answer, Answer):
                    return answer

    def close(self) -> None:
        """Let it leave; one that does not hear is killed."""
        if self.process is None:
            return
        with contextlib.suppress(OSError):
            if self.process.stdin:
                self.process.stdin.close()
        try:
            self.process.wait(LEAVE_TIME)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def _send(self, line: str) -> None:
        with contextlib.suppress(OSError, ValueError, AttributeError):  # its death is noticed where it is read
            self.process.stdin.write(line + "\n")  # type: ignore[union-attr]
            self.process.stdin.flush()  # type: ignore[union-attr]

    def _next(self, until: float) -> object:
        """The next message; None where none comes in time. Raises: WorkerDied, its stdout ended."""
        while (rest := until - time.monotonic()) > 0:
            try:
                line = self.lines.get(timeout=rest)
            except queue.Empty:
                return None
            if not line:
                code = self.process.wait() if self.process else None
                raise WorkerDied(f"it ended unexpectedly (exit code {code})")
            with contextlib.suppress(AvatarTexError):  # a library that found a way to print
                return decode(line)
        return None


def missing(why: str) -> AvatarTexError:
    return AvatarTexError(
        ErrorCode.BACKEND_MISSING, f"No worker starts here: {why}.", "Try python -m backend doctor on this machine."
    )


def read_all(process: subprocess.Popen[str], lines: queue.SimpleQueue[str]) -> None:
    """Its stdout as a queue; an empty line is the end. A thread, because Windows reads no pipe without blocking."""
    if process.stdout:
        for line in process.stdout:
            if line.strip():
                lines.put(line)
    lines.put("")
