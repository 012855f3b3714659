"""Fine detail of the atlas: its octaves, and how strong painted detail may be."""

from __future__ import annotations

import torch

from backend.networks.detail import blurred, draw_noise, octaves, restrained
from backend.networks.sizes import TEXELS

SHAPE = (1, 3, TEXELS, TEXELS)


def noise(seed: int) -> torch.Tensor:
    return draw_noise(SHAPE, torch.Generator().manual_seed(seed))


def shown(rows: int) -> torch.Tensor:
    sure = torch.zeros(1, 1, TEXELS, TEXELS)
    sure[:, :, :rows] = 1
    return sure


def test_octaves_sum_up():
    assert torch.allclose(sum(octaves(noise(0))), noise(0), atol=1e-5)


def test_painted_detail_is_no_stronger_than_seen_detail_and_is_never_raised():
    nothing, sure = torch.zeros(SHAPE), shown(TEXELS // 2)
    calm, lively = (
        restrained(noise(0), nothing, strength * noise(1) * sure, sure)[:, :, TEXELS // 2 :] for strength in (0.2, 3)
    )
    painted = noise(0)[:, :, TEXELS // 2 :]
    assert 0.15 < (calm.std() / painted.std()).item() < 0.3
    assert (lively - painted).abs().mean() < 0.1 * painted.abs().mean()


def test_one_octave_is_weakened_alone():
    sure, rough = shown(TEXELS // 2), noise(1)
    soft = blurred(rough, 2.0)
    before, after = (octaves(one)[0].std() for one in (noise(0), restrained(noise(0), 0 * soft, soft * sure, sure)))
    kept = octaves(restrained(noise(0), 0 * soft, soft * sure, sure))[2].std() / octaves(noise(0))[2].std()
    assert after < 0.4 * before and kept > 0.5


def test_edges_of_hair_do_not_make_skin_rough():
    nothing, sure = torch.zeros(SHAPE), shown(TEXELS // 2)
    seen = 0.2 * noise(1) * sure
    edged = seen.clone()
    edged[..., 60:64, 100:104] += 30
    calm, other = (restrained(noise(0), nothing, one, sure)[:, :, TEXELS // 2 :].std() for one in (seen, edged))
    assert other < 1.1 * calm


def test_where_nothing_was_seen_painted_detail_stays_as_usual():
    nothing = torch.zeros(SHAPE)
    made = restrained(noise(0), nothing, nothing, shown(0))
    assert (made.std() / noise(0).std()).item() > 0.7
