"""From a profile's files to networks in memory: safetensors straight into modules that were never filled."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from ..errors import AvatarTexError, ErrorCode, is_out_of_memory
from ..models.store import WEIGHTS, StoredPart, read_text
from .lora import merge_lora

State = dict[str, Tensor]


def read_state(part: StoredPart, folder: str, dtype: torch.dtype) -> State:
    """The weights of one folder of a part, all shards of them.

    Raises:
        AvatarTexError: MODEL_UNUSABLE, naming the file.
    """
    names = [
        name for name in part.files if name.rpartition("/")[0] == folder and WEIGHTS.fullmatch(name.rpartition("/")[2])
    ]
    state: State = {}
    for name in names:
        state |= read_file(Path(part.root) / name)
    return cast(state, dtype)


def cast(state: State, dtype: torch.dtype) -> State:
    return {key: value.to(dtype) if value.is_floating_point() else value for key, value in state.items()}


def read_file(path: Path) -> State:
    """Raises: AvatarTexError, MODEL_UNUSABLE."""
    try:
        return load_file(path)
    except (OSError, SafetensorError) as reason:
        raise AvatarTexError(
            ErrorCode.MODEL_UNUSABLE,
            f"{path.name!r} cannot be read ({reason}).",
            "Run models verify, then download again.",
        ) from None


def read_config(part: StoredPart, folder: str) -> dict[str, Any]:
    """Raises: AvatarTexError, MODEL_UNUSABLE."""
    name = "scheduler_config.json" if folder == "scheduler" else "config.json"
    try:
        return json.loads(read_text(Path(part.root) / folder / name))
    except (OSError, ValueError, RecursionError) as reason:
        raise AvatarTexError(
            ErrorCode.MODEL_UNUSABLE, f"{folder}/{name} cannot be read ({reason}).", "Run models verify."
        ) from None


def refuse_endless(config: Any, tensors: int) -> None:
    """Raises: ValueError for more layers than there are weights: as many would be made before they are missed."""
    for name, value in config.items():
        for count in value if isinstance(value, list) else [value]:
            if "layers" in name and isinstance(count, int) and count > tensors:
                raise ValueError(f"{name} is {count}")


def build(
    make: Callable[[dict], nn.Module],
    part: StoredPart,
    folder: str,
    dtype: torch.dtype,
    lora: State | None = None,
    some: bool = False,
) -> nn.Module:
    """A network in eval mode on the CPU.

    Args:
        make: from its config.json. lora: merged into its weights. some: the file may hold more than is needed.

    Raises:
        AvatarTexError: MODEL_UNUSABLE, where weights are missing or of another shape.
    """
    state = read_state(part, folder, dtype)
    if lora:
        merge_lora(state, lora)
    return fill(make, read_config(part, folder), state, folder or Path(part.root).name, some)


def fill(
    make: Callable[[dict], nn.Module], config: dict[str, Any], state: State, name: str, some: bool = False
) -> nn.Module:
    """What `build` gives, of a configuration and weights under the network's own names; name: for a refusal."""
    try:
        refuse_endless(config, len(state))
        with torch.device("meta"):
            network = make(config)
        found = network.load_state_dict(state, strict=False, assign=True)
        unknown = [] if some else [key for key in found.unexpected_keys if not key.endswith("position_ids")]
        wrong = found.missing_keys + unknown
    except Exception as reason:  # whatever a configuration makes its class raise
        if is_out_of_memory(reason):
            raise
        wrong = [(str(reason).splitlines() or [type(reason).__name__])[-1].strip()]
    if wrong:
        raise AvatarTexError(
            ErrorCode.MODEL_UNUSABLE,
            f"The weights in {name!r} are of another architecture ({wrong[0][:160]}).",
            "Use the model that the profile names, or one that was trained from it.",
        )
    return network.eval().requires_grad_(False)
