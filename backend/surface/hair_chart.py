"""A flat chart of the part of a head where hair grows, and the direction in which strands lie in it.

The chart is an azimuthal equidistant map about the place that hair grows from: the whorl for the scalp, the root of the
nose's septum for a beard. It has no seam where hair grows. Where portraits show strands they lie as the structure
tensor says (Bigün and Granlund 1987); away from these they go over into growth, which is the way outwards.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from ..head.atlas import AtlasMap
from ..head.mesh import HeadMesh
from ..head.rasterize import rasterize
from ..imaging.bands import inner, smooth
from ..imaging.sample import LUMINANCE, sample
from ..observation.observe import Surface, at_pixels
from ..observation.views import View

#: Radians from a chart's middle to its sides (scalps and beards end within 2.0), and cells of its fields.
REACH, CELLS = 2.2, 256
#: Face heights of a skull's radius (the neutral head's is 0.45 to 0.6), so of a side of the chart.
RADIUS = 0.5
SIDE = 2 * REACH * RADIUS
#: Face heights within which neighbours have one direction.
TOGETHER = 0.02
#: How far the whorl winds.
WOUND = 0.12


@dataclass(frozen=True)
class Chart:
    """middle: (3,) canonical, inside the head. pole: (3,) unit, from there to where hair grows from. down: (3,) unit
    across it, down in the chart. winding: turns about the pole. falls: by how much growth is down beside outwards."""

    middle: tuple[float, float, float]
    pole: tuple[float, float, float]
    down: tuple[float, float, float]
    winding: float = 0.0
    falls: float = 0.0

    def at(self, canonical: np.ndarray) -> np.ndarray:
        """(…,2) float32 places in the chart, 0..1 or beyond, x right and y down, of (…,3) canonical points."""
        x, y, z = (
            plane - np.float32(own)
            for plane, own in zip(np.moveaxis(canonical.astype(np.float32, copy=False), -1, 0), self.middle)
        )
        (_, down_y, down_z), (_, pole_y, pole_z) = (np.float32(axis) for axis in (self.down, self.pole))
        below, towards = y * down_y + z * down_z, y * pole_y + z * pole_z
        off = np.sqrt(x * x + below * below)
        share = np.arctan2(off, towards) / (2 * REACH) / np.maximum(off, 1e-6)
        return np.moveaxis(np.stack([0.5 + x * share, 0.5 + below * share]), 0, -1)

    def lay_out(self, mesh: HeadMesh, canonical: np.ndarray, cells: int = CELLS) -> AtlasMap:
        """The head in so many cells of the chart, squared; where layers fold, the outermost wins.

        Args:
            canonical: (N,3) of the vertices.
        """
        corners = self.at(mesh.corners(canonical)).astype(np.float64)
        torn = np.ptp(corners, axis=1).max(1) > 0.25  # around the chart's far end
        drawn = np.where(torn[:, None, None], np.nan, corners * cells)
        radius = np.linalg.norm(mesh.corners(canonical), axis=-1)
        return AtlasMap(rasterize(drawn, cells, cells, depth=-radius), corners, canonical)

    def growth(self) -> np.ndarray:
        """(CELLS,CELLS,2) float32 unit vectors in the chart, the way in which hair grows where none shows."""
        steps = (np.arange(CELLS, dtype=np.float32) + 0.5) / CELLS - 0.5
        away = np.stack(np.meshgrid(steps, steps), -1) * SIDE
        reach = np.linalg.norm(away, axis=-1, keepdims=True)
        outwards = away / np.maximum(reach, 1e-6)
        turned = outwards[..., ::-1] * np.float32([1, -1])
        wound = 2 * np.pi * self.winding * reach / WOUND * np.exp(-reach / WOUND)
        return unit(outwards + wound * turned + np.float32([0, self.falls]))


#: Scalps grow from the whorl, 25 degrees behind the top of the head; beards from below the nose, and hang.
SCALP = Chart((0, 0.42, 0.03), (0, 0.906, -0.423), (0, 0.423, 0.906), winding=0.3)
CHARTS = {"hair": SCALP, "facial_hair": Chart((0, 0, 0), (0, -0.1, 0.995), (0, -0.995, -0.1), falls=1.0)}


def stretch(places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(n,) by how much the chart widens what lies across the way outwards, and (n,2) that way, of (n,2) places."""
    away = (places - 0.5) * 2 * REACH
    angle = np.linalg.norm(away, axis=-1)
    return np.maximum(angle, 1e-6) / np.maximum(np.sin(angle), 0.3), away / np.maximum(angle, 1e-6)[..., None]


def coherence(picture: np.ndarray, mask: np.ndarray, face_height: float) -> np.ndarray:
    """(H,W,2) cosine and sine of the doubled angle in which the picture changes least, x right and y down, as long as
    that is decided (0 to 1).

    Args:
        picture: (H,W,3) sRGB. mask: (H,W) bool, what is hair alone. face_height: pixels.
    """
    light = np.float32(picture @ LUMINANCE)[..., None]
    light = np.where(mask, (light - smooth(light, mask, TOGETHER * face_height))[..., 0], 0)  # its edge is no strand
    light = cv2.GaussianBlur(light.astype(np.float32), (0, 0), max(0.004 * face_height, 0.7))  # as fine as strands
    across, down = (cv2.Sobel(light, cv2.CV_32F, *order, scale=1 / 8) for order in ((1, 0), (0, 1)))
    inside = inner(mask, 1.5).astype(np.float32)[..., None]  # derivatives do not reach the edge
    tensor = np.dstack([down**2 - across**2, -2 * across * down, across**2 + down**2, np.ones_like(light)])
    tensor = cv2.GaussianBlur(tensor * inside, (0, 0), TOGETHER * face_height)
    return tensor[..., :2] / (tensor[..., 2:3] + 0.004**2 * tensor[..., 3:] + 1e-9)  # noise per derivative, sRGB


def find_directions(picture: np.ndarray, hair: np.ndarray, face_height: float) -> np.ndarray:
    """(H,W,2) float32: cosine and sine of the doubled angle of strands, times how sure that is; see coherence().

    Args:
        hair: (H,W) 0..1.
    """
    within = inner(hair > 0.5, 0.02 * face_height)  # skin shines through hair's border
    coherent = coherence(picture, within, face_height)
    length = np.linalg.norm(coherent, axis=-1, keepdims=True)
    sure = np.clip(length / 0.35, 0, 1) * (hair > 0.5)[..., None]
    return (coherent / np.maximum(length, 1e-6) * sure).astype(np.float32)


def find_field(chart: Chart, layout: AtlasMap, mesh: HeadMesh, seen: Sequence[tuple[View, np.ndarray]]) -> np.ndarray:
    """(CELLS,CELLS,3) float32: the unit vector in the chart in which strands lie, and how far portraits show it.

    Args:
        layout: of Chart.lay_out(). seen: portraits, each with (H,W) 0..1 the hair in it.
    """
    total = np.zeros((CELLS, CELLS, 2), np.float32)
    for view, hair in seen:
        pixels, visible = Surface.of(mesh, layout, view.registration).look_up()
        doubled = find_directions(view.observation.portrait, hair, view.registration.face_height)
        doubled = at_pixels(doubled, pixels) * visible[..., None]
        angle = np.arctan2(doubled[..., 1], doubled[..., 0]) / 2
        x, y = np.cos(angle), np.sin(angle)
        (down_x, across_x), (down_y, across_y) = (np.gradient(pixels[..., k]) for k in (0, 1))
        # the way in the chart whose image in the portrait is that direction
        laid = unit(np.stack([down_y * x - down_x * y, across_x * y - across_y * x], -1))
        folded = across_x * down_y - down_x * across_y == 0
        total += _doubled(laid) * (np.linalg.norm(doubled, axis=-1) * ~folded)[..., None]
    growth = chart.growth()
    known = np.clip(np.linalg.norm(total, axis=-1, keepdims=True), 0, 1)
    # over 0.15 face heights visible directions go over into growth
    near, weight = (cv2.GaussianBlur(part, (0, 0), 0.15 / SIDE * CELLS) for part in (total, known))
    goes_on = np.clip(3 * weight, 0, 1).reshape(CELLS, CELLS, 1)
    grown = _doubled(growth)
    whole = total + (1 - known) * (goes_on * unit(near) + (1 - goes_on) * grown)
    angle = np.arctan2(whole[..., 1], whole[..., 0]) / 2
    field = np.stack([np.cos(angle), np.sin(angle)], -1).astype(np.float32)
    field *= _same_way(field, growth)
    for _ in range(12):  # until neighbours agree on a way
        field *= _same_way(field, cv2.GaussianBlur(field, (0, 0), 0.02 * CELLS))
    return np.dstack([field, known]).astype(np.float32)


def tangent_frames(mesh: HeadMesh) -> tuple[np.ndarray, np.ndarray]:
    """(M,3) unit tangents, in which u grows, and (M,3) bitangents: normal times tangent, where UVs are mirrored too."""
    first, second = _edges(mesh.corners(mesh.vertices).astype(np.float64))
    uv = _edges(mesh.corner_uvs.astype(np.float64))
    normals = unit(np.cross(first, second))
    area = uv[0][:, 0] * uv[1][:, 1] - uv[0][:, 1] * uv[1][:, 0]
    along = (first * uv[1][:, 1:] - second * uv[0][:, 1:]) * np.sign(area)[:, None]
    tangents = unit(along - (along * normals).sum(1, keepdims=True) * normals)
    return tangents, np.cross(normals, tangents)


def lay_directions(
    chart: Chart, field: np.ndarray, mesh: HeadMesh, canonical: np.ndarray, triangle: np.ndarray, place: np.ndarray
) -> np.ndarray:
    """(n,3) float32 0..1 of n texels: the strands' unit direction along tangent and bitangent (0.5 is none), and how
    far portraits show it.

    Args:
        field: of find_field(). canonical: (N,3) of the vertices. triangle: (n,) of the texels. place: (n,3) canonical.
    """
    edges = _edges(mesh.corners(mesh.vertices).astype(np.float64))
    steps = np.stack([np.stack([(edge * axis).sum(1) for axis in tangent_frames(mesh)], 1) for edge in edges], 2)
    moved = np.stack(_edges(chart.at(mesh.corners(canonical)).astype(np.float64)), 2)
    bad = (np.abs(np.linalg.det(moved)) < 1e-18) | (np.abs(moved).max((1, 2)) > 0.25)
    moved[bad] = np.eye(2)
    back = steps @ np.linalg.inv(moved)
    back[bad] = 0
    found = sample(field, chart.at(place) * CELLS)
    laid = unit(np.einsum("nij,nj->ni", back[triangle], found[:, :2]))
    return np.column_stack([0.5 + 0.5 * laid, found[:, 2]]).astype(np.float32)


def unit(vectors: np.ndarray) -> np.ndarray:
    """(…,k) of length 1; zero stays zero."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)


def _same_way(vectors: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(…,1) -1 where the one points against the other, else 1."""
    return np.where((vectors * others).sum(-1, keepdims=True) < 0, np.float32(-1), np.float32(1))


def _edges(corners: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]


def _doubled(directions: np.ndarray) -> np.ndarray:
    x, y = np.moveaxis(directions, -1, 0)
    return np.stack([x * x - y * y, 2 * x * y], -1).astype(np.float32)
