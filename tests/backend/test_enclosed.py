"""Surfaces that nobody sees: a bag behind the face of a head is found, the face itself is not."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh

from backend.head.atlas import fit_canonical, map_atlas
from backend.head.enclosed import depth_inside, open_places, openness
from backend.head.landmarks import find_head_landmarks
from backend.head.mesh import HeadMesh, load_mesh

BEHIND_THE_MOUTH = np.array([0, -0.1, 0.4])


@pytest.fixture(scope="module")
def ball() -> tuple[HeadMesh, int]:
    """A ball of radius 0.6 in canonical axes, a bag of radius 0.1 behind its front; and how many vertices are ball."""
    outer = trimesh.creation.icosphere(subdivisions=4, radius=0.6)
    bag = trimesh.creation.icosphere(subdivisions=3, radius=0.1)
    vertices = np.concatenate([outer.vertices, bag.vertices + BEHIND_THE_MOUTH]).astype(np.float32)
    triangles = np.concatenate([outer.faces, bag.faces[:, ::-1] + len(outer.vertices)]).astype(np.int32)
    mesh = HeadMesh(vertices, triangles, np.zeros((len(triangles), 3, 2), np.float32), "ball")
    return mesh, len(outer.vertices)


def test_open_skin_is_seen_from_many_sides_and_a_bag_from_none(ball):
    mesh, outer = ball
    share = openness(mesh, mesh.vertices)
    assert share[:outer].min() > 0.1
    assert share[outer:].max() == 0


def test_a_dense_mesh_is_judged_as_its_rasterisation(monkeypatch):
    outer, bag = (trimesh.creation.icosphere(subdivisions=5, radius=r) for r in (0.6, 0.1))
    vertices = np.concatenate([outer.vertices, bag.vertices + BEHIND_THE_MOUTH]).astype(np.float32)
    triangles = np.concatenate([outer.faces, bag.faces[:, ::-1] + len(outer.vertices)]).astype(np.int32)
    mesh = HeadMesh(vertices, triangles, np.zeros((len(triangles), 3, 2), np.float32), "dense")
    fast = openness(mesh, vertices)
    monkeypatch.setattr("backend.head.enclosed.DENSE", len(triangles))
    slow = openness(mesh, vertices)
    assert np.abs(fast - slow).mean() < 0.03
    assert ((fast > 0.05) == (slow > 0.05)).mean() > 0.97


def test_depth_of_the_bag_is_its_distance_to_the_shell(ball):
    mesh, outer = ball
    depth = depth_inside(mesh, map_atlas(mesh, mesh.vertices.astype(np.float64), 256))
    assert depth[:outer].max() == 0
    expected = 0.6 - np.linalg.norm(mesh.vertices[outer:], axis=1)
    assert np.abs(depth[outer:] - expected).max() < 0.02


def test_a_pocket_is_coloured_by_the_lips_that_it_hangs_on_and_not_by_the_chin_before_it():
    rows, columns = 12, 5
    grid = np.arange(rows * columns).reshape(rows, columns)
    corners = grid[:-1, :-1].ravel(), grid[1:, :-1].ravel(), grid[:-1, 1:].ravel(), grid[1:, 1:].ravel()
    triangles = np.concatenate([np.stack(corners[:3], 1), np.stack(corners[1:], 1)])
    down = np.linspace(0, -0.1, rows)  # from the upper lip's edge over the pocket to the lower one's
    canonical = np.stack([np.tile(np.linspace(-0.1, 0.1, columns), rows), np.repeat(down, columns), np.ones(60)], 1)
    depth = np.repeat(np.float32([0, 0, *[0.05] * 8, 0, 0]), columns)
    canonical[depth > 0, 1] = -0.5  # the pocket hangs down behind the chin
    apart = np.float32([[0, -0.4, 0.5]] * 3)  # a tooth that hangs on nothing
    mesh = HeadMesh(
        np.concatenate([canonical, apart]).astype(np.float32),
        np.concatenate([triangles, [[60, 61, 62]]]),
        np.zeros((len(triangles) + 1, 3, 2), np.float32),
        "pocket",
    )
    places = open_places(mesh, mesh.vertices, np.concatenate([depth, np.float32([0.1] * 3)]))
    assert np.array_equal(places[:60][depth == 0], mesh.vertices[:60][depth == 0])
    assert np.array_equal(places[60:], apart)
    middle = places[:60].reshape(rows, columns, 3)[:, 2, 1]
    assert (np.diff(middle) < 0).all()  # evenly from one lip to the other
    assert np.abs(middle - down).max() < 0.02


def test_a_mesh_turned_inside_out_is_judged_alike(ball):
    mesh, outer = ball
    turned = HeadMesh(mesh.vertices, mesh.triangles[:, ::-1], mesh.corner_uvs, "turned")
    assert np.array_equal(openness(turned, mesh.vertices)[:outer] > 0.1, np.ones(outer, bool))
    assert openness(turned, mesh.vertices)[outer:].max() == 0


def test_the_demo_heads_face_is_open_and_the_bag_behind_its_lips_is_not(demo_head_obj):
    mesh = load_mesh(demo_head_obj)
    canonical = fit_canonical(find_head_landmarks(mesh))(mesh.vertices.astype(np.float64))
    layout = map_atlas(mesh, canonical, 256)
    depth = depth_inside(mesh, layout)
    face = layout.fragments.interpolate(mesh.corners(depth[:, None]))[80:210, 80:176, 0]
    assert (face > 0.02).mean() < 0.01
    behind = (np.abs(canonical) < (0.1, 0.2, 0.5)).all(1) & (canonical[:, 2] > 0) & (canonical[:, 1] < 0.1)
    assert behind.sum() > 30 and np.median(depth[behind]) > 0.1
