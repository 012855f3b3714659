"""Heads with hair of any colour, and where it lies: what train hair-network learns on.

python -m backend.lab hair draw --heads heads --people people.csv --output hair --count 6000

Hair that is known keeps its shape and gets another colour, as near to the skin's as it comes; other people's hair and
drawn locks and hats are laid over heads, fringes, too.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import cv2
import numpy as np

from .developed import developed
from .hair_heads import FINER
from .hats import put_on
from .known_hair import Head, known
from .sample_shards import shards_of, write_shards
from .wigs import Scene, flat, lend, locks, recolour, shade, shave

#: Shares of pictures: own hair in another colour; another's hair; drawn locks; hats; skin darkened; a shaded forehead;
#: hair that is known shaven off.
RECOLOURED, LENT, LOCKS, HATS, DARKER, SHADED, SHAVEN = 0.65, 0.35, 0.35, 0.07, 0.2, 0.35, 0.12


def compose(
    head: Head, donors: list[Head], random: np.random.Generator, cartoons: float = 0.15, shaven: float = SHAVEN
) -> Scene:
    """A head as it is or with other hair, before it is developed."""
    scene = Scene.begin(head, random, DARKER)
    if random.random() < SHADED:
        shade(scene, random)
    bare = head.kind != "told" or random.random() < shaven
    if head.kind == "told":
        if bare:
            shave(scene, random)
        elif random.random() < RECOLOURED:
            recolour(scene, random)
    if donors and random.random() < (2 if head.kind == "unknown" else 1) * LENT:
        donor = donors[random.integers(len(donors))]
        lend(scene, donor if random.random() < 0.5 else donor.mirrored(), random)
    if random.random() < (1.3 if bare else 0.6) * LOCKS:
        locks(scene, random)
    if random.random() < HATS:
        put_on(scene, donors[random.integers(len(donors))] if donors else head, random)
    if random.random() < cartoons:
        flat(scene, random)
    return scene


def sample(head: Head, donors: list[Head], random: np.random.Generator, **shares: float) -> dict[str, np.ndarray]:
    """picture (152,152,3), hair, weight and person (152,152), uint8."""
    scene = compose(head, donors, random, **shares)
    color = developed(scene.color, random)
    whole = np.dstack([color, scene.hair, scene.weight, scene.person])
    whole = cv2.resize(whole, None, fx=1 / FINER, fy=1 / FINER, interpolation=cv2.INTER_AREA)
    whole = np.rint(np.clip(whole, 0, 1) * 255).astype(np.uint8)
    return {"picture": whole[..., :3], "hair": whole[..., 3], "weight": whole[..., 4], "person": whole[..., 5]}


def read_heads(folder: Path, people: Path) -> dict[str, Head]:
    """Heads of hair_heads.py by name; people: people.csv of faces build, whose estimate of sex tells long hair."""
    with people.open(encoding="utf-8") as lines:
        women = {row["id"] for row in csv.DictReader(lines) if float(row["sex"]) < 0.5}
    heads = {}
    for shard in shards_of(folder, "heads", "hair cut"):
        for number, name in enumerate(shard["name"]):
            heads[str(name)] = known({key: part[number] for key, part in shard.items()}, str(name) in women)
    return heads


#: Every so many-th head is left out, to measure on.
LEFT_OUT = 10


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m backend.lab hair draw", description=__doc__.splitlines()[0])
    parser.add_argument("--heads", type=Path, required=True, help="folder of python -m backend.lab hair cut")
    parser.add_argument("--people", type=Path, required=True, help="people.csv of faces build")
    parser.add_argument("--output", type=Path, required=True, help="folder of shards of 400 samples")
    parser.add_argument("--count", type=int, default=6000)
    parser.add_argument("--cartoons", type=float, default=0.15, help="share of flat drawings")
    parser.add_argument("--shaven", type=float, default=SHAVEN, help="share of hair that is known shaven off")
    parser.add_argument(
        "--share", type=float, nargs=3, default=(0.4, 0.25, 0.35), help="of hair that is known, bald heads, and others"
    )
    parser.add_argument("--left-out", action="store_true", help=f"of every {LEFT_OUT}th head, which is left out else")
    parser.add_argument("--seed", type=int, default=0, help="several processes: a seed each")
    arguments = parser.parse_args(argv)
    cv2.setNumThreads(1)
    heads = list(read_heads(arguments.heads, arguments.people).values())
    heads = [head for number, head in enumerate(heads) if (number % LEFT_OUT == 0) == arguments.left_out]
    share = dict(zip(("told", "bald", "unknown"), arguments.share, strict=True))
    kinds = {kind: [head for head in heads if head.kind == kind] for kind in share}
    print({kind: len(some) for kind, some in kinds.items()})
    random = np.random.default_rng(arguments.seed)

    def draw() -> dict[str, np.ndarray]:
        some = kinds[random.choice(list(share), p=list(share.values()))]
        return sample(
            some[random.integers(len(some))],
            kinds["told"],
            random,
            cartoons=arguments.cartoons,
            shaven=arguments.shaven,
        )

    write_shards(draw, arguments.count, 400, arguments.output, f"hair{arguments.seed}")
    return 0
