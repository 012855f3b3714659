"""python -m backend.lab evaluate distribution: FID and KID of the generator's samples against skins.

Features: EfficientNet-Lite0's 1280, pooled, not Inception's: compare with nothing but these tables. FID grows as
textures get fewer, so all of a style are of the same number, and real against real stands beside them as the floor.
Texels that the networks do not know are the mean texture's in every set.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
import torch

from ...models.bundle import Networks
from ...options import STYLE
from ..texhub.drawn_styles import NETWORK_STYLE
from ..training.mapping_network import Mapping, load_mapping
from . import held_out
from .features import pooled_features
from .metrics import frechet_distance, kernel_distance_blocks, table
from .options import networks_of, parser_for, write

#: The networks' styles in their order.
NETWORKS = STYLE.values[1:]
#: Textures of a style needed to say anything of it.
ENOUGH = 20


@torch.no_grad()
def draw(networks: Networks, style: str, z: torch.Tensor) -> torch.Tensor:
    """(N,3,S,S) sRGB samples of z (N,Mapping.Z)."""
    made = []
    for part in z.split(8):
        chosen = networks.style(style).expand(len(part))
        made.append(networks.generator(load_mapping()(part, chosen), chosen))
    return torch.cat(made).clamp(0, 1)


def sampled(networks: Networks, styles: list[str], seed: int) -> np.ndarray:
    """(N,1280) features of a sample in each of the listed network styles."""
    z = torch.randn(len(styles), Mapping.Z, generator=torch.Generator().manual_seed(seed))
    features = np.zeros((len(styles), 1280), np.float32)
    for style in set(styles):
        chosen = [i for i, one in enumerate(styles) if one == style]
        features[chosen] = features_of(draw(networks, style, z[chosen]), networks)
    return features


def features_of(pictures: torch.Tensor, networks: Networks) -> np.ndarray:
    known = torch.from_numpy(networks.known)
    mean = cv2.resize(networks.linear.mean, known.shape[::-1], interpolation=cv2.INTER_CUBIC)
    return pooled_features(torch.where(known, pictures, torch.from_numpy(mean).permute(2, 0, 1)))


def main(argv: list[str] | None = None) -> int:
    parser = parser_for("distribution", __doc__)
    parser.add_argument("--train", type=Path, required=True, metavar="DIR", help="texhub build of training faces")
    parser.add_argument("--count", type=int, default=320, help="textures of each set (default 320)")
    arguments = parser.parse_args(argv)
    networks = networks_of(arguments)
    sets, styles = {}, {}
    for name, folder, side in (("held out", arguments.held_out, "held_out"), ("training", arguments.train, "train")):
        pictures, _, painted = held_out.textures(folder, side, networks.size, arguments.count)
        sets[name] = features_of(torch.from_numpy(pictures), networks)
        styles[name] = np.array([NETWORK_STYLE[one] for one in painted])
        print(f"{name}: {len(painted)}", file=sys.stderr, flush=True)
    # as many of each style as the held-out textures have
    styles["samples"] = styles["held out"]
    sets["samples"] = sampled(networks, styles["samples"].tolist(), arguments.seed)
    print(f"{len(sets['samples'])} samples at {networks.size} texels. KID x 1000 ± standard error.\n")
    values = compared(sets, styles)
    head = ["style", "of", "against", "textures", "FID", "KID x 1000"]
    print(table(head, [[*row[:4], f"{row[4]:.2f}", f"{row[5] * 1e3:.3f} ± {row[6] * 1e3:.3f}"] for row in values]))
    write(arguments.output, [dict(zip((*head, "error"), row)) for row in values])
    return 0


def compared(sets: dict[str, np.ndarray], styles: dict[str, np.ndarray]) -> list[list]:
    """Rows: style, set, other set, number, FID, KID and its standard error."""
    rows = []
    for style in ("all", *NETWORKS):
        part = {name: x if style == "all" else x[styles[name] == style] for name, x in sets.items()}
        count = min(len(x) for x in part.values())
        if count < ENOUGH:
            continue
        for a, b in (("samples", "held out"), ("samples", "training"), ("training", "held out")):
            first, second = part[a][:count], part[b][:count]
            rows.append([style, a, b, count, frechet_distance(first, second), *kernel_distance_blocks(first, second)])
    return rows
