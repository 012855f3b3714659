"""The portrait's camera, from landmarks on the head and in the picture."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from .landmarks import TRUSTED, HeadLandmarks, face_height

#: Face heights between face and lens (a metre), and one standard deviation of its log. Unlike a focal length in picture
#: sizes it does not depend on the crop. Weak against 400 landmarks: cameras at 3 to 13 face heights are found as well.
DISTANCE, DISTANCE_SPREAD = 6.0, 0.1
#: What one standard deviation of a shape costs, for landmarks err together (468 count as some 60).
SHAPE_PRIOR = 8.0


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
        """(…,2) pixels and (…,) depth along the view axis of (…,3) mesh points, in their precision; of (n,3)
        planar."""
        rotation, translation, centre = (
            part.astype(points.dtype, copy=False) for part in (self.rotation, self.translation, self.centre)
        )
        eye = np.einsum("kc,cn->kn", rotation, points.reshape(-1, 3).T) + translation[:, None]
        pixels = eye[:2] * (self.focal / np.maximum(eye[2], 1e-6)) + centre[:, None]
        return pixels.T.reshape(*points.shape[:-1], 2), eye[2].reshape(points.shape[:-1])

    def moved(self, points: np.ndarray, moves: np.ndarray) -> np.ndarray:
        """(k,n,2) pixels by which (n,3) points of the mesh move in the picture, for each of (k,n,3) small moves."""
        eye = points @ self.rotation.T + self.translation
        turned = moves @ self.rotation.T
        return self.focal * (turned[..., :2] - eye[:, :2] / eye[:, 2:] * turned[..., 2:]) / eye[:, 2:]

    @property
    def position(self) -> np.ndarray:
        """(3,) the eye's place in mesh coordinates."""
        return -self.rotation.T @ self.translation


def solve_camera(
    head: HeadLandmarks,
    pixels: np.ndarray,
    extent: tuple[int, int],
    pinned: np.ndarray | None = None,
    shapes: np.ndarray | None = None,
    start: Camera | None = None,
) -> tuple[Camera, np.ndarray]:
    """SQPnP from several focal lengths, then robust least squares over pose, focal length and shape together.

    Landmarks count by their trust on the head and by how much they face the portrait's camera: those on the far
    side of a turned face are where the network guesses (prototype: 14 to 24 px at 20 to 35 degrees of yaw).

    Args:
        pixels: (n,2) of the landmarks in the portrait. extent: its (width, height).
        pinned: (n,) bool, landmarks that the artist placed: they count more, wherever they face.
        shapes: (k,n,3) ways in which the portrait's face may differ from the head, one standard deviation each. They
            take up what would turn the camera otherwise, and are forgotten then.
        start: a camera that is nearly right; else it is looked for.

    Returns:
        The camera and the landmarks' final weights (n,), 1 where pinned.
    """
    points, trust = head.points, head.trust
    pinned = np.zeros(len(points), bool) if pinned is None else pinned
    # landmarks that a pin counts as: one that disagrees with 400 others still turns the head a little
    floor = np.where(pinned & (trust > TRUSTED), 16.0, 1e-3)
    centre, size = np.array(extent, np.float64) / 2, max(extent)
    scale, shown = float(np.linalg.norm(np.ptp(points, axis=0))) or 1.0, float(np.ptp(pixels[:, 1])) or 1.0
    origin = points.mean(0)
    local = (points - origin) / scale
    tall = face_height(local)
    usable = trust > TRUSTED if (trust > TRUSTED).sum() >= 12 else trust >= 0
    weights = np.sqrt(np.maximum(trust, floor))
    shapes = np.zeros((0, *points.shape)) if shapes is None else shapes / scale
    # expression moves landmarks by about this much
    flat, scatter = shapes.reshape(len(shapes), points.size), 0.015 * shown

    def placed(parameters: np.ndarray) -> np.ndarray:
        """(n,3) the points in the shape that the parameters from the eighth on say."""
        return local + (parameters[7:] @ flat[: len(parameters) - 7]).reshape(-1, 3)

    def residual(parameters: np.ndarray, weight: np.ndarray) -> np.ndarray:
        rotation, _ = cv2.Rodrigues(parameters[:3])
        eye = placed(parameters) @ rotation.T + parameters[3:6]
        projected = np.exp(parameters[6]) * size * eye[:, :2] / np.maximum(eye[:, 2:], 1e-3) + centre
        error = (projected - pixels) * weight[:, None] / scatter
        prior = np.log(max(parameters[5], 1e-3) / (DISTANCE * tall)) / DISTANCE_SPREAD
        return np.concatenate([error.ravel(), [prior], np.sqrt(SHAPE_PRIOR) * parameters[7:]])

    def slopes(parameters: np.ndarray, weight: np.ndarray) -> np.ndarray:
        """The residual's derivatives, (2n+1+k,7+k); worked out, they cost a tenth of asking the residual as often."""
        rotation, turning = cv2.Rodrigues(parameters[:3])
        points, count = placed(parameters), len(parameters)
        eye = points @ rotation.T + parameters[3:6]
        depth = np.maximum(eye[:, 2:], 1e-3)
        moved = np.concatenate(
            [
                np.einsum("kij,nj->nik", turning.reshape(3, 3, 3), points),
                np.broadcast_to(np.eye(3), (len(points), 3, 3)),
                np.zeros((len(points), 3, 1)),
                (shapes[: count - 7] @ rotation.T).transpose(1, 2, 0),
            ],
            2,
        )  # (n,3,7+k) the point before the camera, by turn, shift, nothing (the lens) and shape
        focal = np.exp(parameters[6]) * size
        away = moved[:, 2:] * (eye[:, 2:] > 1e-3)[..., None]
        slope = focal * (moved[:, :2] - (eye[:, :2] / depth)[..., None] * away) / depth[..., None]
        slope[..., 6] = focal * eye[:, :2] / depth
        slope *= weight[:, None, None] / scatter
        prior = np.zeros((count - 6, count))
        prior[0, 5] = (parameters[5] > 1e-3) / (DISTANCE_SPREAD * max(parameters[5], 1e-3))
        prior[1:, 7:] = np.sqrt(SHAPE_PRIOR) * np.eye(count - 7)
        return np.concatenate([slope.reshape(-1, count), prior])

    def settle(parameters: np.ndarray) -> tuple[np.ndarray, float]:
        return settled(parameters, lambda x: residual(x, weights), lambda x: slopes(x, weights), 2 * len(points) + 1)

    best = (
        None
        if start is None
        else np.concatenate(
            [
                cv2.Rodrigues(start.rotation)[0].ravel(),
                (start.rotation @ origin + start.translation) / scale,
                [np.log(start.focal / size)],
            ]
        )
    )
    lowest = np.inf
    # in picture sizes: 0.8 is a phone at arm's length, 6 nearly parallel
    for focal in (0.9, 1.5, 2.5, 5.0) if start is None else ():
        matrix = np.array([[focal * size, 0, centre[0]], [0, focal * size, centre[1]], [0, 0, 1]])
        ok, turn, shift = cv2.solvePnP(
            local[usable], pixels[usable].astype(np.float64), matrix, None, flags=cv2.SOLVEPNP_SQPNP
        )
        if not ok or shift[2] <= 0:
            continue
        fit, cost = settle(np.concatenate([turn.ravel(), shift.ravel(), [np.log(focal)]]))
        if cost < lowest:
            best, lowest = fit, cost
    if best is None:
        raise ArithmeticError("no camera projects the head's landmarks onto the portrait's")
    # less where shapes are fitted as well
    found, scatter = np.append(best, np.zeros(len(shapes))), 0.01 * shown if len(shapes) else scatter
    for _ in range(3):  # what faces the camera depends on it
        rotation, _ = cv2.Rodrigues(found[:3])
        towards = -(local @ rotation.T + found[3:6])
        towards /= np.linalg.norm(towards, axis=1, keepdims=True)
        facing = np.einsum("nc,nc->n", head.normals @ rotation.T, towards)
        weights = np.sqrt(np.maximum(trust * np.clip((facing + 0.1) / 0.5, 0, 1), floor))
        found, _ = settle(found)
    rotation, _ = cv2.Rodrigues(found[:3])
    # undo the normalisation: x_local = (x - origin) / scale
    translation = found[3:6] * scale - rotation @ origin
    return Camera(float(np.exp(found[6]) * size), centre, rotation, translation), np.where(pinned, 1.0, weights**2)


def settled(
    start: np.ndarray,
    residual: Callable[[np.ndarray], np.ndarray],
    slopes: Callable[[np.ndarray], np.ndarray],
    robust: int = 0,
    steps: int = 12,
    enough: float = 1e-6,
) -> tuple[np.ndarray, float]:
    """What makes residuals least, and their cost: Levenberg and Marquardt's steps on the normal equations.

    Args:
        start: (k,). residual: gives (n,), slopes: (n,k). robust: so many residuals, the first, count as soft_l1.
        enough: the share that a step must still lower the cost by.
    """
    found, damping = start, 1e-4
    left = residual(found)
    cost = _cost(left, robust)
    for _ in range(steps):
        share = 1 / np.sqrt(1 + left**2)
        share[robust:] = 1
        slope = slopes(found)
        system, pull = slope.T @ (slope * share[:, None]), slope.T @ (share * left)
        tried = found - np.linalg.solve(system + damping * np.diag(np.diag(system)), pull)
        after = residual(tried)
        lower = _cost(after, robust)
        if lower > cost:
            damping *= 10
            continue
        done = cost - lower <= enough * cost
        found, left, cost, damping = tried, after, lower, damping / 3
        if done:
            break
    return found, cost


def _cost(left: np.ndarray, robust: int) -> float:
    return float((2 * (np.sqrt(1 + left[:robust] ** 2) - 1)).sum() + (left[robust:] ** 2).sum())
