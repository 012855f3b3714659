"""The portrait's camera, from landmarks on the head and in the picture."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from scipy.optimize import least_squares

#: Focal lengths tried, in picture sizes: 0.8 is a phone at arm's length, 6 nearly parallel.
FOCAL_STARTS = (0.9, 1.5, 2.5, 5.0)
#: Robust scale as a share of the face's height: expression moves landmarks by about this much.
ROBUST = 0.015
#: Face heights between face and lens (a metre), and one standard deviation of its log. Unlike a focal length in picture
#: sizes it does not depend on the crop. Weak against 400 landmarks: cameras at 3 to 13 face heights are told as well.
DISTANCE, DISTANCE_SPREAD = 6.0, 0.1
#: A pin counts as this many landmarks: one that disagrees with 400 others still turns the head a little.
PIN_WEIGHT = 16.0


@dataclass(frozen=True)
class Camera:
    """A pinhole: pixels = K (R x + t), x in mesh coordinates, y down in the picture.

    focal: pixels. centre: (2,) pixels. rotation: (3,3). translation: (3,).
    """

    focal: float
    centre: np.ndarray
    rotation: np.ndarray
    translation: np.ndarray

    def project(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(…,2) pixels and (…,) depth along the view axis of (…,3) mesh points."""
        eye = points @ self.rotation.T + self.translation
        depth = eye[..., 2]
        pixels = self.focal * eye[..., :2] / np.maximum(depth, 1e-6)[..., None] + self.centre
        return pixels, depth

    @property
    def position(self) -> np.ndarray:
        """(3,) the eye's place in mesh coordinates."""
        return -self.rotation.T @ self.translation


def solve_camera(
    points: np.ndarray,
    normals: np.ndarray,
    trust: np.ndarray,
    pixels: np.ndarray,
    width: int,
    height: int,
    pinned: np.ndarray | None = None,
) -> tuple[Camera, np.ndarray]:
    """SQPnP from several focal lengths, then robust least squares over pose and focal length together.

    Landmarks count by their trust on the head and by how much they face the portrait's camera: those on the far
    side of a turned face are where the network guesses (prototype: 14 to 24 px at 20 to 35 degrees of yaw).

    Args:
        points, normals: (n,3) on the head. trust: (n,) 0..1. pixels: (n,2) in the portrait.
        pinned: (n,) bool, landmarks that the artist placed: they count more, wherever they face.

    Returns:
        The camera and the landmarks' final weights (n,), 1 where pinned.
    """
    pinned = np.zeros(len(points), bool) if pinned is None else pinned
    floor = np.where(pinned & (trust > 0.3), PIN_WEIGHT, 1e-3)
    centre = np.array([width / 2, height / 2], np.float64)
    size = max(width, height)
    face_height = float(np.ptp(pixels[:, 1])) or 1.0
    scale = float(np.linalg.norm(np.ptp(points, axis=0))) or 1.0
    origin = points.mean(0)
    local = (points - origin) / scale
    tall = float(np.linalg.norm(local[10] - local[152]))
    usable = trust > 0.3 if (trust > 0.3).sum() >= 12 else trust >= 0
    weights = np.sqrt(np.maximum(trust, floor))

    def residual(parameters: np.ndarray, weight: np.ndarray) -> np.ndarray:
        rotation, _ = cv2.Rodrigues(parameters[:3])
        eye = local @ rotation.T + parameters[3:6]
        projected = np.exp(parameters[6]) * size * eye[:, :2] / np.maximum(eye[:, 2:], 1e-3) + centre
        error = (projected - pixels) * weight[:, None] / (ROBUST * face_height)
        prior = np.log(max(parameters[5], 1e-3) / (DISTANCE * tall)) / DISTANCE_SPREAD
        return np.append(error.ravel(), prior)

    def slopes(parameters: np.ndarray, weight: np.ndarray) -> np.ndarray:
        """The residual's derivatives, (2n+1,7); worked out, they cost a tenth of asking the residual 7 times."""
        rotation, turning = cv2.Rodrigues(parameters[:3])
        eye = local @ rotation.T + parameters[3:6]
        depth = np.maximum(eye[:, 2:], 1e-3)
        moved = np.concatenate([
            np.einsum("kij,nj->nik", turning.reshape(3, 3, 3), local), np.broadcast_to(np.eye(3), (len(local), 3, 3)),
        ], 2)  # (n,3,6) the point before the camera, by turn and shift
        focal = np.exp(parameters[6]) * size
        away = moved[:, 2:] * (eye[:, 2:] > 1e-3)[..., None]
        slope = np.empty((len(local), 2, 7))
        slope[..., :6] = focal * (moved[:, :2] - (eye[:, :2] / depth)[..., None] * away) / depth[..., None]
        slope[..., 6] = focal * eye[:, :2] / depth
        slope *= weight[:, None, None] / (ROBUST * face_height)
        prior = np.zeros((1, 7))
        prior[0, 5] = (parameters[5] > 1e-3) / (DISTANCE_SPREAD * max(parameters[5], 1e-3))
        return np.concatenate([slope.reshape(-1, 7), prior])

    best = None
    for focal in FOCAL_STARTS:
        matrix = np.array([[focal * size, 0, centre[0]], [0, focal * size, centre[1]], [0, 0, 1]])
        ok, turn, shift = cv2.solvePnP(
            local[usable], pixels[usable].astype(np.float64), matrix, None, flags=cv2.SOLVEPNP_SQPNP
        )
        if not ok or shift[2] <= 0:
            continue
        start = np.concatenate([turn.ravel(), shift.ravel(), [np.log(focal)]])
        fit = least_squares(residual, start, slopes, args=(weights,), loss="soft_l1", max_nfev=30)
        if best is None or fit.cost < best.cost:
            best = fit
    if best is None:
        raise ArithmeticError("no camera projects the head's landmarks onto the portrait's")
    for _ in range(2):
        rotation, _ = cv2.Rodrigues(best.x[:3])
        towards = -(local @ rotation.T + best.x[3:6])
        towards /= np.linalg.norm(towards, axis=1, keepdims=True)
        facing = np.einsum("nc,nc->n", normals @ rotation.T, towards)
        weights = np.sqrt(np.maximum(trust * np.clip((facing + 0.1) / 0.5, 0, 1), floor))
        best = least_squares(residual, best.x, slopes, args=(weights,), loss="soft_l1", max_nfev=40)
    rotation, _ = cv2.Rodrigues(best.x[:3])
    # undo the normalisation: x_local = (x - origin) / scale
    translation = best.x[3:6] * scale - rotation @ origin
    return Camera(float(np.exp(best.x[6]) * size), centre, rotation, translation), np.where(pinned, 1.0, weights**2)
