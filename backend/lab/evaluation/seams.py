"""python -m backend.lab seams: does the texture meet itself where UV islands end?

Points on the edges of the mesh, a pair each: the same place in space, looked up in the texture from either side. On an
edge where the UV map is cut the two lie on two islands. Their colour step there is compared with the step between
two texels' distance inside islands, which any picture has.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from ...errors import AvatarTexError
from ...head.mesh import HeadMesh, load_capture, load_mesh
from ...head.rasterize import rasterize, texel_corners
from ...head.tiles import FIRST, tile_number, tiles_of
from ...head.uvs import precedence
from ...imaging.sample import sample

#: Texels of the look for faces that share texels.
LOOK = 1024
#: Points per edge, as shares of its length.
ALONG = np.array([0.2, 0.5, 0.8])
#: What a step across a border may have more than one inside, of 255.
ALLOWED = 1.5


@dataclass(frozen=True)
class SeamSteps:
    """Mean absolute colour steps, of 255, channels averaged.

    edges: how many edges are UV borders. border: at equal points of space, on two islands. across: the same, but each
    point half a texel into its own island. inside: like across, on edges that the UV map does not cut.
    worst: the 99th percentile at equal points.
    """

    edges: int
    border: float
    across: float
    inside: float
    worst: float

    @property
    def excess(self) -> float:
        """What crossing a border adds to the step inside."""
        return max(self.border, self.across) - self.inside


def seam_steps(
    mesh: HeadMesh, textures: dict[int, np.ndarray], touched: dict[int, np.ndarray], order: np.ndarray
) -> SeamSteps:
    """Measure textures on the mesh's UV map.

    Args:
        textures: (S,S,3) float32 0..1 by UDIM tile. touched: (S,S) bool by tile, texels that the job wrote; edges
            elsewhere do not count. order: (M,) of faces that share texels the lowest is shown; others do not count.
    """
    own = owns_texels(mesh, order)
    mesh = replace(mesh, triangles=mesh.triangles[own], corner_uvs=mesh.corner_uvs[own])
    places = {number: i for i, number in enumerate(textures)}
    texture = np.round(np.hstack(list(textures.values())) * 255).astype(np.float32)  # as the files hold it
    written = np.hstack([touched[number] for number in textures])
    size = len(texture)
    # tiles in one row
    column = np.array([places[tile_number(*tile) or FIRST] for tile in tiles_of(mesh.corner_uvs).tolist()])
    moved = mesh.corner_uvs - tiles_of(mesh.corner_uvs)[:, None] + np.stack([column, 0 * column], 1)[:, None]
    first, second = edge_sides(replace(mesh, corner_uvs=moved.astype(np.float32)))
    cut = np.abs(first - second)[:, :2].max((1, 2)) > 1e-5
    edges = np.stack([first, second])  # (2,e,3,2): ends and third corner
    edges = np.stack([edges[..., 0] * size, (1 - edges[..., 1]) * size], -1)
    inside_picture = ((edges > 0) & (edges < texture.shape[1::-1])).all((0, 2, 3))
    length = np.linalg.norm(edges[:, :, 1] - edges[:, :, 0], axis=-1)
    kept = inside_picture & (length > 1e-6).all(0)
    inner = edges[:, :, :2].mean(2) * 0.9 + edges[:, :, 2] * 0.1
    column, row = np.floor(inner).astype(int).transpose(2, 0, 1)
    kept &= written[row.clip(0, size - 1), column.clip(0, texture.shape[1] - 1)].all(0)
    edges, cut = edges[:, kept], cut[kept]
    on_edge = edges[:, :, 0, None] + ALONG[:, None] * (edges[:, :, 1] - edges[:, :, 0])[:, :, None]
    inward = edges[:, :, 2, None] - on_edge
    along = (edges[:, :, 1] - edges[:, :, 0])[:, :, None]
    along = along / np.linalg.norm(along, axis=-1, keepdims=True)
    inward = inward - (inward * along).sum(-1, keepdims=True) * along
    inward = inward / np.maximum(np.linalg.norm(inward, axis=-1, keepdims=True), 1e-9)

    def steps(points: np.ndarray, which: np.ndarray) -> np.ndarray:
        here, there = sample(texture, points[:, which])
        return np.abs(here - there).mean(-1).ravel()

    def mean(values: np.ndarray) -> float:
        return float(values.mean()) if len(values) else 0.0

    border = steps(on_edge, cut)
    return SeamSteps(
        int(cut.sum()),
        mean(border),
        mean(steps(on_edge + inward / 2, cut)),
        mean(steps(on_edge + inward / 2, ~cut)),
        float(np.percentile(border, 99)) if len(border) else 0.0,
    )


def owns_texels(mesh: HeadMesh, order: np.ndarray) -> np.ndarray:
    """(M,) bool: faces that are shown where they share texels with others (head/uvs.py, precedence)."""
    tiles = tiles_of(mesh.corner_uvs)
    own = np.isfinite(order)
    for tile in np.unique(tiles, axis=0):
        here = np.nonzero((tiles == tile).all(1) & np.isfinite(order))[0]
        if not len(here):
            continue
        corners = texel_corners(mesh.corner_uvs[here] - tile, LOOK)
        shown = rasterize(corners, LOOK, LOOK, np.repeat(order[here, None], 3, 1)).triangle
        column, row = np.floor(corners.mean(1)).astype(int).clip(0, LOOK - 1).T
        winner = shown[row, column]
        own[here] = (winner < 0) | (order[here][winner] == order[here])
    return own


def edge_sides(mesh: HeadMesh) -> tuple[np.ndarray, np.ndarray]:
    """UVs (e,3,2) of both triangles at every edge that two triangles share: its two ends, then the third corner."""
    places = mesh.welded[mesh.triangles]
    turns = np.stack([np.roll(np.arange(3), -k) for k in range(3)])
    ends, corners = places[:, turns].reshape(-1, 3), mesh.corner_uvs[:, turns].reshape(-1, 3, 2)
    swapped = ends[:, 0] > ends[:, 1]
    ends[swapped, :2] = ends[swapped, 1::-1]
    corners[swapped, :2] = corners[swapped, 1::-1]
    key = ends[:, 0].astype(np.int64) * (places.max() + 1) + ends[:, 1]
    _, inverse, count = np.unique(key, return_inverse=True, return_counts=True)
    order = np.argsort(inverse, kind="stable")
    first = np.searchsorted(inverse[order], np.nonzero(count == 2)[0])
    return corners[order[first]], corners[order[first + 1]]


def main(argv: list[str] | None = None) -> int:
    from ...compose.compose import Finish
    from ...compose.udim import compose_tiles
    from ...options import OPACITIES
    from ...pipeline import load_cached_networks
    from ..prepared import complete, prepare_head

    parser = argparse.ArgumentParser(prog="python -m backend.lab seams", description=__doc__.splitlines()[0])
    parser.add_argument("heads", nargs="+", type=Path, help="meshes: OBJ, PLY or GLB with UVs, or captures (npz)")
    parser.add_argument("--portrait", required=True, help="one picture of a face")
    parser.add_argument("--size", type=int, default=1024, help="texels (default 1024)")
    parser.add_argument("--json", type=Path, help="also write the figures there")
    arguments = parser.parse_args(argv)
    networks = load_cached_networks("cpu")
    rows, failed = {}, False
    print("| head | border edges | border | across | inside | excess | 99 % under |\n|---|---|---|---|---|---|---|")
    for path in arguments.heads:
        try:
            mesh = load_capture(path) if path.suffix == ".npz" else load_mesh(path)
            job = prepare_head(mesh, arguments.portrait, "auto", networks)
        except AvatarTexError as refusal:
            print(f"| {path.stem} | {refusal} |", flush=True)
            continue
        generated = complete(job, networks)
        tiles = compose_tiles(job, generated, Finish(arguments.size, OPACITIES), {})
        steps = seam_steps(
            job.mesh,
            {n: tile.texture for n, tile in tiles.items()},
            {n: tile.head for n, tile in tiles.items()},
            precedence(job.mesh, job.canonical, job.observation.better_side),
        )
        rows[path.stem] = asdict(steps)
        failed |= steps.excess > ALLOWED
        print(
            f"| {path.stem} | {steps.edges} | {steps.border:.2f} | {steps.across:.2f} | {steps.inside:.2f} "
            f"| {steps.excess:.2f} | {steps.worst:.1f} |",
            flush=True,
        )
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1))
    return int(failed)
