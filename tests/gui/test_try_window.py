"""Try It and the file browser in a real window; how to run it says test_window.py."""

from __future__ import annotations

import os

import pytest

from .session import run_session

SESSION = 40


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    times = 5 if os.environ.get("AVATARTEX_REAL") == "1" else 1
    return run_session("try_in_window.py", SESSION * times, tmp_path_factory)[0]


def test_one_click_makes_a_texture_that_is_seen(found):
    assert "traceback" not in found and found["finished"]
    assert found["started"] and found["error"] == ["", ""] and found["sample"] == [1, "MATERIAL"]


def test_the_file_browser_shows_thumbnails(found):
    assert found["display"] == ["THUMBNAIL"]
