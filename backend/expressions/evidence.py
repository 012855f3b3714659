"""What the portraits themselves show of an expression: the person's own folds in the place of what geometry expects.

The head's shape keys are fitted to where each portrait shows the landmarks, so it is known which expressions it makes.
A portrait is brought to the light of the neutral texture by maps of gain and bias of k x k (Athar et al., ECCV 2024);
what is left between the two is the expressions' detail, and corrects each of them by as much as it could have made it
(a Kalman step per texel; its prior is geometry's).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from ..head.landmarks import HeadLandmarks
from ..head.mesh import HeadMesh
from ..head.nearest import nearest
from ..head.register import Registration
from ..head.shape import EXPRESSIONS, READ, SHAPE, shapes_of
from ..imaging.sample import LUMINANCE, masked_blur, sample_atlas, to_linear
from ..observation.expression import DEEPEST, READ_NOISE
from ..observation.views import View

#: Maps of gain and bias have so many control points along a side (Athar et al.), and the ridge of the gain.
WINDOWS, RIDGE = 32, 0.003
#: Standard deviation of a portrait's detail.
NOISE = 0.06
#: Standard deviation of a face's shape between two portraits of a person, as a share of that between people.
SAME = 0.2


@dataclass(frozen=True)
class ExpressionEvidence:
    """One portrait. weights: (K,) 0..1 of each channel. detail: (S,S) logarithm of light that it has beside the neutral
    face, in the atlas. confidence: (S,S) 0..1."""

    weights: np.ndarray
    detail: np.ndarray
    confidence: np.ndarray

    def at(self, places: np.ndarray) -> ExpressionEvidence:
        """The same at (n,2) atlas coordinates."""
        detail, confidence = (sample_atlas(one, places) for one in (self.detail, self.confidence))
        return ExpressionEvidence(self.weights.astype(np.float32), detail, confidence)


def observe_expression(
    first: View, view: View, head: HeadLandmarks, mesh: HeadMesh, moves: Sequence[np.ndarray]
) -> ExpressionEvidence | None:
    """What a portrait shows of the head's expressions, beside the first one without its folds; None where it makes none
    of them.

    Args:
        moves: (N,3) of each channel.
    """
    neutral, shown, alone = first.observation, view.with_folds(), view is first
    weights = fit_keys(view.registration, head, mesh, moves, None if alone else first.registration)
    if weights.max(initial=0) < 0.3:  # a frown that was read as 0.15 made its folds shallower, and no truer
        return None
    both = np.minimum(neutral.confidence, shown.confidence)
    light, rest = (to_linear(one.unlit) @ LUMINANCE for one in (shown, neutral))
    if not alone:  # whose light is the neutral one's
        gain, bias = gain_and_bias(light, rest, both)
        light = np.clip(gain * light + bias, 0, 1)
    detail = np.log(light + 0.02) - np.log(rest + 0.02)
    # shares of the atlas: finer two portraits differ, wider their lights
    near, wide = (_blur(detail, both, sigma * len(both)) for sigma in (0.004, 0.025))
    return ExpressionEvidence(weights, np.clip(near - wide, -DEEPEST, DEEPEST), both)


def fit_keys(
    registration: Registration,
    head: HeadLandmarks,
    mesh: HeadMesh,
    moves: Sequence[np.ndarray],
    first: Registration | None = None,
) -> np.ndarray:
    """(K,) 0..1 how far the portrait's face makes each of the moves (N,3), beside its own shape.

    Args:
        first: of another portrait of the person. What both landmarks are off by is the person's shape, or how the
            network reads it, and counts less: a frown is found by brows that are lower than before.
    """
    own = nearest(head.points, mesh.vertices)[1][:, 0]
    shapes = [*shapes_of(head)[:-EXPRESSIONS], *(move[own] for move in moves)]
    count = len(shapes) - len(moves)
    start, same = np.zeros(len(moves)), 1.0
    missing = _missing(registration)
    if first is not None:
        start, same = fit_keys(first, head, mesh, moves), SAME
        missing = missing - _missing(first)
    columns = registration.camera.moved(registration.read.points, np.stack(shapes))
    weight = np.sqrt(READ * registration.read.weights)[:, None] / READ_NOISE
    matrix = (columns / registration.face_height * weight).reshape(len(shapes), -1).T
    # a shape key's value in portraits has a standard deviation of 0.4
    ridge = np.diag(1 / np.concatenate([np.full(count, SHAPE * same), np.full(len(moves), 0.4)]))
    low = np.concatenate([np.full(count, -np.inf), -start])
    high = np.concatenate([np.full(count, np.inf), 1 - start])
    wanted = np.concatenate([(missing * weight).ravel(), np.zeros(len(ridge))])
    found = least_between(np.vstack([matrix, ridge]), wanted, low, high)[count:]
    return np.clip(start + found, 0, 1)


def least_between(matrix: np.ndarray, wanted: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """(k,) x between low and high for which matrix (n,k) x is nearest to wanted (n,): Newton's steps, projected
    (Bertsekas, SIAM J. Control and Optimization 20, 1982). The columns of matrix must be independent."""
    system, pull = matrix.T @ matrix, matrix.T @ wanted
    found = np.clip(np.zeros(len(low)), low, high)
    for _ in range(100):
        slope = system @ found - pull
        free = ~((found <= low) & (slope > 0) | (found >= high) & (slope < 0))
        step = np.zeros(len(found))
        step[free] = np.linalg.solve(system[np.ix_(free, free)], -slope[free])
        tried, share = np.clip(found + step, low, high), 1.0
        while (tried - found) @ (slope + system @ (tried - found) / 2) > 0 and share > 1e-9:  # it would cost more
            share /= 2
            tried = np.clip(found + share * step, low, high)
        moved, found = np.abs(tried - found).max(), tried
        if moved < 1e-12:
            break
    return found


def _missing(registration: Registration) -> np.ndarray:
    """(468,2) how far the head's landmarks are from the portrait's, in face heights of the picture."""
    read = registration.read
    return (read.targets - registration.camera.project(read.points)[0]) / registration.face_height


def gain_and_bias(shown: np.ndarray, wanted: np.ndarray, confidence: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(S,S) maps that bring shown (S,S) closest to wanted: least squares in windows about WINDOWS x WINDOWS points."""
    sigma = len(shown) / WINDOWS
    x, y, xx, xy = (_blur(one, confidence, sigma) for one in (shown, wanted, shown * shown, shown * wanted))
    gain = (np.maximum(xy - x * y, 0) + RIDGE) / (np.maximum(xx - x * x, 0) + RIDGE)
    small = [cv2.resize(part, (WINDOWS, WINDOWS), interpolation=cv2.INTER_AREA) for part in (gain, y - gain * x)]
    gain, bias = (cv2.resize(part, shown.shape[::-1], interpolation=cv2.INTER_CUBIC) for part in small)
    return gain, bias


def correct(expected: np.ndarray, allowed: np.ndarray, evidence: Sequence[ExpressionEvidence]) -> np.ndarray:
    """(K,n) folds of K channels at n places, corrected by what the portraits show there.

    Args:
        expected: (K,n) geometry's. allowed: (K,n) 0..1, how far each channel can fold the skin there.
        evidence: with detail and confidence (n,) at the places.
    """
    folds = expected.copy()
    spread = (0.3 * allowed) ** 2  # of what geometry allows
    for one in evidence:
        rows = np.flatnonzero(one.weights > 0)  # the others stay
        made = one.weights[rows, None]
        missing = one.detail - (made * folds[rows]).sum(0)
        variance = (made**2 * spread[rows]).sum(0) + NOISE**2 / np.maximum(one.confidence, 1e-3)
        gain = spread[rows] * made / variance
        folds[rows] += gain * missing
        spread[rows] *= 1 - gain * made
    return np.clip(folds, -DEEPEST, DEEPEST)


def _blur(picture: np.ndarray, mask: np.ndarray, sigma: float) -> np.ndarray:
    """(S,S) blurred where the mask is."""
    return masked_blur(np.repeat(picture[..., None], 2, 2), mask, sigma)[..., 0]
