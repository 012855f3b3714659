"""python -m backend train {linear,generator,inpaint,repaint}: one command per network, resumable, EMA, seeded.

Example, in this order (the later networks learn on what the earlier ones make):
  python -m backend train linear --data atlas.npz --output runs/train
  python -m backend train inpaint --data atlas.npz --portraits portraits --output runs/train --minutes 20
"""

from __future__ import annotations

import argparse
import json
import math
import time
from pathlib import Path

import cv2
import numpy as np
import torch
from safetensors.torch import load_file

from ..models.bundle import Networks, paint_canvas
from ..networks.denoiser import Denoiser
from ..networks.generator import Encoder, Generator, Mapping
from ..networks.linear import LinearPrior
from ..texture.light import harmonics
from ..texture.sample import spread
from . import losses
from .augment import Skins, load_skins, new_identity, new_tone, visibility_masks
from .batches import Batches
from .checkpoints import load_state, save_half, save_state
from .portraits import Portraits

SPLIT = Path(__file__).with_name("split.json")
COMPONENTS = 48
FOLDS = 6
EMA, RATE, BATCH = 0.997, 3e-4, 8
SAVE_EVERY = 60.0  # seconds


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m backend train",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("network", choices=("linear", "generator", "inpaint", "repaint"))
    parser.add_argument("--data", required=True, help="atlas.npz of python -m backend texhub align")
    parser.add_argument("--portraits", type=Path, help="folder of python -m backend.training.render_portraits")
    parser.add_argument("--output", type=Path, required=True, help="folder of checkpoints; found ones are continued")
    parser.add_argument("--leave-out", type=int, nargs="*", default=[], help="folds to validate on")
    parser.add_argument("--minutes", type=float, default=20.0, help="wall clock (default 20)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
    parser.add_argument("--threads", type=int, default=0, help="CPU threads (default: all)")
    arguments = parser.parse_args(argv)
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    device = "cuda" if arguments.device != "cpu" and torch.cuda.is_available() else "cpu"
    held_out = set(json.loads(SPLIT.read_text())["held_out"])
    skins = load_skins(arguments.data).pick(held_out, inside=False)
    arguments.output.mkdir(parents=True, exist_ok=True)
    if arguments.network == "linear":
        train_linear(skins, arguments.output, arguments.seed)
    else:
        train_network(arguments.network, skins, arguments, device)
    return 0


def train_linear(skins: Skins, output: Path, seed: int) -> None:
    """The PCA, on the skins, their mirror images and three other tones and hairs of each."""
    prior, count = fit_prior(skins, seed)
    geometry = np.where(skins.covered[..., None], skins.positions, 0).transpose(2, 0, 1)
    known = known_texels(skins)
    prior.mean[:] = spread(prior.mean, known)
    tensors = {
        "known": known.astype(np.float32),
        "mean": prior.mean,
        "basis": prior.basis,
        "deviation": prior.deviation,
        "geometry": geometry,
        "light": leftover_light(skins),
    }
    save_half(tensors, output / "linear.safetensors")
    print(
        f"linear: {count} textures, {COMPONENTS} components, "
        f"{prior.deviation[-1] ** 2 / (prior.deviation**2).sum():.1e} of the variance in the last"
    )


def fit_prior(skins: Skins, seed: int) -> tuple[LinearPrior, int]:
    """The PCA of the skins with their variants, and of how many textures."""
    random = np.random.default_rng(seed)
    made = [(skins.textures[i], skins.valid[i]) for i in range(len(skins.textures))]
    made += [(t[:, ::-1], v[:, ::-1]) for t, v in made]
    made += [(new_tone(t, random), v) for t, v in made] + [new_identity(skins, random) for _ in range(2 * len(made))]
    textures, valid = np.array([t for t, _ in made], np.float32), np.array([v for _, v in made])
    return LinearPrior.fit(textures, valid, COMPONENTS), len(made)


def cross_fitted(skins: Skins, output: Path, folds: int = FOLDS) -> list[tuple[Skins, LinearPrior]]:
    """Folds by face, each with the prior of all other faces; kept in the output folder, for fitting takes a minute."""
    faces = np.unique(skins.faces)
    found = []
    for fold in range(folds):
        inside = np.isin(skins.faces, faces[fold::folds])
        file = output / f"fold{fold}.npz"
        if not file.is_file():
            prior, _ = fit_prior(skins.where(~inside), fold)
            np.savez(file, mean=prior.mean, basis=prior.basis, deviation=prior.deviation)
        with np.load(file, allow_pickle=False) as kept:
            prior = LinearPrior(kept["mean"], kept["basis"], kept["deviation"])
        found.append((skins.where(inside), prior))
    return found


def leftover_light(skins: Skins) -> np.ndarray:
    """(S,S,8) float32: spherical harmonics of the normals without the constant, zero where no head has surface."""
    return (harmonics(skins.normals)[..., 1:] * skins.covered[..., None]).astype(np.float32)


def with_portraits(folds: list[tuple[Skins, LinearPrior]], portraits: Portraits | None) -> list:
    """The folds, each with the portraits of its own faces."""
    return [(skins, prior, portraits and portraits.of_faces(np.unique(skins.faces))) for skins, prior in folds]


def known_texels(skins: Skins) -> np.ndarray:
    """(S,S) bool: enough skins have data there, and not only at a rim."""
    enough = (skins.valid.mean(0) > 0.35).astype(np.uint8)
    wide = cv2.erode(np.concatenate([enough] * 3, 1), np.ones((3, 3), np.uint8))
    return wide[:, enough.shape[1] : 2 * enough.shape[1]] > 0


def load_prior(output: Path) -> tuple[LinearPrior, torch.Tensor, np.ndarray, np.ndarray]:
    """The prior, and geometry, light and known texels as Networks has them."""
    tensors = {key: value.float() for key, value in load_file(output / "linear.safetensors").items()}
    prior = LinearPrior(*(tensors[key].numpy() for key in ("mean", "basis", "deviation")))
    return prior, tensors["geometry"], tensors["light"].numpy(), tensors["known"].numpy() > 0.5


def build(output: Path, device: str) -> Networks:
    """All networks: trained as far as the folder has them, untrained otherwise."""
    prior, geometry, light, known = load_prior(output)
    count = len(prior.basis)
    generator, encoder, mapping = Generator(count), Encoder(), Mapping()
    paint_canvas(generator, prior)
    inpainter, repainter = Denoiser(14), Denoiser(14)
    modules = generator, encoder, mapping, inpainter, repainter
    networks = Networks(prior, *modules, geometry.to(device), light, known, device)
    for file, parts in FILES.items():
        if (output / file).is_file():
            tensors = load_file(output / file)
            for attribute, prefix in parts:
                part = {key[len(prefix) :]: value.float() for key, value in tensors.items() if key.startswith(prefix)}
                getattr(networks, attribute).load_state_dict(part, strict=False)
    for module in modules:
        module.to(device).eval()
    return networks


#: file -> (attribute of Networks, key prefix).
FILES = {
    "generator.safetensors": (("generator", "generator."), ("encoder", "encoder."), ("mapping", "mapping.")),
    "inpaint.safetensors": (("inpainter", ""),),
    "repaint.safetensors": (("repainter", ""),),
}


def train_network(name: str, skins: Skins, arguments: argparse.Namespace, device: str) -> None:
    """The one training loop: what differs between the networks is the loss (losses.py)."""
    networks = build(arguments.output, device)
    parts = FILES[f"{name}.safetensors"]
    modules = [getattr(networks, attribute).train() for attribute, _ in parts]
    parameters = [p for module in modules for p in module.parameters()]
    optimiser = torch.optim.AdamW(parameters, lr=RATE, betas=(0.9, 0.99), weight_decay=1e-2)
    average = [p.detach().clone() for p in parameters]
    state_file = arguments.output / f"{name}.state.safetensors"
    steps = load_state(state_file, parameters, average, optimiser) if state_file.is_file() else 0
    random = np.random.default_rng(arguments.seed + steps)
    torch.manual_seed(arguments.seed + steps)
    masks = visibility_masks(skins, np.random.default_rng(1))
    portraits = Portraits.load(arguments.portraits) if arguments.portraits else None
    folds = with_portraits(cross_fitted(skins, arguments.output), portraits)
    folds = [fold for number, fold in enumerate(folds) if number not in arguments.leave_out]
    batches = Batches(folds, masks, random, device, leftover_light(skins) if name == "repaint" else None)
    loss_of = losses.LOSSES[name]
    start = saved = time.monotonic()
    running: dict[str, float] = {}
    while (elapsed := time.monotonic() - start) < arguments.minutes * 60:
        share = elapsed / (arguments.minutes * 60)
        for group in optimiser.param_groups:  # warm up, then cosine to a tenth
            group["lr"] = RATE * min(1.0, (steps + 1) / 200) * (0.1 + 0.45 * (1 + math.cos(math.pi * share)))
        terms = loss_of(networks, batches.draw(BATCH))
        optimiser.zero_grad(set_to_none=True)
        sum(terms.values()).backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        steps += 1
        rate = min(EMA, steps / (steps + 10))
        with torch.no_grad():
            for kept, new in zip(average, parameters, strict=True):
                kept.lerp_(new, 1 - rate)
        for key, value in terms.items():
            running[key] = 0.98 * running.get(key, float(value.detach())) + 0.02 * float(value.detach())
        if time.monotonic() - saved > SAVE_EVERY:
            saved = time.monotonic()
            export(name, networks, parameters, average, arguments.output)
            save_state(state_file, steps, parameters, average, optimiser)
            print(
                f"{name} {elapsed / 60:5.1f} min {steps * BATCH:7d} images  "
                + "  ".join(f"{key} {value:.5f}" for key, value in running.items()),
                flush=True,
            )
    export(name, networks, parameters, average, arguments.output)
    save_state(state_file, steps, parameters, average, optimiser)


def export(name: str, networks: Networks, parameters: list, average: list, output: Path) -> None:
    """The averaged weights, without what the linear file holds already."""
    current = [p.detach().clone() for p in parameters]
    for parameter, kept in zip(parameters, average, strict=True):
        parameter.data.copy_(kept)
    file = f"{name}.safetensors"
    tensors = {
        prefix + key: value.cpu()
        for attribute, prefix in FILES[file]
        for key, value in getattr(networks, attribute).state_dict().items()
        if key not in ("mean", "basis")
    }
    save_half(tensors, output / file)
    for parameter, value in zip(parameters, current, strict=True):
        parameter.data.copy_(value)


if __name__ == "__main__":
    raise SystemExit(main())
