"""train parse: which pixels of a portrait are skin, hair, facial hair, glasses, headwear, occluders, clothes and
background, by one U-Net, on the pictures of draw_parse.py.

Batch number n of a seed is the same whenever it is drawn from the same shards.
"""

from __future__ import annotations

import argparse
import math
import time
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from ...errors import AvatarTexError
from ...models.bundle import WEIGHTS
from ...portrait.networks import PARSE
from ...portrait.parse_network import CHANNELS, CLASSES, SIDE, inputs_of
from .checkpoints import save_half
from .descent import Descent, Means, Pace, bare_parser, begin
from .glasses import settle
from .glasses_network import pair
from .reopened import read_convolutions, reopen
from .sample_shards import read_shards

PACE = Pace(rate=2e-3, average=0.998)
EXPORT_EVERY = 240.0  # seconds
#: Batches on which the norms of the network that ships are measured again.
REOPENING = 12
TURN, ZOOM, MOVE = 3.0, 0.07, 0.025  # degrees and shares of the square by which it lies otherwise
OFF = 1.2  # pixels by which the face's parts lie off
WIDTHS, EDGES = (16, 32, 48, 64, 96), 24
#: Weights of classes' pixels: what is small counts more.
RARE = {"glasses": 1.3, "facial_hair": 1.3, "occluder": 1.3}
DICE = 1.0


class ParseNet(nn.Module):
    """(B,6,S,S), sRGB 0..1, parts and place, to (B,8,S,S) logits of CLASSES."""

    def __init__(self) -> None:
        super().__init__()
        given = (4 * CHANNELS, *WIDTHS[:-1])
        self.down = nn.ModuleList(pair(*widths) for widths in zip(given, WIDTHS, strict=True))
        self.up = nn.ModuleList(
            pair(below + width, width) for below, width in zip(WIDTHS[:0:-1], WIDTHS[-2::-1], strict=True)
        )
        self.out = nn.Conv2d(WIDTHS[0], 4 * len(CLASSES), 1)
        self.finer = nn.Sequential(  # thin rims and edges, from the picture's own pixels
            nn.Conv2d(WIDTHS[0] + 4 * CHANNELS, EDGES, 3, padding=1, bias=False),
            nn.BatchNorm2d(EDGES),
            nn.ReLU(inplace=True),
            nn.Conv2d(EDGES, 4 * len(CLASSES), 1),
        )

    def forward(self, picture: Tensor) -> Tensor:
        state = shown = F.pixel_unshuffle(picture, 2)
        kept = []
        for number, block in enumerate(self.down):
            state = block(F.max_pool2d(state, 2) if number else state)
            kept.append(state)
        for number, (block, beside) in enumerate(zip(self.up, kept[-2::-1], strict=True)):
            state = block(torch.cat([F.interpolate(state, scale_factor=2.0, mode="nearest"), beside], 1))
            if number == 0:  # what the whole head says is added to what its parts say
                state = state + beside
        return F.pixel_shuffle(self.out(state) + self.finer(torch.cat([state, shown], 1)), 2)


class ParseBatches(Dataset):
    """Batches by number: what the network is given (B,6,S,S), and classes times their weight (B,8,S,S)."""

    def __init__(self, folder: Path, count: int, seed: int) -> None:
        self.parts = read_shards(folder, "parse", "parse draw")
        self.count, self.seed = count, seed

    def __getitem__(self, number: int) -> tuple[Tensor, ...]:
        random = np.random.default_rng([self.seed, number])
        chosen = random.integers(len(self.parts["first"]), size=self.count)
        made = [moved({key: part[i] for key, part in self.parts.items()}, random) for i in chosen]
        return tuple(torch.from_numpy(np.stack(some)) for some in zip(*made, strict=True))


def moved(parts: dict[str, np.ndarray], random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(6,S,S) and (8,S,S) float32: a square within a drawn sample, as landmarks err, in another tone."""
    side = len(parts["first"])
    matrix = cv2.getRotationMatrix2D((side / 2, side / 2), random.normal(0, TURN), np.exp(random.normal(0, ZOOM)))
    matrix[:, 2] += random.normal(0, MOVE * SIDE, 2) + (SIDE - side) / 2
    off = matrix.copy()
    off[:, 2] += random.normal(0, OFF, 2)
    mix, known = (parts[name].astype(np.float32) / 255 for name in ("mix", "weight"))
    planes = np.zeros((side * side, len(CLASSES)), np.float32)
    for kind, share in ((parts["second"], 1 - mix), (parts["first"], mix)):
        planes[np.arange(side * side), kind.ravel()] += (known * share).ravel()
    planes = planes.reshape(side, side, -1)
    tone = np.exp(random.normal(0, 0.12)) * np.exp(random.normal(0, 0.05, 3))
    light = np.linspace(0, 1, 256)[:, None] ** np.exp(random.normal(0, 0.15)) * tone
    color = cv2.LUT(parts["picture"], np.clip(light, 0, 1).astype(np.float32)[:, None])
    stack = [color, planes[..., :4], planes[..., 4:]]
    warped = [
        cv2.warpAffine(np.ascontiguousarray(part), matrix, (SIDE, SIDE), borderMode=cv2.BORDER_REPLICATE)
        for part in stack
    ]
    face = cv2.warpAffine(parts["parts"], off, (SIDE, SIDE)).astype(np.float32) / 255
    whole = np.dstack([*warped, face])[:, :: -1 if random.random() < 0.5 else 1]
    color = whole[..., :3]
    if random.random() < 0.05:
        color = color[..., random.permutation(3)]
    given = inputs_of(color, whole[..., 11])
    return given, np.ascontiguousarray(whole[..., 3:11].transpose(2, 0, 1))


def parse_loss(network: nn.Module, given: Tensor, classes: Tensor) -> dict[str, Tensor]:
    """Weighed cross entropy of pixels, and soft Dice of the classes that a picture has."""
    logits = network(given).float()
    rare = classes.new_tensor([RARE.get(name, 1.0) for name in CLASSES])[:, None, None]
    entropy = -(F.log_softmax(logits, 1) * classes * rare).sum() / classes.sum().clamp(min=1)
    known = classes.sum(1, keepdim=True)
    made = logits.softmax(1) * known
    both, either = (made * classes).sum((2, 3)), (made + classes).sum((2, 3))
    return {"entropy": entropy, "dice": DICE * (1 - (2 * both + 20) / (either + 20)).mean()}


def train(arguments: argparse.Namespace) -> None:
    """Write parse.safetensors."""
    output, device = arguments.output, arguments.device
    batches = ParseBatches(arguments.portraits, arguments.count, arguments.seed)
    network = ParseNet()
    if arguments.shipped:
        drawn = (batches[10**6 + number][0] for number in range(REOPENING))
        reopen(network, read_convolutions(WEIGHTS / PARSE), drawn)
    network = network.to(device, memory_format=torch.channels_last)
    descent = Descent(
        network, PACE.with_rate(arguments.rate), output / "parse.state.safetensors", output / "parse.safetensors"
    )
    data = DataLoader(batches, batch_size=None, sampler=range(descent.steps, arguments.steps))
    log, saved = Means(output / "parse.log"), time.monotonic()
    for batch in data:
        given, classes = (part.to(device) for part in batch)
        with torch.autocast(device, torch.bfloat16):
            terms = parse_loss(descent.network.train(), given.contiguous(memory_format=torch.channels_last), classes)
        descent.step(sum(terms.values()), descent.pace.at(descent.steps, arguments.schedule))
        log.add(descent.steps, {term: float(value.detach()) for term, value in terms.items()})
        ends = not descent.goes_on(arguments.steps, arguments.minutes)
        if time.monotonic() - saved > EXPORT_EVERY or ends:
            settle(descent.average, batches, device)
            save_half(descent.average.state_dict(), output / "parse.safetensors")
            descent.save()
            saved = time.monotonic()
        if ends:
            break


def main(argv: list[str] | None = None) -> int:
    parser = bare_parser("parse", __doc__, steps=12000, count=8, counted="pictures a step")
    parser.add_argument("--portraits", type=Path, required=True, help="folder of `parse draw`")
    parser.add_argument("--shipped", action="store_true", help="begin with the network that ships, where no state is")
    parser.add_argument("--minutes", type=float, default=math.inf, help="end earlier; the next call goes on")
    try:
        train(begin(parser, argv))
    except AvatarTexError as refusal:
        print(f"error {refusal}")
        return 2
    return 0
