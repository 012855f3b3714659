"""Pictures to disk: PNG or EXR, whole or not at all."""

import os
from pathlib import Path

import cv2
import numpy as np

from ..outputs import Staged, not_written
from .png import encode_png
from .sample import to_linear


def write_picture(path: str | Path, picture: np.ndarray) -> None:
    """Write (H,W,3) float32 sRGB 0..1, see encode_picture; in one piece or not at all.

    Raises:
        AvatarTexError: OUTPUT_NOT_WRITTEN.
    """
    write_bytes(path, encode_picture(path, picture))


def write_bytes(path: str | Path, data: bytes) -> None:
    """Write a file in one piece or not at all.

    Raises:
        AvatarTexError: OUTPUT_NOT_WRITTEN.
    """
    with Staged() as staged:
        staged.write(path, data)


def encode_picture(path: str | Path, picture: np.ndarray, bits: int = 8) -> bytes:
    """(H,W,3) float32 sRGB 0..1, (H,W,4) with straight alpha or (H,W) grey as PNG of so many bits, 8 or 16; (H,W,3) as
    EXR of linear half floats where the name says so.

    Raises:
        AvatarTexError: OUTPUT_NOT_WRITTEN.
    """
    if Path(path).suffix.lower() == ".exr":
        return encode_values(path, to_linear(picture))
    kind = cv2.CV_8U if bits == 8 else cv2.CV_16U
    rounded = cv2.multiply(np.ascontiguousarray(picture, np.float32), 2.0**bits - 1, dtype=kind)  # and kept in range
    return encode_values(path, rounded)


def encode_preview(picture: np.ndarray, side: int) -> bytes:
    """(H,W,3) float32 sRGB as BMP of 8 bit, at most side pixels large: Blender's Python reads it without a decoder."""
    scale = min(1.0, side / max(picture.shape[:2]))
    size = tuple(max(1, round(length * scale)) for length in picture.shape[1::-1])
    small = cv2.resize(picture.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    return cv2.imencode(".bmp", np.rint(np.clip(small[..., ::-1], 0, 1) * 255).astype(np.uint8))[1].tobytes()


def encode_values(path: str | Path, values: np.ndarray) -> bytes:
    """(H,W), (H,W,3) or (H,W,4) integers as PNG of their 8 or 16 bit, floats as EXR of half floats, which are taken for
    linear light with the primaries of sRGB (Rec.709).

    Raises:
        AvatarTexError: OUTPUT_NOT_WRITTEN.
    """
    if values.dtype.kind != "f":
        return encode_png(values)
    os.environ["OPENCV_IO_ENABLE_OPENEXR"] = "1"  # read when the first one is written
    if values.ndim == 3:
        values = cv2.cvtColor(values, cv2.COLOR_RGB2BGR if values.shape[2] == 3 else cv2.COLOR_RGBA2BGRA)
    try:
        ok, data = cv2.imencode(".exr", np.ascontiguousarray(values), [cv2.IMWRITE_EXR_TYPE, cv2.IMWRITE_EXR_TYPE_HALF])
    except cv2.error as reason:
        raise not_written(path, reason.err) from None
    if not ok:
        raise not_written(path, "the picture could not be encoded")
    return data.tobytes()
