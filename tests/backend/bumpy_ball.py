"""A ball for a head, photographed from its front below a known light: folds that are relief, moles that are paint."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np

from backend.head.mesh import HeadMesh
from backend.imaging.sample import masked_blur, sample, to_linear, to_srgb
from backend.job import Prepared
from backend.observation.further import Further
from backend.observation.observe import Observation
from backend.observation.views import View
from backend.prior.light import Light, harmonics
from tests.backend.flat_head import RADIUS, ball, mesh_of_ball, registration_of

#: Pixels of the picture and of a face's height; texels of the atlas.
PIXELS, FACE, ATLAS = 560, 400, 256
#: Folds: waves per face height and their height, in face heights: 7.5 mm wide, a slope of 0.16 at most.
WAVES, DEEP = 24, 0.001
#: Where they are: right and up in face heights, on cheeks and forehead.
SPOTS = ((0.15, 0.12), (0.0, 0.2), (-0.2, -0.14), (-0.1, -0.25), (0.1, -0.28))
#: Absorbances of a mole in linear light: those of melanin, as dark as moles are.
MOLE = np.float32([0.70, 0.86, 0.89])
MOLES = np.float32([[x, y, (RADIUS**2 - x * x - y * y) ** 0.5] for x, y in SPOTS])


def upright(places: np.ndarray) -> np.ndarray:
    return places / np.maximum(np.linalg.norm(places, axis=-1, keepdims=True), 1e-9)


def height(places: np.ndarray) -> np.ndarray:
    """(…,) face heights of folds at (…,3) places on the ball: across a slanted band of it."""
    x, y, _ = np.moveaxis(places, -1, 0)
    across = y + 0.4 * x
    band = np.exp(-(((across - 0.0) / 0.09) ** 2))
    return DEEP * band * np.cos(2 * np.pi * WAVES * across / np.hypot(1, 0.4))


def bumpy_normals(places: np.ndarray) -> np.ndarray:
    """(…,3) unit, of the ball with its folds."""
    out = upright(places)
    step = 1e-4
    gradient = np.stack(
        [(height(places + step * axis) - height(places - step * axis)) / (2 * step) for axis in np.eye(3)], -1
    )
    gradient -= out * (gradient * out).sum(-1, keepdims=True)
    return upright(out - gradient)


def painted(places: np.ndarray) -> np.ndarray:
    """(…,) 0..1 how far moles of 4 mm go."""
    away = np.linalg.norm(upright(places)[..., None, :] - upright(MOLES), axis=-1).min(-1) * RADIUS
    return np.clip((0.013 - away) / 0.004, 0, 1)


def sky(places: np.ndarray) -> np.ndarray:
    """(…,) share of an even sky above folds: cos(a) of the angle below which the side of an endless groove hides it,
    the mean of both sides."""
    along = np.array([0.4, 1, 0]) / np.hypot(1, 0.4)
    here, share = height(places), np.zeros(places.shape[:-1])
    for side in (-1, 1):
        rise = [(height(places + side * step * along) - here) / step for step in np.linspace(0.002, 1 / WAVES, 16)]
        share += np.cos(np.arctan(np.maximum(np.max(rise, axis=0), 0))) / 2
    return share


@dataclass(frozen=True)
class Scene:
    """tone: (3,) sRGB of the skin. light: (9,) harmonics in the viewer's axes. noise: of sRGB."""

    tone: np.ndarray
    light: np.ndarray
    noise: float = 0.004

    def photograph(self) -> tuple[np.ndarray, np.ndarray]:
        """(P,P,3) sRGB and (P,P) 0..1 where the ball is."""
        y, x = np.mgrid[:PIXELS, :PIXELS] + 0.5
        x, y = (x - PIXELS / 2) / FACE, (PIXELS / 2 - y) / FACE
        on = np.hypot(x, y) < 0.98 * RADIUS
        z = np.sqrt(np.maximum(RADIUS**2 - x**2 - y**2, 0))
        places = np.stack([x, y, z], -1)
        shade = harmonics(bumpy_normals(places)) @ self.light - self.light[0] * (1 - sky(places))
        shade = np.maximum(shade, 0.05)[..., None]
        linear = to_linear(self.tone) * np.exp(-painted(places)[..., None] * MOLE) * shade
        picture = to_srgb(linear) + np.random.default_rng(0).normal(0, self.noise, linear.shape)
        return np.clip(picture * on[..., None], 0, 1).astype(np.float32), on.astype(np.float32)


def job_of(scene: Scene, mesh: HeadMesh | None = None, style: str = "photo") -> Prepared:
    """The ball registered to its photograph, without networks.

    Args:
        mesh: the ball with another UV map.
    """
    mesh = mesh or mesh_of_ball(97)
    picture, mask = scene.photograph()
    grid = ball(ATLAS)

    def project(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        x, y, z = np.moveaxis(points, -1, 0)
        return np.stack([x * FACE + PIXELS / 2, PIXELS / 2 - y * FACE], -1), -z

    def sure(points: np.ndarray, normals: np.ndarray, *_) -> np.ndarray:
        return np.clip((normals[..., 2] - 0.3) / 0.4, 0, 1).astype(np.float32)

    found = registration_of(0.0)
    found.project, found.confidence, found.face_height = project, sure, float(FACE)
    found.normals = upright(mesh.vertices).astype(np.float32)
    light = Light(scene.light, np.eye(3))
    places = project(grid)[0].astype(np.float32)
    visible = sure(grid, upright(grid))
    shade = light.shade(upright(grid))
    unlit = to_srgb(to_linear(sample(picture, places)) / shade[..., None])
    low = masked_blur(picture, np.maximum(mask, 0.02), FACE / 60 * 1.3)
    everywhere = np.ones((ATLAS, ATLAS), bool)
    seen = Observation(picture, low, mask, light, places, visible, unlit, shade, everywhere)
    nothing = {name: np.zeros_like(mask) for name in ("hair", "facial_hair", "headwear", "glasses")}
    view = View(found, seen, picture, np.ones_like(mask), nothing, visible, (seen.places, 0 * visible))
    head = SimpleNamespace(height=1.0)
    match = SimpleNamespace(registration=found, canonical=mesh.vertices, mesh=mesh, head=head)
    inside = np.zeros(len(mesh.vertices))
    return Prepared(match, (view,), (), (unlit, visible), inside, style, Further(), [], [])


def turned(mesh: HeadMesh) -> HeadMesh:
    """The same ball in islands: the right half mirrored, what is left cut in two, of which one lies on its side."""
    middle = mesh.corners(mesh.vertices).mean(1)
    uv = mesh.corner_uvs.copy()
    right, low = middle[:, 0] > 0, middle[:, 1] < 0
    one = right
    uv[one] = np.stack([0.98 - 0.9 * (uv[one][..., 0] - 0.5), 0.02 + 0.46 * uv[one][..., 1]], -1)
    two = ~right & low
    u, v = uv[two][..., 0], uv[two][..., 1]
    uv[two] = np.stack([0.02 + 0.9 * v, 0.98 - 0.9 * u], -1)
    three = ~right & ~low
    u, v = uv[three][..., 0], uv[three][..., 1]
    uv[three] = np.stack([0.02 + 0.9 * u, 0.02 + 0.9 * (v - 0.5)], -1)
    return replace(mesh, corner_uvs=uv.astype(np.float32))
