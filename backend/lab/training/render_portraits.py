"""What the pipeline really sees of training skins, for the networks to learn on.

    python -m backend.lab portraits render --data DATA --atlas atlas.npz --train runs/train --output DIR

Drawn masks and light teach a network to mend drawn faults. These are the real ones: portraits of known textures are
rendered (any head, camera, light), and detected, registered and cleared of light as a job's portrait is. What knows
skins there, the prior that light is fitted with and that the head wears at registration, is the prior of all other
folds' faces: with one that knows the face light comes out truer than it does of strangers.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from ...completing import shrink
from ...errors import AvatarTexError
from ...head.landmarks import find_head_landmarks
from ...head.mesh import load_mesh
from ...imaging.files import write_picture
from ...networks.sizes import TEXELS
from ...pipeline import load_cached_networks, prepare
from ...prior.experts import Experts
from ...prior.linear import LinearPrior
from ...prior.skin import COMPONENTS
from ..evaluation.cases import HEADS
from ..evaluation.truth import TruthCase, render_truth
from ..texhub.skins import OVERSAMPLE, SETS, atlas_layout, complete_by_mirror, resample, usable_texels
from ..texhub.sources import SPLIT
from .augment import new_tone, stylise
from .folds import FOLDS, load_model

#: Portraits are rendered at this size: enough for the landmarks, and half the time of the benchmark's.
PIXELS = 512
STYLES = {"photo": 0.6, "cartoon": 0.2, "painting": 0.1, "anime": 0.1}


class Layouts:
    """Heads and atlas layouts of the data folder, loaded once."""

    def __init__(self, data: Path) -> None:
        self.data, self.heads = data, {}
        self.atlas = {kind: atlas_layout(load_mesh(data / head), TEXELS * OVERSAMPLE) for kind, head in SETS.items()}

    def head(self, kind: str, name: str):
        if (kind, name) not in self.heads:
            mesh = load_mesh(self.data / kind / "heads" / f"{name}.obj")
            self.heads[kind, name] = mesh, find_head_landmarks(mesh)
        return self.heads[kind, name]


def draw_case(random: np.random.Generator) -> TruthCase:
    """Camera, light and backdrop of one portrait; the names of head and skin are left empty."""
    source = random.normal(0, 1, 3) * (0.7, 0.4, 0.2) + (0, 0.4, 0.7)
    hard = random.uniform(0, 1)
    return TruthCase(
        "",
        "",
        "",
        "",
        float(np.clip(random.normal(0, 20), -45, 45)),
        float(np.clip(random.normal(0, 6), -15, 15)),
        "cel" if random.random() < 0.2 else "drawn",
        tuple(source),
        tuple(random.uniform(0.1, 0.9, 3)),
        (0.75 - 0.5 * hard, 0.35 + 0.65 * hard),
    )


def draw_texture(data: Path, names: list[str], random: np.random.Generator) -> tuple[np.ndarray, str]:
    """(T,T,3) float32 sRGB in the head's UV map, from one or two skins of a face and kit, and its style."""

    def read(name: str) -> np.ndarray:
        skin = cv2.imread(str(data / name.replace("/", "/skins/")) + ".jpg")
        return cv2.resize(skin, (1024, 1024), interpolation=cv2.INTER_AREA)[..., ::-1].astype(np.float32) / 255

    texture = read(names[0])
    if len(names) > 1:
        share = random.uniform(0.2, 0.8)
        texture = share * texture + (1 - share) * read(names[1])
    style = str(random.choice(list(STYLES), p=list(STYLES.values())))
    return stylise(new_tone(texture, random), style, random).astype(np.float32), style


def portrait_sample(
    layouts: Layouts,
    names: list[str],
    faces: np.ndarray,
    priors: list[LinearPrior],
    random: np.random.Generator,
    folder: Path,
):
    """One portrait through the pipeline: truth, valid, colour, confidence (atlas), and of which skin.

    Args:
        priors: by fold, of all other folds' faces.
    """
    index = int(random.integers(len(names)))
    kind = names[index].split("/")[0]
    fold = np.unique(faces, return_inverse=True)[1] % FOLDS  # as texhub build --fold has it: no blend leaves its fold
    relatives = np.nonzero((fold == fold[index]) & [name.startswith(kind) for name in names])[0]
    chosen = [names[index]]
    if random.random() < 0.35:
        chosen.append(names[random.choice(relatives)])
    texture, style = draw_texture(layouts.data, chosen, random)
    mesh, head = layouts.head(kind, str(random.choice(HEADS[kind])))
    case = draw_case(random)
    write_picture(folder / "portrait.png", render_truth(mesh, head, texture, case, PIXELS).color)
    stranger = priors[fold[index]]
    networks = replace(load_cached_networks("cpu"), experts=Experts(stranger, stranger))
    job = prepare(mesh, str(folder / "portrait.png"), "auto", networks, worn=stranger.truncated(COMPONENTS))
    truth, covered = resample(np.rint(texture * 255).astype(np.uint8), layouts.atlas[kind], TEXELS)
    truth, valid = complete_by_mirror(truth, covered & usable_texels(kind, covered))
    colour, confidence = shrink(job.observation, TEXELS)
    return {
        "truth": np.rint(truth * 255).astype(np.uint8),
        "valid": valid.astype(np.uint8),
        "colour": np.rint(colour * 255).astype(np.uint8),
        "confidence": np.rint(confidence * 255).astype(np.uint8),
        "face": faces[index],
        "style": style,
    }


def training_skins(atlas: Path) -> tuple[list[str], np.ndarray]:
    """Names and (N,) faces of the skins in atlas.npz that are not held out."""
    held_out = set(json.loads(SPLIT.read_text(encoding="utf-8"))["held_out"])
    with np.load(atlas, allow_pickle=False) as data:
        names, faces = [str(name) for name in data["names"]], data["face"]
        kept = [i for i, name in enumerate(names) if name not in held_out and data["style"][i] != "creature"]
    return [names[i] for i in kept], faces[kept]


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m backend.lab portraits render", description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of heads and skins, laid out as shared/data")
    parser.add_argument("--atlas", type=Path, required=True, help="atlas.npz of python -m backend.lab texhub align")
    parser.add_argument("--train", type=Path, required=True, help="folder of train linear, with the folds' priors")
    parser.add_argument("--output", type=Path, required=True, help="folder of shards; one is written per hundred")
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--seed", type=int, default=0, help="several processes: a seed each")
    arguments = parser.parse_args(argv)
    cv2.setNumThreads(1)
    names, faces = training_skins(arguments.atlas)
    layouts = Layouts(arguments.data)
    priors = [load_model(arguments.train / f"prior{k}.npz") for k in range(FOLDS)]
    random = np.random.default_rng(arguments.seed)
    arguments.output.mkdir(parents=True, exist_ok=True)
    folder = arguments.output / f"portrait{arguments.seed}"
    folder.mkdir(exist_ok=True)
    samples: list[dict] = []
    refused = 0
    start = time.monotonic()
    while time.monotonic() - start < arguments.minutes * 60:
        try:
            samples.append(portrait_sample(layouts, names, faces, priors, random, folder))
        except AvatarTexError:  # a face that nothing is found on teaches nothing
            refused += 1
        if len(samples) % 50 == 49:
            write_shard(samples, arguments.output / f"shard{arguments.seed}.npz")
            print(f"{len(samples)} portraits, {refused} refused, {(time.monotonic() - start) / 60:.1f} min", flush=True)
    write_shard(samples, arguments.output / f"shard{arguments.seed}.npz")
    return 0


def write_shard(samples: list[dict], path: Path) -> None:
    np.savez_compressed(path, **{key: np.array([sample[key] for sample in samples]) for key in samples[0]})
