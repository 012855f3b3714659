"""Small solvers of our own give what SciPy's do, which the backend does without."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import fft
from scipy.interpolate import RBFInterpolator
from scipy.optimize import least_squares, lsq_linear
from scipy.sparse import coo_matrix, diags
from scipy.sparse.linalg import spsolve

from backend.expressions.evidence import least_between
from backend.expressions.folds import solve_grid
from backend.head.camera import settled
from backend.head.warp import thin_plate
from backend.maps.portrait_relief import HOLLOW, NOISE, solve


def test_a_thin_plate_is_bent_as_scipy_does() -> None:
    numbers = np.random.default_rng(3)
    points, wanted = numbers.normal(size=(300, 2)), numbers.normal(size=(1000, 2))
    values, smoothing = numbers.normal(size=(300, 2)), numbers.choice([1e-9, 0.001, 0.1], 300)
    spline = RBFInterpolator(points, values, kernel="thin_plate_spline", smoothing=smoothing)
    np.testing.assert_allclose(thin_plate(points, values, smoothing, wanted), spline(wanted), rtol=1e-6, atol=1e-7)


def test_a_plane_stays_a_plane() -> None:
    points = np.random.default_rng(4).normal(size=(40, 2))
    plane = points @ [[2.0, 0.5], [0.0, -1.0]] + [3.0, 4.0]
    wanted = np.array([[10.0, -3.0], [0.0, 0.0]])
    np.testing.assert_allclose(
        thin_plate(points, plane, np.full(40, 1.0), wanted), wanted @ [[2.0, 0.5], [0.0, -1.0]] + [3.0, 4.0], atol=1e-9
    )


@pytest.mark.parametrize("seed", range(20))
def test_least_squares_between_bounds(seed: int) -> None:
    numbers = np.random.default_rng(seed)
    count = int(numbers.integers(1, 60))
    matrix = np.concatenate([numbers.normal(size=(80, count)) @ numbers.normal(size=(count, count)), np.eye(count)])
    wanted = 3 * numbers.normal(size=len(matrix))
    low, high = -np.abs(numbers.normal(size=count)), np.abs(numbers.normal(size=count))
    low[::3], high[::3] = -np.inf, np.inf
    found = least_between(matrix, wanted, low, high)
    slow = lsq_linear(matrix, wanted, (low, high), method="bvls", tol=1e-14).x
    assert (found >= low).all() and (found <= high).all()
    np.testing.assert_allclose(found, slow, atol=1e-6)


def test_a_grid_of_equations() -> None:
    numbers = np.random.default_rng(5)
    height, width = 9, 7
    right, down = numbers.random((height, width - 1)), numbers.random((height - 1, width))
    right[3], down[:, 2] = 0, 0
    own, pull = np.full((height, width), 1e-3), numbers.normal(size=(height, width))
    own[:, :-1] += right
    own[:, 1:] += right
    own[:-1] += down
    own[1:] += down
    number = np.arange(height * width).reshape(height, width)
    ends = np.concatenate(
        [
            np.stack([number[:, :-1], number[:, 1:]], -1).reshape(-1, 2),
            np.stack([number[:-1], number[1:]], -1).reshape(-1, 2),
        ]
    )
    links = coo_matrix((np.concatenate([right.ravel(), down.ravel()]), ends.T), (number.size, number.size))
    slow = spsolve((diags(own.ravel()) - links - links.T).tocsc(), pull.ravel()).reshape(height, width)
    np.testing.assert_allclose(solve_grid(own, right, down, pull), slow, rtol=1e-8)


def test_a_curve_settles_where_least_squares_do() -> None:
    along = np.linspace(0, 3, 40)
    shown = 2 * np.exp(-1.3 * along) + 0.5 + 0.02 * np.random.default_rng(6).normal(size=40)

    def residual(x: np.ndarray) -> np.ndarray:
        return x[0] * np.exp(-x[1] * along) + x[2] - shown

    def slopes(x: np.ndarray) -> np.ndarray:
        fall = np.exp(-x[1] * along)
        return np.stack([fall, -x[0] * along * fall, np.ones(40)], 1)

    found, cost = settled(np.ones(3), residual, slopes, steps=100, enough=1e-12)
    slow = least_squares(residual, np.ones(3))
    np.testing.assert_allclose(found, slow.x, atol=1e-6)
    assert cost == pytest.approx(2 * slow.cost)


@pytest.mark.parametrize(("shape", "periodic"), (((60, 81), False), ((75, 75), True), ((64, 48), True)))
def test_relief_is_the_filter_of_its_docstring(shape: tuple[int, int], periodic: bool) -> None:
    shade, tilt = np.random.default_rng(7).normal(size=shape).astype(np.float32), (0.3, -0.2)
    size = shape if periodic else tuple(fft.next_fast_len(side + side // 8, real=True) for side in shape)
    right, down = 2 * np.pi * fft.rfftfreq(size[1])[None], 2 * np.pi * fft.fftfreq(size[0])[:, None]
    length = np.hypot(right, down)
    length[0, 0] = 1
    across = right * tilt[0] + down * tilt[1]
    deep = HOLLOW * length
    waves = fft.rfft2(shade.astype(float), s=size)
    share = (deep - 1j * across) / (deep**2 + across**2 + (NOISE * length) ** 2)
    share[0, 0] = 0
    slow = fft.irfft2(waves * share, s=size)[: shape[0], : shape[1]]
    np.testing.assert_allclose(solve(shade, tilt, periodic), slow, atol=2e-4 * np.abs(slow).max())
