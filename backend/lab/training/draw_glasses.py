"""Faces with glasses and without, in all kinds of pictures, and where glasses hide them: what train glasses learns on.

python -m backend.lab glasses draw --eyes eyes --output glasses --count 6000
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np

from ...errors import AvatarTexError, ErrorCode
from . import about_eyes, spectacles
from .developed import developed
from .render_eyes import FINER
from .sample_shards import write_shards

#: Share of the pictures with glasses.
WORN = 0.5


class Eyes:
    """The shards of render_eyes.py; drawn: which share of the pictures are cartoons."""

    def __init__(self, folder: Path, drawn: float) -> None:
        files = sorted(folder.glob("eyes*.npz"))
        if not files:
            raise AvatarTexError(
                ErrorCode.BAD_REQUEST, f"No rendered eyes in {folder}.", "Run python -m backend.lab glasses render."
            )
        shards = [dict(np.load(file, allow_pickle=False)) for file in files]
        self.drawn = drawn
        self.parts = {key: np.concatenate([shard[key] for shard in shards]) for key in shards[0]}

    def __len__(self) -> int:
        return len(self.parts["picture"])

    def scene(self, index: int, random: np.random.Generator) -> about_eyes.Scene:
        """One bare face before some backdrop, with all that is no glasses."""
        picture, head, depth, camera, marks = (
            self.parts[key][index] for key in ("picture", "head", "depth", "camera", "marks")
        )
        color = picture.astype(np.float32) / 255
        soft = cv2.GaussianBlur(head.astype(np.float32) / 255, (0, 0), 0.7)
        mottled = about_eyes.noise(random, int(random.integers(3, 40)), soft.shape)[..., None]
        back = random.random(3) * (1 + 0.3 * mottled)
        color = color * soft[..., None] + np.float32(back) * (1 - soft[..., None])
        scene = about_eyes.Scene(color, soft, np.zeros_like(soft), depth, camera, marks)
        drawn = random.random() < self.drawn
        if drawn:
            about_eyes.cartoon(scene, random)
        about_eyes.eyes(scene, random, drawn or random.random() < 0.1)
        if drawn:
            about_eyes.solid_brows(scene, random)
        if not drawn or random.random() < 0.3:
            about_eyes.plain(scene, random)
        if random.random() < 0.5:
            about_eyes.hair(scene, random)
        return scene

    def sample(self, index: int, random: np.random.Generator, worn: bool) -> tuple[np.ndarray, np.ndarray]:
        """(96,192,3) sRGB and (96,192) what glasses hide, uint8."""
        scene = self.scene(index, random)
        if worn:
            spectacles.glasses(scene, random)
        hidden = cv2.dilate(scene.hidden, np.ones((3, 3)))  # else of the thinnest no pixel would be sure
        whole = np.dstack([developed(scene.color, random), hidden])
        whole = cv2.resize(whole, None, fx=1 / FINER, fy=1 / FINER, interpolation=cv2.INTER_AREA)
        whole = np.rint(np.clip(whole, 0, 1) * 255).astype(np.uint8)
        return whole[..., :3], whole[..., 3]


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m backend.lab glasses draw", description=__doc__.splitlines()[0])
    parser.add_argument("--eyes", type=Path, required=True, help="folder of python -m backend.lab glasses render")
    parser.add_argument("--output", type=Path, required=True, help="folder of shards of 400 samples")
    parser.add_argument("--count", type=int, default=6000)
    parser.add_argument("--drawn", type=float, default=0.4, help="share of cartoons")
    parser.add_argument("--seed", type=int, default=0, help="several processes: a seed each")
    arguments = parser.parse_args(argv)
    cv2.setNumThreads(1)
    eyes, random = Eyes(arguments.eyes, arguments.drawn), np.random.default_rng(arguments.seed)

    def draw() -> dict[str, np.ndarray]:
        worn = random.random() < WORN
        picture, hidden = eyes.sample(int(random.integers(len(eyes))), random, worn)
        return {"picture": picture, "hidden": hidden, "worn": worn}

    write_shards(draw, arguments.count, 400, arguments.output, f"glasses{arguments.seed}")
    return 0
