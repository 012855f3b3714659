"""The texture so far, small: written where it is asked for, and named on the wire."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from backend.compose.stage_pictures import PREVIEW, StagePictures
from backend.messages import Generate, Progress
from backend.pipeline import generate
from backend.wire import decode, encode


@pytest.fixture(scope="module")
def told(tmp_path_factory, demo_head_obj, astronaut):
    """Every word of a real job, and the folder of its previews."""
    folder, said = tmp_path_factory.mktemp("job"), []
    generate(
        Generate(
            "a",
            str(astronaut),
            str(folder / "texture.png"),
            mesh=str(demo_head_obj),
            size=512,
            previews=str(folder / "previews"),
        ),
        lambda *words: said.append(words),
        lambda: False,
    )
    return said, folder


def test_every_stage_shows_what_it_made(told):
    said, folder = told
    shown = [words for words in said if len(words) == 3]
    assert [(stage, Path(path).stem) for stage, _, path in shown] == [
        ("atlas", "2_partial"),
        ("inpaint", "3_inpaint"),
        ("mirror", "4_mirror"),
        ("latent", "5_latent"),
        ("repaint", "6_repaint"),
        ("compose", "7_composed"),
    ]
    fractions = [words[1] for words in said]
    assert fractions == sorted(fractions)
    for _, _, path in shown:
        picture = cv2.imread(path)
        assert max(picture.shape) <= PREVIEW and picture.std() > 10
    composed = cv2.resize(cv2.imread(str(folder / "texture.png")), (PREVIEW, PREVIEW), interpolation=cv2.INTER_AREA)
    assert np.abs(composed.astype(int) - cv2.imread(shown[-1][2])).mean() < 1


def test_the_texture_is_shown_on_the_head_from_the_front(told):
    """Skin in the middle, nothing in the corners."""
    picture = cv2.imread(str(told[1] / "texture.preview.png")).astype(int)
    assert picture.shape == (256, 256, 3)
    assert all(np.ptp(picture[row, column]) == 0 for row in (0, -1) for column in (0, -1))
    blue, _, red = picture[100:156, 100:156].mean((0, 1))
    assert red > blue + 20


def test_a_client_that_asks_for_none_hears_of_none():
    assert "preview" not in json.loads(encode(Progress("a", "load", 0.5)))
    assert decode(encode(Progress("a", "load", 0.5))) == Progress("a", "load", 0.5)
    assert decode(encode(Progress("a", "load", 0.5, "/x.png"))).preview == "/x.png"


def test_a_preview_that_cannot_be_written_stops_nothing(tmp_path):
    (tmp_path / "file").write_text("")
    heard = []
    StagePictures("", str(tmp_path / "file"), heard.append).save("inpaint", np.zeros((8, 8, 3), np.float32))
    assert not heard
