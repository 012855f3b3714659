"""Portraits whose texture is known: a textured head rendered with a known camera and light."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ...head.landmarks import HeadLandmarks
from ...head.mesh import HeadMesh, vertex_normals
from ...head.rasterize import rasterize
from ...head.visibility import depth_view, facing
from ...imaging.sample import sample, to_linear, to_srgb

#: Share of light that comes from everywhere, and from one direction.
LIGHTS = {"soft": (0.72, 0.38), "hard": (0.30, 0.95), "cel": (0.55, 0.5)}
OVERSAMPLE = 2
#: Mean shading of the visible head: a photographer exposes for the face, whatever the light.
EXPOSURE = 0.95


@dataclass(frozen=True)
class TruthCase:
    """One portrait to make: which texture under which camera and light. Angles in degrees. kind: head kit."""

    name: str
    kind: str
    head: str
    skin: str
    yaw: float
    pitch: float
    light: str  # soft, hard, cel
    light_from: tuple[float, float, float]
    backdrop: tuple[float, float, float]
    shares: tuple[float, float] | None = None  # ambient and key, instead of those of the light's name


@dataclass(frozen=True)
class TruthPortrait:
    """color: (S,S,3) float32 sRGB. texture: (T,T,3) float32 sRGB, the truth. The rest is the camera."""

    color: np.ndarray
    texture: np.ndarray
    rotation: np.ndarray
    translation: np.ndarray
    focal: float
    size: int

    def project(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(…,2) portrait pixels and (…,) depth of (…,3) mesh points."""
        eye = points @ self.rotation.T + self.translation
        return self.focal * eye[..., :2] / eye[..., 2:] + self.size / 2, eye[..., 2]


def render_truth(
    mesh: HeadMesh, head: HeadLandmarks, texture: np.ndarray, case: TruthCase, size: int = 768
) -> TruthPortrait:
    """Render the portrait of a case.

    Args:
        texture: (T,T,3) float32 sRGB for the mesh's UVs.
    """
    yaw, pitch = np.radians([case.yaw, case.pitch])
    turn = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    nod = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    face = nod @ turn @ head.rotation  # rows: picture's right, up, towards the viewer
    rotation = np.diag([1.0, -1.0, -1.0]) @ face
    middle = (mesh.vertices.min(0) + mesh.vertices.max(0)) / 2 * 0.5 + head.points.mean(0) * 0.5
    distance = 6.5 * head.height
    translation = -rotation @ middle + np.array([0, 0, distance])
    focal = size * 0.42 * distance / head.height
    wide = size * OVERSAMPLE
    camera = TruthPortrait(np.zeros(0), texture, rotation, translation, focal * OVERSAMPLE, wide)

    pixels, depth = camera.project(mesh.vertices.astype(np.float64))
    fragments = rasterize(mesh.corners(pixels), wide, wide, depth=mesh.corners(depth))
    covered = fragments.covered
    uv = fragments.interpolate(mesh.corner_uvs)
    extent = texture.shape[0]
    albedo = sample(texture, np.stack([uv[..., 0], 1 - uv[..., 1]], -1) * extent)
    normals = fragments.interpolate(mesh.corners(vertex_normals(mesh)))
    normals /= np.maximum(np.linalg.norm(normals, axis=-1, keepdims=True), 1e-6)
    direction = head.rotation.T @ nod.T @ np.asarray(case.light_from, float)
    lambert = np.clip(normals @ (direction / np.linalg.norm(direction)), 0, 1)
    ambient, key = case.shares or LIGHTS[case.light]
    if case.light == "cel":
        shade = ambient + key * (0.4 * (lambert > 0.15) + 0.6 * (lambert > 0.5))
    else:
        sky = 0.5 + 0.5 * (normals @ head.rotation[1])
        shade = ambient * (0.8 + 0.2 * sky) + key * lambert
    shade = shade * (EXPOSURE / shade[covered].mean())
    lit = to_srgb(to_linear(albedo) * shade[..., None].astype(np.float32))
    backdrop = np.linspace(0.9, 1.1, wide, dtype=np.float32)[:, None, None] * np.asarray(case.backdrop, np.float32)
    color = np.where(covered[..., None], lit, np.clip(backdrop, 0, 1))
    if case.light == "cel":
        distance_map = fragments.interpolate(mesh.corners(depth)[..., None])[..., 0]
        far = np.where(covered, distance_map, distance + 2 * head.height).astype(np.float32)
        line = cv2.morphologyEx(far, cv2.MORPH_GRADIENT, np.ones((5, 5))) > 0.12 * head.height
        color = np.where(line[..., None], 0.08, color)
    color = cv2.resize(color.astype(np.float32), (size, size), interpolation=cv2.INTER_AREA)
    return TruthPortrait(color, texture, rotation, translation, focal, size)


def seen_texels(
    mesh: HeadMesh, portrait: TruthPortrait, points: np.ndarray, normals: np.ndarray, height: float
) -> np.ndarray:
    """(n,) bool: surface points that the true camera sees, not grazing (cosine over 0.15) and not occluded."""
    pixels, depth = portrait.project(mesh.vertices.astype(np.float64))
    view = depth_view(mesh.corners(pixels), mesh.corners(depth), (portrait.size,) * 2, 1.6 * height)
    place, far = portrait.project(points.astype(np.float64))
    eye = -portrait.rotation.T @ portrait.translation
    return (view.visible(place, far) > 0) & (facing(points, normals, eye) > 0.15)


def angle_of(rotation: np.ndarray) -> float:
    """Degrees by which a (3,3) rotation turns."""
    return float(np.degrees(np.arccos(np.clip((np.trace(rotation) - 1) / 2, -1, 1))))
