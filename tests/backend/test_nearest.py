"""Nearest points and pieces of a mesh are what SciPy's are."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from backend.head.nearest import nearest, pieces


@pytest.mark.parametrize(("count", "away"), ((1, 0.0), (6, 0.0), (6, 1e3)))
def test_nearest_are_those_of_a_tree(count: int, away: float) -> None:
    numbers = np.random.default_rng(1)
    among, points = numbers.normal(size=(468, 3)) + away, numbers.normal(size=(3000, 3)).astype(np.float32) + away
    distance, which = nearest(points, among, count)
    wanted = cKDTree(among).query(points, k=[*range(1, count + 1)])
    np.testing.assert_array_equal(which, wanted[1])
    np.testing.assert_allclose(distance, wanted[0], atol=1e-9)


def test_nothing_has_no_nearest() -> None:
    assert nearest(np.zeros((0, 3)), np.ones((7, 3)), 6)[0].shape == (0, 6)


@pytest.mark.parametrize("links", (0, 30, 300, 1000))
def test_pieces_are_those_of_a_graph(links: int) -> None:
    pairs = np.random.default_rng(links).integers(0, 400, (links, 2))
    wanted = connected_components(coo_matrix((np.ones(links), pairs.T), (400, 400)), directed=False)[1]
    np.testing.assert_array_equal(pieces(pairs, 400), wanted)


def test_a_long_chain_is_one_piece() -> None:
    order = np.random.default_rng(2).permutation(20_000)
    assert not pieces(np.stack([order[:-1], order[1:]], 1), 20_000).any()
