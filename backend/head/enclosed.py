"""Surfaces that are hidden from outside: the mouth bag, the ends of the nostrils, sockets behind the eyes."""

import cv2
import numpy as np

from .atlas import AtlasMap, to_atlas
from .mesh import HeadMesh, vertex_normals
from .rasterize import POOL, rasterize

#: Pixels of each look.
PIXELS = 160
#: Meshes of more triangles, or vertices, leave no gaps between their vertices at that many pixels.
DENSE = 40_000
#: Depth inside the head, in face heights, from where no portrait shows a surface.
ENCLOSED = 0.01
#: Rounds in which the places of enclosed vertices become the means of their neighbours'.
ROUNDS = 60
#: Share of the looks that a vertex of open surface is visible in; of enclosed ones 0.02 at most.
OPEN = 0.10


def depth_inside(mesh: HeadMesh, layout: AtlasMap) -> np.ndarray:
    """(N,) float32: how far behind the head's shell each enclosed vertex lies, in face heights; 0 for open surface."""
    radius = np.linalg.norm(layout.canonical, axis=1)
    size = layout.fragments.triangle.shape[0]
    shell = layout.fragments.interpolate(mesh.corners(radius[:, None].astype(np.float32)))[..., 0]
    place = to_atlas(layout.canonical)
    x = np.floor(place[:, 0] * size).astype(int) % size
    y = np.clip(np.floor(place[:, 1] * size), 0, size - 1).astype(int)
    behind = np.maximum(shell[y, x] - radius, 0) * (place[:, 1] < 1)
    share = np.clip((OPEN - openness(mesh, layout.canonical)) / (OPEN - 0.02), 0, 1)
    return (behind * share).astype(np.float32)


def open_places(mesh: HeadMesh, canonical: np.ndarray, depth: np.ndarray) -> np.ndarray:
    """(N,3) canonical: where vertices take their colour from. Open ones where they are; enclosed ones between those
    that they hang on, for behind the lips the chin is nearer than the lips.

    Args:
        canonical: (N,3) of the vertices. depth: (N,) of depth_inside().
    """
    pairs = np.concatenate([mesh.triangles[:, (0, 1)], mesh.triangles[:, (1, 2)], mesh.triangles[:, (2, 0)]])
    known, places = depth < ENCLOSED, canonical.astype(np.float64)
    pairs = np.concatenate([pairs, pairs[:, ::-1]])
    start, end = pairs[~known[pairs[:, 0]]].T
    left = ROUNDS
    while left and len(start):
        at, beside = start[known[end]], end[known[end]]
        count = np.bincount(at, minlength=len(known))
        met = np.flatnonzero(count)
        grows = not known[met].all()
        sums = [np.bincount(at, places[beside, axis], len(known))[met] for axis in range(3)]
        places[met] = np.stack(sums, 1) / count[met, None]
        known[met] = True
        left -= not grows
    return places.astype(canonical.dtype)


def openness(mesh: HeadMesh, canonical: np.ndarray) -> np.ndarray:
    """(N,) float32 0..1: the share of looks that show the front of each vertex; about 0.4 for open skin.

    Args:
        canonical: (N,3) canonical coordinates of the vertices.
    """
    normals = vertex_normals(mesh, canonical)
    if (normals * canonical).sum() < 0:  # a mesh turned inside out
        normals = -normals
    canonical = np.ascontiguousarray(canonical, np.float32)
    dense = len(mesh.triangles) > DENSE
    # vertices alone are enough where they are closer than pixels
    points = canonical if len(canonical) > DENSE else np.concatenate([canonical, mesh.corners(canonical).mean(1)])
    # nobody looks up through the neck, which the heads leave open
    looks = [towards.astype(np.float32) for towards in sphere(32) if towards[1] > -0.4]

    def visible_from(towards: np.ndarray) -> np.ndarray:
        side = np.cross(towards, (0.0, 1.0, 0.0) if abs(towards[1]) < 0.9 else (1.0, 0.0, 0.0))
        side /= np.linalg.norm(side)
        turned = (points if dense else canonical) @ np.float32([side, np.cross(towards, side), -towards]).T
        low, high = turned[:, :2].min(0), turned[:, :2].max(0)
        pixels = (turned[:, :2] - low) / max(float((high - low).max()), 1e-9) * (PIXELS - 2) + 1
        depth = turned[:, 2]
        nearest = splatted(pixels, depth) if dense else rasterized(pixels, depth, mesh.triangles)
        x, y = pixels[: len(canonical)].astype(int).T
        return (depth[: len(canonical)] <= nearest[y, x] + 0.02) & (normals @ towards > 0)  # face heights

    # rasterized() has threads of its own
    return sum((POOL.map if dense else map)(visible_from, looks), np.zeros(len(canonical), np.float32)) / len(looks)


def rasterized(pixels: np.ndarray, depth: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """(PIXELS,PIXELS) depth of the nearest surface, inf where nothing is."""
    fragments = rasterize(pixels[triangles], PIXELS, PIXELS, depth=depth[triangles])
    nearest = np.full((PIXELS, PIXELS), np.inf)
    covered = fragments.covered
    nearest[covered] = (fragments.barycentric[covered] * depth[triangles[fragments.triangle[covered]]]).sum(1)
    return nearest


def splatted(pixels: np.ndarray, depth: np.ndarray) -> np.ndarray:
    """rasterized() of a dense mesh, from (n,2) points alone, gaps closed by the nearest neighbour."""
    x, y = pixels.astype(int).T
    nearest = np.full(PIXELS * PIXELS, np.inf, np.float32)
    np.minimum.at(nearest, y * PIXELS + x, depth)
    nearest = nearest.reshape(PIXELS, PIXELS)
    return np.where(np.isinf(nearest), cv2.erode(nearest, np.ones((3, 3), np.uint8)), nearest)


def sphere(count: int) -> np.ndarray:
    """(count,3) unit vectors, evenly spread (Fibonacci lattice)."""
    index = np.arange(count) + 0.5
    height = 1 - 2 * index / count
    turn = np.pi * (1 + 5**0.5) * index
    ring = np.sqrt(1 - height * height)
    return np.stack([ring * np.cos(turn), ring * np.sin(turn), height], 1)
