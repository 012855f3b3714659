"""Textures of 16 bits and of half floats, read back; a base texture keeps its 16 bits."""

from __future__ import annotations

import os

import cv2
import numpy as np
import pytest

from backend.__main__ import main
from backend.imaging.files import encode_picture, write_picture
from backend.imaging.read import read_base
from backend.imaging.sample import to_linear

os.environ["OPENCV_IO_ENABLE_OPENEXR"] = "1"


def ramp(channels: int = 3) -> np.ndarray:
    """(64,64,C) float32 of 4096 different values, a little beyond 0..1."""
    return np.linspace(-0.01, 1.01, 64 * 64, dtype=np.float32).reshape(64, 64, 1) * np.ones(channels, np.float32)


def read_back(data: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)[..., [2, 1, 0]]


def test_sixteen_bits_tell_what_eight_cannot():
    picture = ramp() * np.float32([1, 0.5, 0.25])
    deep = read_back(encode_picture("a.png", picture, 16))
    assert deep.dtype == np.uint16
    np.testing.assert_allclose(deep / 65535, np.clip(picture, 0, 1), atol=0.6 / 65535)
    assert len(np.unique(deep[..., 0])) > 4000 and len(np.unique(read_back(encode_picture("a.png", picture)))) <= 256


def test_an_exr_holds_linear_half_floats_whatever_the_bits():
    picture = np.clip(ramp(), 0, 1)
    for bits in (8, 16):
        np.testing.assert_allclose(read_back(encode_picture("a.exr", picture, bits)), to_linear(picture), rtol=1e-3)


@pytest.mark.parametrize("channels", [3, 4])
def test_a_base_texture_keeps_its_sixteen_bits(channels, tmp_path):
    picture = np.clip(ramp(channels), 0, 1)
    picture[..., 3:] = 1
    (tmp_path / "ä base.png").write_bytes(encode_picture("a.png", picture, 16))
    np.testing.assert_allclose(read_base(tmp_path / "ä base.png", 64), picture[..., :3], atol=0.6 / 65535)
    write_picture(tmp_path / "plain.png", picture[..., :3])
    np.testing.assert_allclose(read_base(tmp_path / "plain.png", 64), picture[..., :3], atol=0.6 / 255)


@pytest.mark.slow
def test_a_job_writes_its_texture_so(tmp_path, demo_head_obj, astronaut):
    """From the floats, not from bytes of 8 bits; provenance stays at 8."""
    words = ["generate", "--mesh", str(demo_head_obj), "--portrait", str(astronaut), "--size", "512"]
    beside = ["--provenance", str(tmp_path / "provenance.png")]
    assert main([*words, "--output", str(tmp_path / "deep.png"), "--bits", "16", *beside]) == 0
    assert main([*words, "--output", str(tmp_path / "linear.exr")]) == 0
    deep, linear, provenance = (
        read_back((tmp_path / name).read_bytes()) for name in ("deep.png", "linear.exr", "provenance.png")
    )
    assert deep.dtype == np.uint16 and provenance.dtype == np.uint8
    assert (deep % 257 != 0).mean() > 0.9  # no stretched bytes
    np.testing.assert_allclose(to_linear(deep / np.float32(65535)), linear, rtol=2e-3, atol=1e-4)
