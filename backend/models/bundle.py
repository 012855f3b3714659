"""The bundled networks: safetensors with checksums, nothing is ever unpickled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load
from torch import Tensor, nn

from ..networks.conditions import STYLES
from ..networks.generator import Encoder, Generator
from ..networks.sizes import CANVAS, TEXELS
from ..networks.studio import Studio
from ..prior.experts import Experts
from ..prior.linear import LinearPrior
from ..verified import WEIGHTS, verified_bytes
from .graph import Graph


@dataclass(frozen=True)
class Networks:
    """Everything the three stages need, in eval mode on one device.

    experts: the priors that complete; at CANVAS texels, they take and give TEXELS.
    geometry: (3,S,S) canonical position of each atlas texel, zero where no head has surface; S is TEXELS.
    known: (S,S) bool, texels that some training texture had data for; the networks say nothing of the others.
    studio: takes out the light that is not smooth, at CANVAS texels.
    usual: (1,S,S) standard deviation of fine detail, sRGB (networks/detail.py).
    """

    experts: Experts
    generator: Generator
    encoder: Encoder
    completer: nn.Module  # graphs of ONNX Runtime, or what is trained (lab/networks)
    repainter: nn.Module
    studio: Studio
    geometry: Tensor
    known: np.ndarray
    usual: Tensor
    device: str

    @property
    def size(self) -> int:
        return TEXELS

    @property
    def linear(self) -> LinearPrior:
        """The prior of painted skins: a baseline, and the mean texture."""
        return self.experts.painted

    @property
    def skin(self) -> LinearPrior:
        """What skin looks like without light, of people and painted: light is found with it."""
        return self.experts.joined

    def style(self, name: str) -> Tensor:
        return torch.tensor([STYLES.index(name)], device=self.device)


#: file -> (attribute of Networks, key prefix).
FILES = {
    "generator.safetensors": (("generator", "generator."), ("encoder", "encoder.")),
    "inpaint.safetensors": (("completer", ""),),
    "repaint.safetensors": (("repainter", ""),),
    "studio.safetensors": (("studio", ""),),
}


State = dict[str, Tensor]
#: Of states by attribute of Networks, the canvas's components and the device: generator, completer and repainter.
Make = Callable[[Mapping[str, State], int, str], tuple[Generator, nn.Module, nn.Module]]


def load_networks(device: str = "cpu", folder: Path | None = None) -> Networks:
    """Load and verify the bundled weights.

    Raises:
        AvatarTexError: WEIGHTS_MISSING or WEIGHTS_ALTERED, naming the file.
    """
    folder = folder or WEIGHTS
    tensors = {name: verified(folder, name) for name in FILES}
    return assemble(verified(folder, "linear.safetensors"), tensors, device)


def make_graphs(states: Mapping[str, State], components: int, device: str) -> tuple[Generator, nn.Module, nn.Module]:
    """The networks that ship as graphs of ONNX Runtime; see Make."""
    generator = Generator(components)
    generator.load_state_dict(states["generator"], strict=False)  # the layers are the graph's
    completer, repainter, generator.painter = (
        Graph(verified_bytes(WEIGHTS, f"{name}.onnx"), states[attribute], device)
        for name, attribute in (("completer", "completer"), ("denoiser", "repainter"), ("generator", "generator"))
    )
    return generator, completer, repainter


def assemble(linear: State, files: Mapping[str, State], device: str, make: Make = make_graphs) -> Networks:
    """Networks of their tensors, in eval mode."""
    linear = {key: value.float() for key, value in linear.items()}
    painted, people = (
        LinearPrior(*(linear[prefix + key].numpy() for key in ("mean", "basis", "deviation")))
        for prefix in ("", "people." if "people.mean" in linear else "")  # trainings begin with the painted skins
    )
    experts = Experts(painted, people, linear["people.shown"].numpy() if "people.shown" in linear else None)
    canvas = whole_canvas({key[7:]: value.numpy() for key, value in linear.items() if key.startswith("canvas.")})
    states = {
        attribute: {key[len(prefix) :]: value.float() for key, value in tensors.items() if key.startswith(prefix)}
        for file, tensors in files.items()
        for attribute, prefix in FILES[file]
    }
    usual = states.get("repainter", {}).pop("usual", torch.full((1, TEXELS, TEXELS), 0.02))
    generator, completer, repainter = make(states, len(canvas.basis), device)
    paint_canvas(generator, canvas)
    encoder, studio = Encoder(), Studio()
    for name, module in (("encoder", encoder), ("studio", studio)):
        if name in states:
            module.load_state_dict(states[name])
    for module in (generator, encoder, completer, repainter, studio):
        freeze(module).to(device)
    return Networks(
        experts,
        generator,
        encoder,
        completer,
        repainter,
        studio,
        linear["geometry"].to(device),
        linear["known"].numpy() > 0.5,
        usual.to(device),
        device,
    )


def whole_canvas(tensors: dict[str, np.ndarray]) -> LinearPrior:
    """The generator's canvas, of whose pictures one half is kept (lab/training/prior.py)."""
    half, sign = tensors["half"], tensors["sign"][:, None, None, None]
    basis = np.concatenate([half, sign * half[:, :, ::-1]], 2)
    return LinearPrior(tensors["mean"], basis.reshape(len(basis), -1), tensors["deviation"])


def paint_canvas(generator: Generator, prior: LinearPrior) -> None:
    """Give the generator its linear canvas."""
    mean, basis = canvas_of(prior)
    generator.mean.copy_(mean)
    generator.basis.copy_(basis)


def canvas_of(prior: LinearPrior) -> tuple[Tensor, Tensor]:
    """(3,CANVAS,CANVAS) mean of a prior and its (K,3*CANVAS*CANVAS) basis scaled to unit coefficients."""
    basis = torch.from_numpy(prior.basis * prior.deviation[:, None]).view(-1, CANVAS, CANVAS, 3).permute(0, 3, 1, 2)
    return torch.from_numpy(prior.mean).permute(2, 0, 1).contiguous(), basis.reshape(len(basis), -1).contiguous()


def freeze(network: nn.Module) -> nn.Module:
    return network.eval().requires_grad_(False)


def verified(folder: Path, name: str) -> dict[str, Tensor]:
    """The tensors of one file, after its checksum was compared with the manifest's."""
    return load(verified_bytes(folder, name))
