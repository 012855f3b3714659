"""Pictures that are no portraits go through the same careful reader: base textures, painted regions, provenance."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from backend.errors import AvatarTexError, ErrorCode
from backend.imaging import read
from backend.imaging.heif import is_heif
from backend.imaging.read import read_base
from backend.portrait.decode import decode_portrait
from tests.backend.test_decode import png_header
from tests.pipes import needs_pipes, pipes

from . import mutants

ROOT = Path(__file__).parents[2]


def refusal(path: Path, what: str = "base texture") -> AvatarTexError:
    with pytest.raises(AvatarTexError) as caught:
        read_base(path, 64, what)
    assert caught.value.code is ErrorCode.BAD_REQUEST and what in caught.value.message
    return caught.value


@pytest.mark.parametrize("size", [(14_000, 14_000), (30_000, 30_000), (60_000, 10)])
def test_a_picture_too_large_is_refused_from_its_header(tmp_path, size):
    (tmp_path / "base.png").write_bytes(png_header(*size))
    begun = time.monotonic()
    assert "too large" in refusal(tmp_path / "base.png").message
    assert time.monotonic() - begun < 30  # less than a millisecond; a decoder took a minute


@pytest.mark.parametrize("suffix", [".exr", ".hdr"])
def test_formats_of_opencvs_own_readers_are_refused(tmp_path, suffix, monkeypatch):
    monkeypatch.setenv("OPENCV_IO_ENABLE_OPENEXR", "1")  # as it is after a texture was written as EXR
    path = tmp_path / f"base{suffix}"
    try:
        data = cv2.imencode(suffix, np.full((8, 8, 3), 0.5, np.float32))[1]
    except cv2.error:
        pytest.skip("this build of OpenCV has no EXR")
    path.write_bytes(data.tobytes())
    assert "known format" in refusal(path, "regions file").message


@needs_pipes
def test_a_pipe_is_no_picture(tmp_path):
    with pipes(tmp_path / "base.png"):
        refusal(tmp_path / "base.png", "base provenance")


def test_colours_below_transparency_and_of_palettes_stay(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (16, 16, 4), np.uint8)
    pixels[..., 3] = 0
    Image.fromarray(pixels).save(tmp_path / "clear.png")
    np.testing.assert_array_equal(read_base(tmp_path / "clear.png", 16), pixels[..., :3].astype(np.float32) / 255)
    Image.fromarray(pixels[..., :3] // 128 * 255).quantize(8).save(tmp_path / "palette.png")
    np.testing.assert_array_equal(
        np.rint(read_base(tmp_path / "palette.png", 16)), (pixels[..., :3] // 128).astype(np.float32)
    )


@pytest.mark.slow
def test_a_large_deep_grey_takes_little_memory(tmp_path):
    """99 megapixels of 16 bit took 1.7 GB."""
    Image.fromarray(np.tile(np.linspace(0, 65535, 9900).astype(np.uint16), (9900, 1))).save(
        tmp_path / "deep.png", compress_level=1
    )
    code = (
        "import resource, sys; from backend.portrait.decode import decode_portrait; "
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss; grey = decode_portrait(sys.argv[1]).color; "
        "assert abs(grey[0, -1, 0] - 1) < .01 and grey[0, 0, 0] < .01; "
        "print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "deep.png")], cwd=ROOT, text=True, check=True, capture_output=True
    )
    assert float(done.stdout) < 1000


@pytest.mark.parametrize("number", [1003045, 1005526])
def test_a_file_that_crashes_its_reader_is_refused(tmp_path, number):
    """Of all damaged HEIC files that were tried; libheif runs in a process of its own."""
    (tmp_path / "phone.heic").write_bytes(mutants.mutate(mutants.make_heic(), random.Random(f"portrait HEIC {number}")))
    assert is_heif(tmp_path / "phone.heic")
    with pytest.raises(AvatarTexError, match="damaged") as refusal:
        decode_portrait(tmp_path / "phone.heic")
    assert refusal.value.code is ErrorCode.PORTRAIT_UNREADABLE


def test_a_heic_too_large_or_of_another_kind_is_refused(tmp_path, monkeypatch):
    (tmp_path / "phone.heic").write_bytes(mutants.make_heic())
    (tmp_path / "film.heic").write_bytes(mutants.make_heic().replace(b"heic", b"isom").replace(b"mif1", b"mp42"))
    with pytest.raises(AvatarTexError, match="known format"):
        decode_portrait(tmp_path / "film.heic")
    monkeypatch.setattr(read, "MAX_SIDE", 50)
    with pytest.raises(AvatarTexError, match="too large: 64 x 40"):
        decode_portrait(tmp_path / "phone.heic")


@needs_pipes
def test_a_portrait_is_no_pipe(tmp_path):
    with pipes(tmp_path / "portrait.png"), pytest.raises(AvatarTexError) as caught:
        decode_portrait(tmp_path / "portrait.png")
    assert caught.value.code is ErrorCode.PORTRAIT_MISSING
