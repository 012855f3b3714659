"""Relief from shading: the height whose slopes under the portrait's light, and whose hollows, shade it so.

Linear shape from shading (Pentland, "Linear shape from shading", IJCV 1990) with a term for hollows, which any light
leaves darker ("dark is deep": Langer and Zucker 1994; Beeler et al., "High-quality single-shot capture of facial
geometry", SIGGRAPH 2010). In waves both are factors, and a Wiener filter divides by their sum.
"""

import cv2
import numpy as np

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
