"""A build as a stream of training samples for torch: shards front to back, shuffled in a window."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import IterableDataset, get_worker_info

from ...options import STYLE
from .drawn_styles import NETWORK_STYLE
from .report import decoded
from .shards import read_shard
from .sources import SIDES, SPLIT

#: The networks' styles in their order (networks/conditions.py).
NETWORKS = STYLE.values[1:]


class TexHub(IterableDataset):
    """Samples of one side of the split; each loader process reads its own shards.

    Yields dicts: unlit (3,S,S) float32 sRGB, the truth; valid (1,S,S) 0 or 1; lit (V,3,S,S) under other lights;
    confidence (V,1,S,S), what view v shows; style: index of the networks' style; painted: our own style's name; key.

    Args:
        folder: of a build. side: train or held_out. size: texels to shrink to, the build's own without it.
        shuffle: samples in the window that the next is drawn from; 0 keeps the order.
        seed: of shards' order and window; epoch, set before each pass, changes it.

    Raises:
        FileNotFoundError: when the folder holds no shard of that side.
        ValueError: while reading, when a training shard holds a texture made from a held-out skin.
    """

    def __init__(
        self,
        folder: str | Path,
        side: str = "train",
        size: int = 0,
        shuffle: int = 256,
        seed: int = 0,
        split: Path = SPLIT,
    ) -> None:
        if side not in SIDES:
            raise ValueError(f"The sides of the split are {', '.join(SIDES)}, not {side!r}.")
        self.shards = sorted(Path(folder).glob(f"{side}-*.tar"))
        if not self.shards:
            raise FileNotFoundError(f"No {side} shards in {folder}: python -m backend.lab texhub build makes some.")
        self.side, self.size, self.shuffle, self.seed, self.epoch = side, size, shuffle, seed, 0
        self.held_out = set(json.loads(split.read_text(encoding="utf-8"))["held_out"])

    def __len__(self) -> int:
        """Textures of all shards, from their indices."""
        indices = (path.with_name(path.name.replace(".tar", ".index.json")) for path in self.shards)
        return sum(len(json.loads(path.read_text(encoding="utf-8"))["textures"]) for path in indices)

    def __iter__(self) -> Iterator[dict]:
        worker = get_worker_info()
        number, workers = (worker.id, worker.num_workers) if worker else (0, 1)
        shards = list(self.shards)
        if self.shuffle:
            np.random.default_rng([self.seed, self.epoch]).shuffle(shards)  # the same order for every loader process
        textures = (texture for shard in shards[number::workers] for texture in read_shard(shard))
        # the window keeps encoded files: 250 KB each, not 3 MB
        random = np.random.default_rng([self.seed, self.epoch, number])
        window: list[tuple[str, dict[str, bytes]]] = []
        for texture in textures:
            if len(window) < self.shuffle:
                window.append(texture)
                continue
            if self.shuffle:
                place = int(random.integers(len(window)))
                window[place], texture = texture, window[place]
            yield self.sample(*texture)
        for place in random.permutation(len(window)):
            yield self.sample(*window[place])

    def sample(self, key: str, files: dict[str, bytes]) -> dict:
        """One texture, decoded."""
        recipe = json.loads(files["json"])["recipe"]
        leaked = self.held_out & set(recipe["skins"])
        if self.side == "train" and leaked:
            raise ValueError(f"Texture {key} was made from held-out skins: {', '.join(sorted(leaked))}.")
        versions = range(len(recipe["lights"]))
        return {
            "unlit": self.picture(files["unlit.png"]),
            "valid": (self.picture(files["valid.png"]) > 0.99).float(),
            "lit": torch.stack([self.picture(files[f"lit{i}.jpg"]) for i in versions]),
            "confidence": torch.stack([self.picture(files[f"mask{i}.png"]) for i in range(len(recipe["views"]))]),
            "style": NETWORKS.index(NETWORK_STYLE[recipe["style"]["name"]]),
            "painted": recipe["style"]["name"],
            "key": key,
        }

    def picture(self, data: bytes) -> Tensor:
        """(3,S,S) or (1,S,S) float32 0..1."""
        picture = decoded(data)
        if self.size and self.size != len(picture):
            picture = cv2.resize(picture, (self.size, self.size), interpolation=cv2.INTER_AREA)
        values = torch.from_numpy(np.ascontiguousarray(picture, np.float32) / 255)
        return values.permute(2, 0, 1).contiguous() if values.ndim == 3 else values[None]
