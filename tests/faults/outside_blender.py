"""The add-on's modules without Blender, as the zip has them: core beside backend."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

import backend.errors

ROOT = Path(__file__).parents[2]
NAME = "avatartex_house"


def load_core(name: str) -> ModuleType:
    """One module of avatartex_addon/core; its refusals are the tests' own."""
    if NAME not in sys.modules:
        house = ModuleType(NAME)
        house.__path__ = [str(ROOT / "avatartex_addon"), str(ROOT)]
        sys.modules[NAME] = house
        sys.modules[f"{NAME}.backend.errors"] = backend.errors
    return importlib.import_module(f"{NAME}.core.{name}")
