"""What the artist sets, what jobs report, and what objects remember."""

from importlib import import_module
from pkgutil import iter_modules

PARTS = tuple(import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__))
