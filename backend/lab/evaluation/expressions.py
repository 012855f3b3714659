"""Heads that make a face: a jaw that drops, a mouth that smiles. Their portraits are laid on the head at rest.

No mesh of shared/data has expressions, so the skin is moved: the jaw turns about the ears, split from the upper face by
the way along the surface (lips that touch are far apart along it), and mouth corners are drawn out and up.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from ...head.landmarks import HeadLandmarks
from ...head.mesh import HeadMesh

#: Degrees of the jaw, and shift of the mouth's corners in face heights.
EXPRESSIONS = {"open": (14.0, 0.0), "smile": (2.0, 0.045)}
EARS, CORNERS, NOSE, CHIN = (234, 454), (61, 291), 2, 199
#: Reach of a smile in face heights.
CHEEK = 0.1


def make_face(mesh: HeadMesh, head: HeadLandmarks, expression: str) -> HeadMesh:
    """The head with an expression of EXPRESSIONS."""
    angle, smile = EXPRESSIONS[expression]
    hinge = head.points[list(EARS)].mean(0)
    face = (mesh.vertices.astype(np.float64) - hinge) @ head.rotation.T / head.height  # right, up, front of the hinge
    chin = (head.points[CHIN] - hinge) @ head.rotation.T / head.height
    front = np.clip((face[:, 2] / chin[2] - 0.1) / 0.5, 0, 1)
    jaw = below_the_lips(mesh, head) * front * front * (3 - 2 * front)
    turn = np.stack([cv2.Rodrigues(np.array([np.radians(angle) * step, 0, 0]))[0] for step in np.linspace(0, 1, 33)])
    moved = np.einsum("nij,nj->ni", turn[np.rint(jaw * 32).astype(int)], face)
    for corner, side in zip(CORNERS, (-1, 1), strict=True):
        place = (head.points[corner] - hinge) @ head.rotation.T / head.height
        near = np.exp(-((face - place) ** 2).sum(1) / (2 * CHEEK**2))
        moved += near[:, None] * smile * np.array([side, 0.8, -0.5])
    vertices = hinge + head.height * moved @ head.rotation
    return replace(mesh, vertices=vertices.astype(np.float32))


def below_the_lips(mesh: HeadMesh, head: HeadLandmarks) -> np.ndarray:
    """(N,) 0..1: nearer, along the surface, to the chin than to the nose."""
    place = mesh.welded
    ends = place[mesh.triangles][:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2)
    where = np.zeros((place.max() + 1, 3))
    where[place] = mesh.vertices
    length = np.linalg.norm(where[ends[:, 0]] - where[ends[:, 1]], axis=1) + 1e-9
    ends, index = np.unique(np.sort(ends, 1), axis=0, return_index=True)
    graph = coo_matrix((length[index], ends.T), (len(where), len(where))).tocsr()
    _, starts = cKDTree(where).query(head.points[[NOSE, CHIN]])
    upper, lower = dijkstra(graph, directed=False, indices=starts)
    with np.errstate(invalid="ignore"):
        share = np.nan_to_num(upper / (upper + lower), nan=0.0)  # teeth and eyes on their own stay
    ramp = np.clip((share - 0.42) / 0.16, 0, 1)
    return (ramp * ramp * (3 - 2 * ramp))[place]


def on_surface(mesh: HeadMesh, head: HeadLandmarks) -> tuple[np.ndarray, np.ndarray]:
    """(468,) triangles nearest to the landmarks, and (468,3) barycentric weights of the nearest places on them."""
    corners = mesh.corners(mesh.vertices.astype(np.float64))
    _, near = cKDTree(corners.mean(1)).query(head.points, k=24)
    a, b, c = np.moveaxis(corners[near], 2, 0)
    first, second, point = b - a, c - a, head.points[:, None] - a
    d11, d12, d22 = (first**2).sum(-1), (first * second).sum(-1), (second**2).sum(-1)
    p1, p2 = (point * first).sum(-1), (point * second).sum(-1)
    det = np.maximum(d11 * d22 - d12**2, 1e-30)
    v, w = (d22 * p1 - d12 * p2) / det, (d11 * p2 - d12 * p1) / det
    weights = np.clip(np.stack([1 - v - w, v, w], -1), 0, 1)
    weights /= weights.sum(-1, keepdims=True)
    away = np.linalg.norm(np.einsum("nkj,nkjc->nkc", weights, corners[near]) - head.points[:, None], axis=-1)
    best, every = away.argmin(1), np.arange(len(away))
    return near[every, best], weights[every, best]


def places_on(mesh: HeadMesh, surface: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """(468,3) where on_surface() of a mesh of the same triangles lies on this one."""
    triangle, weight = surface
    return np.einsum("nk,nkc->nc", weight, mesh.vertices.astype(np.float64)[mesh.triangles[triangle]])
