"""Our own PNG against OpenCV's."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

SHAPES = ((1, 1, 3), (5, 1, 3), (1, 7, 4), (33, 57, 3), (64, 20, 4))


def pictures(shape):
    """Noise, and a ramp: other filters are chosen for each."""
    ramp = np.add.outer(np.add.outer(np.arange(shape[0]), np.arange(shape[1])), np.arange(shape[2])) * 3
    smooth = cv2.GaussianBlur(np.random.default_rng(1).integers(0, 256, shape, np.uint8), (7, 7), 0)
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8), (ramp % 256).astype(np.uint8), smooth


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("options", [[], [cv2.IMWRITE_PNG_COMPRESSION, 3]], ids=["fast", "small"])
def test_channels_are_read_whatever_the_filters(addon, shape, options):
    png = addon("core.png")
    for picture in pictures(shape):
        data = cv2.imencode(".png", picture, options)[1].tobytes()
        shown = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED).reshape(shape)
        for channel, order in enumerate((2, 1, 0)):
            assert np.array_equal(png.read_channel(data, channel), shown[..., order])


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_what_is_written_is_read(addon, shape):
    for picture in pictures(shape):
        data = np.frombuffer(addon("core.png").encode(picture), np.uint8)
        order = [2, 1, 0, 3][: shape[2]]
        assert np.array_equal(cv2.imdecode(data, cv2.IMREAD_UNCHANGED), picture[..., order])


def test_other_files_are_refused(addon):
    deep = cv2.imencode(".png", np.zeros((4, 4, 3), np.uint16))[1].tobytes()
    whole = cv2.imencode(".png", np.zeros((9, 9, 3), np.uint8))[1].tobytes()
    for data in (b"", b"BM", deep, whole[:30], whole[:45]):
        with pytest.raises(ValueError):
            addon("core.png").read_channel(data, 0)
