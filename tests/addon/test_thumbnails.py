"""The portrait in the panel stands upright, however the camera was held."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageOps

SUFFIXES = (".jpg", ".png", ".webp", ".tif")


def write(path, orientation: int) -> None:
    """A picture with a red, a green, a blue and a white quarter, told to be turned."""
    quarters = np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [255, 255, 255]]], np.uint8)
    picture, told = Image.fromarray(quarters.repeat(40, 0).repeat(60, 1)), Image.Exif()
    told[0x0112], told[0x010F] = orientation, "a camera"
    picture.save(path, exif=told, **({"quality": 95} if path.suffix == ".jpg" else {}))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_orientation_is_read_from_every_format(addon, tmp_path, suffix, orientation):
    write(tmp_path / f"face{suffix}", orientation)
    assert addon("core.exif").read_orientation(tmp_path / f"face{suffix}") == orientation


@pytest.mark.parametrize("data", [b"", b"\xff\xd8\xff\xe1\x00\x0aExif\0\0II*\0", b"II*\0\xff\xff\xff\xff", b"GIF89a"])
def test_a_file_that_tells_nothing_lies_as_it_is(addon, tmp_path, data):
    (tmp_path / "face.jpg").write_bytes(data)
    assert addon("core.exif").read_orientation(tmp_path / "face.jpg") == 1
    assert addon("core.exif").read_orientation(tmp_path / "none.jpg") == 1


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_preview_stands_upright(scene, addon, tmp_path, orientation):
    path = tmp_path / "face.jpg"
    write(path, orientation)
    thumbnails = addon("scene.thumbnails")
    thumbnails.thumbnail(str(path))
    (key,) = [key for key in thumbnails._collection if key.startswith(str(path))]
    width, height = thumbnails._collection[key].image_size
    pixels = np.empty(width * height, np.int32)
    thumbnails._collection[key].image_pixels.foreach_get(pixels)
    shown = pixels.view(np.uint8).reshape(height, width, 4)[::-1, :, :3]
    with Image.open(path) as picture:
        upright = np.asarray(ImageOps.exif_transpose(picture))
    assert (height > width) == (len(upright) > upright.shape[1])
    for row in (0.25, 0.75):
        for column in (0.25, 0.75):
            drawn = shown[int(row * height), int(column * width)].astype(int)
            true = upright[int(row * len(upright)), int(column * upright.shape[1])].astype(int)
            assert np.abs(drawn - true).max() < 30
