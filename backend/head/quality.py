"""How far a registration can be trusted, as a score and as sentences that say what to do.

The score is the weakest of five judgements, each 0 to 1. Their limits were set by looking at the overlays of 8 heads
with 12 portraits (backend/lab/evaluation/registration.py); it is no probability.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from ..imaging.sample import sample
from ..messages import LOW_SCORE
from ..pins import NEEDED, Pin
from ..portrait import landmark_groups as face_regions
from ..portrait.landmarks import FaceLandmarks
from .landmarks import HeadLandmarks
from .register import Registration

#: (value that scores 1, value that scores 0): median landmark error in face heights, degrees of pitch and yaw,
#: presence, share of the face that the portrait shows.
ERROR, PITCH, YAW, PRESENCE, COVERAGE = (0.02, 0.05), (25, 50), (60, 80), (0.99, 0.9), (0.25, 0.05)
#: Mean shift of a region that is told, in face heights; what heads and persons differ by anyway is about 0.02.
REGION_OFF = 0.04
#: The most that a registration scores while a region is told to be off.
REGION_SCORE = 0.75

#: Region -> (landmarks, pins to add, the same in words).
REGIONS: dict[str, tuple[tuple[int, ...], tuple[str, ...], str]] = {
    "right eye": (face_regions.RIGHT_EYE, ("right_eye_outer", "right_eye_inner"), "its corners"),
    "left eye": (face_regions.LEFT_EYE, ("left_eye_outer", "left_eye_inner"), "its corners"),
    "right brow": (face_regions.RIGHT_BROW, ("right_brow_outer", "right_brow_inner"), "its ends"),
    "left brow": (face_regions.LEFT_BROW, ("left_brow_outer", "left_brow_inner"), "its ends"),
    "nose": ((1, 4, 5, 195, 98, 327, 129, 358), ("nose_tip",), "its tip"),
    "mouth": ((61, 291, 0, 17, 13, 14, 37, 267, 84, 314), ("mouth_right", "mouth_left"), "its corners"),
    "chin": ((152, 148, 377, 175, 199), ("chin",), "its lowest point"),
}


@dataclass(frozen=True)
class Quality:
    """score: 0..1. coverage: 0..1, of the face's area that the portrait shows. advice: sentences, worst first.
    regions: region -> portrait pixels between its mean landmark and where the camera alone puts it."""

    score: float
    coverage: float
    regions: dict[str, float]
    summary: str
    advice: list[str] = field(default_factory=list)

    @property
    def sentence(self) -> str:
        """One line for the panel: what to do, or how well it fits."""
        return self.advice[0] if self.advice else self.summary

    def as_json(self) -> dict:
        return {
            "score": round(self.score, 3),
            "coverage": round(self.coverage, 3),
            "sentence": self.sentence,
            "advice": self.advice,
            "regions_px": {name: round(value, 1) for name, value in self.regions.items()},
        }


def judge(
    registration: Registration, face: FaceLandmarks, head: HeadLandmarks, pins: Sequence[Pin], skin: np.ndarray | None
) -> Quality:
    """The quality of a registration.

    Args:
        skin: (H,W) 0..1, where the portrait shows skin; None when nobody looked.
    """
    error = registration.error[0] / registration.face_height
    yaw, pitch, _ = registration.angles
    covered = coverage(registration, head, skin)
    by_artist = sum(pin.portrait is not None for pin in pins) >= NEEDED
    regions = region_errors(registration)
    advice = region_advice(regions, registration.face_height, pins)
    judged = {"pose": min(_ramp(abs(pitch), PITCH), _ramp(abs(yaw), YAW)), "coverage": _ramp(covered, COVERAGE)}
    if advice:
        judged["regions"] = REGION_SCORE
    if not by_artist:  # who placed the face by pins has looked at it
        judged["error"] = _ramp(error, ERROR)
        presences = [p for p in (face.presence, head.presence) if p > 0]
        judged["presence"] = _ramp(min(presences, default=1.0), PRESENCE)
    weakest = min(judged, key=lambda name: judged[name])
    if judged[weakest] < LOW_SCORE:
        place = "add pins at eyes, nose, mouth and chin" if not by_artist else "move the pins or add more"
        advice.append(
            {
                "pose": f"The head is turned by {abs(yaw):.0f} and nods by {abs(pitch):.0f} degrees, which is much: "
                f"look at the overlay, and {place}.",
                "coverage": f"The portrait shows only {covered:.0%} of the face: look at the overlay, and {place}.",
                "error": f"The face fits within {registration.error[0]:.0f} px only ({error:.1%} of its height): "
                f"look at the overlay, and {place}.",
                "presence": f"The face is uncertain: look at the overlay, and {place}.",
            }[weakest]
        )
    summary = (
        f"The landmarks fit within {registration.error[0]:.1f} px ({error:.1%} of the face's height); "
        f"the portrait shows {covered:.0%} of the face."
    )
    return Quality(float(judged[weakest]), covered, regions, summary, advice)


def coverage(registration: Registration, head: HeadLandmarks, skin: np.ndarray | None) -> float:
    """Share of the face's area, 0..1, that the portrait shows well enough to be used."""
    pixels, depth = registration.project(registration.landmarks)
    seen = registration.confidence(registration.landmarks, head.normals, pixels, depth)
    if skin is not None:
        seen = seen * sample(skin, pixels, border=cv2.BORDER_CONSTANT)
    points, triangles, _ = face_regions.canonical_face()
    a, b, c = np.moveaxis(points[triangles], 1, 0)
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    weight = np.bincount(triangles.ravel(), np.repeat(area, 3), minlength=len(points))
    return float((seen * weight).sum() / weight.sum())


def region_errors(registration: Registration) -> dict[str, float]:
    """Portrait pixels by which the camera alone misses each region; regions turned away are left out."""
    projected, _ = registration.camera.project(registration.landmarks)
    shift = projected - registration.targets
    found = {}
    for name, (landmarks, *_rest) in REGIONS.items():
        index = list(landmarks)
        weights = registration.weights[index]
        if weights.mean() > 0.2:
            found[name] = float(np.linalg.norm(weights @ shift[index] / weights.sum()))
    return found


def region_advice(regions: dict[str, float], face_height: float, pins: Sequence[Pin]) -> list[str]:
    """One sentence per region that is far off and has not all of its pins, worst first."""
    placed = {pin.name for pin in pins if pin.portrait is not None}
    return [
        f"The {name} is {off:.0f} px off: add pins at {REGIONS[name][2]}."
        for name, off in sorted(regions.items(), key=lambda entry: -entry[1])
        if off > REGION_OFF * face_height and not placed.issuperset(REGIONS[name][1])
    ]


def _ramp(value: float, limits: tuple[float, float]) -> float:
    good, bad = limits
    return float(np.clip((value - bad) / (good - bad), 0, 1))
