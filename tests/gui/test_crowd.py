"""A batch of ten characters in a real Blender with a window, and ways to break it; run as test_window.py says."""

from __future__ import annotations

import pytest

from .session import run_session
from .test_window import LONGEST_CALL

#: Seconds for the whole session, software GL on two busy cores.
SESSION = 140


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    found, out = run_session("crowd_in_window.py", SESSION, tmp_path_factory)
    return found | {"left": (out / "left.txt").read_text().split()}


def test_the_session_came_to_its_end(found):
    assert "traceback" not in found and found["finished"]


def test_nine_of_ten_are_done_and_the_bad_one_stopped_nobody(found):
    assert found["filled"] == 10 and found["batch_runs_after_click"]
    assert found["batch"].pop("Felix") == "failed" and set(found["batch"].values()) == {"done"}
    assert found["paused"] == [True, False]


def test_one_undo_takes_all_of_it_back(found):
    steps = ("batch_undo", "batch_redo", "generate_undo", "switch_undo", "switch_redo", "compare_undo")
    assert all(found[step] for step in steps), {step: found[step] for step in steps}


def test_no_call_of_ours_stalls_the_window(found):
    ours = {name: spent for name, spent in found["seconds"].items() if name.endswith("_ms")}
    assert max(ours.values()) < LONGEST_CALL, ours


def test_drawing_the_panels_takes_two_milliseconds(found):
    assert all(times["median"] < 2.0 for times in found["draw"].values()), found["draw"]


def test_undo_during_a_job_does_not_lose_it(found):
    assert found["undo_during_job"] == ["", 1]


def test_undo_during_a_batch_costs_no_second_job(found):
    assert found["undo_during_batch"] == [9, 10]


def test_a_head_deleted_during_its_job_is_said(found):
    assert found["deleted_during_job"][0] == "no-mesh" and "Anna" in found["deleted_during_job"][1]


def test_a_file_loaded_during_a_job(found):
    assert found["load_during_batch"] == [False, False, False, True] and found["batch_after_load"] == 9
    assert found["generate_after_load"][0] == "" and found["generate_after_load"][2] == "Anna"


def test_quit_during_a_job_leaves_no_process(found):
    assert found["left"] == []
