"""What an artist's UV map asks for: which tiles, and what to say about overlaps, tile borders and flat faces."""

from dataclasses import replace

import numpy as np

from .mesh import HeadMesh
from .nearest import pieces
from .rasterize import drawn_twice, rasterize, texel_corners, texels_wanted
from .tiles import into_tile, tile_numbers, tiles_of

#: Texels of the look for overlaps; share of the map that overlaps, and of faces without area in it or across a tile's
#: border, up to which nothing is said.
LOOK, FEW = 512, 0.02
OVERLAPPING = "overlapping-uvs"


def split_tiles(mesh: HeadMesh) -> dict[int, HeadMesh]:
    """The mesh by UDIM tile, UVs moved into 0..1; vertices stay as they are.

    What lies beyond UDIM's tiles, a picture shows repeated: it is moved into the first.
    """
    own, others = tile_numbers(mesh.corner_uvs), tile_numbers(mesh.others)
    return {
        int(number): replace(
            mesh,
            triangles=mesh.triangles[own == number],
            corner_uvs=into_tile(mesh.corner_uvs[own == number]),
            others=into_tile(mesh.others[others == number]),
        )
        for number in np.unique(own)
    }


def precedence(mesh: HeadMesh, canonical: np.ndarray, better_side: float) -> np.ndarray:
    """(M,) float32: of faces that share texels the lowest is textured, infinite ones never. Large islands first: skin
    before lashes and tear lines; of mirrored halves the one that the portrait shows better. An island that loses most
    of its texels is left out, else it would stain the rims of those that win.

    Args:
        canonical: (N,3) canonical coordinates of the vertices. better_side: the sign of x there.
    """
    # corners are one where place and UV are: faces hang together in islands
    u, v = np.rint(np.moveaxis(mesh.corner_uvs.astype(np.float64), -1, 0) * (1 << 20)).astype(np.int64)
    _, place = np.unique(np.stack([mesh.welded[mesh.triangles], u, v], -1).reshape(-1, 3), axis=0, return_inverse=True)
    place = place.reshape(-1, 3)
    piece = pieces(np.concatenate([place[:, :2], place[:, 1:]]), place.max() + 1)[place[:, 0]]
    a, b, c = np.moveaxis(mesh.corners(canonical), 1, 0)
    area = np.bincount(piece, np.linalg.norm(np.cross(b - a, c - a), axis=1))
    rank = np.empty(len(area), np.float32)
    rank[np.argsort(-area)] = np.arange(len(area))
    order = rank[piece] + np.where((a + b + c)[:, 0] * better_side < 0, np.float32(0.5), np.float32(0))
    for tile in np.unique(tiles_of(mesh.corner_uvs), axis=0):
        here = np.nonzero((tiles_of(mesh.corner_uvs) == tile).all(1))[0]
        corners = texel_corners(mesh.corner_uvs[here] - tile, LOOK)
        kind, own = np.unique(order[here], return_inverse=True)
        shown = rasterize(corners, LOOK, LOOK, np.repeat(order[here, None], 3, 1)).triangle
        won = np.bincount(own[shown[shown >= 0]], minlength=len(kind))
        wanted = np.bincount(own, texels_wanted(corners, LOOK, LOOK), minlength=len(kind))
        order[here[(won < wanted / 2)[own]]] = np.inf
    return order


def uv_warnings(mesh: HeadMesh, tiles: dict[int, HeadMesh]) -> tuple[list[str], list[str]]:
    """Sentences for the artist, and stable names of those that a button can mend."""
    sentences, names = [], []
    shares = [drawn_twice(texel_corners(part.corner_uvs, LOOK), LOOK, LOOK) for part in tiles.values()]
    if (share := max(shares)) > FEW:
        sentences.append(
            f"{share:.0%} of the UV map is used by several faces (mirrored or overlapping islands): they show the "
            "same texels, so one side may carry the other's. Add a new UV map without overlaps for a whole texture."
        )
        names.append(OVERLAPPING)
    flat = float((uv_area(mesh.corner_uvs) < 1e-12).mean())
    if flat > FEW:
        sentences.append(f"{flat:.0%} of the faces have no area in the UV map: they show a single colour. Unwrap them.")
    moved = np.concatenate([part.corner_uvs for part in tiles.values()])
    across = float(((moved < -0.002) | (moved > 1.002)).any((1, 2)).mean())
    if across > FEW:
        sentences.append(
            f"{across:.0%} of the faces cross the border of a UV tile: what lies beyond it is not textured."
        )
    if len(tiles) > 1:
        sentences.append(f"The head uses {len(tiles)} UDIM tiles ({', '.join(map(str, tiles))}): one picture each.")
    return sentences, names


def uv_area(corner_uvs: np.ndarray) -> np.ndarray:
    """(M,) twice the area of each triangle in the UV map."""
    edges = corner_uvs[:, 1:].astype(np.float64) - corner_uvs[:, :1]
    return np.abs(edges[:, 0, 0] * edges[:, 1, 1] - edges[:, 0, 1] * edges[:, 1, 0])
