"""python -m backend.lab bands: is generated skin as sharp as the photographed skin beside it?

The finished texture on its head, seen from five sides without perspective, so that stretched UVs do not count; in each,
the power of octave bands on bare skin that faces the viewer: where the portrait was seen and, within REACH of it,
where everything was generated. Bands count waves per face height; the last ends where the texture's texels do.

Where an octave of either is lines, not grain, by the deviation of their values (evenness()),
the lines are left out on both sides and a row of their own tells which share of the skin they take.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from ...errors import AvatarTexError
from ...head.mesh import HeadMesh, load_capture, load_mesh
from ...head.scalp import EAR
from ...head.sides import sides, texels_per_face
from ...head.tiles import FIRST, tile_number, tiles_of
from ...imaging.bands import inner, near, octaves, smooth
from ...imaging.sample import sample
from ...job import StageOptions
from ...options import OPACITIES
from ...surface.bare import bare_skin
