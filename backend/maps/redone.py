"""Maps of a texture whose regions are made anew: they come into the maps that are there by the colour's own mask."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from ..compose.compose import Anew
from ..compose.udim import tile_path
from ..errors import ErrorCode
from ..imaging.read import Kind, refuse_no_file
from ..outputs import map_file
from ..paths import reachable

#: (S,S) or (S,S,C) by the names of maps and packed pictures, then by tile.
Old = Mapping[str, Mapping[int, np.ndarray]]


def read_maps(base_texture: str, names: Iterable[str], tiles: Iterable[int], size: int) -> dict[str, dict]:
    """The maps of a base texture, which lie beside it under outputs.map_file's names; see Old.

    Raises:
        AvatarTexError: BAD_REQUEST, one is missing, damaged or of another size.
    """
    tiles = list(tiles)
    return {
        name: {tile: read_map(Path(tile_path(map_file(base_texture, name), tile)), size) for tile in tiles}
        for name in names
    }


def read_map(path: Path, size: int) -> np.ndarray:
    """(S,S), (S,S,3) or (S,S,4) as the file has it: 8 or 16 bit, or float32 of an EXR.

    Raises:
        AvatarTexError: BAD_REQUEST.
    """
    path = reachable(path)
    if not path.exists():
        raise ErrorCode.BAD_REQUEST(
            f"Regions come into the maps that are there, and beside the base texture is no {path.name!r}.",
            "Make that map for the whole texture first, or leave it out.",
        )
    refuse_no_file(path, Kind("map"))
    os.environ["OPENCV_IO_ENABLE_OPENEXR"] = "1"  # read when the first one is decoded
    try:
        picture = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        picture = None
    if picture is None or (picture.dtype.kind == "f") != (path.suffix == ".exr"):
        raise ErrorCode.BAD_REQUEST(
            f"The map {path.name!r} is damaged.", "Make it for the whole texture again, or leave it out."
        )
    if picture.shape[:2] != (size, size):
        height, width = picture.shape[:2]
        raise ErrorCode.BAD_REQUEST(
            f"The map {path.name!r} has {width} x {height} texels, the job {size}: what stays could not stay as it is.",
            "Make it for the whole texture again, or leave it out.",
        )
    return picture if picture.ndim == 2 else picture[..., [2, 1, 0, 3][: picture.shape[2]]]


@dataclass(frozen=True)
class Redone:
    """What maps need of regions that are made anew. made_up: nothing of them comes from the portrait."""

    old: Old
    made_up: bool


def blend(old: np.ndarray, new: np.ndarray, anew: Anew, bits: int) -> np.ndarray:
    """(S,S) or (S,S,C): the old map with what was made anew, old to the last bit where the colour is.

    Normals are mixed as they are coded; renderers make them unit again.

    Args:
        new: (H,W) or (H,W,C) of the part that was composed. bits: of integers.
    """
    whole = with_bits(like(old, new), bits).copy()
    box = anew.part.box
    before = whole[box].astype(np.float32)
    share = anew.share.reshape(anew.share.shape + (1,) * (new.ndim - 2))
    mixed = before + (new - before) * share
    if whole.dtype.kind == "u":
        mixed = np.rint(mixed)
    whole[box] = np.where(share > 0, mixed, before).astype(whole.dtype)
    return whole


def with_bits(values: np.ndarray, bits: int) -> np.ndarray:
    """Integers of 8 or 16 bit; floats as they are."""
    if values.dtype == np.uint8 and bits == 16:
        return values.astype(np.uint16) * 257
    if values.dtype == np.uint16 and bits == 8:
        return np.rint(values / 257).astype(np.uint8)
    return values


def like(old: np.ndarray, new: np.ndarray) -> np.ndarray:
    """(S,S) or (S,S,C) of an old map with as many channels as the new one: other programs save grey as colours, and add
    alpha."""
    channels = 1 if new.ndim == 2 else new.shape[2]
    planes = old[..., None] if old.ndim == 2 else old
    if planes.shape[2] < channels:
        opaque = np.full((*planes.shape[:2], 1), np.iinfo(old.dtype).max if old.dtype.kind == "u" else 1, old.dtype)
        colours = planes if planes.shape[2] == 3 else np.repeat(planes[..., :1], 3, 2)
        planes = np.concatenate([colours, opaque], 2)
    return planes[..., 0] if new.ndim == 2 else planes[..., :channels]
