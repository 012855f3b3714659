"""CLIP's two towers (Radford et al., arXiv 2103.00020), with the names that transformers gives their weights.

Three short networks in place of a package of hundreds; the hidden states are those of transformers 4.57 to 1e-5.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Attention(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.q_proj, self.k_proj, self.v_proj, self.out_proj = (nn.Linear(width, width) for _ in range(4))

    def forward(self, x: Tensor, causal: bool) -> Tensor:
        q, k, v = (
            f(x).unflatten(-1, (self.heads, -1)).transpose(1, 2) for f in (self.q_proj, self.k_proj, self.v_proj)
        )
        return self.out_proj(F.scaled_dot_product_attention(q, k, v, is_causal=causal).transpose(1, 2).flatten(2))


class Perceptron(nn.Module):
    def __init__(self, width: int, hidden: int, act: str) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(width, hidden), nn.Linear(hidden, width)
        self.quick = act == "quick_gelu"

    def forward(self, x: Tensor) -> Tensor:
        x = self.fc1(x)
        return self.fc2(x * torch.sigmoid(1.702 * x) if self.quick else F.gelu(x))


class Layer(nn.Module):
    def __init__(self, config: dict) -> None:
        super().__init__()
        width, eps = config["hidden_size"], config.get("layer_norm_eps", 1e-5)
        self.layer_norm1, self.layer_norm2 = nn.LayerNorm(width, eps), nn.LayerNorm(width, eps)
        self.self_attn = Attention(width, config["num_attention_heads"])
        self.mlp = Perceptron(width, config["intermediate_size"], config.get("hidden_act", "quick_gelu"))

    def forward(self, x: Tensor, causal: bool) -> Tensor:
        x = x + self.self_attn(self.layer_norm1(x), causal)
        return x + self.mlp(self.layer_norm2(x))


class Layers(nn.Module):
    def __init__(self, config: dict) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Layer(config) for _ in range(config["num_hidden_layers"]))

    def forward(self, x: Tensor, causal: bool = False) -> list[Tensor]:
        """All hidden states, the input first."""
        states = [x]
        for layer in self.layers:
            states.append(layer(states[-1], causal))
        return states


class _TextEmbeddings(nn.Module):
    def __init__(self, config: dict) -> None:
        super().__init__()
        self.token_embedding = nn.Embedding(config["vocab_size"], config["hidden_size"])
        self.position_embedding = nn.Embedding(config["max_position_embeddings"], config["hidden_size"])


class _Text(nn.Module):
    def __init__(self, config: dict) -> None:
        super().__init__()
        self.embeddings, self.encoder = _TextEmbeddings(config), Layers(config)
        self.final_layer_norm = nn.LayerNorm(config["hidden_size"], config.get("layer_norm_eps", 1e-5))


class ClipText(nn.Module):
    """config: the model's config.json. projected: it has a text_projection (SDXL's second)."""

    def __init__(self, config: dict) -> None:
        super().__init__()
        self.text_model = _Text(config)
        self.text_projection = (
            nn.Linear(config["hidden_size"], config["projection_dim"], bias=False)
            if config.get("architectures") == ["CLIPTextModelWithProjection"]
            else None
        )

    def forward(self, tokens: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(B,L) tokens -> (B,L,C) normed last state, (B,L,C) state before the last, (B,P) what the sentence means."""
        text = self.text_model
        x = text.embeddings.token_embedding(tokens) + text.embeddings.position_embedding.weight[: tokens.shape[1]]
        states = text.encoder(x, causal=True)
        last = text.final_layer_norm(states[-1])
        meant = last[torch.arange(len(tokens)), tokens.argmax(-1)]  # at the end of the text, the largest token
        return last, states[-2], self.text_projection(meant) if self.text_projection is not None else meant


class _VisionEmbeddings(nn.Module):
    def __init__(self, config: dict) -> None:
        super().__init__()
        width, patch = config["hidden_size"], config["patch_size"]
        self.class_embedding = nn.Parameter(torch.zeros(width))
        self.patch_embedding = nn.Conv2d(3, width, patch, patch, bias=False)
        self.position_embedding = nn.Embedding((config["image_size"] // patch) ** 2 + 1, width)


class _Vision(nn.Module):
    def __init__(self, config: dict) -> None:
        super().__init__()
        eps = config.get("layer_norm_eps", 1e-5)
        self.embeddings, self.encoder = _VisionEmbeddings(config), Layers(config)
        self.pre_layrnorm = nn.LayerNorm(config["hidden_size"], eps)  # written so in the weights
        self.post_layernorm = nn.LayerNorm(config["hidden_size"], eps)


class ClipVision(nn.Module):
    """config: the model's config.json."""

    MEAN, DEVIATION = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)

    def __init__(self, config: dict) -> None:
        super().__init__()
        self.side = config["image_size"]
        self.vision_model = _Vision(config)
        self.visual_projection = nn.Linear(config["hidden_size"], config["projection_dim"], bias=False)

    def forward(self, picture: Tensor) -> Tensor:
        """(B,3,H,W) sRGB 0..1, square -> (B,1+patches,C) state before the last, which IP-Adapter Plus reads."""
        x = F.interpolate(picture, (self.side, self.side), mode="bicubic", antialias=True).clamp(0, 1)
        x = (x - x.new_tensor(self.MEAN)[:, None, None]) / x.new_tensor(self.DEVIATION)[:, None, None]
        vision = self.vision_model
        patches = vision.embeddings.patch_embedding(x).flatten(2).transpose(1, 2)
        first = vision.embeddings.class_embedding.expand(len(x), 1, -1)
        x = torch.cat([first, patches], 1) + vision.embeddings.position_embedding.weight
        return vision.encoder(vision.pre_layrnorm(x))[-2]
