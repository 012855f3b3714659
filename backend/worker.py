"""The worker that the add-on starts: one JSON line per message on stdin and stdout, jobs one after the other.

Three rules keep it dependable. Only messages reach the real stdout: a stray print, of Python or of a native library,
lands in the log. The end of stdin is the end of the process, at once and in the middle of a job, so no worker
outlives its Blender. A job that fails, whatever it raises, becomes a message, and the next job finds the networks
still loaded.
"""

import collections
import contextlib
import ctypes
import gc
import os
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from typing import TextIO

from . import __version__
from .errors import AvatarTexError, Cancelled, ErrorCode, explain
from .messages import (
    PROTOCOL,
    Answer,
    Cancel,
    Expressions,
    Failure,
    Generate,
    Message,
    Progress,
    Ready,
    Register,
    Release,
    Request,
    SaveLayers,
    Shutdown,
    Stopped,
    Variants,
)
from .wire import LONGEST_LINE, decode, encode


def serve(stdin: TextIO, stdout: TextIO) -> int:
    """Answer messages until Shutdown or the end of stdin; the exit code.

    Args:
        stdin, stdout: the process's own; both descriptors are taken over.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in Blender's terminal is for Blender
    wire = Wire(*claim_pipes(stdin, stdout))
    wire.send(Ready(PROTOCOL, __version__, "", os.getpid()))
    threading.Thread(target=wire.listen, name="stdin", daemon=True).start()
    warm_up()
    while True:
        asked = wire.jobs.get()
        if isinstance(asked, Release):
            release_memory()
            trim_memory()
            continue
        answered = answer(asked, wire)
        trim_memory()
        wire.send(answered)


def claim_pipes(stdin: TextIO, stdout: TextIO) -> tuple[TextIO, TextIO]:
    """Private copies of both pipes; descriptor 1 becomes stderr and descriptor 0 the null device for all others."""
    lines_in = os.fdopen(os.dup(stdin.fileno()), "r", encoding="utf-8", errors="replace")
    lines_out = os.fdopen(os.dup(stdout.fileno()), "w", encoding="utf-8", newline="\n")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, stdin.fileno())
    os.close(nothing)
    os.dup2(sys.stderr.fileno(), stdout.fileno())
    sys.stdout = sys.stderr
    return lines_in, lines_out


class Wire:
    """Both pipes, the waiting jobs, and which of them are cancelled."""

    def __init__(self, lines_in: TextIO, lines_out: TextIO) -> None:
        self.lines_in, self.lines_out = lines_in, lines_out
        self.jobs: queue.SimpleQueue[Request | Release] = queue.SimpleQueue()
        self.waiting: collections.Counter[str] = collections.Counter()  # by name, the running one too
        self.cancelled: set[str] = set()
        self.lock, self.book = threading.Lock(), threading.Lock()  # of the pipe, of the two above

    def send(self, message: Message) -> None:
        """Write one line; a Blender that is gone ends the process."""
        try:
            with self.lock:
                self.lines_out.write(encode(message) + "\n")
                self.lines_out.flush()
        except (OSError, ValueError):
            leave()

    def listen(self) -> None:
        """Sort what comes in, on a thread of its own so that Cancel arrives in the middle of a job.

        Whatever a line does, this thread goes on, or the process ends with it: a worker that does not listen would
        outlive its Blender.
        """
        try:
            while line := self.lines_in.readline(LONGEST_LINE + 1):
                whole = line.endswith("\n")
                if line.strip():
                    self.take(line)
                while not whole and (rest := self.lines_in.readline(LONGEST_LINE)):
                    whole = rest.endswith("\n")
        except BaseException:
            traceback.print_exc()
        finally:
            leave()

    def take(self, line: str) -> None:
        """One line."""
        try:
            message = decode(line)
        except AvatarTexError as refusal:
            self.send(Failure.of("", refusal))
            return
        match message:
            case Generate() | Register() | Variants() | Expressions() | SaveLayers():
                with self.book:
                    self.waiting[message.job] += 1
                self.jobs.put(message)
            case Cancel():
                with self.book:
                    if self.waiting[message.job]:  # else it has ended, and the next one of its name has not begun
                        self.cancelled.add(message.job)
            case Release():
                self.jobs.put(message)
            case Shutdown():
                leave()

    def forget(self, job: str) -> None:
        """It is answered; one of the same name that still waits stays cancelled with it."""
        with self.book:
            self.waiting[job] -= 1
            if self.waiting[job] <= 0:
                del self.waiting[job]
                self.cancelled.discard(job)


def leave() -> None:
    """End now: other threads may sit in native code for seconds, and files are renamed whole, so nothing breaks."""
    sys.stderr.flush()
    os._exit(0)


def warm_up() -> None:
    """Import the pipeline while the artist's first job is still on its way; a failure is reported by that job."""
    try:
        from . import pipeline  # noqa: F401
    except Exception:
        traceback.print_exc()


def work_for(request: Request) -> Callable[..., Answer]:
    """What a request asks for; imported when it is first asked for."""
    if isinstance(request, Register):
        from .registering import register_only

        return register_only
    if isinstance(request, Variants):
        from .variants.job import make_variants

        return make_variants
    if isinstance(request, Expressions):
        from .expressions.job import make_expressions

        return make_expressions
    if isinstance(request, SaveLayers):
        from .layers.save import save_layers

        return save_layers
    from .pipeline import generate

    return generate


def answer(request: Request, wire: Wire) -> Answer | Failure | Stopped:
    """Run one job; everything it can raise becomes a message."""
    try:
        if request.job in wire.cancelled:
            raise Cancelled
        return work_for(request)(request, progress_sender(request.job, wire), lambda: request.job in wire.cancelled)
    except Cancelled:
        return Stopped(request.job)
    except AvatarTexError as refusal:
        return Failure.of(request.job, refusal)
    except Exception as bug:
        traceback.print_exc()
        explained = explain(bug)
        if explained.code is ErrorCode.OUT_OF_MEMORY:
            release_memory()
        return Failure.of(request.job, explained)
    finally:
        wire.forget(request.job)


def progress_sender(job: str, wire: Wire) -> Callable[..., None]:
    """The pipeline's on_progress: stages and previews are sent, steps of a stage at most every PROGRESS_INTERVAL."""
    last_stage, last_time = "", 0.0

    def send(stage: str, fraction: float, preview: str = "") -> None:
        nonlocal last_stage, last_time
        now = time.monotonic()
        if preview or stage != last_stage or now - last_time >= 0.1:  # the panel redraws ten times a second at most
            last_stage, last_time = stage, now
            wire.send(Progress(job, stage, float(fraction), preview))

    return send


def trim_memory() -> None:
    """Give what the last job freed back to the system: glibc keeps 240 MB otherwise, which Blender wants meanwhile."""
    if sys.platform == "linux":
        with contextlib.suppress(AttributeError):  # another C library
            ctypes.CDLL(None).malloc_trim(0)


def release_memory() -> None:
    """Give back what is kept and cached for the next job, of the graphics card, too."""
    if recall := sys.modules.get(f"{__package__}.recall"):
        recall.forget_all()
    if pipeline := sys.modules.get(f"{__package__}.pipeline"):
        pipeline.load_cached_networks.cache_clear()
    if reading := sys.modules.get(f"{__package__}.portrait.networks"):
        reading.close_all()
    gc.collect()
    if torch := sys.modules.get("torch"):
        torch.cuda.empty_cache()
        torch.backends.mkldnn.set_flags(False)  # it keeps a layer that it had no memory to make as one that failed
