"""Qwen3's first layers as a reader of words (Yang et al., arXiv 2505.09388), with the names that transformers gives."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

#: The layers whose states FLUX.2 klein reads, side by side; what comes after the last is never loaded.
READ = (9, 18, 27)


class Norm(nn.Module):
    def __init__(self, width: int, eps: float) -> None:
        super().__init__()
        self.weight, self.eps = nn.Parameter(torch.ones(width)), eps

    def forward(self, x: Tensor) -> Tensor:
        wide = x.float()
        return self.weight * (wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + self.eps)).to(x.dtype)


class Attention(nn.Module):
    def __init__(self, config: dict) -> None:
        super().__init__()
        width, heads, shared = config["hidden_size"], config["num_attention_heads"], config["num_key_value_heads"]
        self.side = config.get("head_dim") or width // heads
        self.repeats = heads // shared
        self.q_proj, self.o_proj = (
            nn.Linear(width, heads * self.side, bias=False),
            nn.Linear(heads * self.side, width, bias=False),
        )
        self.k_proj, self.v_proj = (nn.Linear(width, shared * self.side, bias=False) for _ in range(2))
        self.q_norm, self.k_norm = (Norm(self.side, config["rms_norm_eps"]) for _ in range(2))

    def forward(self, x: Tensor, turns: tuple[Tensor, Tensor], mask: Tensor) -> Tensor:
        q, k, v = (f(x).unflatten(-1, (-1, self.side)) for f in (self.q_proj, self.k_proj, self.v_proj))
        q, k = (turn(norm(part).transpose(1, 2), *turns) for norm, part in ((self.q_norm, q), (self.k_norm, k)))
        k, v = (part.repeat_interleave(self.repeats, 1) for part in (k, v.transpose(1, 2)))
        return self.o_proj(F.scaled_dot_product_attention(q, k, v, attn_mask=mask).transpose(1, 2).flatten(2))


def turn(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotary positions (Su et al., arXiv 2104.09864), halves beside each other."""
    first, second = x.chunk(2, -1)
    return x * cos + torch.cat([-second, first], -1) * sin


class Perceptron(nn.Module):
    def __init__(self, config: dict) -> None:
        super().__init__()
        width, hidden = config["hidden_size"], config["intermediate_size"]
        self.gate_proj, self.up_proj = (nn.Linear(width, hidden, bias=False) for _ in range(2))
        self.down_proj = nn.Linear(hidden, width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Layer(nn.Module):
    def __init__(self, config: dict) -> None:
        super().__init__()
        width, eps = config["hidden_size"], config["rms_norm_eps"]
        self.input_layernorm, self.post_attention_layernorm = Norm(width, eps), Norm(width, eps)
        self.self_attn, self.mlp = Attention(config), Perceptron(config)

    def forward(self, x: Tensor, turns: tuple[Tensor, Tensor], mask: Tensor) -> Tensor:
        x = x + self.self_attn(self.input_layernorm(x), turns, mask)
        return x + self.mlp(self.post_attention_layernorm(x))


class _Model(nn.Module):
    def __init__(self, config: dict, count: int) -> None:
        super().__init__()
        self.embed_tokens = nn.Embedding(config["vocab_size"], config["hidden_size"])
        self.layers = nn.ModuleList(Layer(config) for _ in range(count))


class Qwen(nn.Module):
    """config: the model's config.json. read: layers whose states are wanted."""

    def __init__(self, config: dict, read: tuple[int, ...] = READ) -> None:
        super().__init__()
        self.read = read
        self.theta = config.get("rope_theta") or config.get("rope_parameters", {}).get("rope_theta", 1e6)
        self.model = _Model(config, max(read))

    def forward(self, tokens: Tensor, real: Tensor) -> Tensor:
        """(B,L) tokens and (B,L) bool, False for padding -> (B,L,len(read)*C)."""
        length, x = tokens.shape[1], self.model.embed_tokens(tokens)
        side = self.model.layers[0].self_attn.side
        steps = torch.arange(0, side, 2, device=x.device, dtype=torch.float32) / side
        angles = torch.arange(length, device=x.device, dtype=torch.float32)[:, None] / self.theta**steps
        angles = torch.cat([angles, angles], -1)
        turns = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
        mask = torch.ones(length, length, dtype=torch.bool, device=x.device).tril() & real[:, None, None, :]
        states = []
        for number, layer in enumerate(self.model.layers, 1):
            x = layer(x, turns, mask)
            if number in self.read:
                states.append(x)
        return torch.cat(states, -1)
