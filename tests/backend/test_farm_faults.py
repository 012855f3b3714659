"""What goes wrong on a farm: rows that nobody can do, machines that can do nothing, and clocks that differ."""

from __future__ import annotations

import collections
import csv
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from backend.errors import ErrorCode
from backend.farm import command, rows, session
from backend.farm.dispatch import LocalPool, run_rows
from backend.farm.rows import do_row
from backend.farm.table import read_rows
from backend.farm.worker import Worker
from tests.backend.farm_tables import ROOT, STAND_IN, Machines, begun, leftovers, states, write_table

__all__ = ["begun"]
#: A machine of its own, which knows no process of others, and whose clock is wrong by as many seconds as CLOCK says:
#: what Python runs before anything else.
ELSEWHERE = """
import os, platform, time
right = time.time
time.time = lambda: right() + float(os.environ["CLOCK"])
platform.node = lambda: os.environ["CLOCK"]
def set_clock(path, times=None, *, ns=None, _as=os.utime, **more):
    _as(path, (time.time(),) * 2 if times is None and ns is None else times, **({"ns": ns} if ns else {}), **more)
os.utime = set_clock
def kill(number, signal, _kill=os.kill):
    if not signal:
        raise ProcessLookupError
    _kill(number, signal)
os.kill = kill
"""


def simulate(table: Path, machines: Machines) -> tuple[bool, dict[int, str]]:
    """Whether all rows came to an end, and how each did; none is told twice."""
    told: list[tuple[int, str]] = []
    whole = run_rows(read_rows(table), machines, lambda outcome, busy: told.append((outcome.row, outcome.state)))
    assert len(told) == len(dict(told))
    return whole, dict(told)


def test_what_is_lost_or_fails_with_a_machine_is_done_by_another_and_in_flight_is_bounded(tmp_path):
    machines = Machines(8)
    whole, told = simulate(write_table(tmp_path, [f"p{number}" for number in range(500)]), machines)
    assert whole and told == dict.fromkeys(range(1, 501), "done") and machines.most <= 8
    assert 0 not in machines.workers and sum(failed.count(0) for failed in machines.failed.values()) == 3


@pytest.mark.parametrize("where", ["first", "last"])
def test_rows_that_nobody_can_do_cost_no_machine(where, tmp_path):
    """As many as would take all machines out, were they to blame; the bad machine among them is found all the same."""
    hopeless = range(1, 21) if where == "first" else range(81, 101)
    machines = Machines(8, full={5}, hopeless=hopeless)
    machines.met = {50, 100}
    whole, told = simulate(write_table(tmp_path, [f"p{number}" for number in range(100)]), machines)
    assert whole
    assert {row for row, state in told.items() if state == "failed"} == set(hopeless)
    assert collections.Counter(told.values())["done"] == 80
    assert machines.workers >= set(range(8)) - {5} and 5 not in machines.workers
    assert all(len(set(machines.failed[row])) == 3 for row in hopeless)  # on three machines each


@pytest.mark.parametrize("count", [1, 2, 8])
def test_what_all_machines_share_ends_the_run_and_the_rest_waits(count, tmp_path):
    machines = Machines(count, full=range(count))
    whole, told = simulate(write_table(tmp_path, [f"p{number}" for number in range(200)]), machines)
    assert not whole and set(told.values()) == {"failed"} and len(told) <= 4 * count


def test_a_full_disk_is_said_and_goes_on_when_it_has_space(tmp_path, begun, capsys):
    names = [f"full{number}" for number in range(20)]
    table = write_table(tmp_path, names)
    assert command.main(["run", str(table), "--workers", "2"]) == 3
    said = capsys.readouterr().err
    assert "No worker is left" in said and "[output-not-written] No space is left. Free space." in said
    assert states(table).keys() == {"failed", "waiting"} and leftovers(tmp_path) == []
    for name in names:
        (tmp_path / f"{name}.png").rename(tmp_path / f"now{name}.png")
    table.write_text(table.read_text().replace(",full", ",nowfull"))
    assert command.main(["run", str(table), "--workers", "2"]) == 0 and states(table) == {"kept": 20}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no file that is always full")
def test_a_full_disk_on_one_of_two_machines_costs_no_row(tmp_path, begun, monkeypatch):
    """What the full one wrote ends in the middle, and is nowhere."""
    monkeypatch.setenv("STAND_IN_FULL", str(tmp_path / "full"))
    monkeypatch.setenv("STAND_IN_SECONDS", "0.02")
    names = [f"p{number}" for number in range(40)]
    table, report = write_table(tmp_path, names), tmp_path / "report.csv"
    assert command.main(["run", str(table), "--workers", "2", "--report", str(report)]) == 0
    assert states(table) == {"kept": 40} and leftovers(tmp_path) == []
    assert all((tmp_path / "out" / f"{name}.png").read_bytes() == b"a texture of " + name.encode() for name in names)
    with report.open(newline="") as file:
        assert [line["state"] for line in csv.DictReader(file)] == ["done"] * 40
    assert collections.Counter(begun()[name] for name in names) == {1: 37, 2: 3}  # three were the full one's


def test_a_machine_that_cannot_write_its_marks_leaves_them_to_others(tmp_path, begun, monkeypatch):
    """Its disk is full once the textures are there: these have no mark, and are made again elsewhere."""
    full: list[int] = []
    write_mark = rows.write_mark

    def write(mark, known):
        full.extend([threading.get_ident()] * (not full))
        if threading.get_ident() == full[0]:
            raise OSError(28, "No space left on device", str(mark))
        write_mark(mark, known)

    monkeypatch.setattr(rows, "write_mark", write)
    table = write_table(tmp_path, [f"p{number}" for number in range(20)])
    pool, told = LocalPool(2, STAND_IN, 1, do_row), []
    assert run_rows(read_rows(table), pool, lambda outcome, busy: told.append(outcome.state))
    pool.close()
    assert told == ["done"] * 20 and states(table) == {"kept": 20} and leftovers(tmp_path) == []
    assert len(pool.workers) == 1


def test_a_machine_that_does_not_see_a_folder_leaves_its_rows_to_others(tmp_path, begun):
    table = write_table(tmp_path / "share", [f"p{number}" for number in range(20)])
    blind: list[int] = []

    def do(row, worker, wanted):
        blind.extend([threading.get_ident()] * (not blind))
        if threading.get_ident() == blind[0]:
            row = rows.dataclasses.replace(row, fields=row.fields | {"mesh": row.fields["mesh"].replace("share", "")})
        return do_row(row, worker, wanted)

    pool, told = LocalPool(2, STAND_IN, 1, do), []
    assert run_rows(read_rows(table), pool, lambda outcome, busy: told.append(outcome.state))
    pool.close()
    assert told == ["done"] * 20 and len(pool.workers) == 1


def test_portraits_that_are_gone_in_the_meantime_are_told_and_the_others_done(tmp_path, begun, monkeypatch, capsys):
    names = [f"p{number}" for number in range(40)]
    table = write_table(tmp_path, names)

    def check(path, check=command.check_table):
        checked = check(path)
        for name in names[:5]:
            (tmp_path / f"{name}.png").unlink()
        return checked

    monkeypatch.setattr(command, "check_table", check)
    assert command.main(["run", str(table), "--workers", "2"]) == 3
    said = capsys.readouterr().err
    assert f"row 5 (line 6) failed [input-missing] There is no file {str(tmp_path / 'p4.png')!r}" in said
    assert states(table) == {"kept": 35, "waiting": 5} and "No worker is left" not in said


def test_a_folder_that_cannot_be_written_is_said_before_anything_begins(tmp_path, begun, capsys):
    table = write_table(tmp_path, ["p", "q"])
    (tmp_path / "out").write_text("a file where a folder should be")
    assert command.main(["run", str(table)]) == 2
    said = capsys.readouterr().err
    assert f"The folder {str(tmp_path / 'out')!r} cannot be written" in said and not begun()


def test_what_kills_its_worker_is_counted_over_runs_that_are_killed_too(tmp_path, begun):
    """Two deaths in one run and one in the next: a portrait may take the machine with it each time."""
    table = write_table(tmp_path, ["kill", "p"])
    (row, _) = read_rows(table)
    worker = Worker(STAND_IN)
    assert do_row(row, worker, tries=2).state == "isolated"
    worker.close()
    assert command.main(["run", str(table), "--tries", "3"]) == 3
    assert begun()["kill"] == 3 and begun()["p"] == 1
    assert command.main(["run", str(table), "--tries", "3"]) == 3
    assert begun()["kill"] == 3


@pytest.fixture
def elsewhere(tmp_path, begun, monkeypatch):
    """Starts a run of a table on a machine whose clock is wrong by so many seconds."""
    (tmp_path / "clock").mkdir()
    (tmp_path / "clock" / "sitecustomize.py").write_text(ELSEWHERE)
    paths = os.pathsep.join([str(tmp_path / "clock"), str(ROOT)])
    asked = [sys.executable, "-m", "backend", "farm", "run"]

    def start(table: Path, clock: float) -> subprocess.Popen:
        environment = os.environ | {"PYTHONPATH": paths, "CLOCK": str(clock)}
        return subprocess.Popen([*asked, str(table), "--workers", "2"], cwd=ROOT, env=environment)

    return start


YEAR = 365.0 * 86400


def test_what_a_machine_with_another_clock_has_done_is_done(tmp_path, begun, elsewhere):
    """Neither marks nor portraits of next or last year are made again, and a portrait that changed is, however old."""
    table = write_table(tmp_path, [f"p{number}" for number in range(10)])
    assert elsewhere(table, YEAR).wait() == 0 and sum(begun().values()) - begun()["begins"] == 10
    for number, clock in enumerate((-YEAR, 0.0, 2 * YEAR)):
        os.utime(tmp_path / "p3.png", (number, number))
        assert elsewhere(table, clock).wait() == 0
    assert sum(begun().values()) - begun()["begins"] == 10
    (tmp_path / "p3.png").write_bytes(b"another person")
    os.utime(tmp_path / "p3.png", (1, 1))
    assert elsewhere(table, -YEAR).wait() == 0
    assert begun()["p3"] == 2 and (tmp_path / "out" / "p3.png").read_bytes() == b"a texture of another person"


def test_machines_whose_clocks_differ_by_years_leave_each_others_work_alone(tmp_path, begun, elsewhere, monkeypatch):
    """At one table at once: what is at work looks a year old to the other, and is not swept away."""
    monkeypatch.setenv("STAND_IN_SECONDS", "0.1")
    names = [f"p{number}" for number in range(20)]
    table = write_table(tmp_path, names)
    both = [elsewhere(table, clock) for clock in (-YEAR, YEAR)]
    assert [one.wait() for one in both] == [0, 0]
    assert states(table) == {"kept": 20} and leftovers(tmp_path) == []
    assert max(begun()[name] for name in names) <= 2
    assert all((tmp_path / "out" / f"{name}.png").read_bytes() == b"a texture of " + name.encode() for name in names)
    before = begun()
    assert elsewhere(table, 0.0).wait() == 0 and begun() - before == collections.Counter()


@pytest.mark.parametrize("clock", [-3600.0, 3600.0], ids=["behind", "ahead"])
def test_a_session_needs_no_clock_that_is_right(clock, tmp_path, begun, monkeypatch):
    """An hour beside the one that stores the folder, then set right in the middle of a row."""
    right = time.time
    monkeypatch.setenv("STAND_IN_SECONDS", "0.3")
    monkeypatch.setattr(session.time, "time", lambda: right() + clock)
    table = write_table(tmp_path, ["p", "q"])
    (one, other) = read_rows(table)
    folder = tmp_path / "session"
    session.start(folder, STAND_IN)
    started: list[tuple] = []
    monkeypatch.setattr(session, "start", lambda *asked: started.append(asked))
    hosted = session.Hosted(folder, STAND_IN)
    assert do_row(one, hosted).state == "done"

    def tell(stage, fraction):  # the host's last word looks an hour away
        os.utime(folder / session.ALIVE, (right() - clock, right() - clock))

    assert do_row(other, hosted, tell=tell).state == "done"
    session.stop(folder)
    assert begun() == {"begins": 1, "p": 1, "q": 1} and not started


def test_a_missing_file_is_a_code_of_its_own(tmp_path):
    (row,) = read_rows(write_table(tmp_path, ["p"]))
    (tmp_path / "p.png").unlink()
    with pytest.raises(Exception, match="on this machine") as refusal:
        rows.key_of(row)
    assert refusal.value.code is ErrorCode.INPUT_MISSING
