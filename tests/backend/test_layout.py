"""The layout's gradient against a slow twin, and the colours of latents."""

from __future__ import annotations

import torch

from backend.head.atlas import canonical_head, to_atlas
from backend.large.layout import Layout, edge_gradient, fit_colors, landmark_weights, show_colors
from backend.large.paint import Sketch


def edges(error: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """sum(w |grad e|^2), pixel by pixel."""
    total = torch.zeros(())
    rows, columns = error.shape[-2:]
    for row in range(rows):
        for column in range(columns):
            if column:
                total = (
                    total + weights[0, 0, row, column] * (error[0, 0, row, column] - error[0, 0, row, column - 1]) ** 2
                )
            if row:
                total = (
                    total + weights[0, 0, row, column] * (error[0, 0, row, column] - error[0, 0, row - 1, column]) ** 2
                )
    return total


def test_the_gradient_is_that_of_the_slow_twin():
    error, weights = torch.randn(1, 1, 6, 7, requires_grad=True), torch.rand(1, 1, 6, 7)
    (slow,) = torch.autograd.grad(edges(error, weights), error)
    assert torch.allclose(edge_gradient(error.detach(), weights), slow / 2, atol=1e-5)


def test_edges_come_nearer_where_they_count_and_nowhere_else():
    torch.manual_seed(0)
    start = torch.rand(1, 3, 32, 32)
    kept = torch.cat([start.mean(1, keepdim=True) * 2, torch.randn(1, 3, 32, 32)], 1)  # the first channel is light
    weights = torch.zeros(1, 1, 32, 32)
    weights[..., 8:24, 8:24] = 1
    clean = kept + torch.randn(kept.shape)
    guided = Layout(kept, start, weights, 1.0)(clean)
    before, after = (edges((one - kept)[:, :1], weights) for one in (clean, guided))
    assert after < 0.25 * before
    assert torch.equal(guided[..., :7, :], clean[..., :7, :]) and torch.allclose(guided[:, 1:], clean[:, 1:], atol=0.2)
    half = Layout(kept, start, weights, 0.3)(clean)
    assert after < edges((half - kept)[:, :1], weights) < before
    assert Layout(kept, start, weights, 0.0)(clean) is clean
    assert torch.allclose(Layout(kept, start, weights, 1.0)(kept), kept)


def test_landmarks_weigh():
    weights = landmark_weights(256)[0]
    for landmark in (33, 263, 61, 13, 107):  # eyes, lips, a brow
        x, y = (to_atlas(canonical_head().points[landmark]) * 256).astype(int)
        assert weights[y, x] > 0.7
    x, y = (to_atlas(canonical_head().points[205]) * 256).astype(int)  # a cheek
    assert weights[y, x] < 0.01 and weights[:, :40].max() < 0.01 and weights.mean() < 0.1


def test_colours_of_latents():
    matrix, latents = torch.randn(2, 5, 3) * 0.2, torch.randn(2, 4, 16, 16)
    pictures = torch.nn.functional.interpolate(show_colors(latents, matrix), scale_factor=4)
    found = fit_colors(latents, pictures)
    assert torch.allclose(found, matrix, atol=1e-3)
    sketch = Sketch({}, latents, pictures)
    assert torch.allclose(sketch(latents), show_colors(latents, matrix).clamp(0, 1), atol=5e-3)
    assert torch.allclose(fit_colors(latents[:1], pictures[:1]), found[:1], atol=1e-5)  # none depends on others
