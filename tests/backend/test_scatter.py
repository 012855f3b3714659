"""Values of surface points in the cells of a picture."""

from __future__ import annotations

import numpy as np

from backend.imaging.sample import scatter


def test_each_cell_has_the_sum_of_what_lies_in_it_and_nothing_of_what_lies_beside():
    places = np.float32([[0.2, 0.9], [0.8, 0.1], [2.5, 1.5], [-0.1, 0.5], [3.0, 0.5], [0.5, 2.0]])
    values = np.float32([[1, 2, 4, 8, 16, 32], [1, 1, 1, 1, 1, 1]])
    assert np.array_equal(scatter(places, values, (2, 3)), [[[3, 0, 0], [0, 0, 4]], [[2, 0, 0], [0, 0, 1]]])
