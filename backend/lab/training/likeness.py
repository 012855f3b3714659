"""python -m backend.lab shapes: what registration knows of faces (head/shape.py), of ICT-FaceKit.

Its identities are how faces differ.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from scipy.spatial import cKDTree

from ...head.landmarks import find_head_landmarks
from ...head.mesh import load_mesh
from ...head.shape import SHAPES
from ...portrait.landmarks import mirror_table
from ..evaluation.expressions import EXPRESSIONS, make_face, on_surface, places_on

KEPT = 20


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m backend.lab shapes", description=__doc__)
    parser.add_argument(
        "--ict", type=Path, required=True, help="folder with generic_neutral_mesh.obj and ict_identity_deltas_f16.npz"
    )
    arguments = parser.parse_args(argv)
    np.savez_compressed(SHAPES, shapes=face_shapes(arguments.ict).astype(np.float16))
    return 0


def face_shapes(folder: Path) -> np.ndarray:
    """(k,468,3) in face axes and heights, one standard deviation each.

    KEPT principal components of the identities, both ways round, without similarities; then what a dropped jaw and a
    smile do to the neutral face.
    """
    path = folder / "generic_neutral_mesh.obj"
    mesh = load_mesh(path)
    head = find_head_landmarks(mesh)
    listed = np.array([line.split()[1:4] for line in path.read_text().splitlines() if line.startswith("v ")], float)
    _, index = cKDTree(listed).query(mesh.vertices)  # loading splits vertices at UV seams
    with np.load(folder / "ict_identity_deltas_f16.npz", allow_pickle=False) as data:
        deltas = data["deltas"].astype(np.float64)[:, index]
    triangle, weight = on_surface(mesh, head)
    moves = np.einsum("nk,mnkc->mnc", weight, deltas[:, mesh.triangles[triangle]]) @ head.rotation.T / head.height
    moves = np.concatenate([moves, moves[:, mirror_table()] * (-1, 1, 1)]).reshape(2 * len(moves), -1) / np.sqrt(2)
    face = (head.points - head.points.mean(0)) @ head.rotation.T
    similarities = [np.tile(axis, len(face)) for axis in np.eye(3)]
    similarities += [np.cross(axis, face).ravel() for axis in np.eye(3)] + [face.ravel()]
    basis, _ = np.linalg.qr(np.array(similarities).T)
    _, size, shapes = np.linalg.svd(moves - moves @ basis @ basis.T, full_matrices=False)
    place = (triangle, weight)
    faces = [places_on(make_face(mesh, head, name), place) - places_on(mesh, place) for name in EXPRESSIONS]
    faces = np.array(faces) @ head.rotation.T / head.height
    return np.concatenate([(size[:, None] * shapes)[:KEPT].reshape(KEPT, -1, 3), faces])
