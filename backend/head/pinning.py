"""Pins in the place of landmarks: they move what was found, and four of them stand in for what was not.

A pin that moves a landmark takes its neighbours along. Neighbourhood is measured on the canonical face, so a mouth's
corner pulls the lips and leaves the eyes, whatever the picture's scale.
"""

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from ..errors import AvatarTexError, ErrorCode
from ..pins import NEEDED, Pin
from ..portrait.landmarks import FaceLandmarks, box_of
from .atlas import canonical_head, procrustes
from .camera import Camera, settled
from .landmarks import FINE, TRUSTED, HeadLandmarks, face_height, face_middle, lift
from .mesh import HeadMesh, vertex_normals
from .view import render_view

#: How far a pin takes its neighbours along, in face heights: an eye's corner takes the other by a third of its way. Of
#: photographs and paintings 0.10 to 0.16 are alike; wider, the eyes of drawings went with one corner and not with both.
NEAR = 0.12
CURE_PINS = f"Or place at least {NEEDED} pins on it, best the outer eye corners, nose tip and chin."


def portrait_pins(pins: Sequence[Pin]) -> tuple[np.ndarray, np.ndarray]:
    """(k,) landmarks and (k,2) pixels of the pins that have a place on the portrait."""
    placed = [pin for pin in pins if pin.portrait is not None]
    return np.array([pin.landmark for pin in placed], int), np.array([p.portrait for p in placed], float).reshape(-1, 2)


def head_pins(pins: Sequence[Pin]) -> tuple[np.ndarray, np.ndarray]:
    """(k,) landmarks and (k,3) mesh points of the pins that have a place on the head."""
    placed = [pin for pin in pins if pin.head is not None]
    return np.array([pin.landmark for pin in placed], int), np.array([p.head for p in placed], float).reshape(-1, 3)


def pinned(pins: Sequence[Pin]) -> np.ndarray:
    """(468,) bool: landmarks with a pin on either side."""
    mask = np.zeros(len(canonical_head().points), bool)
    mask[[pin.landmark for pin in pins]] = True
    return mask


def bend(points: np.ndarray, index: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Landmarks (468,d) that were found, moved so that points[index] lie on targets (k,d), with their neighbours."""
    if not len(index):
        return points
    face = canonical_head().points
    kernel = np.exp(-_squared(face, face[index]) / (2 * NEAR**2))
    coefficients = np.linalg.solve(kernel[index] + 1e-6 * np.eye(len(index)), targets - points[index])
    moved = points + kernel @ coefficients
    moved[index] = targets
    return moved


def stretch(points: np.ndarray, index: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Landmarks (468,d) that were not found, moved so that points[index] lie on targets: pins are all there is.

    Shifts go straight from pin to pin (radial basis r with a constant), and stay what they are beyond the last one.
    """
    face, count = canonical_head().points, len(index)
    kernel = np.column_stack([np.sqrt(_squared(face, face[index])), np.ones(len(face))])
    system = np.zeros((count + 1, count + 1))
    system[:count], system[count, :count] = kernel[index], 1
    moved = points + kernel @ np.linalg.solve(system, np.vstack([targets - points[index], np.zeros(points.shape[1])]))
    moved[index] = targets
    return moved


def means_another_face(points: np.ndarray, index: np.ndarray, targets: np.ndarray) -> bool:
    """Whether enough pins lie so far from the landmarks (468,d) that those belong to something else."""
    if len(index) < NEEDED:
        return False
    height = face_height(points)
    return bool(np.median(np.linalg.norm(points[index] - targets, axis=1)) > 0.2 * height)  # no pin moves so far


def pinned_face(
    face: FaceLandmarks | None, head: HeadLandmarks, pins: Sequence[Pin], width: int, height: int
) -> tuple[FaceLandmarks, Camera | None]:
    """The portrait's face with the pins in their places.

    Where no face was found, or pins mean another one, the head's landmarks through the pins' camera, which then comes
    along; presence is 0.

    Raises:
        AvatarTexError: BAD_PINS.
    """
    index, pixels = portrait_pins(pins)
    if face is not None and not means_another_face(face.points[:, :2], index, pixels):
        points, presence, camera, move = face.points.astype(np.float64), face.presence, None, bend
    else:
        camera = camera_from_pins(head, index, pixels, width, height)
        projected, depth = camera.project(_whole_shape(head))
        scale = camera.focal / float(depth.mean())
        points, presence = np.column_stack([projected, (depth - depth.mean()) * scale]), 0.0
        move = stretch
    points = np.column_stack([move(points[:, :2], index, pixels), points[:, 2]]).astype(np.float32)
    return FaceLandmarks(points, presence, box_of(points)), camera


def camera_from_pins(head: HeadLandmarks, index: np.ndarray, pixels: np.ndarray, width: int, height: int) -> Camera:
    """The likeliest camera of a few pins: near the front, with a portrait's lens.

    Args:
        index, pixels: (k,) landmarks and their (k,2) portrait pixels, four or more.

    Raises:
        AvatarTexError: BAD_PINS when they lie in one spot, or right and left are exchanged.
    """
    centre, focal = np.array([width / 2, height / 2]), 2.0 * max(width, height)
    points = head.points[index]
    frontal = np.diag([1.0, -1.0, -1.0]) @ head.rotation  # camera axes: right, down, away
    flat = (points - points.mean(0)) @ frontal[:2].T
    target = pixels - pixels.mean(0)
    # the similarity of the frontal view gives roll and distance to start from (complex numbers turn and scale)
    a, b = flat @ (1, 1j), target @ (1, 1j)
    turn = (np.conj(a) @ b) / max(float((np.conj(a) @ a).real), 1e-12)
    scale = abs(turn)
    mirrored = (a @ b) / max(float((np.conj(a) @ a).real), 1e-12)  # b = conj(a) * mirrored, where left is right
    if abs(mirrored) > 1.2 * scale and np.ptp(flat[:, 0]) > 0.15 * head.height:
        raise ErrorCode.BAD_PINS(
            "The pins show a mirrored face.",
            "Right and left are the person's own: the right eye is on the left of an ordinary portrait.",
        )
    if scale * head.height < 12:  # pixels from forehead to chin
        raise ErrorCode.BAD_PINS("The portrait's pins lie in one spot.", "Drag them onto the face.")
    # standard deviation of a pin about its projection: no head is the person, no drawing human; with less, short
    # distances from eyes to mouth became a head thrown back
    spread = 0.05 * head.height * scale

    def pose(parameters: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        yaw, pitch, roll = parameters[:3]
        rotation = _turn((0, 0, roll)) @ _turn((0, yaw, 0)) @ _turn((pitch, 0, 0)) @ frontal
        depth = focal / (scale * np.exp(parameters[5]))
        place = (pixels.mean(0) + parameters[3:5] * spread - centre) / focal * depth
        return rotation, np.append(place, depth) - rotation @ points.mean(0)

    def residual(parameters: np.ndarray) -> np.ndarray:
        projected, _ = Camera(focal, centre, *pose(parameters)).project(points)
        yaw, pitch = np.degrees(parameters[:2])
        # four points leave open how far the head is turned and nods: standard deviations of 30 and 8 degrees
        return np.append(((projected - pixels) / spread).ravel(), (yaw / 30.0, pitch / 8.0))

    def slopes(parameters: np.ndarray) -> np.ndarray:
        steps = 1e-6 * np.eye(len(parameters))
        return np.stack([residual(parameters + step) - residual(parameters - step) for step in steps], 1) / 2e-6

    starts = [np.array([np.radians(yaw), 0, np.angle(turn), 0, 0, 0]) for yaw in (-35, 0, 35)]
    best, _ = min(
        (settled(start, residual, slopes, steps=100, enough=1e-12) for start in starts), key=lambda fit: fit[1]
    )
    return Camera(focal, centre, *pose(best))


def pinned_head(mesh: HeadMesh, found: HeadLandmarks | None, pins: Sequence[Pin]) -> HeadLandmarks:
    """The head's landmarks with the pins in their places; presence is 0 where nothing was found, or something else.

    Four pins and nothing else place the canonical head, which is then laid onto the surface from in front.
    """
    index, targets = head_pins(pins)
    if found is not None and not len(index):
        return found
    if found is not None and not means_another_face(found.points, index, targets):
        points, rotation, presence = bend(found.points, index, targets), found.rotation, found.presence
    else:
        canonical = canonical_head().points
        similarity = procrustes(canonical[index], targets, np.ones(len(index)))
        points = stretch(canonical @ similarity[:, :3].T + similarity[:, 3], index, targets)
        rotation, presence = similarity[:, :3].T / np.cbrt(np.linalg.det(similarity[:, :3])), 0.0
    return _seat(mesh, points, rotation, presence, index, targets)


def hold_head_pins(head: HeadLandmarks, found: HeadLandmarks, pins: Sequence[Pin]) -> HeadLandmarks:
    """Landmarks that were read again, with the pins in their places: on the head where they are shown to the artist.

    Args:
        found: the head's landmarks as first found, in which pins with a place on the head are in it already.
    """
    index = np.flatnonzero(pinned(pins))
    if not len(index):
        return head
    trust = head.trust.copy()
    trust[index] = np.where(found.trust[index] > TRUSTED, 1.0, trust[index])
    points = bend(head.points, index, found.points[index])
    return replace(head, points=points, trust=trust)


def refuse_few_pins(code: ErrorCode, sentence: str, placed: int, cure: str) -> AvatarTexError:
    """The refusal of a face that nobody found, which says how many pins are there already."""
    pins = f" {placed} of the {NEEDED} pins that would do are placed." if placed else ""
    return AvatarTexError(code, sentence + pins, f"{cure} {CURE_PINS}")


def _seat(
    mesh: HeadMesh, points: np.ndarray, rotation: np.ndarray, presence: float, index: np.ndarray, targets: np.ndarray
) -> HeadLandmarks:
    """Landmarks (468,3) laid onto the surface from in front; pins stay where they are."""
    height, centre, normals = face_height(points), face_middle(points), vertex_normals(mesh)
    view = render_view(mesh, rotation, FINE, centre=centre, extent=height * 1.9, normals=normals)
    across, up, towards = ((points - centre) @ rotation.T * view.scale).T
    pixels = np.column_stack([across + FINE / 2, FINE / 2 - up, -towards])
    lifted = lift(mesh, normals, view, FaceLandmarks(pixels, presence, box_of(pixels)))
    # a landmark that fell beside the head, or through a hole, stays on the canonical shape
    off = np.abs((lifted.points - points) @ rotation[2]) > 0.35 * height
    seated, trust, facing = lifted.points, np.where(off, 0, lifted.trust), lifted.normals
    seated[off], seated[index], trust[index] = points[off], targets, 1.0
    facing[np.linalg.norm(facing, axis=1) < 0.5] = rotation[2]
    return HeadLandmarks(seated, facing, trust, rotation, height, presence)


def _whole_shape(head: HeadLandmarks) -> np.ndarray:
    """(468,3) landmarks, those that fell beside the face (hair, neck, thin air) taken from the canonical shape."""
    trusted = head.trust > TRUSTED
    if trusted.sum() < NEEDED:
        return head.points
    similarity = procrustes(canonical_head().points[trusted], head.points[trusted], np.ones(trusted.sum()))
    shape = canonical_head().points @ similarity[:, :3].T + similarity[:, 3]
    share = np.clip(head.trust / TRUSTED, 0, 1)[:, None]
    return share * head.points + (1 - share) * shape


def _turn(axis: tuple[float, float, float]) -> np.ndarray:
    return cv2.Rodrigues(np.array(axis, float))[0]


def _squared(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(n,k) squared distances between (n,3) and (k,3)."""
    return ((a[:, None] - b[None]) ** 2).sum(-1)
