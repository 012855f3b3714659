"""Pictures to and from disk: written to a temporary name, then renamed, so that a full disk leaves nothing broken."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np

from ..errors import AvatarTexError, ErrorCode
from .sample import to_linear


def write_picture(path: str | Path, picture: np.ndarray) -> None:
    """Write (H,W,3) float32 sRGB 0..1 as PNG of 8 bit; as EXR of linear half floats where the name says so.

    Raises:
        AvatarTexError: OUTPUT_NOT_WRITTEN.
    """
    if Path(path).suffix.lower() == ".exr":
        return write_exr(path, picture)
    pixels = np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8)
    if pixels.ndim == 3:
        pixels = pixels[..., ::-1]
    ok, data = cv2.imencode(".png", np.ascontiguousarray(pixels), [cv2.IMWRITE_PNG_COMPRESSION, 3])
    if not ok:
        raise not_written(path, "the picture could not be encoded")
    write_bytes(path, data.tobytes())


def write_exr(path: str | Path, picture: np.ndarray) -> None:
    """Write (H,W,3) float32 sRGB 0..1 as EXR, half floats of linear light with the primaries of sRGB (Rec.709).

    Raises:
        AvatarTexError: OUTPUT_NOT_WRITTEN.
    """
    os.environ["OPENCV_IO_ENABLE_OPENEXR"] = "1"  # read when the first one is written
    pixels = np.ascontiguousarray(to_linear(picture)[..., ::-1])
    try:
        ok, data = cv2.imencode(".exr", pixels, [cv2.IMWRITE_EXR_TYPE, cv2.IMWRITE_EXR_TYPE_HALF])
    except cv2.error as reason:
        raise not_written(path, reason.err) from None
    if not ok:
        raise not_written(path, "the picture could not be encoded")
    write_bytes(path, data.tobytes())


def write_bytes(path: str | Path, data: bytes) -> None:
    """Write a file in one piece or not at all.

    Raises:
        AvatarTexError: OUTPUT_NOT_WRITTEN.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(temporary, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as reason:
        try:
            temporary.unlink(missing_ok=True)
        except OSError:
            pass  # the folder itself is gone; the first reason is the one to tell
        raise not_written(path, reason.strerror or str(reason)) from reason


def not_written(path: str | Path, reason: str) -> AvatarTexError:
    return AvatarTexError(
        ErrorCode.OUTPUT_NOT_WRITTEN, f"{Path(path).name!r} could not be written ({reason}).",
        "Free space on the disk or choose another folder, then generate again.",
    )
