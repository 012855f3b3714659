"""Real people for a LoRA: what their portraits show of the atlas, with words, and a part of it hidden."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import torch

from ...large.paint import LAYOUT, WORDS
from .hiding import hide
from .people import load_people

#: Confidence from which a texel teaches.
KNOWN = 0.5


class Portraits:
    """Samples as lora.Captioned's, and soft: their texels were 256 a side, so what is finer is not known.

    Args:
        folder: see people.py. size: texels of the samples. seed: of who is drawn, and of what is hidden.

    Raises:
        FileNotFoundError: the folder holds nobody.
    """

    words = f"{LAYOUT}{WORDS['photo']}, photo style"

    def __init__(self, folder: Path, size: int, seed: int) -> None:
        self.people, self.size, self.seed = load_people(folder, "train"), size, seed
        weights = np.array([person.weight for person in self.people])
        self.chances = weights / weights.sum()

    def draw(self, number: int) -> dict:
        """The same for a number, so that a training goes on."""
        random = np.random.default_rng([self.seed, number])
        unlit, confidence, _ = self.people[random.choice(len(self.people), p=self.chances)].pictures()
        stays = hide(confidence, random)
        mean = np.average(unlit.reshape(-1, 3), 0, confidence.ravel())
        whole = mean + confidence[..., None] * (unlit - mean)  # where nothing is known lies no edge
        picture, known, stays = (self.tensor(part) for part in (whole, confidence, stays))
        valid = (known > KNOWN).float()
        return {
            "unlit": picture.clamp(0, 1),
            "valid": valid,
            "confidence": (valid * stays)[None],
            "words": self.words,
            "soft": True,
        }

    def tensor(self, picture: np.ndarray) -> torch.Tensor:
        """(C,size,size) float32 of (S,S) or (S,S,C)."""
        large = cv2.resize(picture.astype(np.float32), (self.size, self.size), interpolation=cv2.INTER_LINEAR)
        return torch.from_numpy(np.atleast_3d(large).transpose(2, 0, 1).copy())
