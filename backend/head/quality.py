"""How far a registration can be trusted, as a score and as sentences that say what to do.

The score is how likely the registration is right (verdict.py), or less where an artist sees what is wrong: pins are
the truth, in drawings the eyes and the mouth lie where ink is, and a portrait may show too little of the face.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from ..imaging.sample import sample
from ..messages import GOOD_SCORE
from ..pins import NAMES, NEEDED, Pin
from ..portrait import landmark_groups as face_regions
from ..portrait.landmarks import FaceLandmarks
from .drawn import find_parts
from .landmarks import HeadLandmarks
from .register import Registration
from .subjects import Face
from .verdict import find_odds

#: Share of the face that the portrait shows: (scores 1, scores 0).
COVERAGE = (0.25, 0.05)
#: Millimetres from the forehead's top to the chin of a face whose eyes are 63 mm apart (the canonical face).
FACE_MM = 177.0
#: Face heights between a drawn eye or mouth and the head's: (scores 1, scores 0), and what advice names. Five drawings
#: on three heads, pinned right: 0.00 to 0.05; two fifths of a mouth's width, which an artist sees at once, is 0.08.
DRAWN, DRAWN_OFF = (0.05, 0.13), 0.06
#: Mean shift of a region that advice names, in face heights (heads and persons differ by about 0.02 anyway), and the
#: most that a registration scores while one is.
REGION_OFF, REGION_SCORE = 0.04, 0.75

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
    regions: region -> how far the head's lies from the portrait's, in face heights."""

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
            "regions_mm": {name: round(value * FACE_MM, 1) for name, value in self.regions.items()},
        }


def judge(
    registration: Registration, face: FaceLandmarks, head: HeadLandmarks, pins: Sequence[Pin], shown: Face
) -> Quality:
    """The quality of a registration.

    Args:
        face: as it was found. shown: with its picture.
    """
    error = registration.error[0] / registration.face_height
    yaw, pitch, _ = registration.angles
    covered = coverage(registration, head, shown.skin)
    by_artist = sum(pin.portrait is not None for pin in pins) >= NEEDED
    placed = {pin.name for pin in pins if pin.portrait is not None}
    parts = drawn_errors(registration, shown.picture, placed) if shown.drawn else {}
    # what pins bend to is not wrong, however far the camera alone would miss it
    regions = {} if by_artist else region_errors(registration)
    worst = [(name, off) for name, off in regions.items() if off > REGION_OFF]
    worst += [(name, off) for name, off in parts.items() if off > max(DRAWN_OFF, regions.get(name, 0))]
    advice = region_advice(dict(worst), placed)
    judged = {"coverage": _ramp(covered, COVERAGE), "drawn": _ramp(max(parts.values(), default=0.0), DRAWN)}
    if advice:
        judged["regions"] = REGION_SCORE
    if not by_artist:  # who placed the face by pins has looked at it
        odds, against = find_odds(registration, face, head, shown.picture)
        judged[against] = 1 / (1 + np.exp(-odds))
    weakest = min(judged, key=lambda name: judged[name])
    if judged[weakest] <= GOOD_SCORE and weakest not in ("drawn", "regions"):  # whose advice names the part already
        place = "add pins at eyes, nose, mouth and chin" if not by_artist else "move the pins or add more"
        pose = f"The head is turned by {abs(yaw):.0f} and nods by {abs(pitch):.0f} degrees, which is much"
        apart = "Head and portrait do not look alike where they should"
        advice.append(
            {
                "yaw": f"{pose}: look at the overlay, and {place}.",
                "pitch": f"{pose}: look at the overlay, and {place}.",
                "head": "The head's face is uncertain: look at the overlay, and choose Front and Up where it shows "
                f"another side, or {place}.",
                "portrait": f"The portrait's face is uncertain: look at the overlay, and {place}.",
                "moved": f"{apart}: look at the overlay, and {place}.",
                "again": f"{apart}: look at the overlay, and {place}.",
                "coverage": f"The portrait shows only {covered:.0%} of the face: look at the overlay, and {place}.",
            }[weakest]
        )
    fits = "The face lies where the pins say" if by_artist else f"The landmarks fit within {say_length(error)}"
    return Quality(
        float(judged[weakest]),
        covered,
        {**regions, **parts},
        f"{fits}; the portrait shows {covered:.0%} of the face.",
        advice,
    )


def limit_score(registration: Registration, head: HeadLandmarks, shape: tuple[int, int]) -> float:
    """The most that a registration without pins scores, of a photograph in which all is skin, however likely it is.

    Args:
        shape: (H,W) of the portrait.
    """
    off = max(region_errors(registration).values(), default=0.0) > REGION_OFF
    return min(_ramp(coverage(registration, head, np.ones(shape, np.float32)), COVERAGE), REGION_SCORE if off else 1.0)


def say_length(share: float) -> str:
    """A length in face heights, in millimetres of a face whose eyes are 63 mm apart."""
    return f"{share * FACE_MM:.0f} mm" if share * FACE_MM >= 0.95 else "a millimetre"


def coverage(registration: Registration, head: HeadLandmarks, skin: np.ndarray | None) -> float:
    """Share of the face's area, 0..1, that the portrait shows well enough to be used."""
    pixels, depth = registration.project(registration.read.points)
    visible = registration.confidence(registration.read.points, head.normals, pixels, depth)
    if skin is not None:
        visible = visible * sample(skin, pixels, border=cv2.BORDER_CONSTANT)
    points, triangles, _ = face_regions.canonical_face()
    a, b, c = np.moveaxis(points[triangles], 1, 0)
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    weight = np.bincount(triangles.ravel(), np.repeat(area, 3), minlength=len(points))
    return float((visible * weight).sum() / weight.sum())


def region_errors(registration: Registration) -> dict[str, float]:
    """Face heights by which the camera alone misses each region; regions turned away are left out."""
    projected, _ = registration.camera.project(registration.read.points)
    shift = (projected - registration.read.targets) / registration.face_height
    found = {}
    for name, (landmarks, *_rest) in REGIONS.items():
        index = list(landmarks)
        weights = registration.read.weights[index]
        if weights.mean() > 0.2:
            found[name] = float(np.linalg.norm(weights @ shift[index] / weights.sum()))
    return found


def drawn_errors(registration: Registration, drawing: np.ndarray, placed: set[str]) -> dict[str, float]:
    """Face heights between each drawn part and the head's; those with pins lie where the artist says.

    Args:
        drawing: (H,W,3) float32 sRGB. placed: names of pins on the portrait.
    """
    parts = find_parts(drawing, registration.project(registration.read.points)[0])
    return {
        name: float(np.linalg.norm(shift)) for name, shift in parts.items() if not placed.issuperset(REGIONS[name][1])
    }


def region_advice(regions: dict[str, float], placed: set[str]) -> list[str]:
    """One sentence per region that is off and lacks pins, worst first; it names no pin that is there.

    Args:
        regions: region -> face heights that it is off. placed: names of pins on the portrait.
    """
    advice = []
    for name, off in sorted(regions.items(), key=lambda entry: -entry[1]):
        _, pins, place = REGIONS[name]
        missing = [pin for pin in pins if pin not in placed]
        if missing and len(missing) < len(pins):
            place = " and ".join(NAMES[pin][1] for pin in missing)
        if missing:
            advice.append(f"The {name} is {say_length(off)} off: add pins at {place}.")
    return advice


def _ramp(value: float, limits: tuple[float, float]) -> float:
    good, bad = limits
    return float(np.clip((value - bad) / (good - bad), 0, 1))
