"""Networks of a training's folder, which no checksum holds yet."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.numpy import load_file as load_arrays
from safetensors.torch import load_file
from torch import Tensor, nn

from ..errors import AvatarTexError, ErrorCode
from ..models.bundle import FILES, Networks, assemble
from ..networks.detail import CONDITIONS
from ..networks.sizes import TEXELS
from .networks.completer import Completer
from .networks.denoiser import Denoiser
from .networks.generator import Encoder, Generator
from .networks.pictures import on_arrays
from .networks.studio import Studio

LINEAR = "linear.safetensors"


@dataclass(frozen=True)
class Modules:
    """The networks that are trained, as torch modules by the names of bundle.Networks; usual: (1,S,S), see there."""

    by_name: dict[str, nn.Module]
    usual: Tensor

    def state(self, file: str) -> dict[str, Tensor]:
        """What a file of bundle.FILES holds of them."""
        states = ((prefix, self.by_name[name].state_dict()) for name, prefix in FILES[file])
        state = {prefix + key: value for prefix, one in states for key, value in one.items()}
        return state | ({"usual": self.usual} if file == "repaint.safetensors" else {})


def load_modules(folder: Path) -> Modules:
    """The modules of a training's folder, in eval mode; those that it has no file of are untrained."""
    made = {
        "generator": Generator(),
        "encoder": Encoder(),
        "completer": Completer(),
        "repainter": Denoiser(CONDITIONS),
        "studio": Studio(),
    }
    usual = torch.full((1, TEXELS, TEXELS), 0.02)
    for file, parts in FILES.items():
        if not (folder / file).is_file():
            continue
        state = {key: value.float() for key, value in load_file(folder / file).items()}
        usual = state.pop("usual", usual)
        for name, prefix in parts:
            made[name].load_state_dict(
                {key[len(prefix) :]: value for key, value in state.items() if key.startswith(prefix)}
            )
    return Modules({name: module.eval().requires_grad_(False) for name, module in made.items()}, usual)


def untrained(folder: Path) -> Networks:
    """The networks of a training's folder, unverified, for jobs; those that it has no file of are untrained.

    Raises:
        AvatarTexError: WEIGHTS_MISSING, without the linear prior.
    """
    if not (folder / LINEAR).is_file():
        raise AvatarTexError(ErrorCode.WEIGHTS_MISSING, f"No linear prior in {folder}.", "Run train linear first.")
    modules = load_modules(folder)
    states = {file: {key: value.numpy() for key, value in modules.state(file).items()} for file in FILES}
    return assemble(load_arrays(folder / LINEAR), states, "cpu", lambda name, *_: on_arrays(modules.by_name[name]))
