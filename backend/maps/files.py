"""Files of maps: their names beside a texture's, and how each is written."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

import cv2
import numpy as np

from ..outputs import not_written

#: Channels of packed pictures, red first, by map_options.PACK; 0 and 1 are constants, "-" turns a map over.
PACKED: Mapping[str, tuple[str, ...]] = {
    "none": (),
    "orm": ("ao", "roughness", "0"),  # glTF's occlusion, roughness, metallic; Unreal packs the same
    "unity": ("0", "ao", "1", "-roughness"),  # metallic, occlusion, detail mask, smoothness
}


def needed(maps: Iterable[str], pack: str) -> set[str]:
    """The maps that are made: those that were asked for, and those that a packed picture holds."""
    return {*maps, *(channel.strip("-") for channel in PACKED[pack] if channel not in ("0", "1"))}


def packed(maps: Mapping[str, np.ndarray], pack: str) -> np.ndarray:
    """(S,S,3) or (S,S,4) integers of (S,S) maps of the same type."""
    shape, kind = maps["ao"].shape, maps["ao"].dtype
    most = np.iinfo(kind).max

    def channel(name: str) -> np.ndarray:
        if name in ("0", "1"):
            return np.full(shape, most * int(name), kind)
        return most - maps[name[1:]] if name.startswith("-") else maps[name]

    return np.stack([channel(name) for name in PACKED[pack]], 2)


def encode_map(path: str, picture: np.ndarray) -> bytes:
    """A map as its file: (S,S), (S,S,3) or (S,S,4) integers as PNG of 8 or 16 bit, (S,S) floats as EXR of half floats.

    Raises:
        AvatarTexError: OUTPUT_NOT_WRITTEN.
    """
    if picture.dtype.kind == "f":
        os.environ["OPENCV_IO_ENABLE_OPENEXR"] = "1"  # read when the first one is written
        suffix, how = ".exr", [cv2.IMWRITE_EXR_TYPE, cv2.IMWRITE_EXR_TYPE_HALF]
    else:
        suffix, how = ".png", [cv2.IMWRITE_PNG_COMPRESSION, 3]
    if picture.ndim == 3:
        picture = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR if picture.shape[2] == 3 else cv2.COLOR_RGBA2BGRA)
    try:
        ok, data = cv2.imencode(suffix, np.ascontiguousarray(picture), how)
    except cv2.error as reason:
        raise not_written(path, reason.err) from None
    if not ok:
        raise not_written(path, "the picture could not be encoded")
    return data.tobytes()
