"""The way of a large model from noise to picture, on a model that is known: what is held, steps, edges, hints."""

from __future__ import annotations

import numpy as np
import torch

from backend.large import paint
from backend.large.around import InAtlas
from backend.large.control import canny, tile
from backend.large.scene import AROUND, Level, Scene, around, within
from backend.large.walk import advance, shrink_mask, walk
from tests.backend import tiny_models

LEVELS = [Level(900, 0.2, 0.98), Level(500, 0.6, 0.8), Level(200, 0.9, 0.44), Level(0, 1, 0)]


class Known:
    """A model that takes every latent for one that is all of a value."""

    multistep = True

    def __init__(self, value: float) -> None:
        self.value, self.seen = value, []

    def clean(self, latent: torch.Tensor, level: Level) -> torch.Tensor:
        self.seen.append((latent, level))
        return torch.full_like(latent, self.value)


def test_what_was_seen_is_held_at_every_step():
    kept = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(5))
    start, sure = torch.rand(2, 3, 16, 16), torch.zeros(2, 1, 16, 16)
    sure[..., :8] = 1
    painter, told = Known(0.5), []
    way = InAtlas(Scene(start, sure, start[:1], ("", "")), 0.0)
    way.begin(kept, 2)
    end = walk(painter, kept, way.settle, LEVELS, [0, 7], lambda share, clean: told.append((share, clean)))
    assert torch.equal(end[..., :4], kept[..., :4]) and torch.allclose(end[..., 4:], torch.tensor(0.5), atol=1e-5)
    assert [share for share, _ in told] == [1 / 3, 2 / 3, 1]
    assert all(torch.equal(clean[..., :4], kept[..., :4]) and (clean[..., 4:] == 0.5).all() for _, clean in told)
    noise = torch.cat([torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(seed)) for seed in (0, 7)])
    for latent, level in painter.seen:  # the model always finds it in that step's own noise
        assert torch.allclose(latent[..., :4], (level.alpha * kept + level.sigma * noise)[..., :4], atol=0.02)


def test_the_share_of_the_way_is_told_to_what_is_imposed():
    shares = []
    walk(
        Known(0), torch.zeros(1, 4, 4, 4), lambda clean, share: shares.append(share) or clean, LEVELS, [0], lambda *_: 0
    )
    assert shares == [0, 0.5, 1]


def test_the_atlas_closes_sideways():
    x = torch.arange(64.0).view(1, 1, 8, 8)
    wide = around(x, AROUND)
    assert torch.equal(within(wide, AROUND), x) and torch.equal(within(around(x, 0), 0), x)
    assert torch.equal(wide[..., AROUND:-AROUND, :AROUND], x[..., -AROUND:])
    assert torch.equal(wide[..., AROUND:-AROUND, -AROUND:], x[..., :AROUND])
    assert torch.equal(wide[..., 0, AROUND:-AROUND], x[..., 0, :])


def test_hints():
    picture = torch.zeros(1, 3, 32, 32)
    picture[..., 16:] = 1
    edges = canny(picture)
    assert edges.shape == picture.shape and set(edges.unique().tolist()) == {0, 1}
    assert edges[0, 0, :, 14:18].any(1).all() and not edges[..., :12].any() and not edges[..., 20:].any()
    stripes = torch.zeros(1, 3, 32, 32)
    stripes[..., ::2] = 1
    assert torch.allclose(tile(stripes), torch.tensor(0.5)) and tile(picture)[..., :8].max() < 0.01


def test_steps_are_those_of_the_plain_solver():
    """diffusers' own multistep solver, from the same clean pictures."""
    from diffusers import DPMSolverMultistepScheduler

    scheduler = DPMSolverMultistepScheduler(
        **tiny_models.SCHEDULE, timestep_spacing="trailing", lower_order_final=False, final_sigmas_type="zero"
    )
    scheduler.set_timesteps(5)
    random = torch.Generator().manual_seed(0)
    theirs = ours = torch.randn(1, 4, 4, 4, generator=random)
    signal = scheduler.alphas_cumprod
    levels = [Level(float(t), float(signal[t]) ** 0.5, float(1 - signal[t]) ** 0.5) for t in scheduler.timesteps]
    levels.append(Level(0, 1, 0))
    before, last = None, 0.0
    for i, time in enumerate(scheduler.timesteps):
        clean = torch.randn(ours.shape, generator=random)
        told = (theirs - levels[i].alpha * clean) / levels[i].sigma
        theirs = scheduler.step(told, time, theirs).prev_sample
        ours, last = advance(ours, clean, before, levels[i], levels[i + 1], last)
        before = clean
        assert torch.allclose(ours, theirs, atol=1e-3), i


def test_a_step_of_a_flow_is_eulers():
    here, there = Level(0.8, 0.2, 0.8), Level(0.3, 0.7, 0.3)
    latent, clean = torch.randn(2, 1, 4, 4, 4)
    velocity = (latent - clean) / here.sigma
    ours, _ = advance(latent, clean, None, here, there, 0.0)
    assert torch.allclose(ours, latent + (there.sigma - here.sigma) * velocity, atol=1e-5)


def test_a_latent_is_held_where_all_its_texels_are():
    sure = torch.ones(1, 1, 8, 8)
    sure[..., 0, 3] = 0.25
    assert shrink_mask(sure, 4).flatten().tolist() == [0.25, 1, 1, 1]


def test_the_face_is_cropped():
    portrait, skin = np.zeros((60, 80, 3), np.float32), np.zeros((60, 80), np.float32)
    portrait[20:40, 50:64], skin[20:40, 50:64] = 1, 1
    face = paint.crop_face(portrait, skin)
    assert face.shape[0] == face.shape[1] == 26 and face[13, 13, 0] == 1 and face[0, 0, 0] == 0
    assert paint.crop_face(portrait, skin * 0).shape[0] > 80
