"""Hair as curves on the head: the painted strands, where they lie, how far off, and in which colours."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest

from backend import pipeline
from backend.compose.compose import Finish
from backend.compose.hair_curves import HairCurves, choose, find_curves, on_head, resampled
from backend.compose.udim import compose_tiles
from backend.head.mesh import load_mesh
from backend.job import Prepared
from backend.lab.prepared import prepare_head
from backend.options import OPACITIES
from backend.surface.find import Details, find_details
from backend.surface.growth import POINTS, grow_strands
from backend.surface.hair_chart import CELLS, SCALP
from backend.surface.hair_kind import Kind

COUNT, SIZE = 600, 256
STRAIGHT = Kind(0.3, 0.6, 0.1, 0.3, np.float64([0.15, 0.12, 0.1, 0.12]), 0.2)


@pytest.fixture(scope="module")
def job(demo_head_obj, astronaut) -> Prepared:
    return prepare_head(load_mesh(demo_head_obj), str(astronaut), "photo", pipeline.load_cached_networks("cpu"))


@pytest.fixture(scope="module")
def details(job) -> Details:
    return find_details(job, np.full((256, 256, 3), 0.5, np.float32), SIZE, 0)


@pytest.fixture(scope="module")
def tiles(job, details):
    return compose_tiles(
        job, np.full((256, 256, 3), 0.5, np.float32), Finish(SIZE, OPACITIES, details, layers=True), {}
    )


@pytest.fixture(scope="module")
def curves(job, details, tiles) -> HairCurves:
    return find_curves(job, details.strands, tiles, COUNT, 0)


def along(mesh, curves: HairCurves) -> np.ndarray:
    """(n,k,3) places on the surface."""
    return (mesh.vertices[curves.corners[curves.triangle]] * curves.weights[..., None]).sum(-2)


def test_painted_strands_come_first_and_others_fill_up():
    growth = grow_strands(SCALP.growth(), np.ones((CELLS, CELLS), np.float32), STRAIGHT, 256, 0)
    painted = np.concatenate([resampled(one.paths, one.last) for one in growth.layers[1:]])
    found = choose(growth, 6000, np.random.default_rng(0))
    first = found[: len(painted)]
    assert len(found) > 6000 > len(painted)
    assert np.array_equal(np.unique(first[:, 0], axis=0), np.unique(painted[:, 0], axis=0))
    assert not np.array_equal(first, painted)  # in any order: a few of them are of all places


def test_a_path_keeps_its_ends():
    paths = np.cumsum(np.random.default_rng(0).normal(size=(5, 7, 2)), 1)
    last = np.array([7, 2, 4, 1, 5])
    found = resampled(paths, last)
    assert found.shape == (5, POINTS, 2) and np.allclose(found[:, 0], paths[:, 0])
    assert np.allclose(found[:, -1], paths[np.arange(5), last - 1])


def test_a_point_lies_on_the_head_where_the_chart_has_it(job, details):
    """A chart's place is found again from the triangle and its weights, to a cell's width."""
    layout = SCALP.lay_out(job.mesh, job.canonical, 1024)
    paths = choose(details.strands["hair"].growth, 50, np.random.default_rng(0))[:50]
    triangle, weights = on_head(layout, paths)
    again = (layout.corners[triangle] * weights[..., None]).sum(-2)
    inside = triangle >= 0
    assert inside.mean() > 0.9 and np.abs(again - paths)[inside].max() < 2 / 1024
    assert np.allclose(weights.sum(-1), 1, atol=1e-5) and weights.min() >= 0


def test_curves_are_rooted_on_the_scalp_and_rise_no_further_than_their_length(job, curves):
    assert len(curves.color) == COUNT and curves.triangle.shape == (COUNT, POINTS)
    roots = (job.canonical[curves.corners[curves.triangle[:, 0]]] * curves.weights[:, 0, :, None]).sum(1)
    assert np.quantile(roots[:, 1], 0.02) > -0.1  # above the ears' middle but for the nape
    height = job.match.head.height
    length = np.linalg.norm(np.diff(along(job.mesh, curves), axis=1), axis=-1).sum(1)
    assert (curves.height[:, 0] == 0).all()
    assert (np.diff(curves.height[:, :3], axis=1) > -1e-3 * height).mean() > 0.99  # but where there is no room to rise
    assert (curves.height.max(1) <= length + 1e-6).all() and curves.height.max() < 0.4 * height
    assert np.median(curves.height.max(1)) > 0.01 * height


def test_each_has_the_colour_of_the_texture_at_its_place(job, curves, tiles):
    [tile] = tiles.values()
    rgba = tile.layers["hair"] / 255
    columns, rows = (np.stack([curves.uv[:, 0], 1 - curves.uv[:, 1]]) * SIZE).astype(int)
    painted, alpha = rgba[:3, rows, columns].T, rgba[3, rows, columns]
    solid = alpha > 0.9
    assert solid.mean() > 0.5 and (alpha < 0.1).mean() < 0.1
    assert np.abs(np.median(painted[solid] - curves.color[solid], axis=0)).max() < 0.06  # a root and a whole curve
    assert np.corrcoef(painted[solid].mean(1), curves.color[solid].mean(1))[0, 1] > 0.3


def test_vertices_are_numbered_as_the_file_has_them(job, details, tiles):
    moved = replace(job.mesh, numbers=np.arange(len(job.mesh.vertices)) + 1000)
    changed = replace(job, match=replace(job.match, mesh=moved))
    found = find_curves(changed, details.strands, tiles, 20, 0)
    assert np.array_equal(found.corners, job.mesh.triangles + 1000)


def test_without_hair_there_are_none(job, tiles):
    found = find_curves(job, {}, tiles, COUNT, 0)
    with np.load(io.BytesIO(found.encode())) as file:
        assert file["triangle"].shape == (0, POINTS) and file["uv"].shape == (0, 2) and file["radius"] > 0
        assert set(file) == {"corners", "triangle", "weights", "height", "uv", "color", "facial", "radius"}
