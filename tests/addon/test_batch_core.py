"""The batch's queue, matching and tables, without Blender's data."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import pytest

from tests.pipes import pipes

from .work import count_lines


@pytest.fixture
def batch(addon):
    return addon("core.batch")


@pytest.fixture
def errors(addon):
    return addon("backend.errors")


class FakeTask:
    """Ends after some steps, with a result or an exception."""

    def __init__(self, end=None, steps: int = 2, cancelled=None) -> None:
        self.end, self.steps, self.cancelled, self.stop, self.finished = end, steps, cancelled, False, 0

    def step(self) -> bool:
        if self.stop:
            raise self.cancelled
        self.steps -= 1
        if self.steps <= 0 and isinstance(self.end, Exception):
            raise self.end
        return self.steps <= 0

    def apply(self):
        return "1 s", ""

    def cancel(self) -> None:
        self.stop = True

    def finish(self) -> None:
        self.finished += 1

    abandon = finish


@pytest.fixture
def table(batch, errors):
    """Rows a, b, c, ... and a run over them; `ends` names what each row's task ends with."""

    def make(count: int = 3, at_once: bool = True, **ends):
        rows = [batch.Row(key, key.upper(), f"{key}.png") for key in "abcdefgh"[:count]]
        tasks: list = []

        def begin(row):
            end = ends.get(row.key)
            if isinstance(end, batch.Skip):
                raise end
            tasks.append(FakeTask(end, cancelled=errors.Cancelled()))
            return tasks[-1]

        return rows, batch.BatchRun(lambda: rows, begin, at_once), tasks

    return make


def finish(run) -> None:
    for _ in range(1000):
        if run.step():
            return
    raise AssertionError("The run does not end")


def states(rows) -> list[str]:
    return [row.state for row in rows]


def test_rows_run_one_after_the_other(table, batch):
    rows, run, tasks = table()
    run.step()
    assert states(rows) == ["running", "waiting", "waiting"] and run.working
    finish(run)
    assert states(rows) == ["done"] * 3 and [task.finished for task in tasks] == [1, 1, 1]
    assert rows[0].summary == "1 s" and batch.counts_text(rows) == "3 done"


def test_a_failure_and_a_bug_stop_nobody_else(table, errors, batch, capsys):
    refusal = errors.AvatarTexError(errors.ErrorCode.NO_FACE_IN_PORTRAIT, "No face.", "Another picture.")
    rows, run, _ = table(4, a=refusal, b=ZeroDivisionError("by zero"), c=batch.Skip("The mesh is A's."))
    finish(run)
    assert states(rows) == ["failed", "failed", "skipped", "done"]
    assert (rows[0].code, rows[0].reason, rows[0].cure) == ("no-face-in-portrait", "No face.", "Another picture.")
    assert rows[1].code == "internal" and "ZeroDivisionError" in capsys.readouterr().err
    assert rows[2].reason == "The mesh is A's." and batch.counts_text(rows) == "1 done, 1 skipped, 2 failed"


def test_what_would_fail_for_all_ends_the_run(table, errors):
    rows, run, _tasks = table(3, a=errors.AvatarTexError(errors.ErrorCode.BACKEND_MISSING, "None.", "Set up."))
    finish(run)
    assert states(rows) == ["failed", "waiting", "waiting"] and run.error.code == "backend-missing"


def test_three_deaths_in_a_row_end_the_run(table, errors):
    died = errors.AvatarTexError(errors.ErrorCode.BACKEND_DIED, "It died.", "Again.")
    rows, run, _ = table(8, a=died, b=died, d=died, e=died, f=died)
    finish(run)
    assert states(rows) == ["failed", "failed", "done", "failed", "failed", "failed", "waiting", "waiting"]
    assert run.error is died


def test_retry_takes_the_failed_ones_only(table, errors, batch):
    rows, run, _ = table(3, b=errors.AvatarTexError(errors.ErrorCode.INTERNAL, "x", "y"))
    finish(run)
    assert batch.again(rows, {batch.RowState.FAILED}) == 1
    assert states(rows) == ["done", "waiting", "done"] and rows[1].reason == ""
    _, second, tasks = table(0)
    second.find_rows = lambda: rows
    finish(second)
    assert states(rows) == ["done"] * 3 and len(tasks) == 1


def test_pause_lets_the_running_row_end(table):
    rows, run, _ = table()
    run.step()
    run.paused = True
    for _ in range(20):
        assert not run.step()
    assert states(rows) == ["done", "waiting", "waiting"]
    run.paused = False
    finish(run)
    assert states(rows) == ["done"] * 3


def test_cancel_lets_the_running_row_wait(table):
    rows, run, tasks = table()
    finish_first = 3
    for _ in range(finish_first + 1):
        run.step()
    run.cancel()
    finish(run)
    assert states(rows) == ["done", "waiting", "waiting"] and tasks[1].finished == 1
    assert not run.error


def test_nothing_is_applied_before_the_end_where_that_is_asked(table, errors):
    rows, run, tasks = table(4, at_once=False, b=errors.AvatarTexError(errors.ErrorCode.NO_UVS, "No UVs.", "Unwrap."))
    applied = []
    for _ in range(12):
        run.step()
        for task in tasks:
            task.apply = lambda task=task: (applied.append(task), ("1 s", ""))[1]
        if states(rows)[2] == "made":
            break
    assert states(rows) == ["made", "failed", "made", "waiting"] and not applied
    run.cancel()
    finish(run)
    assert states(rows) == ["done", "failed", "done", "waiting"] and applied == [tasks[0], tasks[2]]


def test_what_cannot_be_applied_fails_alone(table):
    rows, run, tasks = table(3, at_once=False)
    while states(rows) != ["made"] * 3:
        run.step()
    tasks[1].apply = lambda: 1 / 0
    finish(run)
    assert states(rows) == ["done", "failed", "done"] and rows[1].code == "internal"


def test_one_job_cancelled_by_hand_is_skipped(table):
    rows, run, tasks = table()
    run.step()
    tasks[0].cancel()
    finish(run)
    assert states(rows) == ["skipped", "done", "done"]


def test_a_row_taken_out_and_a_table_replaced_meanwhile(table, batch):
    """Undo puts another table in place of this one."""
    rows, run, _ = table()
    run.step()
    del rows[0]
    finish(run)
    assert [(row.key, row.state) for row in rows] == [("b", "done"), ("c", "done")]
    rows[:] = [batch.Row("a"), batch.Row("b")]
    finish(run)
    assert states(rows) == ["done"] * 2


def test_an_end_that_nobody_planned(table):
    rows, run, tasks = table()
    run.step()
    run.close()
    assert states(rows) == ["waiting"] * 3 and tasks[0].finished == 1


def test_a_step_without_work_does_little(table):
    """A timer calls it twenty times a second, for as long as the artist pauses."""
    _rows, run, _ = table(8)
    run.paused = True
    assert count_lines(run.step) < 30


class TestMatching:
    @pytest.fixture
    def match(self, addon, tmp_path):
        def find(names, files, rule="name"):
            for file in files:
                path = tmp_path / file
                path.parent.mkdir(parents=True, exist_ok=True)
                path.touch()
            found = addon("core.matching").match(rule, names, tmp_path)
            return {name: path.relative_to(tmp_path).as_posix() for name, path in found.items()}

        return find

    def test_telephones_pictures_are_found(self, match):
        assert match(["Anna"], ["anna.HEIC"]) == {"Anna": "anna.HEIC"}

    def test_equal_names_go_first(self, match):
        assert match(["Anna", "Bob"], ["Anna portrait.jpg", "anna.png", "BOB.JPEG"]) == {
            "Anna": "anna.png",
            "Bob": "BOB.JPEG",
        }

    def test_a_file_goes_to_the_longest_name(self, match):
        assert match(["Ann", "Anna"], ["anna_02.png", "ann_02.png"]) == {"Ann": "ann_02.png", "Anna": "anna_02.png"}

    def test_punctuation_and_case_do_not_count(self, match):
        assert match(["Old Man.001"], ["old-man_001 (final).webp"]) == {"Old Man.001": "old-man_001 (final).webp"}

    def test_the_head_of_a_characters_meshes(self, match):
        meshes = ["Anna_Hair", "Anna_Body", "Anna_Head", "Banana_Head"]
        assert match(meshes, ["anna.jpg"]) == {"Anna_Head": "anna.jpg"}

    def test_folders(self, match):
        files = ["Anna/IMG_1.jpg", "Bob/IMG_1.jpg", "other.jpg"]
        assert match(["Anna", "Bob"], files, "folder") == {"Anna": "Anna/IMG_1.jpg", "Bob": "Bob/IMG_1.jpg"}

    def test_order(self, match):
        assert match(["x", "y", "z"], ["10.png", "2.png", "notes.txt", ".hidden.png"], "order") == {
            "x": "2.png",
            "y": "10.png",
        }

    def test_nothing_fits(self, match):
        assert match(["Anna", "..."], ["cat.png", "__.png"]) == {}


class TestTable:
    @pytest.fixture
    def read(self, addon, tmp_path):
        def take(text: str, encoding: str = "utf-8"):
            (tmp_path / "t.csv").write_text(text, encoding=encoding)
            return addon("core.table").read_table(tmp_path / "t.csv")

        return take

    def test_columns_in_any_order(self, read, tmp_path):
        assert read("portrait,Object,seed\np/a.png,Anna,3\n\n/abs/b.png,Bob,\n") == [
            {"object": "Anna", "portrait": str(tmp_path / "p" / "a.png"), "seed": 3},
            {"object": "Bob", "portrait": "/abs/b.png"},
        ]

    def test_what_spreadsheets_write(self, read, tmp_path):
        rows = read('object;portrait;style\n"Müller; Anna";a.png;Photo\n', "utf-8-sig")
        assert rows == [{"object": "Müller; Anna", "portrait": str(tmp_path / "a.png"), "style": "photo"}]

    def test_without_a_first_line(self, read, tmp_path):
        assert read("Anna\ta.png\tanime\t5\n")[0] == {
            "object": "Anna",
            "portrait": str(tmp_path / "a.png"),
            "style": "anime",
            "seed": 5,
        }

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            ("object,portrait\nAnna,\n", "Line 1"),
            ("object,portrait,style\nA,a.png,cubist\n", "cubist"),
            ("object,portrait,seed\nA,a.png,1\nB,b.png,-2\n", "Line 2"),
            ("object,portrait,seed\nA,a.png,2147483648\n", "up to 2147483647"),
            ("object,portrait,seed\nA,a.png," + "9" * 5000 + "\n", "has the seed '9{40}'"),
            ("object,portrait\nA,a\0.png\n", "no file can be|could not be read"),
            ("object,portrait\nA," + "a" * 200_000 + "\n", "could not be read"),
            ("object,portrait\nA," + "a" * 20_000_000 + "\n", "larger than 16"),
        ],
    )
    def test_a_bad_line_is_named(self, read, errors, text, sentence):
        with pytest.raises(errors.AvatarTexError, match=sentence):
            read(text)

    def test_no_table(self, addon, errors, tmp_path):
        with pytest.raises(errors.AvatarTexError, match=r"gone\.csv"):
            addon("core.table").read_table(tmp_path / "gone.csv")

    @pytest.mark.skipif(sys.platform == "win32", reason="no pipes in folders")
    def test_a_pipe_is_no_table(self, addon, errors, tmp_path):
        with pipes(tmp_path / "t.csv"):
            with pytest.raises(errors.AvatarTexError, match="no such file"):
                addon("core.table").read_table(tmp_path / "t.csv")
            assert addon("core.exif").read_orientation(tmp_path / "t.csv") == 1

    def test_reports(self, addon, batch, tmp_path):
        rows = [batch.Row("a", "Anna", "/p/a.png", seed=2), batch.Row("b", "Bob")]
        batch.mark(rows[0], batch.RowState.DONE, seconds=1.23456, summary="fine")
        batch.mark(rows[1], batch.RowState.FAILED, code="no-uvs", reason="No UVs, at all.", cure="Unwrap.")
        write = addon("core.table").write_report
        write(tmp_path / "r.json", rows, {"file": "x.blend"})
        report = json.loads((tmp_path / "r.json").read_text())
        assert report["counts"]["failed"] == 1 and report["file"] == "x.blend"
        assert report["rows"][0] | {"object": "Anna", "seed": 2, "seconds": 1.23, "state": "done"} == report["rows"][0]
        write(tmp_path / "r.csv", rows, {})
        lines = list(csv.DictReader(Path(tmp_path / "r.csv").open(encoding="utf-8")))
        assert lines[1]["reason"] == "No UVs, at all." and lines[1]["object"] == "Bob"
