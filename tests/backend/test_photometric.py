"""Camera, shape and skin from pixels: what is differentiated by hand, what is found again, what must not count."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from backend.head.atlas import fit_canonical, to_atlas
from backend.head.camera import Camera
from backend.head.landmarks import find_head_landmarks
from backend.head.mesh import load_mesh
from backend.head.photometric import Motion, refine
from backend.head.reread import FILL, SIZE, Frame, frame_head
from backend.head.shape import EXPRESSIONS, deviations
from backend.head.subjects import Head, Readings
from backend.imaging.sample import sample_atlas
from backend.lab.evaluation.expressions import make_face, on_surface, places_on
from backend.lab.evaluation.truth import angle_of
from backend.prior.skin import usual_skin

OFF = np.radians([3.0, -2.0, 1.0])


@pytest.fixture(scope="module")
def head(demo_head_obj):
    mesh = load_mesh(demo_head_obj)
    landmarks = find_head_landmarks(mesh)
    canonical = fit_canonical(landmarks)(mesh.vertices.astype(np.float64)).astype(np.float32)
    return mesh, landmarks, canonical


@pytest.fixture(scope="module")
def camera(head):
    """Turned by 35 degrees, six face heights away."""
    _, landmarks, _ = head
    turn = cv2.Rodrigues(np.array([0.05, np.radians(35), 0]))[0]
    rotation = np.diag([1.0, -1.0, -1.0]) @ turn @ landmarks.rotation
    distance = 6 * landmarks.height
    translation = np.array([0, 0, distance]) - rotation @ landmarks.points.mean(0)
    return Camera(SIZE * FILL * distance / landmarks.height, np.full(2, SIZE / 2), rotation, translation)


def moved(camera: Camera, landmarks, turn=OFF, shift=(0, 0, 0)) -> Camera:
    rotation = cv2.Rodrigues(np.asarray(turn, float))[0]
    middle = camera.rotation @ landmarks.points.mean(0) + camera.translation
    translation = rotation @ (camera.translation - middle) + middle + np.asarray(shift) * landmarks.height
    return replace(camera, rotation=rotation @ camera.rotation, translation=translation)


def seen(mesh, head, camera: Camera, seed: int = 4) -> tuple[np.ndarray, Frame]:
    """(S,S,3) the mesh through the camera in a skin of the prior and light from the right, and its frame."""
    _, landmarks, canonical = head
    frame = frame_head(Head(mesh, canonical, landmarks), camera)
    skin, covered = usual_skin(), frame.fragments.covered
    coefficients = np.random.default_rng(seed).normal(size=len(skin.basis)).astype(np.float32) * skin.deviation
    usual = frame.skinned(skin, None)
    albedo = sample_atlas(skin.decode(coefficients), to_atlas(frame.canonical))
    shade = 0.9 + 0.3 * (frame.normals @ camera.rotation.T)[..., :1]
    return np.where(covered[..., None], albedo * shade, usual).astype(np.float32), frame


def portrait_in(picture: np.ndarray, true, frame) -> np.ndarray:
    """The picture of the true frame, in the window of another one."""
    ratio = true.scale / frame.scale
    corner = true.inwards(frame.outwards(np.zeros(2)))
    warp = np.array([[ratio, 0, corner[0] + 0.5 * ratio - 0.5], [0, ratio, corner[1] + 0.5 * ratio - 0.5]])
    return cv2.warpAffine(
        picture, warp, (SIZE, SIZE), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE
    )


def started(head, camera: Camera, mesh=None) -> tuple:
    """The frame of a camera that is off, and the portrait in its window."""
    shape, landmarks, canonical = head
    picture, true = seen(mesh or shape, head, camera)
    frame = frame_head(Head(shape, canonical, landmarks), moved(camera, landmarks))
    return frame, portrait_in(picture, true, frame)


def error(found: Camera, camera: Camera) -> float:
    return angle_of(found.rotation @ camera.rotation.T)


def test_motion_is_what_cameras_and_shapes_do(head, camera):
    """The derivatives beside differences of projected points."""
    _, landmarks, _ = head
    motion, points = Motion(camera, landmarks, 1.7), landmarks.points
    columns, step = motion.of(points), 1e-5
    before = camera.project(points)[0]
    for i in range(6 + len(motion.shapes)):
        found = np.zeros(6 + len(motion.shapes))
        found[i] = step
        shape = np.tensordot(found[6:], motion.shapes, 1)
        wanted = (motion.turned(found).project(points + shape)[0] - before) / step * 1.7
        away = np.linalg.norm(columns[..., i] - wanted, axis=1)
        assert np.median(away) < (1e-3 if i < 6 else 0.15) * np.linalg.norm(wanted, axis=1).max()  # shapes are smoothed


def test_pixels_alone_turn_the_camera_back(head, camera):
    _, landmarks, _ = head
    frame, portrait = started(head, camera)
    points = landmarks.points
    read = frame.camera.project(points)[0]
    found, _ = refine(frame, landmarks, Readings(points, read, np.zeros(len(points))), portrait, usual_skin())
    assert error(frame.camera, camera) > 3.5
    assert error(found, camera) < 0.4 * error(frame.camera, camera)


def test_an_open_mouth_is_an_expression_and_no_nod(head, camera):
    """The landmarks are read on a mouth that is half as open as it is; pixels know."""
    mesh, landmarks, _ = head
    made = make_face(mesh, landmarks, "open")
    frame, portrait = started(head, camera, made)
    shut = camera.project(landmarks.points)[0]
    true = camera.project(places_on(made, on_surface(mesh, landmarks)))[0]
    read = (shut + true) / 2
    found, placed = refine(
        frame, landmarks, Readings(landmarks.points, read, np.full(len(shut), 0.5)), portrait, usual_skin()
    )
    lower = np.linalg.norm(true - shut, axis=1) > 0.05 * np.linalg.norm(shut[10] - shut[152])
    assert lower.sum() > 40 and error(found, camera) < 3
    assert np.median(np.linalg.norm(placed - true, axis=1)[lower]) < 0.7 * np.median(
        np.linalg.norm(read - true, axis=1)[lower]
    )


def test_where_nothing_is_skin_only_the_readings_count(head, camera):
    _, landmarks, _ = head
    frame, portrait = started(head, camera)
    points = landmarks.points
    true = camera.project(points)[0]
    nothing = np.zeros((SIZE, SIZE), np.float32)
    found, blind = (
        refine(frame, landmarks, Readings(points, true, np.ones(len(points))), picture, usual_skin(), nothing)[0]
        for picture in (portrait, np.zeros_like(portrait))
    )
    assert error(found, camera) < 0.5 and np.allclose(found.rotation, blind.rotation)


def test_a_face_that_no_skin_explains_says_less(head, camera):
    """Blotches that are in no prior: the camera stays nearer to where the readings put it than without them."""
    _, landmarks, _ = head
    frame, portrait = started(head, camera)
    blotches = cv2.GaussianBlur(np.random.default_rng(1).normal(size=portrait.shape).astype(np.float32), (0, 0), 3)
    points = landmarks.points
    read, weights = frame.camera.project(points)[0], np.full(len(points), 0.2)  # the readings do not know of the turn
    clean, spotted = (
        error(refine(frame, landmarks, Readings(points, read, weights), picture, usual_skin())[0], frame.camera)
        for picture in (portrait, portrait + 0.08 * blotches / blotches.std())
    )
    print(clean, spotted)
    assert spotted < 0.4 * clean


def test_expressions_come_last(head, camera):
    _, landmarks, _ = head
    motion = Motion(camera, landmarks, 1.0)
    jaw = motion.shapes[-EXPRESSIONS] @ landmarks.rotation.T / landmarks.height
    assert jaw[152, 1] < -0.03 and abs(jaw[10]).max() < 0.005 and deviations()[-1] > deviations()[0]
