"""Flat drawings are completed flat, and everything else is left alone."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from backend.finish.flat import flatten_drawing
from backend.prior.light import Light

SIZE = 128
SKIN, HAIR, OTHER = (np.float32(colour) for colour in ([0.8, 0.6, 0.5], [0.9, 0.4, 0.1], [0.7, 0.6, 0.6]))
UNSEEN_SKIN, UNSEEN_SCALP = np.s_[60:100, 4:24], np.s_[8:30, 4:24]


@pytest.fixture
def blotched() -> np.ndarray:
    """What the networks made: nearly the drawing's colours, in blotches."""
    return np.clip(OTHER + np.random.default_rng(0).normal(0, 0.05, (SIZE, SIZE, 1)), 0, 1).astype(np.float32)


def drawing(noise: float = 0.0):
    """One colour of hair and one of skin, with outlines, seen from the front; the forehead reaches onto the scalp."""
    rows = np.arange(SIZE)[:, None, None]
    colour = np.where(rows < 34, HAIR, SKIN) * np.ones((SIZE, SIZE, 1), np.float32)
    hairy = (rows[..., 0] < 34) * np.ones((SIZE, SIZE), np.float32)
    colour[34:37] = 0
    colour[:, 60:62] = 0
    colour = np.clip(colour + np.random.default_rng(1).normal(0, noise, (SIZE, SIZE, 1)), 0, 1).astype(np.float32)
    confidence = np.zeros((SIZE, SIZE), np.float32)
    confidence[20:100, 40:88] = 1
    scalp = ((rows[..., 0] < 52) * np.ones((SIZE, SIZE))).astype(np.float32)
    grid = np.stack(np.meshgrid(np.arange(SIZE) + 0.5, np.arange(SIZE) + 0.5), -1).astype(np.float32)
    return SimpleNamespace(
        confidence=confidence,
        scalp=scalp,
        unlit=colour,
        hairy=hairy,
        covered=np.ones((SIZE, SIZE), bool),
        cover=hairy.astype(np.float32),
        light=Light,
        low=colour,
        places=grid,
        shade=np.ones((SIZE, SIZE), np.float32),
        beard=None,
    )


def test_unseen_skin_and_scalp_take_the_drawings_flat_colours(blotched):
    flat = flatten_drawing(blotched, drawing(), "cartoon")
    for where, colour in ((UNSEEN_SKIN, SKIN), (UNSEEN_SCALP, HAIR)):
        assert np.abs(flat[where] - colour).max() < 0.01


def test_the_drawing_stays_itself_where_it_is_seen(blotched):
    seen = drawing()
    flat = flatten_drawing(blotched, seen, "cartoon")
    assert np.abs(flat[40:90, 50:80] - seen.unlit[40:90, 50:80]).max() < 0.01


def test_a_scalp_that_is_to_be_bare_takes_the_skins_colour(blotched):
    seen = drawing()
    seen.cover = None
    assert np.abs(flatten_drawing(blotched, seen, "cartoon")[UNSEEN_SCALP] - SKIN).max() < 0.01


def test_an_unseen_beard_takes_the_colour_of_the_drawn_one(blotched):
    seen, where = drawing(), np.zeros((SIZE, SIZE), np.float32)
    where[78:] = 1
    seen.unlit = np.where(where[..., None] > 0, HAIR, seen.unlit).astype(np.float32)
    seen.low = seen.unlit
    seen.beard = SimpleNamespace(shown=where, worn=SimpleNamespace(cover=where))
    flat = flatten_drawing(blotched, seen, "cartoon")
    assert np.abs(flat[82:100, 4:24] - HAIR).max() < 0.01 and np.abs(flat[60:74, 4:24] - SKIN).max() < 0.01


def test_what_is_painted_as_unevenly_as_skin_is_left_alone(blotched):
    assert flatten_drawing(blotched, drawing(noise=0.05), "cartoon") is blotched


def test_where_nothing_was_seen_nothing_is_changed(blotched):
    seen = drawing()
    seen.confidence = np.zeros_like(seen.confidence)
    assert flatten_drawing(blotched, seen, "cartoon") is blotched
