"""A farm's table, its rows at work, and the engines that run them; workers are stand-ins that compute nothing."""

from __future__ import annotations

import collections
import csv
import json
import os
import signal
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path

import pytest

from backend.farm import command, rows
from backend.farm.checking import check_table
from backend.farm.dispatch import LocalPool, run_rows
from backend.farm.rows import do_row, mark_of
from backend.farm.table import COLUMNS, read_rows
from backend.farm.worker import Worker
from tests.backend.farm_tables import ROOT, STAND_IN, Machines, begun, leftovers, states, write_table

__all__ = ["begun"]


@pytest.mark.parametrize(
    ("line", "told", "cure"),
    [
        ("head.obj,gone.png,a.png,,", "There is no file", "relative to the table"),
        (",p.png,a.png,,", "exactly one head", "column mesh"),
        ("head.obj,,a.png,,", "no portrait", "column portrait"),
        ("head.obj,p.png,a.jpg,,", "no PNG", ".png"),
        ("head.obj,p.png,a.png,large,", "Size cannot be 'large'", "whole number"),
        ("head.obj,p.png,a.png,1000,", "Size cannot be 1000", "512, 1024"),
        ("head.obj,p.png,a.png,,baroque", "Style cannot be 'baroque'", "auto, photo"),
        ("head.obj,p.png,p.png,,", "written or read by another", "of its own"),
        ("head.obj,p.png,good.png,,", "written or read by another", "of its own"),
        ("head.obj,p.png,a.png,,,,more", "more cells", "quotes"),
    ],
)
def test_a_bad_row_is_said_with_its_line_and_a_cure_before_anything_is_written(line, told, cure, tmp_path, capsys):
    (tmp_path / "head.obj").touch()
    (tmp_path / "p.png").touch()
    table = tmp_path / "jobs.csv"
    table.write_text(f"mesh,portrait,output,size,style\nhead.obj,p.png,good.png,,\n\n{line}\n")
    checked = check_table(table)
    assert checked.rows == 2 and [problem.line for problem in checked.problems][-1:] == [4]
    assert told in checked.problems[-1].error.message and cure in checked.problems[-1].error.cure
    assert command.main(["bundle", str(table), "--output", str(tmp_path / "bundle")]) == 2
    assert "line 4: [bad-request]" in capsys.readouterr().err
    assert {path.name for path in tmp_path.iterdir()} == {"head.obj", "p.png", "jobs.csv"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("mesh,portrait,output,sise\n", "the column 'sise'"),
        ("mesh,portrait\n", "lacks the columns"),
        ("mesh,portrait,output,output\n", "a column twice"),
        ("mesh,portrait,output\n", "no rows"),
        ("", "lacks"),
    ],
)
def test_a_table_that_is_none_is_refused(text, told, tmp_path):
    (tmp_path / "jobs.csv").write_text(text)
    (problem,) = check_table(tmp_path / "jobs.csv").problems
    assert told in str(problem)


def test_a_row_asks_for_what_its_columns_say(tmp_path):
    for name in ("head.obj", "p.png", "q.png", "r.png"):
        (tmp_path / name).touch()
    (tmp_path / "jobs.csv").write_text(
        "mesh;portrait;output;further;maps;size;trust-portrait;light;faces\n"
        "head.obj;p.png;out/a.png;q.png|r.png;normal|ao;512;yes;keep;Head\n"
    )
    (row,) = read_rows(tmp_path / "jobs.csv")
    request = row.request()
    assert request.further == [str(tmp_path / "q.png"), str(tmp_path / "r.png")] and request.maps == ["normal", "ao"]
    assert (request.size, request.light, request.trust_portrait, request.faces) == (512, "keep", True, "Head")
    assert request.output == str(tmp_path / "out" / "a.png") and request.seed == 0


def test_columns_are_those_of_generate():
    from backend.__main__ import build_parser

    generate = next(action for action in build_parser()._actions if action.dest == "command").choices["generate"]
    assert {action.dest for action in generate._actions} - {"help"} == set(COLUMNS)


def test_each_row_is_done_once_and_what_kills_its_worker_is_isolated(tmp_path, begun, capsys):
    names = [f"p{number}" for number in range(30)] + ["bad", "kill", "once"]
    table = write_table(tmp_path, names)
    report = tmp_path / "report.csv"
    asked = ["run", str(table), "--workers", "4", "--report", str(report)]
    assert command.main(asked) == 3
    assert begun() - collections.Counter(begins=99) == collections.Counter(
        dict.fromkeys(names, 1) | {"kill": 3, "once": 2}
    )
    with report.open(newline="") as file:
        lines = {Path(line["output"]).stem: line for line in csv.DictReader(file)}
    assert set(lines) == set(names) and {lines[name]["state"] for name in names if name[0] in "po"} == {"done"}
    assert (lines["bad"]["state"], lines["bad"]["code"]) == ("failed", "no-face-in-portrait")
    assert (lines["kill"]["state"], lines["kill"]["code"]) == ("isolated", "backend-died")
    assert "exit code 9" in lines["kill"]["reason"] and "--retry" in lines["kill"]["cure"]
    assert leftovers(tmp_path) == []
    assert command.main(asked) == 3  # again: what is done is kept, what was isolated is not tried
    assert begun()["p0"] == 1 and begun()["kill"] == 3 and begun()["bad"] == 2
    assert command.main(["report", str(table)]) == 3
    assert "row 32 (line 33) isolated [backend-died]" in capsys.readouterr().err
    assert command.main([*asked, "--retry"]) == 3
    assert begun()["kill"] == 6


def test_a_row_is_made_again_when_what_it_reads_or_asks_for_changes(tmp_path, begun):
    table = write_table(tmp_path, ["p"])
    run = ["run", str(table)]
    assert command.main(run) == 0
    (tmp_path / "p.png").write_bytes(b"another person")
    assert command.main(run) == 0 and begun()["p"] == 2
    assert (tmp_path / "out" / "p.png").read_bytes() == b"a texture of another person"
    table = write_table(tmp_path, ["p"], size="512", provenance="out/seen.png")
    assert command.main(run) == 0 and begun()["p"] == 3
    (tmp_path / "out" / "seen.png").unlink()
    assert command.main(run) == 0 and begun()["p"] == 4
    assert command.main(run) == 0 and begun()["p"] == 4


def test_a_moved_folder_is_done_still(tmp_path, begun):
    write_table(tmp_path / "here", ["p"])
    assert command.main(["run", str(tmp_path / "here" / "jobs.csv")]) == 0
    (tmp_path / "here").rename(tmp_path / "there")
    assert command.main(["run", str(tmp_path / "there" / "jobs.csv")]) == 0 and begun()["p"] == 1


def test_old_files_do_not_count_for_a_new_job_that_stops_between_two_of_them(tmp_path, begun, monkeypatch):
    table = write_table(tmp_path, ["p"], provenance="out/seen.png")
    assert command.main(["run", str(table)]) == 0
    (tmp_path / "p.png").write_bytes(b"another person")
    monkeypatch.setattr(rows, "write_mark", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    worker = Worker(STAND_IN)
    (row,) = read_rows(table)
    assert do_row(row, worker).code == "output-not-written"
    worker.close()
    assert not mark_of(row.output).exists() and states(table) == {"waiting": 1}


def test_a_submitter_that_is_killed_is_gone_on_with(tmp_path, begun, monkeypatch):
    """Nothing is half, and only what was at work is begun twice."""
    monkeypatch.setenv("STAND_IN_SECONDS", "0.05")
    names = [f"p{number}" for number in range(40)]
    table = write_table(tmp_path, names)
    asked = [sys.executable, "-m", "backend", "farm", "run", str(table), "--workers", "4"]
    with subprocess.Popen(asked, cwd=ROOT, stderr=subprocess.DEVNULL, start_new_session=True) as submitter:
        while states(table)["kept"] < 12:
            time.sleep(0.02)
        os.killpg(submitter.pid, signal.SIGKILL)
    kept = states(table)["kept"]
    assert 12 <= kept < 40
    assert subprocess.run(asked, cwd=ROOT, stderr=subprocess.DEVNULL).returncode == 0
    assert states(table) == {"kept": 40} and leftovers(tmp_path) == []
    assert all((tmp_path / "out" / f"{name}.png").read_bytes() == b"a texture of " + name.encode() for name in names)
    twice = [name for name in names if begun()[name] > 1]
    assert len(twice) <= 4 and max(begun()[name] for name in names) <= 2


def test_workers_that_are_killed_from_outside_cost_no_row(tmp_path, begun, monkeypatch):
    monkeypatch.setenv("STAND_IN_SECONDS", "0.02")
    table = write_table(tmp_path, [f"p{number}" for number in range(60)])
    asked = [sys.executable, "-m", "backend", "farm", "run", str(table), "--workers", "4"]
    with subprocess.Popen(asked, cwd=ROOT, stderr=subprocess.DEVNULL) as submitter:
        for number in range(3):
            while states(table)["kept"] < 10 + 10 * number:
                time.sleep(0.02)
            workers = [
                line.split()[1] for line in (tmp_path / "begun.log").read_text().splitlines() if "begins" in line
            ]
            os.kill(int(workers[number]), signal.SIGKILL)
        assert submitter.wait() == 0
    assert states(table) == {"kept": 60} and leftovers(tmp_path) == []


def test_ten_times_the_rows_take_no_more_memory(tmp_path):
    """But for hashes of the names: under 100 bytes a row."""
    (tmp_path / "head.obj").touch()
    (tmp_path / "p.png").touch()
    peaks = []
    for count in (500, 4500):
        table = tmp_path / f"{count}.csv"
        lines = (f"head.obj,p.png,out/{number}.png\n" for number in range(count))
        table.write_text("mesh,portrait,output\n" + "".join(lines))
        tracemalloc.start()
        assert check_table(table).rows == count
        run_rows(read_rows(table), Machines(8), lambda outcome, busy: None)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] - peaks[0] < 4000 * 100


def test_paths_of_another_machine_are_placed_by_rules(tmp_path):
    rules = [
        {"source_path_format": "WINDOWS", "source_path": "P:\\show", "destination_path": "/mnt/show"},
        {"source_path_format": "POSIX", "source_path": "/show", "destination_path": "/a"},
        {"source_path_format": "POSIX", "source_path": "/show/new", "destination_path": "/b"},
    ]
    (tmp_path / "rules.json").write_text(json.dumps({"version": "pathmapping-1.0", "path_mapping_rules": rules}))
    place = command.read_mapping(str(tmp_path / "rules.json"))
    assert place("p:\\Show\\x\\head.obj") == os.path.join("/mnt/show", "x", "head.obj")
    assert place("/show/new/p.png") == os.path.join("/b", "p.png") and place("/show/p.png") == os.path.join(
        "/a", "p.png"
    )
    assert place("/shows/p.png") == "/shows/p.png"


@pytest.mark.parametrize(("text", "numbers"), [("3", {3}), ("1-3,7", {1, 2, 3, 7}), ("1-7:3", {1, 4, 7})])
def test_numbers_of_rows_are_ranges_of_open_job_description(text, numbers):
    assert command.read_numbers(text) == numbers


def test_a_local_pool_stops_when_it_is_closed(tmp_path, begun, monkeypatch):
    monkeypatch.setenv("STAND_IN_SECONDS", "60")
    (row,) = read_rows(write_table(tmp_path, ["p"]))
    pool = LocalPool(1, STAND_IN, 1, do_row)
    pool.submit(row, 0)
    while not begun()["p"]:
        time.sleep(0.02)
    started = time.monotonic()
    pool.close()
    assert time.monotonic() - started < 10 and leftovers(tmp_path) == []
