"""One texture per UDIM tile, and the names of their files."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import cv2
import numpy as np

from ..head.tiles import FIRST
from ..imaging.read import read_base
from ..job import Prepared
from ..outputs import UDIM
from ..paths import reachable
from ..surface.find import find_details
from .compose import Composition, Finish, compose
from .regions import Regions
from .texels import WHOLE


def tile_path(path: str, tile: int) -> str:
    """The file of a tile: <UDIM> is replaced."""
    return path.replace(UDIM, str(tile))


def read_bases(path: str, size: int, what: str = "base texture") -> dict[int, np.ndarray]:
    """What is on the head now, by tile: (size,size,3) each.

    Raises:
        AvatarTexError: BAD_REQUEST when a file cannot be read.
    """
    return {tile: read_base(file, size, what) for tile, file in find_tiles(path).items()}


def find_tiles(path: str) -> dict[int, Path]:
    """The files by tile; one that is not there is named all the same, so that reading it refuses."""
    if not path:
        return {}
    if UDIM not in path:
        return {FIRST: Path(path)}
    before, after = Path(path).name.split(UDIM, 1)
    name = re.compile(re.escape(before) + r"(\d{4})" + re.escape(after))
    folder = reachable(path).parent
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    return {int(hit[1]): file for file in files if (hit := name.fullmatch(file.name))} or {FIRST: Path(path)}


def compose_tiles(
    job: Prepared,
    generated: np.ndarray,
    finish: Finish,
    bases: Mapping[int, np.ndarray] = MappingProxyType({}),
    regions: Regions | None = None,
    seed: int = 0,
) -> dict[int, Composition]:
    """The finished texture of every tile that the head uses, and unchanged those of the base that it does not.

    Args:
        generated: (a,a,3) sRGB atlas of the three stages, without light. regions: what the artist painted.
        seed: of the detail.
    """
    size, made_up = finish.size, regions is not None and regions.made_up
    details = finish.details or find_details(job, generated, size, seed)
    finish = replace(finish, details=details, made_up=made_up)
    done = {
        tile: compose(job, part, generated, finish, bases.get(tile), box)
        for tile, part in job.tiles.items()
        if (box := regions.box(tile, size) if regions is not None and tile in bases else WHOLE) is not None
    }
    nothing = np.zeros((size, size, 3), np.float32)
    for tile in bases.keys() - done.keys():
        done[tile] = Composition(
            bases[tile], nothing, nothing[..., 0] > 0, nothing[..., 0] > 0, np.zeros((0, 2), np.float32)
        )
    return dict(sorted(done.items()))


def side_by_side(pictures: list[np.ndarray]) -> np.ndarray:
    """The tiles in one row, for a look; no higher than 1024."""
    size = min(1024, len(pictures[0]))
    return np.hstack([cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA) for picture in pictures])
