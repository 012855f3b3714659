"""What a farm's engine costs beside a plain loop, and what is left when it is killed in the middle:

    python -m tests.speed.farm [--engine openjd] [--rows 200] [--seconds 0.5] [--workers 4]

Workers are stand-ins that take so long for a row and compute nothing. The engine does a table once as a whole, and
one of a row for each worker, which tells what it takes to start. Of another one three workers are killed, one after the
other; when half is done the engine itself is, with all its processes (Ray's head node, too), and is started again.
"""

from __future__ import annotations

import argparse
import collections
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from backend.farm.bundle import TEMPLATE, write_bundle
from backend.farm.table import read_rows
from backend.farm.worker import Worker
from tests.backend.farm_tables import ROOT, STAND_IN, leftovers, states, write_table


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.speed.farm", description=__doc__.splitlines()[0])
    parser.add_argument("--engine", choices=("local", "ray", "openjd"), default="local")
    parser.add_argument("--rows", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=0.5, help="of a row (default 0.5)")
    parser.add_argument("--workers", type=int, default=4, help="(default 4; openjd runs one session)")
    options = parser.parse_args()
    workers = 1 if options.engine == "openjd" else options.workers
    os.environ |= {"STAND_IN_SECONDS": str(options.seconds), "AVATARTEX_WORKER": " ".join(STAND_IN)}
    os.environ["PYTHONPATH"] = str(ROOT)
    with TemporaryDirectory() as name:
        folder = Path(name)
        count = -(-options.rows // workers)
        plain = timed(lambda: loop(make_table(folder / "plain", count)))
        first = done(options.engine, make_table(folder / "first", workers), workers)
        whole = done(options.engine, make_table(folder / "whole", options.rows), workers)
        start = first - options.seconds
        over = 1000 * (whole - start - plain) / count
        print(f"{options.rows} rows of {options.seconds} s on {options.engine}, workers: {workers}")
        print(f"{whole:.1f} s, {start:.1f} of them to start; a plain loop over {count} rows: {plain:.1f} s", end="; ")
        print(f"{over:.0f} ms a row of a worker")
        print(broken(options.engine, make_table(folder / "broken", options.rows), workers))
    return 0


QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": ROOT}


def make_table(folder: Path, count: int) -> Path:
    os.environ["STAND_IN_LOG"] = str(folder / "begun.log")
    return write_table(folder, [f"p{number}" for number in range(count)])


def asked(engine: str, table: Path, workers: int) -> list[str]:
    """The command that does a table."""
    if engine != "openjd":
        more = ["--cpus", "0.1", "--memory", "100"] if engine == "ray" else []
        return [sys.executable, "-m", "backend", "farm", "run", str(table), "--engine", engine, *more,
                "--workers", str(workers)]  # fmt: skip
    template = table.parent / "bundle" / TEMPLATE
    if not template.exists():
        write_bundle(table, template.parent)
    return [sys.executable, "-m", "openjd", "run", str(template), "-p", f"Python={sys.executable}"]


def done(engine: str, table: Path, workers: int) -> float:
    """Seconds that a table takes."""
    command = asked(engine, table, workers)
    seconds = timed(lambda: subprocess.run(command, **QUIET, check=True))
    assert set(states(table)) == {"kept"}
    return seconds


def loop(table: Path) -> None:
    """What anybody would write: one worker, row after row."""
    worker = Worker(STAND_IN)
    for row in read_rows(table):
        Path(row.output).parent.mkdir(exist_ok=True)
        worker.generate(row.request(), lambda stage, part: None)
    worker.close()


def broken(engine: str, table: Path, workers: int) -> str:
    """Three workers are killed, at half the engine, which is started again."""
    rows, log = [*read_rows(table)], table.parent / "begun.log"
    with subprocess.Popen(asked(engine, table, workers), start_new_session=True, **QUIET) as running:
        for eighth in range(1, 5):
            while states(table)["kept"] < len(rows) * eighth // 8:
                time.sleep(0.2)
            if eighth < 4:
                os.kill(int(log.read_text().split()[-1]), signal.SIGKILL)  # who began a row last
        os.killpg(running.pid, signal.SIGKILL)
    before = states(table)["kept"]
    again = subprocess.run(asked(engine, table, workers), **QUIET)
    lines = log.read_text().splitlines()
    begun = collections.Counter(one for one in (line.split()[0] for line in lines) if one != "begins")
    torn = [row for row in rows if Path(row.output).read_bytes() != b"a texture of " + Path(row.output).stem.encode()]
    often = collections.Counter(begun.values())
    return (
        f"three workers killed, the engine at {before}, then exit code {again.returncode}: {dict(states(table))}, "
        f"half {len(torn)}, left over {len(leftovers(table.parent))}; rows begun once {often[1]}, twice {often[2]}, "
        f"more often {sum(often.values()) - often[1] - often[2]}"
    )


def timed(work: Callable) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    raise SystemExit(main())
