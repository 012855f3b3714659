"""The job bundle, by Open Job Description's own tools: checked, run, killed in the middle and started again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from backend.farm import command
from backend.farm.bundle import ASSETS, TABLE, TEMPLATE
from backend.farm.session import ALIVE, Hosted, start, stop
from backend.farm.table import read_rows
from backend.farm.worker import WorkerDied
from tests.backend.farm_tables import ROOT, STAND_IN, begun, leftovers, states, write_table

__all__ = ["begun"]
OPENJD = [sys.executable, "-m", "openjd"]


@pytest.fixture
def openjd(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    pytest.importorskip("openjd.cli")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))  # a farm's machines have the backend installed
    return OPENJD


def bundle(table: Path) -> Path:
    assert command.main(["bundle", str(table), "--output", str(table.parent / "bundle")]) == 0
    return table.parent / "bundle" / TEMPLATE


def run_job(openjd: list[str], template: Path, *values: str) -> list[str]:
    given = [word for value in (f"Python={sys.executable}", "FirstChunk=3", *values) for word in ("-p", value)]
    return [*openjd, "run", str(template), *given]


def run_to_end(openjd: list[str], template: Path, *values: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(run_job(openjd, template, *values), capture_output=True, text=True, timeout=120)


def test_a_bundle_has_the_table_with_absolute_paths_and_all_that_a_farm_carries(tmp_path):
    table = write_table(tmp_path, ["p", "q"], size="512", report="reports/all.json")
    table.write_text(table.read_text().replace("reports/all.json", "reports/p.json", 1))
    folder = bundle(table).parent
    assert [row.fields for row in read_rows(folder / TABLE)] == [row.fields for row in read_rows(table)]
    assets = json.loads((folder / ASSETS).read_text())["assetReferences"]
    assert assets["inputs"]["filenames"] == [str(tmp_path / name) for name in ("head.obj", "p.png", "q.png")]
    assert assets["outputs"]["directories"] == [str(tmp_path / "out"), str(tmp_path / "reports")]
    assert command.main(["bundle", str(table), "--output", str(tmp_path)]) == 2  # the folder holds other files
    assert table.is_file() and leftovers(tmp_path) == []


def test_openjd_finds_the_template_right(tmp_path, openjd):
    template = bundle(write_table(tmp_path, [f"p{number}" for number in range(2000)]))
    checked = subprocess.run([*openjd, "check", str(template)], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout
    summary = subprocess.run([*openjd, "summary", str(template)], capture_output=True, text=True).stdout
    assert "2000 Tasks" in summary or "2000" in summary


def test_openjd_runs_it_with_one_worker_and_tells_progress_and_failures(tmp_path, openjd, begun):
    names = [*(f"p{number}" for number in range(8)), "bad", "once"]
    template = bundle(write_table(tmp_path, names))
    ended = run_to_end(openjd, template, "FailedRows=report")
    assert ended.returncode == 0, ended.stdout
    assert "openjd_progress: 100" in ended.stdout and "inpaint" in ended.stdout
    assert "openjd_fail: 1 of 7 rows failed, row 9 (line 10) [no-face-in-portrait]" in ended.stdout
    assert begun()["begins"] == 2  # the one that `once` ended, and the one that went on
    assert states(template.with_name(TABLE)) == {"kept": 9, "failed": 1}
    again = run_to_end(openjd, template)  # by itself a chunk with a failed row fails, after its other rows
    assert again.returncode == 1 and begun()["p0"] == 1 and begun()["bad"] == 2


def test_openjd_goes_on_where_it_was_killed(tmp_path, openjd, begun, monkeypatch):
    monkeypatch.setenv("STAND_IN_SECONDS", "0.1")
    names = [f"p{number}" for number in range(16)]
    template = bundle(write_table(tmp_path, names))
    with subprocess.Popen(run_job(openjd, template), stdout=subprocess.DEVNULL, start_new_session=True) as session:
        while states(template.with_name(TABLE))["kept"] < 5:
            time.sleep(0.05)
        os.killpg(session.pid, signal.SIGKILL)
    kept = states(template.with_name(TABLE))["kept"]
    assert 5 <= kept < 16
    ended = run_to_end(openjd, template)
    assert ended.returncode == 0, ended.stdout
    assert states(template.with_name(TABLE)) == {"kept": 16}
    assert sum(begun()[name] for name in names) <= 16 + 4  # what was killed may have gone on with its chunk for a while
    assert all((tmp_path / "out" / f"{name}.png").read_bytes() == b"a texture of " + name.encode() for name in names)


def test_a_sessions_host_leaves_when_it_is_told_and_tasks_start_one_that_is_gone(tmp_path, begun):
    (row,) = read_rows(write_table(tmp_path, ["kill"]))
    folder = tmp_path / "session"
    start(folder, STAND_IN)
    with pytest.raises(WorkerDied):
        Hosted(folder, STAND_IN).generate(row.request(), lambda *_: None, lambda: True)
    stop(folder)
    until = time.monotonic() + 20
    while (folder / ALIVE).exists() and time.monotonic() < until:
        time.sleep(0.05)
    assert not (folder / ALIVE).exists()
    with pytest.raises(WorkerDied):  # by a host that this task has started
        Hosted(folder, STAND_IN).generate(row.request(), lambda *_: None, lambda: True)
    assert begun()["kill"] == 2
    stop(folder)
