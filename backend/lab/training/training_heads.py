"""Heads and skins that training pictures are rendered of."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np

from ...head.landmarks import find_head_landmarks
from ...head.mesh import load_mesh
from ..texhub.sources import SPLIT
from .augment import new_tone, stylise

STYLES = {"photo": 0.6, "cartoon": 0.2, "painting": 0.1, "anime": 0.1}


class Heads:
    """Heads of the data folder with their landmarks, loaded once."""

    def __init__(self, data: Path) -> None:
        self.data, self.heads = data, {}

    def head(self, kind: str, name: str):
        if (kind, name) not in self.heads:
            mesh = load_mesh(self.data / kind / "heads" / f"{name}.obj")
            self.heads[kind, name] = mesh, find_head_landmarks(mesh)
        return self.heads[kind, name]


def draw_texture(data: Path, name: str, random: np.random.Generator) -> np.ndarray:
    """(T,T,3) float32 sRGB in the head's UV map: a skin in another tone and, seldom, drawn."""
    skin = cv2.imread(str(data / name.replace("/", "/skins/")) + ".jpg")
    texture = cv2.resize(skin, (1024, 1024), interpolation=cv2.INTER_AREA)[..., ::-1].astype(np.float32) / 255
    style = str(random.choice(list(STYLES), p=list(STYLES.values())))
    return stylise(new_tone(texture, random), style, random).astype(np.float32)


def training_skins(atlas: Path) -> list[str]:
    """Names of the skins in atlas.npz that are not held out."""
    held_out = set(json.loads(SPLIT.read_text(encoding="utf-8"))["held_out"])
    with np.load(atlas, allow_pickle=False) as data:
        pairs = zip(data["names"], data["style"], strict=True)
        return [str(name) for name, style in pairs if str(name) not in held_out and style != "creature"]
