"""The backend's environment and its large models, fetched and mended from within Blender."""

from . import backend_setup, model_store, permission, preparing

PARTS = (backend_setup, permission, model_store, preparing)
