"""Bakes variants in a real Blender with a window; how to run it says test_window.py."""

from __future__ import annotations

import pytest

from .session import run_session

SESSION = 60


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    return run_session("variants_in_window.py", SESSION, tmp_path_factory)[0]


def test_a_set_is_baked_shown_and_undone(found):
    assert "traceback" not in found and found["finished"] and not found["error"]
    assert found["names"] == ["cel 0", "anime 0", "ink 0", "oil 0", "pencil 0"]
    assert found["stays"] == found["undone"] == "Skin" and found["shown"] == "Head ink 0"
    assert found["all_undone"]
