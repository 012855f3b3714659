"""train lora: teach a large profile the layout of the atlas and its styles, by a low rank change of its attention.

    python -m backend.lab train lora --profile sd15 --hub runs/hub/fold0 --faces runs/faces --output runs/lora
    python -m backend models use sd15 lora runs/lora/lora.safetensors

The profile must be on this computer. Each step hides a part of a texture as a portrait would, and the network tells the
noise in it (Ho et al., arXiv 2006.11239, eq. 14), with words from the texture's recipe. With --faces every second
texture is a real person's, as `faces build` unwrapped it.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from ...large.memory import WHOLE, Tier
from ...large.paint import LAYOUT, WORDS
from ...large.scene import AROUND, Level, around
from ...large.unet import UNetPainter
from ...models.profiles import PROFILES, find_profile
from ...models.store import find_parts
from ..texhub.drawn_styles import NETWORK_STYLE
from ..texhub.reader import TexHub
from .descent import Descent, Means, Pace, begin
from .lora_people import Portraits
from .low_rank import LowRank, add_lora

PACE = Pace(rate=2e-4, average=0.99)
WEIGHTS, STATE = "lora.safetensors", "lora.state.safetensors"
#: Share of signal below which noise is taken to drown what a soft sample lacks: the noisier half. Not measured.
DROWNED = 0.5
#: Seconds between two states on the disk.
EXPORT_EVERY = 300


class Captioned(TexHub):
    """Samples with words."""

    def sample(self, key: str, files: dict[str, bytes]) -> dict:
        return super().sample(key, files) | {"words": caption(json.loads(files["json"])["recipe"])}


def caption(recipe: dict) -> str:
    """What is to be seen of a recipe."""
    style = recipe["style"]["name"]
    words = [LAYOUT + WORDS[NETWORK_STYLE[style]], f"{style} style"]
    words += [f"{shape} beard" for shape in [recipe["beard"].get("shape")] if shape]
    words += ["painted hair"] * bool(recipe["hair"]) + ["makeup"] * bool(recipe["makeup"])
    return ", ".join(words)


def endless(samples: TexHub, first: int) -> Iterator[dict]:
    """Pass after pass, from the sample of that number on."""
    samples.epoch, skipped = first // max(len(samples), 1), first % max(len(samples), 1)
    while True:
        for number, sample in enumerate(samples):
            if number >= skipped:
                yield sample
        samples.epoch, skipped = samples.epoch + 1, 0


class Mixed:
    """The textures of a training in their order: the build's, and every second one a person's where people are given.

    Args:
        first: textures that an earlier run took.
    """

    def __init__(self, hub: Captioned, people: Portraits | None, first: int) -> None:
        self.hub, self.people, self.number = endless(hub, -(-first // 2) if people else first), people, first

    def draw(self) -> dict:
        number, self.number = self.number, self.number + 1
        return self.people.draw(number) if self.people and number % 2 else next(self.hub)


def loss_of(painter: UNetPainter, sample: dict, random: torch.Generator) -> Tensor:
    """Mean squared error of the noise that the network tells, where the texture is known."""
    margin = AROUND * painter.pixels
    view = int(torch.randint(len(sample["confidence"]), (1,), generator=random))
    wide, sure, valid = (
        around(part[None], margin) for part in (sample["unlit"], sample["confidence"][view], sample["valid"])
    )
    with torch.no_grad():
        painter.read([sample["words"]])
        latent = painter.hold(wide, (sure > 0.5).float() * valid)
    earliest = int((painter.signal >= DROWNED).sum()) if sample.get("soft") else 0
    time = int(torch.randint(earliest, len(painter.signal), (1,), generator=random))
    signal = float(painter.signal[time])
    level = Level(float(time), signal**0.5, (1 - signal) ** 0.5)
    noise = torch.randn(latent.shape, generator=random).to(latent)
    told = painter.predict(level.alpha * latent + level.sigma * noise, level, slice(0, 1), slice(1, 2)).float()
    wanted = level.alpha * noise - level.sigma * latent if painter.predicts == "v_prediction" else noise
    known = nn.functional.avg_pool2d(valid, painter.pixels).to(latent)
    return ((told - wanted) ** 2 * known).sum() / (known.sum() * latent.shape[1]).clamp(min=1)


def train(arguments: argparse.Namespace) -> Path:
    """The file of weights."""
    whole = find_profile(arguments.profile)
    if whole.family != "unet":
        raise SystemExit(f"{whole.label} is no U-Net; train sd15 or sdxl.")
    parts = {"base": find_parts(whole)["base"]}
    painter = UNetPainter(whole, parts, arguments.device, Tier(0, WHOLE, False, False), lambda: None)
    if arguments.device == "cuda":
        painter.unet.to(torch.bfloat16)
        painter.dtype = torch.bfloat16
        painter.unet.enable_gradient_checkpointing()
        for _, encoder in painter.texts:
            encoder.to(torch.bfloat16)
    changes = add_lora(painter.unet, arguments.rank)
    trained = nn.ModuleList(part for layer in changes.values() for part in (layer.lora_A, layer.lora_B))
    trained.to(arguments.device).requires_grad_(True)
    pace = PACE.with_rate(arguments.rate)
    descent = Descent(trained, pace, arguments.output / STATE)
    log, saved = Means(arguments.output / "lora.log"), time.monotonic()
    hub = Captioned(arguments.hub, size=whole.texels, seed=arguments.seed)
    people = Portraits(arguments.faces, whole.texels, arguments.seed) if arguments.faces else None
    samples = Mixed(hub, people, descent.steps * arguments.count)
    while descent.steps < arguments.steps:
        random = torch.Generator().manual_seed(arguments.seed + 7919 * (descent.steps + 1))
        loss = sum(loss_of(painter, samples.draw(), random) for _ in range(arguments.count)) / arguments.count
        descent.step(loss, pace.at(descent.steps, arguments.schedule))
        log.add(descent.steps, {"loss": float(loss)})
        if time.monotonic() - saved > EXPORT_EVERY or descent.steps == arguments.steps:
            save_file(state_of(changes, descent.average), arguments.output / WEIGHTS)
            descent.save()
            saved = time.monotonic()
    return arguments.output / WEIGHTS


def state_of(changes: dict[str, LowRank], average: nn.Module) -> dict[str, Tensor]:
    """The averaged weights under the keys of a file."""
    keys = [f"unet.{path}.{name}.weight" for path in changes for name in ("lora_A", "lora_B")]
    return {key: value.detach().cpu().contiguous() for key, value in zip(keys, average.parameters(), strict=True)}


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m backend.lab train lora",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--profile", required=True, help=", ".join(PROFILES))
    parser.add_argument("--hub", type=Path, required=True, help="folder of a TexHub build")
    parser.add_argument("--faces", type=Path, help="folder of observed people (default: none)")
    parser.add_argument("--output", type=Path, required=True, help="folder of weights and state; found ones go on")
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--schedule", type=int, help="steps over which the rate falls (default: as many)")
    parser.add_argument("--rate", type=float, help="the highest one (default: the recipe's); weights go on with less")
    parser.add_argument("--count", type=int, default=4, help="textures a step (default 4)")
    parser.add_argument("--rank", type=int, default=16)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu", choices=("cpu", "cuda"))
    parser.add_argument("--threads", type=int, default=1, help="CPU threads (default 1)")
    print(train(begin(parser, argv)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
