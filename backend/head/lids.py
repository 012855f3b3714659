"""Eyes that are shut on one side only, head or portrait: no eyeball gets a lid, and no lid an eye.

The skin around them is the portrait's all the same: the warp lays the landmarks of the lids on each other. The network
reads a grey render's shut lids as open ones (0.20 to 0.28 of their width), so the head's are found in its mesh.
"""

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from ..imaging.sample import disc
from ..portrait.landmark_groups import fill_region
from .atlas import LOOKED_UP
from .facial_regions import landmark_places
from .landmarks import HeadLandmarks, face_height
from .mesh import HeadMesh
from .rasterize import rasterize
from .sockets import CORNERS, EYES, Socket, find_sockets, skin_around
from .subjects import Face

#: By eye, the right one first: landmarks of the upper and the lower lid's middle.
MIDDLES = ((160, 159, 158), (144, 145, 153)), ((387, 386, 385), (373, 374, 380))
#: Height of an eye's opening over its width below which it is shut: twelve who smile have 0.19 to 0.37, six heads 0.23
#: to 0.45.
SHUT = 0.12
#: Columns and rows of the depth map of an eye, and what it covers, in widths of the eye.
COLUMNS, ROWS, ACROSS, DOWN = 24, 72, 0.6, 1.2
#: Rows of an edge of a lid: depth changes by more than their height, as on a slope of 45 degrees.
EDGE = 3


@dataclass(frozen=True)
class Lids:
    """Whether the right and the left eye is shut, (2,) bool each. targets: (468,2) landmark pixels in the portrait.
    sockets: the head's openings for eyes."""

    on_head: np.ndarray
    in_portrait: np.ndarray
    targets: np.ndarray
    sockets: tuple[Socket, ...] = ()

    def spilt(self, points: np.ndarray, pixels: np.ndarray) -> np.ndarray:
        """(…,) 0..1: eyes that the portrait shows at (…,2) pixels of (…,3) points of the skin around openings."""
        return np.max([socket.on_lids(points, pixels) for socket in self.sockets], 0, initial=0.0)

    def bare_eyes(self) -> np.ndarray | None:
        """(S,S) float32 atlas, S is LOOKED_UP, 1 between lids that are shut in the portrait alone; None without any."""
        bare = self.in_portrait & ~self.on_head
        return _drawn_in_atlas(*bare.tolist()) if bare.any() else None

    def between(self, shape: tuple[int, int]) -> np.ndarray:
        """(H,W) float32 0..1 of the portrait: open eyes and their lashes where the head's lids are shut."""
        loops = [EYES[eye] for eye in np.flatnonzero(self.on_head & ~self.in_portrait)]
        eyes = fill_region(shape, self.targets, *loops)
        if not loops:
            return eyes
        reach = 0.018 * face_height(self.targets)  # lashes and their shade
        return cv2.GaussianBlur(cv2.dilate(eyes, disc(reach)), (0, 0), max(reach / 4, 0.5))


def find_lids(mesh: HeadMesh, head: HeadLandmarks, projected: np.ndarray, face: Face, targets: np.ndarray) -> Lids:
    """Which eyes are shut.

    Args:
        projected, targets: (468,2) pixels, landmarks of the head and of the portrait's face.
    """
    shut, shape = find_shut_lids(mesh, head) | (openings(projected) < SHUT), (face.extent[1], face.extent[0])
    sockets = find_sockets(mesh, head, targets, shape, face.picture if face.drawn else None)
    return Lids(shut, openings(targets) < SHUT, targets, sockets)


def openings(points: np.ndarray) -> np.ndarray:
    """(2,) height of each eye's opening over its width, of (468,2) pixels."""
    heights = [np.linalg.norm(points[list(upper)] - points[list(lower)], axis=1).mean() for upper, lower in MIDDLES]
    widths = [np.linalg.norm(np.subtract(*points[list(corners)])) for corners in CORNERS]
    return np.array(heights) / np.maximum(widths, 1e-6)


@cache
def _drawn_in_atlas(*drawn: bool) -> np.ndarray:
    loops = [loop for loop, one in zip(EYES, drawn, strict=True) if one]
    eyes = fill_region((LOOKED_UP, LOOKED_UP), landmark_places() * LOOKED_UP, *loops)
    return cv2.GaussianBlur(cv2.dilate(eyes, np.ones((3, 3), np.uint8)), (0, 0), 2)


def find_shut_lids(mesh: HeadMesh, head: HeadLandmarks) -> np.ndarray:
    """(2,) bool by the mesh alone; False too where eyes are no opening of the skin, but its relief."""
    turned = mesh.vertices @ head.rotation.T.astype(np.float32)
    return np.array([_is_shut(mesh, turned, head.points[list(corners)] @ head.rotation.T) for corners in CORNERS])


def _is_shut(mesh: HeadMesh, turned: np.ndarray, corners: np.ndarray) -> bool:
    """turned: (N,3) vertices, right, up and towards the viewer. corners: (2,3) of the eye."""
    width = max(float(np.linalg.norm(np.subtract(*corners)[:2])), 1e-9)
    places = ((turned - corners.mean(0)) / width * (1, -1, -1)).astype(np.float32)
    triangles = skin_around(mesh, places)
    pixels, away = (places[:, :2] / (ACROSS, DOWN) + 0.5) * (COLUMNS, ROWS), places[:, 2]
    fragments = rasterize(pixels[triangles], COLUMNS, ROWS, depth=away[triangles])
    depth = fragments.interpolate(away[triangles][..., None])[..., 0]
    behind = depth[fragments.covered].max(initial=0) + 1
    return ends_below_corners(np.where(fragments.covered, depth, behind))


def ends_below_corners(depth: np.ndarray) -> bool:
    """Whether the upper lid's edge lies on the lower lid, and no higher than the corners of the eye.

    Args:
        depth: (ROWS,COLUMNS) in widths of the eye, the middle between its corners in the middle.
    """
    row = DOWN / ROWS
    step = depth[EDGE:] - depth[:-EDGE]
    upper, column = step.argmax(0), np.arange(COLUMNS)
    edged = step[upper, column] > EDGE * row
    if edged.mean() < 0.6:  # folds of eyes in one piece with the skin have fewer columns
        return False
    rising = (step < -EDGE * row) & (np.arange(len(step))[:, None] > upper)
    lower = np.where(rising.any(0), len(step) - 1 - rising[::-1].argmax(0), upper)
    gap = np.median((lower - upper)[edged]) * row
    line = (np.median(upper[edged]) + EDGE / 2) * row - DOWN / 2
    # widths of the eye: open lids of nine heads lie 0.11 to 0.38 above its corners, shut by hand 0.02 to 0.18 below
    return bool(gap < SHUT and line > -0.05)
