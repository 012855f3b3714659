"""Openings for eyes in the head's skin, and what of the portrait belongs into them: no lid gets a piece of an eye.

A drawn eye is rarely as tall as a head's, and the network reads a grey head's eyes up to a tenth of their width beside
its opening. So what the portrait shows of an eye lies on the lids in part: skin around an opening does not take it.
Where the eyes are one with the skin there is no opening, and all of an eye stays.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ..imaging.sample import sample
from ..portrait.landmark_groups import LEFT_EYE, LEFT_EYE_CORNERS, RIGHT_EYE, RIGHT_EYE_CORNERS, fill_region
from .drawn import find_eyes
from .landmarks import THROUGH, HeadLandmarks
from .mesh import HeadMesh
from .nearest import pieces
from .rasterize import rasterize

#: By eye, the right one first: landmarks of the outline and of the corners.
EYES, CORNERS = (RIGHT_EYE, LEFT_EYE), (RIGHT_EYE_CORNERS, LEFT_EYE_CORNERS)
#: Pixels per width of an eye; widths of the eye that are looked at, across and down; the tallest opening.
FINE, WINDOW, TALLEST = 48, (1.4, 1.0), 0.6


@dataclass(frozen=True)
class EyeFrame:
    """Where an eye is on the head. axes: (3,3) rows right, down, away, one width of the eye long; middle: (3,)."""

    axes: np.ndarray
    middle: np.ndarray

    @classmethod
    def of(cls, head: HeadLandmarks, eye: int) -> EyeFrame:
        corners = head.points[list(CORNERS[eye])]
        width = max(float(np.linalg.norm((corners[0] - corners[1]) @ head.rotation[:2].T)), 1e-9)
        return cls(head.rotation * np.array([[1.0], [-1.0], [-1.0]]) / width, corners.mean(0))

    def places(self, points: np.ndarray) -> np.ndarray:
        """(…,3) in widths of the eye from its middle: right, down, away."""
        return (points - self.middle) @ self.axes.T

    def pixels(self, points: np.ndarray) -> np.ndarray:
        """(…,2) of the window's picture."""
        return (self.places(points)[..., :2] / WINDOW + 0.5) * WINDOW * np.float64(FINE)


@dataclass(frozen=True)
class Socket:
    """One eye. opening: (R,C) float32 0..1 of the window, where the skin has a hole. eye: (H,W) float32 0..1 of the
    portrait."""

    frame: EyeFrame
    opening: np.ndarray
    eye: np.ndarray

    def on_lids(self, points: np.ndarray, pixels: np.ndarray) -> np.ndarray:
        """(…,) 0..1: how much of an eye the portrait shows at (…,2) pixels of (…,3) points beside the opening."""
        shown = sample(self.eye, pixels, border=cv2.BORDER_CONSTANT)
        near = shown > 0  # few of a head's texels
        inside = sample(self.opening, self.frame.pixels(points[near]).astype(np.float32), border=cv2.BORDER_CONSTANT)
        shown[near] *= 1 - inside
        return shown


def find_sockets(
    mesh: HeadMesh, head: HeadLandmarks, targets: np.ndarray, shape: tuple[int, int], drawing: np.ndarray | None
) -> tuple[Socket, ...]:
    """Of those eyes for which the head's skin has an opening.

    Args:
        targets: (468,2) pixels of the portrait's landmarks. shape: (H,W) of the portrait. drawing: (H,W,3) float32
            sRGB, where it is drawn: its eyes are found by their ink, too.
    """
    frames = [EyeFrame.of(head, eye) for eye in range(len(EYES))]
    openings = [find_opening(mesh, frame, THROUGH * head.height) for frame in frames]
    if all(opening is None for opening in openings):
        return ()
    drawn = (0.0, 0.0) if drawing is None else find_eyes(drawing, targets)
    return tuple(
        Socket(frame, opening, np.maximum(fill_region(shape, targets, loop), ink).astype(np.float32))
        for frame, opening, loop, ink in zip(frames, openings, EYES, drawn, strict=True)
        if opening is not None
    )


def find_opening(mesh: HeadMesh, frame: EyeFrame, through: float) -> np.ndarray | None:
    """(R,C) float32 0..1, where one looks through the skin or into a socket; None where one does nowhere.

    Args:
        through: mesh units behind the skin around it from which a place is no skin that is seen.
    """
    places = frame.places(mesh.vertices).astype(np.float32)
    triangles = skin_around(mesh, places)
    columns, rows = (round(size * FINE) for size in WINDOW)
    pixels, away = (places[:, :2] / WINDOW + 0.5) * (columns, rows), places[:, 2]
    fragments = rasterize(pixels[triangles], columns, rows, depth=away[triangles])
    depth = fragments.interpolate(away[triangles][..., None])[..., 0]
    if not fragments.covered.any():
        return None
    deep = through * float(np.linalg.norm(frame.axes[0]))
    depth = np.where(fragments.covered, depth, depth[fragments.covered].max() + 2 * deep).astype(np.float32)
    around = cv2.morphologyEx(depth, cv2.MORPH_OPEN, np.ones((round(TALLEST * FINE), 1), np.uint8))
    opening = (depth - around > deep).astype(np.float32)
    return opening if opening[rows // 4 : -rows // 4, columns // 4 : -columns // 4].any() else None


def skin_around(mesh: HeadMesh, places: np.ndarray) -> np.ndarray:
    """(m,3) triangles within a width of an eye's middle, of the piece that covers most: no eyeballs, no lashes.

    Args:
        places: (N,3) vertices in widths of the eye from its middle: right, down, away.
    """
    corners = mesh.corners(places)
    near = (np.abs(corners).min(1) < 1).all(1)
    triangles, corners = mesh.triangles[near], corners[near]
    place = mesh.welded[triangles]
    piece = pieces(np.concatenate([place[:, :2], place[:, 1:]]), int(place.max(initial=0)) + 1)
    edges = corners[:, 1:] - corners[:, :1]
    area = np.abs(edges[:, 0, 0] * edges[:, 1, 1] - edges[:, 0, 1] * edges[:, 1, 0])
    covers = np.bincount(piece[place[:, 0]], area, minlength=1)
    return triangles[piece[place[:, 0]] == covers.argmax()]
