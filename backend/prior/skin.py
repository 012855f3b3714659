"""The skin of a head in a render: what the portrait shows, in a few numbers.

What the landmark network reads of a face depends on its skin and its light (several degrees of a turned head), so the
render is given the portrait's: the linear prior's components, the light by the surface's normals and the colour, fitted
together through the camera that was solved. So few numbers cannot repeat where the portrait has its features: the skin
comes out in the head's places, which is what the two pictures are compared for (analysis by synthesis; Blanz and Vetter
1999 fit the same three).
"""

from __future__ import annotations

from functools import cache

import numpy as np
from safetensors.numpy import load

from ..imaging.sample import GAMMA, sample_atlas
from ..verified import WEIGHTS, verified_bytes
from .fit import Evidence, fit
from .light import harmonics
from .linear import NOISE, LinearPrior

#: Light from everywhere, and from one direction.
AMBIENT, KEY = 0.45, 0.72
BACKDROP = 0.55
#: Components of the prior: with more the flow of turned heads gets truer, with all of them no more.
COMPONENTS = 40
#: How many pixels count as one observation; of so many rows and columns one is looked at; deviations of the exposure,
#: the light and the channels, as shares of the mean's colour; the residual at which a pixel counts half; rounds.
CORRELATED, STEP = 20.0, 2
EXPOSURE, LIGHT, COLOUR, OUTLIER, ROUNDS = 1.0, 0.3, 0.3, 0.1, 4
#: Canonical: below it there are neck and clothes, behind it hair.
BELOW, HAIR_BEHIND = -0.45, -0.1


@cache
def usual_skin() -> LinearPrior:
    """The skin of heads where no other is given: the shipped prior's first components.

    Raises:
        AvatarTexError: WEIGHTS_MISSING, WEIGHTS_ALTERED.
    """
    tensors = load(verified_bytes(WEIGHTS, "linear.safetensors"))
    mean, basis, deviation = (tensors[name] for name in ("mean", "basis", "deviation"))
    return LinearPrior(
        np.ascontiguousarray(mean, np.float32),
        basis[:COMPONENTS].astype(np.float32),
        deviation[:COMPONENTS].astype(np.float32),
    )


def mean_skin(skin: LinearPrior, places: np.ndarray, lambert: np.ndarray, covered: np.ndarray) -> np.ndarray:
    """(H,W,3) float32 sRGB picture of a lit head in the prior's mean.

    Args:
        places: (H,W,2) where in the atlas each pixel lies. lambert: (H,W) 0..1. covered: (H,W) bool.
    """
    gain = np.where(covered, (AMBIENT + KEY * lambert) ** (1 / GAMMA), 0)[..., None]
    return sample_atlas(skin.mean, places) * gain.astype(np.float32) + np.float32(BACKDROP) * ~covered[..., None]


def fitted_skin(
    skin: LinearPrior,
    portrait: np.ndarray,
    places: np.ndarray,
    normals: np.ndarray,
    canonical: np.ndarray,
    covered: np.ndarray,
) -> np.ndarray:
    """(H,W,3) float32 sRGB picture of the head with the skin and the light that explain the portrait best.

    Robust (Cauchy weights): hair, glasses, hands and clothes are no skin.

    Args:
        portrait: (H,W,3) float32 sRGB, through the same camera. places: (H,W,2) in the atlas.
        normals: (H,W,3) unit, camera axes (z away). canonical: (H,W,3). covered: (H,W) bool.
    """
    mean = sample_atlas(skin.mean, places[covered])
    weight = np.clip(-2 * normals[covered][:, 2], 0, 1)
    weight *= (canonical[covered][:, 1] > BELOW) & (canonical[covered][:, 2] > HAIR_BEHIND)
    # by their places, for counted ones all change where one pixel does at the outline
    rows, columns = np.nonzero(covered)
    used = np.flatnonzero((weight > 0.05) & (rows % STEP == 0) & (columns % STEP == 0))
    parts, pull = skin_parts(skin, places[covered][used], normals[covered][used])
    weight = weight[used].astype(np.float32) * np.float32(STEP**2 / (CORRELATED * NOISE**2))
    evidence = Evidence(parts, portrait[covered][used] - mean[used], weight, OUTLIER)
    found = fit([evidence], pull, rounds=ROUNDS).unknowns.astype(np.float32)
    albedo = sample_atlas(skin.decode(found[: len(skin.basis)]), places[covered])
    light, cast = found[len(skin.basis) : -3], found[-3:]
    picture = np.full((*covered.shape, 3), BACKDROP, np.float32)
    picture[covered] = np.clip(albedo + mean * ((harmonics(normals[covered]) @ light)[:, None] + cast), 0, 1)
    return picture


def skin_parts(skin: LinearPrior, places: np.ndarray, normals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What skin, light and colour may add to the prior's mean: (q,n,3) sRGB, and (q,) each one's inverse variance.

    The prior's components come first, then the light by the normals, then the channels' gains.

    Args:
        places: (n,2) in the atlas. normals: (n,3) unit, camera axes.
    """
    size, mean = skin.size, sample_atlas(skin.mean, places)
    column, row = (places % 1 * size).astype(int).T
    shading = harmonics(normals).T[..., None] * mean
    colour = np.eye(3, dtype=np.float32)[:, None] * mean
    parts = np.concatenate([skin.basis.reshape(-1, size, size, 3)[:, row, column], shading, colour])
    deviation = [np.maximum(skin.deviation, 1e-3), [EXPOSURE], np.full(8, LIGHT), np.full(3, COLOUR)]
    return parts, np.concatenate(deviation) ** -2
