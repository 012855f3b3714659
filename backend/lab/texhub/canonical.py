"""Makes the canonical landmarks that every head is warped onto (backend/head/canonical_landmarks.npz).

    python -m backend.lab texhub canonical HEAD.obj [HEAD.obj ...]

The landmarks of the heads, brought together, averaged and made symmetric. The shipped file comes from the MakeHuman
heads (CC0). Changing it invalidates every trained weight.
"""

from __future__ import annotations

import sys

import numpy as np

from ...head.atlas import CANONICAL
from ...head.landmarks import AVERAGE_FACE, find_head_landmarks
from ...head.mesh import load_mesh

#: The atlas's centre: at the height of the nose's base (2), 0.62 face heights behind the bridge of the nose (168).
BASE, BRIDGE, BEHIND = 2, 168, 0.62


def mirror_table() -> np.ndarray:
    """(468,) index of each landmark's mirror image, from the network's own symmetric average face."""
    with np.load(AVERAGE_FACE, allow_pickle=False) as data:
        points = data["points"]
    flipped = points * (-1, 1, 1)
    return np.linalg.norm(points[:, None] - flipped[None], axis=2).argmin(0)


def average_landmarks(paths: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """(468,3) canonical points and (468,) trust."""
    shapes, trusts = [], []
    for path in paths:
        head = find_head_landmarks(load_mesh(path))
        local = head.points @ head.rotation.T / head.height
        local -= np.array([local[[10, 152], 0].mean(), local[BASE, 1], local[BRIDGE, 2] - BEHIND])
        shapes.append(local)
        trusts.append(head.trust)
    mirror = mirror_table()
    points, trust = np.mean(shapes, 0), np.mean(trusts, 0)
    points = (points + points[mirror] * (-1, 1, 1)) / 2
    return points, (trust + trust[mirror]) / 2


def main(argv: list[str] | None = None) -> int:
    heads = sys.argv[1:] if argv is None else argv
    points, trust = average_landmarks(heads)
    np.savez(CANONICAL, points=points.astype(np.float32), trust=trust.astype(np.float32))
    print(f"{CANONICAL.name}: {len(points)} landmarks of {len(heads)} heads")
    return 0
