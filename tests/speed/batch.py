"""What a batch costs beside single jobs, and what memory it leaves: python -m tests.speed.batch [--heads 10]

Copies of the demo's head, the demo's photograph, the zip's own backend, each run in a Blender of its own (the bpy
wheel): all heads as one batch, then single jobs, Blender's start included in both.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import build

SINGLES = 2
#: States of rows that have their texture.
DONE = ("made", "done")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.speed.batch", description=__doc__.splitlines()[0])
    parser.add_argument("--heads", type=int, default=10)
    parser.add_argument("--run", type=int, help=argparse.SUPPRESS)  # this process is the Blender with so many heads
    options = parser.parse_args()
    if options.run:
        return run(options.run)
    with TemporaryDirectory() as folder:
        environment = os.environ | {
            "AVATARTEX_ZIP": str(build.package(Path(folder))),
            "BLENDER_USER_RESOURCES": folder,
            "AVATARTEX_BACKEND_PYTHON": sys.executable,
        }
        seconds = [timed(count, environment) for count in (options.heads, *[1] * SINGLES)]
    single = sum(seconds[1:]) / SINGLES
    print(
        f"{options.heads} heads: {seconds[0]:.0f} s as a batch, {options.heads * single:.0f} s as single jobs "
        f"({', '.join(f'{one:.1f}' for one in seconds[1:])} s for one)"
    )
    return 0


def timed(count: int, environment: dict[str, str]) -> float:
    """Seconds of a Blender that textures so many heads."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-m", "tests.speed.batch", "--run", str(count)], env=environment, check=True)
    return time.perf_counter() - started


def run(count: int) -> int:
    """In Blender: the batch, with the memory of both processes after each head."""
    import importlib

    import bpy

    from tests.demo import sources
    from tests.demo.head import build_head
    from tests.demo.run import install
    from tests.demo.scene import build as build_scene
    from tests.leave import leave

    install(Path(os.environ["AVATARTEX_ZIP"]))
    package = "bl_ext.user_default.avatartex"
    api, session = (importlib.import_module(f"{package}.{name}") for name in ("api", "session"))
    heads = [build_scene(build_head())]
    for number in range(1, count):
        heads.append(heads[0].copy())
        heads[-1].data, heads[-1].name = heads[0].data.copy(), f"Head {number}"
        bpy.context.scene.collection.objects.link(heads[-1])
    held, done = [], 0

    def note(rows) -> None:
        nonlocal done
        now = sum(row.state in DONE for row in bpy.context.scene.avatartex_batch.rows)
        if now > done:
            done = now
            held.append((memory(session.client().child.process.pid), memory(os.getpid())))

    portrait = sources.astronaut()
    rows = api.batch([(head, portrait) for head in heads], sharing="mesh", on_progress=lambda *told: note(told))
    note(None)
    for row in rows:
        if row.state not in DONE:
            print(f"{row.object_name}: {row.state} {row.reason}")
    for name, (backend, blender) in (("first", held[0]), ("last", held[-1])):
        print(f"  after the {name} of {count}: backend {backend:.0f} MB, Blender {blender:.0f} MB", flush=True)
    leave(0)
    return 0


def memory(pid: int) -> float:
    """Megabytes that a process holds (Linux)."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    raise SystemExit(main())
