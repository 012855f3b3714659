"""python -m backend.lab evaluate parity: whole jobs by the shipped ONNX graphs and by the torch modules they come from.

Each head with each portrait, from reading the portrait to the finished texture, twice. Of each pair of textures the
99.9th percentile and the largest of the differences between channels, in 255ths.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from ...compose.compose import Finish
from ...compose.udim import compose_tiles
from ...errors import AvatarTexError
from ...head.mesh import HeadMesh, load_mesh
from ...models.bundle import Networks, load_networks
from ...options import Settings
from ...surface.find import find_details
from ...verified import WEIGHTS
from ..look import pictures
from ..prepared import complete, prepare_head
from ..untrained import untrained
from .metrics import table

#: Percentile of a texture, and 255ths within which it is alike there.
PERCENTILE, ALIKE = 99.9, 1.0


def texture(mesh: HeadMesh, portrait: Path, networks: Networks, size: int) -> np.ndarray:
    """(n,3) 0..255, the texels of all tiles of a finished texture.

    Raises:
        AvatarTexError: where the job refuses.
    """
    job = prepare_head(mesh, str(portrait), "auto", networks)
    completion = complete(job, networks)
    finish = Finish(size, Settings().opacities(job.style), find_details(job, completion, size, 0))
    made = compose_tiles(job, completion, finish)
    return np.rint(255 * np.concatenate([made[tile].texture.reshape(-1, 3) for tile in sorted(made)]))


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m backend.lab evaluate parity",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--portraits", type=Path, nargs="+", required=True, help="pictures, or folders of them")
    parser.add_argument("--meshes", type=Path, nargs="+", required=True, metavar="OBJ")
    parser.add_argument("--size", type=int, default=1024)
    arguments = parser.parse_args(argv)
    shipped, torch = load_networks("cpu"), untrained(WEIGHTS)
    rows = []
    for path in arguments.meshes:
        mesh = load_mesh(path)
        for portrait in pictures(arguments.portraits):
            try:
                one, other = (texture(mesh, portrait, networks, arguments.size) for networks in (shipped, torch))
            except AvatarTexError as refusal:
                print(f"{portrait.name}: {refusal.message}", file=sys.stderr)
                continue
            off = np.abs(one - other)
            rows.append(
                [f"{portrait.stem} on {path.stem}", np.percentile(off, PERCENTILE), off.max(), (off > 1).mean()]
            )
            print(*rows[-1], flush=True)
    found = np.array([row[1:] for row in rows], float)
    print(table(["job", f"{PERCENTILE}th percentile", "largest", "over 1"], rows))
    print(f"{len(rows)} jobs, {(found[:, 0] <= ALIKE).sum()} within {ALIKE:g}; worst {found[:, 0].max():g}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
