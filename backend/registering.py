"""The job that shows how a head lies on a portrait, without making a texture."""

import json
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from .errors import AvatarTexError, ErrorCode
from .head.atlas import canonical_head
from .head.landmarks import HeadLandmarks
from .head.match import find_face_or_pins, find_head_or_pins, match, matches, registration_json
from .head.mesh import HeadMesh, load_head
from .head.overlay import draw_overlay
from .head.view import name_axis, orientations
from .imaging.files import encode_picture
from .messages import Register, Registered
from .options import refuse_unknown
from .outputs import Staged, name_inputs, refuse_outputs
from .pins import NAMES, Pin, parse_pins
from .portrait.decode import Portrait
from .portrait.faces import read_portrait
from .portrait.landmarks import FaceLandmarks
from .progress import OnProgress, Progress
from .recall import fingerprint
from .refusals import refuse_no_head


def register_only(
    request: Register,
    on_progress: OnProgress = lambda stage, fraction: None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> Registered:
    """Register, draw the overlay, say how good it is and where every named point lies.

    A face that is not found is no failure here: the answer carries the refusal, the plain portrait, and points to be
    dragged into place.

    Raises:
        AvatarTexError: everything but NO_FACE_IN_PORTRAIT and NO_FACE_ON_HEAD.
    """
    step = Progress(1.0, on_progress, is_cancelled).steps({"load": 0.15, "portrait": 0.25, "register": 0.6})
    step("load")
    pins = parse_pins(request.pins)
    refuse_unknown(vars(request))
    refuse_no_head(request)
    refuse_outputs(name_inputs(request), [request.overlay, request.picture, request.report])
    mesh = load_head(request)
    portrait = read_portrait(request.portrait)
    height, width = portrait.color.shape[:2]
    answer = partial(Registered, request.job, request.overlay, request.picture, request.report, width, height)
    try:
        found = matches.get(fingerprint(mesh, portrait.color, pins), lambda: match(mesh, portrait, pins, step))
    except AvatarTexError as refusal:
        if refusal.code not in (ErrorCode.NO_FACE_IN_PORTRAIT, ErrorCode.NO_FACE_ON_HEAD):
            raise
        faceless = refusal.code is ErrorCode.NO_FACE_ON_HEAD
        points = guessed_points(mesh, portrait, pins, faceless, lambda: step("register"))
        write_outputs(request, portrait.color, portrait.color, {"code": str(refusal.code), "points": points})
        return answer(points=points, code=str(refusal.code), message=refusal.message, cure=refusal.cure)
    step("register", 0.9)
    overlay = draw_overlay(portrait.color, found.mesh, found.registration, pins) if request.overlay else None
    head = found.head.turned(found.mesh.turn.T)  # in the axes of what was read, as pins are
    points = named_points(found.face, head)
    write_outputs(
        request,
        portrait.color,
        overlay,
        {
            "registration": found.quality.as_json(),
            **registration_json(found),
            "warnings": found.warnings,
            "points": points,
        },
    )
    on_progress("register", 1.0)
    quality = found.quality
    return answer(
        quality.score,
        found.registration.error[0],
        found.registration.face_height,
        quality.coverage,
        quality.sentence,
        name_axis(head.rotation[2]),
        name_axis(head.rotation[1]),
        points,
        found.warnings,
    )


def write_outputs(request: Register, picture: np.ndarray, overlay: np.ndarray | None, body: dict) -> None:
    """Those that are asked for, all or none."""
    height, width = picture.shape[:2]
    with Staged() as staged:
        for path, pixels in ((request.picture, picture), (request.overlay, overlay)):
            if path:
                staged.write(path, encode_picture(path, pixels))
        if request.report:
            body = {"portrait_px": [width, height], **body, "pins": request.pins}
            staged.write(request.report, json.dumps(body, indent=2).encode())


def named_points(face: FaceLandmarks, head: HeadLandmarks) -> list[dict]:
    """Where every named point lies on both sides: what the add-on shows to be dragged."""
    return [
        Pin(name, tuple(face.points[index, :2]), tuple(head.points[index])).as_json()
        for name, (index, _) in NAMES.items()
    ]


def guessed_points(
    mesh: HeadMesh, portrait: Portrait, pins: Sequence[Pin], faceless: bool, step: Callable[[], None] = lambda: None
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
        turn = orientations(mesh)[0]
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
