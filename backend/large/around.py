"""Painting in the atlas, and around the head: views of it, which are made to agree in the atlas at every step.

SyncMVD (Liu et al., arXiv 2311.12891, section 3.2) and TexFusion (Cao et al., arXiv 2310.13772): what every view says
of the clean picture is gathered in the atlas, and each view goes on from what all of them say. Here that is done with
the difference from the start alone, so what the model leaves as it was is not blurred.
"""

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ..imaging.sample import fill_smoothly
from .control import depth, normal
from .layout import Layout, landmark_weights
from .scene import Scene
from .views import VIEWS, Maps, Sights
from .walk import shrink_mask

#: Power of the cosine by which views count, at the first step and at the last: at first all settle the colours
#: together, at last the one that looks straight at it settles the detail (SyncMVD: 0 to 6).
POWERS = (1.0, 6.0)
#: Atlas texels to one of a view's latents: the face has half of the atlas's width, and fills most of a view.
FINER = 2
#: Largest cosine from which the views count in full; where none shows a texel better their difference fades.
ENOUGH = 0.1


class AroundHead:
    """See scene.Way. atlases: (K,3,T,T) sRGB of the seeds, and (K,1,T,T) 0..1 where they are sure."""

    def __init__(
        self, sights: Sights, atlases: tuple[Tensor, Tensor], portrait: Tensor, words: str, size: int, layout: float
    ) -> None:
        start, sure = atlases
        self.sights, self.start, self.strength = sights, start, layout
        maps, views = sights.map(size, size), sights.views_of(size)
        held = read(torch.cat([start, sure], 1), maps).flatten(0, 1)
        there = torch.from_numpy(maps.covered).float()[:, None].repeat(len(start), 1, 1, 1)
        pictures = held[:, :3] * there + 0.5 * (1 - there)  # on grey
        self.scene = Scene(
            pictures,
            held[:, 3:] * there + 1 - there,  # the background stays as it is
            portrait,
            tuple(words + name_side(*side) for side in VIEWS) * len(start),
            {
                "depth": stack([depth(view.distance, view.covered) for view in views], len(start)),
                "normal": stack([normal(view.normals, view.covered) for view in views], len(start)),
            },
            closes=False,
        )

    def begin(self, kept: Tensor, pixels: int) -> None:
        side = kept.shape[-1]
        self.kept, self.sure = kept, shrink_mask(self.scene.sure, pixels).to(kept)
        self.small = self.sights.map(side, FINER * side)
        weights = read(landmark_weights(FINER * side)[None], self.small).flatten(0, 1).repeat(len(self.start), 1, 1, 1)
        self.layout = Layout(kept, self.scene.start, weights, self.strength)

    def settle(self, clean: Tensor, share: float) -> Tensor:
        power = POWERS[0] + share * (POWERS[1] - POWERS[0])
        changed = (self.layout(clean) - self.kept).unflatten(0, (len(self.start), -1))
        agreed = read(gather(changed, self.small, power)[0], self.small).flatten(0, 1)
        return self.kept + (1 - self.sure) * agreed

    def lay(self, pictures: Tensor) -> Tensor:
        """What the pictures add to the start; beside what they show it fades."""
        size = pictures.shape[-1]
        maps = self.sights.map(size, size)
        before, start = (F.adaptive_avg_pool2d(one, size) for one in (self.scene.start, self.start))
        changed, best = gather((pictures - before).unflatten(0, (len(start), -1)), maps, POWERS[1])
        known = best.numpy() >= ENOUGH
        filled = [fill_smoothly(one.permute(1, 2, 0).numpy(), known) for one in changed]
        return start + torch.from_numpy(np.stack(filled)).permute(0, 3, 1, 2)


def gather(views: Tensor, maps: Maps, power: float) -> tuple[Tensor, Tensor]:
    """(K,C,A,A) mean of what views (K,V,C,n,n) say of each texel, by the power of the cosine, and (A,A) the largest
    cosine. Where that is less than ENOUGH the mean fades to 0."""
    grid = torch.from_numpy(maps.to_views).to(views) * 2 - 1
    cosine = torch.from_numpy(maps.cosine).to(views)[:, None]
    best = cosine.amax(0)
    weight = (cosine / best.clamp(min=1e-6)) ** power  # of the best view 1: no power is too small to count
    shown = F.grid_sample(views.transpose(0, 1).flatten(1, 2), grid, padding_mode="border", align_corners=False)
    mean = (shown * weight).sum(0) / weight.sum(0).clamp(min=1e-6) * (best / ENOUGH).clamp(max=1)
    return mean.unflatten(0, views.shape[:3:2]), best[0]


def read(atlas: Tensor, maps: Maps) -> Tensor:
    """(K,V,C,n,n) what the views show of atlases (K,C,A,A), which close sideways; 0 where they show no head."""
    size, count = atlas.shape[-1], len(maps.to_atlas)
    wide = F.pad(atlas.flatten(0, 1)[None], (1, 1, 0, 0), mode="circular")
    places = torch.from_numpy(maps.to_atlas).to(atlas)
    across = (places[..., 0] % 1 * size + 1) / (size + 2)
    grid = torch.stack([across, places[..., 1]], -1) * 2 - 1
    shown = F.grid_sample(wide.expand(count, -1, -1, -1), grid, padding_mode="border", align_corners=False)
    shown = shown * torch.from_numpy(maps.covered).to(atlas)[:, None]
    return shown.unflatten(1, atlas.shape[:2]).transpose(0, 1)


def stack(pictures: Sequence[np.ndarray], times: int) -> Tensor:
    """(times*V,3,n,n)"""
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).repeat(times, 1, 1, 1)


def name_side(left: float, up: float) -> str:
    """In words."""
    if abs(up) > 30:
        return ", seen from above" if up > 0 else ", seen from below"
    return ", front view" if abs(left) < 60 else ", side view" if abs(left) < 120 else ", back view"


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
