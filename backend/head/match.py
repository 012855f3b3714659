"""Head and portrait brought together, with the artist's pins."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..errors import AvatarTexError, ErrorCode
from ..pins import NEEDED, Pin
from ..portrait.decode import Portrait
from ..portrait.faces import CURE_NO_FACE, find_faces, find_portrait_face
from ..portrait.landmarks import FaceLandmarks, both_ways
from ..portrait.parse import Parse, parse_portrait
from ..portrait.style import find_style, picture_warnings
from ..prior.linear import LinearPrior
from ..recall import Recall
from .atlas import fit_canonical
from .landmarks import HeadLandmarks, find_head_landmarks
from .mesh import HeadMesh
from .part import head_part
from .pinning import CURE_PINS, camera_from_pins, head_pins, pinned_face, pinned_head, portrait_pins, refuse_few_pins
from .quality import Quality, judge
from .register import Registration, register
from .subjects import Face, Head
from .view import name_axis, nearest_axes

#: Styles whose landmarks the network guesses, and whose parts are ink.
DRAWN = ("cartoon", "anime")


@dataclass(frozen=True)
class Match:
    """A head registered to a portrait.

    mesh: the part of the given mesh that is head, in upright axes. canonical: (N,3) canonical coordinates of its
    vertices.
    style: what the portrait looks like, of portrait/style.py.
    """

    mesh: HeadMesh
    canonical: np.ndarray
    face: FaceLandmarks
    head: HeadLandmarks
    registration: Registration
    parse: Parse
    quality: Quality
    warnings: list[str]
    style: str


#: The last registration, by its mesh, portrait and pins.
matches: Recall[Match] = Recall()


def match(
    mesh: HeadMesh,
    portrait: Portrait,
    pins: Sequence[Pin] = (),
    step: Callable[[str], None] = lambda stage: None,
    skin_prior: LinearPrior | None = None,
) -> Match:
    """Find both faces, or take them from pins, and register them.

    Args:
        skin_prior: what skins look like; the shipped prior where it is not said.

    Raises:
        AvatarTexError: NO_FACE_IN_PORTRAIT, NO_FACE_ON_HEAD, naming the pins that would do; BAD_PINS.
    """
    step("portrait")
    found, warnings = find_face_or_pins(portrait, pins)
    step("register")
    head = find_head_or_pins(mesh, pins, lambda: step("register"))
    turn = nearest_axes(head.rotation)  # from here on whichever way a file was turned gives the same
    mesh, head = mesh.turned(turn), head.turned(turn)
    pins = [pin if pin.head is None else replace(pin, head=tuple(turn @ pin.head)) for pin in pins]
    made = match_found(mesh, portrait, pins, found, head, skin_prior)
    return replace(made, warnings=[*warnings, *made.warnings])


def match_found(
    mesh: HeadMesh,
    portrait: Portrait,
    pins: Sequence[Pin],
    found: FaceLandmarks | None,
    head: HeadLandmarks,
    skin_prior: LinearPrior | None = None,
) -> Match:
    """match() of a face that was found, or not, and a head whose pins are in their places."""
    warnings = []
    height, width = portrait.color.shape[:2]
    face, camera = pinned_face(found, head, pins, width, height)
    if face.presence == 0:
        warnings.append("The portrait's face is where the pins say; none was found there.")
    if head.presence == 0:
        warnings.append("The head's face is where the pins say; none was found there.")
    warnings += picture_warnings(portrait.color, face)
    parse = parse_portrait(portrait.color, face, portrait.alpha)
    if parse.hand:
        warnings.append("A hand is before the face: it is left out, and what it hides is completed.")
    if parse.worn:
        warnings.append("The portrait wears glasses: they are left out, and what they hide is completed.")
    canonical = fit_canonical(head)(mesh.vertices.astype(np.float64)).astype(np.float32)
    mesh, canonical = head_part(mesh, canonical)
    style = find_style(portrait.color, face)
    drawn = style in DRAWN
    own = Head(mesh, canonical, head)
    shown = Face(face.points[:, :2], (width, height), portrait.color, parse.face, drawn)
    registration = register(own, shown, pins, camera, skin_prior)
    index, pixels = portrait_pins(pins)
    # beyond, proportions of drawings pass for a head thrown back
    if camera is None and len(index) >= NEEDED and abs(registration.angles[1]) > 20.0:
        # the landmarks bend to the pins, but their camera is unlikely: drawn faces have proportions of their own
        camera = camera_from_pins(head, index, pixels, width, height)
        registration = register(own, replace(shown, skin=None), pins, camera)
    quality = judge(registration, face, head, pins, shown)
    return Match(mesh, canonical, face, head, registration, parse, quality, warnings, style)


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
            ErrorCode.NO_FACE_IN_PORTRAIT, f"No face was found in {portrait.path.name}.", len(index), CURE_NO_FACE
        )
    return None, []


def find_head_or_pins(mesh: HeadMesh, pins: Sequence[Pin], step: Callable[[], None] = lambda: None) -> HeadLandmarks:
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


def registration_json(found: Match) -> dict:
    """Camera and landmarks for reports."""
    registration, camera = found.registration, found.registration.camera
    yaw, pitch, roll = (round(angle, 2) for angle in registration.angles)
    turn = found.mesh.turn
    _, up, front = found.head.rotation @ turn
    return {
        "head": {"front": name_axis(front), "up": name_axis(up), "evidence": round(found.head.evidence, 1)},
        "camera": {
            "focal_px": round(camera.focal, 2),
            "yaw_deg": yaw,
            "pitch_deg": pitch,
            "roll_deg": roll,
            "rotation": (camera.rotation @ turn).round(6).tolist(),
            "translation": camera.translation.round(6).tolist(),
        },
        "landmarks": {
            "presence": round(float(found.face.presence), 4),
            "face_height_px": round(registration.face_height, 1),
            "error_px": round(registration.error[0], 3),
            "error_after_warp_px": round(registration.error[1], 3),
        },
    }
