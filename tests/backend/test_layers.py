"""Layers become one picture as their blends say, and come out of their bytes as they went in, or not at all."""

from __future__ import annotations

import json
import threading
import tracemalloc
import zlib

import numpy as np
import pytest

from backend.layers import flatten as flattening
from backend.layers.flatten import LAYERS, NOTHING, OPACITIES, Blend, encode, flatten
from backend.layers.packed import MAGIC, BadLayers, Packed, pack, unpack

SIZE = 24
COVERS = [name for name, blend in LAYERS.items() if blend is Blend.OVER]


def drawn(count: int, seed: int = 0) -> dict[str, np.ndarray]:
    """(C,count) float32 of every layer, at random within what it may be."""
    random = np.random.default_rng(seed)
    made = {}
    for name, blend in LAYERS.items():
        values = random.random((4 if blend is Blend.OVER else 3, count))
        if blend is Blend.GAIN:
            values = 0.3 + 1.6 * values
        elif blend is Blend.ADD:
            values = 0.3 * (values - 0.5)
        made[name] = values.astype(np.float32)
    return made


def slow(layers: dict[str, np.ndarray], opacities: dict[str, float]) -> np.ndarray:
    """The readable twin of flatten(), of float layers."""
    colour = layers["skin"].astype(np.float64)
    for name, blend in LAYERS.items():
        if name == "skin" or name not in layers:
            continue
        values, opacity = layers[name].astype(np.float64), opacities.get(name, 1.0)
        if blend is Blend.GAIN:
            colour = colour * (1 + opacity * (values - 1))
        elif blend is Blend.ADD:
            colour = np.clip(colour + opacity * values, 0, 1)
        else:
            colour = colour + opacity * values[3] * (values[:3] - colour)
    return np.clip(colour, 0, 1)


def one(name: str, *values: float) -> dict[str, np.ndarray]:
    """Grey skin, and on its one texel a layer."""
    return {"skin": np.full((3, 1), 0.5, np.float32), name: np.array(values, np.float32)[:, None]}


@pytest.mark.parametrize(
    ("name", "values", "opacity", "wanted"),
    [
        ("folds", (0.8, 1.0, 1.2), 1.0, (0.4, 0.5, 0.6)),
        ("folds", (0.8, 1.0, 1.2), 0.5, (0.45, 0.5, 0.55)),
        ("light", (0.8, 1.0, 1.2), 2.0, (0.3, 0.5, 0.7)),
        ("light", (0.2, 1.9, 1.9), 0.0, (0.5, 0.5, 0.5)),
        ("detail", (0.1, 0.0, -0.1), 1.0, (0.6, 0.5, 0.4)),
        ("detail", (0.1, 0.0, -0.1), 2.0, (0.7, 0.5, 0.3)),
        ("detail", (0.1, 0.0, -0.1), 0.0, (0.5, 0.5, 0.5)),
        ("hair", (1.0, 0.5, 0.0, 1.0), 1.0, (1.0, 0.5, 0.0)),
        ("hair", (1.0, 0.5, 0.0, 0.5), 0.5, (0.625, 0.5, 0.375)),
        ("headwear", (1.0, 0.5, 0.0, 1.0), 0.0, (0.5, 0.5, 0.5)),
    ],
)
def test_each_blend_does_what_it_says(name, values, opacity, wanted):
    layers = one(name, *values)
    assert flatten(layers, {name: opacity})[:, 0] == pytest.approx(wanted, abs=1e-6)
    coded = {part: encode(part, planes) for part, planes in layers.items()}
    assert flatten(coded, {name: opacity})[:, 0] == pytest.approx(wanted, abs=2 * max(opacity, 1) / 255)


def test_the_skin_is_always_whole_and_what_is_not_there_does_nothing():
    layers = drawn(50)
    skin = {"skin": layers["skin"]}
    assert np.array_equal(flatten(skin, {"skin": 0.0, "hair": 1.0}), layers["skin"])
    without = dict.fromkeys(LAYERS, 0.0)
    assert np.array_equal(flatten(layers, without), layers["skin"])
    assert np.array_equal(flatten(layers, {}), flatten(layers, dict.fromkeys(LAYERS, 1.0)))
    for name in set(LAYERS) - {"skin"}:
        rest = {other: values for other, values in layers.items() if other != name}
        assert np.array_equal(flatten(rest, {}), flatten(layers, {name: 0.0})), name
    assert set(OPACITIES) == set(LAYERS) - {"skin"}


def test_what_comes_out_is_a_colour_and_nothing_that_goes_in_changes():
    layers = {name: 3 * values for name, values in drawn(200).items() if LAYERS[name] is not Blend.OVER}
    before = {name: values.copy() for name, values in layers.items()}
    made = flatten(layers, {"light": 2.0, "detail": 2.0})
    assert made.dtype == np.float32 and made.min() >= 0 and made.max() <= 1
    assert all(np.array_equal(layers[name], before[name]) for name in layers)
    assert flatten({name: values[:, :0] for name, values in layers.items()}, {}).shape == (3, 0)


@pytest.mark.parametrize("opacities", [{}, OPACITIES, {"folds": 0.3, "hair": 0.7, "light": 1.6, "detail": 0.2}])
@pytest.mark.parametrize("count", [1, 700])
def test_blocks_on_all_cores_give_what_the_slow_way_gives(monkeypatch, opacities, count):
    monkeypatch.setattr(flattening, "BLOCK", 64)
    layers = drawn(count)
    layers["hair"][3, 64:192] = 0  # a block that has none
    assert np.abs(flatten(layers, opacities) - slow(layers, opacities)).max() < 1e-5
    threads, real = set(), flattening._flatten_block

    def noted(*arguments):
        threads.add(threading.current_thread().name)
        return real(*arguments)

    monkeypatch.setattr(flattening, "_flatten_block", noted)
    whole = flatten(layers, opacities)
    monkeypatch.setattr(flattening, "BLOCK", 1 << 14)
    assert np.array_equal(whole, flatten(layers, opacities))
    assert count == 1 or any(name.startswith("ThreadPool") for name in threads)


def test_bytes_give_what_floats_give():
    """Each layer by itself within two 255ths; of all together each adds its own rounding."""
    layers = drawn(3000)
    coded = {name: encode(name, values) for name, values in layers.items()}
    assert all(planes.dtype == np.uint8 and planes.shape == layers[name].shape for name, planes in coded.items())
    for name in set(LAYERS) - {"skin"}:
        pair = [{"skin": of["skin"], name: of[name]} for of in (layers, coded)]
        apart = flatten(pair[0], {}) - flatten(pair[1], {})
        assert np.abs(apart).max() < 2 / 255, name
    apart = np.abs(flatten(layers, OPACITIES) - flatten(coded, OPACITIES))
    assert apart.mean() < 1 / 255 and apart.max() < 3 / 255


def test_bytes_that_mean_nothing_do_nothing():
    skin = encode("skin", drawn(200)["skin"])
    for name, blend in LAYERS.items():
        if blend is not Blend.BASE:
            nothing = np.full((4 if blend is Blend.OVER else 3, 200), float(blend is Blend.GAIN), np.float32)
            planes = encode(name, nothing)
            assert (planes == NOTHING[blend]).all()
            assert np.array_equal(flatten({"skin": skin, name: planes}, {name: 1.0}), flatten({"skin": skin}, {})), name


def coded(size: int = SIZE, seed: int = 0) -> Packed:
    layers = {name: encode(name, values) for name, values in drawn(size * size, seed).items()}
    return Packed(size, layers, {**OPACITIES, "light": 0.5})


@pytest.mark.parametrize("effort", [1, 9])
def test_what_is_packed_comes_out_again(effort):
    packed = coded()
    again = unpack(pack(packed, effort))
    assert again.size == SIZE and again.opacities == packed.opacities
    assert list(again.layers) == list(LAYERS)
    assert all(np.array_equal(again.layers[name], packed.layers[name]) for name in LAYERS)


def test_smooth_layers_are_smaller_than_their_bytes():
    across = np.broadcast_to(np.linspace(0, 1, 256, dtype=np.float32), (3, 256, 256)).reshape(3, -1)
    packed = Packed(256, {"skin": encode("skin", across)}, {})
    assert len(pack(packed)) < 0.05 * across.size


def test_layers_that_do_nothing_are_left_out():
    packed = coded()
    for name in ("folds", "detail", "light"):
        packed.layers[name][:] = 128
    for name in COVERS:
        packed.layers[name][3] = 0  # it has colours, and none of them shows
    packed.layers["skin"][:] = 0  # black skin is skin
    assert list(unpack(pack(packed)).layers) == ["skin"]
    packed.layers["detail"][2, 7], packed.layers["hair"][3, 7] = 129, 1
    assert list(unpack(pack(packed)).layers) == ["skin", "detail", "hair"]


def retold(data: bytes, change) -> bytes:
    """A file whose first line says something else. change: takes the parsed line and gives another, or bytes."""
    end = data.index(b"\n", len(MAGIC))
    said = change(json.loads(data[len(MAGIC) : end]))
    return MAGIC + (said if isinstance(said, bytes) else json.dumps(said).encode()) + data[end:]


def changed(key: str, value):
    return lambda head: {**head, key: value}


def changed_layer(key: str, value):
    return lambda head: {**head, "layers": [{**head["layers"][0], key: value}, *head["layers"][1:]]}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: b"",
        lambda data: b"\x89PNG\r\n\x1a\n" + data,
        lambda data: data.replace(b"Layers 1", b"Layers 2"),
        lambda data: MAGIC,
        lambda data: data[: len(MAGIC) + 20],
        lambda data: data[:-1],
        lambda data: data[: len(data) // 2],
        lambda data: data[:-40] + bytes(40),
        lambda data: retold(data, lambda head: b"no JSON"),
        lambda data: retold(data, lambda head: b"\xff\xfe"),
        lambda data: retold(data, lambda head: [head]),
        lambda data: retold(data, lambda head: {}),
        lambda data: retold(data, changed("layers", 3)),
        lambda data: retold(data, changed("layers", ["skin"])),
        lambda data: retold(data, changed("layers", [])),
        lambda data: retold(data, changed("opacities", [0.5])),
        lambda data: retold(data, changed("opacities", {"hair": "much"})),
        lambda data: retold(data, changed("opacities", {"hair": None})),
        lambda data: retold(data, changed("opacities", {"hair": float("nan")})),
        lambda data: retold(data, changed("opacities", {"hair": -0.5})),
        lambda data: retold(data, changed("size", "large")),
        lambda data: retold(data, changed("size", float("inf"))),
        lambda data: retold(data, changed_layer("name", "make-up")),
        lambda data: retold(data, changed_layer("name", "hair")),
        lambda data: retold(data, changed_layer("planes", 4)),
        lambda data: retold(data, changed_layer("bytes", "all")),
    ],
)
def test_whatever_is_damaged_is_refused(spoil):
    data = pack(coded())
    unpack(data)
    with pytest.raises(BadLayers):
        unpack(spoil(data))


@pytest.mark.parametrize("size", [SIZE - 1, SIZE + 1, 2 * SIZE, 1, 0, -SIZE, 1 << 15, 1 << 40])
def test_a_size_that_lies_is_refused_before_memory_is_taken_for_it(size):
    with pytest.raises(BadLayers):
        unpack(retold(pack(coded()), changed("size", size)))


@pytest.mark.parametrize("count", [0, 1, -1, 1 << 40])
def test_a_length_that_lies_is_refused(count):
    with pytest.raises(BadLayers):
        unpack(retold(pack(coded()), changed_layer("bytes", count)))


def test_more_bytes_than_a_layer_has_are_not_inflated():
    """A few bytes that would become gigabytes: no more of them is made than the layer may have."""
    bomb = zlib.compress(bytes(1 << 24), 9)
    head = {"size": 4, "opacities": {}, "layers": [{"name": "skin", "planes": 3, "bytes": len(bomb)}]}
    tracemalloc.start()
    with pytest.raises(BadLayers, match="size"):
        unpack(MAGIC + json.dumps(head).encode() + b"\n" + bomb)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 1 << 20
