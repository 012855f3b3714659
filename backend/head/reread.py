"""The head read again from the portrait's own camera.

The landmark network has habits that depend on the view (it guesses the far cheek, it slides along the jaw). Rendered
from the camera just solved, the head shows it the same view as the portrait does, and the habits cancel. They do so the
better the more the render looks like a face: with skins on it the two readings differ by half of what they do with grey
clay.
"""

from __future__ import annotations

import numpy as np

from ..portrait.landmarks import both_ways, landmarks_in_view
from .atlas import to_atlas
from .camera import Camera
from .landmarks import BEHIND, HeadLandmarks
from .mesh import HeadMesh
from .rasterize import rasterize
from .skin import paint, skins
from .view import LIGHT
from .windows import read_windows

#: Pixels of the render, and how much of it the face's height fills.
SIZE, FILL = 512, 0.5
#: Depth range within 5 x 5 pixels, as a share of the face's height, from which a landmark sits on a fold or silhouette.
FOLD = 0.05
#: Median distance from where the camera puts the landmarks, of the face's height, that means that they were misread.
ELSEWHERE = 0.06


def reread(
    mesh: HeadMesh, normals: np.ndarray, canonical: np.ndarray, head: HeadLandmarks, camera: Camera, real: float,
) -> HeadLandmarks | None:
    """Landmarks found in a render through the camera and lifted to the surface; None when none are found.

    Args:
        normals: (N,3) unit vertex normals. canonical: (N,3) canonical coordinates of the vertices.
        real: share of the reading with real skins on, 0..1; the rest is read with the mean skin.
    """
    face, _ = camera.project(head.points)
    low, high = face.min(0), face.max(0)
    middle, scale = (low + high) / 2, SIZE * FILL / max(float((high - low).max()), 1.0)
    pixels, depth = camera.project(mesh.vertices.astype(np.float64))
    placed = (pixels - middle) * scale + SIZE / 2
    eye_normals = normals @ camera.rotation.T * (1, -1, -1)
    fragments = rasterize(mesh.corners(placed), SIZE, SIZE, depth=mesh.corners(depth))
    shaded = fragments.interpolate(mesh.corners(np.clip(eye_normals @ LIGHT, 0, 1)[:, None]))
    places = to_atlas(fragments.interpolate(mesh.corners(canonical)))
    pictures = [paint(skin, places, shaded, fragments.covered) for skin in (skins() if real else skins()[:1])]
    half = 0.75 * SIZE * FILL
    found = landmarks_in_view(pictures[0], (SIZE / 2 - half, SIZE / 2 - half, SIZE / 2 + half, SIZE / 2 + half))
    if found is None:
        return None
    first, *others = (both_ways(picture, found).points[:, :2] for picture in pictures)
    read = first + real * (np.mean(others, 0) - first) if others else first
    away = np.median(np.linalg.norm(read - (face - middle) * scale - SIZE / 2, axis=1))
    if away > ELSEWHERE * SIZE * FILL:
        return None
    far = np.where(fragments.covered, fragments.interpolate(mesh.corners(depth)[..., None])[..., 0], np.inf)
    surface = fragments.interpolate(mesh.corners(normals))
    windows = read_windows(read, far, surface)
    place = (read - SIZE / 2) / scale + middle
    ray = np.concatenate([(place - camera.centre) / camera.focal, np.ones((len(place), 1))], 1)
    lifted = (ray * windows.depth[:, None] - camera.translation) @ camera.rotation
    # not beside the head, nor through an open eye on the inside of its back
    solid = windows.found & (windows.depth - camera.project(head.points)[1] < 2 * BEHIND * head.height)
    points = np.where(solid[:, None], lifted, head.points)
    towards = camera.position - points
    cosine = (windows.normals * towards).sum(1) / np.linalg.norm(towards, axis=1)
    fold = windows.spread > FOLD * head.height
    trust = np.clip((cosine - 0.1) / 0.4, 0, 1) * np.where(fold, 0.3, 1.0) * windows.share * solid
    return HeadLandmarks(points, windows.normals, trust, head.rotation, head.height, found.presence)
