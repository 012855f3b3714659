"""A large profile beside the plain loop of diffusers' pipelines, with the same weights in the same run:

    python -m tests.speed.large --models tiny                     # a dry run on any computer, in a minute
    python -m tests.speed.large --models random --step --texels 256 --runs 1    # real shapes, minutes on a CPU
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
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
import torch

from backend.large import paint
from backend.large.memory import CARDS, WHOLE, Tier, tier_for
from backend.large.scene import Way, around, within
from backend.large.unet import UNetPainter
from backend.large.views import Sights
from backend.large.walk import advance, draw_noise
from backend.models import store
from backend.models.profiles import PROFILES, Profile, find_profile
from tests.backend import real_models, tiny_models
from tests.speed.plain_loop import PlainLoop

#: The one that is timed: its steps are plain's.
WAY = "atlas"


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
    parser.add_argument("--step", action="store_true", help="one step alone, and whether pixels agree")
    given = parser.parse_args(argv)
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        if given.models == "here":
            profile = find_profile(given.profile)
        else:
            patch.setattr("huggingface_hub.constants.HF_ASSETS_CACHE", str(Path(folder) / "assets"))
            make = tiny_models.make if given.models == "tiny" else partial(real_models.make, way=WAY)
            profile = make(given.profile, Path(folder))
        profile = replace(profile, texels=given.texels or profile.texels, steps=given.steps or profile.steps)
        if given.step:
            measure_step(profile, given.device, given.runs)
        else:
            measure(profile, given.device, given.seeds, given.runs)
    return 0


def measure(profile: Profile, device: str, seeds: int, runs: int) -> None:
    name = torch.cuda.get_device_name() if device == "cuda" else "the processor"
    print(f"{profile.label}, {profile.texels} texels, on {name}; seconds are the fastest of {runs}")
    parts = store.find_parts(profile)
    order = make_order()
    [picture] = order.completions
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


def make_order() -> paint.Order:
    """Nothing was seen."""
    picture, nothing = np.random.default_rng(0).random((64, 64, 3), np.float32), np.zeros((64, 64), np.float32)
    return paint.Order(picture, nothing, [picture], picture, Sights(tiny_models.sphere()), "photo", [0], WAY)


def time_plain(profile: Profile, parts: store.Lock, order: paint.Order, device: str, runs: int) -> float:
    """Seconds; its networks are gone afterwards."""
    painter, kept = prepared(profile, parts, order, device)[:2]
    return fastest(lambda: plain(painter, kept), device, runs)


def prepared(
    profile: Profile, parts: store.Lock, order: paint.Order, device: str
) -> tuple[UNetPainter, torch.Tensor, Way]:
    """A painter that has read its scene, and the scene's latents."""
    painter = paint.load_painter(profile, parts, device, Tier(0, WHOLE, False, False), lambda: None, order.way)
    assert isinstance(painter, UNetPainter)
    way = paint.plan(profile, order, *paint.make_atlases(profile.texels, order))
    kept = painter.prepare(way.scene)
    way.begin(kept, painter.pixels)
    return painter, kept, way


def plain(painter: UNetPainter, kept: torch.Tensor) -> torch.Tensor:
    """One texture as the pipeline makes it, on the same networks."""
    loop = PlainLoop(painter, wide=False)
    latent = torch.randn_like(kept).to(painter.dtype)
    with torch.no_grad(), painter.ready():
        for moment in loop.scheduler.timesteps:
            latent = loop.step(latent, moment)
    return painter.decode(latent.float())


def measure_step(profile: Profile, device: str, runs: int) -> None:
    """The first step of a job beside the same step of the plain loop, in turn, and how far their pixels differ."""
    painter, kept, way = prepared(profile, store.find_parts(profile), make_order(), device)
    clock = time.monotonic if device == "cuda" else time.process_time  # other programs may be at work
    here, there = painter.levels(kept.shape[-1])[:2]
    noisy = here.alpha * kept + here.sigma * draw_noise(kept, [0])

    def ours() -> torch.Tensor:
        clean = painter.clean(noisy, here)
        made["ours"] = advance(noisy, clean, None, here, there, 0.0)[0]
        return advance(noisy, way.settle(clean, 0.0), None, here, there, 0.0)[0]

    def plain(wide: bool) -> None:
        loop = PlainLoop(painter, wide)
        number = int((loop.scheduler.timesteps == here.time).nonzero())
        loop.scheduler.set_begin_index(number)
        latent = (around(noisy, painter.margin) if wide else noisy).to(painter.dtype)
        made["plain"] = loop.step(latent, loop.scheduler.timesteps[number]).float()

    made: dict[str, torch.Tensor] = {}
    ways = {"plain": partial(plain, False), "ours": ours, "plain, as wide as ours": partial(plain, True)}
    spent: dict[str, list[float]] = {name: [] for name in ways}
    with torch.no_grad(), painter.ready():
        for _ in range(runs):
            for name, work in ways.items():
                spent[name].append(fastest(work, device, 1, clock))
    for name, seconds in spent.items():
        print(
            f"{name}: {min(seconds):.3f} s a step, {min(seconds) / min(spent['plain']):.2f} times plain's", flush=True
        )
    pixels = [painter.decode(one) for one in (made["ours"], within(made["plain"], painter.margin))]
    print(f"pixels of ours before its layout, and of plain as wide, differ by {spread(*pixels):.1e} at most")
    print(f"most memory: {peak_memory():.1f} GB")


def spread(one: torch.Tensor, other: torch.Tensor) -> float:
    return float((one - other).abs().max())


def peak_memory() -> float:
    """GB of this process, of the computer's."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def fastest(work: Callable[[], object], device: str, runs: int, clock: Callable[[], float] = time.monotonic) -> float:
    def timed() -> float:
        begun = now(device, clock)
        work()
        return now(device, clock) - begun

    return min(timed() for _ in range(runs))


def now(device: str, clock: Callable[[], float] = time.monotonic) -> float:
    if device == "cuda":
        torch.cuda.synchronize()
    return clock()


def row(label: str, steps: int, count: int, seconds: float, plain: float = 0.0) -> None:
    each = seconds / count
    times = f", {plain / each:.2f} times as fast as plain" if plain else ""
    print(f"{label}: {count} x {steps} steps, {steps * count / seconds:.2f} steps/s, {each:.2f} s a texture{times}")


if __name__ == "__main__":
    raise SystemExit(main())
