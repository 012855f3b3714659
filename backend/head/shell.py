"""The head's shell: its surface offset along its normals, to where hair, hats and glasses are.

After Dual-UV ("Bringing your portrait to 3D presence", CVPR 2026), where what lies off the body is sampled on such a
shell and not on the body. The shell keeps the head's vertices, faces and UVs, so one UV map serves both.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import cv2
import numpy as np

from ..imaging.sample import sample_atlas
from .atlas import AtlasMap, to_atlas
from .mesh import HeadMesh
from .register import Registration
from .visibility import depth_view, facing

#: Thickness of glasses, and of hair where no outline shows it, in face heights.
NEAR, HAIR = 0.03, 0.09
#: Steps in which hair is followed beyond the outline, by 0.4 face heights at most.
STEPS = 40
#: Cosines to the view between which the outline lies. A sample there says how thick the hair is around it, against so
#: many that say HAIR. One texel of so many is estimated.
OUTLINE, AGAINST, COARSE = (-0.1, 0.3), 3.0, 4
#: Share of the atlas over which the shell comes down onto the skin where what is on it ends.
ENDS = 0.02


def outward(layout: AtlasMap, mesh: HeadMesh, normals: np.ndarray) -> np.ndarray:
    """(N,3) unit directions in which the shell lies: the normals (N,3) of the outer surface, smoothed."""
    shown = layout.fragments.interpolate(mesh.corners(normals))
    # of the atlas: folds of ears and lids must not cross each other
    away = at_vertices(blurred(shown, 0.02), layout.canonical)
    return (away / np.maximum(np.linalg.norm(away, axis=-1, keepdims=True), 1e-9)).astype(np.float32)


def push_out(mesh: HeadMesh, directions: np.ndarray, thickness: np.ndarray) -> HeadMesh:
    """The mesh with its vertices moved by (N,) thickness along (N,3) unit directions."""
    moved = mesh.vertices + directions * thickness[:, None]
    return replace(mesh, vertices=np.ascontiguousarray(moved, np.float32))


def find_thickness(
    layout: AtlasMap,
    mesh: HeadMesh,
    directions: np.ndarray,
    height: float,
    shown: Sequence[tuple[Registration, Callable[[np.ndarray], np.ndarray]]],
) -> np.ndarray:
    """(s,s) atlas: thickness of what lies off the skin, in mesh units, estimated at the portraits' outlines.

    At the head's outline the normals lie in the picture: what the mask has there is followed outwards until it ends.
    The rest of the head takes the estimates around it, of further portraits where the first gives none, and HAIR far
    from any; but nothing is thicker than what the first portrait shows of it.

    Args:
        directions: (N,3) of outward(). height: of the face, mesh units. shown: each portrait's registration, and
            (…,2) of its pixels to (…,) 0..1, what is no skin there.
    """
    per_vertex = np.concatenate([mesh.vertices, directions, layout.canonical], 1).astype(np.float32)
    coarse = layout.fragments.interpolate(mesh.corners(per_vertex))[::COARSE, ::COARSE]
    points, towards, canonical = (coarse[..., k : k + 3].astype(np.float64) for k in (0, 3, 6))
    covered = layout.fragments.covered[::COARSE, ::COARSE]
    steps = np.linspace(0, 0.4, STEPS)
    least = np.full(covered.shape, np.inf, np.float32)
    total, weights, left = np.full_like(least, AGAINST * HAIR), np.full_like(least, AGAINST), np.ones_like(least)
    for registration, mask in shown:
        cosine = np.where(covered, facing(points, towards, registration.camera.position), -1)
        front = np.nonzero(cosine > OUTLINE[0])
        masked = mask(registration.project(_along(points[front], towards[front], steps * height))[0]) > 0.5
        visible = masked[:, steps < 2 * NEAR].any(1)
        masked[:, steps < 2 * NEAR] = True
        reach = steps[np.where(masked.all(1), STEPS, masked.argmin(1)) - 1].astype(np.float32)
        # below it may be a collar
        samples = np.flatnonzero(visible & (cosine[front] < OUTLINE[1]) & (canonical[front][:, 1] > -0.2))
        samples = samples[:: max(1, len(samples) // 300)]
        apart = ((canonical[..., None, :] - canonical[front][samples]) ** 2).sum(-1).astype(np.float32)
        weight = np.exp(-apart / np.float32(2 * 0.14**2))
        total, weights = total + left * (weight @ reach[samples]), weights + left * weight.sum(-1)
        if registration is shown[0][0]:  # the others lie a little off, and count for what it does not face
            least[front] = np.where(visible, reach, np.inf)
            away = np.clip((OUTLINE[1] - cosine) / np.ptp(OUTLINE), 0, 1).astype(np.float32)
            left = away * AGAINST / weights
    found = np.minimum(total / weights, least)
    return at_one_pole(blurred(cv2.erode(found, np.ones((3, 3), np.uint8)), ENDS / 2) * np.float32(height))


def at_one_pole(atlas: np.ndarray) -> np.ndarray:
    """(S,S) the same with one value at the crown, where all of the atlas's first row lies."""
    # over 0.08 of the atlas below its first row the sides of the crown agree
    share = np.clip(1 - np.arange(len(atlas)) / (0.08 * len(atlas)), 0, 1)[:, None]
    return (atlas + share * (np.median(atlas, axis=1, keepdims=True) - atlas)).astype(np.float32)


def come_down(thickness: np.ndarray, alpha: np.ndarray, near: float) -> np.ndarray:
    """(S,S) thickness that ends smoothly where the alpha does: of what is broad, as hair, inside its border, for it
    grows from the skin; of what is narrow, as rims of glasses, beside it.

    Args:
        thickness: (s,s) atlas, mesh units. alpha: (S,S) 0..1 atlas. near: NEAR in mesh units.
    """
    thickness = cv2.resize(thickness, alpha.shape, interpolation=cv2.INTER_LINEAR)
    side = 2 * round(ENDS * len(alpha)) + 1
    broad = np.clip(2 * blurred(alpha, ENDS) - 1, 0, 1)
    beside = blurred(cv2.dilate(alpha, np.ones((side, side), np.uint8)), ENDS / 2)
    return at_one_pole(np.minimum(thickness, near) * beside + np.maximum(thickness - near, 0) * broad)


def through_shell(registration: Registration, shell: HeadMesh, shape: tuple[int, int], size: float) -> Registration:
    """The registration with the shell's own z-buffer.

    Args:
        shape: (height, width) of the portrait. size: the head's extent in mesh units.
    """
    pixels, depth = registration.project(shell.vertices.astype(np.float64))
    return replace(registration, depth=depth_view(shell.corners(pixels), shell.corners(depth), shape[::-1], size))


def at_vertices(atlas: np.ndarray, canonical: np.ndarray) -> np.ndarray:
    """(N,…) values of an atlas picture at (N,3) canonical places."""
    return sample_atlas(atlas, to_atlas(canonical))


def blurred(atlas: np.ndarray, reach: float) -> np.ndarray:
    """An atlas picture blurred over a share of its width, around its seam too."""
    pad = len(atlas) // 8
    around = cv2.copyMakeBorder(atlas.astype(np.float32), 0, 0, pad, pad, cv2.BORDER_WRAP)
    return cv2.GaussianBlur(around, (0, 0), reach * len(atlas))[:, pad:-pad]


def _along(points: np.ndarray, towards: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """(n,k,3) places so many steps (k,) from (n,3) points."""
    return points[:, None] + steps[None, :, None] * towards[:, None]
