"""The networks: shapes, what they are before training, and the properties their formulas promise."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from backend import messages
from backend.models.bundle import paint_canvas
from backend.networks.denoiser import STYLES, Denoiser, haar_high, inpaint_conditions, repaint_conditions
from backend.networks.generator import LATENT, LAYERS, Encoder, Generator, Mapping, ModulatedConv
from backend.networks.linear import LinearPrior

SIZE, COMPONENTS = 128, 4


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
    return LinearPrior.fit(skins, np.ones(skins.shape[:3], np.float32), COMPONENTS)


def test_linear_prior_recovers_a_texture_of_its_own_from_a_third(prior, skins):
    confidence = np.zeros((SIZE, SIZE), np.float32)
    confidence[30:100, 40:80] = 1
    error = prior.complete(skins[3], confidence) - skins[3]
    assert np.sqrt((error**2).mean()) < 0.02


def test_linear_prior_imputes_texels_without_data(prior, skins):
    valid = np.ones(skins.shape[:3], np.float32)
    valid[::2, 100:, :40] = 0
    spoilt = np.where(valid[..., None] > 0, skins, 0)
    mended = LinearPrior.fit(spoilt, valid, COMPONENTS)
    assert np.abs(mended.mean - prior.mean).max() < 0.05  # the black of missing texels would pull it 0.25 away


def test_linear_prior_without_evidence_is_the_mean(prior):
    nothing = np.zeros((SIZE, SIZE), np.float32)
    assert np.allclose(prior.complete(np.zeros((SIZE, SIZE, 3), np.float32), nothing), prior.mean.clip(0, 1), atol=1e-4)


def test_truncated_prior_keeps_the_strongest_components(prior):
    assert np.all(np.diff(prior.deviation) <= 1e-6)
    assert len(prior.truncated(2).basis) == 2


def test_untrained_generator_is_its_linear_canvas(prior):
    generator = Generator(COMPONENTS)
    paint_canvas(generator, prior)
    w_plus = torch.randn(2, LAYERS, LATENT)
    w_plus[0, 0] = 0
    made = generator(w_plus, torch.tensor([0, 3]))
    assert made.shape == (2, 3, SIZE, SIZE)
    assert np.allclose(made[0].detach().permute(1, 2, 0).numpy(), prior.mean, atol=1e-5)


def test_projection_finds_what_the_canvas_painted(prior):
    generator = Generator(COMPONENTS)
    paint_canvas(generator, prior)
    w_plus = torch.zeros(1, LAYERS, LATENT)
    w_plus[0, 0, :COMPONENTS] = torch.linspace(-1, 1, COMPONENTS)
    texture = generator(w_plus, torch.tensor([0]))
    coefficients, canvas = generator.project(texture)
    assert torch.allclose(coefficients[0], w_plus[0, 0, :COMPONENTS], atol=1e-3)
    assert torch.allclose(canvas, texture, atol=1e-4)
    encoded = Encoder()(texture, torch.ones(1, 1, SIZE, SIZE), coefficients, canvas)
    assert torch.allclose(generator(encoded, torch.tensor([0])), texture, atol=1e-4)


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
    assert Mapping()(torch.randn(3, LATENT)).shape == (3, LAYERS, LATENT)
    picture, confidence = torch.rand(2, 3, SIZE, SIZE), torch.rand(2, 1, SIZE, SIZE)
    encoded = Encoder()(picture, confidence, torch.zeros(2, COMPONENTS), picture)
    assert encoded.shape == (2, LAYERS, LATENT)


@pytest.mark.parametrize("conditions_of", [inpaint_conditions, repaint_conditions])
def test_untrained_denoiser_leaves_the_stage_before_alone(conditions_of):
    picture, confidence = torch.rand(1, 3, SIZE, SIZE), torch.rand(1, 1, SIZE, SIZE)
    conditions = conditions_of(picture, picture, confidence, torch.zeros(3, SIZE, SIZE))
    network = Denoiser(conditions.shape[1]).eval()
    with torch.no_grad():
        residual = network(torch.randn_like(picture), conditions, torch.tensor([999]), torch.tensor([1]))
    assert residual.shape == picture.shape
    assert residual.abs().max() == 0


@pytest.mark.parametrize("conditions_of", [inpaint_conditions, repaint_conditions])
def test_conditions_do_not_leak_what_was_not_seen(conditions_of):
    start, colour = torch.rand(1, 3, SIZE, SIZE), torch.rand(1, 3, SIZE, SIZE)
    confidence = torch.zeros(1, 1, SIZE, SIZE)
    confidence[..., 40:90, 40:90] = 1
    elsewhere = torch.where(confidence > 0, colour, torch.rand_like(colour))
    geometry = torch.zeros(3, SIZE, SIZE)
    first, second = (conditions_of(start, seen, confidence, geometry) for seen in (colour, elsewhere))
    assert torch.equal(first, second)


def test_high_band_sees_detail_and_ignores_tone():
    flat = torch.full((1, 1, 8, 8), 0.7)
    flat[..., 4:, :] = 0.2  # an edge between the blocks of the first level
    assert haar_high(flat).abs().max() == 0
    checks = torch.tensor([[0.0, 1.0], [1.0, 0.0]]).repeat(4, 4)[None, None]
    assert haar_high(checks).min() > 0.4


def test_the_networks_have_the_styles_that_an_artist_may_choose():
    assert messages.STYLES == ("auto", *STYLES)
