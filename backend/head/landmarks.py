"""Landmarks on the head: found in a grey render of it and lifted to the surface."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from pathlib import Path

import numpy as np

from ..errors import ErrorCode
from ..portrait.faces import find_upright_faces
from ..portrait.landmarks import FaceLandmarks, both_ways_in, landmarks_in_view, square_around
from ..verified import verified_arrays
from .mesh import HeadMesh, vertex_normals
from .part import top_windows
from .view import HeadView, orientations, render_view
from .windows import Windows, read_windows

#: Log odds of presence from which a view surely shows the face. On 17 human heads, looked at from 48 sides each and
#: again from straight in front of what was found, faces reached 13 or more; ears, napes and faces on their head 8.
CLEAR = 12.0
#: Presence below which a view shows no face.
POSSIBLE = 0.5
#: Cosine of a view that was found from too far aside.
ASIDE = 0.94
#: Looks at a face from nearby: each leaves a tenth of the turn by which the one before was off, down to .02 degrees.
LOOKS = 4
#: Pixels of views from afar and from nearby.
COARSE, FINE = 320, 640
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
    runner_up: presence of the best face that looks elsewhere; 0 where the first one was clear.
    """

    points: np.ndarray
    normals: np.ndarray
    trust: np.ndarray
    rotation: np.ndarray
    height: float
    presence: float
    runner_up: float = 0.0

    @property
    def evidence(self) -> float:
        """Log odds that the face is where it was found: those of its presence, or by how much they win."""
        odds = log_odds(self.presence)
        return odds - max(0.0, log_odds(self.runner_up))

    def turned(self, turn: np.ndarray) -> HeadLandmarks:
        """In the axes of HeadMesh.turned()."""
        points, normals, rotation = (values @ turn.T for values in (self.points, self.normals, self.rotation))
        return replace(self, points=points, normals=normals.astype(self.normals.dtype), rotation=rotation)


def log_odds(presence: float) -> float:
    return float(np.log(max(presence, 1e-15) / max(1 - presence, 1e-15)))


def face_height(points: np.ndarray) -> float:
    """From the forehead's top to the chin, of (468,d) landmarks in their own unit."""
    return float(np.linalg.norm(points[FOREHEAD] - points[CHIN]))


def face_middle(points: np.ndarray) -> np.ndarray:
    """(d,) between forehead, chin, ears and nose of (468,d) landmarks."""
    return points[[FOREHEAD, CHIN, 234, 454, 1]].mean(0)


def find_head_landmarks(mesh: HeadMesh, step: Callable[[], None] = lambda: None) -> HeadLandmarks:
    """Look for the face from 24 sides, likely ones first, then of a head that leans, and look again from straight in
    front of what is found.

    A face that is clear ends the search; else the one that is most present from in front is taken.

    Args:
        step: called before each side is looked at; what it raises (Cancelled) ends the search.

    Raises:
        AvatarTexError: NO_FACE_ON_HEAD.
    """
    normals = vertex_normals(mesh)
    found: list[HeadLandmarks] = []

    def look_again(turn: np.ndarray, view: HeadView, face: FaceLandmarks) -> HeadLandmarks:
        # in upright axes, so that whichever way a file was turned gives the same, to the bit if by right angles
        for _ in range(3):  # a head that leans is looked at anew as if it stood upright
            lifted = look_closer(mesh.turned(turn), turn_normals(normals, turn), view, face)
            if min(np.diag(lifted.rotation)) > ASIDE:
                break
            upright = lifted.rotation @ turn
            step()
            straight = render_view(mesh.turned(upright), np.eye(3), COARSE, normals=turn_normals(normals, upright))
            again = read_middle(straight.grey)
            if again is None:
                break
            turn, view, face = upright, straight, again
        return lifted.turned(turn.T)

    ways = (
        (whole_views, read_middle),
        (top_views, read_middle),
        (leaning_views, read_middle),
        (likely_views, read_anywhere),
    )
    for views, read in ways:
        if views is likely_views and found:
            break
        looks, closer = [], []
        for turn, view in views(mesh, normals):
            step()
            face = read(view.grey)
            if face is None or not _looks_like_a_face(face.points):
                continue
            if log_odds(face.presence) >= CLEAR:
                closer.append(look_again(turn, view, face))
                if closer[-1].evidence >= CLEAR:
                    return closer[-1]
            else:
                looks.append((turn, view, face))
        looks.sort(key=lambda look: -look[-1].presence)
        # an ear and a cheek may pass for a face, until one looks straight at it
        closer += [look_again(*look) for look in looks[:6]]
        clear = any(one.evidence >= CLEAR for one in closer)
        if clear or views is not leaning_views:  # of so many views one passes for a face that is none
            found += closer
        if clear:
            break
    if not found:
        raise ErrorCode.NO_FACE_ON_HEAD(
            f"No face was found on {mesh.name!r} from any side.",
            "Select the object that carries the face, and check that the face's polygons are visible.",
        )
    best = max(found, key=lambda one: one.presence)
    # beyond this cosine of the turn two findings are not the same one
    others = [one.presence for one in found if min((one.rotation * best.rotation).sum(1)[1:]) < 0.7]
    return replace(best, runner_up=max(others, default=0.0))


def read_middle(grey: np.ndarray) -> FaceLandmarks | None:
    """The face that fills a view."""
    face = landmarks_in_view(grey)
    return face if face is not None and face.presence > POSSIBLE else None


def read_anywhere(grey: np.ndarray) -> FaceLandmarks | None:
    """The most present face of a view, wherever it is: a hundred times as long where there is none."""
    return max(find_upright_faces(grey), key=lambda one: one.presence, default=None)


def look_closer(mesh: HeadMesh, normals: np.ndarray, view: HeadView, face: FaceLandmarks) -> HeadLandmarks:
    """The landmarks read again with the head turned so that the face looks at the viewer and fills the view, until it
    does not matter from where it was found."""
    lifted = lift(mesh, normals, view, face)
    for number in range(LOOKS):
        rotation, laid = _lay_average(lifted)
        extent = face_height(laid) * 1.9
        closer = render_view(mesh, rotation, FINE, centre=face_middle(laid), extent=extent, normals=normals)
        again = both_ways_in(closer.grey, square_around(closer.to_pixels(laid)))
        if again.presence < POSSIBLE:
            break
        found = lift(mesh, normals, closer, again)
        # what is read from a little to the left may lie to the right, and so on for ever; their middle rests
        lifted = found if number < 2 else _middle_of(lifted, found)
    return lifted


def _middle_of(one: HeadLandmarks, other: HeadLandmarks) -> HeadLandmarks:
    """The mean of two readings, in the second one's view."""
    points, normals, trust = (
        (getattr(one, name) + getattr(other, name)) / 2 for name in ("points", "normals", "trust")
    )
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
    return replace(other, points=points, normals=normals, trust=trust, height=face_height(points))


def turn_normals(normals: np.ndarray, turn: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(normals @ turn.T.astype(normals.dtype))


def whole_views(mesh: HeadMesh, normals: np.ndarray) -> Iterator[tuple[np.ndarray, HeadView]]:
    """The axes in which the head may be upright, of those that the artist left open, likely ones first; and the whole
    mesh from its front in each."""
    for turn in orientations(mesh):
        yield turn, render_view(mesh.turned(turn), np.eye(3), COARSE, normals=turn_normals(normals, turn))


def top_views(mesh: HeadMesh, normals: np.ndarray) -> Iterator[tuple[np.ndarray, HeadView]]:
    """The same of the top of a body, in whose whole the face is too small to be found."""
    for turn in orientations(mesh):
        turned, facing = mesh.turned(turn), turn_normals(normals, turn)
        for middle, extent in top_windows(turned.vertices):
            yield turn, render_view(turned, np.eye(3), COARSE, middle, extent, facing)


def leaning_views(mesh: HeadMesh, normals: np.ndarray) -> Iterator[tuple[np.ndarray, HeadView]]:
    """The same as whole_views() of a head that leans by half a right angle, to a side, forwards or about its neck."""
    half = np.sqrt(0.5)
    for axis in np.eye(3):
        lean = np.outer(axis, axis) + half * (np.eye(3) - np.outer(axis, axis) + np.cross(np.eye(3), axis))
        for upright in orientations(mesh):
            turn = lean @ upright
            yield turn, render_view(mesh.turned(turn), np.eye(3), COARSE, normals=turn_normals(normals, turn))


def likely_views(mesh: HeadMesh, normals: np.ndarray) -> Iterator[tuple[np.ndarray, HeadView]]:
    return islice(whole_views(mesh, normals), 4)  # for a face that fills neither the mesh nor the top of it


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


def _lay_average(landmarks: HeadLandmarks) -> tuple[np.ndarray, np.ndarray]:
    """The view rotation that looks straight at the face, and (468,3) the average face laid onto the landmarks: where to
    look next depends on all of them, for single ones jump at folds."""
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
    turned = turn.T if turn[:, 2] @ landmarks.rotation[2] > 0.5 else landmarks.rotation
    return turned, scale * x @ turned + share @ landmarks.points


def _looks_like_a_face(points: np.ndarray) -> bool:
    """Upright and not mirrored: eyes above the mouth, left of right, taller than a strip."""
    eyes, mouth = points[[33, 263], :2], points[[61, 291], :2]
    height, width = points[152, 1] - points[10, 1], points[454, 0] - points[234, 0]
    return bool(
        eyes[:, 1].mean() < mouth[:, 1].mean() and eyes[0, 0] < eyes[1, 0] and height > 0 and 0.4 < width / height < 2
    )
