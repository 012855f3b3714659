"""Heads with hats of any make, and heads with hair of any colour: what train hair-network learns of hats.

python -m backend.lab hats draw --heads heads --output hats --count 6000

Hair of any make is no hat: people's own, another's, recoloured, in two tones, and drawn locks.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np

from .developed import developed
from .draw_hair import LEFT_OUT
from .hair_heads import FINER
from .hats import CLOTHES, places, put_on
from .known_hair import CHIN, Head, known
from .sample_shards import shards_of, write_shards
from .spectacles import noise
from .wigs import Scene, lend, locks, recolour, shade

#: Shares of pictures: hats; own hair in another colour, another's, drawn locks; hair of two tones; skin darkened;
#: shade on the forehead.
HATS, RECOLOURED, LENT, LOCKS, TONED, DARKER, SHADED = 0.45, 0.5, 0.2, 0.12, 0.4, 0.2, 0.2
#: What the pictures are made as.
MAKES = {"photo": 0.55, "painted": 0.3, "drawn": 0.05, "lines": 0.05, "print": 0.05}
#: Who wears a hat in the data, and is none for sure.
HATTED = ("6f1720e651",)


def two_toned(scene: Scene, random: np.random.Generator) -> None:
    """Hair that greys from the sides, or shines from above: lighter by and by, in no line."""
    y = places(scene)[1]
    y = y + random.uniform(0, 0.06) * noise(random, int(random.integers(3, 20)), y.shape)
    share = 1 / (1 + np.exp(np.clip((y - random.uniform(-0.5, 0)) / random.uniform(0.04, 0.2), -30, 30)))
    hairy = scene.hair * share
    grey = scene.color.mean(-1, keepdims=True) ** random.uniform(0.4, 1.6)
    scene.color = np.clip(scene.color + hairy[..., None] * (grey - scene.color) * random.uniform(0.3, 1), 0, 1)
    scene.color = scene.color.astype(np.float32)


def sample(head: Head, donors: list[Head], wearer: Head, random: np.random.Generator) -> dict[str, np.ndarray]:
    """picture (152,152,3), hair (of which only hats are some), weight and person (152,152), uint8."""
    scene = Scene.begin(head, random, DARKER)
    if random.random() < SHADED:
        shade(scene, random)
    if scene.head.kind == "told" and random.random() < RECOLOURED:
        recolour(scene, random)
    if random.random() < TONED:
        two_toned(scene, random)
    if random.random() < LENT:
        lend(scene, donors[random.integers(len(donors))], random)
    if random.random() < LOCKS:
        locks(scene, random)
    y = places(scene)[1]
    chin = (scene.head.points[CHIN, 1] - scene.middle[1]) / scene.size
    scene.weight = scene.person * (y < chin + CLOTHES)
    scene.hair[:] = 0
    if random.random() < HATS:
        put_on(scene, wearer, random)
    color = developed(scene.color, random, str(random.choice(list(MAKES), p=list(MAKES.values()))))
    whole = np.dstack([color, scene.hair, scene.weight, scene.person])
    whole = cv2.resize(whole, None, fx=1 / FINER, fy=1 / FINER, interpolation=cv2.INTER_AREA)
    whole = np.rint(np.clip(whole, 0, 1) * 255).astype(np.uint8)
    return {"picture": whole[..., :3], "hair": whole[..., 3], "weight": whole[..., 4], "person": whole[..., 5]}


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m backend.lab hats draw", description=__doc__.splitlines()[0])
    parser.add_argument("--heads", type=Path, required=True, help="folder of python -m backend.lab hair cut")
    parser.add_argument("--output", type=Path, required=True, help="folder of shards of 400 samples")
    parser.add_argument("--count", type=int, default=6000)
    parser.add_argument("--left-out", action="store_true", help=f"of every {LEFT_OUT}th head, which is left out else")
    parser.add_argument("--seed", type=int, default=0, help="several processes: a seed each")
    arguments = parser.parse_args(argv)
    cv2.setNumThreads(1)
    stored = [
        {key: part[k] for key, part in shard.items()}
        for shard in shards_of(arguments.heads, "heads", "hair cut")
        for k in range(len(shard["name"]))
    ]
    stored = [one for number, one in enumerate(stored) if (number % LEFT_OUT == 0) == arguments.left_out]
    heads = [known(one) for one in stored if str(one["name"]) not in HATTED]
    donors = [head for head in heads if head.kind == "told"]
    random = np.random.default_rng(arguments.seed)

    def draw() -> dict[str, np.ndarray]:
        head, wearer = (heads[random.integers(len(heads))] for _ in range(2))
        return sample(head, donors, wearer, random)

    write_shards(draw, arguments.count, 400, arguments.output, f"hair{arguments.seed}")
    return 0
