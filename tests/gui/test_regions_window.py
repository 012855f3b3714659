"""Paints and redoes a region with the mouse in a real Blender with a window; how to run it says test_window.py."""

from __future__ import annotations

import os

import pytest

from .session import run_session

SESSION = 150


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    times = 3 if os.environ.get("AVATARTEX_REAL") == "1" else 1
    return run_session("regions_in_window.py", SESSION * times, tmp_path_factory)[0]


def test_the_session_came_to_its_end(found):
    assert "traceback" not in found and found["finished"] and found["error"] == [""] and not found["redo_error"]


def test_a_stroke_paints_the_mask_and_painting_leaves_no_trace(found):
    assert found["red_before"] == 0 and found["red"] > 200 and found["settings_back"] is True


def test_one_undo_after_a_redo(found):
    assert found["redo_changed"] and found["undo_restores"] is True


def test_a_fill_is_made_beside_the_window_and_undone(found):
    assert found["fill_waits"] and found["filled"] > found["red"] and found["fill_undo"]


def test_drawing_reads_the_mesh_once(found):
    times = found["draw_ms"]
    assert sorted(times)[len(times) // 2] < 2
