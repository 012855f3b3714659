"""The real worker, injured at a step that a plan names: python tests/faults/injured.py PLAN serve

Steps are its messages (before and after each is sent) and every change that it makes to the disk: opening a file to
write, the half of its bytes, what follows them, renaming, linking, deleting, making folders. The plan is JSON: "at" is
a step's name and which one of that name it is since the plan was written, "act" what happens there. All steps are
listed in PLAN.steps; PLAN.acted is there once it has happened.
"""

from __future__ import annotations

import builtins
import errno
import io
import json
import os
import random
import shutil
import signal
import sys
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
#: What a file system can answer.
ERRORS = ("ENOSPC", "EDQUOT", "EROFS", "EACCES", "EIO")


class Plan:
    """Counts steps by name, and does at one of them what is planned."""

    def __init__(self, path: Path) -> None:
        self.path, self.text, self.busy = path, "", False
        self.counts: Counter[str] = Counter()

    def step(self, name: str, may_fail: bool = True) -> None:
        """One step.

        Args:
            may_fail: the system can answer it with an error.
        """
        if self.busy:  # what is done at a step takes none itself
            return
        self.busy = True
        try:
            text = self.path.read_text()
            if text != self.text:
                self.text, self.counts = text, Counter()
            with open_really(self.path.with_suffix(".steps"), "a") as file:
                file.write(name + "\n")
            plan = json.loads(text)
            if plan.get("at") == [name, self.counts[name]]:
                self.path.with_suffix(".acted").touch()
                self.act(plan["act"], may_fail)
        finally:
            self.counts[name] += 1
            self.busy = False

    def act(self, name: str, may_fail: bool) -> None:
        if name == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        elif name == "stop":  # the whole process; it does not even listen
            os.kill(os.getpid(), signal.SIGSTOP)
        elif name == "hang":  # the thread that works; the other one listens
            time.sleep(10**6)
        elif name == "late":
            time.sleep(2)
        elif name == "clock":
            jump_clock()
        elif name == "gone":  # the folder that it writes to
            shutil.rmtree(json.loads(self.text)["folder"], ignore_errors=True)
        elif name in ERRORS and may_fail:
            raise OSError(getattr(errno, name), os.strerror(getattr(errno, name)))


open_really, clock = builtins.open, time.time


def jump_clock() -> None:
    """From now on the time of day jumps by up to ten years, to and fro."""
    chance = random.Random(0)
    time.time = lambda: clock() + chance.uniform(-3e8, 3e8)
    time.time_ns = lambda: int(time.time() * 1e9)


class Halved(io.FileIO):
    """A file to write whose bytes reach the disk in two halves."""

    plan: Plan

    def write(self, data) -> int:
        whole = memoryview(data).cast("B")
        half = len(whole) // 2
        super().write(whole[:half])
        self.plan.step("half of the bytes")
        super().write(whole[half:])
        self.plan.step("all of the bytes")
        return len(whole)


def injure_disk(plan: Plan) -> None:
    """Every change of the disk by this process's Python is a step; native code writes no files here."""

    def opened(path, mode="r", *words, **more):
        if plan.busy or not isinstance(mode, str) or not isinstance(path, str | os.PathLike) or "w" not in mode:
            return open_really(path, mode, *words, **more)
        plan.step("open")
        if mode != "wb":
            return open_really(path, mode, *words, **more)
        return Halved(path, "w")

    Halved.plan = plan
    builtins.open = io.open = opened
    for name in ("fsync", "replace", "link", "unlink", "mkdir"):
        real = getattr(os, name)

        def changed(*words, real=real, name=name, **more):
            plan.step(name)
            return real(*words, **more)

        setattr(os, name, changed)


def injure_wire(plan: Plan) -> None:
    from backend import worker

    send = worker.Wire.send

    def sent(wire, message) -> None:
        name = type(message).__name__ + " " + getattr(message, "stage", "")
        plan.step(f"before {name}", False)
        send(wire, message)
        plan.step(f"after {name}", False)

    worker.Wire.send = sent


def forget_between_jobs() -> None:
    """So that each job takes every step, also where the last one had the same head and portrait."""
    from backend import recall, worker

    answer = worker.answer

    def answered(*words):
        recall.forget_all()
        return answer(*words)

    worker.answer = answered


def main() -> int:
    sys.path[0] = str(ROOT)
    plan = Plan(Path(sys.argv.pop(1)))
    from backend.__main__ import main as serve

    forget_between_jobs()
    injure_wire(plan)
    injure_disk(plan)
    return serve()


if __name__ == "__main__":
    raise SystemExit(main())
