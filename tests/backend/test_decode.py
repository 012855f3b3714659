"""Portrait files: every format becomes the same pixels, and every bad one is refused with a cure."""

from __future__ import annotations

import io
import struct
import time
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

from backend.errors import AvatarTexError, ErrorCode
from backend.portrait.decode import decode_portrait
from tests.backend.portraits import ASTRONAUT
from tests.faults.mutants import make_heic


def save(folder: Path, name: str, image: Image.Image, **options) -> Path:
    image.save(folder / name, **options)
    return folder / name


def gradient(width=64, height=40) -> Image.Image:
    """Opaque RGB, different in all corners."""
    x, y = np.meshgrid(np.linspace(30, 220, width), np.linspace(20, 200, height))
    return Image.fromarray(np.dstack([x, y, 255 - x]).astype(np.uint8))


def png_header(width: int, height: int) -> bytes:
    """A PNG that says how large it is and holds almost nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 64)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_rotation_is_applied(tmp_path, orientation):
    upright = gradient()
    undo = {1: None, 2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}[orientation]  # Image.Transpose values
    stored = upright if undo is None else upright.transpose(Image.Transpose(undo))
    exif = Image.Exif()
    exif[0x0112] = orientation
    portrait = decode_portrait(save(tmp_path, "turned.png", stored, exif=exif))
    np.testing.assert_allclose(portrait.color, np.asarray(upright, np.float32) / 255, atol=1e-6)


@pytest.mark.parametrize(
    "mode, name",
    [
        ("RGB", "a.png"),
        ("RGBA", "a.png"),
        ("L", "a.png"),
        ("LA", "a.png"),
        ("P", "a.png"),
        ("1", "a.png"),
        ("CMYK", "a.jpg"),
        ("CMYK", "a.tif"),
        ("RGB", "a.webp"),
        ("RGB", "a.bmp"),
        ("RGB", "a.gif"),
        ("RGB", "a.avif"),
        ("L", "a.jpg"),
        ("RGB", "ä ñ 顔.png"),
    ],
)
def test_any_pixel_format_becomes_float_rgb(tmp_path, mode, name):
    source = gradient().convert(mode)
    portrait = decode_portrait(save(tmp_path, name, source))
    assert portrait.color.shape == (40, 64, 3) and portrait.color.dtype == np.float32
    assert portrait.alpha.shape == (40, 64) and portrait.alpha.min() == 1
    expected = np.asarray(source.convert("RGB"), np.float32) / 255
    assert np.abs(portrait.color - expected).mean() < 0.03


def test_heic_is_read_upright(tmp_path):
    (tmp_path / "phone.heic").write_bytes(make_heic())
    portrait = decode_portrait(tmp_path / "phone.heic")
    assert portrait.color.shape == (40, 64, 3)
    assert np.abs(portrait.color - np.asarray(gradient(), np.float32) / 255).mean() < 0.03
    (tmp_path / "cut.heic").write_bytes(make_heic()[:500])
    with pytest.raises(AvatarTexError) as refusal:
        decode_portrait(tmp_path / "cut.heic")
    assert refusal.value.code == ErrorCode.PORTRAIT_UNREADABLE and refusal.value.cure


@pytest.mark.parametrize("name", ["deep.png", "deep.tif"])
def test_sixteen_bit_grey(tmp_path, name):
    ramp = np.tile(np.linspace(0, 65535, 64).astype(np.uint16), (40, 1))
    portrait = decode_portrait(save(tmp_path, name, Image.fromarray(ramp)))
    np.testing.assert_allclose(portrait.color[0, :, 1], np.linspace(0, 1, 64), atol=1e-3)


def test_sixteen_bit_colour(tmp_path):
    ramp = np.zeros((40, 64, 3), np.uint16)
    ramp[..., 2] = np.linspace(0, 65535, 64)  # red: OpenCV writes BGR
    cv2.imwrite(str(tmp_path / "deep.png"), ramp)
    portrait = decode_portrait(tmp_path / "deep.png")
    np.testing.assert_allclose(portrait.color[0, :, 0], np.linspace(0, 1, 64), atol=0.006)


def test_transparent_pixels_are_grey_and_known(tmp_path):
    image = gradient().convert("RGBA")
    image.paste((255, 0, 0, 0), (0, 0, 20, 20))
    portrait = decode_portrait(save(tmp_path, "cut.png", image))
    assert portrait.alpha[5, 5] == 0 and portrait.alpha[30, 50] == 1
    np.testing.assert_allclose(portrait.color[5, 5], 0.5, atol=1e-6)


def test_transparent_palette_entry(tmp_path):
    image = gradient().quantize(16)
    path = save(tmp_path, "cut.gif", image, transparency=image.getpixel((0, 0)))
    assert decode_portrait(path).alpha[0, 0] == 0


def test_profile_is_converted_to_srgb(tmp_path):
    """sRGB with red and blue swapped in the profile: pure red means blue."""
    swapped = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    head, body = swapped[:256], swapped[256:]
    head = head.replace(b"rXYZ", b"tmpX").replace(b"bXYZ", b"rXYZ").replace(b"tmpX", b"bXYZ")
    path = save(tmp_path, "swapped.png", Image.new("RGB", (8, 8), (255, 0, 0)), icc_profile=head + body)
    np.testing.assert_allclose(decode_portrait(path).color[4, 4], (0, 0, 1), atol=0.02)


def test_damaged_profile_and_exif_do_not_cost_the_picture(tmp_path):
    path = save(tmp_path, "odd.png", gradient(), icc_profile=b"no profile", exif=b"Exif\0\0nonsense")
    np.testing.assert_allclose(decode_portrait(path).color, np.asarray(gradient(), np.float32) / 255, atol=1e-6)


@pytest.mark.parametrize("name", ["large.jpg", "large.png"])
def test_large_pictures_are_reduced(tmp_path, name):
    portrait = decode_portrait(save(tmp_path, name, gradient(5000, 2500)))
    assert portrait.color.shape == (1024, 2048, 3)
    small = cv2.resize(np.asarray(gradient(5000, 2500), np.float32) / 255, (2048, 1024), interpolation=cv2.INTER_AREA)
    assert np.abs(portrait.color - small).mean() < 0.01


def _bad_files(folder: Path) -> dict[str, tuple[Path, ErrorCode]]:
    photo = ASTRONAUT.read_bytes()
    jpeg = io.BytesIO()
    gradient(400, 300).save(jpeg, "JPEG")
    contents = {
        "empty.png": b"",
        "letter.jpg": b"Dear artist,\n" * 40,
        "half.png": photo[: len(photo) // 2],
        "half.jpg": jpeg.getvalue()[: len(jpeg.getvalue()) // 2],
        "head only.png": photo[:40],
        "magic.png": photo[:8],
        "scrambled.png": photo[:200] + bytes(reversed(photo[200:400])) + photo[400:],
        "zeros.bmp": bytes(4000),
        "program.eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
    }
    files = {}
    for name, data in contents.items():
        (folder / name).write_bytes(data)
        files[name] = (folder / name, ErrorCode.PORTRAIT_UNREADABLE)
    for name, size in {
        "wide.png": (40_000, 20),
        "bomb.png": (40_000, 40_000),
        "tall.png": (3, 20_000),
        "many.png": (12_000, 12_000),
    }.items():
        (folder / name).write_bytes(png_header(*size))
        files[name] = (folder / name, ErrorCode.PORTRAIT_TOO_LARGE)
    (folder / "folder.png").mkdir()
    files["folder.png"] = (folder / "folder.png", ErrorCode.PORTRAIT_UNREADABLE)
    files["gone.png"] = (folder / "gone.png", ErrorCode.PORTRAIT_MISSING)
    files["x" * 70] = (folder / ("x" * 5000), ErrorCode.PORTRAIT_MISSING)
    return files


def test_bad_files_are_refused_with_a_cure(tmp_path):
    for name, (path, code) in _bad_files(tmp_path).items():
        start = time.perf_counter()
        with pytest.raises(AvatarTexError) as refusal:
            decode_portrait(path)
        assert refusal.value.code == code, name
        assert name in refusal.value.message and refusal.value.message.count(". ") == 0, refusal.value.message
        assert refusal.value.cure.endswith("."), name
        assert time.perf_counter() - start < 30, name  # refused from the header


def test_too_large_tells_the_size(tmp_path):
    (tmp_path / "wide.png").write_bytes(png_header(40_000, 20))
    with pytest.raises(AvatarTexError, match="40000 x 20"):
        decode_portrait(tmp_path / "wide.png")


@pytest.mark.parametrize("path", ["", "\0", Path()])
def test_no_path_is_a_missing_portrait(path):
    with pytest.raises(AvatarTexError) as refusal:
        decode_portrait(path)
    assert refusal.value.code == ErrorCode.PORTRAIT_MISSING


def test_damaged_bytes_never_escape_as_another_error(tmp_path):
    rng = np.random.default_rng(1)
    jpeg = io.BytesIO()
    gradient(96, 64).save(jpeg, "JPEG")
    for original in (jpeg.getvalue(), png_header(30, 20)):
        for _ in range(60):
            data = bytearray(original)
            for at in rng.integers(0, len(data), 6):
                data[at] = rng.integers(256)
            (tmp_path / "noise").write_bytes(bytes(data))
            try:
                assert decode_portrait(tmp_path / "noise").color.ndim == 3
            except AvatarTexError:
                pass
