"""Two heads, a duplicate and Edit Mode in a real window; how to run it says test_window.py."""

from __future__ import annotations

import pytest

from .session import run_session

SESSION = 60


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    return run_session("heads_of_one_scene_in_window.py", SESSION, tmp_path_factory)[0]


def test_another_seed_is_of_the_head_that_is_selected(found):
    assert "traceback" not in found and found["finished"]
    assert found["asked"] == ["first.png", 2, 1]


def test_a_duplicate_goes_back_alone(found):
    assert found["alone"] == [True, True]


def test_selected_faces_are_remade_in_edit_mode(found):
    assert found["red"] == 1.0 and found["redone"] == ["EDIT", True, ""]
