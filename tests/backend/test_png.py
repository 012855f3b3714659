"""PNGs that are deflated in strips on all cores: other programs read the same values."""

from __future__ import annotations

import io
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image

from backend.imaging import png
from backend.imaging.png import encode_png


def smooth(shape: tuple[int, ...], kind: type) -> np.ndarray:
    """Values as textures have them: smooth, with a little noise."""
    random = np.random.default_rng(1)
    waves = np.sin(np.linspace(0, 9, int(np.prod(shape)))).reshape(shape)
    return ((waves / 3 + 0.5 + random.normal(0, 0.003, shape)) * np.iinfo(kind).max).astype(kind)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
@pytest.mark.parametrize("shape", [(50, 40, 3), (50, 40, 4), (50, 40), (1, 7, 3), (7, 1)])
@pytest.mark.parametrize("strip", [1, 999, png.STRIP])
def test_other_programs_read_the_same_values(kind, shape, strip, monkeypatch):
    monkeypatch.setattr(png, "STRIP", strip)
    values = smooth(shape, kind)
    data = encode_png(values)
    read = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    order = [2, 1, 0, 3][: shape[2]] if len(shape) == 3 else ...
    assert read.dtype == kind and np.array_equal(read[..., order] if len(shape) == 3 else read, values)
    picture = Image.open(io.BytesIO(data))
    picture.load()  # whole, and its checksums are right
    assert picture.size == (shape[1], shape[0])


def test_the_checksum_over_all_strips_is_the_stream_s_own(monkeypatch):
    monkeypatch.setattr(png, "STRIP", 500)
    data, packed, at = encode_png(smooth((64, 64, 3), np.uint8)), b"", len(png.SIGNATURE)
    while at < len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        packed += data[at + 8 : at + 8 + length] if data[at + 4 : at + 8] == b"IDAT" else b""
        at += 12 + length
    assert len(zlib.decompress(packed)) == 64 * (1 + 3 * 64)  # which refuses another checksum


def test_a_smooth_picture_is_about_as_small_as_libpng_s():
    values = smooth((512, 512, 3), np.uint8)
    assert len(encode_png(values)) < 1.1 * len(cv2.imencode(".png", values, [cv2.IMWRITE_PNG_COMPRESSION, 3])[1])
