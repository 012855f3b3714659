"""python -m backend.training.ablation: what each stage is worth, on faces that training never saw.

Atlas textures of the held-out skins under masks and light as portraits give them; PSNR in dB over texels with data.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import cv2
import numpy as np

from ..models.bundle import load_networks
from ..stages.inpaint import inpaint
from ..stages.latent import fit_latent
from ..stages.observation import AtlasObservation
from ..stages.repaint import repaint
from .augment import STYLE_SHARE, load_skins, seen_texture, stylise, visibility_masks
from .train import SPLIT


def fill_by_median(colour, confidence, networks):
    return np.where(confidence[..., None] > 0.3, colour, np.median(colour[confidence > 0.3], axis=0))


def fill_by_mirror(colour, confidence, networks):
    other = np.where(confidence[:, ::-1, None] > 0.3, colour[:, ::-1], np.median(colour[confidence > 0.3], axis=0))
    return np.where(confidence[..., None] > 0.3, colour, other)


def fill_by_opencv(colour, confidence, networks):
    unknown = (confidence <= 0.3).astype(np.uint8)
    filled = cv2.inpaint(np.rint(colour * 255).astype(np.uint8), unknown, 3, cv2.INPAINT_TELEA) / 255
    return np.where(unknown[..., None] > 0, filled, colour)


def fill_by_pca(colour, confidence, networks):
    return networks.pca24(colour, confidence)


BASELINES = {
    "median colour": fill_by_median, "mirror": fill_by_mirror, "OpenCV Telea": fill_by_opencv, "PCA 24": fill_by_pca,
}
STAGES = ("none", "1", "1+2", "1+2+3", "1+3", "2+3")


def staged(stages: str, seen: AtlasObservation, networks, seed: int) -> np.ndarray:
    result = networks.linear.complete(seen.color, seen.confidence)
    if "1" in stages:
        result = inpaint(seen, networks, seed=seed)
    if "2" in stages:
        result = fit_latent(seen, result, networks).color
    if "3" in stages:
        result = repaint(seen, result, networks, seed=seed)
    return result


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m backend.training.ablation", description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="atlas.npz of python -m backend texhub align")
    parser.add_argument("--weights", default=None, help="folder of weights (default: the bundled ones)")
    parser.add_argument("--draws", type=int, default=3, help="masks per texture (default 3)")
    arguments = parser.parse_args(argv)
    networks = load_networks("cpu", Path(arguments.weights) if arguments.weights else None)
    everything = load_skins(arguments.data)
    held_out = set(json.loads(SPLIT.read_text())["held_out"])
    skins = everything.pick(held_out, inside=True)
    random = np.random.default_rng(11)
    masks = visibility_masks(skins, random, arguments.draws * len(skins.textures))
    styles = list(STYLE_SHARE)
    scores: dict[str, list] = {}
    for number, mask in enumerate(masks):
        index = number % len(skins.textures)
        style = styles[number % len(styles)] if number % 2 else "photo"
        truth = stylise(skins.textures[index], style, random).astype(np.float32)
        valid = skins.valid[index] > 0.5
        confidence = (mask * valid).astype(np.float32)
        colour, evidence = seen_texture(truth, confidence, skins, random)
        seen = AtlasObservation(colour, evidence, style)
        results = {name: fill(colour, confidence, networks) for name, fill in BASELINES.items()}
        results |= {f"stages {name}": staged(name, seen, networks, number) for name in STAGES}
        for name, result in results.items():
            error = ((np.clip(result, 0, 1) - truth) ** 2).mean(2)
            parts = [error[valid & (confidence > 0.3)], error[valid & (confidence <= 0.3)], error[valid]]
            scores.setdefault(name, []).append([-10 * np.log10(max(part.mean(), 1e-9)) for part in parts])
    print("| method | seen | unseen | all |\n|---|---|---|---|")
    for name, rows in scores.items():
        print(f"| {name} | " + " | ".join(f"{value:.2f}" for value in np.mean(rows, axis=0)) + " |")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
