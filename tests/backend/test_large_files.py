"""What large models are read from: adapters, configurations and tokenizers that do not fit are refused."""

from __future__ import annotations

import pytest
import torch

from backend.errors import AvatarTexError, ErrorCode
from backend.large.clip import ClipText
from backend.large.load import build, merge_lora
from backend.large.tokens import Pairs, clip_tokens, qwen_tokens
from backend.models import store
from tests.backend import tiny_models


@pytest.mark.parametrize(
    "changed",
    [
        {"lora_A.weight": torch.ones(5)},
        {"lora_A.weight": torch.ones(2, 5, 1)},
        {"lora_A.weight": torch.ones(3, 5)},
        {"lora_A.weight": torch.ones(0, 5), "lora_B.weight": torch.ones(6, 0)},
        {"lora_B.weight": torch.ones(6)},
        {"lora_B.weight": torch.ones(())},
        {"lora_B.weight": torch.full((6, 2), torch.nan)},
        {"alpha": torch.ones(2)},
        {"alpha": torch.tensor(torch.inf)},
    ],
    ids=range(9),
)
def test_a_lora_that_does_not_fit_is_refused(changed):
    """Each of them is a file that safetensors reads."""
    state = {"to_q.weight": torch.zeros(6, 5)}
    lora = {"lora_A.weight": torch.ones(2, 5), "lora_B.weight": torch.ones(6, 2)}
    merge_lora(state, {f"unet.to_q.{name}": value for name, value in lora.items()})
    assert (state["to_q.weight"] == 2).all()
    with pytest.raises(AvatarTexError, match="does not fit") as refusal:
        merge_lora(state, {f"unet.to_q.{name}": value for name, value in {**lora, **changed}.items()})
    assert refusal.value.code is ErrorCode.MODEL_UNUSABLE and (state["to_q.weight"] == 2).all()


def test_a_configuration_with_more_layers_than_weights_is_refused(tmp_path):
    folder = tmp_path / "clip"
    tiny_models.save_own(ClipText(tiny_models.TEXT), {**tiny_models.TEXT, "num_hidden_layers": 3000}, folder)
    part = store.StoredPart(str(folder), "", "mit", True, {"model.safetensors": store.StoredFile(0, "")})
    with pytest.raises(AvatarTexError, match="num_hidden_layers is 3000"):
        build(ClipText, part, "", torch.float32)


def test_tokens(tmp_path):
    tiny_models.save_tokenizer(tmp_path, {"pad_token": "!"})
    pairs = Pairs(tmp_path)
    ids = pairs.ids
    assert clip_tokens(pairs, "  Head HE d!", 8) == [
        ids["<|startoftext|>"],
        ids["head</w>"],
        ids["h"],
        ids["e</w>"],
        ids["d</w>"],
        ids["!</w>"],
        ids["<|endoftext|>"],
        ids["!"],
    ]
    assert clip_tokens(pairs, "head " * 90)[-2:] == [ids["head</w>"], ids["<|endoftext|>"]]
    pairs.padding = "<|endoftext|>"
    tokens, real = qwen_tokens(pairs, "he", 60)
    assert tokens[0] == ids["<|im_start|>"] and ids["</think>"] in tokens and ids["he"] in tokens
    assert len(tokens) == len(real) == 60 and tokens[-1] == ids["<|endoftext|>"] and not real[-1]
    whole = {"model": {"vocab": ids, "merges": ["h e", ["a", "d</w>"], "he ad</w>"]}}
    whole["added_tokens"] = [{"content": name, "id": number} for name, number in pairs.special.items()]
    folder = tmp_path / "newer"  # as newer versions of transformers write it
    tiny_models.save_json(folder / "tokenizer.json", whole)
    tiny_models.save_json(folder / "tokenizer_config.json", {"pad_token": "<|endoftext|>"})
    assert qwen_tokens(Pairs(folder), "he", 60) == (tokens, real)
    (tmp_path / "merges.txt").unlink()
    with pytest.raises(AvatarTexError, match="tokenizer"):
        Pairs(tmp_path)
