"""Low rank changes of a large model (Hu et al., arXiv 2106.09685): merged into its weights before a job, so it costs
nothing. Keys are those that diffusers writes: PATH.lora_A.weight, PATH.lora_B.weight.
"""

import torch
from torch import Tensor

from ..errors import AvatarTexError, ErrorCode

PREFIXES = ("unet.", "transformer.", "diffusion_model.")


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
        for prefix in PREFIXES:
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
    raise AvatarTexError(
        ErrorCode.MODEL_UNUSABLE, f"The LoRA does not fit the profile ({why}).", "Use one that was trained for it."
    )
