"""Configurations of the real models, as their repositories publish them, and models of them with random weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import nn

from backend.large.clip import ClipText
from backend.models import store
from backend.models.own_parts import use_local
from backend.models.profiles import PROFILES, Profile
from tests.backend.tiny_models import SCHEDULE, first_names, save_json, save_tokenizer

UNET_SD15 = {"in_channels": 9, "cross_attention_dim": 768, "attention_head_dim": 8, "layers_per_block": 2}
UNET_SDXL = {
    "in_channels": 9,
    "cross_attention_dim": 2048,
    "attention_head_dim": (5, 10, 20),
    "block_out_channels": (320, 640, 1280),
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
    "transformer_layers_per_block": (1, 2, 10),
    "use_linear_projection": True,
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": 256,
    "projection_class_embeddings_input_dim": 2816,
}
VAE = {
    "down_block_types": ("DownEncoderBlock2D",) * 4,
    "up_block_types": ("UpDecoderBlock2D",) * 4,
    "block_out_channels": (128, 256, 512, 512),
    "layers_per_block": 2,
    "latent_channels": 4,
    "sample_size": 512,
}
WORDS_L = {
    "vocab_size": 49408,
    "hidden_size": 768,
    "intermediate_size": 3072,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "max_position_embeddings": 77,
    "projection_dim": 768,
}
WORDS_G = WORDS_L | {
    "architectures": ["CLIPTextModelWithProjection"],
    "hidden_size": 1280,
    "intermediate_size": 5120,
    "num_hidden_layers": 32,
    "num_attention_heads": 20,
    "projection_dim": 1280,
    "hidden_act": "gelu",
}
EYES_H = WORDS_G | {"num_attention_heads": 16, "projection_dim": 1024, "image_size": 224, "patch_size": 14}
QWEN = {
    "vocab_size": 151936,
    "hidden_size": 2560,
    "intermediate_size": 9728,
    "num_hidden_layers": 36,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "rms_norm_eps": 1e-6,
    "rope_theta": 1e6,
}
KLEIN = {
    "in_channels": 128,
    "num_layers": 5,
    "num_single_layers": 20,
    "attention_head_dim": 128,
    "num_attention_heads": 24,
    "joint_attention_dim": 7680,
    "guidance_embeds": False,
}

#: By profile and folder of its base.
BASES: dict[str, dict[str, dict[str, Any]]] = {
    "sd15": {"unet": UNET_SD15, "vae": VAE | {"force_upcast": False}, "text_encoder": WORDS_L},
    "sdxl": {
        "unet": UNET_SDXL,
        "vae": VAE | {"scaling_factor": 0.13025, "force_upcast": True},
        "text_encoder": WORDS_L,
        "text_encoder_2": WORDS_G,
    },
    "klein": {"transformer": KLEIN, "vae": {}, "text_encoder": QWEN},
}


def control_config(profile: str) -> dict[str, Any]:
    """A ControlNet is a copy of its U-Net's encoder, and sees four channels."""
    unet = BASES[profile]["unet"]
    return {key: value for key, value in unet.items() if key != "up_block_types"} | {"in_channels": 4}


def make(profile: str, folder: Path, way: str) -> Profile:
    """A profile of U-Nets in its real shapes, in half precision, with one way's ControlNets and no IP-Adapter; locked
    as a download would."""
    from diffusers import AutoencoderKL, ControlNetModel, UNet2DConditionModel

    real, configs, base = PROFILES[profile], BASES[profile], folder / "base"
    filled(UNet2DConditionModel, configs["unet"]).save_pretrained(base / "unet", variant="fp16")
    filled(AutoencoderKL, configs["vae"]).save_pretrained(base / "vae", variant="fp16")
    for name in configs.keys() & {"text_encoder", "text_encoder_2"}:
        (base / name).mkdir()
        save_file(filled(ClipText, configs[name], whole=True).state_dict(), base / name / "model.safetensors")
        save_json(base / name / "config.json", configs[name])
        save_tokenizer(base / name.replace("text_encoder", "tokenizer"), {})
    parts = [part for part in real.parts if part.name == "base" or (part.repo and part.name in real.controls[way])]
    for part in parts[1:]:
        control = filled(ControlNetModel, control_config(profile))
        if part.folders:
            control.save_pretrained(folder / part.name, variant="fp16")
        else:
            (folder / part.name).mkdir()
            save_file(first_names(control.state_dict(), 2), folder / part.name / part.files[0])
    save_json(base / "scheduler" / "scheduler_config.json", SCHEDULE | {"prediction_type": "epsilon"})
    made = replace(real, name=f"random-{profile}", parts=tuple(parts))
    store.write_lock(made, {part.name: use_local(made, part.name, folder / part.name) for part in parts})
    return made


def filled(make: Callable[..., nn.Module], config: dict[str, Any], whole: bool = False) -> nn.Module:
    """A network with random weights in half precision, in seconds: the same million numbers again and again.

    Args:
        whole: the class takes the configuration as it is.
    """
    with torch.device("meta"):
        network = make(config) if whole else make(**config)
    network = network.half().to_empty(device="cpu").requires_grad_(False)
    noise = torch.randn(1 << 20, generator=torch.Generator().manual_seed(0)).half()
    for name, value in network.named_parameters():
        if value.dim() < 2:
            value.fill_(0.0 if name.endswith("bias") else 1.0)
            continue
        count = value.numel()
        value.copy_(noise.repeat(-(-count // len(noise)))[:count].view_as(value) / (count / len(value)) ** 0.5)
    return network


def used(profile: Profile) -> set[str]:
    """Its ControlNets, of both ways."""
    return {name for weights in profile.controls.values() for name in weights}
