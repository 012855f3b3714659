"""A smile's folds are taken off the portrait: a face at rest has them fainter, if at all.

The ways in which faces move (head/shape.py) are fitted to where the portrait shows the landmarks. Where the smile so
found presses skin together, what is darker than the skin around it is shade in a fold, and belongs to the expression.
Pores, freckles and stubble, which are finer, stay.
"""

import cv2
import numpy as np

from ..head.facial_regions import NOSTRILS
from ..head.landmarks import HeadLandmarks, face_height
from ..head.rasterize import rasterize
from ..head.register import Registration
from ..head.shape import EXPRESSIONS, READ, deviations, face_shapes, shapes_of
from ..imaging.sample import disc, masked_blur, to_linear, to_srgb
from ..portrait.landmark_groups import LEFT_BROW, LEFT_EYE, LIPS, RIGHT_BROW, RIGHT_EYE, canonical_face, fill_region
from ..prior.fit import Evidence, fit

#: Error of a landmark in face heights.
READ_NOISE = 0.01
#: Shortening of the skin from which folds are the smile's, and wholly so.
FROM, FULL = 0.06, 0.16
#: Face heights: what is wider is the face's form and no fold; how far folds are from lips, eyes, brows, nostrils.
WIDE, CLEAR = 0.035, 0.02
#: Share of a fold that is taken off, and its depth (logarithm of light) beyond which it is no fold.
TAKEN, DEEPEST = 0.75, 0.6


def fit_expression(registration: Registration, head: HeadLandmarks) -> np.ndarray:
    """(EXPRESSIONS,) how far the portrait's face is opened and smiles, in those of head/shape.py."""
    camera, points = registration.camera, registration.read.points
    columns = camera.moved(points, shapes_of(head))
    missing = registration.read.targets - camera.project(points)[0]
    weight = READ * registration.read.weights / (READ_NOISE * registration.face_height) ** 2
    return fit([Evidence(columns, missing, weight)], deviations() ** -2.0).unknowns[-EXPRESSIONS:]


def compression(expression: np.ndarray) -> np.ndarray:
    """(468,) 0..1, by how much an expression shortens the skin at each landmark, in the direction in which most."""
    points, triangles, _ = canonical_face()
    rest = points / face_height(points)
    moved = rest + np.tensordot(expression, face_shapes()[-EXPRESSIONS:], 1)
    before, after = (
        np.stack([one[triangles[:, k]] - one[triangles[:, 0]] for k in (1, 2)], 2) for one in (rest, moved)
    )
    metric = [np.einsum("nci,ncj->nij", edges, edges) for edges in (before, after)]
    stretch = np.linalg.eigvals(np.linalg.solve(*metric)).real.min(1)  # squared, by triangle
    shortened = 1 - np.sqrt(np.maximum(stretch, 0))
    area = np.sqrt(np.linalg.det(metric[0]))
    total, shares = np.zeros(len(points)), np.zeros(len(points))
    for corner in triangles.T:
        np.add.at(total, corner, shortened * area)
        np.add.at(shares, corner, area)
    return np.maximum(total / np.maximum(shares, 1e-12), 0)


def take_folds_off(
    portrait: np.ndarray, skin: np.ndarray, registration: Registration, head: HeadLandmarks
) -> np.ndarray:
    """(H,W,3) the portrait without the folds of its smile.

    Args:
        portrait: (H,W,3) float32 sRGB. skin: (H,W) 0..1. head: landmarks of the head at rest.
    """
    pressed = compression(np.array([0.0, max(float(fit_expression(registration, head)[-1]), 0.0)]))
    if pressed.max() <= FROM:
        return portrait
    points, height = registration.read.targets, registration.face_height
    low = np.maximum(np.floor(points.min(0) - 2 * WIDE * height), 0).astype(int)
    high = np.ceil(points.max(0) + 2 * WIDE * height).astype(int)
    face = tuple(slice(first, last) for first, last in zip(low[::-1], high[::-1], strict=True))
    linear, skin = to_linear(portrait[face]), skin[face]
    share = fold_share(skin.shape, points - low, height, pressed) * skin
    light = np.log(linear + 0.01)  # by channel: what lies in a fold was lit by skin, and is orange
    # what is finer is no fold
    fine, wide = (masked_blur(light, skin, reach * height) for reach in (0.004, WIDE))
    depth = np.clip(wide - fine, 0, DEEPEST)
    done = portrait.copy()
    done[face] = np.where(
        share[..., None] > 0, to_srgb(np.clip(linear * np.exp(TAKEN * share[..., None] * depth), 0, 1)), portrait[face]
    )
    return done


def fold_share(shape: tuple[int, int], points: np.ndarray, height: float, pressed: np.ndarray) -> np.ndarray:
    """(H,W) float32 0..1, where folds are the smile's; soft, and nothing on lips, eyes, brows and nostrils.

    Args:
        points: (468,2) landmark pixels. height: of the face, in pixels. pressed: (468,) what compression() says.
    """
    for corner in (226, 446):  # the eyes' corners, where a smile folds the skin without drawing it
        away = np.linalg.norm(points - points[corner], axis=1) / (0.07 * height)
        pressed = np.maximum(pressed, pressed.max() * np.exp(-(away**2)))
    value = np.clip((pressed - FROM) / (FULL - FROM), 0, 1).astype(np.float32)
    triangles = canonical_face()[1]
    fragments = rasterize(points[triangles], shape[1], shape[0])
    share = fragments.interpolate(value[triangles][..., None])[..., 0] * fragments.covered
    parts = fill_region(shape, points, LIPS, RIGHT_EYE, LEFT_EYE, RIGHT_BROW, LEFT_BROW, NOSTRILS)
    parts = cv2.dilate(parts, disc(CLEAR * height))
    return cv2.GaussianBlur((share * (1 - parts)).astype(np.float32), (0, 0), CLEAR * height)
