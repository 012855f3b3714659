"""Pictures to disk: PNG or EXR, whole or not at all."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from ..outputs import Staged, not_written
from ..threads import CORES, start_threads
from .sample import to_linear

#: NumPy and OpenCV let go of Python's lock in their loops.
POOL = start_threads(CORES)


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


def encode_picture(path: str | Path, picture: np.ndarray) -> bytes:
    """(H,W,3) float32 sRGB 0..1, (H,W,4) with straight alpha or (H,W) grey as PNG of 8 bit; (H,W,3) as EXR of linear
    half floats where the name says so.

    Raises:
        AvatarTexError: OUTPUT_NOT_WRITTEN.
    """
    if Path(path).suffix.lower() == ".exr":
        return encode_values(path, to_linear(picture))
    rounded = cv2.multiply(np.ascontiguousarray(picture, np.float32), 255.0, dtype=cv2.CV_8U)  # and kept in range
    return encode_values(path, rounded)


def encode_pictures(files: Sequence[tuple[str, np.ndarray]]) -> Iterator[tuple[str, bytes]]:
    """encode_picture() of (path, picture) each, on all cores: the paths with their bytes, in their order."""
    paths = (path for path, _ in files)
    return zip(paths, POOL.map(lambda one: encode_picture(*one), files), strict=True)


def encode_preview(picture: np.ndarray, side: int) -> bytes:
    """(H,W,3) float32 sRGB as BMP of 8 bit, at most side pixels large: Blender's Python reads it without a decoder."""
    scale = min(1.0, side / max(picture.shape[:2]))
    size = tuple(max(1, round(length * scale)) for length in picture.shape[1::-1])
    small = cv2.resize(picture.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    return cv2.imencode(".bmp", np.rint(np.clip(small[..., ::-1], 0, 1) * 255).astype(np.uint8))[1].tobytes()


def encode_values(path: str | Path, values: np.ndarray, compression: int = 3) -> bytes:
    """(H,W), (H,W,3) or (H,W,4) integers as PNG of their 8 or 16 bit, floats as EXR of half floats, which are taken for
    linear light with the primaries of sRGB (Rec.709).

    Args:
        compression: of a PNG, 0 to 9.

    Raises:
        AvatarTexError: OUTPUT_NOT_WRITTEN.
    """
    if values.dtype.kind == "f":
        os.environ["OPENCV_IO_ENABLE_OPENEXR"] = "1"  # read when the first one is written
        suffix, how = ".exr", [cv2.IMWRITE_EXR_TYPE, cv2.IMWRITE_EXR_TYPE_HALF]
    else:
        # runs alone are looked for: a texture takes 0.6 of the time and 0.9 of the bytes of zlib's own strategy
        how = [cv2.IMWRITE_PNG_COMPRESSION, compression, cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE]
        suffix = ".png"
    if values.ndim == 3:
        values = cv2.cvtColor(values, cv2.COLOR_RGB2BGR if values.shape[2] == 3 else cv2.COLOR_RGBA2BGRA)
    try:
        ok, data = cv2.imencode(suffix, np.ascontiguousarray(values), how)
    except cv2.error as reason:
        raise not_written(path, reason.err) from None
    if not ok:
        raise not_written(path, "the picture could not be encoded")
    return data.tobytes()
