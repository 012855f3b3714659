"""From a profile's files to networks in memory: safetensors straight into modules that were never filled.

Low rank changes (Hu et al., arXiv 2106.09685) are merged into the weights before a job, so they cost nothing. Their
keys are those that diffusers writes: PATH.lora_A.weight, PATH.lora_B.weight.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from ..errors import ErrorCode, is_out_of_memory
from ..models.store import WEIGHTS, StoredPart, read_text

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
        raise ErrorCode.MODEL_UNUSABLE(
            f"{path.name!r} cannot be read ({reason}).", "Run models verify, then download again."
        ) from None


def read_config(part: StoredPart, folder: str) -> dict[str, Any]:
    """Raises: AvatarTexError, MODEL_UNUSABLE."""
    name = "scheduler_config.json" if folder == "scheduler" else "config.json"
    try:
        return json.loads(read_text(Path(part.root) / folder / name))
    except (OSError, ValueError, RecursionError) as reason:
        raise ErrorCode.MODEL_UNUSABLE(f"{folder}/{name} cannot be read ({reason}).", "Run models verify.") from None


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
        raise ErrorCode.MODEL_UNUSABLE(
            f"The weights in {name!r} are of another architecture ({wrong[0][:160]}).",
            "Use the model that the profile names, or one that was trained from it.",
        )
    return network.eval().requires_grad_(False)


def merge_lora(state: dict[str, Tensor], lora: dict[str, Tensor]) -> None:
    """W + alpha / rank * B A, in place.

    Raises:
        AvatarTexError: MODEL_UNUSABLE, for one of another architecture.
    """
    pairs = {key.removesuffix(".lora_A.weight") for key in lora if key.endswith(".lora_A.weight")}
    if not pairs:
        refuse("it holds no lora_A and lora_B")
    for key in sorted(pairs):
        down, up = lora[f"{key}.lora_A.weight"].float(), lora.get(f"{key}.lora_B.weight")
        path = key
        for prefix in ("unet.", "transformer.", "diffusion_model."):
            path = path.removeprefix(prefix)
        weight = state.get(f"{path}.weight")
        if up is None or weight is None:
            refuse(f"the model has no {path[:160]}")
        assert up is not None and weight is not None
        alpha = lora.get(f"{key}.alpha", torch.tensor(down.shape[0] if down.dim() else 0)).float()
        whole = down.dim() == up.dim() == 2 and up.shape[1] == len(down) > 0 and alpha.numel() == 1
        if not whole or weight.shape != (len(up), down.shape[1]):
            refuse(f"{path} is {tuple(weight.shape)}, not {tuple(up.shape)} times {tuple(down.shape)}")
        changed = weight.float() + float(alpha) / len(down) * up.float() @ down
        if not changed.isfinite().all():
            refuse(f"{path} would be no number")
        state[f"{path}.weight"] = changed.to(weight.dtype)


def refuse(why: str) -> None:
    raise ErrorCode.MODEL_UNUSABLE(f"The LoRA does not fit the profile ({why}).", "Use one that was trained for it.")
