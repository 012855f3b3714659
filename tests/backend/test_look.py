"""Portraits beside the textured head: the right sides, the texture's colours, the portrait unbent."""

from __future__ import annotations

import numpy as np
import pytest

from backend.lab import look
from tests.backend import portraits


@pytest.fixture(scope="module")
def head(demo_head_obj) -> look.Head:
    return look.Head(demo_head_obj, 64)


def test_the_head_is_seen_from_the_front_both_sides_and_the_back(head):
    towards = [view.rotation[2] for view in head.views]
    assert np.allclose([towards[0] @ one for one in towards], [1, 0.7071, 0.7071, -1], atol=1e-3)
    assert towards[1] @ towards[2] == pytest.approx(0, abs=1e-3)


def test_the_head_wears_the_texture_and_nothing_around_it_does(head):
    red = np.zeros((8, 8, 3), np.float32)
    red[..., 0] = 1
    for picture in head.looks({1001: red}):
        worn = picture[..., 0] - picture[..., 2]
        assert 0.25 < (worn > 0.6).mean() < 0.75
        assert np.allclose(picture[0, 0], 0.55)


def test_what_no_portrait_shows_is_marked():
    texture = np.full((1, 3, 3), 0.5, np.float32)
    shares = np.eye(3, dtype=np.float32)[None]  # photo, mirrored, generated
    photo, mirrored, made = look.marked({1001: texture}, {1001: shares})[1001][0]
    assert np.allclose(photo, 0.5) and mirrored.argmax() == 1 and made.argmax() == 2


def test_the_portrait_stands_beside_at_the_same_height_and_is_not_stretched(tmp_path):
    panel = look.panel([portraits.HOPPER], [np.zeros((100, 100, 3), np.float32)] * 4)
    shape = portraits.decode_portrait(portraits.HOPPER).color.shape
    assert panel.shape == (100, 400 + round(100 * shape[1] / shape[0]), 3)


def test_folders_are_looked_into_and_other_files_are_not(tmp_path):
    for name in ("b.png", "a.JPG", "notes.txt"):
        (tmp_path / name).write_bytes(b"")
    assert [path.name for path in look.pictures([tmp_path, tmp_path / "b.png"])] == ["a.JPG", "b.png", "b.png"]


@pytest.mark.parametrize(("yaw", "pitch"), [(30, 0), (-20, 0), (0, 25), (35, -15)])
def test_a_view_is_turned_to_the_picture_s_left_and_tipped_to_look_up(head, yaw, pitch):
    rotation = head.view(yaw, pitch).rotation
    assert np.allclose(rotation @ rotation.T, np.eye(3), atol=1e-5)
    right, up, near = rotation @ head.front[2]
    assert np.degrees(np.arctan2(-right, near)) == pytest.approx(yaw, abs=0.01)
    assert np.degrees(np.arcsin(up)) == pytest.approx(pitch, abs=0.01)
