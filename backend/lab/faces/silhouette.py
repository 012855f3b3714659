"""Where a person and a head end in a portrait, and which way that is."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from scipy.spatial import cKDTree

from ...head.mesh import HeadMesh
from ...imaging.sample import sample
from ...portrait.parse import Parse

#: Face heights between places of a head's outline that are asked, and over which distance, skin and bare skin are
#: smoothed: the parse's borders are ragged by a pixel or two.
APART, EVEN, SOFT, SOFTER = 0.01, 0.004, 0.01, 0.015


@dataclass(frozen=True)
class PersonOutline:
    """inside: (H,W) signed distance to the person's outline in face heights, positive in the person. skin: (H,W) 0..1,
    the parse's, and bare: (H,W) 0..1, ears.bare_skin(). face_height: portrait pixels."""

    inside: np.ndarray
    skin: np.ndarray
    bare: np.ndarray
    face_height: float

    @classmethod
    def of(cls, parse: Parse, bare: np.ndarray, face_height: float) -> PersonOutline:
        inside = signed_distance(parse.person > 0.5, face_height)
        return cls(inside, blurred(parse.skin, SOFT * face_height), blurred(bare, SOFTER * face_height), face_height)


@dataclass(frozen=True)
class HeadOutline:
    """places: (k,2) pixels along the head's outline. directions: (k,2) unit, away from it. nearest: (k,) vertices."""

    places: np.ndarray
    directions: np.ndarray
    nearest: np.ndarray

    def only(self, kept: np.ndarray) -> HeadOutline:
        return HeadOutline(self.places[kept], self.directions[kept], self.nearest[kept])


def head_outline(mesh: HeadMesh, pixels: np.ndarray, shape: tuple[int, int], face_height: float) -> HeadOutline:
    """The outline of a head in the portrait.

    Args:
        pixels: (N,2) of the vertices. shape: (height, width) of the portrait; beyond it nothing is told.
    """
    covered = filled(pixels, mesh.triangles, shape)
    contours, _ = cv2.findContours(covered.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    outline = max(contours, key=len)[:, 0].astype(np.float64) + 0.5
    at = outline[:: max(1, round(APART * face_height))]
    height, width = shape
    at = at[(at > 2).all(1) & (at[:, 0] < width - 2) & (at[:, 1] < height - 2)]
    away = outwards(signed_distance(covered > 0, face_height), at, face_height)
    return HeadOutline(at, away, cKDTree(pixels).query(at)[1])


def signed_distance(covered: np.ndarray, face_height: float) -> np.ndarray:
    """(H,W) float32 face heights to the border of (H,W) bool, positive within it."""
    padded = np.pad(covered.astype(np.uint8), 1, mode="edge")  # a picture's edge is no outline
    within, beyond = (cv2.distanceTransform(part, cv2.DIST_L2, 5) for part in (padded, 1 - padded))
    return blurred((within - beyond)[1:-1, 1:-1] / face_height, EVEN * face_height)


def outwards(inside: np.ndarray, pixels: np.ndarray, face_height: float) -> np.ndarray:
    """(n,2) unit directions in which (H,W) signed distances fall most at (n,2) pixels."""
    step = max(1.0, 0.01 * face_height)
    steps = np.array([[step, 0.0], [0.0, step]])
    slope = np.stack([sample(inside, pixels - shift) - sample(inside, pixels + shift) for shift in steps], 1)
    return slope / np.maximum(np.linalg.norm(slope, axis=-1, keepdims=True), 1e-9)


def filled(pixels: np.ndarray, triangles: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """(H,W) float32, 1 where triangles of (N,2) pixels lie."""
    covered = np.zeros(shape, np.float32)
    for corners in np.rint((pixels[triangles] - 0.5) * 16).clip(-32000, 32000).astype(np.int32):
        cv2.fillConvexPoly(covered, corners, 1, shift=4)
    return covered


def blurred(picture: np.ndarray, pixels: float) -> np.ndarray:
    """(H,W) float32 with a Gaussian of so many pixels."""
    return cv2.GaussianBlur(picture.astype(np.float32), (0, 0), max(0.6, pixels))
