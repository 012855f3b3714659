"""What a camera sees of the canonical head, from a z-buffer, at many yaws and pitches: the bank of the masks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from ...head.scalp import scalp_share
from ...head.visibility import depth_view, facing, grazing_confidence

#: Degrees of the bank. Negative yaws are other views, not mirror images: the atlas's geometry is not quite symmetric.
YAWS, PITCHES = tuple(range(-72, 73, 6)), tuple(range(-30, 31, 10))
#: The camera's distance from the head's centre in face heights, and picture pixels.
DISTANCE, PIXELS = 5.0, 512
#: Triangles are made of every so many texels: 128 a side are as fine as the z-buffer needs.
GRID = 128


@dataclass(frozen=True)
class Views:
    """yaws, pitches: degrees. masks: (Y,P,S,S) uint8 confidence."""

    yaws: tuple[int, ...]
    pitches: tuple[int, ...]
    masks: np.ndarray

    def mask(self, yaw: int, pitch: int) -> np.ndarray:
        """(S,S) float32 0..1."""
        return self.masks[self.yaws.index(yaw), self.pitches.index(pitch)].astype(np.float32) / 255

    def save(self, path: Path) -> None:
        temporary = path.with_name(f".{path.stem}.part.npz")
        np.savez(temporary, yaws=np.array(self.yaws), pitches=np.array(self.pitches), masks=self.masks)
        temporary.replace(path)

    @classmethod
    def load(cls, path: Path) -> Views:
        with np.load(path, allow_pickle=False) as data:
            return cls(tuple(data["yaws"].tolist()), tuple(data["pitches"].tolist()), data["masks"])


@dataclass(frozen=True)
class Eye:
    """A camera that looks at the head's centre. position: (3,) canonical. axes: (3,3) rows right, up, towards it."""

    position: np.ndarray
    axes: np.ndarray

    @classmethod
    def at(cls, yaw: float, pitch: float) -> Eye:
        """Degrees; a yaw above 0 sees more of the head's +x side, a pitch above 0 looks down on it."""
        a, b = np.radians([yaw, pitch])
        towards = np.array([np.sin(a) * np.cos(b), np.sin(b), np.cos(a) * np.cos(b)])
        right = np.cross((0.0, 1.0, 0.0), towards)
        right /= np.linalg.norm(right)
        return cls(DISTANCE * towards, np.stack([right, np.cross(towards, right), towards]))

    def local(self, points: np.ndarray) -> np.ndarray:
        """(…,3) float32 camera axes: right, up, distance along the view."""
        turned = (points - self.position.astype(points.dtype)) @ self.axes.T.astype(points.dtype)
        turned[..., 2] *= -1
        return turned


def surface(positions: np.ndarray, covered: np.ndarray) -> np.ndarray:
    """(M,3,3) corners of triangles between neighbouring texels, the seam at the back closed."""
    step = max(1, len(positions) // GRID)
    keep = slice(step // 2, None, step)
    points, known = positions[keep, keep], covered[keep, keep] & np.isfinite(positions[keep, keep]).all(2)
    known &= np.linalg.norm(points, axis=2) > 0.05
    points, known = (np.concatenate([part, part[:, :1]], 1) for part in (points, known))
    a, b, c, d = points[:-1, :-1], points[:-1, 1:], points[1:, :-1], points[1:, 1:]
    whole = known[:-1, :-1] & known[:-1, 1:] & known[1:, :-1] & known[1:, 1:]
    return np.concatenate([np.stack([a, c, b], 2)[whole], np.stack([b, c, d], 2)[whole]])


def visibility(positions: np.ndarray, normals: np.ndarray, corners: np.ndarray, yaw: float, pitch: float) -> np.ndarray:
    """(S,S) float32 0..1, the pipeline's own confidence: seen in the z-buffer, clear of edges, not at a slant."""
    eye = Eye.at(yaw, pitch)
    focal = PIXELS * DISTANCE / 2.0

    def project(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        local = eye.local(points.astype(np.float64))
        depth = np.maximum(local[..., 2], 1e-3)
        return np.stack([local[..., 0], -local[..., 1]], -1) * (focal / depth)[..., None] + PIXELS / 2, depth

    pixels, depth = project(corners)
    (ax, ay), (bx, by) = (pixels[:, 1] - pixels[:, 0]).T, (pixels[:, 2] - pixels[:, 0]).T
    front = ax * by - ay * bx < 0  # what faces away is never nearest, and is half of the work
    pixels, depth = pixels[front], depth[front]
    view = depth_view(pixels, depth, (PIXELS, PIXELS), 1.6)
    places, distance = project(positions)
    cosine = facing(positions.astype(np.float64), normals.astype(np.float64), eye.position)
    slant = grazing_confidence(cosine, scalp_share(positions))
    return view.visible(places, distance) * slant


def make_views(
    positions: np.ndarray,
    normals: np.ndarray,
    covered: np.ndarray,
    openings: np.ndarray,
    yaws: tuple[int, ...] = YAWS,
    pitches: tuple[int, ...] = PITCHES,
    over=map,
) -> Views:
    """The bank of (S,S,3) canonical geometry; openings (S,S) bool are eyes, which no texel of skin shows.

    Args:
        over: map, or a process pool's.
    """
    row = partial(masks_of, positions, normals, covered & ~openings, surface(positions, covered), pitches)
    return Views(tuple(yaws), tuple(pitches), np.array(list(over(row, yaws))))


def masks_of(positions, normals, known, corners, pitches: tuple[int, ...], yaw: int) -> np.ndarray:
    """(P,S,S) uint8, one yaw's part of the bank."""
    seen = [visibility(positions, normals, corners, yaw, pitch) * known for pitch in pitches]
    return np.rint(255 * np.array(seen)).astype(np.uint8)
