"""python -m backend.lab parse cut: heads of training people with what the bundled network says of them, which
parse_heads.py takes where lightness, an eye or the drawing says nothing.

Each is a square as portrait/parse_network.py has it, finer and somewhat wider. The first heads were cut with the
networks that the parse replaced (docs/decisions/66-one-parse.md).
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from ...portrait.decode import decode_portrait
from ...portrait.faces import find_portrait_face
from ...portrait.landmarks import cut
from ...portrait.parse import parse_portrait
from ...portrait.parse_network import SIDE, parse_frame
from ..faces.people import SPLIT, read_split
from .parse_heads import FINER, STORED
from .sample_shards import write_shards


def cut_head(path: Path) -> dict[str, np.ndarray]:
    """color (S,S,3), person, skin, hair, beard and rims (S,S) uint8; points (468,2) float32 in its pixels; shown (S,S)
    bool, inside the picture; name; worn and hand.

    Raises:
        AvatarTexError: no face, or more than one.
    """
    portrait = decode_portrait(path)
    face, _ = find_portrait_face(portrait)
    parse = parse_portrait(portrait.color, face, portrait.alpha)
    frame = parse_frame(face.points)
    wider = replace(frame, side=frame.side * STORED / (FINER * SIDE))
    color, to_image = cut(portrait.color, wider, STORED)
    stack = (parse.person, parse.skin, parse.hair), (parse.facial_hair, parse.glasses, parse.hair)
    parts = np.dstack([cut(np.dstack(some), wider, STORED)[0] for some in stack])[..., :5]
    whole = np.rint(np.clip(np.dstack([color, parts]), 0, 1) * 255).astype(np.uint8)
    points = (face.points[:, :2] - to_image[:, 2]) @ np.linalg.inv(to_image[:, :2]).T
    x, y = np.meshgrid(np.arange(STORED) + 0.5, np.arange(STORED) + 0.5)
    there = np.stack([x, y], -1) @ to_image[:, :2].T + to_image[:, 2]
    shown = ((there >= 0) & (there < portrait.color.shape[1::-1])).all(-1)
    kinds = dict(zip(("person", "skin", "hair", "beard", "rims"), np.moveaxis(whole[..., 3:], -1, 0), strict=True))
    about = {"name": path.stem, "worn": parse.worn, "hand": parse.hand}
    return {"color": whole[..., :3], **kinds, "points": points.astype(np.float32), "shown": shown, **about}


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m backend.lab parse cut", description=__doc__.splitlines()[0])
    parser.add_argument("--portraits", type=Path, required=True, help="folder of portraits; those held out are skipped")
    parser.add_argument("--output", type=Path, required=True, help="folder of shards of 50 heads")
    arguments = parser.parse_args(argv)
    cv2.setNumThreads(1)
    held_out = read_split(SPLIT)
    paths = [path for path in sorted(arguments.portraits.glob("*.jpg")) if path.stem not in held_out]
    heads = map(cut_head, paths)
    write_shards(lambda: next(heads), len(paths), 50, arguments.output, "heads")
    return 0
