"""train people: the prior of photographed people beside that of painted skins, and for cross-fitting both of all but
each fold's: a network that learns to correct a prior must see the faults that it makes of strangers.

    python -m backend.lab train people --faces runs/faces --hub runs/hub --output runs/train

OUTPUT holds linear.safetensors of `train linear`, which gets the people's prior; the folds' lie beside it.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
from safetensors.numpy import load_file

from ...networks.sizes import CANVAS
from ...prior.experts import Experts
from ...prior.linear import LinearPrior
from ..pca import fit_many
from ..texhub.build import SOURCES
from ..texhub.sources import Sources
from .augment import new_tone
from .checkpoints import save_half
from .missing import fit_missing
from .people import FOLDS, Person, load_people, small

#: Components of each prior, tones of each painted skin in the painted prior and among the people, rounds of EM.
COMPONENTS, TONES, TONES_BESIDE, ROUNDS = 64, 4, 2, 3
#: Shares of all people who show a place: up to which it is left to the painted skins, and from which to the people.
FEW, ENOUGH = 0.03, 0.15
#: Weight of all painted skins among the people, as a share of the people's own.
BESIDE = 0.3


def skins_of(builds: list[Path]) -> np.ndarray:
    """(N,CANVAS,CANVAS,3) float32 sRGB: the skins of some TexHub builds and their mirror images."""
    skins = np.concatenate([Sources.load(build / SOURCES).textures for build in builds])
    skins = np.array(
        [cv2.resize(skin.astype(np.float32) / 255, (CANVAS, CANVAS), interpolation=cv2.INTER_AREA) for skin in skins]
    )
    return np.concatenate([skins, skins[:, :, ::-1]])


def fit_painted(skins: np.ndarray, seed: int = 0) -> LinearPrior:
    """The PCA of painted skins, TONES tones of each."""
    random = np.random.default_rng(seed)
    tones = [new_tone(skin, random) for _ in range(TONES) for skin in skins]
    return fit_many(np.array(tones, np.float32), COMPONENTS)


def fit_people(people: list[Person], skins: np.ndarray, painted: LinearPrior, seed: int = 0) -> LinearPrior:
    """PCA of what each person shows and of its mirror image, with painted skins for what portraits do not show."""
    random = np.random.default_rng(seed)
    pictures, confidence, weight = [], [], []
    for person in people:
        unlit, seen, _ = person.pictures()
        unlit, seen = small(unlit, seen)
        pictures += [unlit, unlit[:, ::-1]]
        confidence += [seen, seen[:, ::-1]]
        weight += [person.weight] * 2
    weight = np.array(weight, np.float32) / np.mean(weight)
    tones = [new_tone(skin, random) for _ in range(TONES_BESIDE) for skin in skins]
    beside = np.full(len(tones), BESIDE * len(weight) / len(tones), np.float32)
    whole = np.ones((len(tones), CANVAS, CANVAS), np.float32)
    return fit_missing(
        np.array(pictures + tones, np.float32),
        np.concatenate([np.array(confidence), whole]),
        np.concatenate([weight, beside]),
        painted,
        ROUNDS,
        lambda done, error: print(f"  round {done + 1}: {error:.4f}", flush=True),
    )


def shown_places(people: list[Person]) -> np.ndarray:
    """(CANVAS,CANVAS) float32 0..1: where so many portraits show skin that their prior is to be believed, either way
    round, with a soft border."""
    share = np.mean(
        [cv2.resize(person.pictures()[1], (CANVAS, CANVAS), interpolation=cv2.INTER_AREA) for person in people], axis=0
    )
    share = (share + share[:, ::-1]) / 2
    return cv2.GaussianBlur(np.clip((share - FEW) / (ENOUGH - FEW), 0, 1), (0, 0), CANVAS / 64).astype(np.float32)


def fit_experts(people: list[Person], builds: list[Path]) -> Experts:
    skins = skins_of(builds)
    painted = fit_painted(skins)
    return Experts(painted, fit_people(people, skins, painted), shown_places(people))


def kept_experts(file: Path, people: list[Person], builds: list[Path]) -> Experts:
    """The experts in a file, fitted and written there when it is missing."""
    if not file.is_file():
        print(file.name, len(people), "people", flush=True)
        save_experts(fit_experts(people, builds), file)
    return load_experts(file)


def save_experts(experts: Experts, file: Path) -> None:
    save_half(
        {
            f"{name}.{key}": getattr(getattr(experts, name), key)
            for name in ("painted", "people")
            for key in ("mean", "basis", "deviation")
        }
        | {"people.shown": experts.shown},
        file,
    )


def load_experts(file: Path) -> Experts:
    data = {key: value.astype(np.float32) for key, value in load_file(file).items()}
    priors = (
        LinearPrior(*(data[f"{name}.{key}"] for key in ("mean", "basis", "deviation")))
        for name in ("painted", "people")
    )
    return Experts(*priors, data.get("people.shown"))


def fold_experts(people: list[Person], hub: Path, output: Path) -> list[Experts]:
    """For each fold the experts that saw neither its people nor its painted faces."""
    return [
        kept_experts(
            output / f"experts{k}.safetensors",
            [one for one in people if one.fold != k],
            [hub / f"fold{j}" for j in range(FOLDS) if j != k],
        )
        for k in range(FOLDS)
    ]


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m backend.lab train people",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--faces", type=Path, required=True, help="folder of faces build")
    parser.add_argument("--hub", type=Path, required=True, help=f"folder of {FOLDS} TexHub builds of other faces each")
    parser.add_argument("--output", type=Path, required=True, help="folder with linear.safetensors")
    arguments = parser.parse_args(argv)
    file, people = arguments.output / "linear.safetensors", load_people(arguments.faces, "train")
    tensors = load_file(file)
    painted = LinearPrior(*(tensors[key].astype(np.float32) for key in ("mean", "basis", "deviation")))
    found = fit_people(people, skins_of([arguments.hub / f"fold{k}" for k in range(FOLDS)]), painted)
    fitted = {key: getattr(found, key) for key in ("mean", "basis", "deviation")} | {"shown": shown_places(people)}
    save_half(tensors | {f"people.{key}": value for key, value in fitted.items()}, file)
    fold_experts(people, arguments.hub, arguments.output)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
