"""What can go wrong around a worker, each as a function that does it to a scene and says how the job ended."""

from __future__ import annotations

import contextlib
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from . import mutants
from .harness import ANSWERS, Lost, Scene
from .injured import ERRORS
from .real_worker import PATIENCE, Gone, Worker, goes, kill

GONE = {"type": "gone"}
#: Stages whose first message each job sends.
STAGES = {
    "generate": ("load", "portrait", "register", "atlas", "inpaint", "mirror", "latent", "repaint", "compose"),
    "register": ("load", "portrait", "register"),
    "variants": ("load", "register", "atlas", "inpaint", "compose", "Writing"),
    "expressions": ("load", "portrait", "register", "atlas", "compose"),
}
LAST = {"generate": "Result ", "register": "Registered ", "variants": "Varied ", "expressions": "Expressed "}
#: Their disks are hurt in two ways alone, they write as the others do.
BRIEFLY = ("variants", "expressions")
#: How often each change of the disk happens in a job whose three results were there before: first whether each folder
#: can be written (open), then the small pictures, then the results.
WRITES = ("mkdir", "half of the bytes", "all of the bytes", "fsync", "replace")
CHANGES = {
    "generate": {"open": 21, **dict.fromkeys(WRITES, 10), "link": 4, "unlink": 14},
    "register": {"open": 6, **dict.fromkeys(WRITES, 3), "link": 3, "unlink": 6},
    "variants": {"open": 8, **dict.fromkeys(WRITES, 3), "link": 3, "unlink": 6},
    "expressions": {"open": 6, **dict.fromkeys(WRITES, 4), "link": 4, "unlink": 8},
}


@dataclass(frozen=True)
class Fault:
    family: str
    name: str
    job: str
    do: Callable[[Scene, random.Random], dict]


def all_faults() -> list[Fault]:
    return [*message_faults(), *disk_faults(), *other_faults()]


def message_faults() -> Iterator[Fault]:
    for job, stages in STAGES.items():
        for message in (*(f"Progress {stage}" for stage in stages), LAST[job]):
            for when in ("before", "after"):
                for act in ("kill", "stop", "hang"):
                    at = (f"{when} {message}", 0)
                    yield Fault(f"{act} at a message", f"{job}: {at[0]}", job, planned(job, at, act))


def disk_faults() -> Iterator[Fault]:
    for job, changes in CHANGES.items():
        for change, count in changes.items():
            for number in range(count):
                for act in ("kill", "ENOSPC") if job in BRIEFLY else ("kill", "stop", "hang", "late", *ERRORS):
                    family = "a disk that refuses" if act in ERRORS else f"{act} inside a write"
                    name = f"{job}: {change} {number}" + (f", {act}" if act in ERRORS else "")
                    yield Fault(family, name, job, planned(job, (change, number), act))
                yield Fault("a folder that is deleted", f"{job}: {change} {number}", job, deleted(job, change, number))


def other_faults(turns: int = 12) -> Iterator[Fault]:
    """Those with chance in them, several turns of each."""
    for turn in range(turns):
        for family, do in (
            ("clock jumps", jump_clock),
            ("full disk", fill_disk),
            ("read-only disk", lock_disk),
            ("limit of a file's size", limit("FSIZE")),
            ("limit of memory", limit("AS")),
            ("limit of open files", limit("NOFILE")),
            ("closed input", close_input),
            ("closed output", close_output),
            ("slow reader", read_slowly),
            ("slow writer", write_slowly),
            ("junk on the pipe", send_junk),
            ("two jobs with one id", ask_twice),
            ("two workers, one folder", work_beside),
            ("parent killed", kill_parent),
            ("temporary folder deleted", delete_temporary),
        ):
            job = ("generate", "register", "register", "expressions")[turn % 4]
            yield Fault(family, f"{job}, turn {turn}", job, bound(do, job))


def bound(do: Callable[[Scene, random.Random, str], dict], job: str) -> Callable[[Scene, random.Random], dict]:
    return lambda scene, chance: do(scene, chance, job)


def planned(job: str, at: tuple[str, int], act: str) -> Callable[[Scene, random.Random], dict]:
    """An act at a step; what the add-on would do about it."""

    def do(scene: Scene, chance: random.Random) -> dict:
        scene.worker  # noqa: B018 - it is ready before the steps are counted
        scene.write_plan(at, act)
        scene.ask(job)
        if act not in ("kill", "stop", "hang"):
            message = scene.follow()
            scene.refuse_unhurt(message)
            if message == GONE:
                raise Lost("the worker ended by itself")
            return message
        message = GONE
        with contextlib.suppress(Gone):
            message = scene.wait(lambda one: one["type"] == "acted")
            scene.refuse_unhurt(message)
            scene.worker.ask("cancel", job="j")
        scene.end("close" if act == "hang" and chance.random() < 0.5 else "kill")
        return GONE if message["type"] == "acted" else message

    return do


def deleted(job: str, change: str, number: int) -> Callable[[Scene, random.Random], dict]:
    """The artist deletes the folder that the job writes to."""

    def do(scene: Scene, chance: random.Random) -> dict:
        message = planned(job, (change, number), "gone")(scene, chance)
        if message["type"] not in (*ANSWERS, "failure"):
            raise Lost(f"the job ended so: {message}")
        scene.lay_out()
        return {"type": "deleted"}

    return do


def at_a_stage(scene: Scene, chance: random.Random, job: str) -> None:
    """Ask, and come back at one of the job's stages."""
    stage = chance.choice(STAGES[job])
    scene.ask(job)
    if (message := scene.wait(lambda one: one.get("stage") == stage))["type"] != "progress":
        raise Lost(f"no {stage}: {message}")
    time.sleep(chance.choice((0.0, 0.0, 0.3)) * chance.random())


def jump_clock(scene: Scene, chance: random.Random, job: str) -> dict:
    at = ("before Progress " + chance.choice(STAGES[job]), 0)
    return planned(job, at, "clock")(scene, chance)


@contextlib.contextmanager
def small_disk(scene: Scene) -> Iterator[None]:
    """The artist's folder on a disk of 4 MB."""
    scene.art.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "none", scene.art], check=True)
    try:
        scene.lay_out()
        yield
    finally:
        subprocess.run(["umount", "--lazy", scene.art], check=True)
        scene.lay_out()


def can_mount(folder: Path) -> bool:
    """Whether this system lets us make a small disk."""
    if not shutil.which("mount") or os.geteuid():
        return False
    words = ["-t", "tmpfs", "-o", "size=1m", "none", str(folder)]
    return not subprocess.run(["mount", *words], capture_output=True, check=False).returncode and not (
        subprocess.run(["umount", str(folder)], check=False).returncode
    )


def fill_disk(scene: Scene, chance: random.Random, job: str) -> dict:
    """Another program fills the disk, but for some bytes."""
    with small_disk(scene):
        at_a_stage(scene, chance, job)
        room = shutil.disk_usage(scene.art).free - chance.choice((0, 1, 4096, 30_000, 100_000, 400_000))
        other = scene.art.with_name("other")
        with contextlib.suppress(OSError), (scene.art / "filled.part").open("wb") as file:
            other.touch()
            file.write(bytes(max(0, room)))
        message = scene.follow()
        (scene.art / "filled.part").unlink()
        other.unlink()
        scene.judge(job, message)
    return {"type": "judged"}


def lock_disk(scene: Scene, chance: random.Random, job: str) -> dict:
    with small_disk(scene):
        at_a_stage(scene, chance, job)
        subprocess.run(["mount", "-o", "remount,ro", scene.art], check=False)
        message = scene.follow()
        subprocess.run(["mount", "-o", "remount,rw", scene.art], check=False)
        scene.judge(job, message)
    return {"type": "judged"}


def limit(name: str) -> Callable[[Scene, random.Random, str], dict]:
    """A limit of the system that comes in the middle of a job, and goes after it."""
    kind = getattr(resource, f"RLIMIT_{name}")

    def do(scene: Scene, chance: random.Random, job: str) -> dict:
        worker = scene.worker
        before = resource.prlimit(worker.process.pid, kind)
        at_a_stage(scene, chance, job)
        status = Path(f"/proc/{worker.process.pid}/status").read_text()
        held = next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmSize"))
        least = {
            "FSIZE": chance.choice((0, 1, 1000, 50_000)),
            "AS": held + chance.choice((0, 1, 10, 50, 100)) * 2**20,
            "NOFILE": worker.descriptors + chance.choice((-1, 0, 1)),
        }[name]
        resource.prlimit(worker.process.pid, kind, (least, before[1]))
        message = scene.follow()
        if message["type"] == "gone":
            scene.end("kill")
        else:
            resource.prlimit(worker.process.pid, kind, before)
        return message

    return do


def close_input(scene: Scene, chance: random.Random, job: str) -> dict:
    at_a_stage(scene, chance, job)
    scene.end("close")
    return GONE


def close_output(scene: Scene, chance: random.Random, job: str) -> dict:
    """Nobody reads its answers, though its input stays open."""
    at_a_stage(scene, chance, job)
    scene.worker.deaf = True
    if not goes_at_last(scene.worker):
        raise Lost("the worker works on for nobody")
    scene.end("kill")
    return GONE


def goes_at_last(worker: Worker, patience: float = PATIENCE) -> bool:
    with contextlib.suppress(subprocess.TimeoutExpired):
        worker.process.wait(patience)
    return worker.process.poll() is not None and goes(worker.process.pid)


def read_slowly(scene: Scene, chance: random.Random, job: str) -> dict:
    """Its answers stay in a full pipe for seconds; also those to hundreds of lines that are no messages."""
    scene.worker.pause = 0.01
    scene.ask(job)
    scene.worker.write("junk\n" * chance.choice((10, 500)))
    time.sleep(chance.choice((1, 6)))
    scene.worker.pause = 0.0
    return follow_through(scene)


def follow_through(scene: Scene) -> dict:
    """To the end of the job, past what is said to lines that are no messages."""
    while (message := scene.follow()).get("job") == "":
        pass
    return message


def write_slowly(scene: Scene, chance: random.Random, job: str) -> dict:

    text = json.dumps(scene.request(job)) + "\n"
    while text:
        size = chance.randint(1, 60)
        scene.worker.write(text[:size])
        text = text[size:]
        time.sleep(0.005)
    return scene.follow()


def send_junk(scene: Scene, chance: random.Random, job: str) -> dict:
    """Damaged lines before and within a job."""

    def junk() -> None:
        line = mutants.mutate(mutants.make_line(), chance).replace(b"\n", b" ").decode("utf-8", errors="replace")
        scene.worker.write(line.replace('"job": "a"', '"job": ""').replace("\r", " ") + "\n")

    for _ in range(chance.randint(1, 40)):
        junk()
    scene.ask(job)
    for _ in range(chance.randint(1, 40)):
        junk()
        time.sleep(0.01)
    while (message := scene.follow()).get("job") != "j" and message["type"] != "gone":
        pass
    return message


def ask_twice(scene: Scene, chance: random.Random, job: str) -> dict:
    """One id, two jobs, one folder; sometimes cancelled, which means both."""
    scene.ask(job)
    scene.ask(job)
    if chance.random() < 0.5:
        time.sleep(chance.random())
        scene.worker.ask("cancel", job="j")
    scene.judge(job, {"type": "gone"} | {"first": scene.follow()})
    message = scene.follow()
    if message["type"] == "stopped":  # the first one may have been done already
        return {"type": "stopped after another"}
    return message


def work_beside(scene: Scene, chance: random.Random, job: str) -> dict:
    """A second worker writes the same files at the same time; one of the two may be killed."""
    other = scene.start()
    try:
        at_a_stage(scene, chance, job)
        request = scene.request("register", "other")
        other.ask(request.pop("type"), **request)
        if chance.random() < 0.5:
            time.sleep(2 * chance.random())
            other.end("kill")
        else:
            other.last()
        message = scene.follow()
        other.end("kill")
    finally:
        kill(other.process.pid)
    return {"type": "beside another"} if message["type"] in ANSWERS else message


PARENT = """
import subprocess, sys
worker = subprocess.Popen(sys.argv[2:], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
print(worker.pid, flush=True)
worker.stdin.write(sys.argv[1].encode() + b"\\n"); worker.stdin.flush()
for line in worker.stdout:
    print(line.decode(), end="", flush=True)
"""


def kill_parent(scene: Scene, chance: random.Random, job: str) -> dict:
    """Blender is killed: both pipes end at once, and nobody is left who could kill the worker."""

    scene.end()
    serve = [sys.executable, "-B", str(Path(__file__).with_name("injured.py")), str(scene.plan), "serve"]
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, json.dumps(scene.request(job)), *serve],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ | {"TMPDIR": str(scene.folder / "temporary"), "OMP_NUM_THREADS": "1"},
    )
    worker, stage = int(parent.stdout.readline()), chance.choice(STAGES[job])
    try:
        for line in parent.stdout:
            if f'"{stage}"' in line:
                break
        parent.kill()
        parent.wait()
        if not goes(worker):
            raise Lost("the worker outlives its Blender")
    finally:
        kill(worker)
        parent.stdout.close()
    return GONE


def delete_temporary(scene: Scene, chance: random.Random, job: str) -> dict:
    at_a_stage(scene, chance, job)
    shutil.rmtree(scene.folder / "temporary")
    message = scene.follow()
    (scene.folder / "temporary").mkdir(exist_ok=True)
    return message
