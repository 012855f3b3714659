"""A texture's layers: what each is, how they become one picture, and the files that hold them."""

from __future__ import annotations

#: Opacities by layer (flatten.LAYERS) where nothing else is asked for; the skin is always whole.
OPACITIES = {"folds": 0.0, "detail": 1.0, "facial_hair": 1.0, "hair": 1.0, "headwear": 0.0, "light": 1.0}
