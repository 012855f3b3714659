"""Portraits in image space: what stage 3 learns from before it learns in the atlas (two-step training, Zhang and Cheng,
Cross-domain guided diffusion, 2025). The atlas shows portraits through a mesh; here pores, lashes and hair are as the
camera saw them.

Each portrait is turned upright and shrunk until its face is as high as in the atlas, and kept as bytes outside the
repository: these are real people.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ...errors import AvatarTexError
from ...imaging.sample import sample
from ...networks.conditions import STYLES
from ...networks.detail import REACH
from ...networks.sizes import TEXELS
from ...portrait.decode import decode_portrait
from ...portrait.faces import find_portrait_face
from ...portrait.landmarks import FaceLandmarks
from ...portrait.parse import Parse, parse_portrait
from ..faces.observing import small, within
from ..faces.people import PEOPLE
from ..networks.detail import blurred
from .hiding import hide

#: Texels of a face's height in the atlas (faces/observing.py).
FACE = 180
#: Deviations of the bell curves that take a portrait's detail off, texels. Stage 1's completions have 5 dB less power
#: than photographs in waves of 8 to 16 texels and 9 less in 4 to 8; the first curve leaves 3 and 12 less, the second 12
#: and 48.
SOFT = (REACH / 2, REACH)
PHOTOGRAPH = STYLES.index("photo")


@dataclass(frozen=True)
class Portraits:
    """colour: (N,3,S,S) uint8 sRGB, faces upright and FACE high. weight: (N,S,S) uint8, where they show the person."""

    colour: np.ndarray
    weight: np.ndarray

    def __len__(self) -> int:
        return len(self.colour)

    @classmethod
    def load(cls, folder: Path) -> Portraits:
        """What keep_portraits() wrote.

        Raises:
            FileNotFoundError: when there is nothing.
        """
        found = [np.load(path, allow_pickle=False) for path in sorted(folder.glob("*.npz"))]
        if not found:
            raise FileNotFoundError(f"No portraits in {folder}.")
        return cls(*(np.stack([one[name] for one in found]) for name in ("colour", "weight")))

    def picture(self, i: int, stays: np.ndarray | float, soft: float) -> tuple[Tensor, ...]:
        """truth, made, colour (1,3,S,S), known, confidence (1,1,S,S) and style (1,), as Completions.picture() has them.

        Args:
            stays: (S,S) 0..1, how much of each pixel is seen. soft: of SOFT, texels.
        """
        truth = torch.from_numpy(self.colour[i]).float()[None] / 255
        weight = self.weight[i].astype(np.float32) / 255
        known, seen = (torch.from_numpy(weight * part).float()[None, None] for part in (1 - stays, stays))
        return truth, blurred(truth, soft), truth, known, seen, torch.tensor([PHOTOGRAPH])

    def draw(self, random: np.random.Generator) -> tuple[Tensor, ...]:
        """picture() of anyone, of whom a part is hidden."""
        i = int(random.integers(len(self)))
        return self.picture(i, hide(self.weight[i] / np.float32(255), random), random.uniform(*SOFT))

    def photographs(self) -> Iterator[tuple[Tensor, ...]]:
        """picture() of everyone, wholly hidden."""
        return (self.picture(i, 0.0, sum(SOFT) / 2) for i in range(len(self)))


def keep_portraits(portraits: Path, faces: Path, folder: Path) -> None:
    """Write ID.npz of the people to train on, those that are not there yet.

    Args:
        portraits: folder of ID.jpg. faces: folder of `faces build`, whose people.csv says how high each face is. Faces
            lower than FACE, suspects and held-out people are left out.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with open(faces / PEOPLE, encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == "train" and float(row["weight"]) > 0]
    for row in rows:
        path, height = folder / f"{row['id']}.npz", float(row["face_height"])
        pictures = sorted(portraits.glob(f"{row['id']}.*"))
        if path.is_file() or height < FACE or not pictures:
            continue
        try:
            portrait = decode_portrait(str(pictures[0]))
            face, _ = find_portrait_face(portrait)
        except AvatarTexError:
            continue
        colour, weight = upright(portrait.color, parse_portrait(portrait.color, face, portrait.alpha), face, height)
        with path.with_suffix(".part").open("wb") as file:
            np.savez(file, colour=as_bytes(colour.transpose(2, 0, 1)), weight=as_bytes(weight))
        path.with_suffix(".part").replace(path)


def upright(color: np.ndarray, parse: Parse, face: FaceLandmarks, height: float) -> tuple[np.ndarray, np.ndarray]:
    """(S,S,3) sRGB with the face in the middle, its eyes level, FACE high, and (S,S) 0..1 how surely it is the person.

    Args:
        color: (H,W,3) sRGB. height: of the face, pixels.
    """
    few = places_of(face, height, TEXELS)
    many = places_of(face, height, TEXELS * math.ceil(height / FACE))
    inside = ((few > 0) & (few < color.shape[1::-1])).all(axis=2)
    person = sample(np.clip(parse.skin + parse.hair, 0, 1), few) * within(parse, height, few)
    return small(sample(color, many)), person * inside


def places_of(face: FaceLandmarks, height: float, count: int) -> np.ndarray:
    """(count,count,2) portrait pixels of a square around the face, x right, y down in the face's frame."""
    turn = np.array([[math.cos(face.roll), -math.sin(face.roll)], [math.sin(face.roll), math.cos(face.roll)]])
    level = ((np.mgrid[:count, :count][::-1].transpose(1, 2, 0) + 0.5) / count - 0.5) * (TEXELS * height / FACE)
    return (level @ turn.T + face.centre).astype(np.float32)


def as_bytes(picture: np.ndarray) -> np.ndarray:
    return np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8)
