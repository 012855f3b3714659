"""Large profiles on tiny models: the whole path, what is held, and slow twins of the fast ways."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from backend.errors import AvatarTexError, Cancelled, ErrorCode
from backend.lab.training.lora import state_of
from backend.lab.training.low_rank import add_lora
from backend.large import paint
from backend.large.load import merge_lora
from backend.large.memory import LAYER, NETWORK, WHOLE, Tier, tier_for
from backend.large.paint import Order
from backend.large.unet import build_control
from backend.large.views import Sights
from backend.models import store
from backend.models.own_parts import use_local
from backend.models.profiles import PROFILES
from tests.backend import tiny_models
from tests.speed import large as speed

SIZE = tiny_models.TEXELS
PLAIN = Tier(0, WHOLE, False, False)
#: sd15 goes the way of sdxl, with one text encoder fewer.
TWO_WAYS = pytest.mark.parametrize("tiny", ["klein", "sdxl"], indirect=True)


@pytest.fixture(scope="module", params=sorted(PROFILES))
def tiny(request, tmp_path_factory):
    """A profile of each kind."""
    folder = tmp_path_factory.mktemp(request.param)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("huggingface_hub.constants.HF_ASSETS_CACHE", str(folder / "assets"))
        patch.setattr("backend.head.visibility.BUFFER", 150)  # a ball hides little
        yield tiny_models.make(request.param, folder)


@pytest.fixture(scope="module")
def order():
    """The left half was seen."""
    random = np.random.default_rng(0)
    color, completion = (random.random((32, 32, 3), np.float32) for _ in range(2))
    confidence = np.zeros((32, 32), np.float32)
    confidence[4:28, 2:16] = 1
    portrait = random.random((50, 50, 3), np.float32)
    return Order(color, confidence, [completion], portrait, Sights(tiny_models.sphere()), "photo", [0], "atlas")


def painted(tiny, order, seed=0, on_step=lambda share, picture: None, **changed):
    return next(paint.paint(tiny, replace(order, seeds=[seed], **changed), "cpu", on_step))


def plan(tiny, order):
    return paint.plan(tiny, order, *paint.make_atlases(tiny.texels, order))


@pytest.mark.parametrize("way", ["atlas", "around"])
def test_the_whole_path(tiny, order, way, monkeypatch):
    monkeypatch.setattr("socket.socket", lambda *_, **__: pytest.fail("it asks the network"))
    shares, pictures = [], []

    def tell(share, picture):
        shares.append(share)
        pictures.extend([] if picture is None else [picture])

    [made] = paint.paint(tiny, replace(order, way=way), "cpu", tell, shown=True)
    assert made.shape == (SIZE, SIZE, 3) and made.dtype == np.float32 and 0 <= made.min() <= made.max() <= 1
    start, held = (one[0].permute(1, 2, 0).numpy() for one in paint.make_atlases(SIZE, order))
    sure = held[..., 0] == 1
    assert 0.1 < sure.mean() < 0.9
    assert (made[sure] == start[sure].clip(0, 1)).all()  # to the bit
    assert np.abs(made - start)[held[..., 0] == 0].mean() > 0.01
    steps = round(4 * tiny.strength)
    assert shares == sorted(shares) and shares[-1] == 1 and len(set(shares)) == 1 + steps
    assert len(shares) > 2 * len(set(shares))  # also asked within steps
    assert len(pictures) == steps and pictures[0].shape[0] == pictures[0].shape[1] > 8
    assert all(np.isfinite(one).all() and one.std() > 0.01 for one in pictures)
    if way == "atlas":
        assert (painted(tiny, order) == made).all()
        assert (painted(tiny, order, seed=1) != made).any()


def test_it_ends_within_a_step(tiny, order):
    asked = []

    def cancel(share: float, picture: None) -> None:
        asked.append(share)
        if len(asked) == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        painted(tiny, order, on_step=cancel)
    assert asked == [0.0, 0.0, 0.0]


@TWO_WAYS
def test_every_tier_paints_the_same(tiny, order):
    parts, pictures = store.find_parts(tiny), []
    for tier in (WHOLE, False, False), (NETWORK, True, False), (LAYER, True, True):
        painter = paint.load_painter(tiny, parts, "cpu", Tier(8, *tier), lambda: None)
        pictures += paint.run(tiny, parts, painter, order, lambda *_: None)
    for picture in pictures[1:]:  # at this size there is but one tile
        assert abs(picture - pictures[0]).max() < 1e-3


@TWO_WAYS
def test_several_seeds_are_what_each_alone_is(tiny, order, monkeypatch):
    several = replace(order, seeds=[3, 5, 8], completions=[order.completions[0] * share for share in (1, 0.5, 0.2)])
    monkeypatch.setattr(paint, "choose_tiers", lambda *_: [replace(PLAIN, batch=2)])
    together = list(paint.paint(tiny, several, "cpu", lambda *_: None))
    for seed, completion, made in zip(several.seeds, several.completions, together, strict=True):
        assert abs(painted(tiny, order, seed, completions=[completion]) - made).max() < 1e-3
    assert abs(together[0] - together[1]).mean() > 0.01


@TWO_WAYS
def test_words_portrait_and_layout_all_count(tiny, order):
    """Each condition moves the picture: none is dropped on the way."""
    parts, scene = store.find_parts(tiny), plan(tiny, order).scene
    painter = paint.load_painter(tiny, parts, "cpu", PLAIN, lambda: None)
    level = painter.levels(SIZE)[0]

    def clean(**changed) -> torch.Tensor:
        kept = painter.prepare(replace(scene, **changed))
        with painter.ready():
            return painter.clean(torch.ones_like(kept), level)

    plain = clean()
    assert (clean(words=("a drawing",)) != plain).any()
    assert (clean(portrait=1 - scene.portrait) != plain).any()
    assert (clean(start=1 - scene.start) != plain).any()
    assert (clean() == plain).all()


@pytest.mark.parametrize("way", ["atlas", "around"])
def test_every_hint_counts_and_an_optional_one_may_lack(tiny, order, way):
    if tiny.family != "unet" or (way == "around" and tiny.name == "tiny-sdxl"):
        pytest.skip("has no ControlNets, or the same")
    parts, scene = store.find_parts(tiny), plan(tiny, replace(order, way=way)).scene
    painter = paint.load_painter(tiny, parts, "cpu", replace(PLAIN, batch=8), lambda: None, way)
    level, kept = painter.levels(SIZE)[0], painter.prepare(scene)
    with painter.ready():
        plain = painter.clean(torch.ones_like(kept), level)
        assert set(painter.hints) == set(tiny.controls[way])
        for name, hint in painter.hints.items():
            assert len(hint) == len(scene.start) and 0 <= hint.min() < hint.max() <= 1
            painter.hints[name] = 1 - hint
            changed = (painter.clean(torch.ones_like(kept), level) != plain).flatten(1).any(1)
            assert changed.all(), name
            painter.hints[name] = hint
    fewer = {name: part for name, part in parts.items() if name != "position"}
    painter = paint.load_painter(tiny, fewer, "cpu", PLAIN, lambda: None, way)
    assert set(painter.controls) == set(tiny.controls[way]) - {"position"}


def test_a_control_in_one_file(tiny, tmp_path):
    """Under the names of the paper's code, with their prefix and without."""
    if tiny.name != "tiny-sd15":
        pytest.skip("its kind alone")
    base, path = store.read_lock(tiny)["base"], tmp_path / "control.safetensors"
    wanted = tiny_models.control(False).state_dict()
    named = tiny_models.first_names(wanted, tiny_models.BLOCKS["layers_per_block"])
    part = store.StoredPart(str(tmp_path), "", "openrail", True, {path.name: store.StoredFile(0, "")})
    for prefix in ("control_model.", ""):
        save_file({prefix + key.removeprefix("control_model."): value for key, value in named.items()}, path)
        found = build_control(part, base, torch.float32).state_dict()
        assert found.keys() == wanted.keys() and all(torch.equal(found[key], wanted[key]) for key in wanted)
    for wrong in ({"weight": torch.ones(3)}, dict(list(named.items())[9:])):
        save_file(wrong, path)
        with pytest.raises(AvatarTexError, match="another architecture") as refusal:
            build_control(part, base, torch.float32)
        assert refusal.value.code is ErrorCode.MODEL_UNUSABLE


@TWO_WAYS
def test_memory_runs_out_once(tiny, order, monkeypatch):
    """The next tier is tried, and what was begun is let go."""
    tiers, real = [], paint.load_painter

    def short(profile, parts, device, tier, *rest):
        tiers.append(tier)
        if len(tiers) == 1:
            raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return real(profile, parts, device, PLAIN, *rest)

    monkeypatch.setattr(paint, "load_painter", short)
    monkeypatch.setattr(paint, "choose_tiers", lambda profile, device: [tier_for(profile, card) for card in (8, 6)])
    assert painted(tiny, order).shape == (SIZE, SIZE, 3) and [tier.gigabytes for tier in tiers] == [8, 6]
    monkeypatch.setattr(paint, "run", lambda *_: (_ for _ in ()).throw(MemoryError()))
    with pytest.raises(AvatarTexError, match="even layer by layer") as refusal:
        painted(tiny, order)
    assert refusal.value.code is ErrorCode.OUT_OF_MEMORY


def test_a_lora_is_merged_as_it_was_trained(tiny, order, tmp_path):
    if tiny.family != "unet":
        pytest.skip("trained for U-Nets")
    base = {"base": store.find_parts(tiny)["base"]}  # it is trained without the picture prompt
    network = paint.load_painter(tiny, base, "cpu", PLAIN, lambda: None).unet
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
    save_file(state_of(layers, trained), tmp_path / "lora.safetensors")
    parts = {**base, "lora": use_local(tiny, "lora", tmp_path / "lora.safetensors")}
    for way, used in (("atlas", True), ("around", False)):  # it was taught the atlas
        found = paint.load_painter(tiny, parts, "cpu", PLAIN, lambda: None, way).unet.state_dict()
        assert (
            torch.equal(found[changed[0]], merged[changed[0]])
            == used
            != torch.equal(found[changed[0]], plain[changed[0]])
        )


def test_another_architecture_and_a_truncated_file(tiny, order):
    lock = store.read_lock(tiny)
    name = next(name for name in lock["base"].files if name.startswith("vae/") and name.endswith(".safetensors"))
    path = Path(lock["base"].root) / name
    data = path.read_bytes()
    try:
        path.write_bytes(data[:-9] + bytes(9))  # of the same size, and still readable
        assert store.verify(tiny) == [f"base/{name}"]
        path.write_bytes(data[:50])
        with pytest.raises(AvatarTexError) as refusal:
            painted(tiny, order)
        assert refusal.value.code is ErrorCode.MODEL_MISSING
        other = Path(lock["base"].root) / ("unet" if tiny.family == "unet" else "transformer")
        path.write_bytes(data)
        config = other / "config.json"
        told = config.read_text()
        config.write_text(told.replace('"attention_head_dim": 8', '"attention_head_dim": 4').replace("64", "48"))
        with pytest.raises(AvatarTexError) as refusal:
            painted(tiny, order)
        assert refusal.value.code is ErrorCode.MODEL_UNUSABLE and "architecture" in refusal.value.message
        config.write_text(told)
    finally:
        path.write_bytes(data)


def test_the_script_of_speed_runs(tiny, capsys):
    if tiny.name != "tiny-sd15":
        pytest.skip("one is enough")
    speed.measure(tiny, "cpu", 2, 1)
    rows = capsys.readouterr().out.splitlines()[1:]
    assert [" ".join(row.split(", ")[-1].split()[1:]) for row in rows[1:]] == ["times as fast as plain"] * 2
    assert "1 x 4 steps" in rows[0] and "1 x 2 steps" in rows[1] and "2 x 2 steps" in rows[2]


def test_the_script_of_speed_compares_a_step(tiny, capsys):
    """Ours is the plain loop's step, on the same networks."""
    if tiny.name != "tiny-sd15":
        pytest.skip("one is enough")
    speed.measure_step(tiny, "cpu", 1)
    *rows, pixels, memory = capsys.readouterr().out.splitlines()
    assert [row.split(":")[0] for row in rows] == ["plain", "ours", "plain, as wide as ours"]
    assert float(pixels.split(" by ")[1].split()[0]) < 1e-5 and memory.endswith("GB")
