"""What the pipeline saw of rendered training portraits (render_portraits.py), to draw samples from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from ...imaging.sample import spread, to_linear

#: Leftover light is smooth; what is finer is misregistration and belongs to that face. Share of the atlas; ratios.
LIGHT_REACH, RATIOS = 1 / 32, (0.4, 2.2)


@dataclass(frozen=True)
class Portraits:
    """truth, colour: (N,S,S,3) uint8 sRGB. valid, confidence: (N,S,S) uint8 (0/1, 0..255). face: (N,). style: (N,)."""

    truth: np.ndarray
    valid: np.ndarray
    colour: np.ndarray
    confidence: np.ndarray
    face: np.ndarray
    style: np.ndarray

    @classmethod
    def load(cls, folder: Path) -> Portraits:
        """All shards of a folder.

        Raises:
            FileNotFoundError: when there is none.
        """
        shards = []
        for path in sorted(folder.glob("*.npz")):
            with np.load(path, allow_pickle=False) as data:
                shards.append({key: data[key] for key in cls.__dataclass_fields__})
        if not shards:
            raise FileNotFoundError(f"No portraits in {folder}: backend.lab.training.render_portraits makes some.")
        return cls(**{key: np.concatenate([shard[key] for shard in shards]) for key in shards[0]})

    def of_faces(self, faces: np.ndarray) -> Portraits | None:
        kept = np.isin(self.face, faces)
        return Portraits(**{key: getattr(self, key)[kept] for key in self.__dataclass_fields__}) if kept.any() else None

    def one(self, i: int):
        """truth (S,S,3), valid (S,S), colour (S,S,3), confidence (S,S), all float32, and the style's name."""
        valid = self.valid[i] > 0
        truth = spread(self.truth[i].astype(np.float32) / 255, valid)
        colour, confidence = self.colour[i].astype(np.float32) / 255, self.confidence[i].astype(np.float32) / 255
        return truth, valid.astype(np.float32), colour, confidence, str(self.style[i])

    def draw(self, random: np.random.Generator):
        """one() of a random portrait."""
        return self.one(int(random.integers(len(self.face))))

    def light(self, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """(S,S) confidence of a random portrait without its hair evidence, and (S,S,3) what was left of its light."""
        truth, valid, colour, confidence, _ = self.draw(random)
        mask = confidence * (confidence > 0.08)
        sigma = LIGHT_REACH * len(truth)
        weight = cv2.GaussianBlur((mask * valid)[..., None].repeat(3, 2), (0, 0), sigma) + 1e-3
        ratio = np.clip((to_linear(colour) + 0.01) / (to_linear(truth) + 0.01), *RATIOS)
        smooth = cv2.GaussianBlur(np.log(ratio) * (mask * valid)[..., None], (0, 0), sigma) / weight
        return mask, np.exp(smooth).astype(np.float32)
