"""The head registered to the portrait: camera, warp and visibility together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import AvatarTexError, ErrorCode
from ..pins import Pin
from ..portrait.landmark_groups import INNER_LIPS, LEFT_EYE, LIPS, RIGHT_EYE
from ..prior.linear import LinearPrior
from ..prior.skin import worn_skin
from .camera import Camera, solve_camera
from .landmarks import TRUSTED, HeadLandmarks, face_height
from .lids import Lids, find_lids
from .mesh import HeadMesh, vertex_normals
from .mouth import LipEdges, MouthWarp, find_head_edges, find_portrait_edges, fit_face_warp
from .photometric import refine
from .pinning import hold_head_pins, pinned
from .reread import compare, frame_head
from .shape import shapes_of
from .visibility import DepthView, depth_view, facing, grazing_confidence
from .warp import ImageWarp

#: Rounds of looking at head and portrait through the camera just solved: the head in the mean skin first, for a camera
#: that is far off fits a wrong one, then in the portrait's.
ROUNDS = (False, True)
#: Share of where the pixels put a landmark; the rest is where it was read. The two err apart. Landmarks of a round that
#: must be trusted.
BY_PIXELS, ENOUGH = 0.6, 40


@dataclass(frozen=True)
class Registration:
    """Where every point of the head lies in the portrait.

    error: (before, after) median distance in portrait pixels, from the camera alone to where landmarks were read, and
        from the warp to where they are.
    landmarks: (468,3) on the head as the portrait's view shows them. weights: (468,) 0..1, how much each counted.
    targets: (468,2) where they were read in the portrait.
    angles: (yaw, pitch, roll) of the camera about the face, degrees; yaw > 0: the face looks to the picture's right.
    face_height: portrait pixels from forehead to chin.
    lids: which eyes are shut, on the head and in the portrait.
    lips: where they end in the portrait; None where nobody looked.
    """

    camera: Camera
    warp: ImageWarp | MouthWarp
    depth: DepthView
    normals: np.ndarray
    error: tuple[float, float]
    angles: tuple[float, float, float]
    face_height: float
    landmarks: np.ndarray
    weights: np.ndarray
    targets: np.ndarray
    lids: Lids
    lips: LipEdges | None = None

    def project(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(…,2) portrait pixels and (…,) depth of (…,3) mesh points."""
        pixels, depth = self.camera.project(points)
        return self.warp(pixels), depth

    def confidence(
        self,
        points: np.ndarray,
        normals: np.ndarray,
        pixels: np.ndarray,
        depth: np.ndarray,
        hair: np.ndarray | float = 0.0,
    ) -> np.ndarray:
        """(…,) float32 0..1: visible, away from occlusion edges, and not grazing. hair: (…,) 0..1, where it grows."""
        cosine = facing(points, normals, self.camera.position)
        return self.depth.visible(pixels, depth) * grazing_confidence(cosine, hair)


def register(
    mesh: HeadMesh,
    canonical: np.ndarray,
    head: HeadLandmarks,
    portrait_points: np.ndarray,
    width: int,
    height: int,
    pins: Sequence[Pin] = (),
    camera: Camera | None = None,
    picture: np.ndarray | None = None,
    skin: np.ndarray | None = None,
    skin_prior: LinearPrior | None = None,
    drawn: bool = False,
) -> Registration:
    """Register a head to a portrait of width x height pixels.

    Args:
        canonical: (N,3) canonical coordinates of the mesh's vertices.
        portrait_points: (468,2) landmark pixels in the portrait.
        pins: are in their places in head and portrait_points already; here they are held there.
        camera: of pins alone, where nothing else is known of the portrait's face; else it is solved.
        picture: (height,width,3) float32 sRGB portrait; without it its landmarks are all that is known of it.
        skin: (height,width) 0..1, what of the picture is the face's; all of it where it is not said.
        skin_prior: what skins look like; the shipped prior where it is not said.
        drawn: the portrait is a cartoon, whose lips end at lines. Their edges by colour lie beside the corners, and
            brought one of five drawings 0.2 to 0.6 % of the face further off: landmarks are all that bends the warp.

    Raises:
        AvatarTexError: NO_FACE_ON_HEAD when no camera explains the landmarks.
    """
    portrait_points = np.asarray(portrait_points, np.float64)
    held, shapes = pinned(pins), None if pins else shapes_of(head)  # they would take up what pins are to turn
    # where the landmarks of a side come from pins alone, the network would read something else
    rounds = ROUNDS if camera is None and head.presence > 0 else ()
    try:
        if camera is None:
            camera, weights = solve_camera(
                head.points, head.normals, head.trust, portrait_points, width, height, held, shapes
            )
        else:
            weights = np.where(held, 1.0, np.where(head.trust > TRUSTED, head.trust, 0.0))
    except ArithmeticError as reason:
        raise AvatarTexError(
            ErrorCode.NO_FACE_ON_HEAD,
            f"The face on {mesh.name!r} does not fit the portrait's ({reason}).",
            "Try a portrait that is seen more from the front, or place pins on eyes, nose, mouth and chin.",
        ) from reason
    normals, skin_prior = vertex_normals(mesh), skin_prior or worn_skin()
    lips = (
        None if picture is None or held[[*LIPS, *INNER_LIPS]].any() else find_portrait_edges(picture, portrait_points)
    )
    if lips is not None:
        teeth = 1 - lips.between((height, width))
        skin = teeth if skin is None else skin * teeth
    points, free = head.points, picture is not None and not pins
    targets = places = portrait_points
    read = bool(rounds)
    for fitted in rounds:
        compared = compare(
            mesh,
            normals,
            canonical,
            head,
            camera,
            portrait_points,
            picture,
            fitted and free,
            free=free,
            skin_prior=skin_prior,
        )
        if compared is None or (compared.head.trust > TRUSTED).sum() < ENOUGH:
            read = False
            break
        again, targets = hold_head_pins(compared.head, head, pins), compared.pixels
        points, places = again.points, targets
        camera, weights = solve_camera(points, again.normals, again.trust, targets, width, height, held, shapes, camera)
    if read and free:
        frame = frame_head(mesh, normals, canonical, head, camera)
        camera, placed = refine(
            frame, head, points, targets, np.minimum(weights, 1), frame.cut(picture), skin_prior, skin
        )
        places = targets + BY_PIXELS * (placed - targets)
    projected, _ = camera.project(points)
    edges = None if lips is None or drawn else (find_head_edges(mesh, camera, projected), lips)
    warp = fit_face_warp(projected, places, weights, held, edges)
    trusted = weights > 0.2
    before = float(np.median(np.linalg.norm(projected - targets, axis=1)[trusted]))
    after = float(np.median(np.linalg.norm(warp(projected) - places, axis=1)[trusted]))
    pixels, depth = camera.project(mesh.vertices.astype(np.float64))
    view = depth_view(
        mesh.corners(warp(pixels)),
        mesh.corners(depth),
        width,
        height,
        1.6 * head.height,
        None if lips is None else lips.outline,
        [] if drawn else eye_outlines(targets),
    )
    return Registration(
        camera,
        warp,
        view,
        normals,
        (before, after),
        _angles(camera, head),
        face_height(camera.project(head.points)[0]),
        points,
        np.minimum(weights, 1),
        targets,
        find_lids(mesh, head, projected, targets),
        lips,
    )


def eye_outlines(targets: np.ndarray) -> list[np.ndarray]:
    """(n,2) portrait pixels around the opening of each eye, of (468,2) landmarks."""
    return [targets[list(loop)] for loop in (RIGHT_EYE, LEFT_EYE)]


def _angles(camera: Camera, head: HeadLandmarks) -> tuple[float, float, float]:
    face = camera.rotation @ head.rotation.T  # columns: the face's right, up and front in camera axes (y down, z away)
    right, _, front = face.T
    yaw = np.degrees(np.arctan2(front[0], -front[2]))
    pitch = np.degrees(np.arcsin(np.clip(-front[1], -1, 1)))
    roll = np.degrees(np.arctan2(right[1], right[0]))
    return float(yaw), float(pitch), float(roll)
