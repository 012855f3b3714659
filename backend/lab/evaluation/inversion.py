"""python -m backend.lab evaluate inversion: held-out textures through the generator and through PCA of as many numbers.

And the released code's way into the latent beside ours, on what a portrait shows.
Latent numbers are those that change the texture: the canvas's coefficients and all other w. Seconds are of one core.
"""

from __future__ import annotations

import sys
import time
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ...job import StageOptions
from ...models.bundle import Networks
from ...networks.generator import BEND_ROWS, LATENT, LAYERS
from ...stages.inpaint import inpaint
from ...stages.latent import project
from ...stages.stage import AtlasObservation, to_picture, to_tensor
from . import held_out, recipe
from .features import perceptual_distance
from .invert import STEPS, invert
from .metrics import mean_error, psnr, ssim, table
from .options import networks_of, parser_for, write

#: Evaluations after which whole textures are compared.
CHECKED = (1, 8, 16, 32, 64)
#: Variance of a texel where all is known: the prior hardly matters, as it does not for the PCA.
KNOWN = 3e-4
#: Numbers of the PCA besides those of the latent.
SIZES = (24, 48, 128, 512)


class Pca:
    """PCA of many textures by the eigenvectors of their inner products: no basis is ever stored."""

    def __init__(self, pictures: np.ndarray, valid: np.ndarray) -> None:
        """pictures: (N,3,S,S) float32 sRGB, overwritten. valid: (N,S,S) bool; where not, the others' mean."""
        weight = valid[:, None]
        self.mean = np.zeros_like(pictures[0])
        for picture, known in zip(pictures, weight, strict=True):  # one by one: a product of all would be a second copy
            self.mean += picture * known
        self.mean /= np.maximum(weight.sum(0), 1)
        pictures -= self.mean
        pictures *= weight
        self.centred = pictures.reshape(len(pictures), -1)
        values, vectors = np.linalg.eigh((self.centred @ self.centred.T).astype(np.float64))
        order = np.argsort(values)[::-1]
        keep = order[values[order] > 1e-9 * values[order[0]]]
        self.values, self.vectors = values[keep].astype(np.float32), vectors[:, keep].astype(np.float32)

    def reconstruct(self, picture: np.ndarray, valid: np.ndarray, size: int) -> np.ndarray:
        """(3,S,S) of a (3,S,S) texture through so many components."""
        difference = ((picture - self.mean) * valid).ravel()
        u = self.vectors[:, :size]
        inner = u.T @ (self.centred @ difference) / self.values[:size]
        return self.mean + ((u @ inner) @ self.centred).reshape(picture.shape)


def latent_numbers(networks: Networks) -> int:
    return len(networks.generator.basis) + (BEND_ROWS + LAYERS) * LATENT


def main(argv: list[str] | None = None) -> int:
    parser = parser_for("inversion", __doc__)
    parser.add_argument("--train", type=Path, required=True, metavar="DIR", help="texhub build of training faces")
    parser.add_argument("--train-count", type=int, default=1600, help="of its textures for the PCA (default 1600)")
    parser.add_argument("--count", type=int, default=9, help="whole held-out textures (default 9)")
    parser.add_argument("--released", type=int, default=1, help="partial ones for the released way (default 1)")
    arguments = parser.parse_args(argv)
    networks = networks_of(arguments)
    whole = whole_textures(arguments, networks) if arguments.count else {}
    numbers = latent_numbers(networks)
    print(f"{arguments.count} whole held-out textures at {networks.size} texels, {numbers} latent numbers")
    print(
        "\n"
        + table(
            ["method", "numbers", "steps", "seconds", "PSNR, dB", "SSIM", "perceptual distance"],
            [
                [name, size, steps, *(f"{mean:.3g} ± {error:.2g}" for mean, error in map(mean_error, zip(*values)))]
                for (name, size, steps), values in whole.items()
            ],
        ),
        flush=True,
    )
    if whole:
        ours, pca = (
            np.array(
                next(values for key, values in whole.items() if key[0].startswith(name) and key[1:] == (numbers, steps))
            )[:, 1:]
            for name, steps in (("generator", STEPS), ("PCA", ""))
        )
        gaps = zip(("PSNR, dB", "SSIM", "perceptual distance"), map(mean_error, (ours - pca).T))
        print(
            f"\nThe generator after {STEPS} steps less PCA of as many numbers, texture by texture: "
            + "; ".join(f"{name} {mean:+.3g} ± {error:.2g}" for name, (mean, error) in gaps),
            flush=True,
        )
    partial = partial_textures(arguments, networks)
    print(f"\n{arguments.released} partial held-out textures: masked and unseen error in dB, seconds\n")
    rows = [
        [name, steps, *(f"{mean:.2f} ± {error:.2f}" for mean, error in map(mean_error, zip(*values)))]
        for (name, steps), values in partial.items()
    ]
    print(table(["way", "steps", "seen, of the observation", "unseen, of the truth", "seconds"], rows))
    write(
        arguments.output,
        {
            "whole": [[*key, values] for key, values in whole.items()],
            "partial": [[*key, values] for key, values in partial.items()],
        },
    )
    return 0


def whole_textures(arguments, networks: Networks) -> dict[tuple, list]:
    """(method, numbers, steps) -> per texture seconds, PSNR, SSIM, perceptual distance."""
    numbers = latent_numbers(networks)
    pictures, valid, _ = held_out.textures(arguments.train, "train", networks.size, arguments.train_count)
    pca = Pca(pictures, valid)
    found: dict[tuple, list] = {}
    for one in taken(arguments, networks, arguments.count):
        truth, weight = to_tensor(one.truth, "cpu"), torch.from_numpy(one.valid.astype(np.float32))[None, None]
        for size in sorted({*SIZES, numbers}):
            begun = time.process_time()
            made = pca.reconstruct(truth[0].numpy(), one.valid, min(size, len(pca.values)))
            seconds = time.process_time() - begun
            key = (f"PCA of {len(pictures)} training textures", min(size, len(pca.values)), "")
            found.setdefault(key, []).append((seconds, *quality(torch.from_numpy(made)[None].float(), one)))
        style = networks.style(one.style)
        with torch.no_grad():
            begun = time.process_time()
            start = project(networks, truth, weight)
            made = networks.generator(start, style)
            seconds = time.process_time() - begun
        found.setdefault(("generator, encoder alone", numbers, 0), []).append((seconds, *quality(made, one)))
        for steps in CHECKED:
            result = invert(networks, truth, weight, style, start, steps=steps, noise=KNOWN)
            key = ("generator, ours", numbers, steps)
            found.setdefault(key, []).append((result.history[-1][1], *quality(result.texture, one)))
        print(f"\r{one.key} {one.painted:12s}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return found


def taken(arguments, networks: Networks, count: int) -> list[held_out.Portrayed]:
    """So many held-out textures, all styles in turn."""
    per_style = -(-count // len(held_out.STYLES))
    return list(islice(held_out.portrayed(arguments.held_out, networks, per_style, arguments.seed), count))


def quality(made: Tensor, one: held_out.Portrayed) -> tuple[float, float, float]:
    picture = to_picture(made)
    with torch.no_grad():
        mask = torch.from_numpy(one.valid.astype(np.float32))[None, None]
        distance = perceptual_distance(to_tensor(picture, "cpu"), to_tensor(one.truth, "cpu"), mask)
    return psnr(picture, one.truth, one.valid), ssim(picture, one.truth, one.valid), float(distance)


def partial_textures(arguments, networks: Networks) -> dict[tuple, list]:
    """(way, steps) -> per texture masked dB, unseen dB, seconds."""
    found: dict[tuple, list] = {}

    def add(way: str, steps: int, w_plus: Tensor, error: float, seconds: float, one: held_out.Portrayed) -> None:
        with torch.no_grad():
            made = to_picture(networks.generator(w_plus, networks.style(one.style)))
        line = -10 * np.log10(max(error, 1e-10)), psnr(made, one.truth, one.unseen), seconds
        found.setdefault((way, steps), []).append(line)

    for one in taken(arguments, networks, arguments.released):
        seen = AtlasObservation(*one.evidence, one.style)
        target, weight = seen.tensors("cpu")
        style = networks.style(one.style)
        linear = networks.experts.complete(seen.color, seen.confidence)
        completed = to_tensor(inpaint(seen, linear, networks, StageOptions(seed=arguments.seed)), "cpu")
        w_plus, history = recipe.released(networks, completed, target, weight, style)
        add("released code's", len(history), w_plus, *history[-1], one)
        w_plus, history = recipe.adam(networks, target, weight, style)
        add("Adam on the masked error alone", len(history), w_plus, *history[-1], one)
        for steps in CHECKED:
            begun = time.process_time()
            with torch.no_grad():
                start = project(networks, completed, weight)
            before = time.process_time() - begun
            result = invert(networks, target, weight, style, start, steps=steps)
            error, seconds = result.history[-1]
            way = "ours, the default" if steps == STEPS else "ours"
            add(way, steps, result.w_plus, error, before + seconds, one)
        print(f"\r{one.key} {one.painted:12s}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return found
