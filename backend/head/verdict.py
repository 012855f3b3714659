"""How likely a registration is right: log odds from what the pixels say of it.

Right means that the head's landmarks lie within 4 % of the face's height of where the portrait shows the same places.
The weights are fitted on one half of heads, skins and portraits by `python -m backend.lab evaluate verdict`, which
reports the other half (docs/benchmarks.md).
"""

from __future__ import annotations

import numpy as np

from ..portrait.landmarks import FaceLandmarks, both_ways_in, square_around
from .landmarks import HeadLandmarks, face_height, log_odds
from .register import Registration

#: What speaks for a registration or against it.
SIGNS = ("head", "portrait", "moved", "pitch", "yaw", "again")
#: Log odds of presence beyond which nothing more is known.
MOST_ODDS = 20.0
#: The signs of a right registration, the log odds that it is right, and what each sign adds that differs.
TYPICAL = np.array([20.0, 17.208, -4.111, 6.623, 19.897, -4.706])
ODDS = 4.045
WEIGHTS = np.array([0.5416, 0.2771, -0.1539, -0.0262, -0.0095, -2.4966])


def read_signs(registration: Registration, face: FaceLandmarks, head: HeadLandmarks, picture: np.ndarray) -> np.ndarray:
    """(6,) as in SIGNS: evidence of both faces (log odds), the logarithm of how far landmarks were moved by comparing
    head and portrait (face heights), degrees of the camera, the logarithm of how far from the registered landmarks the
    network reads the portrait there (face heights).

    Args:
        picture: (H,W,3) float32 sRGB portrait.
    """
    read, tall = registration.read, face_height(face.points[:, :2])
    sure = read.weights > 0.2
    away = np.linalg.norm(read.targets - face.points[:, :2], axis=1)[sure]
    yaw, pitch, _ = registration.angles
    places = registration.project(read.points)[0]
    again = both_ways_in(picture, square_around(places)).points[:, :2]
    apart = np.linalg.norm(again - places, axis=1)[sure] / max(face_height(places), 1e-6)
    return np.array(
        [
            min(head.evidence, MOST_ODDS),
            min(log_odds(face.presence), MOST_ODDS),
            np.log(max(float(np.median(away)) / tall if len(away) else 1.0, 1e-3)),  # 1: nothing is sure
            abs(pitch),
            abs(yaw),
            np.log(max(float(np.median(apart)) if len(apart) else 1.0, 1e-3)),
        ]
    )


def find_odds(
    registration: Registration, face: FaceLandmarks, head: HeadLandmarks, picture: np.ndarray
) -> tuple[float, str]:
    """Log odds that the registration is right, and the sign that speaks against it most.

    A face that pins placed (presence 0) says nothing by itself.
    """
    signs = read_signs(registration, face, head, picture) - TYPICAL
    signs[:2] *= head.presence > 0, face.presence > 0
    odds = signs * WEIGHTS
    return ODDS + float(odds.sum()), SIGNS[int(odds.argmin())]
