"""A large profile beside the plain loop of diffusers' pipelines, with the same weights in the same run:

    python -m tests.speed.large --models tiny                     # a dry run on any computer, in a minute
    python -m tests.speed.large --models random --device cuda     # the real shapes, random weights
    python -m tests.speed.large --models here --profile sdxl --device cuda

Plain is what StableDiffusionControlNetInpaintPipeline does after its words are read: every step of the way from noise,
both halves of the guidance in one call, one texture after the other, then the decoder. Ours goes the profile's share of
the way, from the completion, several textures at once. Both use DPM-Solver++ of second order and the same ControlNets.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from backend.large import paint
from backend.large.memory import CARDS, WHOLE, Tier, tier_for
from backend.large.scene import Level
from backend.large.unet import UNetPainter
from backend.large.views import Sights
from backend.models import store
from backend.models.profiles import PROFILES, Profile, find_profile
from tests.backend import real_models, tiny_models


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.speed.large", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--profile", default="sd15", choices=[one.name for one in PROFILES.values() if one.controls])
    parser.add_argument("--models", default="tiny", choices=("tiny", "random", "here"))
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    parser.add_argument("--texels", type=int, help="side of the pictures, where it is not the profile's")
    parser.add_argument("--steps", type=int, help="of the whole way, where it is not the profile's")
    parser.add_argument("--seeds", type=int, default=4, help="textures at once (default 4)")
    parser.add_argument("--runs", type=int, default=2, help="of each; the fastest counts (default 2)")
    given = parser.parse_args(argv)
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        if given.models == "here":
            profile = find_profile(given.profile)
        else:
            patch.setattr("huggingface_hub.constants.HF_ASSETS_CACHE", str(Path(folder) / "assets"))
            make = tiny_models.make if given.models == "tiny" else real_models.make
            profile = make(given.profile, Path(folder))
        profile = replace(profile, texels=given.texels or profile.texels, steps=given.steps or profile.steps)
        measure(profile, given.device, given.seeds, given.runs)
    return 0


def measure(profile: Profile, device: str, seeds: int, runs: int) -> None:
    name = torch.cuda.get_device_name() if device == "cuda" else "the processor"
    print(f"{profile.label}, {profile.texels} texels, on {name}; seconds are the fastest of {runs}")
    parts = store.find_parts(profile)
    random = np.random.default_rng(0)
    picture, nothing = random.random((64, 64, 3), np.float32), np.zeros((64, 64), np.float32)
    order = paint.Order(picture, nothing, [picture], picture, Sights(tiny_models.sphere()), "photo", [0], "atlas")
    base = time_plain(profile, parts, order, device, runs)
    row("plain, from noise", profile.steps, 1, base)
    steps = round(profile.steps * profile.strength)
    tiers = {tier_for(profile, card): card for card in CARDS} if device == "cuda" else {Tier(0, WHOLE, False, False): 0}
    for tier, card in tiers.items():
        for count in sorted({1, seeds}):
            several = replace(order, seeds=list(range(count)), completions=[picture] * count)
            spent: list[float] = []

            def work(several=several, tier=tier, spent=spent) -> None:
                begun: list[float] = []

                def tell(share: float, shown: None) -> None:
                    if not begun:  # the model is loaded and has read the words
                        begun.append(now(device))

                painter = paint.load_painter(profile, parts, device, tier, lambda: None, order.way)
                paint.run(profile, parts, painter, several, tell)
                spent.append(now(device) - begun[0])

            for _ in range(runs):
                work()
            label = f"ours, {tier.offload}, {tier.batch} at once" + (f", as on {card} GB" if card else "")
            row(label, steps, count, min(spent), base)


def time_plain(profile: Profile, parts: store.Lock, order: paint.Order, device: str, runs: int) -> float:
    """Seconds; its networks are gone afterwards."""
    painter = paint.load_painter(profile, parts, device, Tier(0, WHOLE, False, False), lambda: None, order.way)
    assert isinstance(painter, UNetPainter)
    kept = painter.prepare(paint.plan(profile, order, *paint.make_atlases(profile.texels, order)).scene)
    return fastest(lambda: plain(painter, kept), device, runs)


def plain(painter: UNetPainter, kept: torch.Tensor) -> torch.Tensor:
    """One texture as the pipeline makes it, on the same networks."""
    from diffusers import DPMSolverMultistepScheduler

    scheduler: Any = DPMSolverMultistepScheduler(trained_betas=betas(painter), timestep_spacing="trailing")
    scheduler.set_timesteps(painter.profile.steps, device=painter.device)
    margin = (painter.shown.shape[-1] - kept.shape[-1]) // 2 if painter.shown is not None else 0
    latent = torch.randn_like(F.pad(kept, (margin,) * 4)).to(painter.dtype)
    with torch.no_grad(), painter.ready():
        for moment in scheduler.timesteps:
            without, led = painter.predict(latent, level(moment), slice(0, 1), slice(0, 2)).chunk(2)
            told = without + painter.profile.guidance * (led - without)
            latent = scheduler.step(told, moment, latent, return_dict=False)[0]
    return painter.decode(latent[..., margin : margin + kept.shape[-2], margin : margin + kept.shape[-1]].float())


def level(moment: torch.Tensor) -> Level:
    return Level(float(moment), 1.0, 0.0)


def betas(painter: UNetPainter) -> list[float]:
    """Of the schedule whose products the painter has."""
    signal = painter.signal
    return (1 - signal / torch.cat([torch.ones(1).double(), signal[:-1]])).tolist()


def fastest(work: Callable[[], object], device: str, runs: int) -> float:
    def timed() -> float:
        begun = now(device)
        work()
        return now(device) - begun

    return min(timed() for _ in range(runs))


def now(device: str) -> float:
    if device == "cuda":
        torch.cuda.synchronize()
    return time.monotonic()


def row(label: str, steps: int, count: int, seconds: float, plain: float = 0.0) -> None:
    each = seconds / count
    times = f", {plain / each:.2f} times as fast as plain" if plain else ""
    print(f"{label}: {count} x {steps} steps, {steps * count / seconds:.2f} steps/s, {each:.2f} s a texture{times}")


if __name__ == "__main__":
    raise SystemExit(main())
