"""Tiny models with random weights, of the real configuration classes, saved as the hub has them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

from backend.head.mesh import HeadMesh
from backend.large.clip import ClipText, ClipVision
from backend.large.qwen import Qwen
from backend.large.tokens import byte_signs
from backend.large.views import Surface, find_surface
from backend.models import store
from backend.models.own_parts import use_local
from backend.models.profiles import PROFILES, Profile

WIDTH = 32  # of words
TEXELS = 64
BLOCKS = {"block_out_channels": (32, 64), "layers_per_block": 1, "norm_num_groups": 8}
TEXT = {
    "vocab_size": 540,
    "hidden_size": WIDTH,
    "intermediate_size": 37,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "max_position_embeddings": 77,
    "projection_dim": WIDTH,
}
EYES = {**TEXT, "image_size": 28, "patch_size": 7, "hidden_act": "gelu", "model_type": "clip_vision_model"}
WORDS = {
    "vocab_size": 600,
    "hidden_size": 16,
    "intermediate_size": 24,
    "num_hidden_layers": 28,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "rms_norm_eps": 1e-6,
    "rope_theta": 1e6,
}
SCHEDULE = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "num_train_timesteps": 1000}


def make(profile: str, folder: Path) -> Profile:
    """A profile whose parts lie in a folder, locked as a download would; smaller, with fewer steps."""
    torch.manual_seed(0)
    real = PROFILES[profile]
    parts = [make_part(real, part.name, folder / part.name) for part in real.parts if part.name != "lora"]
    tiny = replace(
        real,
        name=f"tiny-{profile}",
        texels=TEXELS,
        steps=4,
        parts=tuple(
            replace(part, files=("adapter.safetensors",) if part.name == "adapter" else part.files, config=())
            for part in real.parts
        ),
    )
    store.write_lock(tiny, {name: use_local(tiny, name, folder / name) for name in parts if name != "adapter"})
    if "adapter" in parts:
        lock = store.read_lock(tiny)
        path = folder / "adapter" / "adapter.safetensors"
        store.write_lock(tiny, {**lock, "adapter": use_local(tiny, "adapter", path)})
    return tiny


def make_part(profile: Profile, name: str, folder: Path) -> str:
    folder.mkdir(parents=True)
    if name == "base" and profile.family == "flux2":
        make_flux2(folder)
    elif name == "base":
        make_base(folder, second=profile.name == "sdxl")
    elif name == "adapter":
        second, random = profile.name == "sdxl", torch.Generator().manual_seed(1)
        shapes = adapter_shapes(unet(second), (3, 16, 64), WIDTH)
        state = {key: torch.randn(size, generator=random) / size[-1] ** 0.5 for key, size in shapes.items()}
        save_file(state, folder / "adapter.safetensors")
    elif name == "image_encoder":
        save_own(ClipVision(EYES), EYES, folder / profile.part(name).folders[0])
    elif name == "preview":
        make_preview(folder)
    elif not profile.part(name).folders:
        state = control(profile.name == "sdxl").state_dict()
        save_file(first_names(state, BLOCKS["layers_per_block"]), folder / profile.part(name).files[0])
    else:
        control(profile.name == "sdxl").save_pretrained(folder, variant="fp16")
    return name


def unet(second: bool, channels: int = 9):
    from diffusers import UNet2DConditionModel

    return UNet2DConditionModel(in_channels=channels, **shape(second))


def shape(second: bool) -> dict:
    """What U-Net and ControlNet have in common; second: of SDXL's kind, with two encoders' words side by side."""
    told = {
        "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
        "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"),
        "cross_attention_dim": WIDTH * (2 if second else 1),
        "attention_head_dim": 8,
        **BLOCKS,
    }
    if second:
        more = {"addition_embed_type": "text_time", "addition_time_embed_dim": 8, "use_linear_projection": True}
        told |= more | {"projection_class_embeddings_input_dim": WIDTH + 6 * 8}
    return told


def control(second: bool):
    from diffusers import ControlNetModel

    told = shape(second)
    del told["up_block_types"]
    made = ControlNetModel(conditioning_embedding_out_channels=(16, 32), **told)
    for parameter in made.parameters():  # its last layers begin at nothing
        if not parameter.any():
            nn.init.normal_(parameter, std=0.1)
    return made


def first_names(state: dict[str, torch.Tensor], layers: int) -> dict[str, torch.Tensor]:
    """A ControlNet's weights under the names of the paper's code, as one file is published; layers: of a block."""
    named = {}
    for key, value in state.items():
        words = key.split(".")
        match words:
            case ["time_embedding", linear, kind]:
                name = f"time_embed.{0 if linear == 'linear_1' else 2}.{kind}"
            case ["conv_in", kind]:
                name = f"input_blocks.0.0.{kind}"
            case ["controlnet_cond_embedding", "blocks", number, kind]:
                name = f"input_hint_block.{2 * int(number) + 2}.{kind}"
            case ["controlnet_cond_embedding", conv, kind]:
                name = f"input_hint_block.{0 if conv == 'conv_in' else 14}.{kind}"
            case ["controlnet_down_blocks", number, kind]:
                name = f"zero_convs.{number}.0.{kind}"
            case ["controlnet_mid_block", kind]:
                name = f"middle_block_out.0.{kind}"
            case ["down_blocks", block, "downsamplers", _, _, kind]:
                name = f"input_blocks.{(int(block) + 1) * (layers + 1)}.0.op.{kind}"
            case ["down_blocks", block, what, layer, *rest]:
                place = 1 + int(block) * (layers + 1) + int(layer)
                name = f"input_blocks.{place}.{inside(what, rest)}"
            case ["mid_block", "attentions", _, *rest]:
                name = f"middle_block.1.{'.'.join(rest)}"
            case ["mid_block", "resnets", number, *rest]:
                name = f"middle_block.{2 * int(number)}.{inside('resnets', rest).removeprefix('0.')}"
        named[f"control_model.{name}"] = value
    return named


def inside(what: str, rest: list[str]) -> str:
    """Names within a block: attention's are the same."""
    if what == "attentions":
        return f"1.{'.'.join(rest)}"
    layers = {"norm1": "in_layers.0", "conv1": "in_layers.2", "time_emb_proj": "emb_layers.1"}
    layers |= {"norm2": "out_layers.0", "conv2": "out_layers.3", "conv_shortcut": "skip_connection"}
    return f"0.{layers[rest[0]]}.{rest[1]}"


def make_base(folder: Path, second: bool) -> None:
    from diffusers import AutoencoderKL

    unet(second).save_pretrained(folder / "unet", variant="fp16")
    blocks = {"down_block_types": ("DownEncoderBlock2D",) * 2, "up_block_types": ("UpDecoderBlock2D",) * 2}
    AutoencoderKL(latent_channels=4, sample_size=128, force_upcast=second, **blocks, **BLOCKS).save_pretrained(
        folder / "vae"
    )
    for number in ("", "_2")[: 2 if second else 1]:
        told = TEXT | ({"architectures": ["CLIPTextModelWithProjection"], "hidden_act": "gelu"} if number else {})
        save_own(ClipText(told), told, folder / f"text_encoder{number}")
        save_tokenizer(folder / f"tokenizer{number}", {"pad_token": "!"} if number else {})
    save_json(folder / "scheduler" / "scheduler_config.json", SCHEDULE | {"prediction_type": "epsilon"})


def make_preview(folder: Path) -> None:
    from diffusers import AutoencoderTiny

    few = {"encoder_block_out_channels": (8, 8), "decoder_block_out_channels": (8, 8)}
    AutoencoderTiny(**few, num_encoder_blocks=(1, 1), num_decoder_blocks=(1, 1)).save_pretrained(folder)


def sphere(rows: int = 24) -> Surface:
    """A head that is a ball, whose places are its canonical ones."""
    down, across = np.meshgrid(np.linspace(0, np.pi, rows + 1), np.linspace(0, 2 * np.pi, 2 * rows + 1), indexing="ij")
    places = 0.8 * np.stack([np.sin(down) * np.sin(across), np.cos(down), np.sin(down) * np.cos(across)], -1)
    number = np.arange(places.shape[0] * places.shape[1]).reshape(places.shape[:2])
    a, b, c, d = (number[i : rows + i, j : 2 * rows + j].ravel() for i, j in ((0, 0), (1, 0), (0, 1), (1, 1)))
    triangles = np.concatenate([np.stack([a, b, c], 1), np.stack([b, d, c], 1)]).astype(np.int32)
    vertices = places.reshape(-1, 3).astype(np.float32)
    return find_surface(HeadMesh(vertices, triangles, np.zeros((len(triangles), 3, 2), np.float32), "ball"), vertices)


def make_flux2(folder: Path) -> None:
    from diffusers import AutoencoderKLFlux2, Flux2Transformer2DModel

    transformer = Flux2Transformer2DModel(
        in_channels=16,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=8,
        num_attention_heads=2,
        joint_attention_dim=3 * WORDS["hidden_size"],
        timestep_guidance_channels=16,
        axes_dims_rope=(2, 2, 2, 2),
        guidance_embeds=False,
    )
    transformer.save_pretrained(folder / "transformer", max_shard_size="20KB")  # in several files, as the large one
    blocks = {"down_block_types": ("DownEncoderBlock2D",) * 2, "up_block_types": ("UpDecoderBlock2D",) * 2}
    vae = AutoencoderKLFlux2(latent_channels=4, sample_size=128, **blocks, **BLOCKS)
    vae.bn.running_mean.normal_(), vae.bn.running_var.uniform_(0.5, 2)
    vae.save_pretrained(folder / "vae")
    save_own(Qwen(WORDS, (WORDS["num_hidden_layers"],)), WORDS, folder / "text_encoder")
    save_tokenizer(folder / "tokenizer", {"pad_token": "<|endoftext|>"})
    save_json(
        folder / "scheduler" / "scheduler_config.json", {"num_train_timesteps": 1000, "use_dynamic_shifting": True}
    )


def adapter_shapes(unet: nn.Module, resampler: tuple[int, int, int], seen: int) -> dict[str, tuple[int, ...]]:
    """Of IP-Adapter Plus as it is published: a resampler, and keys and values of each cross attention of a U-Net.

    Args:
        resampler: words that it makes, its width, and that of its heads together. seen: width of the image encoder's.
    """
    (count, hidden, inner), words = resampler, unet.config.cross_attention_dim
    shapes = {"latents": (1, count, hidden)}
    for name, wide, into in (("proj_in", seen, hidden), ("proj_out", hidden, words)):
        shapes |= {f"{name}.weight": (into, wide), f"{name}.bias": (into,)}
    shapes |= {f"norm_out.{kind}": (words,) for kind in ("weight", "bias")}
    for layer in range(4):
        at = f"layers.{layer}"
        norms = (f"{at}.0.norm1", f"{at}.0.norm2", f"{at}.1.0")
        shapes |= {f"{norm}.{kind}": (hidden,) for norm in norms for kind in ("weight", "bias")}
        shapes |= {f"{at}.0.to_q.weight": (inner, hidden), f"{at}.0.to_kv.weight": (2 * inner, hidden)}
        shapes |= {f"{at}.0.to_out.weight": (hidden, inner), f"{at}.1.1.weight": (4 * hidden, hidden)}
        shapes |= {f"{at}.1.3.weight": (hidden, 4 * hidden)}
    found = {f"image_proj.{key}": value for key, value in shapes.items()}
    crossing = [name for name in unet.attn_processors if name.endswith("attn2.processor")]
    for number, name in enumerate(crossing):
        side = unet.get_submodule(name.removesuffix(".processor")).to_k.out_features
        for kind in ("k", "v"):
            found[f"ip_adapter.{2 * number + 1}.to_{kind}_ip.weight"] = (side, words)
    return found


def save_own(network: nn.Module, told: dict, folder: Path) -> None:
    for parameter in network.parameters():
        nn.init.normal_(parameter, std=0.2)
    folder.mkdir(parents=True)
    save_file(network.state_dict(), folder / "model.safetensors")
    save_json(folder / "config.json", told)


def save_tokenizer(folder: Path, told: dict) -> None:
    signs = [sign for _, sign in sorted(byte_signs().items())]
    words = [*signs, *(f"{sign}</w>" for sign in signs), "he", "head</w>", "ad</w>", "<|startoftext|>", "<|endoftext|>"]
    special = ["<|im_start|>", "<|im_end|>", "<think>", "</think>"]
    ids = {word: number for number, word in enumerate(words + special)}
    save_json(folder / "vocab.json", ids)
    (folder / "merges.txt").write_text("#version: 0.2\nh e\na d</w>\nhe ad</w>\n", encoding="utf-8")
    added = {str(ids[word]): {"content": word} for word in ["<|endoftext|>", *special]}
    save_json(folder / "tokenizer_config.json", told | {"added_tokens_decoder": added})


def save_json(path: Path, content: dict) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")
