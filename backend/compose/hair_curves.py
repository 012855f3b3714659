"""The painted strands as curves on the head, for groomed hair that is the painted hair.

A point of a curve lies on a triangle of the head, as weights of its corners, and above it: whatever moves the head
moves the curves.
"""

import io
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial

import numpy as np

from ..head.atlas import LOOKED_UP, AtlasMap, map_atlas, to_atlas
from ..head.scalp import ear_share
from ..head.shell import NEAR, come_down, find_thickness, outward
from ..head.tiles import into_tile, tile_numbers
from ..imaging.sample import sample_atlas
from ..job import Prepared
from ..observation.observe import at_pixels
from ..surface.growth import LAYERS, POINTS, Growth
from ..surface.hair_chart import stretch
from ..surface.strands import Strands
from .compose import Composition

#: Cells of a chart in which triangles are looked up: one is 0.5 mm.
CELLS = 1024


@dataclass(frozen=True)
class HairCurves:
    """n curves of k points, from the root to the tip.

    corners: (M,3) int32 vertices of the head's triangles, numbered as in the mesh that was read. triangle: (n,k) int32,
    of these. weights: (n,k,3) float32 of its corners, of sum 1. height: (n,k) float32 above the surface, mesh units.
    uv: (n,2) float32 of the roots in the artist's UV map. color: (n,3) float32 sRGB, without light. facial: (n,) bool,
    of a beard. radius: of a hair, mesh units.
    """

    corners: np.ndarray
    triangle: np.ndarray
    weights: np.ndarray
    height: np.ndarray
    uv: np.ndarray
    color: np.ndarray
    facial: np.ndarray
    radius: float

    def encode(self) -> bytes:
        """As an npz of these names."""
        file = io.BytesIO()
        np.savez_compressed(file, **asdict(self))
        return file.getvalue()


def find_curves(
    job: Prepared, strands: Mapping[str, Strands], tiles: Mapping[int, Composition], count: int, seed: int
) -> HairCurves:
    """Curves of all hair: the painted strands, and between them more that grow in the same way.

    Args:
        tiles: with layers. count: of all, at most; hair and facial hair have their shares by area.
    """
    random, mesh = np.random.default_rng(seed), job.mesh
    areas = {name: area_of(one.growth.cover) for name, one in strands.items()}
    numbers = np.arange(len(mesh.vertices)) if not len(mesh.numbers) else mesh.numbers
    found = [none()]
    for name, one in strands.items():
        wanted = round(count * areas[name] / max(sum(areas.values()), 1))
        paths = choose(one.growth, wanted, random)
        layout = one.chart.lay_out(mesh, job.canonical, CELLS)
        free = leading(job, layout, paths)
        triangle, weights = on_head(layout, resampled(paths, free)[free > 1])
        color, alpha = colours(job, tiles, name, triangle, weights)
        kept = np.flatnonzero(alpha > 0.5)[:wanted]  # mean along a strand from which it is painted hair
        triangle, weights = triangle[kept], weights[kept]
        uv = (mesh.corner_uvs[triangle[:, 0]] * weights[:, 0, :, None]).sum(1)
        height = rise(job, name, triangle, weights, random)
        facial = np.full(len(kept), name == "facial_hair")
        found.append((triangle, weights, height, uv, color[kept], facial))
    corners = numbers[mesh.triangles].astype(np.int32)
    triangle, weights, height, uv, color, facial = (np.concatenate(parts) for parts in zip(*found, strict=True))
    radius = 0.5 * LAYERS[-1].width * job.match.head.height
    return HairCurves(corners, triangle, weights, height, uv, color, facial, radius)


def none() -> tuple[np.ndarray, ...]:
    """No curves: what HairCurves has of each."""
    shapes = ((0, POINTS), (0, POINTS, 3), (0, POINTS), (0, 2), (0, 3), (0,))
    kinds = (np.int32, *[np.float32] * 4, bool)
    return tuple(np.zeros(shape, kind) for shape, kind in zip(shapes, kinds, strict=True))


def area_of(cover: np.ndarray) -> float:
    """Of hair with a (c,c) cover of a chart, on the head, in cells."""
    rows, columns = np.nonzero(cover)
    widened = stretch((np.stack([columns, rows], 1) + 0.5) / len(cover))[0]
    return float((cover[rows, columns] / widened).sum())


def choose(growth: Growth, count: int, random: np.random.Generator) -> np.ndarray:
    """(n,POINTS,2) paths in the chart: the painted strands in any order, then others.

    Locks are left out: they are as wide as many hairs.
    """
    painted = np.concatenate([resampled(one.paths, one.last) for one in growth.layers[1:]])
    more = growth.grow(LAYERS[-1], random, 4 * max(count, 1))  # beside a hairline few of them grow
    return np.concatenate([random.permutation(painted), resampled(more.paths, more.last)])


def resampled(paths: np.ndarray, last: np.ndarray) -> np.ndarray:
    """(n,POINTS,2) the same paths with as many points each.

    Args:
        paths: (n,k,2). last: (n,) how many of the k points each has.
    """
    step = np.linspace(0, 1, POINTS) * (np.maximum(last, 1) - 1)[:, None]
    low = np.minimum(step.astype(int), paths.shape[1] - 1)
    high = np.minimum(low + 1, paths.shape[1] - 1)
    first, second = (np.take_along_axis(paths, index[..., None], 1) for index in (low, high))
    return first + (step - low)[..., None] * (second - first)


def cells_of(places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns in CELLS of (…,2) places in a chart."""
    column, row = np.moveaxis(np.clip((places * CELLS).astype(int), 0, CELLS - 1), -1, 0)
    return row, column


def leading(job: Prepared, layout: AtlasMap, paths: np.ndarray) -> np.ndarray:
    """(n,) how many points of each (n,k,2) path, from the root, lie on the head beside its ears."""
    rows, columns = cells_of(paths)
    ears = ear_share(layout.fragments.interpolate(job.mesh.corners(job.canonical.astype(np.float32))))
    free = (layout.fragments.covered & (ears < 0.5))[rows, columns]
    return np.where(free.all(1), free.shape[1], free.argmin(1))


def on_head(layout: AtlasMap, paths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(n,k) triangles and (n,k,3) weights of their corners, of (n,k,2) places in a chart."""
    triangle = layout.fragments.triangle[cells_of(paths)]
    a, b, c = np.moveaxis(layout.corners[triangle], -2, 0)
    (x1, y1), (x2, y2), (x, y) = (np.moveaxis(part, -1, 0) for part in (b - a, c - a, paths - a))
    area = x1 * y2 - x2 * y1
    area = np.where(np.abs(area) < 1e-15, np.inf, area)
    second, third = (x * y2 - x2 * y) / area, (x1 * y - x * y1) / area
    weights = np.maximum(np.stack([1 - second - third, second, third], -1), 0)  # a cell has a neighbour's corners
    return triangle, (weights / weights.sum(-1, keepdims=True)).astype(np.float32)


def colours(
    job: Prepared, tiles: Mapping[int, Composition], name: str, triangle: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(n,3) float32 sRGB of the layer along each curve, and (n,) its mean alpha there."""
    uvs = (into_tile(job.mesh.corner_uvs)[triangle] * weights[..., None]).sum(-2)
    numbers = tile_numbers(job.mesh.corner_uvs)[triangle]
    total = np.full((4, len(triangle)), 1e-6, np.float32)
    for number, tile in tiles.items():
        planes = tile.layers.get(name)
        if planes is None:
            continue
        columns, rows = np.moveaxis(np.stack([uvs[..., 0], 1 - uvs[..., 1]], -1) * planes.shape[1], -1, 0).astype(int)
        size = planes.shape[1] - 1
        found = planes[:, np.clip(rows, 0, size), np.clip(columns, 0, size)] / np.float32(255)
        alpha = found[3] * (numbers == number)
        total += np.concatenate([found[:3] * alpha, alpha[None]]).sum(-1)
    return (total[:3] / total[3]).T, total[3] / triangle.shape[1]


def rise(
    job: Prepared, name: str, triangle: np.ndarray, weights: np.ndarray, random: np.random.Generator
) -> np.ndarray:
    """(n,k) float32 mesh units that points lie above the surface: hair fills what lies between the head and its outline
    in the portraits, each curve in a layer of its own. A curve nears it from the skin, and it ends as hair does.
    """
    mesh, height = job.mesh, job.match.head.height
    [cover] = (one.cover for one in job.coverings if one.name == name)
    layout = map_atlas(mesh, job.canonical, LOOKED_UP)
    shown = [(view.registration, partial(at_pixels, view.masks[name])) for view in job.views]
    directions = outward(layout, mesh, job.registration.normals)
    thickness = find_thickness(layout, mesh, directions, height, shown)

    def along(per_vertex: np.ndarray) -> np.ndarray:
        return (mesh.corners(per_vertex)[triangle] * weights[..., None]).sum(-2)

    room = come_down(thickness, cover, NEAR * height)
    room = sample_atlas(room, to_atlas(along(job.canonical.astype(np.float32))))
    layer = np.maximum(room * random.random((len(room), 1)), 1e-6 * height)
    steps = np.linalg.norm(np.diff(along(mesh.vertices), axis=1), axis=-1)
    length = np.cumsum(np.pad(steps, ((0, 0), (1, 0))), 1)
    return (layer * -np.expm1(-length / layer)).astype(np.float32)
