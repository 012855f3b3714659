"""What the artist does: one file for what belongs together."""

from importlib import import_module
from pkgutil import iter_modules

PARTS = tuple(import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__))
