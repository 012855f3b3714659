"""The real models' shapes, on torch's meta device, where weights have sizes and no memory."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from torch import nn

from backend.lab.training.low_rank import CHANGED, add_lora
from backend.large import flux2, unet
from backend.large.memory import WHOLE, Tier
from backend.large.qwen import READ, Qwen
from backend.large.scene import Scene
from backend.large.unet import add_adapter
from backend.models.profiles import PROFILES
from tests.backend import real_models, tiny_models

#: Bytes of the weights as published in half precision.
PUBLISHED = {
    "sd15": {"unet": 1_719_154_104, "vae": 167_335_342, "text_encoder": 246_144_864, "control": 722_601_100},
    "sdxl": {"unet": 5_135_149_760, "vae": 167_335_342, "text_encoder": 246_144_864, "control": 2_502_139_104},
}
#: IP-Adapter Plus: words, width, width of its heads; bytes.
ADAPTERS = {"sd15": ((16, 768, 768), 98_183_288), "sdxl": ((16, 1280, 1280), 847_517_512)}
#: Of all files that klein's commit holds in folders.
KLEIN = 15_968_709_091


def size(network: nn.Module) -> int:
    """Bytes in half precision."""
    return 2 * sum(value.numel() for value in network.parameters())


def on_meta(make, *given, **told):
    with torch.device("meta"):
        return make(*given, **told)


def built(profile: str, part: str, folder: str, make, dtype):
    """What load.build gives, of the real configuration and without weights."""
    if part == "image_encoder":
        config = real_models.EYES_H
    elif part == "base":
        config = real_models.BASES[profile][folder]
    else:
        config = real_models.control_config(profile)
    return on_meta(make, config).to(dtype)


@pytest.fixture(scope="module", params=["sd15", "sdxl"])
def painter(request, tmp_path_factory):
    """A profile's painter in its real shapes, with every ControlNet and IP-Adapter."""
    name = request.param
    profile = PROFILES[name]
    shapes = {}

    def add(network, path, weight):
        wanted = tiny_models.adapter_shapes(network, ADAPTERS[name][0], real_models.EYES_H["hidden_size"])
        shapes.update({key: torch.empty(value, device="meta", dtype=torch.float16) for key, value in wanted.items()})
        on_meta(add_adapter, network, path, weight)

    base = {folder: real_models.BASES[name].get(folder, {}) for folder in ("unet", "vae")}
    base["scheduler"] = tiny_models.SCHEDULE | {"prediction_type": "epsilon"}
    names = ("base", "adapter", "image_encoder", *real_models.used(profile) - {"position"})
    root = tmp_path_factory.mktemp(name)
    for number in ("", "_2"):
        tiny_models.save_tokenizer(root / f"tokenizer{number}", {})
    files = dict.fromkeys(f"{folder}/model.safetensors" for folder in real_models.BASES[name])
    parts = {one: SimpleNamespace(name=one, root=root, files=files) for one in names}
    weights = dict.fromkeys(real_models.used(profile) - {"position"}, 0.5)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(unet, "build", lambda make, part, folder, dtype, *_: built(name, part.name, folder, make, dtype))
        patch.setattr(unet, "build_control", lambda part, base, dtype: built(name, part.name, "", control, dtype))
        patch.setattr(unet, "read_config", lambda part, folder: base[folder])
        patch.setattr(unet, "add_adapter", add)
        patch.setattr(unet, "read_file", lambda path: shapes)
        made = unet.UNetPainter(profile, parts, "meta", Tier(0, WHOLE, False, False, 8), lambda: None, weights)
    made.adapter_size = 2 * sum(value.numel() for value in shapes.values())
    return made


def control(config):
    from diffusers import ControlNetModel

    return ControlNetModel.from_config(config)


def test_sizes_are_the_published_ones(painter):
    name, wanted = painter.profile.name, PUBLISHED[painter.profile.name]
    plain = size(painter.unet) - sum(
        2 * value.numel() for key, value in painter.unet.named_parameters() if "_ip." in key or "encoder_hid" in key
    )
    assert plain == pytest.approx(wanted["unet"], rel=1e-3)
    assert size(painter.vae) == pytest.approx(wanted["vae"], rel=1e-3)
    assert size(painter.texts[0][1]) == pytest.approx(wanted["text_encoder"], rel=1e-3)
    assert painter.adapter_size == pytest.approx(ADAPTERS[name][1], rel=1e-3)
    for network in painter.controls.values():
        assert size(network) == pytest.approx(wanted["control"], rel=1e-3)
    assert 2 * size(painter.eyes) == pytest.approx(2_528_373_448, rel=1e-3)  # published in whole precision
    if name == "sdxl":
        assert size(painter.texts[1][1]) == pytest.approx(1_389_382_176, rel=1e-3)


@pytest.mark.parametrize("closes", [True, False])
def test_a_step_at_full_size(painter, closes):
    """Words, portrait, what is held, every ControlNet and the U-Net fit each other; two pictures at once."""
    side = painter.profile.texels
    blank = torch.zeros(2, 3, side, side)
    hints = {name: blank for name in ("depth", "normal", "position")}
    scene = Scene(blank, blank[:, :1], torch.zeros(1, 3, 448, 448), ("a head", "it"), hints, closes)
    kept = painter.prepare(scene)
    assert kept.shape == (2, 4, side // 8, side // 8) and kept.device.type == "meta"
    assert painter.shown is not None and painter.shown.shape[1] == 5
    clean = painter.clean(kept, painter.levels(side)[0])
    assert clean.shape == kept.shape and clean.device.type == "meta"


@pytest.mark.parametrize("profile, blocks", [("sd15", 16), ("sdxl", 70)])
def test_loras_of_the_real_shapes(profile, blocks):
    """Each attention of the U-Net has four layers that are changed; their weights are of a consumer card's size."""
    from diffusers import UNet2DConditionModel

    rank, network = 16, on_meta(UNet2DConditionModel.from_config, real_models.BASES[profile]["unet"])
    whole = size(network)
    added = on_meta(add_lora, network, rank)
    assert len(added) == blocks * 2 * len(CHANGED)
    for layer in added.values():
        assert layer.lora_A.weight.shape == (rank, layer.linear.in_features)
        assert layer.lora_B.weight.shape == (layer.linear.out_features, rank)
    assert size(network) - whole < 0.02 * whole


def test_klein(tmp_path, monkeypatch):
    from diffusers import AutoencoderKLFlux2, Flux2Transformer2DModel

    configs = real_models.BASES["klein"]
    whole = [on_meta(Flux2Transformer2DModel.from_config, configs["transformer"])]
    whole += [on_meta(AutoencoderKLFlux2.from_config, {}), on_meta(Qwen, configs["text_encoder"], (36,))]
    assert sum(map(size, whole)) == pytest.approx(KLEIN, rel=2e-3)
    monkeypatch.setattr(
        flux2, "build", lambda make, part, folder, *_, **__: on_meta(make, configs[folder]).to(torch.bfloat16)
    )
    monkeypatch.setattr(flux2, "read_config", lambda part, folder: {"use_dynamic_shifting": True})
    monkeypatch.setattr(flux2, "read_lora", lambda parts: None)
    tiny_models.save_tokenizer(tmp_path / "tokenizer", {"pad_token": "<|endoftext|>"})
    parts = {"base": SimpleNamespace(root=tmp_path)}
    painter = flux2.Flux2Painter(PROFILES["klein"], parts, "meta", Tier(0, WHOLE, False, False, 2), lambda: None, READ)
    blank = torch.zeros(2, 3, 1024, 1024)
    kept = painter.prepare(Scene(blank, blank[:, :1], torch.zeros(1, 3, 448, 448), ("a head",) * 2))
    assert kept.shape == (2, 128, 64, 64)
    with painter.ready():
        assert painter.clean(kept, painter.levels(1024)[0]).shape == kept.shape


def test_a_control_in_one_file_has_the_real_names():
    """What the paper's code calls them, of Stable Diffusion 1.5's shape: 340 tensors, and back to diffusers'."""
    from diffusers import ControlNetModel
    from diffusers.loaders.single_file_utils import convert_controlnet_checkpoint

    wanted = on_meta(ControlNetModel.from_config, real_models.control_config("sd15")).state_dict()
    named = tiny_models.first_names(wanted, 2)
    assert len(named) == 340 and "control_model.input_blocks.11.0.out_layers.3.weight" in named
    found = convert_controlnet_checkpoint(named, {"layers_per_block": 2})
    assert {key: value.shape for key, value in found.items()} == {key: value.shape for key, value in wanted.items()}
    assert unet.widths(found) == [16, 32, 96, 256]
