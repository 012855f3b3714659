"""Flat drawings are completed flat, and everything else is left alone."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from backend.finish import flatten_drawing
from backend.prior.light import Light

SIZE = 128
SKIN, HAIR, OTHER = (np.float32(colour) for colour in ([0.8, 0.6, 0.5], [0.9, 0.4, 0.1], [0.7, 0.6, 0.6]))
UNSEEN_SKIN, UNSEEN_SCALP = np.s_[60:100, 4:24], np.s_[8:28, 8:20]


@pytest.fixture
def blotched() -> np.ndarray:
    """What the networks made: nearly the drawing's colours, in blotches."""
    return np.clip(OTHER + np.random.default_rng(0).normal(0, 0.05, (SIZE, SIZE, 1)), 0, 1).astype(np.float32)


def drawing(noise: float = 0.0):
    """A job of one colour of hair and one of skin, with outlines, shown from the front."""
    rows = np.arange(SIZE)[:, None, None]
    colour = np.where(rows < 34, HAIR, SKIN) * np.ones((SIZE, SIZE, 1), np.float32)
    hair = (rows[..., 0] < 34) * np.ones((SIZE, SIZE), np.float32)
    colour[34:37] = 0
    colour[:, 60:62] = 0
    colour = np.clip(colour + np.random.default_rng(1).normal(0, noise, (SIZE, SIZE, 1)), 0, 1).astype(np.float32)
    confidence = np.zeros((SIZE, SIZE), np.float32)
    confidence[20:100, 40:88] = 1
    grid = np.stack(np.meshgrid(np.arange(SIZE) + 0.5, np.arange(SIZE) + 0.5), -1).astype(np.float32)
    seen = SimpleNamespace(
        confidence=confidence,
        unlit=colour,
        covered=np.ones((SIZE, SIZE), bool),
        light=Light,
        low=colour,
        places=grid,
        shade=np.ones((SIZE, SIZE), np.float32),
    )
    return SimpleNamespace(observation=seen, coverings=(SimpleNamespace(cover=hair),), style="cartoon")


def test_unseen_skin_takes_the_drawings_flat_colour_and_hair_stays_what_was_made(blotched):
    flat = flatten_drawing(blotched, drawing())
    assert np.abs(flat[UNSEEN_SKIN] - SKIN).max() < 0.06
    assert np.array_equal(flat[UNSEEN_SCALP], blotched[UNSEEN_SCALP])


def test_the_drawing_stays_itself_where_it_is_seen(blotched):
    job = drawing()
    flat = flatten_drawing(blotched, job)
    assert np.abs(flat[40:90, 50:80] - job.observation.unlit[40:90, 50:80]).max() < 0.01


def test_a_bald_drawings_scalp_takes_the_skins_colour_and_a_cropped_one_stays(blotched):
    job = drawing()
    job.coverings = ()
    assert np.abs(flatten_drawing(blotched, job)[UNSEEN_SCALP] - SKIN).max() < 0.06
    cropped = blotched.copy()
    cropped[:34] -= 0.3
    assert np.abs(flatten_drawing(cropped, job)[UNSEEN_SCALP] - cropped[UNSEEN_SCALP]).max() < 0.06


def test_photographs_and_paintings_are_left_alone(blotched):
    job = drawing()
    for job.style in ("photo", "painting"):
        assert flatten_drawing(blotched, job) is blotched


def test_what_is_painted_as_unevenly_as_skin_is_left_alone(blotched):
    assert flatten_drawing(blotched, drawing(noise=0.05)) is blotched


def test_where_nothing_was_seen_nothing_is_changed(blotched):
    job = drawing()
    job.observation.confidence = np.zeros((SIZE, SIZE), np.float32)
    assert flatten_drawing(blotched, job) is blotched
