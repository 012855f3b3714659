"""Material that several tests share, made once a run; nothing of it is committed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import backend  # noqa: F401  # before NumPy: one BLAS thread, as in jobs
import build
from tests.demo import sources
from tests.demo.head import Head, build_head, write_obj


@pytest.fixture(scope="session")
def extension_zip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The extension as it ships, built and validated, by this process or by build.py for all that test at once."""
    built = os.environ.get("AVATARTEX_EXTENSION")
    return Path(built) if built else build.package(tmp_path_factory.mktemp("zip"))


@pytest.fixture(scope="session")
def demo_head() -> Head:
    """The demo's head as arrays."""
    return build_head()


@pytest.fixture(scope="session")
def demo_head_obj(demo_head: Head, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's head as an OBJ file with UVs."""
    return write_obj(demo_head, tmp_path_factory.mktemp("head") / "demo_head.obj")


@pytest.fixture(scope="session")
def astronaut() -> Path:
    """A photograph: Eileen Collins, NASA, 512x512."""
    return sources.astronaut()
