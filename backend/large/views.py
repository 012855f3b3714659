"""Views around a head, and the ways between their pixels and the texels of the canonical atlas."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..head.atlas import AtlasMap, map_atlas, procrustes, to_atlas
from ..head.camera import DISTANCE, Camera
from ..head.mesh import HeadMesh, vertex_normals
from ..head.rasterize import Fragments, rasterize
from ..head.visibility import DepthView, depth_view, facing

#: Degrees to the head's left and upwards from which it is looked at. On the demo's head they show 99 % of the atlas's
#: texels at less than 60 degrees; the rest lies behind the ears and between the lips.
VIEWS = ((0, 0), (45, 5), (-45, 5), (90, 0), (-90, 0), (135, 10), (-135, 10), (180, 20), (0, 55), (0, -35))
#: Face heights before the eye from which something is drawn.
NEAREST = 0.1
#: Cosine between normal and view from which a texel is visible at all.
GRAZING = 0.15


@dataclass(frozen=True)
class Surface:
    """A head, upright and of a face's height. mesh: its triangles. places: (N,3), x right, y up, z out of the face.
    canonical: (N,3) of the same vertices, whose atlas is everybody's (head/atlas.py)."""

    mesh: HeadMesh
    places: np.ndarray
    canonical: np.ndarray

    @cached_property
    def normals(self) -> np.ndarray:
        """(N,3)"""
        return vertex_normals(self.mesh, self.places)

    @cached_property
    def frame(self) -> tuple[np.ndarray, float]:
        """(3,) the middle of the head, and how much around it is looked at, from any side."""
        head = self.places[self.places[:, 1] > -0.8]  # the frame need not reach lower
        middle = (head.min(0) + head.max(0)) / 2
        return middle, 2.1 * float(np.linalg.norm(head - middle, axis=1).max())

    def in_atlas(self, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(S,S,3) places and (S,S,3) normals of the atlas's texels, and where there are any, (S,S) bool."""
        layout: AtlasMap = map_atlas(self.mesh, self.canonical, size)
        found = layout.fragments.interpolate(self.mesh.corners(np.concatenate([self.places, self.normals], 1)))
        return found[..., :3], found[..., 3:], layout.fragments.covered


def find_surface(mesh: HeadMesh, canonical: np.ndarray) -> Surface:
    """The head in its own proportions, turned and scaled as its canonical places are."""
    moved = procrustes(mesh.vertices.astype(np.float64), canonical.astype(np.float64), np.ones(len(canonical)))
    return Surface(mesh, mesh.vertices @ moved[:, :3].T + moved[:, 3], canonical)


def place_camera(surface: Surface, left: float, up: float, size: int) -> Camera:
    """A camera that looks at the head's middle from so many degrees, pictures of size texels."""
    middle, across = surface.frame
    a, b = np.radians([left, up])
    back = np.array([np.sin(a) * np.cos(b), np.sin(b), np.cos(a) * np.cos(b)])  # from the head to the eye
    right = np.array([np.cos(a), 0, -np.sin(a)])
    rotation = np.stack([right, -np.cross(back, right), -back])
    return Camera(size * DISTANCE / across, np.full(2, size / 2), rotation, (0, 0, DISTANCE) - rotation @ middle)


@dataclass(frozen=True)
class View:
    """A head from one side. covered: (n,n) bool, where pixels show it. atlas: (n,n,2) atlas coordinates that they
    show. distance: (n,n) from the eye. normals: (n,n,3), x right, y up, z towards the eye."""

    covered: np.ndarray
    atlas: np.ndarray
    distance: np.ndarray
    normals: np.ndarray


def view_surface(surface: Surface, camera: Camera, size: int) -> View:
    """The head as a camera shows it that was placed for pictures of size texels."""
    pixels, depth = camera.project(surface.places)
    corners = surface.mesh.corners(np.where(depth[:, None] > NEAREST, pixels, np.nan))
    nearness = -1 / np.maximum(surface.mesh.corners(depth), NEAREST)  # linear in the picture, as depth is not
    fragments: Fragments = rasterize(corners, size, size, depth=nearness)
    turned = surface.normals @ (camera.rotation * np.array([[1], [-1], [-1]])).T
    values = np.concatenate([surface.canonical, depth[:, None], turned], 1)
    found = fragments.interpolate(surface.mesh.corners(values))
    normals = found[..., 4:] / np.maximum(np.linalg.norm(found[..., 4:], axis=-1, keepdims=True), 1e-6)
    return View(fragments.covered, to_atlas(found[..., :3]), found[..., 3], normals)


@dataclass(frozen=True)
class Maps:
    """Between V views of n x n pixels and an atlas of A x A texels.

    to_atlas: (V,n,n,2) atlas coordinates that pixels show; covered: (V,n,n) bool. to_views: (V,A,A,2) pixels in which
    texels are visible, as shares of the picture. cosine: (V,A,A) of the angle at which they are visible, 0 where they
    are not, smooth to edges behind which something lies hidden.
    """

    to_atlas: np.ndarray
    covered: np.ndarray
    to_views: np.ndarray
    cosine: np.ndarray


def map_views(surface: Surface, views: list[View], texels: int, depths: list[DepthView]) -> Maps:
    """The ways between VIEWS and an atlas; depths: see look_deep, which costs most."""
    places, normals, there = surface.in_atlas(texels)
    to_views, cosine = [], []
    for (left, up), deep in zip(VIEWS, depths, strict=True):
        unit = place_camera(surface, left, up, 1)
        pixels, depth = unit.project(places)
        visible = deep.visible(pixels * deep.extent, depth) * there
        turned = np.clip((facing(places, normals, unit.position) - GRAZING) / (1 - GRAZING), 0, 1)
        to_views.append(pixels)
        cosine.append(visible * turned)
    return Maps(
        np.stack([view.atlas for view in views]).astype(np.float32),
        np.stack([view.covered for view in views]),
        np.stack(to_views).astype(np.float32),
        np.stack(cosine).astype(np.float32),
    )


class Sights:
    """What VIEWS show of a head, and their ways to the atlas: found when they are first asked for, and kept."""

    def __init__(self, surface: Surface) -> None:
        self.surface = surface
        self.views: dict[int, list[View]] = {}
        self.maps: dict[tuple[int, int], Maps] = {}

    @cached_property
    def depths(self) -> list[DepthView]:
        return look_deep(self.surface)

    def views_of(self, size: int) -> list[View]:
        """Of size pixels."""
        if size not in self.views:
            self.views[size] = [
                view_surface(self.surface, place_camera(self.surface, *side, size), size) for side in VIEWS
            ]
        return self.views[size]

    def map(self, size: int, texels: int) -> Maps:
        """Between views of size pixels and an atlas."""
        if (size, texels) not in self.maps:
            self.maps[size, texels] = map_views(self.surface, self.views_of(size), texels, self.depths)
        return self.maps[size, texels]


def look_deep(surface: Surface, size: int = 512) -> list[DepthView]:
    """What is hidden in each view."""
    extent = float(np.ptp(surface.places, axis=0).max())
    found = []
    for left, up in VIEWS:
        pixels, depth = place_camera(surface, left, up, size).project(surface.places)
        found.append(depth_view(surface.mesh.corners(pixels), surface.mesh.corners(depth), (size, size), extent))
    return found
