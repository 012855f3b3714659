"""The lab's sweep of orientations: heads as modifiers leave them, placed anywhere, and what is said of them."""

from __future__ import annotations

import numpy as np
import pytest

from backend.errors import AvatarTexError, ErrorCode
from backend.head.view import orientations
from backend.lab.evaluation import orientations as sweep


def area(corners):
    a, b = np.moveaxis(corners[:, 1:] - corners[:, :1], 1, 0)
    return np.sqrt((a**2).sum(-1) * (b**2).sum(-1) - (a * b).sum(-1) ** 2).sum()


def test_a_subdivided_head_is_the_same_surface(head):
    fine = sweep.subdivided(head)
    assert len(fine.triangles) == 4 * len(head.triangles)
    assert area(fine.corners(fine.vertices)) == pytest.approx(area(head.corners(head.vertices)), rel=1e-4)
    assert area(fine.corner_uvs) == pytest.approx(area(head.corner_uvs), rel=1e-4)
    split = fine.corners(fine.vertices).mean(1).reshape(4, -1, 3).mean(0)
    np.testing.assert_allclose(split, head.corners(head.vertices).mean(1), atol=1e-4 * np.ptp(head.vertices))


@pytest.mark.parametrize("what", sweep.MODIFIERS)
def test_modified_heads_keep_their_texels(head, what):
    other = sweep.modified(head, what, np.random.default_rng(1))
    assert (len(other.vertices) == len(head.vertices)) == (what != "subdivided")
    moved = np.abs(other.vertices[: len(head.vertices)] - head.vertices).max() / np.ptp(head.vertices)
    assert (moved > 0) == (what in ("stretched", "bent")) and moved < 0.1


def test_placed_heads_are_alike_and_not_mirrored(head):
    random = np.random.default_rng(2)
    for turn in orientations(head)[::7]:
        placed = sweep.place(head, turn, random).vertices.astype(float)
        own, other = head.vertices - head.vertices.mean(0), placed - placed.mean(0)
        u, s, vt = np.linalg.svd(own.T.astype(float) @ other)
        assert np.linalg.det(u @ vt) > 0
        scale = s.sum() / (own**2).sum()
        np.testing.assert_allclose(own @ (u @ vt) * scale, other, atol=1e-4 * np.ptp(other))


def test_rows_say_refused_or_how_alike(tmp_path, monkeypatch):
    """What shows the person counts alone; what is done is not done again."""
    skin, origin = np.full((8, 8, 3), 0.5, np.float32), np.zeros((8, 8, 3), np.float32)
    origin[:4, :, 0] = 1
    other = skin.copy()
    other[:4] += 0.1
    other[4:] = 0
    answers = iter([(skin, origin), (other, origin), "no-face-on-head"])
    worker = sweep.Worker(tmp_path, 8)
    monkeypatch.setattr(worker, "texture", lambda *_: next(answers))
    rows = list(worker.compare([None] * 4, [None] * 4, ["", "done", "near", "none"], "bent", {"done"}))
    assert rows == [
        {"name": "near", "what": "bent", "db": 20.0},
        {"name": "none", "what": "bent", "refused": "no-face-on-head"},
    ]


def test_a_mistake_in_what_is_asked_is_no_refusal(head, tmp_path):
    with pytest.raises(AvatarTexError, match="cannot be") as refusal:
        sweep.Worker(tmp_path, 100).texture(head, tmp_path / "portrait.png")
    assert refusal.value.code is ErrorCode.BAD_REQUEST
