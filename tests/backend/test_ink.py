"""Black-and-white and sepia portraits give textures of their tones; colour pictures are left alone."""

from __future__ import annotations

import numpy as np
import pytest
from skimage import data

from backend.finish import find_ink, printed


@pytest.fixture(scope="module")
def photograph() -> np.ndarray:
    return data.astronaut().astype(np.float32) / 255


def grey(picture: np.ndarray) -> np.ndarray:
    return np.repeat((picture @ np.float32([0.299, 0.587, 0.114]))[..., None], 3, -1)


def everywhere(picture: np.ndarray) -> np.ndarray:
    return np.ones(picture.shape[:2], np.float32)


def test_a_colour_photograph_has_no_ink(photograph):
    assert find_ink(photograph, everywhere(photograph)) is None
    assert printed(photograph, None) is photograph


@pytest.mark.parametrize("curve", [(1.0, 1.0, 1.0), (0.85, 1.0, 1.2)])
def test_one_ink_is_found_and_colour_takes_it(photograph, curve):
    def develop(picture):
        return grey(picture) ** np.float32(curve)

    noisy = develop(photograph) + np.random.default_rng(0).normal(0, 0.02, photograph.shape)
    ink = find_ink(np.clip(noisy, 0, 1).astype(np.float32), everywhere(noisy))
    assert ink is not None
    made = printed(photograph, ink)
    tint, wanted = made - grey(made), develop(made) - grey(develop(made))
    assert np.abs(tint - wanted).max() < 0.03
    assert np.abs(grey(made) - grey(photograph)).max() < 0.03


def test_a_drawing_of_few_colours_is_no_print():
    skin, black, white = np.float32([0.9, 0.7, 0.55]), np.zeros(3, np.float32), np.ones(3, np.float32)
    drawing = np.repeat(np.repeat(np.stack([[skin, black], [white, skin]]), 64, 0), 64, 1)
    assert find_ink(drawing, everywhere(drawing)) is None


def test_a_tinted_background_is_not_the_heads_ink(photograph):
    picture, head = grey(photograph), everywhere(photograph)
    picture[:, 256:] += np.float32([-0.01, 0, 0.01])
    head[:, 256:] = 0
    assert np.abs(printed(photograph, find_ink(picture, head)) - grey(photograph)).max() < 0.003


def test_flat_pictures_say_nothing():
    assert find_ink(np.full((64, 64, 3), 0.5, np.float32), np.ones((64, 64))) is None
