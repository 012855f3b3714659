"""Files of maps: their names beside a texture's, and how each is written."""

import os
from collections.abc import Iterable, Mapping

import cv2
import numpy as np

from ..map_options import PICTURES
from ..outputs import not_written

#: Channels of packed pictures, red first, by their names in map_options.PICTURES; 0 and 1 are constants, "-" turns a
#: map over. What stands alone and has three channels is a whole picture: "albedo" and "shade" are made of the texture,
#: "opengl" and "directx" are the normals with that green.
CHANNELS: Mapping[str, tuple[str, ...]] = {
    "orm": ("ao", "roughness", "0"),  # glTF's occlusion, roughness, metallic; Unreal packs the same
    "unity": ("0", "ao", "1", "-roughness"),  # metallic, occlusion, detail mask, smoothness
    "metahuman_albedo": ("albedo",),
    "metahuman_normal": ("directx",),
    "metahuman_cavity": ("cavity",),
    "vrm_shade": ("shade",),
    "vrm_normal": ("opengl",),
}
#: The maps that whole pictures are made of.
SOURCES: Mapping[str, tuple[str, ...]] = {"albedo": (), "shade": (), "opengl": ("normal",), "directx": ("normal",)}


def needed(maps: Iterable[str], pack: str) -> set[str]:
    """The maps that are made: those that were asked for, and those that packed pictures hold."""
    channels = {channel.strip("-") for picture in PICTURES[pack] for channel in CHANNELS[picture]} - {"0", "1"}
    return {*maps, *(source for channel in channels for source in SOURCES.get(channel, (channel,)))}


def packed(maps: Mapping[str, np.ndarray], picture: str) -> np.ndarray:
    """(S,S), (S,S,3) or (S,S,4) integers of (S,S) maps of the same type, or of one whole picture.

    Args:
        picture: a name of map_options.PICTURES.
    """
    names = CHANNELS[picture]
    if len(names) == 1:
        return maps[names[0]]
    known = next(maps[name.strip("-")] for name in names if name not in ("0", "1"))
    most = np.iinfo(known.dtype).max

    def channel(name: str) -> np.ndarray:
        if name in ("0", "1"):
            return np.full(known.shape, most * int(name), known.dtype)
        return most - maps[name[1:]] if name.startswith("-") else maps[name]

    return np.stack([channel(name) for name in names], 2)


def with_green(normals: np.ndarray, turned: bool) -> np.ndarray:
    """(S,S,3) integers of a normal map, its green turned over where that is wanted."""
    out = normals.copy()
    if turned:
        out[..., 1] = np.iinfo(out.dtype).max - out[..., 1]
    return out


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
