"""Plays an artist's session in a real Blender with a window. Skipped unless AVATARTEX_REAL_BLENDER names a tool with

    TOOL gui PICTURE.png SCRIPT.py SECONDS        open Blender's window, run the script in it, end it

With AVATARTEX_BACKEND_PYTHON and AVATARTEX_REAL=1 it uses the real backend. Pictures and figures land in AVATARTEX_OUT
(default: pytest's temporary folder, whose path is printed). AVATARTEX_PATIENCE=2 gives sessions twice their time.
"""

from __future__ import annotations

import os

import pytest

from .session import PATIENCE, run_session

#: Seconds for the whole session: 45 with a graphics card's driver, 90 with software GL on two busy cores.
SESSION = 110

#: Milliseconds that one call of ours may keep the window from answering.
LONGEST_CALL = 50


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    times = 3 if os.environ.get("AVATARTEX_REAL") == "1" else 1
    return run_session("in_window.py", SESSION * times, tmp_path_factory)[0]


def test_the_session_came_to_its_end(found):
    assert "traceback" not in found and found["finished"]


def test_generate_runs_while_the_window_lives(found):
    assert found["running_after_click"] and found["changed"] and found["error"] == ["", ""]


def test_one_undo_brings_everything_back(found):
    assert found["undo_restores"] and found["redo_restores"] and found["restored"]


def test_no_call_of_ours_stalls_the_window(found):
    """The timer's gaps are kept in found.json too, but with software GL they measure Blender's own drawing."""
    ours = {name: spent for name, spent in found["seconds"].items() if name.endswith("_ms")}
    assert max(ours.values()) < LONGEST_CALL, ours


def test_cancel_takes_two_seconds_at_most(found):
    """By the clock, so on quiet cores; as many times longer as the session was given."""
    assert all(spent < 2.0 * PATIENCE for name, spent in found["seconds"].items() if name.startswith("cancel"))


def test_refusal_and_death_are_shown(found):
    if "refusal" not in found:
        pytest.skip("only the fake backend fails on request")
    assert (found["refusal"], found["death"]) == ("no-face-in-portrait", "backend-died")
