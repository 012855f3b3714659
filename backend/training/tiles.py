"""train tiles: the denoiser of fine detail, on tiles of skins at their own resolution (skins.py).

Its data are pictures, not the atlas's textures, and no other network takes part: hence a loop beside loop.py, with
the same habits. Batch number n of a seed is the same whenever it is drawn: a killed training goes on as if it had not
been.
"""

from __future__ import annotations

import math
import time
from contextlib import nullcontext
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from ..errors import AvatarTexError, ErrorCode
from ..head.unrolled import TOP, WIDTH
from ..networks.tiles import (
    DENSITIES,
    PORES,
    SPREAD,
    STEPS,
    TileDenoiser,
    back,
    guided,
    placed,
    scales,
    shifted,
)
from ..texture.bands import HALF
from .augment import smooth_noise, tone_of
from .batches import stacked
from .checkpoints import load_state, save_half, save_state
from .logs import Log
from .loop import LEFT_OUT, LOG_EVERY, SAVE_EVERY, averaged, descend
from .skins import Skin, kept_skins

#: Pixels of a tile's side, and around it for the blur; tiles per preset's batch; rate over the preset's.
SIDE, AROUND, TILES, RATE = 96, 24, 2, 2.5
#: Waves per face height that the start halves: of the atlas, and of the density below as a share of this one.
ATLAS, BEFORE = (10.0, 48.0), (0.125, 0.28)
#: Shares of the densities, and of tiles of which a part is seen.
SHARES, SEEN = (0.55, 0.35, 0.10), 0.5
#: By how much places on one head differ from another's, in face heights.
MOVED = 0.012
#: Smoothest detail that counts, in units of SPREAD, squared.
LEAST = 0.01
#: Noise on the start: what the stages before leave.
ROUGH = 0.004


@dataclass
class Tiles:
    """truth, start: (B,3,S,S) sRGB. valid, confidence: (B,1,S,S). place: (B,2,S/2,S/2). density: (B,)."""

    truth: Tensor
    start: Tensor
    valid: Tensor
    confidence: Tensor
    place: Tensor
    density: Tensor

    def to(self, device: str) -> Tiles:
        return Tiles(*(value.to(device, non_blocking=True) for value in vars(self).values()))


class TileBatches(Dataset):
    """Batches of tiles by number."""

    def __init__(self, skins: list[Skin], count: int, seed: int) -> None:
        self.by_density = [[skin for skin in skins if skin.density == density] for density in DENSITIES]
        shares = np.array(SHARES) * [len(found) > 0 for found in self.by_density]
        self.shares, self.count, self.seed = shares / shares.sum(), count, seed

    def __getitem__(self, number: int) -> Tiles:
        random = np.random.default_rng([self.seed, number])
        samples = [self._one(random) for _ in range(self.count)]
        truth, start, valid, confidence = (stacked([sample[i] for sample in samples]) for i in range(4))
        place = torch.from_numpy(np.stack([sample[4] for sample in samples]))
        return Tiles(truth, start, valid, confidence, place, torch.tensor([float(sample[5]) for sample in samples]))

    def _one(self, random: np.random.Generator):
        level = int(random.choice(len(DENSITIES), p=self.shares))
        skins = self.by_density[level]
        skin = skins[int(random.integers(len(skins)))]
        row, column = skin.centres[int(random.integers(len(skin.centres)))] - SIDE // 2
        truth, valid = (cut(part, row, column) for part in (skin.picture, skin.valid))
        truth = tone_of(random)(truth.astype(np.float32) / 255)
        low, high = ATLAS if level == 0 else (share * skin.density for share in BEFORE)
        sigma = HALF * skin.density / math.exp(random.uniform(math.log(low), math.log(high)))
        start = cv2.GaussianBlur(truth, (0, 0), sigma)
        truth, start, valid = (part[AROUND:-AROUND, AROUND:-AROUND] for part in (truth, start, valid))
        start = start + random.normal(0, ROUGH, 3)
        place = places(row, column, skin.density, SIDE) + random.normal(0, MOVED, (2, 1, 1))
        if random.random() < 0.5:
            truth, start, valid, place = (part[..., ::-1] if part is place else part[:, ::-1]
                                          for part in (truth, start, valid, place))
            place = place * np.array([-1, 1])[:, None, None]
        confidence = np.zeros((SIDE, SIDE), np.float32)
        if random.random() < SEEN:
            confidence = np.clip(4 * smooth_noise(random, 3, SIDE) + random.normal(0, 2), 0, 1)
        parts = truth, start, valid.astype(np.float32), confidence
        return *(np.ascontiguousarray(part, np.float32) for part in parts), place.astype(np.float32), skin.density


def cut(picture: np.ndarray, row: int, column: int) -> np.ndarray:
    """(S,S,…) of an unrolled picture with AROUND on each side; around the head it goes on, up and down it repeats."""
    span = np.arange(-AROUND, SIDE + AROUND)
    rows = np.clip(row + span, 0, picture.shape[0] - 1)
    return picture[np.ix_(rows, (column + span) % picture.shape[1])]


def places(row: int, column: int, density: float, side: int) -> np.ndarray:
    """(2,side/2,side/2) unrolled places of a tile's pixels by twos, face heights from the middle to the right and from
    the head's origin down."""
    y, x = np.mgrid[0:side:2, 0:side:2] + 1.0
    return np.stack([(column + x) / density - WIDTH / 2, (row + y) / density - TOP])


def tiles_loss(network, batch: Tiles, noise: Tensor, step: Tensor) -> dict[str, Tensor]:
    """ResShift's eq. 8 (the network predicts x_0), each tile's error as a share of its own detail, and of what its step
    leaves open (Karras et al., table 1: 1 / c_out^2)."""
    residual = (batch.truth - batch.start) / SPREAD
    predicted = network(shifted(residual, noise, step), *conditions(batch), step)
    total = 3 * batch.valid.sum((1, 2, 3)).clamp(min=1)
    error = ((predicted - residual).square() * batch.valid).sum((1, 2, 3)) / total
    own = (residual.square() * batch.valid).sum((1, 2, 3)) / total
    spread = scales().to(step.device)[step, 1] / PORES
    return {"error": (error / (own + LEAST) / spread**2).mean()}


def conditions(batch: Tiles) -> tuple[Tensor, Tensor, Tensor]:
    seen = batch.confidence * batch.valid
    return batch.start, guided(batch.truth - batch.start, seen), placed(batch.place, batch.density)


@torch.no_grad()
def sampled(network, batch: Tiles) -> Tensor:
    """(B,3,S,S) sRGB: tiles made from their starts."""
    given, count = conditions(batch), len(batch.truth)
    state = shifted(torch.zeros_like(batch.truth), torch.randn_like(batch.truth),
                    torch.full((count,), STEPS - 1, device=batch.truth.device))
    for step in reversed(range(STEPS)):
        clean = network(state, *given, torch.full((count,), step, device=state.device))
        state = back(state, clean, torch.randn_like(state), step, step - 1) if step else clean
    return batch.start + SPREAD * state


def train(arguments, preset) -> None:
    """Write tiles.safetensors.

    Raises:
        AvatarTexError: BAD_REQUEST without the skins.
    """
    if not arguments.data:
        raise AvatarTexError(ErrorCode.BAD_REQUEST, "The tiles are cut from skins.", "Name their folder with --data.")
    device, total, output = arguments.device, preset.steps["tiles"], arguments.output
    torch.manual_seed(arguments.seed)
    network = TileDenoiser().to(device)
    if device == "cuda":
        network.to(memory_format=torch.channels_last)
    parameters = list(network.parameters())
    optimiser = torch.optim.AdamW(parameters, lr=preset.rate, betas=(0.9, 0.99), weight_decay=1e-2)
    average = [p.detach().clone() for p in parameters]
    state_file = output / "tiles.state.safetensors"
    begin = load_state(state_file, parameters, average, optimiser) if state_file.is_file() else 0
    skins = kept_skins(arguments.data, arguments.hub, output / "skins.npz")
    shown = [skin for skin in skins if skin.fold not in arguments.leave_out]
    strangers = [skin for skin in skins if skin.fold in arguments.leave_out]
    checks = TileBatches(strangers, TILES * preset.batch, arguments.seed + 1) if strangers else None
    data = DataLoader(
        TileBatches(shown, TILES * preset.batch, arguments.seed), batch_size=None, sampler=range(begin, total),
        num_workers=preset.workers, pin_memory=device == "cuda",
    )
    loss_of = torch.compile(tiles_loss) if preset.compiled and device == "cuda" else tiles_loss
    low = torch.autocast(device, torch.bfloat16) if preset.precision == "bf16" else nullcontext()
    log = Log(output, "tiles", begin)
    start = saved = time.monotonic()
    for number, batch in enumerate(data, begin):
        torch.manual_seed(arguments.seed + 7919 * (number + 1))
        terms = one_loss(loss_of, network, batch.to(device), low)
        descend(sum(terms.values()), parameters, average, optimiser, RATE * preset.rate, number, total)
        log.add(terms)
        now, last = time.monotonic(), number + 1 == total
        stop = now - start > arguments.minutes * 60
        if (number + 1) % LOG_EVERY == 0 or last or stop:
            log.write(number + 1, total, TILES * preset.batch)
        if now - saved > SAVE_EVERY or last or stop:
            saved = now
            with averaged(parameters, average), torch.no_grad():
                save_half(network.state_dict(), output / "tiles.safetensors")
                if checks:
                    torch.manual_seed(0)
                    errors = [one_loss(tiles_loss, network, checks[i].to(device), low) for i in range(LEFT_OUT)]
                    log.validation(number + 1, {"error": float(sum(one["error"] for one in errors) / LEFT_OUT)})
                strange = (checks[0] if checks else batch).to(device)
                log.columns(number + 1, (strange.start, sampled(network, strange), strange.truth))
            save_state(state_file, number + 1, parameters, average, optimiser)
        if stop:
            break
    log.close()


def one_loss(loss_of, network, batch: Tiles, low) -> dict[str, Tensor]:
    """Of a batch, under noise and at steps drawn now."""
    noise = torch.randn_like(batch.truth)
    step = torch.randint(0, STEPS, (len(batch.truth),), device=batch.truth.device)
    # most at the noisiest end, as in losses.denoising(): there inference begins, and with one step it ends
    step = torch.where(torch.rand(len(step), device=step.device) < 0.7, torch.full_like(step, STEPS - 1), step)
    with low:
        return loss_of(network, batch, noise, step)
