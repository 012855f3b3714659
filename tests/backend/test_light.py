"""The portrait's light, told from the skin's own tone."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from backend.imaging.sample import to_linear, to_srgb
from backend.lab.texhub.lights import coefficients, draw_light, lamp
from backend.models.bundle import load_networks
from backend.prior.light import UPRIGHT, Light, estimate_light, harmonics, usual_light

SIDE = 0.45 * np.eye(9)[0] + 1.1 * lamp(60, 25)


@pytest.fixture(scope="module")
def prior():
    return load_networks("cpu").skin


@pytest.fixture(scope="module")
def normals(prior):
    """(S,S,3) of a ball, as the atlas lays it out: the face in the middle, wrapped around."""
    y, x = np.mgrid[: prior.size, : prior.size] / prior.size
    turn, height = 2 * np.pi * (x - 0.5), 1 - 2 * y
    flat = np.sqrt(1 - height**2)
    return np.stack([flat * np.sin(turn), height, flat * np.cos(turn)], -1).astype(np.float32)


def face(normals):
    """(S,S) what a frontal portrait shows."""
    return np.clip((normals[..., 2] - 0.2) / 0.2, 0, 1) * (np.abs(normals[..., 1]) < 0.6)


def estimated(prior, normals, colour, confidence):
    return estimate_light(colour, normals, confidence.astype(np.float32), prior, UPRIGHT).shade(normals)


def skin(prior, tone):
    """(S,S,3) a skin of the prior: its first component is how pale or dark."""
    return np.clip(prior.decode(np.eye(len(prior.deviation))[0] * tone * prior.deviation[0]), 0.01, 1)


@pytest.mark.parametrize("tone", [-1.2, 0.0, 1.2])
def test_the_light_is_the_same_on_dark_and_on_pale_skin(prior, normals, tone):
    unlit, confidence = skin(prior, tone), face(normals)
    assert np.ptp([skin(prior, t)[confidence > 0.5].mean() for t in (-1.2, 1.2)]) > 0.25  # the tones are far apart
    truth = Light(SIDE, np.eye(3)).shade(normals)
    found = estimated(prior, normals, np.clip(to_srgb(to_linear(unlit) * truth[..., None]), 0, 1), confidence)
    seen = confidence > 0.5
    assert np.abs(np.log(found / truth))[seen].mean() < 0.1
    assert np.log(truth)[seen].std() > 0.25


def test_a_cast_shadow_and_a_highlight_do_not_bend_the_light(prior, normals):
    unlit, confidence = skin(prior, 0.3), face(normals)
    truth = Light(SIDE, np.eye(3)).shade(normals)
    colour = np.clip(to_srgb(to_linear(unlit) * truth[..., None]), 0, 1)
    blocked = np.zeros_like(confidence, bool)
    blocked[40:60, 50:80] = True
    colour[blocked] *= 0.3
    colour[66:74, 58:70] = 1
    found = estimated(prior, normals, colour, confidence)
    clear = (confidence > 0.5) & ~cv2.dilate(blocked.astype(np.uint8), np.ones((5, 5))).astype(bool)
    assert np.abs(np.log(found / truth))[clear].mean() < 0.12


def test_with_nothing_seen_the_light_is_a_usual_one(prior, normals):
    nothing = np.zeros(normals.shape[:2])
    found = estimated(prior, normals, np.zeros_like(normals), nothing)
    front = normals[..., 2] > 0.5
    assert 0.8 < found[front].mean() < 1.25 and (found > 0).all()


def test_drawn_lights_are_usual_ones():
    """The constants stand for lights that lab/texhub/lights.py draws, and are too wide or too narrow for none."""
    random = np.random.default_rng(2)
    sphere = random.standard_normal((3000, 3))
    sphere /= np.linalg.norm(sphere, axis=1, keepdims=True)
    drawn = np.array([coefficients(draw_light(random), sphere).mean(0) for _ in range(300)])
    mean, precision = usual_light()
    away = drawn - mean
    assert 0.5 < np.einsum("ni,ij,nj->n", away, precision, away).mean() / 9 < 2
    assert harmonics(sphere).shape == (3000, 9)


def test_a_pixel_in_deep_shade_says_little_and_in_usual_light_all():
    deep, shaded, usual = Light(np.eye(9)[0], UPRIGHT).trust(np.float32([0.36, 0.5, 1.0]))
    assert deep < 0.2 < shaded < 0.9 < usual == 1
