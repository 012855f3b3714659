"""Hair curves in a real window. Environment: see test_window.py."""

from __future__ import annotations

import pytest

from .session import run_session

HAIR = ["Head Facial Hair", "Head Hair"]


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    return run_session("curves_in_window.py", 60, tmp_path_factory)[0]


def test_the_window_lives_while_they_are_made(found):
    assert "traceback" not in found and found["finished"] and found["error"] == ["", ""]
    assert found["at_once"] == [True, []] and found["made"] == HAIR


def test_they_are_one_step_of_undo(found):
    assert found["undone"] == [[], 1] and found["redone"] == HAIR
