"""What each stage is worth on rendered portraits (render_portraits.py) of a fold that the networks were not shown.

    python -m backend.lab train ablation --portraits runs/portraits --train runs/train --fold 3

The prior and the canvas are those of all other folds' faces.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from ...job import StageOptions
from ...models.bundle import load_networks, paint_canvas
from ...stages import STAGES
from ...stages.latent import SURE
from ...stages.stage import AtlasObservation
from ..evaluation.metrics import mean_error, psnr, table
from .folds import FOLDS, load_model
from .portraits import Portraits


def strangers(train: Path, fold: int, weights: Path | None = None):
    """The networks, with prior and canvas that were fitted without the fold's faces."""
    networks = load_networks("cpu", weights)
    paint_canvas(networks.generator, load_model(train / f"canvas{fold}.npz"))
    return replace(networks, linear=load_model(train / f"prior{fold}.npz"))


def staged(seen: AtlasObservation, networks, seed: int) -> dict[str, np.ndarray]:
    """(S,S,3) sRGB after each stage."""
    made = {"none": networks.experts.complete(seen.color, seen.confidence)}
    completion, numbers = made["none"], ""
    for number, stage in enumerate(STAGES.values(), 1):
        completion = stage(seen, completion, networks, StageOptions(seed=seed))
        numbers += f"+{number}"
        made[numbers[1:]] = completion
    return made


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m backend.lab train ablation", description=__doc__.splitlines()[0])
    parser.add_argument("--portraits", type=Path, required=True, help="folder of shards of render_portraits")
    parser.add_argument("--train", type=Path, required=True, help="training's folder, with the folds' priors")
    parser.add_argument("--fold", type=int, default=3, help="whose faces the networks were not shown (default 3)")
    parser.add_argument("--count", type=int, default=24, help="portraits at most (default 24)")
    parser.add_argument("--weights", type=Path, help="folder of weights (default: the bundled ones)")
    arguments = parser.parse_args(argv)
    portraits = Portraits.load(arguments.portraits)
    portraits = portraits.of_faces(np.unique(portraits.face)[arguments.fold :: FOLDS])
    networks = strangers(arguments.train, arguments.fold, arguments.weights)
    scores: dict[str, list[tuple[float, float]]] = {}
    for i in range(min(arguments.count, len(portraits.face))):
        truth, valid, colour, confidence, style = portraits.one(i)
        seen = (confidence > SURE) & (valid > 0)
        for name, result in staged(AtlasObservation(colour, confidence, style), networks, i).items():
            parts = psnr(result, truth, seen), psnr(result, truth, ~seen & (valid > 0))
            scores.setdefault(name, []).append(parts)
    rows = [
        [name, *("{:.2f} ± {:.2f}".format(*mean_error(part)) for part in zip(*found, strict=True))]
        for name, found in scores.items()
    ]
    print(f"{len(scores['none'])} portraits, PSNR in dB\n\n{table(['stages', 'seen', 'unseen'], rows)}")
    return 0
