"""Portraits of known textures under light that throws shadows: lamps of some size, what stands before them, highlights
on skin, lamps of different colours. Rays are followed by depth maps of the mesh and of what is worn."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from ...head.landmarks import HeadLandmarks
from ...head.mesh import HeadMesh, vertex_normals
from ...head.rasterize import rasterize
from ...imaging.sample import sample, to_linear, to_srgb
from ..training.studio_heads import first_seen
from .marks import Marks
from .truth import EXPOSURE, OVERSAMPLE, TruthCase, TruthPortrait, render_truth

#: Directions that stand for a lamp, pixels of a depth map per face height, pixels of a portrait.
SAMPLES, PIXELS, SIZE = 9, 260, 640
#: Reflectance of skin that is looked at straight.
FRESNEL = 0.028


@dataclass(frozen=True)
class Lamp:
    """toward: right, up, front of the face. strength: beside the sky's 1. colour: gains. size: radius, radians."""

    toward: tuple[float, float, float]
    strength: float
    colour: tuple[float, float, float] = (1.0, 1.0, 1.0)
    size: float = 0.03


@dataclass(frozen=True)
class Setting:
    """sky: light from everywhere. gloss: strength of highlights, of roughness rough. worn: of WORN, or nothing."""

    sky: float
    lamps: tuple[Lamp, ...]
    gloss: float = 0.0
    rough: float = 0.35
    worn: str = ""


SETTINGS = {
    "soft": Setting(0.7, (Lamp((0.4, 0.5, 0.8), 0.5, size=0.5),)),
    "nose": Setting(0.35, (Lamp((0.65, 0.75, 0.65), 1.0),)),
    "brim": Setting(0.4, (Lamp((0.25, 0.62, 0.8), 1.0, size=0.06),), worn="brim"),
    "fringe": Setting(0.4, (Lamp((-0.4, 0.8, 0.7), 0.9, size=0.1),), worn="fringe"),
    "side": Setting(0.3, (Lamp((-0.95, 0.25, 0.35), 1.1, size=0.08),)),
    "gloss": Setting(0.45, (Lamp((0.3, 0.5, 0.9), 0.8, size=0.15), Lamp((-0.8, 0.4, 0.5), 0.4, size=0.1)), 2.2, 0.38),
    "coloured": Setting(
        0.3,
        (Lamp((0.8, 0.4, 0.6), 0.8, (1.25, 0.98, 0.7), 0.15), Lamp((-0.9, 0.2, 0.4), 0.6, (0.7, 0.95, 1.4), 0.15)),
        0.6,
    ),
}


@dataclass(frozen=True)
class StudioPortrait:
    """portrait: as TruthPortrait has it. cast: (H,W) 0..1, the share of light that a shadow took. gloss: (H,W) linear
    light that highlights added."""

    portrait: TruthPortrait
    cast: np.ndarray
    gloss: np.ndarray


def render_studio(
    mesh: HeadMesh,
    head: HeadLandmarks,
    texture: np.ndarray,
    pose: tuple[float, float],
    setting: Setting,
    marks: Marks | None = None,
) -> StudioPortrait:
    """Args: texture: (T,T,3) float32 sRGB for the mesh's UVs. pose: yaw and pitch, degrees. marks: on the skin; their
    roughness counts instead of the setting's."""
    case = TruthCase("", "", "", "", *pose, "soft", (0, 0, 1), (0, 0, 0))
    tiny = render_truth(mesh, head, texture, case, 64)
    camera = replace(tiny, focal=tiny.focal * SIZE / 64 * OVERSAMPLE, size=SIZE * OVERSAMPLE)
    wide = camera.size
    pixels, depth = camera.project(mesh.vertices.astype(np.float64))
    fragments = rasterize(mesh.corners(pixels), wide, wide, depth=mesh.corners(depth))
    covered = fragments.covered
    vertices = (mesh.vertices - head.points.mean(0)) @ head.rotation.T / head.height
    at = fragments.interpolate(mesh.corners(vertices))[covered]
    normals = fragments.interpolate(mesh.corners(vertex_normals(mesh) @ head.rotation.T))[covered]
    normals /= np.maximum(np.linalg.norm(normals, axis=-1, keepdims=True), 1e-6)
    eye = (-camera.rotation.T @ camera.translation - head.points.mean(0)) @ head.rotation.T / head.height
    view = eye - at
    view /= np.linalg.norm(view, axis=1, keepdims=True)
    uv = fragments.interpolate(mesh.corner_uvs)[covered]
    albedo = to_linear(sample(texture, np.stack([uv[:, 0], 1 - uv[:, 1]], -1) * len(texture)))
    rough: np.ndarray | float = setting.rough
    if marks is not None:
        normals, rough = marks.bent(at, normals), marks.rough(at)
        albedo = albedo * np.exp(-marks.painted(at)[0])

    casting = mesh.corners(vertices)
    if setting.worn:
        casting = np.concatenate([casting, WORN[setting.worn]()])
    free = np.repeat(setting.sky * (0.85 + 0.15 * normals[:, 1:2]), 3, 1)
    light, gloss = free.copy(), np.zeros_like(free)
    for number, lamp in enumerate(setting.lamps):
        for toward in spread(lamp, number):
            cosine = np.clip(normals @ toward, 0, 1)
            seen = first_seen(casting, at, toward, PIXELS) * cosine
            colour = np.array(lamp.colour) * lamp.strength / SAMPLES
            free += cosine[:, None] * colour
            light += seen[:, None] * colour
            gloss += (setting.gloss * seen * lobe(normals, view, toward, rough))[:, None] * colour
    gain = EXPOSURE / light.mean()
    seen = albedo * light * gain + gloss * gain

    def picture(values: np.ndarray) -> np.ndarray:
        """(SIZE,SIZE,…) of the values of what is covered."""
        whole = np.zeros((wide, wide, *values.shape[1:]), np.float32)
        whole[covered] = values
        return cv2.resize(whole, (SIZE, SIZE), interpolation=cv2.INTER_AREA)

    inside = picture(np.ones(len(at), np.float32))[..., None]
    colour = to_srgb(np.clip(picture(np.minimum(seen, 1.5)), 0, 1)) * inside + 0.45 * (1 - inside)
    cast = picture((1 - light.mean(1) / np.maximum(free.mean(1), 1e-6)).astype(np.float32))
    known = replace(camera, color=colour.astype(np.float32), focal=camera.focal / OVERSAMPLE, size=SIZE)
    return StudioPortrait(known, cast, picture((gloss * gain).mean(1).astype(np.float32)))


def spread(lamp: Lamp, number: int) -> np.ndarray:
    """(SAMPLES,3) unit directions over a lamp."""
    random = np.random.default_rng(number)
    toward = np.asarray(lamp.toward) / np.linalg.norm(lamp.toward)
    angle = np.sqrt((np.arange(SAMPLES) + 0.5) / SAMPLES) * lamp.size
    turn = np.pi * (1 + 5**0.5) * np.arange(SAMPLES) + random.uniform(0, 6)
    across = np.cross((0.0, 1.0, 0.0), toward)
    across /= np.linalg.norm(across)
    down = np.cross(toward, across)
    found = toward + np.tan(angle)[:, None] * (np.cos(turn)[:, None] * across + np.sin(turn)[:, None] * down)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def lobe(normals: np.ndarray, view: np.ndarray, toward: np.ndarray, rough: np.ndarray | float) -> np.ndarray:
    """(n,) radiance of a GGX highlight, for an irradiance of pi at normal incidence (Walter et al. 2007), without the
    cosine; the masking term is Schlick's."""
    half = view + toward
    half /= np.linalg.norm(half, axis=1, keepdims=True)
    squared = rough**4
    nh, nv, nl = (np.clip((normals * one).sum(1), 1e-3, 1) for one in (half, view, np.broadcast_to(toward, view.shape)))
    spike = squared / (nh**2 * (squared - 1) + 1) ** 2
    k = rough**2 / 2
    masking = 1 / ((nv * (1 - k) + k) * (nl * (1 - k) + k))
    fresnel = FRESNEL + (1 - FRESNEL) * (1 - np.clip((half * view).sum(1), 0, 1)) ** 5
    return spike * fresnel * masking / 4


def brim() -> np.ndarray:
    """(M,3,3) triangles of a hat's brim, in face axes and heights about the landmarks' middle."""
    turn = np.linspace(-0.5 * np.pi, 0.5 * np.pi, 33)
    inner = np.stack([0.42 * np.sin(turn), np.full(33, 0.62), -0.25 + 0.50 * np.cos(turn)], 1)
    outer = np.stack([0.62 * np.sin(turn), 0.60 - 0.08 * np.cos(turn), -0.25 + 0.95 * np.cos(turn)], 1)
    return strip(inner, outer)


def fringe() -> np.ndarray:
    """(M,3,3) triangles of strands of hair that hang before the forehead."""
    random, found = np.random.default_rng(3), []
    for x in np.linspace(-0.3, 0.3, 13):
        z, wide = 0.30 - 1.1 * x * x, random.uniform(0.012, 0.03)
        y = np.array([0.62, 0.40, random.uniform(0.20, 0.32)])
        lean = x + random.normal(0, 0.02, 3).cumsum()
        middle = np.stack([lean, y, np.array([z - 0.05, z + 0.06, z + 0.07])], 1)
        found.append(strip(middle - (wide, 0, 0), middle + (wide, 0, 0) * np.array([[1], [1], [0.2]])))
    return np.concatenate(found)


def strip(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """(2n-2,3,3) triangles between two lines of points (n,3)."""
    a, b, c, d = one[:-1], one[1:], other[:-1], other[1:]
    return np.concatenate([np.stack([a, b, c], 1), np.stack([b, d, c], 1)])


WORN = {"brim": brim, "fringe": fringe}
