"""The worker: messages on stdin, jobs, messages on stdout. The add-on starts it and it ends with Blender."""

from __future__ import annotations

import os
import sys
import threading
import traceback
from queue import SimpleQueue
from typing import TextIO

from . import __version__
from .errors import AvatarTexError, Cancelled, ErrorCode
from .messages import PROTOCOL, Cancel, Failure, Generate, Message, Progress, Ready, Shutdown, Stopped, decode, encode


class Worker:
    """Reads on one thread, so that a Cancel is heard in mid-job; computes on the main one."""

    def __init__(self, requests: TextIO, answers: TextIO) -> None:
        self.requests, self.answers = requests, answers
        self.jobs: SimpleQueue[Generate | None] = SimpleQueue()
        self.cancelled: set[str] = set()
        self.lock = threading.Lock()

    def say(self, message: Message) -> None:
        with self.lock:
            try:
                self.answers.write(encode(message) + "\n")
                self.answers.flush()
            except (OSError, ValueError):
                os._exit(0)  # nobody listens any more

    def listen(self) -> None:
        for line in self.requests:
            if not line.strip():
                continue
            try:
                message = decode(line)
            except AvatarTexError as refusal:
                self.say(Failure.of("", refusal))
                continue
            if isinstance(message, Cancel):
                self.cancelled.add(message.job)
            elif isinstance(message, Generate):
                self.jobs.put(message)
            elif isinstance(message, Shutdown):
                break
        # Blender is gone, or wants us gone: a job in mid-computation has nobody to compute for
        os._exit(0)

    def run(self) -> None:
        threading.Thread(target=self.listen, daemon=True).start()
        self.say(Ready(PROTOCOL, __version__, _device(), os.getpid()))
        while (job := self.jobs.get()) is not None:
            self.say(self.answer(job))

    def answer(self, job: Generate) -> Message:
        """Run one job; whatever happens in it becomes a message."""
        try:
            from .pipeline import generate

            return generate(
                job, lambda stage, fraction: self.say(Progress(job.job, stage, round(fraction, 4))),
                lambda: job.job in self.cancelled,
            )
        except AvatarTexError as refusal:
            return Failure.of(job.job, refusal)
        except Cancelled:
            return Stopped(job.job)
        except Exception as bug:
            traceback.print_exc()
            if isinstance(bug, MemoryError) or type(bug).__name__ == "OutOfMemoryError":
                return Failure(job.job, str(ErrorCode.OUT_OF_MEMORY), "The memory was not enough.",
                               "Close other programs or choose a smaller size.")
            return Failure(job.job, str(ErrorCode.INTERNAL), f"The backend failed ({type(bug).__name__}: {bug}).",
                           "Report it with the backend's log.")


def serve(stdin: TextIO, stdout: TextIO) -> int:
    """Serve until stdin ends. Only messages reach stdout: print and native code are sent to stderr."""
    answers = os.fdopen(os.dup(stdout.fileno()), "w", encoding="utf-8", newline="\n")
    os.dup2(2, stdout.fileno())
    sys.stdout = sys.stderr
    Worker(stdin, answers).run()
    return 0


def _device() -> str:
    """'cuda' where the driver is there; torch itself is loaded with the first job."""
    return "cuda" if os.path.exists("/dev/nvidia0") else "cpu"
