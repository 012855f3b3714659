"""The bundled networks: safetensors with checksums, nothing is ever unpickled."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load
from torch import Tensor, nn

from ..errors import AvatarTexError, ErrorCode
from ..networks.denoiser import STYLES, Denoiser
from ..networks.generator import Encoder, Generator, Mapping
from ..networks.linear import LinearPrior

WEIGHTS = Path(__file__).with_name("weights")
MANIFEST = "weights.json"
CURE = "Install the AvatarTex extension again; its zip carries the weights."
#: What a plain PCA gets in the benchmark.
BASELINE_COMPONENTS = 24


@dataclass(frozen=True)
class Networks:
    """Everything the three stages need, in eval mode on one device.

    geometry: (3,S,S) canonical position of each atlas texel, zero where no head has surface.
    light: (S,S,8) spherical harmonics of its normal, orders 1 and 2.
    known: (S,S) bool, texels that some training texture had data for; the networks say nothing of the others.
    """

    linear: LinearPrior
    generator: Generator
    encoder: Encoder
    mapping: Mapping
    inpainter: Denoiser
    repainter: Denoiser
    geometry: Tensor
    light: np.ndarray
    known: np.ndarray
    device: str

    @property
    def size(self) -> int:
        return self.linear.size

    @property
    def mean_texture(self) -> np.ndarray:
        """(S,S,3) float32 sRGB: skin without light, on average."""
        return self.linear.mean

    def pca24(self, colour: np.ndarray, confidence: np.ndarray) -> np.ndarray:
        """(S,S,3) the plain baseline: 24 components, confidence-weighted ridge fit."""
        return self.linear.truncated(BASELINE_COMPONENTS).complete(colour, confidence)

    def style(self, name: str) -> Tensor:
        return torch.tensor([STYLES.index(name)], device=self.device)


def load_networks(device: str = "cpu", folder: Path | None = None) -> Networks:
    """Load and verify the bundled weights.

    Raises:
        AvatarTexError: WEIGHTS_MISSING or WEIGHTS_ALTERED, naming the file.
    """
    folder = folder or WEIGHTS
    linear = {key: value.float() for key, value in verified(folder, "linear.safetensors").items()}
    styled = verified(folder, "generator.safetensors")
    components = linear["basis"].shape[0]
    generator, encoder, mapping = Generator(components), Encoder(), Mapping()
    inpainter, repainter = Denoiser(INPAINT_CHANNELS), Denoiser(REPAINT_CHANNELS)
    prior = LinearPrior(linear["mean"].numpy(), linear["basis"].numpy(), linear["deviation"].numpy())
    for network, name in ((generator, "generator."), (encoder, "encoder."), (mapping, "mapping.")):
        part = {key.removeprefix(name): value.float() for key, value in styled.items() if key.startswith(name)}
        network.load_state_dict(part, strict=network is not generator)
    paint_canvas(generator, prior)
    for network, file in ((inpainter, "inpaint.safetensors"), (repainter, "repaint.safetensors")):
        network.load_state_dict({key: value.float() for key, value in verified(folder, file).items()})
    networks = (generator, encoder, mapping, inpainter, repainter)
    for network in networks:
        freeze(network).to(device)
    geometry, light, known = linear["geometry"].to(device), linear["light"].numpy(), linear["known"].numpy() > 0.5
    return Networks(prior, *networks, geometry, light, known, device)


INPAINT_CHANNELS = REPAINT_CHANNELS = 3 + 3 + 1 + 3 + 1 + 3


def paint_canvas(generator: Generator, prior: LinearPrior) -> None:
    """Give the generator its linear canvas: the PCA's mean and its components scaled to unit coefficients."""
    size = prior.size
    basis = torch.from_numpy(prior.basis * prior.deviation[:, None]).view(-1, size, size, 3).permute(0, 3, 1, 2)
    generator.basis.copy_(basis.reshape(len(basis), -1))
    generator.mean.copy_(torch.from_numpy(prior.mean).permute(2, 0, 1))


def freeze(network: nn.Module) -> nn.Module:
    return network.eval().requires_grad_(False)


def manifest(folder: Path) -> dict[str, dict]:
    try:
        return json.loads((folder / MANIFEST).read_text())
    except (OSError, ValueError):
        raise AvatarTexError(ErrorCode.WEIGHTS_MISSING, f"The list of weights {MANIFEST!r} is missing.", CURE) from None


def verified(folder: Path, name: str) -> dict[str, Tensor]:
    """The tensors of one file, after its checksum was compared with the manifest's."""
    data = verified_bytes(folder, name)
    return load(data)


def verified_bytes(folder: Path, name: str) -> bytes:
    """A weight file's content.

    Raises:
        AvatarTexError: WEIGHTS_MISSING or WEIGHTS_ALTERED.
    """
    wanted = manifest(folder).get(name, {}).get("sha256")
    try:
        data = (folder / name).read_bytes()
    except OSError:
        raise AvatarTexError(ErrorCode.WEIGHTS_MISSING, f"The weights {name!r} are missing.", CURE) from None
    if hashlib.sha256(data).hexdigest() != wanted:
        raise AvatarTexError(
            ErrorCode.WEIGHTS_ALTERED, f"The weights {name!r} are not the ones that were shipped (checksum differs).",
            CURE,
        )
    return data
