"""Studio light: what nine numbers leave of the portrait's light, shadows that something casts, highlights and lamps of
several colours, is taken out by a learnt gain (lab/networks/studio.py)."""

from __future__ import annotations

import cv2
import numpy as np

from ..imaging.sample import GAMMA, fill_smoothly, to_linear
from ..networks.planes import Network
from ..networks.sizes import CANVAS
from .light import Light

#: Confidence from which a texel is evidence; brightest that is given.
LEAST, BRIGHTEST = 0.02, 1.5
#: Power that brings linear light near sRGB.
ROOT = np.float32(1 / GAMMA)
#: Errors of sRGB, by the network's own word, up to which a texel keeps its confidence and from which it has none: a
#: burnt highlight, the black of a shadow.
USUAL, LOST = 0.07, 0.20
#: A gain is halved that is so many of its own errors, and the darkest skin whose errors differ from one another.
DOUBT, DARKEST = 2.0, 0.1
#: What mirroring does to the channels of channels_of().
MIRRORED = np.float32([1] * 8 + [-1, 1, 1])[:, None, None]


def even_out(
    network: Network, colour: np.ndarray, normals: np.ndarray, shown: np.ndarray, light: Light
) -> tuple[np.ndarray, np.ndarray]:
    """(S,S,3) float32, what linear skin is multiplied by after smooth light was divided out, and (S,S) 0..1, how far
    the result is to be believed.

    Args:
        network: Networks.studio. colour: (S,S,3) sRGB as photographed. normals: (S,S,3) mesh axes. shown:
        (S,S) 0..1.
        light: smooth, found by estimate_light().
    """
    size = len(shown)
    weight = cv2.resize(shown.astype(np.float32), (CANVAS, CANVAS), interpolation=cv2.INTER_AREA)

    def small(picture: np.ndarray) -> np.ndarray:
        total = cv2.resize(picture * shown[..., None], (CANVAS, CANVAS), interpolation=cv2.INTER_AREA)
        return (total / np.maximum(weight, 1e-4)[..., None]).astype(np.float32)

    towards = small(normals)
    towards /= np.maximum(np.linalg.norm(towards, axis=-1, keepdims=True), 1e-6)
    shade = light.shade(towards)
    unlit = to_linear(small(colour)) / shade[..., None]
    given = channels_of(unlit, weight, shade, towards @ light.rotation.T, light.skin)
    gain, said = network(np.stack([given, given[..., ::-1] * MIRRORED]))
    field, error = ((one[0] + one[1][..., ::-1]).transpose(1, 2, 0) / 2 for one in (gain, said))
    # Wiener's share: what is fainter than its error is as likely the skin's own
    off = DOUBT / ROOT * np.exp(error / 2) / np.maximum(unlit.mean(-1, keepdims=True) ** ROOT, DARKEST)
    square = (field**2).max(-1, keepdims=True)
    field, known = field * square / (square + off**2 + 1e-9), weight > LEAST
    both = fill_smoothly(np.concatenate([field, error], -1) * known[..., None], known)
    both = cv2.resize(both, (size, size), interpolation=cv2.INTER_LINEAR)
    sure = np.clip((LOST - np.exp(both[..., 3] / 2)) / (LOST - USUAL), 0, 1)
    return np.exp(both[..., :3]), sure.astype(np.float32)


def channels_of(
    unlit: np.ndarray, shown: np.ndarray, shade: np.ndarray, normals: np.ndarray, skin: np.ndarray
) -> np.ndarray:
    """(CHANNELS,T,T) float32: what the network is given of texels (T,T,…).

    Args:
        unlit: linear, smooth light divided out. shown: 0..1. shade: the light. normals: the viewer's axes (right, up,
            near). skin: sRGB, the prior's fit.
    """
    bright = np.clip(unlit, 1e-4, BRIGHTEST) ** ROOT
    skin = cv2.resize(skin.astype(np.float32), shown.shape[::-1], interpolation=cv2.INTER_LINEAR)
    visible = shown[..., None]
    parts = (
        (bright - 0.5) * visible,
        3 * (bright - skin) * visible,
        visible,
        np.log(shade)[..., None] * visible,
        normals,
    )
    return np.concatenate(parts, -1).astype(np.float32).transpose(2, 0, 1)
