"""Detail that is bound to places: lips' furrows, brows' hairs, the lines of ears and lids, stubble where it grows.

The tile denoiser (stages/tiles.py) makes it on the unrolled head from what the stages made and what the portrait shows
beside it. Where the portrait is softer than the skins that the denoiser knows, its octaves are weakened as much. It is
what is likely at a place, so it has next to no grain: bare skin is the collage's (detail.py) alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ..head.unrolled import WIDTH, outward, unroll, unrolled
from ..networks.tiles import DENSITIES
from ..stages.tiles import fine_detail
from .bands import HALF, smooth
from .bare import bare_skin, face_parts
from .detail import CHUNK, OPPONENT
from .grain import COARSEST, Grain, box_of, pictured
from .observe import EAR, EAR_BACK, EAR_FRONT, EAR_TOP, Observation, scalp_share
from .sample import LUMINANCE, sample, spread
from .views import full

#: Cosines to the unrolled picture between which its detail fades in; canonical distance from its surface (skin behind
#: an ear) over which it fades out.
FACING, APART = (0.3, 0.55), (0.015, 0.035)
#: Canonical height of an ear.
EAR_LONG = 0.5
#: What the portrait's own detail begins with, waves per face height: as the atlas's ends.
SEEN_FROM = 24
#: Median rms of bare skin's octaves from 16 waves per face height on, of the training skins: luminance in steps of 8
#: bits, and the differences of colour as a share of that. A finer one is as the last.
OWN, COLOUR = (1.0, 0.9, 0.9, 0.8, 0.6), 0.4
#: Share of the face's own parts that is shown on neither side, from which the denoiser is asked.
UNSHOWN = 0.25
#: Amplitude on bare skin.
SKIN = 0.0


@dataclass(frozen=True)
class Placed:
    """picture: (H,W,3) float32 sRGB to add, unrolled, density pixels per face height. power: (h,w) of its luminance
    thereabouts. radius: (h,w) of the surface, 0 where none is. hairy: the scalp wears hair, which gets none. skin:
    amplitude on bare skin."""

    picture: np.ndarray
    density: float
    power: np.ndarray
    radius: np.ndarray
    hairy: bool
    skin: float = SKIN

    def add(self, colour: np.ndarray, free: np.ndarray, place: np.ndarray, normals: np.ndarray) -> np.ndarray:
        """As Detail.add()."""
        out = colour.copy()
        for low in range(0, len(colour), CHUNK):
            part = slice(low, low + CHUNK)
            amount = free[part] * self.where(place[part], normals[part])
            index = np.flatnonzero(amount > 0.004) + low
            if len(index):
                added = around(self.picture, unroll(place[index]) * self.density, cv2.INTER_CUBIC)
                out[index] = np.clip(out[index] + added * amount[index - low, None], 0, 1)
        return out

    def where(self, place: np.ndarray, normals: np.ndarray) -> np.ndarray:
        """(n,) 0..1: how much of it is at (n,3) canonical places."""
        share = parts(place, self.hairy) + self.skin * bare_skin(place, self.hairy) * (1 - ears(place))
        return share * self.there(place, normals)

    def power_at(self, place: np.ndarray, normals: np.ndarray) -> np.ndarray:
        """(n,) of the luminance that it adds at (n,3) canonical places."""
        power = around(self.power, unroll(place) * (self.power.shape[1] / WIDTH))
        return power * self.where(place, normals) ** 2

    def there(self, place: np.ndarray, normals: np.ndarray) -> np.ndarray:
        """(n,) 0..1: how far the unrolled picture shows (n,3) canonical places."""
        radius = around(self.radius, unroll(place) * (self.radius.shape[1] / WIDTH))
        apart = np.abs(np.hypot(place[:, 0], place[:, 2]) - radius)
        faces = np.clip((outward(place, normals) - FACING[0]) / (FACING[1] - FACING[0]), 0, 1)
        return faces * np.clip((APART[1] - apart) / (APART[1] - APART[0]), 0, 1)


def parts(place: np.ndarray, hairy: bool) -> np.ndarray:
    """(…,) 0..1 of (…,3) canonical places: lips, lids, brows, nostrils and ears."""
    scalp = scalp_share(place) if hairy else 0.0
    return np.maximum(1 - scalp - bare_skin(place, hairy) * (1 - ears(place)), 0)


def unshown(seen: Observation) -> float:
    """0..1: how much of lips, lids, brows and nostrils the portraits show neither there nor on the other side."""
    share = cv2.resize(face_parts(), seen.confidence.shape[::-1], interpolation=cv2.INTER_AREA) * seen.covered
    sure = full(np.maximum(seen.evidence[1], seen.evidence[1][:, ::-1]))
    return float(1 - (share * sure).sum() / max(float(share.sum()), 1e-6))


def ears(place: np.ndarray) -> np.ndarray:
    """(…,) 0..1 of (…,3) canonical places."""
    x, y, z = np.moveaxis(place, -1, 0)
    inside = (np.abs(x) - EAR, EAR_TOP - y, y - EAR_TOP + EAR_LONG, z - EAR_BACK, EAR_FRONT - z)
    return np.clip(np.min(inside, 0) / 0.03 + 0.5, 0, 1)


def around(picture: np.ndarray, places: np.ndarray, interpolation: int = cv2.INTER_LINEAR) -> np.ndarray:
    """(n,…) of an unrolled picture at (n,2) places in its pixels; around the head it goes on."""
    pad = 4
    wide = cv2.copyMakeBorder(picture, 0, 0, pad, pad, cv2.BORDER_WRAP)
    x = np.mod(places[:, 0], picture.shape[1]) + pad
    return sample(wide, np.stack([x, places[:, 1]], 1), interpolation)


def find_placed(
    job, lit: np.ndarray, gain: np.ndarray | None, grain: Grain, detailer, seed: int, made_up: bool = False,
) -> Placed:
    """Make it.

    Args:
        job: pipeline.Prepared. lit: (a,a,3) sRGB atlas of the three stages in the portrait's light.
        gain: (S,S,3) atlas, what that light is multiplied by, if it is. detailer: a TileDenoiser. made_up: no texel
            comes from the portrait.
    """
    seen = job.observation
    surface = unrolled(job.mesh, job.canonical, DENSITIES[0])
    shown = surface.facing > FACING[0] / 2
    box, shape = box_of(shown), shown.shape
    _, *found = pictured(surface, surface.place, shown, job.registration, seen, lit, gain)
    sure, skin, photo, made = (whole(part, box, shape) for part in found)
    sure = full(sure) * (skin > 0.5) * (not made_up)
    low = smooth(photo, sure > 0.05, HALF * DENSITIES[0] / SEEN_FROM)
    start = spread(made * (1 - sure[..., None]) + low * sure[..., None], shown)
    needed = shown & (1.5 * sure < 1)
    needed &= (scalp_share(surface.place) < 0.98) | (not seen.wears_hair)
    device = next((str(one.device) for one in detailer.parameters()), "cpu")
    lows = grain.lows
    detail = fine_detail(
        detailer, start, (photo - low) * sure[..., None], sure, needed, 4 * lows[-1], seed, device,
    )
    density = detail.shape[1] / WIDTH
    known = cv2.resize(needed.astype(np.uint8), detail.shape[1::-1], interpolation=cv2.INTER_NEAREST) > 0
    if known.any():
        box = box_of(known)
        detail = whole(softened(detail[box], known[box], grain, density), box, known.shape)
    power = cv2.resize((detail @ LUMINANCE) ** 2, shape[::-1], interpolation=cv2.INTER_AREA)
    power = cv2.GaussianBlur(power, (0, 0), DENSITIES[0] / COARSEST / 2)
    radius = np.hypot(surface.place[..., 0], surface.place[..., 2]).astype(np.float32)
    return Placed(detail, density, power, radius, seen.wears_hair)


def whole(part: np.ndarray, box: tuple[slice, slice], shape: tuple[int, int]) -> np.ndarray:
    """(H,W,…) of the part in a box of it, zero beside."""
    out = np.zeros((*shape, *part.shape[2:]), np.float32)
    out[box] = part
    return out


def softened(detail: np.ndarray, known: np.ndarray, grain: Grain, density: float) -> np.ndarray:
    """(H,W,3) detail whose octaves are as much weaker as the seen skin's are than OWN, in luminance and in colour.

    Args:
        detail: (H,W,3) sRGB. known: (H,W) bool, where it was made. density: pixels per face height.
    """
    edges = [smooth(detail, known, HALF * density / low) for low in grain.lows]
    layers = [fine - coarse for fine, coarse in zip([*edges[1:], detail * known[..., None]], edges, strict=True)]
    turned = np.linalg.inv(OPPONENT)
    out = np.zeros_like(detail)  # what is coarser is the stages' own
    for number, (layer, covariance) in enumerate(zip(layers, grain.covariance, strict=True)):
        own = (OWN[min(number, len(OWN) - 1)] / 255) ** 2
        has = np.diag(OPPONENT @ covariance @ OPPONENT.T)
        light, colour = np.sqrt(np.clip([has[0] / own, has[1:].sum() / (own * COLOUR**2)], 0, 1))
        out = out + layer @ (turned @ np.diag([light, colour, colour]) @ OPPONENT).T.astype(np.float32)
    return out
