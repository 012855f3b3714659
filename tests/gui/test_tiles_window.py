"""Regions of a head in UDIM tiles in a real window; how to run it says test_window.py."""

from __future__ import annotations

import pytest

from .session import run_session

SESSION = 60


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    return run_session("tiles_in_window.py", SESSION, tmp_path_factory)[0]


def test_the_overlay_shows_both_tiles(found):
    assert "traceback" not in found and found["finished"] and found["error"] == ["", ""]
    assert found["overlay"] == [True, True]


def test_a_stroke_reaches_over_both_tiles(found):
    names, active = found["painting"]
    assert len(names) == 2 and active == names[1]
    (left, right), names, active = found["painted"]
    assert left > 50 and right > 50 and names == [active]
