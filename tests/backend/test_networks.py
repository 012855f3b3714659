"""The networks: shapes, what they are before training, and the properties their formulas promise."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from diffusers import DDIMScheduler

from backend import options
from backend.lab.networks.denoiser import Denoiser
from backend.lab.networks.detail import from_units, noised
from backend.lab.networks.generator import (
    BEND_ROWS,
    CANVAS_ROWS,
    GIVEN_ROWS,
    LATENT,
    LAYERS,
    ROWS,
    Encoder,
    Generator,
    ModulatedConv,
    canvas_of,
    projected,
    upsample,
)
from backend.lab.pca import complete_alone, fit_many, fit_mirrored, truncated
from backend.lab.training.mapping import straight
from backend.lab.training.mapping_network import Mapping
from backend.lab.training.prior import halved
from backend.lab.training.repaint import STRENGTH
from backend.models.bundle import whole_canvas
from backend.networks import detail
from backend.networks.conditions import STYLES, kept_signal
from backend.networks.planes import to_planes
from backend.networks.sizes import CANVAS, TEXELS
from backend.prior.linear import LinearPrior
from backend.stages.bend import bent, flow_of, undone

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


def test_an_untrained_generator_paints_its_canvas(prior):
    w_plus = torch.randn(2, ROWS, LATENT)
    w_plus[0, :GIVEN_ROWS] = 0
    canvas = canvas_of(prior, w_plus)
    made = painted(Generator(), canvas, w_plus, torch.tensor([0, 3]))
    assert made.shape == (2, 3, TEXELS, TEXELS)
    mean = torch.from_numpy(prior.mean).permute(2, 0, 1)[None]
    assert torch.allclose(canvas[:1], mean, atol=1e-5) and torch.allclose(made, upsample(canvas), atol=1e-5)


def painted(generator: Generator, canvas: torch.Tensor, w_plus: torch.Tensor, style: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        return generator(canvas, w_plus[:, GIVEN_ROWS:], generator.style(style))


def texture_of(prior: LinearPrior, w_plus: torch.Tensor) -> torch.Tensor:
    return upsample(canvas_of(prior, w_plus))


def test_projection_finds_what_the_canvas_painted(prior):
    w_plus = torch.zeros(1, ROWS, LATENT)
    w_plus[0, 0, :COMPONENTS] = torch.linspace(-1, 1, COMPONENTS)
    texture = texture_of(prior, w_plus)
    rows, canvas = projected(prior, texture, 2)
    assert torch.allclose(rows[0], w_plus[0, :GIVEN_ROWS], atol=0.02)
    assert torch.allclose(upsample(canvas), texture, atol=2e-3)


def test_projection_finds_how_a_canvas_is_bent(prior):
    """Gauss-Newton beside the linear model alone, and the bending that it comes to."""
    w_plus = torch.zeros(1, ROWS, LATENT)
    w_plus[0, 0, :COMPONENTS] = torch.linspace(-1, 1, COMPONENTS)
    w_plus[0, CANVAS_ROWS:GIVEN_ROWS] = 0.7 * torch.randn(BEND_ROWS, LATENT, generator=torch.manual_seed(3))
    texture = texture_of(prior, w_plus)
    plain, followed = (projected(prior, texture, bendings)[1] for bendings in (0, 4))
    errors = [float((upsample(canvas) - texture).square().mean()) for canvas in (plain, followed)]
    assert errors[1] < 0.1 * errors[0]


def test_bending_is_undone_and_goes_around_the_head():
    flow = flow_of(np.random.default_rng(0).standard_normal(64, np.float32))
    at = np.arange(CANVAS) * 2 * np.pi / CANVAS
    picture = (np.sin(at)[None, :] + np.cos(2 * at)[:, None]).astype(np.float32)[..., None]
    middle = slice(16, -16)  # beyond top and bottom there is nothing to sample
    assert np.abs(bent(picture, flow) - picture)[middle].max() > 0.05
    back = bent(bent(picture, flow), undone(flow))
    assert np.allclose(back[middle], picture[middle], atol=0.02)
    around = np.zeros((CANVAS, CANVAS, 2), np.float32)
    around[..., 0] = 8 / CANVAS
    assert np.allclose(bent(picture, around), np.roll(picture, -8, 1), atol=1e-4)


def test_a_bent_picture_is_what_torch_samples():
    random = np.random.default_rng(1)
    picture = cv2.GaussianBlur(random.random((CANVAS, CANVAS, 3), np.float32), (0, 0), 2)
    flow = flow_of(random.standard_normal(64, np.float32))
    at = (np.arange(CANVAS) + 0.5) / CANVAS
    grid = np.stack([at[None] + flow[..., 0], at[:, None] + flow[..., 1]], -1)
    grid[..., 0] = (grid[..., 0] * CANVAS + 16) / (CANVAS + 32)
    wide = np.pad(picture, ((0, 0), (16, 16), (0, 0)), mode="wrap").transpose(2, 0, 1)[None]
    slow = torch.nn.functional.grid_sample(
        torch.from_numpy(wide),
        torch.from_numpy(2 * grid[None] - 1).float(),
        mode="bicubic",
        padding_mode="border",
        align_corners=False,
    )
    assert np.abs(bent(picture, flow) - slow[0].permute(1, 2, 0).numpy()).max() < 1e-4


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
    generator = Generator()
    torch.nn.init.normal_(generator.output.weight)
    w_plus, style = torch.zeros(1, ROWS, LATENT), torch.tensor([0])
    before = painted(generator, canvas_of(prior, w_plus), w_plus, style)
    for row in (0, *range(GIVEN_ROWS, ROWS)):
        changed = w_plus.clone()
        changed[0, row] = 1
        assert (painted(generator, canvas_of(prior, changed), changed, style) - before).abs().max() > 1e-3
    other = painted(generator, canvas_of(prior, w_plus), w_plus, torch.tensor([1]))
    assert (other - before).abs().max() > 1e-3  # the style does, too


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


def noise(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((TEXELS, TEXELS, 3), np.float32)


def test_an_untrained_denoiser_scales_noise_down_and_nothing_else():
    told = torch.rand(1, detail.CONDITIONS, TEXELS, TEXELS)
    network, noisy = Denoiser(detail.CONDITIONS).eval(), torch.from_numpy(to_planes(noise()))
    with torch.no_grad():
        early, late = (network(noisy, told, torch.tensor([time]), torch.tensor([1])) for time in (999, 0))
    assert early.abs().max() < 0.1 and torch.allclose(late, noisy, atol=0.01)


def mask(rows: slice, columns: slice) -> np.ndarray:
    sure = np.zeros((TEXELS, TEXELS, 1), np.float32)
    sure[rows, columns] = 1
    return sure


def test_conditions_do_not_leak_what_was_not_seen():
    start, seen = np.random.default_rng(1).random((TEXELS, TEXELS, 3), np.float32), noise()
    sure, usual = mask(slice(80, 180), slice(80, 180)), np.full((TEXELS, TEXELS, 1), 0.02, np.float32)
    elsewhere = np.where(sure > 0, seen, 5 * noise(2))
    first, second = (detail.conditions(start, one, sure, np.zeros_like(start), usual) for one in (seen, elsewhere))
    assert first.shape[2] == detail.CONDITIONS and np.array_equal(first, second)
    assert first[..., STRENGTH].std() > 0


def test_units_of_detail_are_undone():
    usual = np.random.default_rng(1).random((TEXELS, TEXELS, 1), np.float32) + 0.01
    assert np.allclose(detail.from_units(detail.to_units(noise(), usual), usual), noise(), atol=1e-4)


def test_fine_is_without_tone_and_without_what_has_no_weight():
    weight = mask(slice(100), slice(None))
    flat = np.full((TEXELS, TEXELS, 3), 0.7, np.float32)
    assert np.abs(detail.fine(flat * weight, weight)).max() < 0.01
    kept = detail.fine(flat + noise(), weight)
    assert np.abs(kept[100:]).max() == 0 and 0.9 < kept[10:90].std() < 1.1


def test_a_blur_goes_around_the_head_and_stops_above_and_below():
    """Beside a convolution written out."""
    picture, reach = noise()[:40, :48], 1.6
    half = int(3 * reach + 0.5)
    bell = np.exp(-0.5 * (np.arange(-half, half + 1) / reach) ** 2)
    kernel = np.outer(bell, bell)[..., None] / bell.sum() ** 2
    wide = np.pad(np.pad(picture, ((0, 0), (half, half), (0, 0)), mode="wrap"), ((half, half), (0, 0), (0, 0)), "edge")
    soft = detail.blurred(picture, reach)
    for row, column in ((0, 0), (0, 47), (20, 1), (39, 30)):
        around = wide[row : row + 2 * half + 1, column : column + 2 * half + 1]
        assert np.allclose(soft[row, column], (kernel * around).sum((0, 1)), atol=1e-5)


def test_strength_tells_how_strong_detail_is_beside_what_is_usual():
    sure = mask(slice(100, 160), slice(100, 160))
    seen = (1, 0 * sure), (1, sure), (2, sure)
    nothing, once, twice = (detail.strength(scale * noise(), one) for scale, one in seen)
    assert np.abs(nothing).max() < 1e-3
    more = twice - once
    assert np.abs(more[130, 130] - np.log(2)).max() < 0.05
    assert more.min() > 0.2  # far from it, too: it is one person's skin


def test_training_noises_as_a_job_does():
    """On tensors: what is left of the detail, and noise of the same strength in every channel."""
    clean, random = torch.from_numpy(to_planes(noise(), noise(1))), torch.Generator().manual_seed(0)
    kept = torch.tensor([0.25, 1.0])[:, None, None, None]
    made = noised(clean, kept, random)
    assert torch.equal(made[1], clean[1])
    own = detail.noised(np.zeros((TEXELS, TEXELS, 3), np.float32), 0.25, np.random.default_rng(3))
    assert (made[0] - 0.5 * clean[0]).std().item() == pytest.approx(own.std(), rel=0.1)
    again = torch.from_numpy(to_planes(detail.from_units(noise(), 0.5)))
    assert torch.allclose(from_units(clean[:1], 0.5), again, atol=1e-6)  # of the last bit processors differ


def test_the_noise_is_the_cosine_schedule_of_diffusers():
    theirs = DDIMScheduler(num_train_timesteps=1000, beta_schedule="squaredcos_cap_v2").alphas_cumprod
    assert np.allclose(kept_signal(), theirs.numpy(), atol=1e-5)


def test_the_networks_have_the_styles_that_an_artist_may_choose():
    assert options.STYLE.values == ("auto", *STYLES)
