"""The networks: shapes, what they are before training, and the properties their formulas promise."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from diffusers import DDIMScheduler

from backend import options
from backend.lab.networks.denoiser import Denoiser
from backend.lab.networks.generator import ModulatedConv, PaintingGenerator
from backend.lab.pca import complete_alone, fit_many, fit_mirrored, truncated
from backend.lab.training.mapping import straight
from backend.lab.training.mapping_network import Mapping
from backend.lab.training.prior import halved
from backend.lab.training.repaint import STRENGTH
from backend.models.bundle import paint_canvas, whole_canvas
from backend.networks import detail
from backend.networks.bend import bent, flow_of, undone
from backend.networks.conditions import STYLES, kept_signal
from backend.networks.generator import BEND_ROWS, CANVAS_ROWS, GIVEN_ROWS, LATENT, LAYERS, ROWS, Encoder, upsample
from backend.networks.sizes import CANVAS, TEXELS
from backend.prior.linear import LinearPrior

SIZE, COMPONENTS = CANVAS, 4


@pytest.fixture(scope="module")
def skins() -> np.ndarray:
    """(12,S,S,3): smooth textures that differ along four directions only."""
    random = np.random.default_rng(0)
    y, x = np.mgrid[:SIZE, :SIZE] / SIZE
    waves = np.stack([np.cos(np.pi * k * y) * np.cos(2 * np.pi * k * x) for k in range(COMPONENTS)])
    colours = random.normal(0, 1, (COMPONENTS, 3))
    weights = random.normal(0, 0.05, (12, COMPONENTS))
    return (0.5 + np.einsum("nk,kyx,kc->nyxc", weights, waves, colours)).astype(np.float32)


@pytest.fixture(scope="module")
def prior(skins) -> LinearPrior:
    return fit_many(skins, COMPONENTS)


def test_linear_prior_recovers_a_texture_of_its_own_from_a_third(prior, skins):
    confidence = np.zeros((SIZE, SIZE), np.float32)
    confidence[30:100, 40:80] = 1
    error = complete_alone(prior, skins[3], confidence) - skins[3]
    assert np.sqrt((error**2).mean()) < 0.02


def test_linear_prior_is_the_pca_of_the_textures(prior, skins):
    """Against the singular value decomposition itself."""
    centred = (skins - skins.mean(0)).reshape(len(skins), -1)
    _, values, directions = np.linalg.svd(centred, full_matrices=False)
    assert np.allclose(prior.deviation, values[:COMPONENTS] / np.sqrt(len(skins)), rtol=1e-3)
    assert np.allclose(np.abs(prior.basis @ directions[:COMPONENTS].T), np.eye(COMPONENTS), atol=1e-3)


def test_linear_prior_completes_larger_pictures_alike(prior, skins):
    confidence = np.zeros((SIZE, SIZE), np.float32)
    confidence[30:100, 40:80] = 1
    small = complete_alone(prior, skins[3], confidence)
    colour = np.kron(skins[3], np.ones((2, 2, 1), np.float32))
    colour[np.kron(confidence, np.ones((2, 2))) == 0] = 0.9  # what was not seen says nothing
    large = complete_alone(prior, colour, np.kron(confidence, np.ones((2, 2), np.float32)))
    assert large.shape == (2 * SIZE, 2 * SIZE, 3)
    assert np.abs(large[::2, ::2] - small).max() < 0.05


def test_linear_prior_without_evidence_is_the_mean(prior):
    nothing = np.zeros((SIZE, SIZE), np.float32)
    assert np.allclose(
        complete_alone(prior, np.zeros((SIZE, SIZE, 3), np.float32), nothing), prior.mean.clip(0, 1), atol=1e-4
    )


def test_truncated_prior_keeps_the_strongest_components(prior):
    assert np.all(np.diff(prior.deviation) <= 1e-6)
    assert np.array_equal(truncated(prior, 2).deviation, prior.deviation[:2])


def test_untrained_generator_is_its_linear_canvas(prior):
    generator = PaintingGenerator(COMPONENTS)
    paint_canvas(generator, prior)
    w_plus = torch.randn(2, ROWS, LATENT)
    w_plus[0, :GIVEN_ROWS] = 0
    made = generator(w_plus, torch.tensor([0, 3])).detach()
    assert made.shape == (2, 3, TEXELS, TEXELS)
    mean = torch.from_numpy(prior.mean).permute(2, 0, 1)[None]
    assert torch.allclose(made[:1], upsample(mean), atol=1e-5)


def test_projection_finds_what_the_canvas_painted(prior):
    generator = PaintingGenerator(COMPONENTS)
    paint_canvas(generator, prior)
    w_plus = torch.zeros(1, ROWS, LATENT)
    w_plus[0, 0, :COMPONENTS] = torch.linspace(-1, 1, COMPONENTS)
    texture = generator(w_plus, torch.tensor([0])).detach()
    rows, canvas = generator.project(texture)
    assert torch.allclose(rows[0], w_plus[0, :GIVEN_ROWS], atol=0.02)
    assert torch.allclose(upsample(canvas), texture, atol=2e-3)


def test_projection_finds_how_a_canvas_is_bent(prior):
    """Gauss-Newton beside the linear model alone, and the bending that it comes to."""
    generator = PaintingGenerator(COMPONENTS)
    paint_canvas(generator, prior)
    w_plus = torch.zeros(1, ROWS, LATENT)
    w_plus[0, 0, :COMPONENTS] = torch.linspace(-1, 1, COMPONENTS)
    w_plus[0, CANVAS_ROWS:GIVEN_ROWS] = 0.7 * torch.randn(BEND_ROWS, LATENT, generator=torch.manual_seed(3))
    texture = generator(w_plus, torch.tensor([0])).detach()
    plain, followed = (generator.project(texture, bendings)[1] for bendings in (0, 4))
    errors = [float((upsample(canvas) - texture).square().mean()) for canvas in (plain, followed)]
    assert errors[1] < 0.1 * errors[0]


def test_bending_is_undone_and_goes_around_the_head():
    flow = flow_of(torch.randn(1, 64, generator=torch.manual_seed(0)))
    at = torch.arange(CANVAS) * 2 * torch.pi / CANVAS
    picture = (torch.sin(at)[None, :] + torch.cos(2 * at)[:, None])[None, None]
    middle = (..., slice(16, -16), slice(None))  # beyond top and bottom there is nothing to sample
    assert (bent(picture, flow) - picture).abs()[middle].max() > 0.05
    assert torch.allclose(bent(bent(picture, flow), undone(flow))[middle], picture[middle], atol=0.02)
    around = torch.zeros(1, 2, CANVAS, CANVAS)
    around[:, 0] = 8 / CANVAS
    assert torch.allclose(bent(picture, around), picture.roll(-8, -1), atol=1e-4)


def test_a_mirrored_pca_is_the_pca_of_textures_and_their_mirror_images(skins):
    mirrored = fit_mirrored(skins, 6)
    slow = fit_many(np.concatenate([skins, skins[:, :, ::-1]]), 6)
    assert np.allclose(mirrored.mean, slow.mean, atol=1e-5)
    assert np.allclose(mirrored.deviation, slow.deviation, rtol=1e-3)
    assert np.allclose(np.abs((mirrored.basis * slow.basis).sum(1)), 1, atol=1e-2)


def test_half_of_the_canvas_is_all_of_it(skins):
    canvas = fit_mirrored(skins, 6)
    again = whole_canvas({key.removeprefix("canvas."): value for key, value in halved(canvas).items()})
    assert np.allclose(again.basis, canvas.basis, atol=1e-5) and np.array_equal(again.mean, canvas.mean)


def test_every_row_of_w_plus_steers_the_texture(prior):
    torch.manual_seed(0)
    generator = PaintingGenerator(COMPONENTS)
    paint_canvas(generator, prior)
    torch.nn.init.normal_(generator.output.weight)
    w_plus, style = torch.zeros(1, ROWS, LATENT), torch.tensor([0])
    before = generator(w_plus, style)
    for row in (0, *range(GIVEN_ROWS, ROWS)):
        changed = w_plus.clone()
        changed[0, row] = 1
        assert (generator(changed, style) - before).abs().max() > 1e-3
    assert (generator(w_plus, torch.tensor([1])) - before).abs().max() > 1e-3  # the style does, too


def test_modulation_does_not_change_the_scale_of_the_output():
    """Demodulation, StyleGAN2 eq. 3: unit-variance input stays of unit variance, whatever the style's strength."""
    torch.manual_seed(0)
    layer = ModulatedConv(16, 16)
    x, w = torch.randn(2, 16, 32, 32), torch.randn(2, LATENT)
    weak = layer(x, w)
    with torch.no_grad():
        layer.style.weight *= 50
        layer.style.bias *= 50
    assert torch.allclose(weak, layer(x, w), atol=1e-3)


def test_modulated_convolution_wraps_around_the_head():
    layer = ModulatedConv(4, 4)
    x, w = torch.randn(1, 4, 8, 8), torch.randn(1, LATENT)
    assert torch.allclose(layer(x.roll(3, -1), w), layer(x, w).roll(3, -1), atol=1e-5)


def test_samples_and_inversions_share_one_latent_space():
    torch.manual_seed(0)
    assert Mapping()(torch.randn(3, Mapping.Z), torch.tensor([0, 1, 3])).shape == (3, ROWS, LATENT)
    picture, confidence = torch.rand(2, 3, TEXELS, TEXELS), torch.rand(2, 1, TEXELS, TEXELS)
    mean, spread = Encoder()(picture, confidence, torch.rand(2, 3, CANVAS, CANVAS))
    assert mean.shape == spread.shape == (2, LAYERS, LATENT)


def test_mapping_draws_what_it_was_given_and_truncation_pulls_to_its_mean():
    random = torch.Generator().manual_seed(0)
    codes = torch.randn(40, ROWS * LATENT, generator=random) * torch.linspace(0.1, 2, ROWS * LATENT) + 3
    mapping = Mapping()
    mapping.mean[1], mapping.axes[1] = straight(codes)
    z = torch.randn(2000, Mapping.Z, generator=random)
    drawn = mapping(z, torch.ones(2000, dtype=torch.long)).flatten(1).detach()
    assert torch.allclose(drawn.mean(0), codes.mean(0), atol=0.2)
    assert torch.allclose(drawn.var(0), codes.var(0, unbiased=False), rtol=0.3, atol=0.02)
    pulled = mapping(z, torch.ones(2000, dtype=torch.long), truncation=0.5).flatten(1).detach()
    assert torch.allclose(pulled.std(0), 0.5 * drawn.std(0), rtol=1e-3)


def noise(count: int = 1) -> torch.Tensor:
    return torch.randn(count, 3, TEXELS, TEXELS, generator=torch.Generator().manual_seed(0))


def test_an_untrained_denoiser_scales_noise_down_and_nothing_else():
    told = torch.rand(1, detail.CONDITIONS, TEXELS, TEXELS)
    network, noisy = Denoiser(detail.CONDITIONS).eval(), noise()
    with torch.no_grad():
        early, late = (network(noisy, told, torch.tensor([time]), torch.tensor([1])) for time in (999, 0))
    assert early.abs().max() < 0.1 and torch.allclose(late, noisy, atol=0.01)


def test_conditions_do_not_leak_what_was_not_seen():
    start, seen = torch.rand(1, 3, TEXELS, TEXELS), noise()
    sure, usual = torch.zeros(1, 1, TEXELS, TEXELS), torch.full((1, TEXELS, TEXELS), 0.02)
    sure[..., 80:180, 80:180] = 1
    elsewhere = torch.where(sure > 0, seen, 5 * noise())
    first, second = (
        detail.conditions(start, one, sure, torch.zeros(3, TEXELS, TEXELS), usual) for one in (seen, elsewhere)
    )
    assert torch.equal(first, second)
    assert first[:, STRENGTH].std() > 0


def test_units_of_detail_are_undone():
    usual = torch.rand(1, TEXELS, TEXELS) + 0.01
    assert torch.allclose(detail.from_units(detail.to_units(noise(), usual), usual), noise(), atol=1e-4)


def test_fine_is_without_tone_and_without_what_has_no_weight():
    weight = torch.zeros(1, 1, TEXELS, TEXELS)
    weight[..., :100] = 1
    flat = torch.full((1, 3, TEXELS, TEXELS), 0.7)
    assert detail.fine(torch.where(weight > 0, flat, 0), weight).abs().max() < 0.01
    kept = detail.fine(flat + noise(), weight)
    assert kept[..., 100:].abs().max() == 0 and 0.9 < kept[..., 10:90].std() < 1.1


def test_strength_tells_how_strong_detail_is_beside_what_is_usual():
    sure = torch.zeros(1, 1, TEXELS, TEXELS)
    sure[..., 100:160, 100:160] = 1
    seen = (1, 0 * sure), (1, sure), (2, sure)
    nothing, once, twice = (detail.strength(scale * noise(), one) for scale, one in seen)
    assert nothing.abs().max() < 1e-3
    more = twice - once
    assert (more[..., 130, 130] - np.log(2)).abs().max() < 0.05
    assert more.min() > 0.2  # far from it, too: it is one person's skin


def test_the_noise_is_the_cosine_schedule_of_diffusers():
    theirs = DDIMScheduler(num_train_timesteps=1000, beta_schedule="squaredcos_cap_v2").alphas_cumprod
    assert torch.allclose(kept_signal(), theirs, atol=1e-5)


def test_the_networks_have_the_styles_that_an_artist_may_choose():
    assert options.STYLE.values == ("auto", *STYLES)
