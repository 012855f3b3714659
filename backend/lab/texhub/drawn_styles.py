"""Which styles a build draws, and what the networks call them."""

from __future__ import annotations

import numpy as np

from ...styles import STYLES

#: Shares of a build: photographs are what most portraits are.
SHARES = {"photo": 0.44, **{name: 0.07 for name in STYLES if name != "photo"}}
#: What the networks call them (backend/networks/conditions.py STYLES): the one place where the two lists meet.
NETWORK_STYLE = {
    "photo": "photo",
    "cel": "cartoon",
    "ink": "cartoon",
    "clay": "cartoon",
    "pixel": "cartoon",
    "anime": "anime",
    "oil": "painting",
    "watercolour": "painting",
    "pencil": "painting",
}


def draw_style(random: np.random.Generator) -> tuple[str, dict]:
    """A style's name and parameters."""
    name = str(random.choice(list(SHARES), p=list(SHARES.values())))
    return name, STYLES[name].draw(random)
