"""One warm worker for all tasks of a session, where each task is a process of its own (Open Job Description).

A host keeps the worker and reads a folder: tasks put requests there, as messages of the wire, and read the answers from
it. Files and no sockets: nothing listens on the network, and it is the same on every system.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from ..errors import AvatarTexError, Cancelled, ErrorCode
from ..messages import Answer, Failure, Generate, Message, Progress, Stopped
from ..outputs import forget, temporary_name
from ..wire import decode, encode
from .worker import SILENCE_TIME, OnProgress, Worker, WorkerDied, serve_command

#: Seconds without a request after which a host leaves: a session that was killed stops nothing. Tasks start it again.
IDLE_TIME = 120.0
#: Seconds between two looks, and in which a host says that it lives.
LOOK, BEAT = 0.05, 5.0
STOP, ALIVE, NOW, LOG = "stop", "alive", "now", "worker.log"
ASKED, ANSWERED = ".asked", ".answered"


def start(folder: Path, command: list[str]) -> None:
    """Start a host in a folder, out of reach of the signals of the action that starts it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / STOP).unlink(missing_ok=True)
    apart = {"creationflags": 0x208} if sys.platform == "win32" else {"start_new_session": True}  # detached, new group
    root = str(Path(__file__).parents[2])
    paths = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH", "")]))
    with (folder / LOG).open("ab") as log:  # not the action's pipes: it would never end
        subprocess.Popen(
            [sys.executable, "-m", "backend.farm.session", str(folder), *command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=os.environ | {"PYTHONPATH": paths},
            **apart,  # type: ignore[call-overload]
        )
    (folder / ALIVE).touch()


def stop(folder: Path) -> None:
    """Have the host leave; it takes a running row with it."""
    if folder.is_dir():
        (folder / STOP).touch()


def lives(folder: Path) -> bool:
    """Whether a host has said so a moment ago, by the clock of whatever machine stores the folder."""
    with contextlib.suppress(OSError):
        (folder / NOW).touch()
        return (folder / NOW).stat().st_mtime - (folder / ALIVE).stat().st_mtime < 4 * BEAT
    return False


class Pulse:
    """Whether a host goes on saying that it lives, by this process's own clock: others may be set meanwhile."""

    def __init__(self, folder: Path) -> None:
        self.file, self.beat, self.heard = folder / ALIVE, 0.0, time.monotonic()

    def goes_on(self) -> bool:
        with contextlib.suppress(OSError):
            if (beat := self.file.stat().st_mtime) != self.beat:
                self.beat, self.heard = beat, time.monotonic()
            return time.monotonic() - self.heard < 4 * BEAT
        return False


def host(folder: Path, command: list[str]) -> None:
    """Answer requests until it is told to stop, the folder is gone, or nobody asks for a while."""
    worker, asked, beat = Worker(command), time.monotonic(), 0.0

    def wanted(job: Path | None = None) -> bool:
        nonlocal beat
        if time.monotonic() - beat > BEAT:
            beat = time.monotonic()
            with contextlib.suppress(OSError):
                (folder / ALIVE).touch()
        left = job is not None and (not job.exists() or any(path != job for path in folder.glob("*" + ASKED)))
        return folder.is_dir() and not (folder / STOP).exists() and not left

    try:
        with contextlib.suppress(AvatarTexError):  # said by the first row
            worker.start()
        while wanted() and time.monotonic() - asked < IDLE_TIME:
            for job in sorted(folder.glob("*" + ASKED)):
                serve(job, worker, lambda job=job: wanted(job))  # type: ignore[misc]
                asked = time.monotonic()
            time.sleep(LOOK)
    finally:
        worker.close()
        with contextlib.suppress(OSError):
            (folder / ALIVE).unlink()


def serve(job: Path, worker: Worker, wanted: Callable[[], bool]) -> None:
    """One request: its answer, whatever comes of it."""
    with job.with_suffix(ANSWERED).open("a", encoding="utf-8") as file:

        def say(message: Message) -> None:
            file.write(encode(message) + "\n")
            file.flush()

        request = decode(job.read_text(encoding="utf-8"))
        assert isinstance(request, Generate)
        try:
            say(worker.generate(request, lambda stage, part: say(Progress(request.job, stage, part)), wanted))
        except Cancelled:
            say(Stopped(request.job))
        except WorkerDied as death:
            say(Failure(request.job, ErrorCode.BACKEND_DIED, str(death), ""))
        except AvatarTexError as error:
            say(Failure.of(request.job, error))
        finally:
            job.unlink(missing_ok=True)


class Hosted:
    """The session's worker as a task sees it: a rows.Generator.

    Args:
        command: how a host that is gone starts its worker.
    """

    def __init__(self, folder: Path, command: list[str]) -> None:
        self.folder, self.command = folder, command or serve_command()

    def generate(self, request: Generate, tell: OnProgress, wanted: Callable[[], bool]) -> Answer:
        """As Worker.generate."""
        if not lives(self.folder):
            start(self.folder, self.command)
        job = self.folder / f"{os.getpid()}-{time.monotonic_ns()}{ASKED}"
        part = temporary_name(job)
        part.write_text(encode(request), encoding="utf-8")
        part.replace(job)
        forget(part)
        answers = job.with_suffix(ANSWERED)
        heard, said, pulse = time.monotonic(), 0, Pulse(self.folder)
        try:
            while wanted() and pulse.goes_on() and time.monotonic() - heard < SILENCE_TIME:
                lines = answers.read_text(encoding="utf-8").splitlines(keepends=True) if answers.exists() else []
                for line in lines[said:]:
                    if not line.endswith("\n"):  # it is being written
                        break
                    heard, said = time.monotonic(), said + 1
                    match decode(line):
                        case Progress(stage=stage, fraction=fraction):
                            tell(stage, fraction)
                        case Failure(code=ErrorCode.BACKEND_DIED, message=words):
                            raise WorkerDied(words)
                        case Failure(code=code, message=words, cure=cure):
                            raise AvatarTexError(ErrorCode(code), words, cure)
                        case Stopped():
                            raise Cancelled
                        case answer if isinstance(answer, Answer):
                            return answer
                time.sleep(LOOK)
            if not wanted():
                raise Cancelled
            raise WorkerDied("the session's worker stopped answering")
        finally:
            job.unlink(missing_ok=True)
            answers.unlink(missing_ok=True)

    def close(self) -> None:
        """It outlives the task."""


if __name__ == "__main__":
    host(Path(sys.argv[1]), sys.argv[2:])
