"""The bundled networks: safetensors with checksums, nothing is ever unpickled."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors.numpy import load

from ..networks.conditions import STYLES
from ..networks.planes import Network
from ..networks.sizes import TEXELS
from ..prior.experts import Experts
from ..prior.linear import LinearPrior
from ..verified import WEIGHTS, verified_bytes
from .runtime import Graph

State = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Networks:
    """Everything the three stages need, on one device.

    experts: the priors that complete; at CANVAS texels, they take and give TEXELS.
    canvas: what the generator paints on (stages/canvas.py), at CANVAS texels. styles: (n,L) by style, for it.
    generator: paints on a canvas. encoder: says how. completer, repainter: of stages 1 and 3.
    studio: takes out the light that is not smooth, at CANVAS texels.
    geometry: (S,S,3) canonical position of each atlas texel, zero where no head has surface; S is TEXELS.
    known: (S,S) bool, texels that some training texture had data for; the networks say nothing of the others.
    usual: (S,S,1) standard deviation of fine detail, sRGB (networks/detail.py).
    """

    experts: Experts
    canvas: LinearPrior
    styles: np.ndarray
    generator: Network
    encoder: Network
    completer: Network
    repainter: Network
    studio: Network
    geometry: np.ndarray
    known: np.ndarray
    usual: np.ndarray
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

    def style(self, name: str) -> np.ndarray:
        """(1,) int64."""
        return np.array([STYLES.index(name)])


#: file -> (network, key prefix).
FILES = {
    "generator.safetensors": (("generator", "generator."), ("encoder", "encoder.")),
    "inpaint.safetensors": (("completer", ""),),
    "repaint.safetensors": (("repainter", ""),),
    "studio.safetensors": (("studio", ""),),
}
#: Of a network's name, its weights and the device.
Make = Callable[[str, State, str], Network]


def load_networks(device: str = "cpu", folder: Path | None = None) -> Networks:
    """Load and verify the bundled weights.

    Raises:
        AvatarTexError: WEIGHTS_MISSING or WEIGHTS_ALTERED, naming the file.
    """
    folder = folder or WEIGHTS
    tensors = {name: verified(folder, name) for name in FILES}
    return assemble(verified(folder, "linear.safetensors"), tensors, device)


def make_graph(name: str, state: State, device: str) -> Network:
    """The network that ships as a graph; see Make."""
    return Graph(verified_bytes(WEIGHTS, f"{name}.onnx"), state, device)


def assemble(linear: State, files: Mapping[str, State], device: str, make: Make = make_graph) -> Networks:
    """Networks of their arrays."""
    linear = {key: value.astype(np.float32) for key, value in linear.items()}
    painted, people = (
        LinearPrior(*(linear[prefix + key] for key in ("mean", "basis", "deviation")))
        for prefix in ("", "people." if "people.mean" in linear else "")  # trainings begin with the painted skins
    )
    states = {
        name: {key[len(prefix) :]: value.astype(np.float32) for key, value in arrays.items() if key.startswith(prefix)}
        for file, arrays in files.items()
        for name, prefix in FILES[file]
    }
    return Networks(
        Experts(painted, people, linear.get("people.shown")),
        whole_canvas({key[7:]: value for key, value in linear.items() if key.startswith("canvas.")}),
        states["generator"]["style.weight"],
        **{name: make(name, state, device) for name, state in states.items()},
        geometry=np.ascontiguousarray(linear["geometry"].transpose(1, 2, 0)),
        known=linear["known"] > 0.5,
        usual=states["repainter"]["usual"].transpose(1, 2, 0),
        device=device,
    )


def whole_canvas(arrays: State) -> LinearPrior:
    """The generator's canvas, of whose pictures one half is kept (lab/training/prior.py)."""
    half, sign = arrays["half"], arrays["sign"][:, None, None, None]
    basis = np.concatenate([half, sign * half[:, :, ::-1]], 2).reshape(len(half), -1)
    length = np.linalg.norm(basis, axis=1)  # 1 but for rounding: they are kept in half precision
    return LinearPrior(arrays["mean"], basis / np.maximum(length, 1e-6)[:, None], arrays["deviation"] * length)


def verified(folder: Path, name: str) -> dict[str, np.ndarray]:
    """The arrays of one file, after its checksum was compared with the manifest's."""
    return load(verified_bytes(folder, name))
