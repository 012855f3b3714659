"""The demo's head as many tests of the backend have it."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.head.landmarks import HeadLandmarks, find_head_landmarks
from backend.head.mesh import HeadMesh, load_mesh


@pytest.fixture(scope="session")
def head(demo_head_obj: Path) -> HeadMesh:
    return load_mesh(demo_head_obj)


@pytest.fixture(scope="session")
def landmarks(head: HeadMesh) -> HeadLandmarks:
    return find_head_landmarks(head)
