"""A head that is a ball, mapped as the atlas lays it out, and a portrait of its front that is the atlas itself: every
texel of a texture then has a known skin, a known cover and a known light."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import SimpleNamespace

import cv2
import numpy as np

from backend.head.atlas import ACROSS, DOWN, LATITUDES, LONGITUDES, to_atlas
from backend.head.mesh import HeadMesh
from backend.head.scalp import scalp_share
from backend.imaging.sample import masked_blur, sample, to_linear, to_srgb
from backend.job import Prepared
from backend.observation.covering import COVERINGS, at_pixels, join_evidence
from backend.observation.further import Further
from backend.observation.observe import Observation
from backend.observation.views import View, find_coverings
from backend.prior.light import Light
from tests.backend.test_photographed import registered

#: Texels of the observation's atlas; pixels of the portrait, which lie two to a texel of a texture of half its size.
ATLAS, PIXELS, TEXELS = 128, 256, 128
SKIN, HAIR, BEARD, HAT = np.float32([[0.8, 0.6, 0.5], [0.25, 0.17, 0.12], [0.3, 0.2, 0.1], [0.1, 0.3, 0.7]])
#: Radius of the ball in face heights, and the canonical depth from which the portrait shows it.
RADIUS, FRONT = 0.6, 0.15


def ball(size: int, rim: bool = False) -> np.ndarray:
    """(S,S,3) places of the ball's atlas at the texels' middles, or at a grid that reaches its borders."""
    along = np.linspace(0, 1, size) if rim else (np.arange(size) + 0.5) / size
    u, v = np.meshgrid(along, along)
    longitude = np.radians(np.copysign(np.interp(np.abs(u - 0.5), ACROSS, LONGITUDES), u - 0.5))
    latitude = -np.radians(np.interp(v, DOWN, -np.array(LATITUDES)))
    way = np.stack([np.cos(latitude) * np.sin(longitude), np.sin(latitude), np.cos(latitude) * np.cos(longitude)], -1)
    return (RADIUS * way).astype(np.float32)


def mesh_of_ball(size: int = 65) -> HeadMesh:
    """UVs are the atlas; cut at the back."""
    places, (row, column) = ball(size, rim=True), np.mgrid[: size - 1, : size - 1].reshape(2, -1)
    corner = row * size + column
    triangles = np.concatenate(
        [np.stack([corner, corner + size, corner + 1], 1), np.stack([corner + 1, corner + size, corner + size + 1], 1)]
    ).astype(np.int32)
    v, u = np.divmod(np.arange(size * size), size)
    uvs = np.stack([u, size - 1 - v], -1) / (size - 1)
    return HeadMesh(places.reshape(-1, 3), triangles, uvs[triangles].astype(np.float32), "ball")


@dataclass(frozen=True)
class Scene:
    """What is there. skin: (P,P,3) sRGB without light, on the portrait's pixels, which go around the whole head.
    covers: (P,P) 0..1 by name of COVERINGS, its colour by name. light: (P,P) linear."""

    skin: np.ndarray
    covers: dict[str, np.ndarray]
    colors: dict[str, np.ndarray]
    light: np.ndarray

    def unlit(self, *names: str) -> np.ndarray:
        """(P,P,3) with those covers."""
        made = self.skin
        for name in names:
            if name in self.covers:
                made = made + self.covers[name][..., None] * (self.colors[name] - made)
        return made

    @property
    def portrait(self) -> np.ndarray:
        """(P,P,3) as photographed."""
        return to_srgb(to_linear(self.unlit(*COVERINGS)) * self.light[..., None])


def scene(light: float = 0.8, slant: float = 0.4, **covers: np.ndarray) -> Scene:
    """Blotched skin below a light that comes more from one side. covers: by name of COVERINGS."""
    random, places = np.random.default_rng(0), ball(PIXELS)
    blotches = cv2.GaussianBlur(random.normal(size=(PIXELS, PIXELS)), (0, 0), 2.0)[..., None]
    skin = np.clip(SKIN + 0.02 * blotches / blotches.std(), 0, 1).astype(np.float32)
    colors = {"hair": HAIR, "facial_hair": BEARD, "headwear": HAT}
    return Scene(skin, covers, colors, (light * (1 + slant * places[..., 0] / RADIUS)).astype(np.float32))


def cap(above: float) -> np.ndarray:
    """(P,P) what lies above that height, and as far as the scalp."""
    places = ball(PIXELS)
    return (places[..., 1] > above).astype(np.float32) * (scalp_share(places) > 0.5)


def chin() -> np.ndarray:
    """(P,P) a full beard below the mouth, to both ears."""
    places = ball(PIXELS)
    return ((places[..., 1] < -0.12) & (places[..., 2] > 0)).astype(np.float32)


def view(of: Scene, front: float = FRONT) -> View:
    """Its front."""
    places = ball(ATLAS)
    registration = registration_of(front)
    grid = ((np.stack(np.meshgrid(np.arange(ATLAS), np.arange(ATLAS)), -1) + 0.5) / ATLAS * PIXELS).astype(np.float32)
    covered = np.maximum.reduce([np.zeros((PIXELS, PIXELS), np.float32), *of.covers.values()])
    mask = (1 - covered) * np.clip(1 - 4 * cv2.GaussianBlur(covered, (0, 0), 4.0), 0, 1)  # as look.skin_of() has it
    visible = (places[..., 2] > front).astype(np.float32)
    shade, colour = at_pixels(of.light, grid), sample(of.portrait, grid)
    observation = Observation(
        of.portrait,
        masked_blur(of.portrait, np.maximum(mask, 0.02), 2.0),
        mask.astype(np.float32),
        Light(np.eye(9)[0], np.eye(3)),
        grid,
        (visible * at_pixels(mask, grid)).astype(np.float32),
        to_srgb(to_linear(colour) / shade[..., None]),
        shade,
        np.ones((ATLAS, ATLAS), bool),
    )
    masks = {name: of.covers.get(name, 0 * mask) for name in (*COVERINGS, "glasses")}
    return View(
        registration, observation, of.portrait, np.ones_like(mask), masks, visible, (grid, np.zeros_like(visible))
    )


def registration_of(front: float) -> SimpleNamespace:
    found = registered(0)
    found.project = lambda points: (to_atlas(points.astype(np.float32)) * PIXELS, np.ones(len(points)))
    found.confidence = lambda points, *_: (points[..., 2] > front).astype(np.float32)
    found.face_height = 0.5 * PIXELS
    return found


def job(of: Scene, *further: View, first: View | None = None) -> Prepared:
    """One portrait of the scene, and further ones."""
    mesh = mesh_of_ball()
    first = first or view(of)
    first.registration.normals = (mesh.vertices / RADIUS).astype(np.float32)
    views = (first, *(replace(one, first=first.observation) for one in further))
    coverings = find_coverings(views, ball(ATLAS))
    match = SimpleNamespace(registration=first.registration, canonical=mesh.vertices, mesh=mesh)
    evidence = join_evidence(first.observation, coverings)
    return Prepared(match, views, coverings, evidence, np.zeros(len(mesh.vertices)), "photo", Further(), [], [])


def on_texture(picture: np.ndarray, size: int = TEXELS, how: int = cv2.INTER_CUBIC) -> np.ndarray:
    """(S,S,…) of a picture laid out as the portrait, at the middles of a texture's texels."""
    grid = (np.stack(np.meshgrid(np.arange(size), np.arange(size)), -1) + 0.5) / size * len(picture)
    return sample(np.ascontiguousarray(picture, np.float32), grid.astype(np.float32), how)
