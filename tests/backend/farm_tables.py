"""Tables of a farm for tests, and what became of them."""

from __future__ import annotations

import collections
import csv
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from backend.farm.rows import inspect
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
