"""Camera, shape, expression, skin and light fitted to the portrait's pixels, all at once.

Landmarks that a network reads err together: at 45 degrees it reads an open mouth half closed, and the camera nods
instead. The pixels know better, if nothing is explained alone: a skin fitted under a wrong camera takes up what is
misplaced, so the linear prior's skin, its light, the turn and shift of the head and the ways in which faces differ
(shape.py) are unknowns of one linear system per step (Blanz and Vetter 1999; Baker and Matthews 2004 call it
simultaneous). Portraits that the model explains badly say little: the pixels' noise is estimated along, and the
landmarks stay in the system as what has been read, which is least sure of a turned face.
"""

from __future__ import annotations

import cv2
import numpy as np

from ..imaging.sample import sample, sample_atlas
from ..prior.fit import Evidence, fit, weighted_median
from ..prior.linear import NOISE, LinearPrior
from ..prior.skin import BELOW, HAIR_BEHIND, skin_parts
from .atlas import to_atlas
from .camera import Camera
from .landmarks import HeadLandmarks
from .nearest import nearest
from .reread import FILL, SIZE, Frame
from .shape import READ, deviations, shapes_of
from .subjects import Readings

#: Face heights from the landmarks over which pixels stop to count: there no shape is known.
REACH = (0.08, 0.12)


def refine(
    frame: Frame,
    head: HeadLandmarks,
    read: Readings,
    portrait: np.ndarray,
    skin_prior: LinearPrior,
    skin: np.ndarray | None = None,
) -> tuple[Camera, np.ndarray]:
    """The camera that explains the portrait's pixels, and where the portrait shows landmarks then.

    Args:
        frame: the head through the camera so far. head: its landmarks, at rest. read: as they were read since.
        portrait: (SIZE,SIZE,3) float32 sRGB, the frame's window of it. skin_prior: what skins look like.
        skin: (H,W) 0..1 of the whole portrait, what of it is the face's (portrait/parse.py); hair, hands, glasses are
            explained by no skin.

    Returns:
        The camera, and (n,2) portrait pixels of the points in the shape and expression that were found, which the
        camera is without.
    """
    camera = frame.camera
    motion = Motion(camera, head, frame.scale)
    moves = motion.of(read.points)
    missing = (read.targets - camera.project(read.points)[0]) * frame.scale
    pixels = Pixels(frame, skin_prior, skin)
    # standard deviations: turn in degrees, shift in face heights
    spreads = np.concatenate([np.full(3, np.radians(5.0)), np.full(3, 0.05), deviations()])
    found, noise = np.zeros(len(spreads)), NOISE**2
    aside = np.linalg.norm((camera.rotation @ head.rotation[2])[:2])  # sine of the angle to the face's front
    # error of a read landmark in face heights: of a face from the front, and what a turn to the side adds
    spread = (0.003 + 0.015 * aside) * SIZE * FILL
    for size in (64, 128):  # coarse to fine; a face is half as tall
        view = ShrunkPixels(pixels, size, motion)
        shown = cv2.resize(portrait, (size, size), interpolation=cv2.INTER_AREA)
        slopes = [cv2.Sobel(shown, cv2.CV_32F, *axis, scale=1 / 8) for axis in ((1, 0), (0, 1))]
        explained = None
        for _ in range(3):
            places = view.places + view.motion @ found
            across, down = (sample(slope, places)[..., None] for slope in slopes)
            moved = across * view.motion[:, None, 0] + down * view.motion[:, None, 1]  # (m,3,p) sRGB by motion
            wanted = sample(shown, places) - view.mean - moved @ found
            columns = np.concatenate([view.parts, -np.moveaxis(moved, 2, 0)])
            kinds = len(view.parts)
            by_pixels = Evidence(columns, wanted, view.weight / noise, 0.05)  # what residual counts half
            by_landmarks = Evidence(
                np.concatenate([np.zeros((kinds, *missing.shape)), np.moveaxis(moves, 2, 0)]),
                missing,
                READ * read.weights / spread**2,
                spread,
                power=0.5,
            )
            pull = np.concatenate([view.pull, spreads**-2.0])
            explained = fit([by_pixels, by_landmarks], pull, rounds=3, start=explained).unknowns
            found = explained[kinds:]
            median = weighted_median(by_pixels.squared_residual(explained), view.weight)
            noise = max(NOISE**2, median / 2.37)  # the median of three squared deviations, in variances
    return motion.turned(found), frame.outwards(frame.inwards(camera.project(read.points)[0]) + moves @ found)


class Motion:
    """How places of the head move in the frame: turn about the face's middle, shift, shape and expression."""

    def __init__(self, camera: Camera, head: HeadLandmarks, scale: float) -> None:
        self.camera, self.head, self.scale = camera, head, scale
        self.shapes = shapes_of(head)
        self.middle = camera.rotation @ head.points.mean(0) + camera.translation

    def distance(self, points: np.ndarray) -> np.ndarray:
        """(n,) face heights to the nearest landmark."""
        return nearest(points, self.head.points)[0][:, 0] / self.head.height

    def of(self, points: np.ndarray) -> np.ndarray:
        """(n,2,p) pixels of the frame by parameter, of (n,3) points; shapes are those of the landmarks around."""
        eye = points @ self.camera.rotation.T + self.camera.translation
        away, near = nearest(points, self.head.points, 6)
        share = 1 / ((away / self.head.height) ** 2 + 1e-4)
        share /= share.sum(1, keepdims=True)
        shapes = np.einsum("nk,snkc->nsc", share, self.shapes[:, near]) @ self.camera.rotation.T
        turns = np.cross(np.eye(3), (eye - self.middle)[:, None])
        shifts = np.broadcast_to(np.eye(3) * self.head.height, turns.shape)
        moved = np.concatenate([turns, shifts, shapes], 1).transpose(0, 2, 1)  # (n,3,p) before the camera
        depth = eye[:, 2:, None]
        return self.scale * self.camera.focal * (moved[:, :2] - eye[:, :2, None] / depth * moved[:, 2:]) / depth

    def turned(self, found: np.ndarray) -> Camera:
        """The camera after turn and shift; shapes are the portrait's, not the head's."""
        turn, _ = cv2.Rodrigues(found[:3])
        translation = turn @ (self.camera.translation - self.middle) + self.middle + found[3:6] * self.head.height
        return Camera(self.camera.focal, self.camera.centre, turn @ self.camera.rotation, translation)


class ShrunkPixels:
    """The face in a smaller picture, (m) pixels of it, which the head covers altogether.

    places: (m,2). mean: (m,3) the prior's. parts: (q,m,3) what may be added to it, pull: (q,) each one's inverse
    variance. motion: (m,2,p) of Motion. weight: (m,) observations.
    """

    def __init__(self, pixels: Pixels, size: int, motion: Motion) -> None:
        ratio = SIZE // size
        number = np.full((SIZE, SIZE), -1)
        number[pixels.rows, pixels.columns] = np.arange(len(pixels.rows))
        inside = number.reshape(size, ratio, size, ratio).swapaxes(1, 2).reshape(size, size, -1)
        rows, columns = np.nonzero((inside >= 0).all(2))
        inside = inside[rows, columns]  # (m, ratio^2) the frame's pixels in one of these
        many = pixels.points, pixels.normals, pixels.canonical, pixels.usable
        points, normals, canonical, usable = (values[inside].mean(1, dtype=float) for values in many)
        away = motion.distance(points)
        weight = np.clip(-2 * normals[:, 2], 0, 1) * (-normals[:, 2] > 0.1)
        weight *= (canonical[:, 1] > BELOW) & (canonical[:, 2] > HAIR_BEHIND)
        weight *= np.clip((REACH[1] - away) / (REACH[1] - REACH[0]), 0, 1) * np.clip(2 * usable - 1, 0, 1)
        kept = weight > 0.02
        self.places = np.stack([columns, rows], 1)[kept] + 0.5
        # so many pixels of SIZE count as one observation
        inside, self.weight = inside[kept], weight[kept] * ratio**2 / 40.0
        parts, self.pull = pixels.parts
        self.mean = pixels.mean[inside].mean(1, dtype=float)
        self.parts = parts[:, inside].mean(2, dtype=float)
        self.motion = motion.of(points[kept]) / ratio


class Pixels:
    """The frame's covered pixels, (n): what a smaller picture averages."""

    def __init__(self, frame: Frame, skin_prior: LinearPrior, skin: np.ndarray | None) -> None:
        camera, covered = frame.camera, frame.fragments.covered
        self.rows, self.columns = np.nonzero(covered)
        outwards = frame.outwards(np.stack([self.columns, self.rows], 1) + 0.5)
        ray = np.concatenate([(outwards - camera.centre) / camera.focal, np.ones((len(outwards), 1))], 1)
        self.points = (ray * frame.depth[covered][:, None] - camera.translation) @ camera.rotation
        self.normals = frame.normals[covered] @ camera.rotation.T.astype(np.float32)
        self.canonical = frame.canonical[covered]
        self.usable = np.ones(len(ray)) if skin is None else sample(skin, outwards)
        places = to_atlas(self.canonical)
        self.mean, self.parts = sample_atlas(skin_prior.mean, places), skin_parts(skin_prior, places, self.normals)
