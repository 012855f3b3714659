"""The laboratory's work on a farm's engines: functions called by name in warm workers, of this machine or of Ray.

    python -m backend.lab.calls      a worker: calls on stdin, answers on stdout, in the wire's messages

A function of a call is `f(tell, **values)`: tell(what, share) shows that it goes on, and a worker that is silent for
five minutes is taken for dead. Values are JSON. What it makes it writes to files that are whole or not there, so that
work that was ended goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from typing import Any, cast

from .. import __version__
from ..errors import AvatarTexError, ErrorCode, explain
from ..farm.dispatch import LocalPool, Pool, run_rows
from ..farm.rows import DONE, FAILED, ISOLATED, TRIES, Outcome
from ..farm.worker import Worker, WorkerDied
from ..messages import PROTOCOL, Failure, Generate, Progress, Ready, Result
from ..wire import encode
from ..worker import claim_pipes

Tell = Callable[[str, float], None]
COMMAND = [sys.executable, "-m", __name__]


@dataclass(frozen=True)
class Call:
    """One function with its values; output names what it makes."""

    number: int
    output: str
    function: str  # MODULE:FUNCTION
    values: Mapping[str, Any] = field(default_factory=dict)
    job: str = ""

    @property
    def line(self) -> int:
        return self.number


def add_engine(parser: argparse.ArgumentParser) -> None:
    """Options that say who works."""
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes (default: one per core)")
    parser.add_argument("--engine", choices=("local", "ray"), default="local", help="default local")
    parser.add_argument("--address", default="", help="of a Ray cluster (default: one of this machine)")


def make_pool(arguments: argparse.Namespace) -> Pool:
    """The workers that add_engine's options ask for, of one thread each.

    Raises:
        AvatarTexError: as RayPool.
    """
    if arguments.engine == "ray":
        from ..farm.ray_pool import Needs, RayPool

        return RayPool(arguments.workers, COMMAND, Needs(), do_call, arguments.address)
    return local_pool(arguments.workers)


def local_pool(workers: int) -> Pool:
    return LocalPool(workers, COMMAND, 1, do_call)


def run_calls(
    function: str, items: Iterable[tuple[str, Mapping[str, Any]]], pool: Pool, note: Callable[[Outcome], None]
) -> None:
    """Call a function once for each (output, values); the pool is closed at the end.

    Args:
        note: is told each outcome as it comes.

    Raises:
        AvatarTexError: INTERNAL, no worker is left that can work.
    """

    def calls() -> Iterator[Call]:
        for number, (output, values) in enumerate(items, 1):
            yield Call(number, output, function, values, f"call {number}")

    try:
        if not run_rows(calls(), pool, lambda outcome, busy: note(outcome)):
            raise AvatarTexError(ErrorCode.INTERNAL, "No worker is left that can work.", "Its words stand above.")
    finally:
        pool.close()


def do_call(call: Call, worker: Worker, wanted: Callable[[], bool]) -> Outcome:
    """As farm.rows.Do: a call that ends its worker is tried again, and isolated at last."""
    begun = time.monotonic()
    end = partial(Outcome, call.number, call.line, call.output)
    words = ""
    for _ in range(TRIES):
        try:
            worker.generate(cast(Generate, call), lambda what, share: None, wanted)
        except WorkerDied as death:
            words = str(death)
        except AvatarTexError as error:
            return end(FAILED, str(error.code), error.message, error.cure, round(time.monotonic() - begun, 2))
        else:
            return end(DONE, seconds=round(time.monotonic() - begun, 2))
    what = f"It ended its worker {TRIES} times: {words}."
    return end(ISOLATED, str(ErrorCode.BACKEND_DIED), what, "", round(time.monotonic() - begun, 2))


def main() -> int:
    """Answer calls until stdin ends, which is the end of the process, in the middle of one too."""
    lines_in, lines_out = claim_pipes(sys.stdin, sys.stdout)

    def say(message: Any) -> None:
        lines_out.write(encode(message) + "\n")
        lines_out.flush()

    waiting: list[str] = []
    there = threading.Semaphore(0)

    def listen() -> None:
        for line in lines_in:
            waiting.append(line)
            there.release()
        os._exit(0)

    say(Ready(PROTOCOL, __version__, "", os.getpid()))
    threading.Thread(target=listen, daemon=True).start()
    while there.acquire():
        say(answer(json.loads(waiting.pop(0)), say))
    return 0


def answer(call: dict[str, Any], say: Callable[[Any], None]) -> Result | Failure:
    """The message that ends a call."""
    job = call["job"]
    try:
        module, _, name = call["function"].partition(":")
        function = getattr(import_module(module), name)
        function(lambda what, share: say(Progress(job, what, share)), **call["values"])
        return Result(job, call["output"])
    except AvatarTexError as refusal:
        return Failure.of(job, refusal)
    except Exception as bug:
        traceback.print_exc()
        return Failure.of(job, explain(bug))


if __name__ == "__main__":
    raise SystemExit(main())
