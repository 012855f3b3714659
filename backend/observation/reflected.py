"""What skin and hair mirror of the light about them, which is none of their colour: how much, and a picture without it.

A camera that adds contrast has taken some of it out already, and one more time makes skin orange. How colourful skin
is decides how much is still there: in the CIELAB of albedos it hardly depends on how dark the skin is.
"""

import cv2
import numpy as np

from ..imaging.sample import masked_blur, scatter, to_linear, to_srgb
from .clipped import BRIGHTEST

#: Linear share of the light that a surface mirrors before any enters it: F0 of a refractive index of 1.5, between
#: skin's 1.4 and hair's 1.55 (0.028 and 0.047); Blender's default material adds the same again. And how far a camera's
#: picture may be from that.
REFLECTED, UNSURE = 0.04, 0.02
#: CIELAB chroma of skin without light, and its deviation: medians of the faces of 59 painted skins.
CHROMA, SPREAD = 29.0, 4.5
#: The same of hair as a share of its lightness: medians of 118 people's, every fourth of the photographs.
HAIR_CHROMA, HAIR_SPREAD = 0.4, 0.22
#: What stays of a value, so that the light can put it back.
MATTE = 0.53
#: Pixels of the longer side at which the light is smoothed, and how far, as a share of it.
COARSE, SMOOTH = 256, 0.01


def find_reflected(colour: np.ndarray, shade: np.ndarray) -> float:
    """The likeliest share, of 0 to REFLECTED, of the light that the visible skin mirrors.

    Args:
        colour: (n,3) sRGB of skin as photographed. shade: (n,) linear light on it.
    """
    if not len(colour):
        return REFLECTED
    unlit = to_linear(colour) / shade[:, None]
    costs, tried = [], np.linspace(0, REFLECTED, 9)
    for share in tried:
        skin = np.median(to_srgb(np.maximum((unlit - share) / (1 - share), 0)), axis=0)
        costs.append(too_colourful(skin[None, None]).item() ** 2 + ((share - REFLECTED) / UNSURE) ** 2)
    return float(tried[np.argmin(costs)])


def local_share(unlit: np.ndarray, weight: np.ndarray, most: float) -> np.ndarray:
    """(S,S) 0..1, how much of what find_reflected() says is to be taken off each place: smooth light says too much
    where skin would become more colourful than skin is.

    Args:
        unlit: (S,S,3) linear, the light divided out. weight: (S,S), how surely each texel is skin. most: the share.
    """
    near = masked_blur(unlit, weight, SMOOTH * len(unlit))
    costs, parts = [], np.linspace(0.01, 1, 9)  # the light is known to a factor, so a place has some
    for part in parts:
        skin = to_srgb(np.maximum(near - part * most, 0))
        costs.append(np.maximum(too_colourful(skin), 0) ** 2 + ((1 - part) * most / UNSURE) ** 2)
    return parts[np.argmin(costs, axis=0)].astype(np.float32)


def too_colourful(skin: np.ndarray) -> np.ndarray:
    """(H,W) standard deviations by which (H,W,3) sRGB of skin without light is more colourful than skin is."""
    _, a, b = cv2.split(cv2.cvtColor(skin.astype(np.float32), cv2.COLOR_RGB2LAB))
    return (np.hypot(a, b) - CHROMA) / SPREAD


def in_hair(picture: np.ndarray, hair: np.ndarray, light: np.ndarray, share: float) -> np.ndarray:
    """(H,W,1) 0..1, how much of the share is to be taken off each pixel: in hair that much less as hair would become
    more colourful than hair is, for its strands do not mirror what the skin beside them does; 1 elsewhere.

    Args:
        picture: (H,W,3) sRGB. hair: (H,W) 0..1. light: (H,W,1) linear, on what the picture shows. share: of skin.
    """
    size = [max(1, round(side * COARSE / max(hair.shape))) for side in hair.shape[::-1]]
    small, cover, light = (cv2.resize(part, size, interpolation=cv2.INTER_AREA) for part in (picture, hair, light))
    near = masked_blur(small, np.maximum(cover, 1e-4), SMOOTH * COARSE)
    costs, parts = [], np.linspace(0, 1, 9)
    for part in parts:
        matte = without_reflection(near, part * light[..., None], share)
        lightness, a, b = cv2.split(cv2.cvtColor(matte, cv2.COLOR_RGB2LAB))
        off = (np.hypot(a, b) / np.maximum(lightness, 1) - HAIR_CHROMA) / HAIR_SPREAD
        costs.append(np.maximum(off, 0) ** 2 + ((1 - part) * share / UNSURE) ** 2)
    stays = cv2.resize(np.float32(1 - parts[np.argmin(costs, axis=0)]), hair.shape[::-1])
    return (1 - hair * stays).astype(np.float32)[..., None]


def light_around(
    shade: np.ndarray, weight: np.ndarray, places: np.ndarray, shape: tuple[int, int], exposure: float
) -> np.ndarray:
    """(H,W,1) linear light on what the picture shows: that of the skin near each pixel, its mean further away.

    Args:
        shade, weight: (S,S) of the texels, and how surely each is shown. places: (S,S,2) portrait pixels. shape: H, W.
        exposure: the mean.
    """
    scale = COARSE / max(shape)
    size = max(1, round(shape[0] * scale)), max(1, round(shape[1] * scale))
    values = np.stack([weight.ravel(), (weight * np.log(shade / exposure)).ravel()])
    sums = scatter(scale * places.reshape(-1, 2), values, size)
    total, log = (cv2.GaussianBlur(part, (0, 0), SMOOTH * COARSE) for part in sums)
    light = exposure * np.exp(log / (total + 0.02 * total.max()))
    return cv2.resize(light, shape[::-1], interpolation=cv2.INTER_LINEAR)[..., None]


def without_reflection(picture: np.ndarray, light: np.ndarray | float, share: float = REFLECTED) -> np.ndarray:
    """(H,W,3) sRGB without what skin and hair mirror of the light about them; at least MATTE of what it was.

    Args:
        light: (H,W,1) or one, linear, on what the picture shows. share: of it that is mirrored.
    """
    matte = to_srgb((to_linear(picture) - share * light) / (1 - share), most=BRIGHTEST)
    return np.maximum(matte, MATTE * picture).astype(np.float32)
