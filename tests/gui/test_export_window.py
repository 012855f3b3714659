"""Export for… in a real window. Environment: see test_window.py."""

from __future__ import annotations

import pytest

from .session import run_session


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    return run_session("export_in_window.py", 75, tmp_path_factory)[0]


def test_files_are_written_from_edit_mode_and_the_window_shows_the_same_scene(found):
    assert "traceback" not in found and found["finished"] and found["error"] == ["", ""]
    assert found["head.glb"] == [True, True, ""]
    assert found["head.usdc"] in ([True, True, ""], [False, True, "This Blender has no exporter for USD."])  # Debian's


def test_an_export_is_no_step_of_undo(found):
    assert [found["undone"], found["redone"]] == [0, 1]
