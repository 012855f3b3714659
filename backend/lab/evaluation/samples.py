"""python -m backend.lab evaluate samples: pictures to look at, PNG.

random.png: samples, a row per network style. truncation.png: z scaled from 0 to 1.5. identities.png, styles.png:
interpolations. completions.png: per painted style what is seen, the linear prior, ours, the truth.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from ...imaging.files import write_picture
from ...models.bundle import Networks
from ...options import STYLE
from ..training.mapping_network import Mapping, load_mapping
from . import methods
from .distribution import draw
from .held_out import portrayed
from .options import networks_of, parser_for

NETWORKS = STYLE.values[1:]
COLUMNS, GAP = 8, 2
TRUNCATIONS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5)


def grid(rows: list[list[np.ndarray]]) -> np.ndarray:
    """(H,W,3) of rows of (S,S,3) pictures, white between."""
    padded = [[np.pad(p, ((0, GAP), (0, GAP), (0, 0)), constant_values=1.0) for p in row] for row in rows]
    return np.concatenate([np.concatenate(row, 1) for row in padded]).astype(np.float32)


def pictures(made: torch.Tensor) -> list[np.ndarray]:
    return list(made.permute(0, 2, 3, 1).numpy())


@torch.no_grad()
def between_styles(networks: Networks, z: torch.Tensor, steps: int = COLUMNS) -> list[list[np.ndarray]]:
    """A row per pair of styles: embedding and latent move from one to the other, z stays."""
    generator, rows = networks.generator, []
    embedding = generator.style.weight
    kept = embedding.detach().clone()
    for a, b in zip(range(len(NETWORKS)), [*range(1, len(NETWORKS)), 0]):
        row = []
        first, second = (load_mapping()(z, torch.tensor([style])) for style in (a, b))
        for share in np.linspace(0, 1, steps):
            embedding.data[0] = kept[a] + float(share) * (kept[b] - kept[a])
            made = generator(first + float(share) * (second - first), torch.zeros(1, dtype=torch.int64))
            row += pictures(made.clamp(0, 1))
        rows.append(row)
        embedding.data.copy_(kept)
    return rows


def completions(networks: Networks, folder: Path, seed: int) -> list[list[np.ndarray]]:
    rows = []
    for one in portrayed(folder, networks, 1, seed):
        made = methods.staged(one, networks, seed)
        shown = np.where(one.seen[..., None], one.colour, 0.5)
        rows.append([shown, made[methods.LINEAR], made[methods.OURS], one.truth])
    return rows


def main(argv: list[str] | None = None) -> int:
    parser = parser_for("samples", __doc__)
    parser.add_argument("--folder", type=Path, required=True, metavar="DIR", help="where the PNG files go")
    arguments = parser.parse_args(argv)
    networks = networks_of(arguments)
    arguments.folder.mkdir(parents=True, exist_ok=True)
    random = torch.Generator().manual_seed(arguments.seed)
    z = torch.randn(2 * COLUMNS, Mapping.Z, generator=random)
    sheets = {
        "random": [pictures(draw(networks, style, z[:COLUMNS])) for style in NETWORKS],
        "truncation": [pictures(draw(networks, "photo", torch.stack([t * one for t in TRUNCATIONS]))) for one in z[:4]],
        "identities": [
            pictures(
                draw(
                    networks,
                    "photo",
                    torch.stack(
                        [(np.cos(a) * z[i] + np.sin(a) * z[i + 4]).float() for a in np.linspace(0, np.pi / 2, COLUMNS)]
                    ),
                )
            )
            for i in range(4)  # along the circle, for a mean of two normal vectors is shorter than either
        ],
        "styles": between_styles(networks, z[:1]),
        "completions": completions(networks, arguments.held_out, arguments.seed),
    }
    for name, rows in sheets.items():
        write_picture(arguments.folder / f"{name}.png", grid(rows))
        print(arguments.folder / f"{name}.png")
    return 0
