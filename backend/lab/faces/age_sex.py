"""Age and sex by looks, of portraits of real people: face-api's small network. No part of the product.

An estimate by looks says nothing of who somebody is. It balances the training data and shows whom completion serves
badly; it is kept in the build's folder alone, never in weights or in the repository. The network is TinyXception, after
Chollet, arXiv 1610.02357; its weights are files of an npm package (MIT, Vincent Mühler and Vladimir Mandic):

    npm pack @vladmandic/face-api@1.7.15 && tar xzf vladmandic-face-api-1.7.15.tgz      and give package/model
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ...errors import AvatarTexError, ErrorCode
from ...imaging.files import write_bytes
from ...portrait.decode import decode_portrait
from ...portrait.faces import find_portrait_face
from ...portrait.landmark_groups import FACE_OVAL, LEFT_BROW, RIGHT_BROW
from ...portrait.landmarks import Square, cut

#: A line a person of id, years and share of male.
LIST = "age_sex.csv"
PACKAGE = "@vladmandic/face-api@1.7.15"
MANIFEST, WEIGHTS = "age_gender_model-weights_manifest.json", "age_gender_model.bin"
#: Side of the network's picture; what it takes from the channels, of 255.
SIDE, MEAN = 112, (122.782, 117.001, 104.298)
#: Convolutions of the middle's blocks.
BLOCKS, DEEP = 2, 3


def write_estimates(path: Path, portraits: Iterable[Path], folder: Path) -> None:
    """Estimate everybody whose portrait is given, by the network in a folder (see load())."""
    weights, text = load(folder), io.StringIO()
    writer = csv.writer(text)
    for portrait in portraits:
        picture = decode_portrait(portrait)
        face, _ = find_portrait_face(picture)
        years, male = estimate(weights, squares(picture.color, face.points))
        writer.writerow((portrait.stem, round(float(years.mean()), 1), round(float(male.mean()), 3)))
    write_bytes(path, text.getvalue().encode())


def read_estimates(path: Path) -> dict[str, tuple[float, float]]:
    """Id -> years and share of male, of those estimated; of nobody where the file is not."""
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        return {name: (float(years), float(male)) for name, years, male in csv.reader(file)}


def squares(color: np.ndarray, points: np.ndarray) -> np.ndarray:
    """(2,SIDE,SIDE,3) sRGB: the face from its brows to its chin, and its mirror image.

    face-api cuts the box of its 68 landmarks, a fifth wider. Without that fifth a head of 35 years is 34 instead of 29,
    one of 23 is 26, one of 78 is 87, and her sex is told; wider ones are all the younger.

    Args:
        color: (H,W,3) float32 sRGB. points: (468,>=2) landmarks, pixels.
    """
    oval, brows = points[list(FACE_OVAL), :2], points[[*LEFT_BROW, *RIGHT_BROW], 1]
    (left, top), (right, low) = (oval[:, 0].min(), brows.min()), oval.max(0)
    square = Square((left + right) / 2, (top + low) / 2, max(right - left, low - top))
    picture = np.clip(cut(color, square, SIDE)[0], 0, 1)
    return np.stack([picture, picture[:, ::-1]])


def load(folder: Path) -> dict[str, Tensor]:
    """The network's tensors by the names of its manifest, convolutions as torch wants them.

    Raises:
        AvatarTexError: WEIGHTS_MISSING without the files, WEIGHTS_ALTERED where they are not of one length.
    """
    files = folder / MANIFEST, folder / WEIGHTS
    if not all(file.is_file() for file in files):
        raise AvatarTexError(
            ErrorCode.WEIGHTS_MISSING,
            f"{folder} does not hold {MANIFEST} and {WEIGHTS}.",
            f"npm pack {PACKAGE}, unpack it with tar xzf and give its folder package/model.",
        )
    data, at, found = files[1].read_bytes(), 0, {}
    for one in json.loads(files[0].read_text(encoding="utf-8"))[0]["weights"]:
        how = one.get("quantization", {"dtype": one["dtype"], "scale": 1.0, "min": 0.0})
        kind, count = np.dtype(how["dtype"]), int(np.prod(one["shape"]))
        part, at = data[at : at + count * kind.itemsize], at + count * kind.itemsize
        if len(part) == count * kind.itemsize:
            values = np.frombuffer(part, kind).astype(np.float32) * how["scale"] + how["min"]
            found[one["name"]] = arranged(values.reshape(one["shape"]), "depthwise" in one["name"])
    if at != len(data):
        raise AvatarTexError(
            ErrorCode.WEIGHTS_ALTERED,
            f"{WEIGHTS} has {len(data)} bytes instead of the {at} of its manifest.",
            f"Unpack {PACKAGE} again.",
        )
    return found


def arranged(values: np.ndarray, depthwise: bool) -> Tensor:
    """TensorFlow's (h,w,inputs,outputs) as (outputs,inputs,h,w), or as (inputs,1,h,w) of a depthwise convolution."""
    if values.ndim == 4:
        values = values.transpose((2, 3, 0, 1) if depthwise else (3, 2, 0, 1))
    return torch.from_numpy(np.ascontiguousarray(values, np.float32))


@torch.no_grad()
def estimate(weights: dict[str, Tensor], pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Years (N,) and share of male (N,) 0..1 by looks, of (N,SIDE,SIDE,3) sRGB 0..1 as squares() cuts them."""
    x = (
        torch.from_numpy(np.asarray(pictures, np.float32)).permute(0, 3, 1, 2) * 255 - torch.tensor(MEAN)[:, None, None]
    ) / 255
    entry, middle, leave = "entry_flow", "middle_flow", "exit_flow"
    x = F.relu(F.conv2d(F.pad(x, (0, 1, 0, 1)), *of(weights, f"{entry}/conv_in"), stride=2))
    x = reduced(weights, f"{entry}/reduction_block_0", x, x)
    x = reduced(weights, f"{entry}/reduction_block_1", x, F.relu(x))
    for block in range(BLOCKS):
        y = x
        for number in range(DEEP):
            y = separable(weights, f"{middle}/main_block_{block}/separable_conv{number}", F.relu(y))
        x = x + y
    x = reduced(weights, f"{leave}/reduction_block", x, F.relu(x))
    x = F.relu(separable(weights, f"{leave}/separable_conv", x)).mean((2, 3))
    age, sex = (x @ weights[f"fc/{name}/weights"] + weights[f"fc/{name}/bias"] for name in ("age", "gender"))
    return age[:, 0].numpy(), sex.softmax(1)[:, 0].numpy()


def of(weights: dict[str, Tensor], name: str) -> tuple[Tensor, Tensor]:
    return weights[f"{name}/filters"], weights[f"{name}/bias"]


def separable(weights: dict[str, Tensor], name: str, x: Tensor) -> Tensor:
    x = F.conv2d(x, weights[f"{name}/depthwise_filter"], padding=1, groups=x.shape[1])
    return F.conv2d(x, weights[f"{name}/pointwise_filter"], weights[f"{name}/bias"])


def reduced(weights: dict[str, Tensor], name: str, x: Tensor, active: Tensor) -> Tensor:
    """Half the size: two separable convolutions and a pool, and a way around them; TensorFlow pads below and right."""
    y = separable(weights, f"{name}/separable_conv0", active)
    y = separable(weights, f"{name}/separable_conv1", F.relu(y))
    y = F.max_pool2d(F.pad(y, (0, 1, 0, 1), value=-torch.inf), 3, 2)
    return y + F.conv2d(x, *of(weights, f"{name}/expansion_conv"), stride=2)
