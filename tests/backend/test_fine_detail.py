"""Fine detail of the atlas: its octaves."""

from __future__ import annotations

import torch

from backend.networks.detail import draw_noise, octaves
from backend.networks.sizes import TEXELS


def test_octaves_sum_up():
    noise = draw_noise((1, 3, TEXELS, TEXELS), torch.Generator().manual_seed(0))
    assert torch.allclose(sum(octaves(noise)), noise, atol=1e-5)
