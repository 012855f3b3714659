"""What the portraits of real people show, as `faces build` observed it, split by person and in folds for cross-fitting.

DIR/observations/ID.npz holds unlit, confidence and hair at 256 texels, DIR/people.csv split and weight of each ID.
"""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from ...networks.sizes import CANVAS
from .folds import FOLDS


@dataclass(frozen=True)
class Person:
    """unlit: (S,S,3) uint8 sRGB. confidence, hair: (S,S) uint8. weight: how much the person counts in training."""

    key: str
    unlit: np.ndarray
    confidence: np.ndarray
    hair: np.ndarray
    weight: float
    about: dict[str, str]

    @property
    def fold(self) -> int:
        """By the key alone, so that it stays when people are added."""
        return int(hashlib.sha256(self.key.encode()).hexdigest(), 16) % FOLDS

    def pictures(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """unlit (S,S,3), confidence (S,S) and hair (S,S), float32 0..1."""
        return tuple(part.astype(np.float32) / 255 for part in (self.unlit, self.confidence, self.hair))


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
                parts = (np.ascontiguousarray(data[name]) for name in ("unlit", "confidence", "hair"))
                found.append(Person(key, *parts, float(rows[key]["weight"]), rows[key]))
    if not found:
        raise FileNotFoundError(f"No observed people of the side {split!r} in {folder}.")
    return found


def small(picture: np.ndarray, confidence: np.ndarray, size: int = CANVAS) -> tuple[np.ndarray, np.ndarray]:
    """(size,size,3) averaged by confidence, and (size,size) confidence."""
    weight = cv2.resize(confidence, (size, size), interpolation=cv2.INTER_AREA)
    total = cv2.resize(picture * confidence[..., None], (size, size), interpolation=cv2.INTER_AREA)
    return total / np.maximum(weight, 1e-4)[..., None], weight
