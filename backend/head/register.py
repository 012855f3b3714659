"""The head registered to the portrait: camera, warp and visibility together."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..errors import ErrorCode
from ..pins import Pin
from ..portrait.landmark_groups import INNER_LIPS, LEFT_EYE, LIPS, RIGHT_EYE
from ..prior.linear import LinearPrior
from ..prior.skin import usual_skin
from .camera import Camera, solve_camera
from .landmarks import TRUSTED, HeadLandmarks, face_height
from .lids import Lids, find_lids
from .mouth import LipEdges, find_head_edges, find_portrait_edges
from .photometric import refine
from .pinning import hold_head_pins, pinned
from .reread import compare, frame_head
from .shape import shapes_of
from .subjects import Face, Head, Readings
from .visibility import DepthView, depth_view, facing, grazing_confidence
from .warp import ImageWarp, MouthWarp, fit_face_warp

#: Share of where the pixels put a landmark; the rest is where it was read. The two err apart.
BY_PIXELS = 0.6


@dataclass(frozen=True)
class Registration:
    """Where every point of the head lies in the portrait.

    error: (before, after) median distance in portrait pixels, from the camera alone to where landmarks were read, and
        from the warp to where they are.
    read: the landmarks, on the head as the portrait's view shows them.
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
    read: Readings
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
    head: Head,
    face: Face,
    pins: Sequence[Pin] = (),
    camera: Camera | None = None,
    skin_prior: LinearPrior | None = None,
) -> Registration:
    """Register a head to a face.

    Args:
        pins: are in their places in the head's and the face's landmarks already; here they are held there.
        camera: of pins alone, where nothing else is known of the portrait's face; else it is solved.
        skin_prior: what skins look like; the shipped prior where it is not said.

    Raises:
        AvatarTexError: NO_FACE_ON_HEAD when no camera explains the landmarks.
    """
    face = replace(face, points=np.asarray(face.points, np.float64))
    mesh, landmarks, picture = head.mesh, head.landmarks, face.picture
    held, shapes = pinned(pins), None if pins else shapes_of(landmarks)  # they would take up what pins are to turn
    # where the landmarks of a side come from pins alone, the network would read something else
    # in the mean skin first, for a camera that is far off fits a wrong one, then in the portrait's
    rounds = (False, True) if camera is None and landmarks.presence > 0 else ()
    try:
        if camera is None:
            camera, weights = solve_camera(landmarks, face.points, face.extent, held, shapes)
        else:
            weights = np.where(held, 1.0, np.where(landmarks.trust > TRUSTED, landmarks.trust, 0.0))
    except ArithmeticError as reason:
        raise ErrorCode.NO_FACE_ON_HEAD(
            f"The face on {mesh.name!r} does not fit the portrait's ({reason}).",
            "Try a portrait that is seen more from the front, or place pins on eyes, nose, mouth and chin.",
        ) from reason
    skin_prior, skin, lips = skin_prior or usual_skin(), face.skin, None
    if picture is not None and not held[[*LIPS, *INNER_LIPS]].any():
        lips = find_portrait_edges(picture, face.points)
        teeth = 1 - lips.between(picture.shape[:2])
        skin = teeth if skin is None else skin * teeth
    points, free = landmarks.points, picture is not None and not pins
    targets = places = face.points
    found = bool(rounds)
    for fitted in rounds:
        compared = compare(head, camera, face, fitted and free, free=free, skin_prior=skin_prior)
        if compared is None or (compared.head.trust > TRUSTED).sum() < 40:  # landmarks that can be trusted
            found = False
            break
        again, targets = hold_head_pins(compared.head, landmarks, pins), compared.pixels
        points, places = again.points, targets
        camera, weights = solve_camera(again, targets, face.extent, held, shapes, camera)
    read = Readings(points, targets, np.minimum(weights, 1))
    if found and picture is not None and not pins:
        frame = frame_head(head, camera)
        camera, placed = refine(frame, landmarks, read, frame.cut(picture), skin_prior, skin)
        places = targets + BY_PIXELS * (placed - targets)
    projected, _ = camera.project(points)
    edges = None if lips is None or face.drawn else (find_head_edges(mesh, camera, projected), lips)
    warp = fit_face_warp(projected, places, weights, held, edges)
    trusted = weights > 0.2
    before = float(np.median(np.linalg.norm(projected - targets, axis=1)[trusted]))
    after = float(np.median(np.linalg.norm(warp(projected) - places, axis=1)[trusted]))
    pixels, depth = camera.project(mesh.vertices.astype(np.float64))
    view = depth_view(
        mesh.corners(warp(pixels)),
        mesh.corners(depth),
        face.extent,
        1.6 * landmarks.height,
        None if lips is None else lips.outline,
        [] if face.drawn else eye_outlines(targets),
    )
    return Registration(
        camera,
        warp,
        view,
        head.normals,
        (before, after),
        camera_angles(camera, landmarks),
        face_height(camera.project(landmarks.points)[0]),
        read,
        find_lids(mesh, landmarks, projected, face, targets),
        lips,
    )


def eye_outlines(targets: np.ndarray) -> list[np.ndarray]:
    """(n,2) portrait pixels around the opening of each eye, of (468,2) landmarks."""
    return [targets[list(loop)] for loop in (RIGHT_EYE, LEFT_EYE)]


def camera_angles(camera: Camera, head: HeadLandmarks) -> tuple[float, float, float]:
    """Yaw, pitch and roll in degrees, as Registration has them."""
    face = camera.rotation @ head.rotation.T  # columns: the face's right, up and front in camera axes (y down, z away)
    right, _, front = face.T
    yaw = np.degrees(np.arctan2(front[0], -front[2]))
    pitch = np.degrees(np.arcsin(np.clip(-front[1], -1, 1)))
    roll = np.degrees(np.arctan2(right[1], right[0]))
    return float(yaw), float(pitch), float(roll)
