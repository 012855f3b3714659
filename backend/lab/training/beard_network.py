"""train beards: which pixels are a beard or a moustache, by a small U-Net, on the pictures of draw_beards.py.

The landmarks fix the square (portrait/beard.py), so place tells as much as colour and texture. Batch number n of a seed
is the same whenever it is drawn.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from ...errors import AvatarTexError
from ...portrait.beard import SIDE, inputs_of
from .checkpoints import save_half
from .descent import Descent, Means, Pace, bare_parser, begin
from .developed import other_tone
from .glasses import settle
from .glasses_network import pair
from .sample_shards import read_shards

PACE = Pace(rate=1.6e-3, average=0.997)
EXPORT_EVERY = 60.0  # seconds
TURN, ZOOM, MOVE = 2.5, 0.05, 0.02  # degrees and shares of the square by which it lies otherwise
BLIND = 0.15  # share of the pictures whose person is not told
WIDTHS = (16, 32, 48, 64)


class BeardNet(nn.Module):
    """(B,6,S,S), sRGB 0..1, the face's parts 0..1 and place -1..1, to (B,1,S,S) logits of a beard."""

    def __init__(self) -> None:
        super().__init__()
        given = (4 * 6, *WIDTHS[:-1])
        self.down = nn.ModuleList(pair(*widths) for widths in zip(given, WIDTHS, strict=True))
        self.up = nn.ModuleList(
            pair(below + width, width) for below, width in zip(WIDTHS[:0:-1], WIDTHS[-2::-1], strict=True)
        )
        self.out = nn.Conv2d(WIDTHS[0], 4, 1)

    def forward(self, picture: Tensor) -> Tensor:
        state, kept = F.pixel_unshuffle(picture, 2), []
        for number, block in enumerate(self.down):
            state = block(F.max_pool2d(state, 2) if number else state)
            kept.append(state)
        for block, beside in zip(self.up, kept[-2::-1], strict=True):
            state = block(torch.cat([F.interpolate(state, scale_factor=2.0, mode="nearest"), beside], 1))
        return F.pixel_shuffle(self.out(state), 2)


class BeardBatches(Dataset):
    """Batches by number: what the network is given (B,6,S,S), hair and its weight (B,1,S,S)."""

    def __init__(self, folder: Path, count: int, seed: int) -> None:
        self.parts = read_shards(folder, "hair", "beards draw")
        self.count, self.seed = count, seed

    def __getitem__(self, number: int) -> tuple[Tensor, ...]:
        random = np.random.default_rng([self.seed, number])
        chosen = random.integers(len(self.parts["hair"]), size=self.count)
        made = [moved({key: part[i] for key, part in self.parts.items()}, random) for i in chosen]
        return tuple(torch.from_numpy(np.stack(some)) for some in zip(*made, strict=True))


def moved(parts: dict[str, np.ndarray], random: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(6,S,S) and twice (1,S,S) float32: a square within a drawn sample, as landmarks err, in another tone."""
    side = len(parts["hair"])
    target = SIDE
    matrix = cv2.getRotationMatrix2D((side / 2, side / 2), random.normal(0, TURN), np.exp(random.normal(0, ZOOM)))
    matrix[:, 2] += random.normal(0, MOVE * target, 2) + (target - side) / 2
    stack = np.dstack([parts["picture"], parts["person"], parts["hair"], parts["weight"]])
    whole = np.dstack(
        [
            cv2.warpAffine(stack[..., k : k + 3], matrix, (target, target), borderMode=cv2.BORDER_REPLICATE)
            for k in (0, 3)
        ]
    )
    whole = whole[:, :: -1 if random.random() < 0.5 else 1].astype(np.float32) / 255
    color = other_tone(whole[..., :3], random)
    person = whole[..., 3] if random.random() > BLIND else np.full((target, target), random.integers(2), np.float32)
    given = inputs_of(color, person)
    return given, whole[None, ..., 4].copy(), whole[None, ..., 5].copy()


def beard_loss(network: nn.Module, given: Tensor, hair: Tensor, weight: Tensor) -> dict[str, Tensor]:
    """Weighed cross entropy of pixels, and soft Dice of pictures with hair."""
    logits = network(given)
    made = logits.sigmoid() * weight
    both, either = (made * hair).sum((1, 2, 3)), (made + weight * hair).sum((1, 2, 3))
    entropy = F.binary_cross_entropy_with_logits(logits, hair, weight, reduction="sum")
    return {"entropy": entropy / weight.sum().clamp(min=1), "dice": 0.1 * (1 - (2 * both + 20) / (either + 20)).mean()}


def train(arguments: argparse.Namespace) -> None:
    """Write beard.safetensors."""
    output, device, name = arguments.output, arguments.device, "beard"
    network = BeardNet().to(device, memory_format=torch.channels_last)
    descent = Descent(network, PACE, output / f"{name}.state.safetensors")
    batches = BeardBatches(arguments.portraits, arguments.count, arguments.seed)
    data = DataLoader(batches, batch_size=None, sampler=range(descent.steps, arguments.steps))
    log, saved = Means(output / f"{name}.log"), time.monotonic()
    for batch in data:
        given, hair, weight = (part.to(device) for part in batch)
        terms = beard_loss(descent.network.train(), given.contiguous(memory_format=torch.channels_last), hair, weight)
        descent.step(sum(terms.values()), PACE.at(descent.steps, arguments.schedule))
        log.add(descent.steps, {term: float(value.detach()) for term, value in terms.items()})
        if time.monotonic() - saved > EXPORT_EVERY or descent.steps == arguments.steps:
            settle(descent.average, batches, device)
            save_half(descent.average.state_dict(), output / f"{name}.safetensors")
            descent.save()
            saved = time.monotonic()


def main(argv: list[str] | None = None) -> int:
    parser = bare_parser("beards", __doc__, steps=5800, count=8, counted="pictures a step")
    parser.add_argument("--portraits", type=Path, required=True, help="folder of `beards draw`")
    try:
        train(begin(parser, argv))
    except AvatarTexError as refusal:
        print(f"error {refusal}")
        return 2
    return 0
