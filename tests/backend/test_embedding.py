"""Which face of a picture is compared; the recogniser itself is no part of the project."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from backend.lab.evaluation import embedding


def test_an_ear_is_not_the_face(monkeypatch):
    """Columns of a find: left, top, width, height, ten of landmarks, certainty; the ear's box is the larger one."""
    face, ear = [92, 158, 272, 377, *[0] * 10, 0.92], [216, 109, 341, 445, *[0] * 10, 0.63]
    detector = SimpleNamespace(setInputSize=lambda size: None, detect=lambda picture: (1, np.float32([ear, face])))
    recogniser = SimpleNamespace(
        alignCrop=lambda picture, found: found, feature=lambda found: np.array([[found[0], found[1]]])
    )
    monkeypatch.setattr(embedding, "_networks", lambda: (detector, recogniser))
    told = embedding.embed(np.zeros((512, 512, 3), np.float32))
    assert np.allclose(told, np.array(face[:2]) / np.linalg.norm(face[:2]))
