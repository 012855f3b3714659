"""The colour of skin and hair in the shade, for shaders that draw shade in a colour of its own (VRM's MToon).

NumPy alone: Blender's export and the backend's maps call the same function.
"""

import numpy as np

#: Share of an even sky that shade still sees: a face's own, on the side away from the light.
SKY = 0.5
#: Of three polynomials in the albedo: how light that bounces between walls of one colour fills what does not see the
#: sky. Jimenez et al., "Practical real-time strategies for accurate indirect occlusion" (2016), equation 14.
BOUNCES = ((2.0404, -0.3324), (-4.7951, 0.6417), (2.7552, 0.6903))


def find_shade(srgb: np.ndarray) -> np.ndarray:
    """(…) uint8 sRGB of shaded texels, of (…) uint8 sRGB of lit ones.

    What is shaded is lit by what it lights itself, so it is darker and of a fuller hue, as skin is.
    """
    coded = np.arange(256) / 255
    albedo = np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)
    cubic, square, plain = (slope * albedo + start for slope, start in BOUNCES)
    seen = np.maximum(SKY, ((SKY * cubic + square) * SKY + plain) * SKY)
    linear = albedo * seen
    shaded = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.rint(shaded * 255).astype(np.uint8)[srgb]
