"""The relief of every texel: the portrait's own, the other side's, and what made-up skin and painted hair have.

Each part is a picture of heights that is looked up as its colour is (compose/photographed.py, surface/skin.py), so a
height is a number of the surface and not of the UV map: at the rim of an island both sides of a seam have the same.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ..compose.colouring import ENCLOSED, PART
from ..compose.photographed import Places, Shown, find, find_shown, look_across, spread_over
from ..compose.texels import Texels
from ..head.atlas import to_atlas
from ..head.match import DRAWN
from ..head.mesh import HeadMesh, vertex_normals
from ..head.scalp import ear_share, scalp_share
from ..imaging.bands import HALF, averaging
from ..imaging.sample import LUMINANCE, sample
from ..job import Prepared
from ..observation.views import share_out
from ..surface.bare import between_parts
from ..surface.find import Details
from ..surface.skin import PERIOD, SkinDetail
from ..threads import CORES, start_threads
from .pigment import ramp, shading
from .portrait_relief import find_relief, solve

POOL = start_threads(CORES)

#: Waves per face height (3.7 mm) from which the detail of skin is pores and no blotch.
PORES = 48
#: Root mean square slope of pores, at most: 4 degrees.
STEEP = 0.07
#: Face heights beyond which a difference of hair's colour is no strand: 1.5 mm.
STRANDS = 0.008
#: How far a covering's colour is on the way from the skin below to its own mean, up to which it is skin and from which
#: it is not.
UNLIKE = 0.3, 0.5
#: Most that relief rises or falls, in face heights: 0.25 mm, the depth of deep wrinkles at rest.
DEEPEST = 0.0014


class Relief:
    """Heights along the normals, in mesh units, of the texels of one head.

    folds: 0..1 how far those of the portrait's smile are on the texture. made_up: nothing comes from the portrait.
    """

    def __init__(self, job: Prepared, details: Details, folds: float, made_up: bool = False) -> None:
        self.job, self.unit, self.made_up = job, float(job.match.head.height), made_up
        self.flat = job.style in DRAWN  # lines and flat colours are no relief
        self.pictures = [] if self.flat else [find_relief(job, view, folds) for view in job.views]
        self.shown = [find_shown(view) for view in job.views]
        lean = min(
            (lean_of(one, view.registration.face_height) for one, view in zip(self.pictures, job.views)), default=0
        )
        self.pores = None if self.flat or details.skin is None else pores_of(details.skin, lean)

    def heights(self, mesh: HeadMesh, texels: Texels) -> np.ndarray:
        """(n,) float32 of the n filled texels of one tile."""
        count = len(texels.triangle)
        out = np.zeros(count, np.float32)
        if self.flat:
            return out
        job = self.job
        parts = (mesh.vertices, job.registration.normals, job.canonical, job.inside[:, None])
        vertices = np.concatenate([*parts, vertex_normals(mesh, job.canonical)], 1).astype(np.float32, order="F")

        def work(first: int) -> None:
            part = slice(first, first + PART)
            out[part] = self._part(np.split(texels.at(mesh, vertices, part), (3, 6, 9, 10), axis=1))

        list(POOL.map(work, range(0, count, PART)))
        return out

    def _part(self, at_texels: list[np.ndarray]) -> np.ndarray:
        points, normals, place, depth, towards = at_texels
        atlas, outside = to_atlas(place), depth[:, 0] < ENCLOSED
        at = Places(points, normals, place, atlas, outside, outside * np.float32(not self.made_up))
        height, own, mirrored = look_up(self.job, self.pictures, self.shown, at)
        missing = np.sqrt(np.maximum(1 - own**2 - mirrored**2, 0)) * outside
        if self.pores is not None:
            some = np.flatnonzero(missing > 0.004)
            laid = self.pores.laid(place[some], towards[some])[:, 0]
            height[some] += laid * missing[some] * strength(place[some])
        height *= between_parts(atlas)
        return self.unit * DEEPEST * np.tanh(height / DEEPEST)


def look_up(
    job: Prepared, pictures: list[np.ndarray], shown: list[Shown], at: Places
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(n,) heights in face heights as far as portraits show them, and (n,) the shares of what they show here and on the
    other side, as Photographed has them for what is fine."""
    views, count = job.views, len(at.points)
    height = np.zeros(count, np.float32)
    found = [find(view, one, at) for view, one in zip(views, shown, strict=True)]
    share = np.asarray(sum(share_out([one.whole for one in found])))
    parts = share_out([spread_over(one, np.clip(1.5 * one.skin, 0, 1), count) for one in found])
    for picture, one, part in zip(pictures, found, parts, strict=True):
        height[one.index] += sample(picture, one.pixels) * part[one.index]
    own = np.asarray(sum(parts))
    flipped = np.stack([1 - at.atlas[:, 0], at.atlas[:, 1]], -1)
    across = [look_across(one, flipped) for one in shown]
    left = (1 - share) * at.free * (1 - own)
    mirrored = np.zeros(count, np.float32)
    for picture, (_, pixels), part in zip(pictures, across, share_out([sure for sure, _ in across]), strict=True):
        part = part * left
        other = np.flatnonzero(part > 0)
        height[other] += sample(picture, pixels[other]) * part[other]
        mirrored += part
    return height, own, mirrored


def strength(place: np.ndarray) -> np.ndarray:
    """(n,) 0..1 of pores by (n,3) canonical places."""
    neck = np.clip((-0.4 - place[:, 1]) / 0.1, 0, 1)
    # scalp, ears and neck have half of the face's pores
    return 1 - 0.5 * np.maximum.reduce([neck, ear_share(place), scalp_share(place)])


def lean_of(picture: np.ndarray, face_height: float) -> float:
    """Root mean square slope of the pores that a portrait shows, folds aside.

    Args:
        picture: (H,W) of find_relief(). face_height: pixels.
    """
    known = (picture != 0).astype(np.float32)
    fine = picture - averaging(known)(picture[..., None], HALF * face_height / PORES)[..., 0]
    down, across = np.gradient(fine * face_height)
    slope = np.hypot(down, across)[known > 0]
    # of noise the root mean square is 1.2 times the median; folds are few
    return 1.2 * float(np.median(slope)) if len(slope) else STEEP


def pores_of(detail: SkinDetail, lean: float) -> SkinDetail:
    """The relief, (N,N,1) in face heights, of the skin whose detail this is, as steep as lean_of() says."""
    size = len(detail.square)
    picture = np.clip(detail.tone + detail.square, 0, 1)
    whole = np.ones((size, size), np.float32)
    height = solve(shading(picture, whole, size / PERIOD, PORES, spots=False), (0.0, 0.0), periodic=True)
    down, across = np.gradient(height)
    height *= min(1.0, min(lean, STEEP) / max(float(np.sqrt((down**2 + across**2).mean())), 1e-9))
    return replace(detail, square=(height * (PERIOD / size))[..., None])


def covered(
    planes: Mapping[str, np.ndarray], opacities: Mapping[str, float], filled: np.ndarray, texels: float
) -> tuple[np.ndarray, np.ndarray]:
    """(n,) 0..1 how far hair, beards and hats cover each texel, and (n,) how much lighter than that hair it is, -1..1.

    A layer may show skin, where a parse takes bare skin beside hair for hair: what looks like the skin below is none.

    Args:
        planes: (C,S*S) bytes of layers by name. opacities: of the texture. filled: (S,S) bool, the n texels. texels: of
            a face's height.
    """
    shape, filled = filled.shape, filled.ravel()
    count = int(filled.sum())
    skin = planes["skin"][:, filled].astype(np.float32)
    cover, lighter = np.zeros(count, np.float32), np.zeros(count, np.float32)
    for name in ("facial_hair", "hair", "headwear"):
        opacity = np.float32(opacities.get(name, 1.0))
        if name not in planes or not opacity or not planes[name][3].any():
            continue
        layer = planes[name][:, filled]
        own = np.average(layer[:3], axis=1, weights=layer[3])[:, None]
        far = np.zeros((shape[0] * shape[1], 3), np.float32)
        far[filled] = np.stack([*(np.abs(layer[:3] - one).mean(0) for one in (skin, own)), layer[3]], 1)
        far = far.reshape(*shape, 3)
        broad = averaging(far[..., 2] / 255)(far[..., :2], STRANDS * texels).reshape(-1, 2)[filled]
        alpha = layer[3] * (opacity / 255) * ramp(broad[:, 0] / np.maximum(broad.sum(1), 1e-3), *UNLIKE)
        light = np.tensordot(LUMINANCE / 255, layer[:3].astype(np.float32), 1)
        mean = float((light * alpha).sum(dtype=np.float64) / alpha.sum(dtype=np.float64))
        lighter += alpha * (np.tanh(2 * (light / max(mean, 0.02) - 1)) - lighter)
        cover += alpha * (1 - cover)
    return cover, lighter


def with_hair(
    height: np.ndarray, cover: np.ndarray, lighter: np.ndarray, filled: np.ndarray, unit: float, texels: float
) -> np.ndarray:
    """(n,) heights of skin, (n,) covered by painted hair: light strands lie on dark ones. That hair lies on the skin,
    and what is broad of its colour, is left out: its border would be a step, a cap's rim in light from the side.

    Args:
        filled: (S,S) bool, the n texels. unit, texels: of a face's height, in the mesh and on the map.
    """
    laid = np.zeros(filled.shape, np.float32)
    laid[filled] = cover * lighter
    broad = averaging(filled)(laid[..., None], STRANDS * texels)[..., 0]
    # light and dark strands are 0.1 mm apart
    return (height * (1 - cover) + unit * 0.0006 * (laid - broad)[filled]).astype(np.float32)
