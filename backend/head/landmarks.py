"""Landmarks on the head: found in a grey render of it and lifted to the surface."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from ..errors import AvatarTexError, ErrorCode
from ..portrait.faces import find_faces, find_upright_faces
from ..portrait.landmarks import landmarks_in_view
from ..verified import verified_arrays
from .mesh import HeadMesh, vertex_normals
from .part import top_windows
from .view import HeadView, orientations, render_view
from .windows import Windows, read_windows

#: Presence from which a view counts as a face at once (grey renders of real heads reach 0.99, a knight's helmet 0.93),
#: that must be left from nearby, and below which no orientation shows a face.
CERTAIN, CONFIRMED, POSSIBLE = 0.97, 0.95, 0.5
#: Orientations that a head is likely to have; the others must be certain. Pixels of views from afar and from nearby.
LIKELY, COARSE, FINE = 4, 320, 640
#: Behind where the landmarks around it lead one to expect it, in face heights: through an open eye or mouth, if
#: what shows there is turned away (the inside of the head's back), and if it is not (a low-poly chin recedes).
THROUGH, BEHIND = 0.08, 0.2
#: Trust from which a landmark on the head is where it should be.
TRUSTED = 0.3
#: Landmarks at the forehead's top and at the chin, between which a face's height is measured.
FOREHEAD, CHIN = 10, 152
AVERAGE_FACE = Path(__file__).parent.parent / "portrait" / "canonical_face.npz"


@dataclass(frozen=True)
class HeadLandmarks:
    """The 468 landmarks of the portrait's network on the surface of the head.

    points: (468,3) mesh coordinates.
    normals: (468,3) unit.
    trust: (468,) 0..1, low where the landmark lies on a silhouette or beside the surface.
    rotation: (3,3) rows right, up, front of the face in mesh axes.
    height: mesh units from the forehead's top (10) to the chin (152).
    presence: 0..1, how sure the network is.
    """

    points: np.ndarray
    normals: np.ndarray
    trust: np.ndarray
    rotation: np.ndarray
    height: float
    presence: float


def face_height(points: np.ndarray) -> float:
    """From the forehead's top to the chin, of (468,d) landmarks in their own unit."""
    return float(np.linalg.norm(points[FOREHEAD] - points[CHIN]))


def face_middle(points: np.ndarray) -> np.ndarray:
    """(d,) between forehead, chin, ears and nose of (468,d) landmarks."""
    return points[[FOREHEAD, CHIN, 234, 454, 1]].mean(0)


def find_head_landmarks(mesh: HeadMesh, step: Callable[[], None] = lambda: None) -> HeadLandmarks:
    """Render the head from likely sides, find the face, look again from straight in front, lift the landmarks.

    Args:
        step: called before each side is looked at; what it raises (Cancelled) ends the search.

    Raises:
        AvatarTexError: NO_FACE_ON_HEAD.
    """
    normals = vertex_normals(mesh)
    best = None
    for likely, view in search_views(mesh, normals):
        step()
        face = landmarks_in_view(view.grey)
        if face is None or face.presence < CERTAIN:
            found = (find_faces if likely else find_upright_faces)(view.grey)
            face = max([f for f in (face, *found) if f is not None], key=lambda f: f.presence, default=None)
        if face is None or face.presence <= (POSSIBLE if likely else CERTAIN) or not _looks_like_a_face(face.points):
            continue
        # an ear and a cheek may pass for a face, until one looks straight at it
        read = look_closer(mesh, normals, view, face)
        if best is None or read.presence > best.presence:
            best = read
        if face.presence >= CERTAIN and best.presence >= CONFIRMED:
            break
    if best is None:
        raise AvatarTexError(
            ErrorCode.NO_FACE_ON_HEAD,
            f"No face was found on {mesh.name!r} from any side.",
            "Select the object that carries the face, and check that the face's polygons are visible.",
        )
    return best


def look_closer(mesh: HeadMesh, normals: np.ndarray, view: HeadView, face) -> HeadLandmarks:
    """The landmarks read again, twice, with the head turned so that the face looks at the viewer and fills the view."""
    for _ in range(2):
        lifted = lift(mesh, normals, view, face)
        rotation = _frontal_rotation(lifted, view.rotation)
        centre = face_middle(lifted.points)
        closer = render_view(mesh, rotation, FINE, centre=centre, extent=lifted.height * 1.9, normals=normals)
        again = landmarks_in_view(closer.grey)
        if again is None or again.presence < POSSIBLE:
            break
        face, view = again, closer
    return lift(mesh, normals, view, face)


def search_views(mesh: HeadMesh, normals: np.ndarray) -> Iterator[tuple[bool, HeadView]]:
    """Views in which the face may be, and whether it is likely there: the whole mesh, the top of a body, any side."""
    rotations = orientations(mesh.up)
    for rotation in rotations[:LIKELY]:
        yield True, render_view(mesh, rotation, COARSE, normals=normals)
    # of a body the face is too small to be found; on top of what is none, only a certain one counts
    for rotation in rotations[:LIKELY]:
        for middle, extent in top_windows(mesh.vertices @ rotation.T.astype(np.float32)):
            yield False, render_view(mesh, rotation, COARSE, rotation.T @ middle, extent, normals)
    for rotation in rotations[LIKELY:]:
        yield False, render_view(mesh, rotation, COARSE, normals=normals)


def lift(mesh: HeadMesh, normals: np.ndarray, view: HeadView, face) -> HeadLandmarks:
    """Landmark pixels of a view to points on the surface, through the view's fragments.

    Where one looks through an open eye at the inside of the head's back, the point lies where its neighbours and the
    landmarks' own depth put it, without trust.
    """
    front = view.rotation[2]
    away = view.fragments.interpolate(mesh.corners(-(mesh.vertices @ front).astype(np.float32)[:, None]))[..., 0]
    facing = view.fragments.interpolate(mesh.corners(normals))
    found = read_windows(face.points[:, :2], np.where(view.fragments.covered, away, np.inf), facing)
    points = view.to_mesh_ray(face.points[:, :2])
    tall = face_height(face.points[:, :2]) / view.scale
    depth, solid = without_holes(face.points / view.scale, found, found.normals @ front, tall)
    points += np.where(found.found, -depth - points @ front, 0)[:, None] * front
    flat = found.spread * view.scale < 12  # pixels of depth within 5 x 5: a fold or a silhouette
    trust = np.clip((found.normals @ front - 0.2) / 0.4, 0, 1) * np.where(flat, 1.0, 0.3) * found.share * solid
    return HeadLandmarks(points, found.normals, trust, view.rotation, face_height(points), face.presence)


def without_holes(
    points: np.ndarray, found: Windows, facing: np.ndarray, height: float
) -> tuple[np.ndarray, np.ndarray]:
    """(n,) depth of each landmark, and whether it is the surface's.

    Args:
        points: (n,3) landmarks, depth last, in the units of the windows' depth. facing: (n,) cosine to the viewer.
        height: of the face.
    """
    gap = found.depth - points[:, 2]
    sure = found.found & (facing > 0.3)
    if sure.sum() < 40:
        return found.depth, found.found
    sure &= np.abs(gap - np.median(gap[sure])) < 2 * BEHIND * height
    away = np.linalg.norm(points[:, None, :2] - points[None, sure, :2], axis=2)
    near = np.argsort(away, 1)[:, :12]
    expected = np.sort(gap[sure][near], 1)[:, 3]  # the nearer ones: neighbours may have fallen through as well
    solid = found.found & (gap - expected < np.where(facing < 0, THROUGH, BEHIND) * height)
    return np.where(solid, found.depth, points[:, 2] + expected), solid


@cache
def _average_face() -> np.ndarray:
    """(468,3) the landmark network's own average face, x right, y up, z out of the face."""
    return verified_arrays(AVERAGE_FACE)["points"].astype(np.float64)


def _frontal_rotation(landmarks: HeadLandmarks, rotation: np.ndarray) -> np.ndarray:
    """The view rotation that looks straight at the face: the average face turned onto the lifted landmarks."""
    average = _average_face()
    weights = landmarks.trust + 1e-6
    for _ in range(3):  # landmarks lifted from behind an occluding nose or cheek are outliers
        share = weights / weights.sum()
        x, y = average - share @ average, landmarks.points - share @ landmarks.points
        u, s, vt = np.linalg.svd((share[:, None] * y).T @ x)
        turn = u @ np.diag([1, 1, np.sign(np.linalg.det(u @ vt))]) @ vt
        scale = s.sum() / (share @ (x**2).sum(1))
        length = np.linalg.norm(y - scale * x @ turn.T, axis=1)
        weights = (landmarks.trust + 1e-6) / (1 + (length / (0.04 * landmarks.height)) ** 2)
    turned = turn.T
    return turned if turned[2] @ rotation[2] > 0.5 else rotation


def _looks_like_a_face(points: np.ndarray) -> bool:
    """Upright and not mirrored: eyes above the mouth, left of right, taller than a strip."""
    eyes, mouth = points[[33, 263], :2], points[[61, 291], :2]
    height, width = points[152, 1] - points[10, 1], points[454, 0] - points[234, 0]
    return bool(
        eyes[:, 1].mean() < mouth[:, 1].mean() and eyes[0, 0] < eyes[1, 0] and height > 0 and 0.4 < width / height < 2
    )
