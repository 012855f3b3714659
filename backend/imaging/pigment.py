"""Skin colour as absorption: melanin, haemoglobin and carotene add up in the logarithm of linear light.

The model is that of Tsumura et al., "Image-based skin color and texture analysis/synthesis by extracting hemoglobin
and melanin information in the skin" (SIGGRAPH 2003): absorbance = -ln(linear RGB), one direction per pigment.
"""

import numpy as np

from .sample import to_linear, to_srgb


def absorbance(srgb: np.ndarray) -> np.ndarray:
    """(…,3) float32 absorbance of sRGB 0..1."""
    return -np.log(np.maximum(to_linear(srgb), 0.002))  # black has no logarithm


def from_absorbance(value: np.ndarray) -> np.ndarray:
    """(…,3) float32 sRGB 0..1."""
    return to_srgb(np.exp(-value))
