"""Head and portrait brought together, with the artist's pins; and the job that shows it without making a texture."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from .errors import AvatarTexError, Cancelled, ErrorCode
from .head.atlas import canonical_head, fit_canonical
from .head.landmarks import HeadLandmarks, find_head_landmarks
from .head.mesh import HeadMesh, load_capture, load_mesh
from .head.part import head_part
from .head.pinning import (
    CURE_PINS,
    camera_from_pins,
    head_pins,
    pinned_face,
    pinned_head,
    portrait_pins,
    refuse_few_pins,
)
from .head.quality import Quality, judge
from .head.register import Registration, register
from .head.view import orientations
from .messages import LOW_SCORE, Register, Registered
from .pins import NAMES, NEEDED, Pin, parse_pins
from .portrait.decode import Portrait, decode_portrait
from .portrait.faces import CURE_NO_FACE, find_faces, find_portrait_face
from .portrait.landmarks import FaceLandmarks, both_ways
from .portrait.matte import Matte, portrait_matte
from .texture.files import write_bytes, write_picture
from .texture.overlay import draw_overlay

OnProgress = Callable[[str, float], None]


@dataclass(frozen=True)
class Match:
    """A head registered to a portrait.

    mesh: the part of the given mesh that is head. canonical: (N,3) canonical coordinates of its vertices.
    """

    mesh: HeadMesh
    canonical: np.ndarray
    face: FaceLandmarks
    head: HeadLandmarks
    registration: Registration
    matte: Matte
    quality: Quality
    warnings: list[str]


def match(
    mesh: HeadMesh, portrait: Portrait, pins: Sequence[Pin] = (), step: Callable[[str], None] = lambda stage: None,
) -> Match:
    """Find both faces, or take them from pins, and register them.

    Raises:
        AvatarTexError: NO_FACE_IN_PORTRAIT, NO_FACE_ON_HEAD, naming the pins that would do; BAD_PINS.
    """
    step("portrait")
    found, warnings = find_face_or_pins(portrait, pins)
    step("register")
    head = find_head_or_pins(mesh, pins, lambda: step("register"))
    return match_found(mesh, portrait, pins, found, head, warnings)


def match_found(
    mesh: HeadMesh, portrait: Portrait, pins: Sequence[Pin], found: FaceLandmarks | None, head: HeadLandmarks,
    warnings: Sequence[str] = (),
) -> Match:
    """match() of a face that was found, or not, and a head whose pins are in their places."""
    warnings = list(warnings)
    height, width = portrait.color.shape[:2]
    face, camera = pinned_face(found, head, pins, width, height)
    if face.presence == 0:
        warnings = ["The portrait's face is where the pins say; none was found there."]
    if head.presence == 0:
        warnings.append("The head's face is where the pins say; none was found there.")
    matte = portrait_matte(portrait.color, face, portrait.alpha)
    if matte.hand:
        warnings.append("A hand is before the face: it is left out, and what it hides is completed.")
    if matte.glasses:
        warnings.append("The portrait wears glasses: they are left out, and what they hide is completed.")
    canonical = fit_canonical(head)(mesh.vertices.astype(np.float64)).astype(np.float32)
    mesh, canonical = head_part(mesh, canonical)
    registration = register(
        mesh, canonical, head, face.points[:, :2], width, height, pins, camera, portrait.color, matte.skin)
    quality = judge(registration, face, head, pins, matte.skin)
    index, pixels = portrait_pins(pins)
    if quality.score < LOW_SCORE and camera is None and len(index) >= NEEDED:
        # the landmarks bend to the pins, but their camera is unlikely: drawn faces have proportions of their own
        camera = camera_from_pins(head, index, pixels, width, height)
        registration = register(mesh, canonical, head, face.points[:, :2], width, height, pins, camera, portrait.color)
        quality = judge(registration, face, head, pins, matte.skin)
    return Match(mesh, canonical, face, head, registration, matte, quality, warnings)


def find_face_or_pins(portrait: Portrait, pins: Sequence[Pin]) -> tuple[FaceLandmarks | None, list[str]]:
    """The face that the pins mean, else the largest; None where none is found and pins will do."""
    index, pixels = portrait_pins(pins)
    if not len(index):
        try:
            return find_portrait_face(portrait)
        except AvatarTexError as refusal:
            raise AvatarTexError(refusal.code, refusal.message, f"{refusal.cure} {CURE_PINS}") from None
    faces = find_faces(portrait.color)
    if faces:
        away = [np.linalg.norm(face.points[index, :2] - pixels, axis=1).mean() / face.size for face in faces]
        return both_ways(portrait.color, faces[int(np.argmin(away))]), []
    if len(index) < NEEDED:
        raise refuse_few_pins(
            ErrorCode.NO_FACE_IN_PORTRAIT, f"No face was found in {portrait.path.name}.", len(index), CURE_NO_FACE,
        )
    return None, []


def find_head_or_pins(
    mesh: HeadMesh, pins: Sequence[Pin], step: Callable[[], None] = lambda: None,
) -> HeadLandmarks:
    """The head's landmarks with the pins in their places; from four pins alone where no face is found.

    Args:
        step: called before each side of the head is looked at; what it raises ends the search.
    """
    placed = len(head_pins(pins)[0])
    try:
        found = find_head_landmarks(mesh, step)
    except AvatarTexError as refusal:
        if refusal.code is not ErrorCode.NO_FACE_ON_HEAD:
            raise
        if placed < NEEDED:
            raise refuse_few_pins(refusal.code, refusal.message, placed, refusal.cure) from None
        found = None
    return pinned_head(mesh, found, pins)


def register_only(
    request: Register, on_progress: OnProgress = lambda stage, fraction: None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> Registered:
    """Register, draw the overlay, say how good it is and where every named point lies.

    A face that is not found is no failure here: the answer carries the refusal, the plain portrait, and points to be
    dragged into place.

    Raises:
        AvatarTexError: everything but NO_FACE_IN_PORTRAIT and NO_FACE_ON_HEAD.
    """
    shares = {"load": 0.0, "portrait": 0.15, "register": 0.4}

    def step(stage: str) -> None:
        if is_cancelled():
            raise Cancelled
        on_progress(stage, shares[stage])

    step("load")
    pins = parse_pins(request.pins)
    if bool(request.mesh) == bool(request.capture):
        raise AvatarTexError(ErrorCode.NO_MESH, "No head was given.", "Select a head mesh.")
    mesh = load_capture(request.capture) if request.capture else load_mesh(request.mesh, request.faces)
    portrait = decode_portrait(request.portrait)
    height, width = portrait.color.shape[:2]
    if request.picture:
        write_picture(request.picture, portrait.color)
    try:
        found = match(mesh, portrait, pins, step)
    except AvatarTexError as refusal:
        if refusal.code not in (ErrorCode.NO_FACE_IN_PORTRAIT, ErrorCode.NO_FACE_ON_HEAD):
            raise
        if request.overlay:
            write_picture(request.overlay, portrait.color)
        faceless = refusal.code is ErrorCode.NO_FACE_ON_HEAD
        points = guessed_points(mesh, portrait, pins, faceless, lambda: step("register"))
        write_report(request, width, height, {"code": str(refusal.code), "points": points})
        return Registered(
            request.job, request.overlay, request.picture, request.report, width, height, points=points,
            code=str(refusal.code), message=refusal.message, cure=refusal.cure,
        )
    if is_cancelled():
        raise Cancelled
    if request.overlay:
        write_picture(request.overlay, draw_overlay(portrait.color, found.mesh, found.registration, pins))
    points = named_points(found.face, found.head)
    write_report(request, width, height, {
        "registration": found.quality.as_json(), **registration_json(found), "warnings": found.warnings,
        "points": points,
    })
    on_progress("register", 1.0)
    quality = found.quality
    return Registered(
        request.job, request.overlay, request.picture, request.report, width, height, quality.score,
        found.registration.error[0], found.registration.face_height, quality.coverage, quality.sentence, points,
        found.warnings,
    )


def write_report(request: Register, width: int, height: int, body: dict) -> None:
    if request.report:
        body = {"portrait_px": [width, height], **body, "pins": request.pins}
        write_bytes(request.report, json.dumps(body, indent=2).encode())


def registration_json(found: Match) -> dict:
    """Camera and landmarks as reports tell them."""
    registration, camera = found.registration, found.registration.camera
    yaw, pitch, roll = (round(angle, 2) for angle in registration.angles)
    return {
        "camera": {
            "focal_px": round(camera.focal, 2), "yaw_deg": yaw, "pitch_deg": pitch, "roll_deg": roll,
            "rotation": camera.rotation.round(6).tolist(), "translation": camera.translation.round(6).tolist(),
        },
        "landmarks": {
            "presence": round(float(found.face.presence), 4), "face_height_px": round(registration.face_height, 1),
            "error_px": round(registration.error[0], 3), "error_after_warp_px": round(registration.error[1], 3),
        },
    }


def named_points(face: FaceLandmarks, head: HeadLandmarks) -> list[dict]:
    """Where every named point lies on both sides: what the add-on shows to be dragged."""
    return [
        Pin(name, tuple(face.points[index, :2]), tuple(head.points[index])).as_json()
        for name, (index, _) in NAMES.items()
    ]


def guessed_points(
    mesh: HeadMesh, portrait: Portrait, pins: Sequence[Pin], faceless: bool, step: Callable[[], None] = lambda: None,
) -> list[dict]:
    """Named points where a face would be: what was found or pinned, else a face in the middle of either side.

    Args:
        faceless: the head was searched in vain already, which takes many seconds.
    """
    height, width = portrait.color.shape[:2]
    shape = canonical_head().points
    points = None
    if not faceless:
        try:
            points = find_head_or_pins(mesh, pins, step).points
        except AvatarTexError:
            pass  # no face on either side
    if points is None:
        turn = orientations(mesh.up)[0]
        low, high = (mesh.vertices @ turn.T).min(0), (mesh.vertices @ turn.T).max(0)
        scale = 0.5 * (high - low)[1]
        middle = (low + high) / 2 + (0, 0, 0.5 * (high - low)[2] - scale * shape[:, 2].max())
        points = (shape * scale + middle) @ turn
    try:
        face, _ = find_face_or_pins(portrait, pins)
    except AvatarTexError:
        face = None
    if face is not None:
        pixels = face.points[:, :2]
    else:
        pixels = shape[:, :2] * (1, -1) * 0.5 * min(width, height) + (width / 2, height / 2)
    known = {pin.name: pin for pin in pins}
    named = []
    for name, (index, _) in NAMES.items():
        pin = known.get(name, Pin(name))
        named.append(Pin(name, pin.portrait or tuple(pixels[index]), pin.head or tuple(points[index])).as_json())
    return named
