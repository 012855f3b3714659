"""Large profiles on tiny models: the whole path, what is held, and slow twins of the fast ways."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from backend.errors import AvatarTexError, Cancelled, ErrorCode
from backend.lab.training.lora import state_of
from backend.large import memory, paint
from backend.large.clip import ClipText
from backend.large.load import build
from backend.large.lora import add_lora, merge_lora
from backend.large.memory import LAYER, NETWORK, WHOLE, Tier, tier_for
from backend.large.tokens import Pairs, clip_tokens, qwen_tokens
from backend.models import store
from backend.models.profiles import PROFILES
from tests.backend import tiny_models

SIZE = tiny_models.TEXELS
PLAIN = Tier(0, WHOLE, False, False)


@pytest.fixture(scope="module", params=sorted(PROFILES))
def tiny(request, tmp_path_factory):
    """A profile of each kind."""
    folder = tmp_path_factory.mktemp(request.param)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("huggingface_hub.constants.HF_ASSETS_CACHE", str(folder / "assets"))
        yield tiny_models.make(request.param, folder)


@pytest.fixture(scope="module")
def scene():
    """(color, confidence, completion, portrait): the left half was seen."""
    random = np.random.default_rng(0)
    color, completion = (random.random((32, 32, 3), np.float32) for _ in range(2))
    confidence = np.zeros((32, 32), np.float32)
    confidence[4:28, 2:16] = 1
    return color, confidence, completion, random.random((50, 50, 3), np.float32)


def painted(tiny, scene, seed=0, on_step=lambda share: None, device="cpu"):
    return paint.paint(tiny, *scene, "photo", seed, device, on_step)


def test_the_whole_path(tiny, scene, monkeypatch):
    monkeypatch.setattr("socket.socket", lambda *_, **__: pytest.fail("it asks the network"))
    shares = []
    made = painted(tiny, scene, on_step=shares.append)
    assert made.shape == (SIZE, SIZE, 3) and made.dtype == np.float32 and 0 <= made.min() <= made.max() <= 1
    held = paint.make_scene(SIZE, *scene, "photo")
    sure = held.sure[0, 0].numpy() == 1
    assert 0.1 < sure.mean() < 0.9
    start = held.start[0].permute(1, 2, 0).numpy()
    assert (made[sure] == start[sure].clip(0, 1)).all()  # to the bit
    assert np.abs(made - start)[held.sure[0, 0].numpy() == 0].mean() > 0.01
    assert shares == sorted(shares) and shares[-1] == 1 and len(set(shares)) == 1 + round(4 * tiny.strength)
    assert len(shares) > 2 * len(set(shares))  # also asked within steps
    assert (painted(tiny, scene) == made).all()
    assert (painted(tiny, scene, seed=1) != made).any()


def test_it_ends_within_a_step(tiny, scene):
    asked = []

    def cancel(share: float) -> None:
        asked.append(share)
        if len(asked) == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        painted(tiny, scene, on_step=cancel)
    assert asked == [0.0, 0.0, 0.0]


def test_every_tier_paints_the_same(tiny, scene):
    parts = store.find_parts(tiny)
    held = paint.make_scene(SIZE, *scene, "photo")
    pictures = [
        paint.run(tiny, parts, held, 0, "cpu", Tier(8, offload, halves, tiling), lambda share: None)
        for offload, halves, tiling in ((WHOLE, False, False), (NETWORK, True, False), (LAYER, True, True))
    ]
    for picture in pictures[1:]:  # at this size there is but one tile
        assert (picture - pictures[0]).abs().max() < 1e-3


def test_words_portrait_and_layout_all_count(tiny, scene):
    """Each condition moves the picture: none is dropped on the way."""
    parts = store.find_parts(tiny)
    held = paint.make_scene(SIZE, *scene, "photo")
    painter = paint.load_painter(tiny, parts, "cpu", PLAIN, lambda: None)
    level = painter.levels(SIZE)[0]

    def clean(**changed) -> torch.Tensor:
        kept = painter.prepare(type(held)(**{**vars(held), **changed}))
        with painter.ready():
            return painter.clean(torch.ones_like(kept), level)

    plain = clean()
    assert (clean(words="a drawing") != plain).any()
    assert (clean(portrait=1 - held.portrait) != plain).any()
    assert (clean(start=1 - held.start) != plain).any()
    assert (clean() == plain).all()
    if tiny.family == "unet":
        assert set(painter.hints) == set(dict(tiny.controls))
        for name, hint in painter.hints.items():
            painter.hints[name] = 1 - hint
            with painter.ready():
                assert (painter.clean(torch.ones_like(plain), level) != plain).any(), name
            painter.hints[name] = hint


def test_layers_come_one_by_one():
    network = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.GroupNorm(2, 4))
    before, there = [value.clone() for value in network.parameters()], []
    memory.stream_layers(network, "meta")
    for layer in network:
        layer.register_forward_pre_hook(lambda layer, _: there.append([p.device.type for p in network.parameters()]))
    assert network(torch.zeros(2, 3, device="meta")).device.type == "meta"
    assert there == [["meta", "meta", "cpu", "cpu"], ["cpu", "cpu", "meta", "meta"]]
    assert all(torch.equal(old, new) for old, new in zip(before, network.parameters()))


def test_memory_runs_out_once(tiny, scene, monkeypatch):
    """The next tier is tried, and what was begun is let go."""
    tiers, real = [], paint.run

    def short(profile, parts, scene, seed, device, tier, on_step):
        tiers.append(tier)
        if len(tiers) == 1:
            raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return real(profile, parts, scene, seed, device, PLAIN, on_step)

    monkeypatch.setattr(paint, "run", short)
    monkeypatch.setattr(paint, "choose_tiers", lambda profile, device: [tier_for(profile, card) for card in (8, 6)])
    assert painted(tiny, scene).shape == (SIZE, SIZE, 3) and [tier.gigabytes for tier in tiers] == [8, 6]
    monkeypatch.setattr(paint, "run", lambda *_: (_ for _ in ()).throw(MemoryError()))
    with pytest.raises(AvatarTexError, match="even layer by layer") as refusal:
        painted(tiny, scene)
    assert refusal.value.code is ErrorCode.OUT_OF_MEMORY


def test_tiers_of_the_real_profiles(monkeypatch):
    told = {name: [tier_for(profile, card).offload for card in memory.CARDS] for name, profile in PROFILES.items()}
    assert told == {
        "sd15": [WHOLE, WHOLE, WHOLE, NETWORK, NETWORK],
        "sdxl": [WHOLE, NETWORK, NETWORK, LAYER, LAYER],
        "klein": [WHOLE, NETWORK, NETWORK, LAYER, LAYER],
    }
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (7.5e9, 8e9))
    assert [tier.gigabytes for tier in memory.choose_tiers(PROFILES["sdxl"], "cuda")] == [8, 6]
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (1e9, 8e9))
    assert [tier.gigabytes for tier in memory.choose_tiers(PROFILES["sdxl"], "cuda")] == [6]


def test_a_lora_is_merged_as_it_was_trained(tiny, scene, tmp_path):
    if tiny.family != "unet":
        pytest.skip("trained for U-Nets")
    painter = paint.load_painter(tiny, store.find_parts(tiny), "cpu", PLAIN, lambda: None)
    network = painter.unet
    plain = {key: value.clone() for key, value in network.state_dict().items()}
    layers = add_lora(network, 2)
    for layer in layers.values():
        torch.nn.init.normal_(layer.lora_B.weight)
    merged = dict(plain)
    trained = torch.nn.ModuleList(part for layer in layers.values() for part in (layer.lora_A, layer.lora_B))
    merge_lora(merged, state_of(layers, trained))
    changed = [key for key in plain if not torch.equal(plain[key], merged[key])]
    assert len(changed) == len(layers) > 4 and all(".to_" in key for key in changed)
    for path, layer in list(layers.items())[:3]:
        x = torch.randn(4, layer.linear.in_features)
        beside = torch.nn.functional.linear(x, merged[f"{path}.weight"], layer.linear.bias)
        assert torch.allclose(layer(x), beside, atol=1e-4)
    with pytest.raises(AvatarTexError, match="does not fit"):
        merge_lora({}, state_of(layers, trained))


@pytest.mark.parametrize(
    "changed",
    [
        {"lora_A.weight": torch.ones(5)},
        {"lora_A.weight": torch.ones(2, 5, 1)},
        {"lora_A.weight": torch.ones(3, 5)},
        {"lora_A.weight": torch.ones(0, 5), "lora_B.weight": torch.ones(6, 0)},
        {"lora_B.weight": torch.ones(6)},
        {"lora_B.weight": torch.ones(())},
        {"lora_B.weight": torch.full((6, 2), torch.nan)},
        {"alpha": torch.ones(2)},
        {"alpha": torch.tensor(torch.inf)},
    ],
    ids=range(9),
)
def test_a_lora_that_does_not_fit_is_refused(changed):
    """Each of them is a file that safetensors reads."""
    state = {"to_q.weight": torch.zeros(6, 5)}
    lora = {"lora_A.weight": torch.ones(2, 5), "lora_B.weight": torch.ones(6, 2)}
    merge_lora(state, {f"unet.to_q.{name}": value for name, value in lora.items()})
    assert (state["to_q.weight"] == 2).all()
    with pytest.raises(AvatarTexError, match="does not fit") as refusal:
        merge_lora(state, {f"unet.to_q.{name}": value for name, value in {**lora, **changed}.items()})
    assert refusal.value.code is ErrorCode.MODEL_UNUSABLE and (state["to_q.weight"] == 2).all()


def test_a_configuration_with_more_layers_than_weights_is_refused(tmp_path):
    folder = tmp_path / "clip"
    tiny_models.save_own(ClipText(tiny_models.TEXT), {**tiny_models.TEXT, "num_hidden_layers": 3000}, folder)
    part = store.StoredPart(str(folder), "", "mit", True, {"model.safetensors": store.StoredFile(0, "")})
    with pytest.raises(AvatarTexError, match="num_hidden_layers is 3000"):
        build(ClipText, part, "", torch.float32)


def test_tokens(tmp_path):
    tiny_models.save_tokenizer(tmp_path, {"pad_token": "!"})
    pairs = Pairs(tmp_path)
    ids = pairs.ids
    assert clip_tokens(pairs, "  Head HE d!", 8) == [
        ids["<|startoftext|>"],
        ids["head</w>"],
        ids["h"],
        ids["e</w>"],
        ids["d</w>"],
        ids["!</w>"],
        ids["<|endoftext|>"],
        ids["!"],
    ]
    assert clip_tokens(pairs, "head " * 90)[-2:] == [ids["head</w>"], ids["<|endoftext|>"]]
    pairs.padding = "<|endoftext|>"
    tokens, real = qwen_tokens(pairs, "he", 60)
    assert tokens[0] == ids["<|im_start|>"] and ids["</think>"] in tokens and ids["he"] in tokens
    assert len(tokens) == len(real) == 60 and tokens[-1] == ids["<|endoftext|>"] and not real[-1]
    whole = {"model": {"vocab": ids, "merges": ["h e", ["a", "d</w>"], "he ad</w>"]}}
    whole["added_tokens"] = [{"content": name, "id": number} for name, number in pairs.special.items()]
    folder = tmp_path / "newer"  # as newer versions of transformers write it
    tiny_models.save_json(folder / "tokenizer.json", whole)
    tiny_models.save_json(folder / "tokenizer_config.json", {"pad_token": "<|endoftext|>"})
    assert qwen_tokens(Pairs(folder), "he", 60) == (tokens, real)
    (tmp_path / "merges.txt").unlink()
    with pytest.raises(AvatarTexError, match="tokenizer"):
        Pairs(tmp_path)


def test_another_architecture_and_a_truncated_file(tiny, scene):
    lock = store.read_lock(tiny)
    name = next(name for name in lock["base"].files if name.startswith("vae/") and name.endswith(".safetensors"))
    path = Path(lock["base"].root) / name
    data = path.read_bytes()
    try:
        path.write_bytes(data[:-9] + bytes(9))  # of the same size, and still readable
        assert store.verify(tiny) == [f"base/{name}"]
        path.write_bytes(data[:50])
        with pytest.raises(AvatarTexError) as refusal:
            painted(tiny, scene)
        assert refusal.value.code is ErrorCode.MODEL_MISSING
        other = Path(lock["base"].root) / ("unet" if tiny.family == "unet" else "transformer")
        path.write_bytes(data)
        config = other / "config.json"
        told = config.read_text()
        config.write_text(told.replace('"attention_head_dim": 8', '"attention_head_dim": 4').replace("64", "48"))
        with pytest.raises(AvatarTexError) as refusal:
            painted(tiny, scene)
        assert refusal.value.code is ErrorCode.MODEL_UNUSABLE and "architecture" in refusal.value.message
        config.write_text(told)
    finally:
        path.write_bytes(data)
