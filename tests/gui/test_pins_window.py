"""Drags pins with the mouse in a real Blender with a window; how to run it says test_window.py."""

from __future__ import annotations

import pytest

from .session import run_session

SESSION = 60


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    return run_session("pins_in_window.py", SESSION, tmp_path_factory)[0]


def test_the_session_came_to_its_end(found):
    assert "traceback" not in found and found["finished"]


def test_the_overlay_is_shown_beside_the_head(found):
    """In the same window: one 3D view with its sidebar, one Image Editor."""
    assert found["shown"] == "AvatarTex Registration" and found["beside"] == [1, 1, 1, True]


def test_drags_pin_points_and_escape_takes_a_drag_back(found):
    """The fake's points lie at y = 32 of 64; up on the screen is down in y."""
    assert set(found["dragged"]) == {"chin", "nose_tip"}
    assert all(y < 30 for _, y in found["dragged"].values())


def test_every_drag_is_one_undo_step(found):
    assert list(found["undone"]) == ["chin"] and found["redone"] == found["dragged"]


def test_points_stay_on_the_head(found):
    has_3d, place = found["on_head"]
    assert has_3d and sum(v * v for v in place) ** 0.5 == pytest.approx(0.12, abs=0.005)


def test_sessions_clean_up_and_escape_puts_back(found):
    assert (found["handles_editing"], found["handles_after"]) == (1, 0)
    assert found["after_escape"] == [False, 0]


def test_a_doubtful_registration_asks_first(found):
    assert found["asked"] == "low-score" and found["generated_anyway"] == "Head"
