"""The main panel in a real window; needs the tool that test_window.py names. Pictures for the manual: AVATARTEX_OUT."""

from __future__ import annotations

import os

import pytest

from .session import run_session

#: Seconds for the whole session: 40 on two quiet cores with software GL.
SESSION = 90


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    times = 2 if os.environ.get("AVATARTEX_REAL") == "1" else 1
    return run_session("panel_in_window.py", SESSION * times, tmp_path_factory)[0]


def test_the_session_came_to_its_end(found):
    assert "traceback" not in found and found["finished"]
    assert found["error"] == ["", ""] and found["refusal"]


def test_the_list_tells_all(found):
    assert found["obstacles"] == ["portrait-missing", "hidden", "overlapping-uvs"] and found["shown_again"]


@pytest.mark.parametrize("way", ["drop_portrait", "use_image", "pick_portrait"])
def test_a_portrait_is_one_undo_step(found, way):
    assert found[f"{way}_undo"] == [True, True]


def test_a_drop_finds_the_head_under_the_mouse(found):
    assert found["under_mouse"] == ["Head", "", "", ""]


def test_pasting_leaves_the_areas_as_they_are(found):
    assert found["area_kept"] == 1 and found["paste"]


def test_the_texture_is_seen_while_it_is_made(found):
    assert found["previews"] >= 3 and max(found["loads"]) < 50


def test_drawing_is_cheap(found):
    assert found["draw"]["median"] < 2, found["draw"]


def test_it_speaks_german(found):
    if not found["languages"]:
        pytest.skip("this Blender has no translations")
    assert found["german"] == "Schritt 2 von 8"


def test_the_mix_is_undone_and_redone(found):
    assert found["mix_undo"] == [True, True, 1.0] and found["mix_redo"]
    assert found["restore_undo"] == [True, 0.5]
    assert max(found["mix_ms"]) < 50
