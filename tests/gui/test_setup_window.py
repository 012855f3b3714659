"""The first run in a real Blender with a window; how to run it says test_window.py."""

from __future__ import annotations

import pytest

from .session import run_session

SESSION = 150

#: Milliseconds that one call of ours may keep the window from answering.
LONGEST_CALL = 50


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    return run_session("setup_in_window.py", SESSION, tmp_path_factory)[0]


def test_the_session_came_to_its_end(found):
    assert "traceback" not in found and found["finished"]


def test_nothing_is_asked_of_the_network_without_leave(found):
    assert found["offline"] == [False, True, 0] and found["asked"] == [True, True, 0]


def test_it_survives_a_new_file_and_goes_on_after_cancel(found):
    assert found["survives_a_new_file"] and found["cancelled"] == ["cancelled", "unfinished"]
    fit, has_python, asked = found["ready"]
    assert (fit, has_python) == ("ready", True) and sum("numpy" in name for name in asked) == 1


def test_the_environment_outlives_the_blender_that_brought_its_python(found):
    assert found["without_that_blender"] == "0.1"


def test_a_python_without_packages_is_not_used(found):
    python, reasons = found["own"]
    assert python == "" and len(reasons) == 1


def test_removal_leaves_nothing(found):
    assert found["removed"] == ["none", False]


def test_no_call_of_ours_stalls_the_window(found):
    assert max(found["seconds"].values()) < LONGEST_CALL, found["seconds"]
