"""The relief of the skin that one portrait shows, on the portrait's own pixels: the height whose slopes under the
portrait's light, and whose hollows, shade it so.

Linear shape from shading (Pentland, "Linear shape from shading", IJCV 1990) with a term for hollows, which any light
leaves darker ("dark is deep": Langer and Zucker 1994; Beeler et al., "High-quality single-shot capture of facial
geometry", SIGGRAPH 2010). In waves both are factors, and a Wiener filter divides by their sum.
"""

import cv2
import numpy as np

from ..head.atlas import map_atlas
from ..imaging.bands import HALF, averaging
from ..imaging.sample import masked_blur, sample_atlas, scatter
from ..job import Prepared
from ..observation.views import View
from ..prior.light import DARKEST, Light, harmonics
from ..surface.bare import face_parts
from .pigment import COARSEST, shading

#: Cells of a face's height in which the light and the parts of the face are known on the portrait.
CELLS = 96
#: Step of a slope by which light is differentiated.
STEP = 0.05


def find_relief(job: Prepared, view: View, folds: float = 0.0) -> np.ndarray:
    """(H,W) float32 heights along the normals, in face heights, of the skin that a portrait shows; 0 elsewhere.

    Args:
        folds: 0..1 how far those of the smile are on the texture.
    """
    seen, face_height = view.observation, view.registration.face_height
    picture = seen.portrait
    if folds and view.folds is not None:
        picture = np.clip(picture * (1 + folds * (view.folds - 1)), 0, 1)
    tilt, facing, parts = on_portrait(job, view)
    skin = (seen.mask * (1 - up(parts, seen.mask.shape))).astype(np.float32)
    rows, columns = (np.flatnonzero((skin > 0).any(axis)) for axis in (1, 0))
    out = np.zeros(skin.shape, np.float32)
    if not len(rows):
        return out
    box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    shade = shading(picture[box], skin[box], face_height)
    centres, shares = kinds_of(tilt)
    for centre, share in zip(centres, shares, strict=True):
        out[box] += solve(shade, centre) * up(share, out.shape)[box]
    out[box] -= averaging(skin[box])(out[box][..., None], HALF * face_height / COARSEST)[..., 0]  # it lies in the mesh
    return out * up(facing, out.shape) * skin / np.float32(face_height)


def on_portrait(job: Prepared, view: View) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """In cells of the portrait: (h,w,2) the tilt of solve(), (h,w) how far the skin faces the viewer, and (h,w) 0..1
    what is no bare skin by its place."""
    seen = view.observation
    layout = map_atlas(job.mesh, job.canonical, len(seen.places))
    normals = layout.fragments.interpolate(job.mesh.corners(view.registration.normals.astype(np.float32)))
    known = (view.visible > 0.05) & seen.covered & layout.fragments.covered
    known[known] = np.linalg.norm(normals[known], axis=1) > 0.5
    places, confidence = seen.places[known], view.visible[known]
    towards = normals[known] @ seen.light.rotation.T.astype(np.float32)
    tilts = tilts_of(seen.light, towards)
    atlas = (np.argwhere(known)[:, ::-1] + 0.5).astype(np.float32) / len(known)
    values = np.concatenate([tilts, towards[:, 2:], sample_atlas(face_parts(), atlas)[:, None]], 1)
    height, width = (max(1, int(np.ceil(side / cell_of(view)))) for side in seen.mask.shape)
    parts = np.stack([confidence, *(confidence * one for one in values.T)])
    total, *sums = scatter(places / cell_of(view), parts, (height, width))
    mean = np.stack(sums, 2) / np.maximum(total, 1e-6)[..., None]
    mean = masked_blur(mean, (total > 0).astype(np.float32), 1.0)
    return mean[..., :2], np.clip(mean[..., 2], 0, 1), np.clip(mean[..., 3], 0, 1)


def tilts_of(light: Light, towards: np.ndarray) -> np.ndarray:
    """(n,2) logarithm of light gained per slope to the right and downwards, of surfaces with (n,3) normals in the
    viewer's axes: right, up, near."""
    near = np.maximum(towards[:, 2], 0.3)
    slopes = -towards[:, :2] / near[:, None]

    def lit(right: float, above: float) -> np.ndarray:
        turned = np.stack([-slopes[:, 0] - right, -slopes[:, 1] - above, np.ones_like(near)], 1)
        turned /= np.linalg.norm(turned, axis=1, keepdims=True)
        return np.log(np.maximum(harmonics(turned) @ light.coefficients, DARKEST))

    right = (lit(STEP, 0) - lit(-STEP, 0)) / (2 * STEP)
    down = (lit(0, -STEP) - lit(0, STEP)) / (2 * STEP)  # dz/dy is counted downwards on pictures
    found = np.stack([right, down], 1)
    # more is light that grazes, of which nothing linear is left
    return found * np.minimum(1, 1.2 / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-6))


def kinds_of(tilt: np.ndarray) -> tuple[list[tuple[float, float]], np.ndarray]:
    """A few tilts that stand for those of (h,w,2) cells, and (k,h,w) each one's share of each cell."""
    flat = np.ascontiguousarray(tilt.reshape(-1, 2), np.float32)
    count = min(4, len(np.unique(flat, axis=0)))  # kinds of slanting light that are told apart on one face
    cv2.setRNGSeed(0)
    ends = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 20, 1e-3)
    centres = cv2.kmeans(flat, count, None, ends, 1, cv2.KMEANS_PP_CENTERS)[2]
    far = ((flat[:, None] - centres[None]) ** 2).sum(2)
    share = np.exp(-(far - far.min(1, keepdims=True)) / (2 * 0.25**2))  # d ln E / d slope
    share = (share / share.sum(1, keepdims=True)).T.reshape(count, *tilt.shape[:2])
    return [(float(right), float(down)) for right, down in centres], share.astype(np.float32)


def cell_of(view: View) -> float:
    """Pixels of a cell's side."""
    return max(1.0, view.registration.face_height / CELLS)


def up(cells: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """(H,W) of (h,w) cells of a portrait."""
    return cv2.resize(cells, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)


#: Logarithm of light that a hollow of slope 1 loses, whatever the light: the cosine law leaves a groove with sides of
#: 10 to 20 degrees 0.1 to 0.2 of it, and slanting light decides where there is any. What of both is noise.
HOLLOW, NOISE = 0.1, 0.16


def solve(shade: np.ndarray, tilt: tuple[float, float], periodic: bool = False) -> np.ndarray:
    """(H,W) float32 heights towards the viewer, pixels.

    Args:
        shade: (H,W) logarithms of light, 0 where nothing is known. tilt: logarithm of light gained per slope to the
            right and downwards, d ln E / d(dz/dx) and d ln E / d(dz/dy). periodic: it goes on beyond its border.
    """
    height, width = shade.shape
    beyond = [0 if periodic else cv2.getOptimalDFTSize(side + side // 8) - side for side in shade.shape]
    known = np.pad(shade.astype(np.float32), [(0, more) for more in beyond])
    down = np.float32(2 * np.pi) * np.fft.fftfreq(known.shape[0]).astype(np.float32)[:, None]
    right = np.float32(2 * np.pi) * np.fft.rfftfreq(known.shape[1]).astype(np.float32)[None]
    length = np.hypot(right, down)
    length[0, 0] = 1
    across = right * np.float32(tilt[0]) + down * np.float32(tilt[1])
    deep = np.float32(HOLLOW) * length
    spectrum = cv2.dft(known, flags=cv2.DFT_COMPLEX_OUTPUT)  # NumPy's takes three times as long
    waves = spectrum.view(np.complex64)[:, : right.shape[1], 0]  # the other half says the same, and is not read again
    waves *= (deep - 1j * across) / (deep**2 + across**2 + (np.float32(NOISE) * length) ** 2)
    waves[0, 0] = 0
    return cv2.dft(spectrum, flags=cv2.DFT_INVERSE | cv2.DFT_SCALE | cv2.DFT_REAL_OUTPUT)[:height, :width]
