"""The portrait's light, apart from the skin: smooth shading over the registered normals."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ..imaging.sample import GAMMA, to_linear, to_srgb
from ..networks.sizes import CANVAS
from .fit import Evidence, fit
from .linear import COARSE, NOISE, LinearPrior
from .part_light import MIRRORED, LightEstimate, part_light

#: Shading is never trusted beyond these ratios of a good exposure.
DARKEST, BRIGHTEST = 0.35, 1.8
#: Camera axes (y down, z away) to the viewer's (y up, z near), in which lights are given.
UPRIGHT = np.diag([1.0, -1.0, -1.0])
#: Mean and covariance of portraits' lights, half of them as lab/texhub/lights.py draws them (exposed for the front of
#: the face), half as lab/evaluation/truth.py (for all of the head that shows): coefficients that mirroring keeps, then
#: those whose sign it turns, which are 0 on average.
KEPT, TURNED = (np.flatnonzero(MIRRORED == sign) for sign in (1, -1))
MEAN = (0.798, 0.273, 0.263, 0.185, 0.010, 0.028)
COVARIANCE = (
    (0.0224, 0.0134, -0.0171, -0.0021, 0.0000, -0.0054),
    (0.0134, 0.0445, -0.0054, 0.0263, -0.0131, -0.0059),
    (-0.0171, -0.0054, 0.0287, 0.0105, -0.0030, 0.0059),
    (-0.0021, 0.0263, 0.0105, 0.0411, -0.0114, 0.0007),
    (0.0000, -0.0131, -0.0030, -0.0114, 0.0123, -0.0007),
    (-0.0054, -0.0059, 0.0059, 0.0007, -0.0007, 0.0041),
)
TURNED_COVARIANCE = ((0.0813, 0.0455, 0.0563), (0.0455, 0.0515, 0.0295), (0.0563, 0.0295, 0.0763))
#: Mean shading of what shows, and its standard deviation: photographers expose for that, too. Without it 0.1 dB less on
#: drawn observations of training faces, 0.3 on rendered ones.
EXPOSED, EXPOSURE_SPREAD = 0.97, 0.15
#: Share visible of a texel from which it counts, and how many must. Rounds of Gauss-Newton;
#: the shading below which it has no gradient.
LEAST, ENOUGH = 0.05, 30
ROUNDS, FLOOR = 8, 0.12
#: Rows and columns of COARSE that are face.
FACE = (slice(12, 52), slice(16, 48))
#: How many of the prior's texels count as one observation; the residual at which a texel counts half.
CORRELATED, OUTLIER = 100.0, 0.07


@dataclass(frozen=True)
class Light:
    """Irradiance as spherical harmonics of order 2 (Ramamoorthi and Hanrahan 2001), one for all channels.

    coefficients: (9,), shading 1 is a good exposure. rotation: (3,3) mesh axes to the viewer's: right, up, near.
    skin: (COARSE,COARSE,3) float32 sRGB, the unlit skin that was found with it; None where nobody looked.
    """

    coefficients: np.ndarray
    rotation: np.ndarray
    skin: np.ndarray | None = None

    def shade(self, normals: np.ndarray) -> np.ndarray:
        """(…,) float32 shading of (…,3) mesh normals."""
        rotation, coefficients = (part.astype(np.float32) for part in (self.rotation, self.coefficients))
        basis = harmonics(np.einsum("...c,kc->...k", normals, rotation))
        return np.clip(np.einsum("...c,c->...", basis, coefficients), DARKEST, BRIGHTEST).astype(np.float32)

    def trust(self, shade: np.ndarray) -> np.ndarray:
        """(…,) 0..1: a pixel in deep shadow or glare says little about the skin."""
        dark = np.clip((shade - DARKEST) / (0.62 - DARKEST), 0, 1)
        return (0.15 + 0.85 * dark * dark * (3 - 2 * dark)).astype(np.float32)

    @staticmethod
    def remove(srgb: np.ndarray, shade: np.ndarray) -> np.ndarray:
        """(…,3) sRGB with the shading (…,) divided out in linear light."""
        return to_srgb(to_linear(srgb) / shade[..., None])


def harmonics(normals: np.ndarray) -> np.ndarray:
    """(…,9) real spherical harmonics basis of unit normals, without the constant factors."""
    x, y, z = np.moveaxis(normals, -1, 0)
    basis = np.stack([np.ones_like(x), x, y, z, x * y, y * z, x * z, x * x - y * y, 3 * z * z - 1])
    return np.moveaxis(basis.astype(np.float32, copy=False), 0, -1)


def estimate_light(
    colour: np.ndarray, normals: np.ndarray, confidence: np.ndarray, skin: LinearPrior, camera_rotation: np.ndarray
) -> Light:
    """The light of the likeliest pair of a light and a skin that explain what is visible: neither is fitted alone, so a
    dark skin is not taken for shade, nor a beard for a lamp from above.

    argmin over c, l of sum w |x - skin(c) (l H)^(1/gamma)|^2 / noise^2 + |c / deviation|^2 + |l - mean|^2 / covariance,
    and what shows is well exposed; by Gauss-Newton with Cauchy weights, as LinearPrior.fit(): glasses,
    cast shadows and highlights are outliers.

    What it gets wrong of a face that shows in part is added (part_light.py).

    Args:
        colour: (S,S,3) sRGB as photographed. normals: (S,S,3) mesh axes. confidence: (S,S). skin: the prior of unlit
        textures.
        camera_rotation: (3,3) mesh axes to the camera's.
    """
    rotation = UPRIGHT @ camera_rotation
    small = skin.shrunk(COARSE)
    found = light_of_visible(colour, normals, confidence, small, rotation)
    if found is None:
        return Light(usual_light()[0], rotation, small.mean)
    estimate, unlit = found
    return Light(estimate.light + part_light().missing(estimate), rotation, unlit)


def light_of_visible(
    colour: np.ndarray, normals: np.ndarray, confidence: np.ndarray, skin: LinearPrior, rotation: np.ndarray
) -> tuple[LightEstimate, np.ndarray] | None:
    """The estimate from what shows alone, and the (COARSE,COARSE,3) skin; None where too little does.

    Args:
        skin: the prior at COARSE. rotation: (3,3) mesh axes to the viewer's. The others are estimate_light()'s.
    """
    mean, precision = usual_light()
    weight = _small(confidence)
    used = weight > LEAST
    if used.sum() < ENOUGH:
        return None
    weight = weight[used]
    visible = _small(colour * confidence[..., None])[used] / weight[:, None]
    towards = _small(normals * confidence[..., None])[used]
    basis = harmonics(towards / np.maximum(np.linalg.norm(towards, axis=1, keepdims=True), 1e-6) @ rotation.T)
    shown = np.average(basis, axis=0, weights=weight) / EXPOSURE_SPREAD
    usual = precision @ mean + shown * EXPOSED / EXPOSURE_SPREAD
    precision = precision + np.outer(shown, shown)
    light, coefficients, residual = _fit(
        visible, weight, basis, skin, used, (np.linalg.solve(precision, usual), precision)
    )
    unlit = skin.decode(coefficients).astype(np.float32)
    return LightEstimate(light, basis, weight, residual.mean(1), unlit[used], unlit[FACE].mean((0, 1))), unlit


def _fit(
    visible: np.ndarray,
    weight: np.ndarray,
    basis: np.ndarray,
    skin: LinearPrior,
    used: np.ndarray,
    usual: tuple[np.ndarray, np.ndarray],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(9,) and (K,) what estimate_light() minimises, and (n,3) what is left, of n visible texels: (n,3) sRGB, (n,)
    weights, (n,9) harmonics. usual: mean and inverse covariance of the light."""
    mean, precision = usual
    components, middle = skin.basis.reshape(len(skin.basis), -1, 3)[:, used.ravel()], skin.mean[used]
    count, pull = len(components), 1 / np.maximum(skin.deviation, 1e-3) ** 2
    base = weight / (CORRELATED * (COARSE / CANVAS) ** 2 * NOISE**2)
    coefficients, light, albedo, believed = np.zeros(count), mean, middle, 1.0
    for _ in range(ROUNDS):
        smooth = basis @ light.astype(np.float32)
        shade = np.maximum(smooth, FLOOR)
        gain = shade ** (1 / GAMMA)
        slope = basis * ((smooth > FLOOR) * gain / (GAMMA * shade))[:, None]
        steps = np.concatenate([components * gain[:, None], np.clip(albedo, FLOOR, 1) * slope.T[..., None]])
        # a fault of the skin is as large as the light on it; in the dark there is noise besides
        weight = base * believed / np.maximum(gain, 0.5) ** 2
        prior = np.zeros((len(steps), len(steps)))
        prior[:count, :count], prior[count:, count:] = np.diag(pull), precision
        current = np.concatenate([coefficients, light - mean])
        move = fit([Evidence(steps, visible - albedo * gain[:, None], weight)], prior, -current).unknowns
        coefficients, light = coefficients + move[:count], light + move[count:]
        albedo = middle + np.tensordot(coefficients.astype(np.float32), components, 1)
        gain = np.maximum(basis @ light.astype(np.float32), FLOOR)[:, None] ** (1 / GAMMA)
        residual = (visible - albedo * gain) / np.maximum(gain, 0.5)
        believed = 1 / (1 + (residual**2).sum(1) / OUTLIER**2)
    return light, coefficients.astype(np.float32), residual


def usual_light() -> tuple[np.ndarray, np.ndarray]:
    """(9,) mean and (9,9) inverse covariance of the lights that portraits have."""
    mean, covariance = np.zeros(9), np.zeros((9, 9))
    mean[KEPT] = MEAN
    covariance[np.ix_(KEPT, KEPT)], covariance[np.ix_(TURNED, TURNED)] = COVARIANCE, TURNED_COVARIANCE
    return mean, np.linalg.inv(covariance)


def _small(picture: np.ndarray) -> np.ndarray:
    return cv2.resize(picture.astype(np.float32), (COARSE, COARSE), interpolation=cv2.INTER_AREA)
