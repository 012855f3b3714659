"""In which direction the strands lie that the portraits show, as a tangent map: for highlights across hair, and for
artists who comb hair objects by it.

The structure tensor (Bigün and Granlund 1987) tells in which direction a picture changes least. That direction is laid
on the surface triangle by triangle. Directions have no sign, so they are mixed as doubled angles, and last they point
away from the whorl, as strands grow. Where no portrait shows strands they lie as surface/strands.py lays them.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from ..head.mesh import HeadMesh
from ..head.scalp import from_whorl
from ..imaging.sample import LUMINANCE

#: Face heights: strands are drawn so finely, and neighbours within so far have one direction; the border of hair, whose
#: edge is no strand.
FINE, TOGETHER, BORDER = 0.004, 0.02, 0.02
#: Deviation of a picture's noise per derivative, in sRGB; coherence from which a direction is sure.
NOISE, SURE = 0.004, 0.35
#: Coherence (median) of hair that is not combed at all, and wholly: cropped and shaved heads have 0.11 to 0.31, short
#: and curly hair 0.3 to 0.5, long straight hair 0.55 to 0.71 (24 portraits and training people).
COMBED = (0.3, 0.55)
#: Texels on which neighbours agree on a way, rounds of asking them, and how far around, as a share of the map.
COARSE, ROUNDS, AGREE = 256, 12, 0.02


def find_directions(picture: np.ndarray, hair: np.ndarray, face_height: float) -> np.ndarray:
    """(H,W,2) float32: cosine and sine of the doubled angle of strands, x right and y down, times how sure that is.

    Args:
        picture: (H,W,3) sRGB. hair: (H,W) 0..1. face_height: pixels.
    """
    coherent, _ = coherence(picture, hair, face_height)
    length = np.linalg.norm(coherent, axis=-1, keepdims=True)
    return (coherent / np.maximum(length, 1e-6) * np.clip(length / SURE, 0, 1) * (hair > 0.5)[..., None]).astype(
        np.float32
    )


def coherence(picture: np.ndarray, hair: np.ndarray, face_height: float) -> tuple[np.ndarray, np.ndarray]:
    """(H,W,2) cosine and sine of the doubled angle in which the picture changes least, as long as that is decided (0 to
    1), and (H,W) bool, the inside of the hair; the arguments are find_directions()'s."""
    light = cv2.GaussianBlur((picture @ LUMINANCE).astype(np.float32), (0, 0), max(FINE * face_height, 0.7))
    across, down = (cv2.Sobel(light, cv2.CV_32F, *order, scale=1 / 8) for order in ((1, 0), (0, 1)))
    side = 2 * round(BORDER * face_height) + 1
    inside = cv2.erode((hair > 0.5).astype(np.float32), np.ones((side, side), np.uint8))
    tensor = np.dstack([down**2 - across**2, -2 * across * down, across**2 + down**2, np.ones_like(light)])
    tensor = cv2.GaussianBlur(tensor * inside[..., None], (0, 0), TOGETHER * face_height)
    return tensor[..., :2] / (tensor[..., 2:3] + NOISE**2 * tensor[..., 3:] + 1e-9), inside > 0


def find_combed(picture: np.ndarray, hair: np.ndarray, face_height: float) -> float:
    """0..1 how far visible hair lies in strands that go together: cropped hair is dots, and so is blurred hair."""
    coherent, inside = coherence(picture, hair, face_height)
    if not inside.any():
        return 0.0
    middle = float(np.median(np.linalg.norm(coherent[inside], axis=-1)))
    return float(np.clip((middle - COMBED[0]) / (COMBED[1] - COMBED[0]), 0, 1))


def tangent_frames(mesh: HeadMesh) -> tuple[np.ndarray, np.ndarray]:
    """(M,3) unit tangents, in which u grows, and (M,3) bitangents: normal times tangent, where UVs are mirrored too."""
    first, second = _edges(mesh.corners(mesh.vertices).astype(np.float64))
    uv = _edges(mesh.corner_uvs.astype(np.float64))
    normals = _unit(np.cross(first, second))
    area = uv[0][:, 0] * uv[1][:, 1] - uv[0][:, 1] * uv[1][:, 0]
    along = (first * uv[1][:, 1:] - second * uv[0][:, 1:]) * np.sign(area)[:, None]
    tangents = _unit(along - (along * normals).sum(1, keepdims=True) * normals)
    return tangents, np.cross(normals, tangents)


def in_frames(mesh: HeadMesh, frames: tuple[np.ndarray, np.ndarray], corners: np.ndarray) -> np.ndarray:
    """(M,2,2) by how much a step along the tangent and the bitangent moves what corners (M,3,2) hold, as columns."""
    edges = _edges(mesh.corners(mesh.vertices).astype(np.float64))
    steps = np.stack([np.stack([(edge * axis).sum(1) for axis in frames], 1) for edge in edges], 2)
    moved = np.stack(_edges(corners.astype(np.float64)), 2)
    bad = np.abs(np.linalg.det(steps)) < 1e-18
    steps[bad] = np.eye(2)
    return np.where(bad[:, None, None], 0.0, moved @ np.linalg.inv(steps))


def lay_directions(
    mesh: HeadMesh,
    canonical: np.ndarray,
    triangle: np.ndarray,
    seen: Sequence[tuple[np.ndarray, np.ndarray, np.ndarray]],
) -> np.ndarray:
    """(n,3) float32 0..1 of n texels: the strands' unit direction along tangent and bitangent (0.5 is none), and how
    far portraits show it.

    Args:
        canonical: (N,3). triangle: (n,) of the texels. seen: of each portrait (M,3,2) the pixels of the corners, (n,2)
            find_directions() at the texels, and (n,) its share in them.
    """
    frames = tangent_frames(mesh)
    grown = from_whorl(mesh.corners(canonical))[..., :2].astype(np.float64)
    grown[..., 0] = grown[:, :1, 0] + np.mod(grown[..., 0] - grown[:, :1, 0] + 0.5, 1) - 0.5  # over its seam
    away = _back(in_frames(mesh, frames, grown)[triangle], np.broadcast_to((0.0, 1.0), (len(triangle), 2)))
    total = np.zeros((len(triangle), 2))
    for pixels, doubled, share in seen:
        sure = np.linalg.norm(doubled, axis=1)
        angle = np.arctan2(doubled[:, 1], doubled[:, 0]) / 2
        laid = _back(in_frames(mesh, frames, pixels)[triangle], np.stack([np.cos(angle), np.sin(angle)], 1))
        total += (sure * share)[:, None] * _doubled(laid)
    known = np.clip(np.linalg.norm(total, axis=1), 0, 1)
    total += (1 - known)[:, None] * _doubled(away)
    angle = np.arctan2(total[:, 1], total[:, 0]) / 2
    direction = np.stack([np.cos(angle), np.sin(angle)], 1)
    direction *= np.where((direction * away).sum(1) < 0, -1.0, 1.0)[:, None]
    return np.column_stack([0.5 + 0.5 * direction, known]).astype(np.float32)


def point_one_way(laid: np.ndarray) -> np.ndarray:
    """(S,S,3) of lay_directions() with neighbours pointing the same way, for renderers mix texels: level strands have
    no way down."""
    vectors = 2 * laid[..., :2] - 1
    size = (min(COARSE, len(laid)),) * 2
    doubled = cv2.resize(np.dstack(_doubled_parts(vectors)), size, interpolation=cv2.INTER_AREA)
    angle = np.arctan2(doubled[..., 1], doubled[..., 0]) / 2
    small = np.dstack([np.cos(angle), np.sin(angle)]) * np.linalg.norm(doubled, axis=-1, keepdims=True)
    small *= _same_way(small, cv2.resize(vectors, size, interpolation=cv2.INTER_AREA))
    for _ in range(ROUNDS):
        small *= _same_way(small, cv2.GaussianBlur(small, (0, 0), AGREE * len(small)))
    vectors *= _same_way(vectors, cv2.resize(small, laid.shape[1::-1], interpolation=cv2.INTER_LINEAR))
    return np.dstack([0.5 + 0.5 * vectors, laid[..., 2]]).astype(np.float32)


def _same_way(vectors: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(…,1) -1 where the one points against the other, else 1."""
    return np.where((vectors * others).sum(-1, keepdims=True) < 0, np.float32(-1), np.float32(1))


def _edges(corners: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)


def _back(moves: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """(n,2) unit steps along tangent and bitangent that move by (n,2) directions, of (n,2,2) in_frames()."""
    a, b, c, d = moves[:, 0, 0], moves[:, 0, 1], moves[:, 1, 0], moves[:, 1, 1]
    x, y = directions[:, 0], directions[:, 1]
    return _unit(np.sign(a * d - b * c)[:, None] * np.stack([d * x - b * y, a * y - c * x], 1))


def _doubled(directions: np.ndarray) -> np.ndarray:
    return np.stack(_doubled_parts(directions), 1)


def _doubled_parts(directions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    x, y = directions[..., 0], directions[..., 1]
    return x * x - y * y, 2 * x * y
