"""FLUX.2 klein: a flow of few steps that reads the completion and the portrait as pictures beside what it paints.

A transformer over patches of latents (Esser et al., arXiv 2403.03206); the networks are diffusers' own, tokens and
places as in its Flux2KleinInpaintPipeline.
"""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ..models.profiles import Profile
from ..models.store import Lock
from .load import build, read_config
from .memory import Bench, Tier
from .qwen import READ, Qwen
from .scene import AROUND, Level, Scene, around, slices, watch, within
from .tokens import Pairs, qwen_tokens
from .unet import read_lora


class Flux2Painter:
    """See scene.Painter."""

    multistep = False

    def __init__(
        self,
        profile: Profile,
        parts: Lock,
        device: str,
        tier: Tier,
        tick: Callable[[], None],
        read: tuple[int, ...] = READ,
    ) -> None:
        """Raises: AvatarTexError, MODEL_UNUSABLE."""
        from diffusers import AutoencoderKLFlux2, FlowMatchEulerDiscreteScheduler, Flux2Transformer2DModel

        self.profile, self.device, self.tier, self.tick = profile, device, tier, tick
        self.dtype = torch.float32 if device == "cpu" else torch.bfloat16
        self.bench, self.margin = Bench(device, tier), AROUND
        base = parts["base"]
        self.transformer: Any = build(
            Flux2Transformer2DModel.from_config, base, "transformer", self.dtype, read_lora(parts)
        )
        self.vae: Any = build(AutoencoderKLFlux2.from_config, base, "vae", self.dtype)
        self.text: Any = build(lambda config: Qwen(config, read), base, "text_encoder", self.dtype, some=True)
        self.pairs = Pairs(Path(base.root) / "tokenizer")
        self.scheduler: Any = FlowMatchEulerDiscreteScheduler.from_config(read_config(base, "scheduler"))
        self.pixels = 2 ** len(self.vae.config.block_out_channels)  # latents are packed two by two
        if tier.tiling:
            self.vae.enable_tiling()
        watch(self.transformer, ("transformer_blocks", "single_transformer_blocks"), tick)
        self.bench.keep(self.transformer, large=True)
        self.bench.keep(self.text, large=True)
        self.bench.keep(self.vae)

    def levels(self, size: int) -> list[Level]:
        steps = self.profile.steps
        tokens = (size // self.pixels + 2 * self.margin) ** 2
        even = torch.linspace(1, 1 / steps, steps).tolist()
        self.scheduler.set_timesteps(sigmas=even, mu=time_shift(tokens, steps))
        sigmas = self.scheduler.sigmas.tolist()[steps - max(1, round(steps * self.profile.strength)) :]
        return [Level(sigma, 1 - sigma, sigma) for sigma in sigmas]

    @torch.no_grad()
    def prepare(self, scene: Scene) -> Tensor:
        self.margin, texts = scene.margin, list(dict.fromkeys(scene.words))
        read = [qwen_tokens(self.pairs, text, 512) for text in texts]
        with self.bench.on(self.text):
            states = [self.text(*(torch.tensor([one], device=self.device) for one in pair)) for pair in read]
        self.words = torch.cat([states[texts.index(one)] for one in scene.words])
        wide = around(scene.start, self.margin * self.pixels)
        side = max(self.pixels, scene.portrait.shape[-1] // self.pixels * self.pixels)
        portrait = F.interpolate(scene.portrait, (side, side), mode="bilinear", antialias=True)
        with self.bench.on(self.vae):
            latent, face = self.encode(wide), self.encode(portrait)
        self.shown = torch.cat([pack(latent), pack(face).expand(len(latent), -1, -1)], 1).to(self.dtype)
        beside = [places(one, 10 * (i + 1)) for i, one in enumerate((latent, face))]  # places of its own for each
        self.places = torch.cat([places(latent, 0), *beside], 1)
        count = torch.arange(self.words.shape[1], device=self.device)
        self.word_places = F.pad(count[:, None], (3, 0))[None]
        return within(latent, self.margin)

    def encode(self, pictures: Tensor) -> Tensor:
        """(N,4C,s,s) float32 of (N,3,S,S) sRGB, one after the other; of mean 0 and deviation 1."""
        shown = (one.to(self.device, self.dtype) * 2 - 1 for one in pictures.split(1))
        found = torch.cat([self.vae.encode(one).latent_dist.mode() for one in shown]).float()
        mean, deviation = self.statistics()
        return (F.pixel_unshuffle(found, 2) - mean) / deviation

    def statistics(self) -> tuple[Tensor, Tensor]:
        bn = self.vae.bn
        deviation = (bn.running_var.float() + self.vae.config.batch_norm_eps).sqrt()
        return bn.running_mean.float().view(1, -1, 1, 1).to(self.device), deviation.view(1, -1, 1, 1).to(self.device)

    @torch.no_grad()
    def decode(self, latent: Tensor) -> Tensor:
        mean, deviation = self.statistics()
        whole = F.pixel_shuffle(around(latent, self.margin) * deviation + mean, 2)
        with self.bench.on(self.vae):
            pictures = torch.cat([self.vae.decode(one.to(self.dtype)).sample.cpu() for one in whole.split(1)])
        return within(pictures.float() / 2 + 0.5, self.margin * self.pixels)

    @contextlib.contextmanager
    def ready(self) -> Iterator[None]:
        with self.bench.on(self.transformer):
            yield

    @torch.no_grad()
    def clean(self, latent: Tensor, level: Level) -> Tensor:
        wide = around(latent, self.margin)
        flow = torch.cat([self.flow(wide[items], level, items) for items in slices(len(wide), self.tier.batch)])
        velocity = flow.float().transpose(1, 2).unflatten(2, wide.shape[-2:])
        return within(wide - level.sigma * velocity, self.margin)

    def flow(self, latent: Tensor, level: Level, items: slice) -> Tensor:
        """(n,s*s,C) the flow of some of the pictures."""
        return self.transformer(
            hidden_states=torch.cat([pack(latent).to(self.dtype), self.shown[items]], 1),
            timestep=torch.full((len(latent),), level.time, device=self.device, dtype=self.dtype),
            guidance=None,
            encoder_hidden_states=self.words[items],
            txt_ids=self.word_places,
            img_ids=self.places,
            return_dict=False,
        )[0][:, : latent.shape[-1] * latent.shape[-2]]


def pack(latent: Tensor) -> Tensor:
    """(N,s*s,C) tokens of (N,C,s,s)."""
    return latent.flatten(2).transpose(1, 2)


def places(latent: Tensor, time: int) -> Tensor:
    """(1,s*s,4) time, row, column and number of each token."""
    rows, columns = (torch.arange(side, device=latent.device) for side in latent.shape[-2:])
    none = torch.zeros(1, dtype=torch.long, device=latent.device)
    return torch.cartesian_prod(none + time, rows, columns, none)[None]


def time_shift(tokens: int, steps: int) -> float:
    """How much earlier larger pictures begin; measured by the model's makers, as in diffusers."""
    few, many = 8.73809524e-05 * tokens + 1.89833333, 0.00016927 * tokens + 0.45666666
    if tokens > 4300:
        return many
    slope = (many - few) / 190
    return slope * steps + many - 200 * slope
