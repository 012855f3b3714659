"""python -m backend.lab hair cut: heads of training people with their mattes, what draw_hair.py composes.

Each is a square as portrait/hair.py has it, finer and somewhat wider.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from ...portrait.decode import decode_portrait
from ...portrait.faces import find_portrait_face
from ...portrait.hair import SIDE, head_frame
from ...portrait.head_hair import find_head_hair
from ...portrait.landmarks import cut
from ...portrait.matte import portrait_matte
from ..faces.people import SPLIT, read_split
from .sample_shards import write_shards

#: Pixels of a stored square over those of the network's at the same place; its side in its own pixels.
FINER, STORED = 2, 304


def cut_head(path: Path) -> dict[str, np.ndarray]:
    """color (S,S,3), person, skin and sure, what surely is hair of the head, (S,S) uint8; points (468,2) float32
    in its pixels; shown (S,S) bool, inside the picture; name.

    Raises:
        AvatarTexError: no face, or more than one.
    """
    portrait = decode_portrait(path)
    face, _ = find_portrait_face(portrait)
    matte = portrait_matte(portrait.color, face, portrait.alpha)
    sure = find_head_hair(matte, face.points[:, :2])
    frame = head_frame(face.points)
    wider = replace(frame, side=frame.side * STORED / (FINER * SIDE))
    color, to_image = cut(portrait.color, wider, STORED)
    parts = cut(np.dstack([matte.person, matte.skin, sure]), wider, STORED)[0]
    whole = np.rint(np.clip(np.dstack([color, parts]), 0, 1) * 255).astype(np.uint8)
    points = (face.points[:, :2] - to_image[:, 2]) @ np.linalg.inv(to_image[:, :2]).T
    x, y = np.meshgrid(np.arange(STORED) + 0.5, np.arange(STORED) + 0.5)
    there = np.stack([x, y], -1) @ to_image[:, :2].T + to_image[:, 2]
    shown = ((there >= 0) & (there < portrait.color.shape[1::-1])).all(-1)
    kinds = dict(zip(("person", "skin", "sure"), np.moveaxis(whole[..., 3:], -1, 0), strict=True))
    return {"color": whole[..., :3], **kinds, "points": points.astype(np.float32), "shown": shown, "name": path.stem}


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m backend.lab hair cut", description=__doc__.splitlines()[0])
    parser.add_argument("--portraits", type=Path, required=True, help="folder of portraits; those held out are skipped")
    parser.add_argument("--output", type=Path, required=True, help="folder of shards of 50 heads")
    arguments = parser.parse_args(argv)
    cv2.setNumThreads(1)
    held_out = read_split(SPLIT)
    paths = [path for path in sorted(arguments.portraits.glob("*.jpg")) if path.stem not in held_out]
    heads = map(cut_head, paths)
    write_shards(lambda: next(heads), len(paths), 50, arguments.output, "heads")
    return 0
