"""python -m backend.lab evaluate identity: is the textured head still that person, from the front and from the sides?

SFace's cosine (embedding.py) between each portrait and renders of the head that a job textures after it, for several
heads; whether it passes the threshold at which two pictures count as one person; and whether no other portrait of the
set is more alike. Heads keep their own shape, so 1 cannot be reached.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from ...errors import AvatarTexError
from ...portrait.decode import decode_portrait
from ..faces import people
from ..look import Head, pictures, textures_of
from .embedding import SAME, embed, likeness
from .hidden import cell
from .metrics import mean_error, table
from .options import bare_parser, write

#: Degrees that the head is turned, and pixels of a render.
YAWS, PIXELS = (0.0, 45.0, -45.0), 512


def chosen(paths: Sequence[Path], count: int) -> list[Path]:
    """The pictures of people that are held out, or, where none of them is, all; the first count."""
    held_out = people.read_split()
    return ([path for path in paths if path.stem in held_out] or list(paths))[: count or None]


def measure(head: Head, path: Path, embeddings: dict[str, np.ndarray], size: int) -> list[dict]:
    """One entry a view: yaw, cosine to the portrait, and whether no other portrait has a higher one.

    Raises:
        AvatarTexError: where the job refuses.
    """
    looks = head.looks(textures_of(head, path, size, "photo", 0, "keep")[0])
    found = []
    for yaw, picture in zip(YAWS, looks, strict=True):
        render = embed(picture)
        own = likeness(render, embeddings[path.stem])
        others = [likeness(render, one) for name, one in embeddings.items() if name != path.stem]
        found.append(
            {
                "id": path.stem,
                "head": head.path.stem,
                "yaw": yaw,
                "cosine": own,
                "told": bool(own > max(others, default=-1.0)),
            }
        )
    return found


def report(found: list[dict]) -> str:
    """Markdown, a row per head and one of all; a face that is not found counts as a cosine of 0."""
    rows = []
    heads = list(dict.fromkeys(one["head"] for one in found))
    for name, some in [*((head, [one for one in found if one["head"] == head]) for head in heads), ("all", found)]:
        by_yaw = [cell(mean_error([np.nan_to_num(one["cosine"]) for one in some if one["yaw"] == yaw])) for yaw in YAWS]
        same = np.mean([one["cosine"] > SAME for one in some])
        rows.append([name, len(some) // len(YAWS), *by_yaw, f"{same:.0%}", f"{np.mean([o['told'] for o in some]):.0%}"])
    heads = ["head", "people", *(f"{yaw:+.0f}°" if yaw else "0°" for yaw in YAWS), f"over {SAME}", "told apart"]
    return table(heads, rows)


def main(argv: list[str] | None = None) -> int:
    parser = bare_parser("identity", __doc__)
    parser.add_argument("--portraits", type=Path, required=True, metavar="DIR")
    parser.add_argument("--mesh", type=Path, nargs="+", required=True, metavar="OBJ", help="one or several heads")
    parser.add_argument("--count", type=int, default=30, help="people (default 30)")
    parser.add_argument("--size", type=int, default=1024, help="texels (default 1024)")
    parser.add_argument("--output", type=Path, metavar="JSON", help="also write all values here")
    arguments = parser.parse_args(argv)
    cv2.setNumThreads(1)
    paths = chosen(pictures([arguments.portraits]), arguments.count)
    embeddings = {path.stem: embed(decode_portrait(str(path)).color) for path in paths}
    embeddings = {name: one for name, one in embeddings.items() if one is not None}
    found = []
    for mesh in arguments.mesh:
        head = Head(mesh, PIXELS, YAWS)
        for path in (path for path in paths if path.stem in embeddings):
            try:
                found += measure(head, path, embeddings, arguments.size)
            except AvatarTexError as refusal:
                print(f"{path.stem}: {refusal.message}", file=sys.stderr)
            print(f"\r{mesh.stem}: {len(found) // len(YAWS)} jobs", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    print(report(found))
    write(arguments.output, found)
    return 0
