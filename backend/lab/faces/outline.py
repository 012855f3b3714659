"""A registered head fitted to its person's outline: ears, skull and jaw where the portrait shows them against what lies
behind. Registration fits what landmarks tell; beside them the head is its own, so ears lie inside the person's or on
the wall. Vertices move in the picture alone and keep their depth; what landmarks hold stays.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from scipy.optimize import least_squares
from scipy.spatial import cKDTree

from ...head.match import Match
from ...head.mesh import HeadMesh, vertex_normals
from ...head.register import Registration
from ...head.scalp import ear_share
from ...head.visibility import depth_view, facing
from ...head.warp import ImageWarp, fit_warp
from ...imaging.sample import sample
from ...portrait.landmark_groups import FACE_OVAL
from ...portrait.matte import Matte

#: Face heights: how far the outline moves at most; between places of it that are asked; from the outline inwards to
#: where it is told whether skin or hair ends there; from it inwards to where landmarks hold.
MOST, APART, INSIDE, HELD = 0.08, 0.01, 0.02, 0.06
#: Cosine between the head's outline and the person's beside it from which they are the same one.
ALONG = 0.7
#: Share of skin from which it is skin that ends; weight of places of which nothing is known: they stay.
SKIN, UNTOLD = 0.5, 0.06
#: One standard deviation of an ear's place (face heights) and of the logarithm of its size, of its outline's place,
#: and limits of the first two.
EAR_SHIFT, EAR_SIZE, EDGE, EAR_MOST, EAR_GROWN = 0.04, 0.1, 0.006, 0.11, 0.3
#: Cosine to the line between the ears from which an ear's outline is its rim, of so many places; face heights beyond it where no skin is;
#: how unsure a pixel's skin is; observations that rim, ear and what lies beside it are each.
RIM, LEAST, BESIDE, UNSURE, TELLING = 0.5, 12, 0.025, 0.3, 10
#: CIELAB spreads of the skin of ears beside the face's, chroma and lightness, and of hair.
EAR_CHROMA, EAR_LIGHT, HAIR_SPREAD = 9.0, 25.0, np.float32([18, 7, 7])
#: Step of the ear's slopes, starts of its fit in each direction (both in face heights), and median distance between its outline and the person's, in face heights,
#: up to which they are one; share of the ear that must be skin.
STEP, STARTS, FOLLOWED, MEETS, EAR_SKIN = 0.004, (-0.05, 0.0, 0.05), 2, 0.012, 0.6
#: Share of an ear that is the ear itself, and the soft border, in face heights, of where its skin is let in.
SURELY, BORDER = 0.9, 0.006
#: How sure skin must be to be let in there, and fully; so far around an ear, in face heights, hair guards no skin.
BARE, GUARD = (0.3, 0.6), 0.015
#: Times that the head beside an ear takes its neighbours' mean share of it: what moves ends softly.
SOFTENED = 6
#: Share of the triangles facing the camera that may be turned over before a motion is halved; so often, then it is not
#: made.
TURNED, HALVED = 0.01, 3


@dataclass(frozen=True)
class PersonOutline:
    """inside: (H,W) signed distance to the person's outline in face heights, positive in the person. skin: (H,W) 0..1,
    the matte's, and bare: (H,W) 0..1, bare_skin(). face_height: portrait pixels."""

    inside: np.ndarray
    skin: np.ndarray
    bare: np.ndarray
    face_height: float

    @classmethod
    def of(cls, matte: Matte, face_height: float, bare: np.ndarray) -> PersonOutline:
        person = np.pad((matte.person > 0.5).astype(np.uint8), 1, mode="edge")  # a picture's edge is no outline
        within, beyond = (cv2.distanceTransform(part, cv2.DIST_L2, 5) for part in (person, 1 - person))
        inside = ((within - beyond)[1:-1, 1:-1] / face_height).astype(np.float32)
        soft = cv2.GaussianBlur(matte.skin.astype(np.float32), (0, 0), max(0.6, 0.01 * face_height))
        bare = cv2.GaussianBlur(bare, (0, 0), max(0.6, 0.015 * face_height))
        return cls(cv2.GaussianBlur(inside, (0, 0), max(0.6, 0.004 * face_height)), soft, bare, face_height)

    def towards(self, pixels: np.ndarray) -> np.ndarray:
        """(n,2) unit directions at (n,2) pixels in which one leaves the person."""
        step = max(1.0, 0.01 * self.face_height)
        slope = [
            sample(self.inside, pixels - shift) - sample(self.inside, pixels + shift)
            for shift in (np.array([step, 0.0]), np.array([0.0, step]))
        ]
        return _unit(np.stack(slope, 1))


@dataclass(frozen=True)
class EarMotion:
    """An ear's motion in the picture. middle: (2,) pixels. shift: (2,) pixels. size: what it is multiplied by."""

    middle: np.ndarray
    shift: np.ndarray
    size: float

    def __call__(self, pixels: np.ndarray) -> np.ndarray:
        """(n,2) pixels, moved."""
        return self.middle + self.size * (pixels - self.middle) + self.shift


@dataclass(frozen=True)
class HeadOutline:
    """places: (k,2) pixels along the head's outline. directions: (k,2) unit, away from it. nearest: (k,) vertices."""

    places: np.ndarray
    directions: np.ndarray
    nearest: np.ndarray

    def only(self, kept: np.ndarray) -> HeadOutline:
        return HeadOutline(self.places[kept], self.directions[kept], self.nearest[kept])


def fit_outline(found: Match, color: np.ndarray) -> Match:
    """The match with its mesh's vertices, normals and z-buffer where the person's outline wants them."""
    registration, mesh = found.registration, found.mesh
    bare = bare_skin(color, found.matte, registration.face_height)
    person = PersonOutline.of(found.matte, registration.face_height, bare)
    pixels, _ = registration.project(mesh.vertices.astype(np.float64))
    ears = ear_parts(mesh, found.canonical)
    across = (registration.camera.rotation @ found.head.rotation[0])[:2]
    across = across / max(float(np.linalg.norm(across)), 1e-6)
    outline = head_outline(mesh, pixels, found.matte.person.shape, registration.face_height)
    warp = move_skull(found, person, outline, ears.max(1)[outline.nearest] < 0.3)
    front = facing(mesh.vertices, registration.normals, registration.camera.position.astype(np.float32)) > 0
    corners = mesh.triangles[front[mesh.triangles].all(1)]
    moved = without_folds(corners, pixels, warp(pixels))
    shown = np.zeros(found.matte.skin.shape, np.float32)
    for share in ears.T:
        motion = fit_ear(person, pixels[share > SURELY], outline.only(share[outline.nearest] > 0.5), across)
        if motion is not None:
            moved = without_folds(corners, moved, moved + share[:, None] * (motion(pixels) - moved))
            shown = np.maximum(shown, _filled(moved, corners[(share > 0.5)[corners].all(1)], shown.shape))
    matte = with_ears(found.matte, shown, bare, registration.face_height)
    fitted = replace(mesh, vertices=placed(registration, mesh, moved))
    return replace(found, mesh=fitted, matte=matte, registration=_seen_anew(found, fitted))


def with_ears(matte: Matte, ears: np.ndarray, bare: np.ndarray, face_height: float) -> Matte:
    """The matte with the skin of (H,W) ears that were found, and without the hair's guard over them.

    Args:
        bare: (H,W) 0..1 of bare_skin().
    """
    soft = cv2.GaussianBlur(ears, (0, 0), max(0.6, BORDER * face_height))
    shown = soft * np.clip((bare - BARE[0]) / (BARE[1] - BARE[0]), 0, 1)
    side = 2 * max(1, round(GUARD * face_height)) + 1
    freed = cv2.dilate(ears, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
    freed = cv2.GaussianBlur(freed, (0, 0), max(0.6, BORDER * face_height))
    return replace(matte, skin=np.maximum(matte.skin, shown), hair=matte.hair * (1 - np.maximum(shown, freed)))


def head_outline(mesh: HeadMesh, pixels: np.ndarray, shape: tuple[int, int], face_height: float) -> HeadOutline:
    """The outline of a head in the portrait.

    Args:
        pixels: (N,2) of the vertices. shape: (height, width) of the portrait; beyond it nothing is told.
    """
    covered = _filled(pixels, mesh.triangles, shape).astype(np.uint8)
    contours, _ = cv2.findContours(covered, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    outline = max(contours, key=len)[:, 0].astype(np.float64) + 0.5
    at = outline[:: max(1, round(APART * face_height))]
    away = PersonOutline.of(Matte(covered, covered, covered), face_height, covered).towards(at)
    height, width = shape
    kept = (at > 2).all(1) & (at[:, 0] < width - 2) & (at[:, 1] < height - 2)
    return HeadOutline(at[kept], away[kept], cKDTree(pixels).query(at[kept])[1])


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
    told = (np.abs(away) < MOST) & (np.einsum("kc,kc->k", person.towards(places), directions) > ALONG)
    told &= (skin | (away < 0)) & skull
    motion = np.where(told, away, 0)[:, None] * height * directions
    landmarks, _ = registration.project(registration.landmarks)
    deep = cKDTree(places).query(landmarks)[0] > HELD * height
    deep[list(FACE_OVAL)] = False
    source = np.concatenate([landmarks[deep], places])
    weights = np.concatenate([np.ones(deep.sum()), np.where(told, 1.0, UNTOLD)])
    target = np.concatenate([landmarks[deep], places + motion])
    return fit_warp(source, target, weights, firm=np.ones(len(source), bool))


def ear_parts(mesh: HeadMesh, canonical: np.ndarray) -> np.ndarray:
    """(N,2) 0..1 share of each vertex in the ears of negative and of positive canonical x, with a soft border."""
    share = ear_share(canonical)
    first, second = mesh.welded[mesh.triangles[:, [0, 1, 2]]].ravel(), mesh.welded[mesh.triangles[:, [1, 2, 0]]].ravel()
    count = mesh.welded.max() + 1
    total = np.zeros(count)
    total[mesh.welded] = share
    degree = np.bincount(first, minlength=count) + np.bincount(second, minlength=count)
    for _ in range(SOFTENED):
        beside = np.bincount(first, total[second], count) + np.bincount(second, total[first], count)
        total = np.maximum(total, beside / np.maximum(degree, 1))
    share = total[mesh.welded]
    return np.stack([share * (canonical[:, 0] < 0), share * (canonical[:, 0] > 0)], 1)


def fit_ear(person: PersonOutline, ear: np.ndarray, edge: HeadOutline, across: np.ndarray) -> EarMotion | None:
    """The shift and size that lay an ear on one of the person's; None where that does not show or is too far away.

    Its rim lies on the person's outline, skin shows within it, and none beside it.

    Args:
        ear: (k,2) pixels of its vertices. across: (2,) unit direction from one ear to the other.
    """
    rim = np.abs(edge.directions @ across) > RIM
    if rim.sum() < LEAST:
        return None
    middle, height = ear.mean(0), person.face_height
    beside = edge.places + BESIDE * height * edge.directions

    def motion(values: np.ndarray) -> EarMotion:
        return EarMotion(middle, values[:2] * height, float(np.exp(values[2])))

    def residual(values: np.ndarray) -> np.ndarray:
        move = motion(values)
        off = sample(person.inside, move(edge.places[rim])).astype(np.float64) / EDGE
        parts = (np.sqrt(2 * (np.sqrt(1 + off**2) - 1)), (1 - sample(person.bare, move(ear))) / UNSURE)
        parts += (sample(person.bare, move(beside)) / UNSURE,)
        told = [np.sqrt(TELLING / len(one)) * one for one in parts]
        return np.concatenate([*told, values[:2] / EAR_SHIFT, values[2:] / EAR_SIZE])

    def slopes(values: np.ndarray) -> np.ndarray:
        return np.stack([(residual(values + step) - residual(values - step)) / (2 * STEP) for step in steps], 1)

    limits, steps = np.array([EAR_MOST, EAR_MOST, EAR_GROWN]), STEP * np.eye(3)
    starts = sorted(
        (np.array([right, down, 0.0]) for right in STARTS for down in STARTS),
        key=lambda start: (residual(start) ** 2).sum(),
    )
    fits = [
        least_squares(residual, start, slopes, bounds=(-limits, limits), x_scale=0.05, max_nfev=30)
        for start in starts[:FOLLOWED]
    ]
    found = min(fits, key=lambda fit: fit.cost).x
    best = motion(found)
    meets = float(np.median(np.abs(sample(person.inside, best(edge.places[rim])))))
    certain = (np.abs(found) < 0.95 * limits).all() and meets < MEETS
    return best if certain and sample(person.bare, best(ear)).mean() > EAR_SKIN else None


def bare_skin(color: np.ndarray, matte: Matte, face_height: float) -> np.ndarray:
    """(H,W) 0..1: nearer in colour to the person's skin, shaded and flushed, than to the hair; the matte takes many
    ears, which are redder and darker than a face, for hair.

    Args:
        color: (H,W,3) float32 sRGB.
    """
    lab = cv2.cvtColor(cv2.GaussianBlur(color, (0, 0), max(0.6, 0.01 * face_height)), cv2.COLOR_RGB2LAB)
    skin, hair = matte.skin > 0.9, (matte.hair > 0.9)
    if skin.sum() < 100:
        return matte.skin
    own = np.median(lab[skin], axis=0)
    follow = np.clip(lab[..., 0] / max(own[0], 1), 0.4, 1)[..., None]
    from_skin = np.hypot(
        np.linalg.norm((lab[..., 1:] - own[1:] * follow) / EAR_CHROMA, axis=2),
        np.maximum(np.abs(lab[..., 0] - own[0]) / EAR_LIGHT, 0),
    )
    if hair.sum() < 100:
        return np.maximum(matte.skin, matte.person * np.exp(-(from_skin**2) / 2)).astype(np.float32)
    other = np.median(lab[hair], axis=0)
    from_hair = np.linalg.norm((lab - other) / HAIR_SPREAD, axis=2)
    nearer = 1 / (1 + np.exp(3 * (from_skin - from_hair))) * np.clip(3 - from_skin, 0, 1)
    return np.maximum(matte.skin, matte.person * nearer).astype(np.float32)


def without_folds(triangles: np.ndarray, pixels: np.ndarray, moved: np.ndarray) -> np.ndarray:
    """(N,2) as far of the way from (N,2) pixels to where they are moved as turns few of the triangles over."""
    before = _areas(pixels[triangles])
    for _ in range(HALVED):
        if (_areas(moved[triangles]) * before < 0).mean() <= TURNED:
            return moved
        moved = (pixels + moved) / 2
    return pixels


def _filled(pixels: np.ndarray, triangles: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """(H,W) float32, 1 where triangles of (N,2) pixels lie."""
    covered = np.zeros(shape, np.float32)
    for corners in np.rint((pixels[triangles] - 0.5) * 16).clip(-32000, 32000).astype(np.int32):
        cv2.fillConvexPoly(covered, corners, 1, shift=4)
    return covered


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
    height, width = found.matte.person.shape
    lips = None if registration.lips is None else registration.lips.outline
    view = depth_view(mesh.corners(pixels), mesh.corners(depth), width, height, 1.6 * found.head.height, lips)
    return replace(registration, normals=vertex_normals(mesh), depth=view)


def _areas(corners: np.ndarray) -> np.ndarray:
    """(M,) twice the signed areas of (M,3,2) triangles."""
    along = corners[:, 1:] - corners[:, :1]
    return along[:, 0, 0] * along[:, 1, 1] - along[:, 0, 1] * along[:, 1, 0]


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)
