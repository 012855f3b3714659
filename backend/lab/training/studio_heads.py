"""Heads in the atlas that can be lit: places, normals, and what each texel sees of a sphere of directions.

Shadows that a head casts on itself are looked up here while a network learns; nothing is rendered then.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
from scipy.spatial import cKDTree

from ...head.atlas import fit_canonical, map_atlas
from ...head.landmarks import HeadLandmarks, find_head_landmarks
from ...head.mesh import HeadMesh, load_mesh, vertex_normals
from ...head.rasterize import rasterize
from ..evaluation.expressions import on_surface, places_on

#: Texels of the atlas, directions, pixels of a depth map per face height, and how deep in face heights a texel may lie
#: below what a light sees first; how far behind the face lights go.
TEXELS, DIRECTIONS, PIXELS, BIAS = 128, 240, 150, 0.012
BEHIND = -0.45
#: Heads that learn; those of the yardstick (lab/evaluation/studio.py) are others.
HEADS = ("makehuman/caucasian_male_young", "makehuman/neutral", "makehuman/caucasian_female_child")
#: Identities of ICT-FaceKit beside them, each a blend of some of its people.
IDENTITIES = 4


@dataclass(frozen=True)
class LitHead:
    """positions, normals: (S,S,3) in face axes (right, up, near) and heights. covered: (S,S) bool. seen: (D,S*S/8)
    uint8, bits of what is visible from each direction."""

    positions: np.ndarray
    normals: np.ndarray
    covered: np.ndarray
    seen: np.ndarray

    def visible(self, number: int) -> np.ndarray:
        """(S,S) float32, 1 where the light from that direction of directions() arrives."""
        return np.unpackbits(self.seen[number]).reshape(self.covered.shape).astype(np.float32)


def directions() -> np.ndarray:
    """(D,3) unit, evenly spread (a Fibonacci sphere) but for the back."""
    i = np.arange(DIRECTIONS) + 0.5
    near, turn = 1 - (1 - BEHIND) * i / DIRECTIONS, np.pi * (1 + 5**0.5) * i
    flat = np.sqrt(1 - near**2)
    return np.stack([flat * np.cos(turn), flat * np.sin(turn), near], 1).astype(np.float32)


def light_head(mesh: HeadMesh, landmarks: HeadLandmarks) -> LitHead:
    canonical = fit_canonical(landmarks)(mesh.vertices.astype(np.float64))
    fragments = map_atlas(mesh, canonical, TEXELS).fragments
    vertices = (mesh.vertices - landmarks.points.mean(0)) @ landmarks.rotation.T / landmarks.height
    normals = fragments.interpolate(mesh.corners(vertex_normals(mesh) @ landmarks.rotation.T))
    normals /= np.maximum(np.linalg.norm(normals, axis=-1, keepdims=True), 1e-6)
    positions = fragments.interpolate(mesh.corners(vertices))
    corners = mesh.corners(vertices)
    seen = [np.packbits(first_seen(corners, positions, one) & fragments.covered) for one in directions()]
    return LitHead(
        positions.astype(np.float32), normals.astype(np.float32), fragments.covered, np.array(seen, np.uint8)
    )


def first_seen(corners: np.ndarray, positions: np.ndarray, direction: np.ndarray, pixels: int = PIXELS) -> np.ndarray:
    """(…,) bool: places (…,3) that a far light in a direction sees, past triangles (M,3,3), in face heights.

    Args:
        pixels: of the depth map per face height.
    """
    across, down = frame(direction)
    low = np.array([(corners @ axis).min() for axis in (across, down)])
    high = np.array([(corners @ axis).max() for axis in (across, down)])
    width, height = (int(side) + 3 for side in (high - low) * pixels)
    flat = np.stack([corners @ across, corners @ down], -1)
    fragments = rasterize((flat - low) * pixels + 1, width, height, depth=-(corners @ direction))
    nearest = np.where(fragments.covered, fragments.interpolate((corners @ direction)[..., None])[..., 0], -1e3)
    x, y = (
        np.clip(((positions @ axis) - start) * pixels + 1, 0, side - 1).astype(int)
        for axis, start, side in ((across, low[0], width), (down, low[1], height))
    )
    return positions @ direction >= nearest[y, x] - BIAS


def frame(direction: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two (3,) unit axes across a direction."""
    across = np.cross((0.0, 1.0, 0.0) if abs(direction[1]) < 0.9 else (0.0, 0.0, 1.0), direction)
    across /= np.linalg.norm(across)
    return across, np.cross(direction, across)


def ict_heads(folder: Path, count: int, seed: int = 0) -> list[tuple[HeadMesh, HeadLandmarks]]:
    """ICT-FaceKit's neutral head and blends of its people."""
    path = folder / "generic_neutral_mesh.obj"
    mesh = load_mesh(path)
    head = find_head_landmarks(mesh)
    surface = on_surface(mesh, head)
    listed = np.array([line.split()[1:4] for line in path.read_text().splitlines() if line.startswith("v ")], float)
    _, index = cKDTree(listed).query(mesh.vertices)
    with np.load(folder / "ict_identity_deltas_f16.npz", allow_pickle=False) as data:
        deltas = data["deltas"][:, index].astype(np.float64)
    random, found = np.random.default_rng(seed), []
    for _ in range(count):
        share = random.normal(0, 1, len(deltas)) * (random.random(len(deltas)) < 6 / len(deltas))
        moved = replace(mesh, vertices=(mesh.vertices + np.tensordot(0.7 * share, deltas, 1)).astype(np.float32))
        found.append((moved, replace(head, points=places_on(moved, surface))))
    return found


def load_heads(data: Path, file: Path) -> list[LitHead]:
    """The heads that learn, made and written to a file where it is missing: a few minutes."""
    names = [field.name for field in fields(LitHead)]
    if not file.is_file():
        pairs = []
        for name in HEADS:
            mesh = load_mesh(data / f"{name.replace('/', '/heads/')}.obj")
            pairs.append((mesh, find_head_landmarks(mesh)))
        pairs += ict_heads(data / "ict", IDENTITIES)
        made = [light_head(*pair) for pair in pairs]
        np.savez_compressed(file, **{name: np.array([getattr(one, name) for one in made]) for name in names})
    with np.load(file, allow_pickle=False) as arrays:
        parts = [arrays[name] for name in names]
    return [LitHead(*one) for one in zip(*parts, strict=True)]
