"""An artist's folder, a worker that is hurt at its work, and what must hold afterwards."""

from __future__ import annotations

import io
import itertools
import json
import queue
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Collection
from pathlib import Path

from PIL import Image

from .real_worker import PATIENCE, Gone, Worker, files, goes, kill

#: What a job is asked to write, by the fields of its request; before it, each holds BEFORE.
OUTPUTS = {
    "generate": {"output": "texture.png", "provenance": "second.png", "report": "report.json"},
    "register": {"overlay": "texture.png", "picture": "second.png", "report": "report.json"},
    "variants": {"sheet": "second.png", "report": "report.json"},
    "expressions": {"report": "report.json"},
}
#: Variants and maps of expressions name their pictures themselves, and a result has one of the head from the front.
MORE = {
    "generate": ("texture.preview.png",),
    "variants": ("cel_0.png",),
    "expressions": ("folds_1.png", "blood_1.png", "left_1.png"),
}
#: Whatever a job may write.
ALL = {
    *(file for files in OUTPUTS.values() for file in files.values()),
    *(file for more in MORE.values() for file in more),
}
BEFORE = b"the artist's own"
ANSWERS = ("result", "registered", "varied", "expressed")
#: Codes of refusals that an injury may end in; any other is a bug.
EXPECTED = ("output-not-written", "out-of-memory")


class Lost(AssertionError):
    """What must not happen."""


class Scene:
    """The folder, and at most one worker.

    Args:
        head, portrait: what jobs read; the artist's folder gets copies.
    """

    def __init__(self, folder: Path, head: Path, portrait: Path) -> None:
        self.folder, self.art, self.plan = folder, folder / "art", folder / "plan.json"
        self.inputs = {"head.obj": head.read_bytes(), "face.png": portrait.read_bytes()}
        self.inputs["pressed.obj"] = press(self.inputs["head.obj"])
        self.current: Worker | None = None
        self.numbers = itertools.count()
        self.mixed = 0  # times that a kill left some files new and some old
        self.art.mkdir(parents=True)
        self.write_plan()

    def write_plan(self, at: tuple[str, int] | None = None, act: str = "") -> None:
        for suffix in (".steps", ".acted"):
            self.plan.with_suffix(suffix).unlink(missing_ok=True)
        written = self.plan.with_suffix(".new")
        written.write_text(json.dumps({"number": next(self.numbers), "at": at, "act": act, "folder": str(self.art)}))
        written.replace(self.plan)

    @property
    def worker(self) -> Worker:
        if self.current is None:
            self.current = self.start()
        return self.current

    def start(self) -> Worker:
        injured = str(Path(__file__).with_name("injured.py"))
        return Worker(self.folder, (sys.executable, "-B", injured, str(self.plan), "serve"), OMP_NUM_THREADS="1")

    def end(self, how: str = "close") -> None:
        """The worker, which must be gone then."""
        if self.current is None:
            return
        worker, self.current = self.current, None
        try:
            worker.end(how)
        except subprocess.TimeoutExpired:
            kill(worker.process.pid)
            worker.process.wait(PATIENCE)
            raise Lost("the worker outlives its pipe") from None
        if not goes(worker.process.pid):
            kill(worker.process.pid)
            raise Lost("a process is left")

    def lay_out(self) -> None:
        """The artist's files as they are before a job."""
        self.art.mkdir(exist_ok=True)
        for path in self.art.iterdir():
            if path.name not in self.inputs and not path.name.endswith(".part"):
                path.unlink()
        for name, data in self.inputs.items():
            (self.art / name).write_bytes(data)
        for name in ALL:
            (self.art / name).write_bytes(BEFORE)

    def request(self, kind: str, job: str = "j") -> dict:
        fields = {"mesh": "head.obj", "portrait": "face.png", **OUTPUTS[kind]}
        request = {"type": kind, "job": job, **{name: str(self.art / file) for name, file in fields.items()}}
        if kind != "register":
            request["size"] = 512
        if kind == "generate":
            request["previews"] = str(self.folder / "small")
        if kind == "variants":
            request |= {"output": str(self.art), "styles": ["cel"], "seeds": [0]}
        if kind == "expressions":
            poses = [{"name": "mouthSmile", "file": str(self.art / "pressed.obj")}]
            request |= {"output": str(self.art), "poses": poses}
        return request

    def ask(self, kind: str, job: str = "j") -> None:
        request = self.request(kind, job)
        self.worker.ask(request.pop("type"), **request)

    def wait(self, until: Callable[[dict], bool], patience: float = 240.0) -> dict:
        """The first message for which it holds, or that ends the job.

        Raises:
            Gone, Lost: the worker ends, or says nothing.
        """
        end = time.monotonic() + patience
        while time.monotonic() < end:
            try:
                message = self.worker.answer(0.25)
            except queue.Empty:
                if self.plan.with_suffix(".acted").exists() and until({"type": "acted"}):
                    return {"type": "acted"}
                continue
            if until(message) or message["type"] != "progress":
                return message
        raise Lost("the worker says nothing")

    def follow(self) -> dict:
        """To the job's end, whose message it is; {"type": "gone"} for a worker that ends."""
        try:
            return self.wait(lambda message: False)
        except Gone:
            return {"type": "gone"}

    def refuse_unhurt(self, message: dict, patience: float = 60.0) -> None:
        """What was planned must happen: a fault that never came is none that was survived."""
        until = time.monotonic() + patience
        while not self.plan.with_suffix(".acted").exists():  # after its last message a job still has a step to take
            if time.monotonic() > until:
                raise Lost(f"never hurt: {message}")
            time.sleep(0.05)

    def count_steps(self, kind: str, names: Collection[str]) -> dict[str, int]:
        """How often each of those steps is taken by a job that nobody hurts."""
        self.worker  # noqa: B018 - it is ready before the steps are counted
        self.lay_out()
        self.write_plan()
        self.ask(kind)
        if (message := self.follow())["type"] not in ANSWERS:
            raise Lost(f"unhurt: {message}")
        taken = Counter(self.plan.with_suffix(".steps").read_text().splitlines())
        return {name: taken[name] for name in names}

    def judge(self, kind: str, message: dict) -> None:
        """What lies in the folder after a job that ended so.

        Raises:
            Lost: a file is neither as before nor wholly new, or a refusal is a bug.
        """
        now = {name: data for name, data in files(self.art).items() if not name.endswith(".part")}
        written = {*OUTPUTS[kind].values(), *MORE.get(kind, ())}
        for name, data in self.inputs.items():
            if now.pop(name, b"") != data:
                raise Lost(f"{name}, which was only read, is another")
        old = {name for name, data in now.items() if data == BEFORE}
        new = {name for name in written - old if is_whole(name, now.get(name, b""))}
        if broken := now.keys() - old - new:
            raise Lost(f"neither old nor new: {sorted(broken)}")
        if missing := ALL - now.keys():
            raise Lost(f"gone: {sorted(missing)}")
        end = message["type"]
        if end in ANSWERS and new != written:
            raise Lost(f"answered, and not written: {sorted(written - new)}")
        if end in ("failure", "stopped") and new:
            raise Lost(f"refused, and written: {sorted(new)}")
        if end == "failure" and message["code"] not in EXPECTED:
            raise Lost(f"refused by a bug: {message}")
        self.mixed += bool(new) and new != written
        if end != "gone":
            self.refuse_rests()

    def refuse_rests(self) -> None:
        rests = [path for path in self.folder.rglob("*") if path.name.endswith(".part")]
        rests += list((self.folder / "temporary").iterdir())
        if rests:
            raise Lost(f"left over: {[path.name for path in rests]}")

    def work_again(self, kind: str = "register") -> None:
        """The next job in the folders where something was left: it works, and nothing of the last one is left then."""
        if (self.folder / "small").is_dir() and any(
            path.suffix == ".part" for path in (self.folder / "small").iterdir()
        ):
            kind = "generate"
        self.write_plan()
        self.lay_out()
        self.ask(kind, "next")
        message = self.wait(lambda one: one["type"] in ANSWERS and one.get("job") == "next")
        while message.get("job") != "next":  # a word on a line that was none
            message = self.wait(lambda one: False)
        if message["type"] not in ANSWERS:
            raise Lost(f"the next job: {message}")
        self.judge(kind, message)

    def close(self) -> None:
        if self.current is not None:
            kill(self.current.process.pid)
            self.current.process.wait(PATIENCE)
        shutil.rmtree(self.folder, ignore_errors=True)


def press(head: bytes) -> bytes:
    """A Wavefront head of four fifths its height: a pose whose skin is felt everywhere."""
    lines = [line.split() for line in head.decode().splitlines()]
    moved = [[line[0], line[1], str(0.8 * float(line[2])), *line[3:]] if line[:1] == ["v"] else line for line in lines]
    return "\n".join(" ".join(line) for line in moved).encode() + b"\n"


def is_whole(name: str, data: bytes) -> bool:
    """Whether a result is one from its first byte to its last."""
    try:
        if name.endswith(".json"):
            return bool(json.loads(data))
        Image.open(io.BytesIO(data)).load()
        return True
    except (OSError, ValueError, SyntaxError):
        return False
