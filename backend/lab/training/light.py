"""train light: what is wrong with a light that a part of a face tells (prior/part_light.py), from people's portraits.

python -m backend.lab train light --faces runs/faces --hub runs/hub --output backend/prior

A part of what each portrait shows is hidden, as stage 1 hides it. What is wanted is the light that the whole face
tells, by priors that never saw the person. Errors are those of the shade on the face's texels.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from ...prior.light import harmonics, light_of_visible
from ...prior.linear import COARSE, LinearPrior
from ...prior.part_light import FIGURES_MIRRORED, FURTHEST, MIRRORED, LightEstimate, PartLight
from ..faces.observing import scalp_of, unit
from .experts import fold_experts
from .folds import load_geometry
from .hiding import hide
from .people import Person, load_people

WEIGHTS = "part_light.npz"
#: Parts hidden of each person.
PARTS = 12
#: Width of the network, and the scale of what it says; dropped units; noise on its figures, in their spreads.
WIDTH, SCALE, DROPPED, BLURRED = 64, 0.1, 0.1, 0.05
STEPS, COUNT, RATE, DECAY = 3000, 256, 3e-3, 0.1
#: Weight of the light's nine numbers themselves beside the shade.
PLAIN = 0.1


@dataclass(frozen=True)
class Example:
    """figures: (33,). wanted: (9,) what to add to the light. shade: (9,9) mean product of harmonics over the face.
    hidden: 0..1, by which the network's answer is added.
    """

    figures: np.ndarray
    wanted: np.ndarray
    shade: np.ndarray
    hidden: float

    def mirrored(self) -> Example:
        sign = np.outer(MIRRORED, MIRRORED)
        return Example(self.figures * FIGURES_MIRRORED, self.wanted * MIRRORED, self.shade * sign, self.hidden)


def examples_of(person: Person, prior: LinearPrior, scalp: np.ndarray, parts: int) -> list[Example]:
    """One of each hidden part; none where too little shows.

    Args:
        prior: what skin looks like unlit, as estimate_light() wants it. scalp: (S,S) its share.
    """
    random = np.random.default_rng([int(person.key, 36) % 2**32, 7])
    lit, shown = (part.astype(np.float32) / 255 for part in (person.lit, person.shown))
    shown, normals = shown * (1 - scalp), unit(person.normals.astype(np.float32))
    weight = shown / np.maximum(shown.sum(), 1e-6)
    basis = harmonics(normals)
    shade = np.einsum("yx,yxi,yxj->ij", weight, basis, basis)
    few = prior.shrunk(COARSE)

    def told(stays: np.ndarray | float) -> LightEstimate | None:
        found = light_of_visible(lit, normals, (shown * stays).astype(np.float32), few, np.eye(3))
        return None if found is None else found[0]

    whole = told(1.0)
    some = [one for one in (told(hide(shown, random)) for _ in range(parts)) if one is not None and one.hidden()]
    if whole is None:
        return []
    return [Example(one.figures(), (whole.light - one.light).astype(np.float32), shade, one.hidden()) for one in some]


def fit_part_light(examples: list[Example], seed: int = 0, steps: int = STEPS) -> PartLight:
    """The network, from examples and their mirror images."""
    torch.manual_seed(seed)
    both = [*examples, *(one.mirrored() for one in examples)]
    figures, wanted, shade, hidden = (
        torch.from_numpy(np.array([getattr(one, name) for one in both], np.float32))
        for name in ("figures", "wanted", "shade", "hidden")
    )
    mean, spread = figures.mean(0), figures.std(0) + 1e-6
    given = ((figures - mean) / spread).clamp(-FURTHEST, FURTHEST)
    shade = shade + PLAIN * torch.eye(9)
    layers = [nn.Linear(figures.shape[1], WIDTH), nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, 9)]
    network = nn.Sequential(layers[0], nn.SiLU(), nn.Dropout(DROPPED), layers[1], nn.SiLU(), layers[2])
    descent = torch.optim.AdamW(network.parameters(), RATE, weight_decay=DECAY)
    falling = torch.optim.lr_scheduler.CosineAnnealingLR(descent, steps)
    for _ in range(steps):
        some = torch.randint(len(given), (COUNT,))
        blurred = given[some] + BLURRED * torch.randn(COUNT, given.shape[1])
        loss = shade_error(SCALE * hidden[some, None] * network(blurred) - wanted[some], shade[some])
        descent.zero_grad()
        loss.backward()
        descent.step()
        falling.step()
    arrays = [(layer.weight.detach().numpy(), layer.bias.detach().numpy()) for layer in layers]
    arrays[-1] = (SCALE * arrays[-1][0], SCALE * arrays[-1][1])
    return PartLight(tuple(arrays), mean.numpy(), spread.numpy())


def shade_error(error: Tensor, shade: Tensor) -> Tensor:
    """Mean squared shade of (N,9) faults of the light, over faces of (N,9,9)."""
    return torch.einsum("ni,nij,nj->n", error, shade, error).mean()


def save_part_light(found: PartLight, file: Path) -> None:
    arrays = {"mean": found.mean, "spread": found.spread}
    for number, (weight, bias) in enumerate(found.layers):
        arrays |= {f"weight{number}": weight, f"bias{number}": bias}
    np.savez_compressed(file, **{key: value.astype(np.float32) for key, value in arrays.items()})


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m backend.lab train light",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--faces", type=Path, required=True, help="folder of faces build")
    parser.add_argument("--hub", type=Path, required=True, help="folder of TexHub builds of other faces each")
    parser.add_argument("--experts", type=Path, required=True, help="folder of train people, with the folds' priors")
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args(argv)
    cv2.setNumThreads(1)
    people = load_people(arguments.faces, "train")
    priors = [one.joined for one in fold_experts(people, arguments.hub, arguments.experts)]
    scalp = scalp_of(load_geometry(arguments.hub).positions)
    examples = [one for person in people for one in examples_of(person, priors[person.fold], scalp, PARTS)]
    print(f"{len(examples)} examples of {len(people)} people", flush=True)
    arguments.output.mkdir(parents=True, exist_ok=True)
    save_part_light(fit_part_light(examples), arguments.output / WEIGHTS)
    return 0
