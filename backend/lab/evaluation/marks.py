"""Skin with known marks for rendered portraits: wrinkles that are relief, moles and freckles that are pigment, and
gloss that differs by region. All are functions of the place on the head, so the truth needs no UV map."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...head.landmarks import HeadLandmarks

#: Wrinkles: middle by landmark, direction across them (right, up). 7.5 mm apart and 0.15 mm high: a slope of 0.12.
WRINKLES = {151: (0.1, 1.0), 50: (0.8, -0.6), 280: (0.8, 0.6)}
WAVES, DEEP, REACH = 24, 0.0008, 0.085
#: Moles by landmark: 4 mm wide. Freckles: 1.5 mm, about the cheeks.
MOLES, WIDE, FRECKLES, FINE = (104, 333, 205, 425, 176, 400), 0.011, 80, 0.004
#: Absorbance of what moles are made of, by channel: melanin by its spectrum (melanosomes, 1.70e12 nm^-3.48 per cm:
#: S. Jacques, omlc.org) and as it differs between people in photographs; blood by that of haemoglobin (S. Prahl).
PIGMENTS = np.float32([[0.48, 1.0, 1.85], [0.82, 1.0, 1.04], [0.28, 1.0, 0.95]])
#: How glossy a region can be drawn: middle by landmark, reach, least and most of the mean roughness.
REGIONS = {
    151: (0.16, 0.78, 1.0),
    4: (0.07, 0.72, 0.98),
    199: (0.08, 0.8, 1.05),
    50: (0.12, 0.95, 1.15),
    280: (0.12, 0.95, 1.15),
}


@dataclass(frozen=True)
class Marks:
    """Of one head and person. points: (468,3) landmarks in the face's axes, face heights about their middle. spots:
    (k,3), radii: (k,), absorbances: (k,3). roughness: of the whole face. regions: (r,) factors of REGIONS."""

    points: np.ndarray
    spots: np.ndarray
    radii: np.ndarray
    absorbances: np.ndarray
    roughness: float
    regions: np.ndarray

    @classmethod
    def draw(cls, head: HeadLandmarks, seed: int) -> Marks:
        random = np.random.default_rng(seed)
        points = (head.points - head.points.mean(0)) @ head.rotation.T / head.height
        middle = points[[50, 280]][random.integers(0, 2, FRECKLES)]
        freckles = middle + random.normal(0, 0.06, (FRECKLES, 3))
        moles = points[list(MOLES)] + random.normal(0, 0.01, (len(MOLES), 3))
        pigments = PIGMENTS[np.arange(len(MOLES)) % 3] * random.uniform(0.4, 1.0, (len(MOLES), 1))
        dark = PIGMENTS[random.integers(0, 2, FRECKLES)] * random.uniform(0.1, 0.35, (FRECKLES, 1))
        ranges = np.array([one[1:] for one in REGIONS.values()])
        return cls(
            points,
            np.concatenate([moles, freckles]),
            np.array([WIDE] * len(MOLES) + [FINE] * FRECKLES),
            np.concatenate([pigments, dark]).astype(np.float32),
            float(random.uniform(0.45, 0.62)),
            random.uniform(ranges[:, 0], ranges[:, 1]),
        )

    def height(self, at: np.ndarray) -> np.ndarray:
        """(n,) face heights of the wrinkles at (n,3) places."""
        total = np.zeros(len(at))
        for landmark, (x, y) in WRINKLES.items():
            away = at - self.points[landmark]
            band = np.exp(-((away / REACH) ** 2).sum(1))
            total += DEEP * band * np.cos(2 * np.pi * WAVES * (x * away[:, 0] + y * away[:, 1]))
        return total

    def bent(self, at: np.ndarray, normals: np.ndarray) -> np.ndarray:
        """(n,3) unit normals with the wrinkles."""
        step = 1e-4
        ends = ((self.height(at + step * axis), self.height(at - step * axis)) for axis in np.eye(3))
        gradient = np.stack([(one - other) / (2 * step) for one, other in ends], 1)
        gradient -= normals * (gradient * normals).sum(1, keepdims=True)
        out = normals - gradient
        return out / np.linalg.norm(out, axis=1, keepdims=True)

    def painted(self, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(n,3) absorbance of moles and freckles at (n,3) places, and (n,) 0..1 how far one is a mole's."""
        total, mole = np.zeros((len(at), 3), np.float32), np.zeros(len(at))
        for number, (spot, radius, dark) in enumerate(zip(self.spots, self.radii, self.absorbances, strict=True)):
            near = np.flatnonzero(from_front(at, spot) < radius)
            share = np.clip((radius - from_front(at[near], spot)) / (0.35 * radius), 0, 1)
            total[near] += share[:, None] * dark
            if number < len(MOLES):
                mole[near] = np.maximum(mole[near], share)
        return total, mole

    def rough(self, at: np.ndarray) -> np.ndarray:
        """(n,) roughness at (n,3) places."""
        factor = np.ones(len(at))
        for (landmark, (reach, *_)), value in zip(REGIONS.items(), self.regions, strict=True):
            share = np.exp(-((np.linalg.norm(at - self.points[landmark], axis=1) / reach) ** 2) / 2)
            factor *= 1 + (value - 1) * share
        return self.roughness * factor


def from_front(at: np.ndarray, spot: np.ndarray) -> np.ndarray:
    """(n,) how far (n,3) places are from a spot as one sees them from the front; infinite at the back of the head."""
    apart = at - spot
    return np.where(np.abs(apart[:, 2]) < 0.2, np.hypot(apart[:, 0], apart[:, 1]), np.inf)
