"""The registration as a picture: the head's mesh, its features and the pins, drawn over the portrait."""

from collections.abc import Sequence

import cv2
import numpy as np

from ..pins import Pin
from ..portrait.landmark_groups import FACE_OVAL, LEFT_BROW, LEFT_EYE, LIPS, RIGHT_BROW, RIGHT_EYE
from .mesh import HeadMesh
from .register import Registration
from .visibility import facing

#: RGB: the mesh, the features where the warp puts them, the same where the camera alone puts them, pins.
WIRE, FEATURE, CAMERA, PIN = (40, 255, 90), (255, 230, 40), (255, 120, 40), (255, 60, 220)
#: Pixels per triangle edge of full strength: wires of denser meshes are drawn fainter, so that the portrait shows.
#: OpenCV draws with sixteenths of a pixel.
OPEN_EDGE, SHIFT = 8.0, 4


def draw_overlay(
    portrait: np.ndarray, mesh: HeadMesh, registration: Registration, pins: Sequence[Pin] = ()
) -> np.ndarray:
    """(H,W,3) float32 sRGB.

    Args:
        portrait: (H,W,3) float32 sRGB.
    """
    plain = np.ascontiguousarray(np.clip(portrait, 0, 1) * 255).astype(np.uint8)
    wire = plain.copy()
    pixels, _ = registration.project(mesh.vertices.astype(np.float64))
    visible = facing(mesh.vertices, registration.normals, registration.camera.position.astype(np.float32)) > 0
    corners = mesh.corners(pixels)[visible[mesh.triangles].all(1)]
    cv2.polylines(wire, list(_fixed(corners)), True, WIRE, 1, cv2.LINE_AA, SHIFT)
    edge = float(np.median(np.linalg.norm(corners[:, 0] - corners[:, 1], axis=1))) if len(corners) else OPEN_EDGE
    share = 0.55 * float(np.clip(edge / OPEN_EDGE, 0.25, 1))
    drawn = cv2.addWeighted(wire, share, plain, 1 - share, 0)
    thick = max(1, round(registration.face_height / 250))
    counted = registration.read.weights > 0.01
    camera, _ = registration.camera.project(registration.read.points)
    for points, colour in ((camera, CAMERA), (registration.warp(camera), FEATURE)):
        for loop in (FACE_OVAL, RIGHT_EYE, LEFT_EYE, LIPS, RIGHT_BROW, LEFT_BROW, LIPS):
            # only between landmarks that counted: those on the far side lie anywhere
            pairs = [pair for pair in zip(loop, (*loop[1:], loop[0]), strict=True) if counted[list(pair)].all()]
            cv2.polylines(
                drawn, [_fixed(points[list(pair)]) for pair in pairs], False, colour, thick, cv2.LINE_AA, SHIFT
            )
    placed = registration.warp(camera)
    for pin in pins:
        place = pin.portrait if pin.portrait is not None else placed[pin.landmark]
        cv2.circle(
            drawn, tuple(_fixed(np.array(place)).tolist()), (3 + 2 * thick) << SHIFT, PIN, thick + 1, cv2.LINE_AA, SHIFT
        )
    return drawn.astype(np.float32) / 255


def _fixed(points: np.ndarray) -> np.ndarray:
    """Fixed-point pixels for cv2, whose pixel centres are whole numbers; far places are held in its range."""
    return np.rint(np.clip(points - 0.5, -5000, 20000) * (1 << SHIFT)).astype(np.int32)
