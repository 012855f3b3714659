"""Stable Diffusion 1.5 and XL: a U-Net in latents, with ControlNets and the portrait as a picture prompt.

Rombach et al., arXiv 2112.10752; Podell et al., arXiv 2307.01952; IP-Adapter: Ye et al., arXiv 2308.06721. The
networks are diffusers' own, the way through them is walk.py's.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..models.profiles import Profile
from ..models.store import Lock, StoredPart
from .clip import ClipText, ClipVision
from .control import CONTROLS
from .load import build, cast, fill, read_config, read_file
from .memory import Bench, Tier
from .scene import AROUND, Level, Scene, around, slices, watch, within
from .tokens import Pairs, clip_tokens

#: What a U-Net's configuration says of its ControlNets, too.
SHARED = (
    "attention_head_dim",
    "block_out_channels",
    "cross_attention_dim",
    "down_block_types",
    "layers_per_block",
    "norm_num_groups",
)
#: Where a ControlNet's first layers are.
HINT = "controlnet_cond_embedding"


class UNetPainter:
    """See scene.Painter."""

    multistep = True

    def __init__(
        self,
        profile: Profile,
        parts: Lock,
        device: str,
        tier: Tier,
        tick: Callable[[], None],
        weights: Mapping[str, float] | None = None,
    ) -> None:
        """weights: of the ControlNets that are wanted, by part.

        Raises:
            AvatarTexError: MODEL_UNUSABLE.
        """
        from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel

        self.profile, self.device, self.tier, self.tick = profile, device, tier, tick
        self.dtype = torch.float32 if device == "cpu" else torch.float16
        self.bench = Bench(device, tier)
        self.added: dict[str, Any] = {}
        self.margin, self.weights = AROUND, {name: one for name, one in (weights or {}).items() if name in parts}
        base = parts["base"]
        lora = read_lora(parts)
        self.unet = build(UNet2DConditionModel.from_config, base, "unet", self.dtype, lora)
        if "adapter" in parts:
            add_adapter(self.unet, Path(parts["adapter"].root) / next(iter(parts["adapter"].files)), profile.likeness)
        self.controls: dict[str, Any] = {name: build_control(parts[name], base, self.dtype) for name in self.weights}
        config = read_config(base, "vae")
        # in half precision SDXL's overflows
        self.vae_dtype = torch.float32 if config.get("force_upcast", True) else self.dtype
        self.vae: Any = build(AutoencoderKL.from_config, base, "vae", self.vae_dtype)
        self.texts = [
            (Pairs(Path(base.root) / f"tokenizer{number}"), build(ClipText, base, f"text_encoder{number}", self.dtype))
            for number in ("", "_2")
            if any(name.startswith(f"text_encoder{number}/") for name in base.files)
        ]
        self.eyes = None
        if "image_encoder" in parts:
            folder = profile.part("image_encoder").folders[0]
            self.eyes = build(ClipVision, parts["image_encoder"], folder, self.dtype)
        scheduler: Any = DDIMScheduler.from_config(read_config(base, "scheduler"))
        self.signal, self.predicts = scheduler.alphas_cumprod.double(), scheduler.config.prediction_type
        self.pixels = 2 ** (len(self.vae.config.block_out_channels) - 1)
        if tier.tiling:
            self.vae.enable_tiling()
        for network in (self.unet, *self.controls.values()):
            watch(network, ("down_blocks", "mid_block", "up_blocks"), tick)
            self.bench.keep(network, large=True)
        for network in (self.vae, self.eyes, *(encoder for _, encoder in self.texts)):
            if network is not None:
                self.bench.keep(network)

    def levels(self, size: int) -> list[Level]:
        """Times as far apart as DDIM's that end at the last (Lin et al., arXiv 2305.08891, table 2: trailing)."""
        times = np.round(np.linspace(len(self.signal), 0, self.profile.steps + 1))[:-1].astype(int) - 1
        times = times[self.profile.steps - round(self.profile.steps * self.profile.strength) :]
        kept = [float(self.signal[time]) for time in times]
        return [*(Level(float(time), a**0.5, (1 - a) ** 0.5) for time, a in zip(times, kept)), Level(0.0, 1.0, 0.0)]

    @torch.no_grad()
    def prepare(self, scene: Scene) -> Tensor:
        self.margin = scene.margin
        self.read(scene.words)
        self.show(scene.portrait)
        margin = self.margin * self.pixels
        wide, sure = around(scene.start, margin), around(scene.sure, margin)
        hints = {name: draw(wide) for name, draw in CONTROLS.items() if name in self.controls}
        hints |= {name: around(scene.hints[name], margin) for name in self.controls if name not in CONTROLS}
        self.hints = {name: hint.to(self.dtype) for name, hint in hints.items()}
        return within(self.hold(wide, sure), self.margin)

    def hold(self, wide: Tensor, sure: Tensor) -> Tensor:
        """Latents of pictures, of which the network is shown what is sure."""
        free = (sure < 1).to(wide)
        with self.bench.on(self.vae):
            latent, hidden = self.encode(wide), self.encode(wide * (1 - free) + 0.5 * free)
        small = F.max_pool2d(free, self.pixels).to(hidden)
        self.shown = torch.cat([small, hidden], 1) if self.unet.config.in_channels == 9 else None
        if len(self.texts) > 1:
            side = wide.shape[-1]
            times = torch.tensor([side, side, 0, 0, side, side]).to(self.device, self.dtype)
            self.added["time_ids"] = times.expand(2, len(wide), -1)
        return latent

    def read(self, words: Sequence[str]) -> None:
        """Both halves of the guidance, (2,N,...): without the words, and with those of each picture."""
        states, meant = [], torch.empty(0)
        # what it is led away from
        texts = list(dict.fromkeys(["text, watermark, frame, glasses, shadow, highlight, blurry, seam", *words]))
        place = torch.tensor([[0] * len(words), [texts.index(one) for one in words]])
        for pairs, encoder in self.texts:
            tokens = torch.tensor([clip_tokens(pairs, text) for text in texts]).to(self.device)
            with self.bench.on(encoder):
                last, before, meant = encoder(tokens)
            states.append(before if len(self.texts) > 1 else last)
        self.words = torch.cat(states, -1)[place]
        self.added = {"text_embeds": meant[place]} if len(self.texts) > 1 else {}

    def show(self, portrait: Tensor) -> None:
        """The portrait as a picture prompt, beside a black one: (2,...)."""
        if self.eyes is not None:
            both = torch.cat([torch.zeros_like(portrait), portrait]).to(self.device, self.dtype)
            with self.bench.on(self.eyes):
                self.shown_face = self.eyes(both)

    def encode(self, pictures: Tensor) -> Tensor:
        """(N,C,s,s) float32 of (N,3,S,S) sRGB, one after the other."""
        shown = (one.to(self.device, self.vae_dtype) * 2 - 1 for one in pictures.split(1))
        found = torch.cat([self.vae.encode(one).latent_dist.mode() for one in shown])
        return (found.float() - (self.vae.config.shift_factor or 0)) * self.vae.config.scaling_factor

    @torch.no_grad()
    def decode(self, latent: Tensor) -> Tensor:
        wide = around(latent, self.margin) / self.vae.config.scaling_factor + (self.vae.config.shift_factor or 0)
        with self.bench.on(self.vae):
            pictures = torch.cat([self.vae.decode(one.to(self.vae_dtype)).sample.cpu() for one in wide.split(1)])
        return within(pictures.float() / 2 + 0.5, self.margin * self.pixels)

    @contextlib.contextmanager
    def ready(self) -> Iterator[None]:
        with self.bench.on(self.unet, *self.controls.values()):
            yield

    @torch.no_grad()
    def clean(self, latent: Tensor, level: Level) -> Tensor:
        wide = around(latent, self.margin)
        predicted = torch.cat([self.guided(wide[items], level, items) for items in slices(len(wide), self.tier.batch)])
        if self.predicts == "v_prediction":
            clean = level.alpha * wide - level.sigma * predicted
        else:
            clean = (wide - level.sigma * predicted) / level.alpha
        return within(clean, self.margin)

    def guided(self, latent: Tensor, level: Level, items: slice) -> Tensor:
        """What the U-Net says of some of the pictures, led by the words (Ho and Salimans, equation 6)."""
        if self.profile.guidance == 1:
            return self.predict(latent, level, items, slice(1, 2)).float()
        halves = [slice(0, 1), slice(1, 2)] if self.tier.halves else [slice(0, 2)]
        without, led = torch.cat([self.predict(latent, level, items, half) for half in halves]).float().chunk(2)
        return without + self.profile.guidance * (led - without)

    def predict(self, latent: Tensor, level: Level, items: slice, half: slice) -> Tensor:
        """What the U-Net says of latents of some pictures without the words, with them, or both one after the other."""
        count = half.stop - half.start
        words = self.words[half, items].flatten(0, 1)
        given = latent.to(self.dtype).repeat(count, 1, 1, 1)
        added: dict[str, Any] = {name: value[half, items].flatten(0, 1) for name, value in self.added.items()}
        down, middle = None, None
        for name, network in self.controls.items():
            hint = self.hints[name][items].to(self.device).repeat(count, 1, 1, 1)
            several, one = network(
                given, level.time, words, hint, self.weights[name], added_cond_kwargs=added, return_dict=False
            )
            down = several if down is None else [a + b for a, b in zip(down, several)]
            middle = one if middle is None else middle + one
        if self.eyes is not None:
            added["image_embeds"] = [self.shown_face[half].repeat_interleave(len(latent), 0)[:, None]]
        if self.shown is not None:
            given = torch.cat([given, self.shown[items].to(self.dtype).repeat(count, 1, 1, 1)], 1)
        return self.unet(
            given,
            level.time,
            words,
            added_cond_kwargs=added,
            down_block_additional_residuals=down,
            mid_block_additional_residual=middle,
            return_dict=False,
        )[0]


def build_control(part: StoredPart, base: StoredPart, dtype: torch.dtype) -> nn.Module:
    """A ControlNet of diffusers', or one file with the names of the paper's code.

    Such a file says nothing of its shape: the U-Net's configuration does, whose encoder it copies.

    Raises:
        AvatarTexError: MODEL_UNUSABLE.
    """
    from diffusers import ControlNetModel
    from diffusers.loaders.single_file_utils import convert_controlnet_checkpoint

    if "config.json" in part.files:
        return build(ControlNetModel.from_config, part, "", dtype)
    name, config = next(iter(part.files)), read_config(base, "unet")
    config = {key: config[key] for key in SHARED if key in config}
    state = convert_controlnet_checkpoint(
        cast(read_file(Path(part.root) / name), dtype), {"layers_per_block": 2, **config}
    )
    return fill(
        ControlNetModel.from_config, {**config, "conditioning_embedding_out_channels": widths(state)}, state, name
    )


def widths(state: Mapping[str, Tensor]) -> list[int]:
    """Channels of the first layers of a ControlNet, which differ from model to model."""
    names = ("conv_in", *(f"blocks.{number}" for number in range(1, len(state), 2)))
    return [len(state[f"{HINT}.{name}.weight"]) for name in names if f"{HINT}.{name}.weight" in state]


def read_lora(parts: Lock) -> dict[str, Tensor] | None:
    """The profile's LoRA, where an artist added one."""
    part = parts.get("lora")
    return read_file(Path(part.root) / next(iter(part.files))) if part else None


def add_adapter(unet: Any, path: Path, weight: float) -> None:
    """Teach the U-Net to look at a picture, by diffusers' own loader."""
    state = read_file(path)
    split = {
        kind: {key.removeprefix(f"{kind}."): value for key, value in state.items() if key.startswith(f"{kind}.")}
        for kind in ("image_proj", "ip_adapter")
    }
    unet._load_ip_adapter_weights([split], low_cpu_mem_usage=False)
    unet.requires_grad_(False)
    for processor in unet.attn_processors.values():
        if hasattr(processor, "scale"):
            processor.scale = [weight]
