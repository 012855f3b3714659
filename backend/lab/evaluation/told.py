"""python -m backend.lab evaluate told: does made-up skin or hair look made up, on finished textures?

Parts of real people's portraits are occluded (occluded.py) and textured as a job does; patches of what is made up there
are compared with the photographed patches of the same texels, from the job that sees the whole portrait. A classifier
(logistic regression on means and deviations of EfficientNet-Lite's features and on energies by octave; Lopez-Paz and
Oquab, arXiv 1610.06545) learns on some people and is asked about others. 50 % is perfect; beside it the PSNR of made-up
bare skin.

Half of the people are for choosing, half for the last measurement. Where half a face is occluded its other half is
mirrored; where the lower face or the sides are, hardly anything is.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from ...compose.compose import Composition
from ...errors import AvatarTexError
from ...head.mesh import HeadMesh, load_mesh
from ...head.sides import texels_per_face
from ...imaging.bands import octaves
from ...imaging.sample import LUMINANCE
from ...models.bundle import load_networks
from ...surface.bare import between_parts
from ..look import pictures
from .border import DISTANCES, LOWS, power_by_distance
from .features import COMPARED, at_size, load_features
from .guard_cases import HALVES
from .logistic import folds_of, regress
from .metrics import cell, mean_error, psnr, table
from .occluded import Textured, textured
from .options import bare_parser, write

#: Texels of patches; share of a patch that must be of one kind; patches of one kind in a texture at most.
PATCHES, WHOLE, MOST = (40, 80), 0.9, 12
#: Pixels that a patch is enlarged to for the network: a wave of two texels is still five pixels long.
ENLARGED = 112
#: Waves per face height where the energies' octaves begin.
FIRST_OCTAVE = 16
#: People are asked in so many groups.
FOLDS = 6
#: Share of provenance from which a texel is photographed, and cover from which it is hair and up to which it is none.
PHOTOGRAPHED, HAIR, NO_HAIR = 0.95, 0.9, 0.05
#: Occluded part -> whether what is made up there has mirrored detail.
MIRRORED = {"half": "mirrored", "lower": "made", "sides": "made"}

#: Size, patch, skin or hair, mirrored or made.
Kind = tuple[int, int, str, str]


def kinds_of(whole: Composition, made: Composition) -> dict[str, np.ndarray]:
    """(S,S) bool texels that the portrait shows and that were made up where it is occluded: bare skin and hair."""
    hidden = (whole.provenance[..., 0] > PHOTOGRAPHED) & (made.provenance[..., 0] < 1 - PHOTOGRAPHED) & whole.head
    return {"skin": hidden & bare_of(whole), "hair": hidden & (cover_of(whole) > HAIR)}


def cover_of(whole: Composition) -> np.ndarray:
    """(S,S) 0..1 hair on head and face."""
    covers = [whole.layers[name][3] for name in ("hair", "facial_hair") if name in whole.layers]
    return np.maximum.reduce([np.zeros(whole.head.shape, np.uint8), *covers]).astype(np.float32) / 255


def bare_of(whole: Composition) -> np.ndarray:
    """(S,S) bool photographed bare skin."""
    skin = np.zeros(whole.head.shape, np.float32)
    skin[whole.filled] = between_parts(whole.atlas)
    return (whole.provenance[..., 0] > PHOTOGRAPHED) & (cover_of(whole) < NO_HAIR) & (skin > PHOTOGRAPHED)


def patches(mask: np.ndarray, side: int, random: np.random.Generator) -> list[tuple[slice, slice]]:
    """Some places of patches of a (S,S) bool mask, at least half a patch apart."""
    whole = cv2.boxFilter(mask.astype(np.float32), -1, (side, side), anchor=(0, 0), borderType=cv2.BORDER_CONSTANT)
    free, found = whole > WHOLE, []
    free[-side:], free[:, -side:] = False, False
    while free.any() and len(found) < MOST:
        row, column = divmod(int(random.choice(np.flatnonzero(free))), free.shape[1])
        found.append((slice(row, row + side), slice(column, column + side)))
        free[max(0, row - side // 2 + 1) : row + side // 2, max(0, column - side // 2 + 1) : column + side // 2] = False
    return found


@torch.no_grad()
def describe(cut: np.ndarray, density: float) -> np.ndarray:
    """(N,D) features of (N,P,P,3) float32 sRGB patches.

    Args:
        density: texels per face height.
    """
    network, rows = load_features("cpu"), []
    for part in torch.from_numpy(np.ascontiguousarray(cut)).permute(0, 3, 1, 2).split(32):
        stages: list[Tensor] = network.stages(at_size(part, ENLARGED), max(COMPARED))
        kept = [stages[number] for number in COMPARED]
        rows.append(torch.cat([value for x in kept for value in (x.mean((2, 3)), x.std((2, 3)))], 1).numpy())
    return np.concatenate([np.concatenate(rows), np.stack([energies(patch, density) for patch in cut])], 1)


def energies(patch: np.ndarray, density: float) -> np.ndarray:
    """(b,) logarithms of the luminance's deviation by octave."""
    lows = FIRST_OCTAVE * 2 ** np.arange(max(1, int(np.log2(density / 2 / FIRST_OCTAVE))))
    bands = octaves((patch @ LUMINANCE)[..., None], np.ones(patch.shape[:2], np.float32), density, lows)
    return np.array([np.log(band.std() + 1e-3) for band in bands], np.float32)


@dataclass
class Collected:
    """What was measured. patches: by kind, lists of (n,2,D) features, photographed first, and of the person of each.
    near: by part, PSNR in dB of made-up bare skin by person, at the first size. sharp: by part, what
    power_by_distance() finds, by person, at the first size."""

    patches: dict[Kind, tuple[list[np.ndarray], list[str]]]
    near: dict[str, dict[str, float]]
    sharp: dict[str, dict[str, np.ndarray]]

    def add(self, case: Textured, size: int, whole: Composition, made: Composition) -> None:
        """What a case made up, beside the photographed texels of the same places."""
        [mesh] = case.job.tiles.values()
        density = texels_per_face(mesh, case.job.canonical, size)
        random = np.random.default_rng(zlib.crc32(f"{case.person} {case.part} {size}".encode()))
        textures = [np.rint(one.texture * 255).astype(np.float32) / 255 for one in (whole, made)]
        for kind, mask in kinds_of(whole, made).items():
            for side in PATCHES:
                places = patches(mask, side, random)
                if places:
                    rows, who = self.patches.setdefault((size, side, kind, MIRRORED[case.part]), ([], []))
                    cut = (np.stack([texture[place] for place in places]) for texture in textures)
                    rows.append(np.stack([describe(some, density) for some in cut], 1))
                    who += [case.person] * len(places)
            if kind == "skin" and case.person not in self.near.setdefault(case.part, {}):
                self.near[case.part][case.person] = psnr(textures[1], textures[0], mask)
                photo = made.provenance[..., 0] > 0.5
                across = power_by_distance(*textures, bare_of(whole), photo, density)
                self.sharp.setdefault(case.part, {})[case.person] = across


def collect(people: Iterable[Iterator[Textured]], sizes: Sequence[int]) -> Collected:
    """Measure people, each of whose first case shows everything."""
    found = Collected({}, {}, {})
    for number, (whole, *cases) in enumerate(people, 1):
        for size in sizes:
            shown = whole.compose(size)
            for case in cases:
                found.add(case, size, shown, case.compose(size))
        print(f"\r{number} people", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return found


def accuracy(features: np.ndarray, people: np.ndarray) -> dict[str, float]:
    """Person -> share of their patches, of both kinds, that a classifier got right that did not know the person.

    Args:
        features: (N,2,D), photographed first. people: (N,) ids.
    """
    folds, right = folds_of(people, FOLDS), np.zeros(features.shape[:2])
    for number in range(FOLDS):
        asked = folds == number
        if asked.any() and not asked.all():
            known = features[~asked]
            weights = regress(np.concatenate([known[:, 0], known[:, 1]]), np.repeat([0.0, 1.0], len(known)))
            right[asked] = (weights(features[asked].reshape(-1, features.shape[2])).reshape(-1, 2) > 0) == [False, True]
    return {str(name): float(right[people == name].mean()) for name in sorted(set(people))}


def people_of(portraits: Path, half: str, count: int, mesh: HeadMesh) -> Iterator[Iterator[Textured]]:
    """Those of one half of a folder's portraits, by their order, evenly chosen; who cannot be textured is named."""
    paths = pictures([portraits])
    paths = paths if half == "both" else paths[HALVES.index(half) :: 2]
    networks = load_networks("cpu")
    for path in paths[:: max(1, len(paths) // count)][:count] if count else paths:
        try:
            yield iter([*textured(path, mesh, networks)])
        except AvatarTexError as refusal:
            print(f"{path.name}: {refusal.message}", file=sys.stderr)


def report(found: Collected) -> tuple[str, dict[str, dict[str, float]]]:
    """Markdown, and the share recognised by kind and person."""
    shares, rows = {}, []
    for kind in sorted(found.patches):
        features, who = found.patches[kind]
        shares[" ".join(map(str, kind))] = own = accuracy(np.concatenate(features), np.array(who))
        rows.append([*kind, cell(mean_error([100 * share for share in own.values()]), 1), len(own), len(who)])
    text = table(["texels", "patch", "of", "detail", "recognised, %", "people", "patches"], rows)
    psnrs = [[part, cell(mean_error(list(values.values())))] for part, values in found.near.items()]
    across = [*pairwise(DISTANCES)]
    sharpness = [
        [
            part,
            f"{low} to {2 * low}",
            *(cell(mean_error([one[row, at] for one in some.values()]), 1, "+") for at in range(len(across))),
        ]
        for part, some in found.sharp.items()
        for row, low in enumerate(LOWS)
    ]
    tables = [
        text,
        table(["occluded", "PSNR of made-up skin, dB"], psnrs),
        "Power beside the photograph's, dB, by face heights from the border",
        table(["occluded", "waves", *(f"{near:g} to {far:g}" for near, far in across)], sharpness),
    ]
    return "\n\n".join(tables), shares


def main(argv: list[str] | None = None) -> int:
    parser = bare_parser("told", __doc__)
    parser.add_argument("--portraits", type=Path, required=True, metavar="DIR")
    parser.add_argument("--mesh", type=Path, required=True, metavar="OBJ", help="the head, of one UV tile")
    parser.add_argument("--half", choices=(*HALVES, "both"), default=HALVES[0], help="of the people (default choose)")
    parser.add_argument("--count", type=int, default=24, help="people (default 24; 0 for all)")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1024, 2048], help="texels (default 1024 2048)")
    parser.add_argument("--output", type=Path, metavar="JSON", help="also write the values by person here")
    arguments = parser.parse_args(argv)
    cv2.setNumThreads(1)
    people = people_of(arguments.portraits, arguments.half, arguments.count, load_mesh(arguments.mesh))
    found = collect(people, arguments.sizes)
    text, shares = report(found)
    print(text)
    write(arguments.output, {"recognised": shares, "psnr": found.near})
    return 0
