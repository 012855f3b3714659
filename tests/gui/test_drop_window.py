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
