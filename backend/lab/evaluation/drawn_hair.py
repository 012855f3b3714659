"""python -m backend.lab evaluate drawn-hair: is hair that no portrait shows like the person's own that one shows.

Squares of a quarter of a face height, of drawn hair on finished textures (the head from both sides and behind) and of
visible hair in the portrait, all in grey and of one tone, so that structure alone counts. The distance of the two means
of features, beside the mean distance between two people's own hair; and the contrast of the one beside the other's.
Each half of the people by itself: nothing is chosen on the second.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import cv2
import numpy as np
import torch

from ...completing import complete_each, stage_options
from ...compose.compose import Finish
from ...compose.udim import compose_tiles
from ...errors import AvatarTexError
from ...imaging.sample import LUMINANCE
from ...messages import Generate
from ...models.bundle import Networks, load_networks
from ...pipeline import prepare
from ...request import Job
from ..look import Head, pictures
from .features import pooled_features
from .metrics import mean_error, table

#: Pixels of squares, smaller ones (mirrored at their edge) where no large one fits; pixels per face height; squares of
#: a picture; what they are brought to.
SIDES, DENSITY, COUNT, TONE = (64, 48, 32), 256, 40, 0.4
#: Degrees that the head is turned by; texels; alpha, share of made-up texels and probability that count.
YAWS, SIZE, SURE = (60.0, -60.0, 150.0, -150.0), 1024, 0.9
#: Squares that say anything of a person.
ENOUGH = 15


def squares(picture: np.ndarray, mask: np.ndarray, density: float) -> np.ndarray:
    """(n,s,s) grey squares that lie in a (H,W) bool mask, each of mean TONE.

    Args:
        picture: (H,W,3) sRGB. density: its pixels per face height.
    """
    scale = DENSITY / density
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    light = cv2.resize(picture @ LUMINANCE, None, fx=scale, fy=scale, interpolation=how)
    mask = cv2.resize(mask.astype(np.float32), light.shape[::-1]) > 0.95
    for side in SIDES:
        whole = cv2.erode(np.pad(mask, 1).astype(np.uint8), np.ones((side + 2, side + 2), np.uint8), borderValue=0)
        rows, columns = np.nonzero(whole[1:-1, 1:-1])
        if len(rows):
            break
    else:
        return np.zeros((0, SIDES[0], SIDES[0]), np.float32)
    chosen = np.random.default_rng(0).integers(len(rows), size=COUNT)
    corners = zip(rows[chosen] - side // 2, columns[chosen] - side // 2, strict=True)
    found = np.stack([light[max(y, 0) :, max(x, 0) :][:side, :side] for y, x in corners])
    found = np.pad(found, ((0, 0), *[(0, SIDES[0] - side)] * 2), mode="reflect")
    return np.clip(found * (TONE / found.mean((1, 2), keepdims=True)), 0, 1)


def own_and_drawn(path: Path, head: Head, networks: Networks) -> tuple[np.ndarray, np.ndarray]:
    """(n,s,s) squares of the hair that a portrait shows, and (m,s,s) of the hair drawn after it.

    Raises:
        AvatarTexError: where the job refuses.
    """
    request = Generate("", str(path), "", mesh=str(head.path), size=SIZE)
    job = prepare(Job(request, head.mesh, networks))
    [options] = stage_options(request, job, {0: False})
    finish = Finish(SIZE, request.opacities(job.style), layers=True)
    completion = next(complete_each(job, networks, [options]))
    tiles = compose_tiles(job, completion, finish)
    hair = {
        number: (tile.layers["hair"][3] / 255 > SURE) & (tile.provenance[..., 2] > SURE)
        for number, tile in tiles.items()
        if "hair" in tile.layers
    }
    none = np.zeros((0, SIDES[0], SIDES[0]), np.float32)
    view = job.views[0]
    if not hair or "hair" not in view.masks:
        return none, none
    looks = head.looks({number: tiles[number].texture for number in hair})
    masks = head.looks({number: np.repeat(mask[..., None], 3, 2).astype(np.float32) for number, mask in hair.items()})
    density = job.match.head.height / head.extent * head.pixels
    drawn = [squares(look, mask[..., 0] > SURE, density) for look, mask in zip(looks, masks, strict=True)]
    return squares(view.picture, view.masks["hair"] > SURE, view.registration.face_height), np.concatenate(drawn)


def features_of(found: np.ndarray) -> np.ndarray:
    """(1280,) the mean of the features of (n,s,s) squares."""
    return pooled_features(torch.from_numpy(np.repeat(found[:, None].astype(np.float32), 3, 1))).mean(0)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m backend.lab evaluate drawn-hair",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--portraits", type=Path, nargs="+", required=True, help="pictures, or folders of them")
    parser.add_argument("--mesh", type=Path, required=True, metavar="OBJ")
    parser.add_argument("--half", choices=("choose", "report"), default="choose", help="every second one (choose)")
    parser.add_argument("--count", type=int, default=20, help="people with hair (default 20)")
    arguments = parser.parse_args(argv)
    networks, head = load_networks("cpu"), Head(arguments.mesh, 840, YAWS)
    own, drawn, contrasts = [], [], []
    for path in pictures(arguments.portraits)[arguments.half == "report" :: 2]:
        try:
            pair = own_and_drawn(path, head, networks)
        except AvatarTexError as refusal:
            print(f"{path.name}: {refusal.message}", file=sys.stderr)
            continue
        if min(map(len, pair)) < ENOUGH:
            continue
        own.append(features_of(pair[0]))
        drawn.append(features_of(pair[1]))
        contrasts.append(float(pair[1].std((1, 2)).mean() / pair[0].std((1, 2)).mean()))
        print(f"{path.name}: {np.linalg.norm(own[-1] - drawn[-1]):.2f}, contrast {contrasts[-1]:.2f}", flush=True)
        if len(own) == arguments.count:
            break
    between = np.mean([np.linalg.norm(one - other) for one in own for other in own if one is not other])
    distances = [float(np.linalg.norm(one - other) / between) for one, other in zip(own, drawn, strict=True)]
    mean, error = mean_error(distances)
    rows = [["distance to the person's own hair", f"{mean:.3f} ± {error:.3f}", len(own)]]
    rows.append(["contrast beside it", f"{np.exp(np.mean(np.log(contrasts))):.2f}", len(own)])
    print(table(["drawn hair", arguments.half, "people"], rows))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
