"""A registered head fitted to its person's outline: ears, skull and jaw where the portrait shows them against what lies
behind. Registration fits what landmarks tell; beside them the head is its own, so ears lie inside the person's or on
the wall. Vertices move in the picture alone and keep their depth; what landmarks hold stays.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.spatial import cKDTree

from ...head.match import Match
from ...head.mesh import HeadMesh, vertex_normals
from ...head.register import Registration, eye_outlines
from ...head.visibility import depth_view, facing
from ...head.warp import ImageWarp, fit_warp
from ...imaging.sample import sample
from ...portrait.landmark_groups import FACE_OVAL
from .ears import bare_skin, ear_parts, fit_ear, with_ears
from .silhouette import HeadOutline, PersonOutline, filled, head_outline, outwards

#: Face heights: how far the outline moves at most; from the outline inwards to where it is told whether skin or hair
#: ends there; from it inwards to where landmarks hold.
MOST, INSIDE, HELD = 0.08, 0.02, 0.06
#: Cosine between the head's outline and the person's beside it from which they are the same one.
ALONG = 0.7
#: Share of skin from which it is skin that ends; weight of places of which nothing is known: they stay.
SKIN, UNTOLD = 0.5, 0.06
#: Share of an ear that is no skull, half, and surely the ear.
ROOT, HALF, SURELY = 0.3, 0.5, 0.9
#: Share of the triangles facing the camera that may be turned over before a motion is halved; so often, then it is not
#: made.
TURNED, HALVED = 0.01, 3


def fit_outline(found: Match, color: np.ndarray) -> Match:
    """The match with its mesh as the person's outline wants it, seen anew, and with the skin of ears in its parse.

    Args:
        color: (H,W,3) float32 sRGB, the portrait.
    """
    registration, mesh = found.registration, found.mesh
    bare = bare_skin(color, found.parse, registration.face_height)
    person = PersonOutline.of(found.parse, bare, registration.face_height)
    pixels, _ = registration.project(mesh.vertices.astype(np.float64))
    ears = ear_parts(mesh, found.canonical)
    across = (registration.camera.rotation @ found.head.rotation[0])[:2]
    across = across / max(float(np.linalg.norm(across)), 1e-6)
    outline = head_outline(mesh, pixels, found.parse.person.shape, registration.face_height)
    warp = move_skull(found, person, outline, ears.max(1)[outline.nearest] < ROOT)
    front = facing(mesh.vertices, registration.normals, registration.camera.position.astype(np.float32)) > 0
    corners = mesh.triangles[front[mesh.triangles].all(1)]
    moved = without_folds(corners, pixels, warp(pixels))
    shown = np.zeros(found.parse.skin.shape, np.float32)
    for share in ears.T:
        motion = fit_ear(person, pixels[share > SURELY], outline.only(share[outline.nearest] > HALF), across)
        if motion is not None:
            moved = without_folds(corners, moved, moved + share[:, None] * (motion(pixels) - moved))
            shown = np.maximum(shown, filled(moved, corners[(share > HALF)[corners].all(1)], shown.shape))
    parse = with_ears(found.parse, shown, bare, registration.face_height)
    fitted = replace(mesh, vertices=placed(registration, mesh, moved))
    return replace(found, mesh=fitted, parse=parse, registration=_seen_anew(found, fitted))


def move_skull(found: Match, person: PersonOutline, outline: HeadOutline, skull: np.ndarray) -> ImageWarp:
    """The warp of all but the ears: outwards to where skin ends, inwards to where the person does.

    How thick hair is nobody knows, so a head inside of it stays. skull: (k,) bool, which places are no ear's.
    """
    registration, height, places, directions = (
        found.registration,
        person.face_height,
        outline.places,
        outline.directions,
    )
    away = sample(person.inside, places)
    skin = sample(person.skin, places + (away - INSIDE)[:, None] * height * directions) > SKIN
    told = (np.abs(away) < MOST) & (np.einsum("kc,kc->k", outwards(person.inside, places, height), directions) > ALONG)
    told &= (skin | (away < 0)) & skull
    motion = np.where(told, away, 0)[:, None] * height * directions
    landmarks, _ = registration.project(registration.read.points)
    deep = cKDTree(places).query(landmarks)[0] > HELD * height
    deep[list(FACE_OVAL)] = False
    source = np.concatenate([landmarks[deep], places])
    weights = np.concatenate([np.ones(deep.sum()), np.where(told, 1.0, UNTOLD)])
    target = np.concatenate([landmarks[deep], places + motion])
    return fit_warp(source, target, weights, firm=np.ones(len(source), bool))


def without_folds(triangles: np.ndarray, pixels: np.ndarray, moved: np.ndarray) -> np.ndarray:
    """(N,2) as far of the way from (N,2) pixels to where they are moved as turns few of the triangles over."""
    before = _areas(pixels[triangles])
    for _ in range(HALVED):
        if (_areas(moved[triangles]) * before < 0).mean() <= TURNED:
            return moved
        moved = (pixels + moved) / 2
    return pixels


def placed(registration: Registration, mesh: HeadMesh, moved: np.ndarray) -> np.ndarray:
    """(N,3) float32 vertices that are seen at (N,2) portrait pixels, as far away as they were."""
    camera = registration.camera
    pixels, depth = camera.project(mesh.vertices.astype(np.float64))
    for _ in range(3):  # the warp is nearly a shift, so this converges by a factor of 20
        pixels = pixels + moved - registration.warp(pixels)
    eye = np.concatenate([(pixels - camera.centre) / camera.focal * depth[:, None], depth[:, None]], 1)
    return np.ascontiguousarray((eye - camera.translation) @ camera.rotation, np.float32)


def _seen_anew(found: Match, mesh: HeadMesh) -> Registration:
    registration = found.registration
    pixels, depth = registration.project(mesh.vertices.astype(np.float64))
    extent = found.parse.person.shape[::-1]
    lips = None if registration.lips is None else registration.lips.outline
    eyes = eye_outlines(registration.read.targets)
    view = depth_view(mesh.corners(pixels), mesh.corners(depth), extent, 1.6 * found.head.height, lips, eyes)
    return replace(registration, normals=vertex_normals(mesh), depth=view)


def _areas(corners: np.ndarray) -> np.ndarray:
    """(M,) twice the signed areas of (M,3,2) triangles."""
    along = corners[:, 1:] - corners[:, :1]
    return along[:, 0, 0] * along[:, 1, 1] - along[:, 0, 1] * along[:, 1, 0]
