"""One portrait laid on a head as a job does it, and in ways that are wrong on purpose, with how far each is off.

Wrong are: another side of the head as its face; a head of other proportions; the portrait's face misread (moved aside,
mirrored, on its head, or as another person's face lies in another portrait); the portrait cut through the face.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from ...errors import AvatarTexError
from ...head.atlas import fit_canonical
from ...head.landmarks import HeadLandmarks, find_head_landmarks, look_closer, read_middle, turn_normals, whole_views
from ...head.mesh import HeadMesh, vertex_normals
from ...head.quality import limit_score
from ...head.register import register
from ...head.subjects import Face, Head
from ...head.verdict import read_signs
from ...portrait.faces import find_faces
from ...portrait.landmark_groups import mirror_table
from ...portrait.landmarks import FaceLandmarks, box_of, landmarks_in_square

WAYS = ("as it is", "another side", "another head", "another person", "moved", "mirrored", "on its head", "cut")
#: Cosine to the front below which a side is another one; face heights that a face is moved; the most by which another
#: head is wider, taller or deeper.
ASIDE, MOVED, STRETCH = 0.7, 0.3, 0.25


@dataclass(frozen=True)
class Known:
    """A head that is registered. sides: what passes for a face on its other sides."""

    mesh: HeadMesh
    landmarks: HeadLandmarks
    sides: list[HeadLandmarks]

    @classmethod
    def of(cls, mesh: HeadMesh) -> Known:
        landmarks, normals = find_head_landmarks(mesh), vertex_normals(mesh)
        sides = []
        for turn, view in islice(whole_views(mesh, normals), 1, None, 2):
            if (face := read_middle(view.grey)) is not None:
                side = look_closer(mesh.turned(turn), turn_normals(normals, turn), view, face).turned(turn.T)
                if min((side.rotation * landmarks.rotation).sum(1)[1:]) < ASIDE:
                    sides.append(side)
        return cls(mesh, landmarks, sorted(sides, key=lambda side: -side.presence)[:3])

    def stretched(self, gains: np.ndarray) -> Known:
        """The same head with other proportions, (3,) gains of width, height and depth."""
        landmarks, turn = self.landmarks, self.landmarks.rotation
        middle, gain = landmarks.points.mean(0), turn.T @ np.diag(gains) @ turn
        mesh = replace(self.mesh, vertices=np.float32((self.mesh.vertices - middle) @ gain.T + middle))
        points = (landmarks.points - middle) @ gain.T + middle
        return Known(mesh, replace(landmarks, points=points, height=landmarks.height * gains[1]), [])


@dataclass(frozen=True)
class Shown:
    """A portrait, its face, and (n,2) pixels of where places are that `places` finds on a mesh, (n,3)."""

    color: np.ndarray
    face: FaceLandmarks
    truth: np.ndarray
    places: Callable[[HeadMesh], np.ndarray]

    @property
    def height(self) -> float:
        """Of the face, in pixels."""
        return float(np.ptp(self.truth[:, 1])) if len(self.truth) > 40 else self.face.size


@dataclass(frozen=True)
class Way:
    """What is registered, and what for: WAYS, a picture, its face as it is read, a head, and where the truth lies."""

    name: str
    color: np.ndarray
    face: FaceLandmarks
    head: Known
    truth: np.ndarray


def try_all(shown: Shown, head: Known, other: FaceLandmarks | None, random: np.random.Generator) -> Iterator[dict]:
    """Rows with way, error (face heights, median), signs and the limit that judging sets to the score beside them.

    Args:
        other: another person's face in another portrait.
    """
    for way in find_ways(shown, head, other, random):
        height, width = way.color.shape[:2]
        mesh, landmarks = way.head.mesh, way.head.landmarks
        try:
            canonical = fit_canonical(landmarks)(mesh.vertices.astype(float)).astype(np.float32)
            found = register(Head(mesh, canonical, landmarks), Face(way.face.points[:, :2], (width, height), way.color))
        except (AvatarTexError, np.linalg.LinAlgError, ArithmeticError):
            continue
        away = np.linalg.norm(found.project(shown.places(mesh))[0] - way.truth, axis=1)
        yield {
            "way": way.name,
            "error": round(float(np.median(away)) / shown.height, 4),
            "signs": read_signs(found, way.face, landmarks, way.color).round(4).tolist(),
            "limit": round(limit_score(found, landmarks, (height, width)), 4),
        }


def find_ways(shown: Shown, head: Known, other: FaceLandmarks | None, random: np.random.Generator) -> Iterator[Way]:
    """As WAYS; those that this head or portrait lacks are left out."""
    color, face, truth = shown.color, shown.face, shown.truth
    height, width = color.shape[:2]
    angle = random.uniform(0, 2 * np.pi)
    shift = MOVED * face.size * np.array([np.cos(angle), np.sin(angle), 0])
    yield Way(WAYS[0], color, face, head, truth)
    yield from (Way(WAYS[1], color, face, replace(head, landmarks=side), truth) for side in head.sides[:1])
    gains = 1 + random.uniform(-STRETCH, STRETCH, 3)
    yield Way(WAYS[2], color, face, head.stretched(gains), truth)
    if other is not None:
        points = (other.points - other.points.mean(0)) * (face.size / other.size) + face.points.mean(0)
        yield Way(WAYS[3], color, misread(face, points), head, truth)
    yield Way(WAYS[4], color, misread(face, face.points + shift), head, truth)
    yield Way(WAYS[5], color, misread(face, face.points[mirror_table()]), head, truth)
    turned, square = np.ascontiguousarray(color[::-1, ::-1]), face.square
    square = replace(square, x=width - square.x, y=height - square.y, angle=-square.angle)
    yield Way(WAYS[6], turned, landmarks_in_square(turned, square), head, (width, height) - truth)
    x, y = (int(value) for value in face.centre)
    side = int(random.integers(4))
    cut = np.ascontiguousarray((color[:, : x + 1], color[:, x:], color[: y + 1], color[y:])[side])
    offset = ((0, 0), (x, 0), (0, 0), (0, y))[side]
    yield from (Way(WAYS[7], cut, half, head, truth - offset) for half in find_faces(cut)[:1])


def misread(face: FaceLandmarks, points: np.ndarray) -> FaceLandmarks:
    return replace(face, points=points.astype(np.float32), box=box_of(points))
