"""The layers of a texture as Blender keeps them: bytes with the image, arrays in memory for as long as they are used.

The bytes are the backend's own (backend/layers/packed.py), a property of the image for each tile, so that a copied,
appended or saved image brings them along and a deleted one takes them away.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from ..backend.layers.flatten import LAYERS
from ..backend.layers.packed import BadLayers, read_head, unpack
from .arrays import keep_numbers, kept_numbers
from .images import tile_file

#: Of an image: its bytes, as whole numbers, because Blender ends a property of bytes at the first zero. Then the tile.
KEY = "avatartex_layers_packed"
#: The layers that have a slider, in the order of properties that hold a number for each.
SLIDERS = tuple(name for name in LAYERS if name != "skin")
#: Bytes of unpacked layers that are kept; those of a 4K texture take 0.4 GB. One image's are kept in any case.
MOST = 1 << 30

#: Layers by tile (0 where there are none) and name, (C,N) uint8, the lowest row first as in Blender's images.
Unpacked = dict[int, dict[str, np.ndarray]]
_unpacked: OrderedDict[int, Future[Unpacked]] = OrderedDict()
_threads: list[ThreadPoolExecutor] = []


def attach_layers(image: bpy.types.Image, path: Path, tiles: Sequence[int] = ()) -> bool:
    """Keep a job's layers with its texture; whether there are any that can be read.

    Args:
        path: of the file; <UDIM> stands for each of the tiles.
    """
    try:
        files = {tile: tile_file(path, tile).read_bytes() for tile in tiles or (0,)}
        heads = [read_head(data) for data in files.values()]
    except (OSError, BadLayers):
        return False
    for tile, data in files.items():
        keep_numbers(image, f"{KEY}{tile}", np.frombuffer(data + bytes(-len(data) % 4), np.int32))
    group, opacities = image.avatartex_layers, heads[0].opacities
    group.there = ",".join(name for name in SLIDERS if any(name in head.parts for head in heads))
    group.made = [opacities.get(name, 1.0) for name in SLIDERS]
    return True


def has_layers(image: bpy.types.Image | None) -> bool:
    return image is not None and bool(image.avatartex_layers.there)


def find_tiles(image: bpy.types.Image) -> list[int]:
    """Those that have layers; 0 for a texture without tiles."""
    return sorted(int(name.removeprefix(KEY)) for name in image.keys() if name.startswith(KEY))


def read_bytes(image: bpy.types.Image) -> dict[int, bytes]:
    """Of each tile, as the backend wrote them but for zeros at the end."""
    return {tile: kept_numbers(image, f"{KEY}{tile}").tobytes() for tile in find_tiles(image)}


def prepare_layers(image: bpy.types.Image) -> Future[Unpacked]:
    """Begin to unpack them on a thread, where that is not done yet: the first move of a slider need not wait."""
    uid = image.session_uid
    if uid not in _unpacked:
        _unpacked[uid] = on_thread(_unpack, read_bytes(image))
    _unpacked.move_to_end(uid)
    while len(_unpacked) > 1 and sum(map(_size, _unpacked.values())) > MOST:
        _unpacked.popitem(last=False)
    return _unpacked[uid]


def read_layers(image: bpy.types.Image) -> Unpacked:
    """The layers of each tile.

    Raises:
        BadLayers: they are damaged.
    """
    return prepare_layers(image).result()


def on_thread(work: Callable[..., Any], *arguments: Any) -> Future:
    """One after the other; without bpy."""
    if not _threads:
        _threads.append(ThreadPoolExecutor(1, "layers"))
    return _threads[0].submit(work, *arguments)


def forget_all() -> None:
    """Another file is open."""
    _unpacked.clear()


def _unpack(files: dict[int, bytes]) -> Unpacked:
    """Without bpy."""
    return {tile: _turn(unpack(data)) for tile, data in files.items()}


def _turn(packed) -> dict[str, np.ndarray]:
    """Rows from the bottom: the one place where a file's order becomes Blender's."""
    shape = (-1, packed.size, packed.size)
    return {
        name: np.ascontiguousarray(planes.reshape(shape)[:, ::-1]).reshape(len(planes), -1)
        for name, planes in packed.layers.items()
    }


def _size(unpacked: Future[Unpacked]) -> int:
    if not unpacked.done() or unpacked.exception() is not None:
        return 0
    return sum(planes.nbytes for layers in unpacked.result().values() for planes in layers.values())
