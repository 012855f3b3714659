"""The laboratory's calls on a farm's engine: done, refused, or isolated where they end their worker each time."""

from __future__ import annotations

import os
import time
from pathlib import Path

from backend.errors import AvatarTexError, ErrorCode
from backend.farm.rows import TRIES
from backend.lab.calls import local_pool, run_calls


def make(tell, folder: str, name: str) -> None:
    """What the workers do here, by name."""
    tell("begun", 0.0)
    with (Path(folder) / f"{name}.begun").open("a") as file:
        file.write(f"{os.getpid()}\n")
    print("a library that found a way to print")
    if name == "refused":
        raise AvatarTexError(ErrorCode.BAD_REQUEST, "It is none.", "Take another.")
    if name == "bug":
        raise KeyError("none")
    if name == "deadly":
        os._exit(9)
    (Path(folder) / name).write_text("made")


def run(folder: Path, names: list[str], workers: int = 1) -> dict[str, tuple[str, str]]:
    found = {}
    work = ((name, {"folder": str(folder), "name": name}) for name in names)
    run_calls(
        f"{__name__}:make",
        work,
        local_pool(workers),
        lambda outcome: found.update({outcome.output: (outcome.state, outcome.reason)}),
    )
    return found


def test_calls_are_done_refused_or_isolated(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    started = time.monotonic()
    found = run(tmp_path, ["one", "refused", "deadly", "bug", "two"])
    assert found["one"] == found["two"] == ("done", "") and (tmp_path / "two").read_text() == "made"
    assert found["refused"] == ("failed", "It is none.") and "KeyError" in found["bug"][1]
    assert found["deadly"][0] == "isolated" and f"{TRIES} times" in found["deadly"][1]
    pids = {name: (tmp_path / f"{name}.begun").read_text().split() for name in found}
    assert pids["one"] == pids["refused"] and len(set(pids["deadly"])) == TRIES and pids["bug"] == pids["two"]
    assert time.monotonic() - started < 100


def test_two_workers_share_the_calls(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    names = [f"n{i}" for i in range(12)]
    assert set(run(tmp_path, names, 2)) == set(names)
    assert sorted(path.name for path in tmp_path.glob("n*") if not path.suffix) == sorted(names)
