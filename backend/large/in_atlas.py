"""Painting in the atlas: the picture that the model paints is the texture."""

import torch
from torch import Tensor

from .layout import Layout, landmark_weights
from .scene import Scene
from .walk import shrink_mask


class InAtlas:
    """See scene.Way."""

    def __init__(self, scene: Scene, layout: float) -> None:
        self.scene, self.strength = scene, layout

    def begin(self, kept: Tensor, pixels: int) -> None:
        self.kept, self.sure = kept, shrink_mask(self.scene.sure, pixels).to(kept)
        weights = landmark_weights(kept.shape[-1])[None].expand(len(kept), -1, -1, -1)
        self.layout = Layout(kept, self.scene.start, weights, self.strength)

    def settle(self, clean: Tensor, share: float) -> Tensor:
        return torch.lerp(self.layout(clean), self.kept, self.sure)  # where it is sure, to the bit

    def lay(self, pictures: Tensor) -> Tensor:
        return pictures
