"""Tables of a farm for tests, and what became of them."""

from __future__ import annotations

import collections
import csv
import sys
from collections.abc import Callable, Collection, Iterable
from pathlib import Path

import pytest

from backend.farm.dispatch import Ended
from backend.farm.rows import Outcome, inspect
from backend.farm.table import read_rows

ROOT = Path(__file__).parents[2]
STAND_IN = [sys.executable, str(Path(__file__).with_name("farm_stand_in.py"))]


@pytest.fixture
def begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], collections.Counter[str]]:
    """What stand-ins began, by the portrait's name; they are what starts as a worker."""
    log = tmp_path / "begun.log"
    log.touch()
    monkeypatch.setenv("STAND_IN_LOG", str(log))
    monkeypatch.setenv("AVATARTEX_WORKER", " ".join(STAND_IN))
    return lambda: collections.Counter(line.split()[0] for line in log.read_text().splitlines())


def write_table(folder: Path, portraits: Iterable[str], **more: str) -> Path:
    """One row for each portrait, which is made."""
    folder.mkdir(exist_ok=True)
    (folder / "head.obj").write_text("v 0 0 0\n")
    table = folder / "jobs.csv"
    with table.open("w", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(["mesh", "portrait", "output", *more])
        for name in portraits:
            (folder / f"{name}.png").write_bytes(name.encode())
            lines.writerow(["head.obj", f"{name}.png", f"out/{name}.png", *more.values()])
    return table


def states(table: Path) -> collections.Counter[str]:
    return collections.Counter(inspect(row).state for row in read_rows(table))


def leftovers(folder: Path) -> list[Path]:
    return [path for path in folder.rglob(".avatartex-*")]


class Machines:
    """A pool in no time: some machines can write nothing, some rows fit nowhere, and every 50th row loses its machine
    once. most: rows in flight at most. failed: row -> machines."""

    def __init__(self, count: int, full: Collection[int] = (0,), hopeless: Collection[int] = ()) -> None:
        self.idle, self.workers, self.flying, self.most = list(range(count)), set(range(count)), collections.deque(), 0
        self.full, self.hopeless, self.met = set(full), set(hopeless), set[int]()
        self.failed = collections.defaultdict[int, list[int]](list)

    def busy(self) -> int:
        return len(self.flying)

    def submit(self, row, worker: int) -> None:
        self.idle.remove(worker)
        self.flying.append((worker, row))
        self.most = max(self.most, len(self.flying))

    def wait(self) -> list[Ended]:
        machine, row = self.flying.popleft()
        if machine in self.workers:
            self.idle.append(machine)
        if machine in self.full or row.number in self.hopeless:
            self.failed[row.number].append(machine)
            return [Ended(machine, row, Outcome(row.number, row.line, row.output, "failed", "output-not-written"))]
        if row.number % 50 == 0 and row.number not in self.met:
            self.met.add(row.number)
            return [Ended(machine, row, None, "the machine is gone")]
        return [Ended(machine, row, Outcome(row.number, row.line, row.output, "done"))]

    def retire(self, worker: int) -> None:
        self.workers.remove(worker)
        self.idle = [one for one in self.idle if one != worker]
