"""The backend's environment, made and mended from within Blender."""

from . import backend_setup

PARTS = (backend_setup,)
