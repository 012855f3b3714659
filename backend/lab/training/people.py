"""What the portraits of real people show, as `faces build` observed it, split by person and in folds for cross-fitting.

DIR/observations/ID.npz holds an observation at 256 texels (faces/observing.py), DIR/people.csv split and weight.
"""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from ...networks.sizes import CANVAS
from ...prior.linear import LinearPrior
from ..faces.observing import divide, unit
from .folds import FOLDS

#: Arrays of an observation that training reads.
KEPT = ("unlit", "lit", "confidence", "shown", "hair", "normals")


@dataclass(frozen=True)
class Person:
    """unlit, lit: (S,S,3) uint8 sRGB. confidence, shown, hair: (S,S) uint8, confidence being shown times the light's
    trust. normals: (S,S,3) int8 in the viewer's axes. weight: how much the person counts in training."""

    key: str
    unlit: np.ndarray
    lit: np.ndarray
    confidence: np.ndarray
    shown: np.ndarray
    hair: np.ndarray
    normals: np.ndarray
    weight: float
    about: dict[str, str]

    @property
    def fold(self) -> int:
        """By the key alone, so that it stays when people are added."""
        return int(hashlib.sha256(self.key.encode()).hexdigest(), 16) % FOLDS

    def pictures(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """unlit (S,S,3), confidence (S,S) and hair (S,S), float32 0..1."""
        return tuple(part.astype(np.float32) / 255 for part in (self.unlit, self.confidence, self.hair))

    def divided(
        self, stays: np.ndarray, scalp: np.ndarray, prior: LinearPrior
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """pictures(), their light estimated from the (S,S) share of the texels that stays: what a job knows of a
        portrait that shows no more, and what it would have to make of the rest.

        Args:
            scalp: (S,S) share of scalp. prior: what skin looks like unlit.
        """
        lit, shown, hair = (part.astype(np.float32) / 255 for part in (self.lit, self.shown, self.hair))
        normals = unit(self.normals.astype(np.float32))
        evidence = divide(lit, shown, normals, scalp, prior, stays=stays)
        return evidence.unlit, evidence.confidence, hair


def load_people(folder: Path, split: str) -> list[Person]:
    """The people of one side of the split, in the order of their keys.

    Raises:
        FileNotFoundError: when the folder holds no people.
    """
    with open(folder / "people.csv", encoding="utf-8", newline="") as file:
        rows = {row["id"]: row for row in csv.DictReader(file) if row["split"] == split}
    found = []
    for key in sorted(rows):
        path = folder / "observations" / f"{key}.npz"
        if path.is_file():
            with np.load(path, allow_pickle=False) as data:
                parts = (np.ascontiguousarray(data[name]) for name in KEPT)
                found.append(Person(key, *parts, float(rows[key]["weight"]), rows[key]))
    if not found:
        raise FileNotFoundError(f"No observed people of the side {split!r} in {folder}.")
    return found


def small(picture: np.ndarray, confidence: np.ndarray, size: int = CANVAS) -> tuple[np.ndarray, np.ndarray]:
    """(size,size,3) averaged by confidence, and (size,size) confidence."""
    weight = cv2.resize(confidence, (size, size), interpolation=cv2.INTER_AREA)
    total = cv2.resize(picture * confidence[..., None], (size, size), interpolation=cv2.INTER_AREA)
    return total / np.maximum(weight, 1e-4)[..., None], weight
