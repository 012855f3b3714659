"""Highlights of a photograph in which a channel is clipped: without its missing light bright skin turns green."""

import numpy as np

from ..imaging.sample import fill_smoothly, to_linear, to_srgb

#: From here a channel counts as clipped, five steps of 255 below white as JPEG blurs it; the brightest it is made.
CLIPPED, BRIGHTEST = 0.98, 4.0


def restore_clipped(picture: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """A photograph whose clipped channels go on as its darkest one does, in the hue of the skin around.

    Args:
        picture: (H,W,3) float32 sRGB. mask: (H,W) 0..1 skin.

    Returns:
        (H,W,3) float32 sRGB, over 1 where a channel was clipped: at least what the darkest channel asks for.
    """
    skin, clipped = mask > 0.5, picture >= CLIPPED
    lost = skin & clipped.any(-1)
    if not lost.any():
        return picture
    linear = np.maximum(to_linear(picture), 1e-3)
    least = linear.min(-1, keepdims=True)
    hue = fill_smoothly(np.log(linear / least), skin & ~clipped.any(-1))
    whole = to_srgb(least * np.exp(hue), most=BRIGHTEST)
    return np.where(clipped & lost[..., None], np.maximum(picture, whole), picture).astype(np.float32)
