"""Surface maps in a real window. Environment: see test_window.py."""

from __future__ import annotations

import pytest

from .session import run_session

MAPS = ["AvatarTex Map Tangents", "AvatarTex Map UV", "AvatarTex Map normal", "AvatarTex Map roughness"]


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    return run_session("maps_in_window.py", 90, tmp_path_factory)[0]


def test_the_window_lives_while_they_are_made(found):
    assert "traceback" not in found and found["finished"] and found["error"] == ["", ""]
    assert found["at_once"] == [True, []] and found["made"] == MAPS


def test_they_are_one_step_of_undo(found):
    assert found["undone"] == [[], 1] and found["redone"] == MAPS


def test_heights_displace_on_request_in_one_step_of_undo(found):
    assert found["displaced"] == ["BOTH", True] and found["flat_again"] == ["BUMP", False]
