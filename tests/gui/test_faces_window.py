"""Faces of a portrait in a real window, with the real backend; how to run it says test_window.py."""

from __future__ import annotations

import os

import pytest
from PIL import Image, ImageOps

from tests.demo import sources

from .session import run_session

SESSION = 45


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    if "AVATARTEX_BACKEND_PYTHON" not in os.environ:
        pytest.skip("AVATARTEX_BACKEND_PYTHON is not set")
    one = Image.open(sources.astronaut()).convert("RGB").crop((100, 0, 400, 300))
    pair = Image.new("RGB", (540, 300), (90, 90, 90))
    pair.paste(one, (0, 0))
    pair.paste(ImageOps.mirror(one).resize((220, 220)), (310, 60))
    path = tmp_path_factory.mktemp("pair") / "pair.png"
    pair.save(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AVATARTEX_PORTRAIT", str(path))
        return run_session("faces_in_window.py", SESSION, tmp_path_factory)[0]


def test_a_click_chooses_another_face(found):
    assert "traceback" not in found and found["finished"]
    assert (found["first"], found["second"], found["undone"]) == ("0", "1", "0")
    assert found["pins"] == ["nose_tip"]
