"""Networks of a training's folder, which no checksum holds yet."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from safetensors.torch import load_file
from torch import nn

from ..errors import AvatarTexError, ErrorCode
from ..models.bundle import FILES, Networks, State, assemble
from ..networks.detail import CONDITIONS
from ..networks.generator import Generator
from .networks.completer import Completer
from .networks.denoiser import Denoiser
from .networks.generator import PaintingGenerator


def untrained(folder: Path, device: str = "cpu") -> Networks:
    """The networks of a training's folder, unverified; those that it has no file of are untrained.

    Raises:
        AvatarTexError: WEIGHTS_MISSING, without the linear prior.
    """
    if not (folder / "linear.safetensors").is_file():
        raise AvatarTexError(ErrorCode.WEIGHTS_MISSING, f"No linear prior in {folder}.", "Run train linear first.")
    files = {name: load_file(folder / name) for name in FILES if (folder / name).is_file()}
    return assemble(load_file(folder / "linear.safetensors"), files, device, make_modules)


def make_modules(states: Mapping[str, State], components: int, device: str) -> tuple[Generator, nn.Module, nn.Module]:
    """The networks that are trained, untrained without a state; see models.bundle.Make."""
    modules = PaintingGenerator(components), Completer(), Denoiser(CONDITIONS)
    for name, module in zip(("generator", "completer", "repainter"), modules, strict=True):
        if name in states:
            module.load_state_dict(states[name], strict=name != "generator")  # the canvas is the linear prior's
    return modules
