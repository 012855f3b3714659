"""train glasses: what about a portrait's eyes is glasses, on the pictures of draw_glasses.py.

Batch number n of a seed is the same whenever it is drawn.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from ...errors import AvatarTexError
from ...portrait.glasses import inputs_of
from .checkpoints import save_half
from .descent import Descent, Means, Pace, bare_parser, begin
from .developed import other_tone
from .glasses_network import COLUMNS, ROWS, GlassesNet
from .sample_shards import read_shards

PACE = Pace(rate=1.6e-3, average=0.997)
EXPORT_EVERY = 60.0  # seconds
WEIGHTS, STATE = "glasses.safetensors", "glasses.state.safetensors"
SETTLING = 30  # batches that the averaged network's norms are measured on
TURN, ZOOM, MOVE = 2.5, 0.05, 0.02  # degrees and shares of the frame's width by which it lies otherwise


class GlassesBatches(Dataset):
    """Batches by number: pictures with places (B,5,H,W), hidden (B,1,H,W), worn (B,1)."""

    def __init__(self, folder: Path, count: int, seed: int) -> None:
        parts = read_shards(folder, "glasses", "glasses draw")
        self.picture, self.hidden, self.worn = (parts[key] for key in ("picture", "hidden", "worn"))
        self.count, self.seed = count, seed

    def __getitem__(self, number: int) -> tuple[Tensor, Tensor, Tensor]:
        random = np.random.default_rng([self.seed, number])
        chosen = random.integers(len(self.worn), size=self.count)
        made = [moved(self.picture[i], self.hidden[i], random) for i in chosen]
        inputs = torch.from_numpy(np.stack([inputs_of(color) for color, _ in made]))
        hidden = torch.from_numpy(np.stack([hidden for _, hidden in made]))
        return inputs, hidden[:, None], torch.from_numpy(self.worn[chosen].astype(np.float32))[:, None]


def moved(picture: np.ndarray, hidden: np.ndarray, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(128,256,3) and (128,256) float32: a frame within a drawn sample, as landmarks err, in another tone."""
    high, wide = hidden.shape
    matrix = cv2.getRotationMatrix2D((wide / 2, high / 2), random.normal(0, TURN), np.exp(random.normal(0, ZOOM)))
    matrix[:, 2] += np.add(random.normal(0, MOVE * COLUMNS, 2), ((COLUMNS - wide) / 2, (ROWS - high) / 2))
    whole = cv2.warpAffine(np.dstack([picture, hidden]), matrix, (COLUMNS, ROWS), borderMode=cv2.BORDER_REPLICATE)
    whole = whole[:, :: -1 if random.random() < 0.5 else 1].astype(np.float32) / 255
    return other_tone(whole[..., :3], random), np.ascontiguousarray(whole[..., 3])


def glasses_loss(network: GlassesNet, inputs: Tensor, hidden: Tensor, worn: Tensor) -> dict[str, Tensor]:
    """Cross entropy of pixels and of being worn, and soft Dice where glasses are worn: rims are thin."""
    logits, belief = network(inputs)
    made = logits.sigmoid()
    both, either = (made * hidden).sum((1, 2, 3)), (made + hidden).sum((1, 2, 3))
    dice = (1 - (2 * both + 20) / (either + 20)) * worn[:, 0]
    return {
        "entropy": F.binary_cross_entropy_with_logits(logits, hidden),
        "dice": 0.3 * dice.sum() / worn.sum().clamp(min=1),
        "worn": 0.1 * F.binary_cross_entropy_with_logits(belief, worn),
    }


def train(arguments: argparse.Namespace) -> None:
    """Write glasses.safetensors."""
    output, device = arguments.output, arguments.device
    pace, network = PACE.with_rate(arguments.rate), GlassesNet().to(device, memory_format=torch.channels_last)
    descent = Descent(network, pace, output / STATE, output / WEIGHTS)
    batches = GlassesBatches(arguments.portraits, arguments.count, arguments.seed)
    data = DataLoader(
        batches, batch_size=None, sampler=range(descent.steps, arguments.steps), num_workers=arguments.workers
    )
    log, saved = Means(output / "glasses.log"), time.monotonic()
    for batch in data:
        inputs, hidden, worn = (part.to(device) for part in batch)
        inputs = inputs.contiguous(memory_format=torch.channels_last)
        terms = glasses_loss(descent.network.train(), inputs, hidden, worn)
        descent.step(sum(terms.values()), pace.at(descent.steps, arguments.schedule))
        log.add(descent.steps, {name: float(value.detach()) for name, value in terms.items()})
        if time.monotonic() - saved > EXPORT_EVERY or descent.steps == arguments.steps:
            settle(descent.average, batches, device)
            save_half(descent.average.state_dict(), output / WEIGHTS)
            descent.save()
            saved = time.monotonic()


@torch.no_grad()
def settle(network: torch.nn.Module, batches: Dataset, device: str) -> None:
    """Measure the norms of the weights as they are now, in eval mode afterwards."""
    norms = [module for module in network.modules() if isinstance(module, torch.nn.BatchNorm2d)]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # a plain mean
    network.train()
    for number in range(SETTLING):
        network(batches[10**6 + number][0].to(device))
    network.eval()
    for norm in norms:
        norm.momentum = 0.1


def main(argv: list[str] | None = None) -> int:
    parser = bare_parser("glasses", __doc__, steps=3000, count=16, counted="pictures a step")
    parser.add_argument("--portraits", type=Path, required=True, help="folder of `glasses draw`")
    parser.add_argument("--workers", type=int, default=0, help="processes that draw pictures (default: this one)")
    try:
        train(begin(parser, argv))
    except AvatarTexError as refusal:
        print(f"error {refusal}")
        return 2
    return 0
