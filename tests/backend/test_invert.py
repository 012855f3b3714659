"""Inversion into W+, and stage 3 without one of its guides."""

from __future__ import annotations

import pytest
import torch

from backend.lab.evaluation.invert import fitted_canvas, invert
from backend.lab.training.mapping_network import Mapping, load_mapping
from backend.models.bundle import load_networks
from backend.networks.generator import LATENT, ROWS
from backend.stages.latent import project


@pytest.fixture(scope="module")
def networks():
    return load_networks("cpu")


@pytest.fixture(scope="module")
def drawn(networks):
    """A texture that the generator can make, what is seen of it, and where the search starts."""
    random = torch.Generator().manual_seed(1)
    with torch.no_grad():
        w_plus = load_mapping()(torch.randn(1, Mapping.Z, generator=random), networks.style("photo"))
        w_plus = w_plus + 0.5 * torch.randn(w_plus.shape, generator=random)
        texture = networks.generator(w_plus, networks.style("photo"))
        weight = torch.zeros(1, 1, networks.size, networks.size)
        weight[..., networks.size // 5 :, networks.size // 4 : networks.size // 2] = 1
        mean = networks.generator(load_mapping().mean[:1].view(1, ROWS, LATENT), networks.style("photo"))
        start = project(networks, torch.where(weight > 0, texture, mean), weight)
    return texture, weight, start


def error(texture, target, weight) -> float:
    return float(((texture - target).square() * weight).sum() / (3 * weight.sum()))


def test_inversion_explains_what_is_seen_better_than_encoder_and_canvas(networks, drawn):
    target, weight, start = drawn
    style = networks.style("photo")
    found = invert(networks, target, weight, style, start, steps=10)
    errors = [value for value, _ in found.history]
    assert 1 < len(errors) <= 12
    assert errors[-1] < 0.95 * errors[0]  # what the layers paint is taken into account
    assert errors[-1] < 0.8 * error(networks.generator(start, style), target, weight)
    with torch.no_grad():
        again = networks.generator(found.w_plus, style)
    assert torch.allclose(again, found.texture, atol=1e-4)
    assert errors[-1] == pytest.approx(error(again, target, weight), rel=1e-2)


def test_the_canvas_is_solved_exactly(networks, drawn):
    """No coefficients near the found ones explain the seen texels better, and none that are as likely."""
    target, weight, _ = drawn
    generator, noise = networks.generator, 0.05
    found, _ = fitted_canvas(generator, target, weight, noise)
    small = torch.nn.functional.avg_pool2d(target, 2)
    share = torch.nn.functional.avg_pool2d(weight, 2)

    def loss(coefficients: torch.Tensor) -> float:
        made = (coefficients @ generator.basis).view_as(small) + generator.mean
        return float((((made - small) ** 2) * share).sum() / noise + coefficients.square().sum())

    random = torch.Generator().manual_seed(0)
    for _ in range(6):
        assert loss(found) < loss(found + 0.05 * torch.randn(len(found), generator=random))


def test_a_cancelled_inversion_stops(networks, drawn):
    class Cancelled(Exception):
        pass

    def stop(fraction: float) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        invert(networks, *drawn[:2], networks.style("photo"), drawn[2], steps=3, on_step=stop)
