"""train hair: where hair grows, from people's portraits and painted skins (prior/hairline.py).

python -m backend.lab train hair --faces runs/faces --hub runs/hub --output runs/train
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np

from ...head.scalp import ear_share
from ...networks.sizes import CANVAS
from ...prior.hairline import UNIT, Hairline
from ..pca import fit_many
from ..texhub.build import SOURCES
from ..texhub.sources import Sources
from .augment import Geometry
from .folds import FOLDS
from .missing import fit_missing
from .people import Person, load_people, small

#: Components, and rounds of EM.
COMPONENTS, ROUNDS = 10, 4
#: Texels of a skin of 256 that are face, and that are crown; distance of their colours, CIELAB, that hair makes.
FACE, CROWN, APART = (slice(100, 160), slice(90, 166)), (slice(4, 14), slice(None)), 35.0
#: Reach of the blur over painted covers, texels of CANVAS: single strands and dots make no line.
SMOOTH = 1.0
#: Row of 256, below which hair in front of the ears is beard; columns to either side of the middle that are in front.
BEARD, FRONT = 118, 92
#: Rows of 256 over which hair ends below the nape: longer hair falls over the neck and is none of its skin.
NAPE = (160, 185)
#: Weight of all painted covers among the people's, as a share of theirs.
BESIDE = 0.3
#: Cover that counts as growing, in one skin or in the mean of what people show.
GROWS = 0.25
WEIGHTS = "hairline.npz"


def painted_covers(skins: np.ndarray) -> np.ndarray:
    """(N,CANVAS,CANVAS) 0..1, the cover of those of (M,S,S,3) uint8 skins that have hair painted on, and mirrored."""
    found = []
    for skin in skins:
        lab = cv2.cvtColor(
            cv2.resize(skin, (256, 256), interpolation=cv2.INTER_AREA) / np.float32(255), cv2.COLOR_RGB2LAB
        )
        face, crown = (np.median(lab[part].reshape(-1, 3), axis=0) for part in (FACE, CROWN))
        way = crown - face
        if np.linalg.norm(way) > APART:
            cover = np.clip(((lab - face) @ way) / (way @ way), 0, 1)
            found.append(np.clip((cover - 0.3) / 0.4, 0, 1))
    covers = np.array(found, np.float32)
    covers = np.concatenate([covers, covers[:, :, ::-1]])
    covers = [cv2.resize(cover, (CANVAS, CANVAS), interpolation=cv2.INTER_AREA) for cover in covers]
    return np.array([cv2.GaussianBlur(cover, (0, 0), SMOOTH) for cover in covers])


def hairy_zone(size: int) -> np.ndarray:
    """(size,size) 0..1: where dark is hair of the head, not brows, lips or beard."""
    row, column = np.indices((size, size)) * 256 / size
    front = np.abs(column - 127.5) < FRONT
    brows = (row > 62) & (np.abs(column - 127.5) < 60)
    return (~(front & (row > BEARD)) & ~brows).astype(np.float32)


def above_nape(size: int) -> np.ndarray:
    """(size,1) 0..1, 1 above the nape."""
    row = np.arange(size)[:, None] * 256 / size
    return np.clip((NAPE[1] - row) / (NAPE[1] - NAPE[0]), 0, 1).astype(np.float32)


def fit_hairline(people: list[Person], skins: np.ndarray, positions: np.ndarray) -> Hairline:
    """PCA of what each person shows of their hair, and of its mirror image, beside the painted covers.

    Args:
        positions: (S,S,3) canonical places of the atlas.
    """
    ears = cv2.resize(ear_share(positions).astype(np.float32), (CANVAS, CANVAS), interpolation=cv2.INTER_AREA)
    zone = hairy_zone(CANVAS) * (1 - np.maximum(ears, ears[:, ::-1]))
    grown = painted_covers(skins) * zone
    painted = grown * above_nape(CANVAS)
    covers, confidence, weight = [], [], []
    for person in people:
        _, seen, hair = person.pictures()
        cover, seen = small(np.repeat(hair[..., None], 3, -1), seen)
        covers += [cover[..., 0], cover[:, ::-1, 0]]
        confidence += [seen * zone, seen[:, ::-1] * zone]
        weight += [person.weight] * 2
    weight = np.array(weight, np.float32) / np.mean(weight)
    beside = np.full(len(painted), BESIDE * len(weight) / len(painted), np.float32)
    pictures = UNIT * np.concatenate([np.array(covers, np.float32), painted])
    seen = np.concatenate([np.array(confidence, np.float32), np.broadcast_to(zone, painted.shape)])
    start = fit_many(np.repeat(UNIT * painted[..., None], 3, -1), COMPONENTS)
    prior = fit_missing(
        np.repeat(pictures[..., None], 3, -1),
        seen,
        np.concatenate([weight, beside]),
        start,
        ROUNDS,
        lambda done, error: print(f"  round {done + 1}: {error / UNIT:.3f}", flush=True),
    )
    shown = sum(cover * part for cover, part in zip(covers, confidence, strict=True)) / (sum(confidence) + 5)
    grows = np.maximum(grown.max(0), shown) > GROWS
    grows = cv2.GaussianBlur(cv2.dilate(grows.astype(np.float32), np.ones((5, 5))), (0, 0), 1.5) * zone
    return Hairline(prior, grows)


def save_hairline(found: Hairline, file: Path) -> None:
    prior, size = found.prior, found.prior.size
    basis = prior.basis.reshape(-1, size, size, 3)[..., 0] * np.sqrt(3)
    tensors = {"mean": prior.mean[..., 0], "basis": basis, "deviation": prior.deviation / np.sqrt(3)}
    tensors |= {"grows": found.grows}
    np.savez_compressed(file, **{key: value.astype(np.float16) for key, value in tensors.items()})


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m backend.lab train hair",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--faces", type=Path, required=True, help="folder of faces build")
    parser.add_argument("--hub", type=Path, required=True, help=f"folder of {FOLDS} TexHub builds of other faces each")
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args(argv)
    builds = [arguments.hub / f"fold{k}" for k in range(FOLDS)]
    skins = np.concatenate([Sources.load(build / SOURCES).textures for build in builds])
    arguments.output.mkdir(parents=True, exist_ok=True)
    positions = Geometry.load(builds[0] / SOURCES).positions
    save_hairline(fit_hairline(load_people(arguments.faces, "train"), skins, positions), arguments.output / WEIGHTS)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
