"""Drags pictures from another program into a real Blender; how to run it says test_window.py."""

from __future__ import annotations

import sys

import pytest

from .session import run_session

SESSION = 60


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    pytest.importorskip("Xlib", reason="python-xlib drags the files")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AVATARTEX_TEST_PYTHON", sys.executable)
        found = run_session("drop_in_window.py", SESSION, tmp_path_factory)[0]
    assert "traceback" not in found and found["finished"]
    return found


def test_dropped_on_the_tab_it_is_the_chosen_heads(found):
    assert found["tab"] == {"said": "finished", "portrait": "tab ünï.png", "head": "", "active": "Other", "empties": 0}


@pytest.mark.parametrize(
    ("place", "portrait", "active"), [("head", "head ünï.png", "Head"), ("other", "tab ünï.png", "Other")]
)
def test_dropped_on_a_mesh_it_is_that_heads(found, place, portrait, active):
    assert (found[place]["portrait"], found[place]["active"]) == (portrait, active)


def test_what_is_no_picture_changes_nothing(found):
    assert found["text"] == found["other"]


def test_copied_pixels_are_pasted(found):
    if "pasted" not in found:
        pytest.skip("no xclip beside this Blender")
    assert found["pasted"] == [["FINISHED"], "pasted.png"]


def test_it_is_one_undo_step(found):
    assert found["space"]["portrait"] == "space ünï.png" and not found["space"]["empties"]
    assert found["undone"] == "tab ünï.png"
