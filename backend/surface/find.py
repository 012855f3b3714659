"""Which detail a texture gets: that of its skin, and that of its hair."""

from __future__ import annotations

import cv2
import numpy as np

from ..job import Prepared
from ..observation.hair import FAINT
from ..observation.relight import exposed, relighting
from .detail import Detail, make_square, texels_per_face
from .grain import find_grain
from .measured import Subject
from .strands import Strands, find_beard_strands, find_strands, lay_strands

#: By how much a beard's strands are finer than hair's; whole, for they go around the head.
BEARD = 2.0


def find_details(job: Prepared, generated: np.ndarray, size: int, light: str, seed: int) -> list[Detail]:
    """The detail of one texture: of its skin, and of its hair.

    Args:
        generated: (a,a,3) sRGB atlas, the completion. size: texels of the artist's map.
        light: a name of options.LIGHT.
    """
    seen = job.observation
    gain, made = relighting(seen, generated, light), exposed(generated, seen, light)
    texels = max(texels_per_face(tile, job.canonical, size) for tile in job.tiles.values())
    subject = Subject(job.mesh, job.canonical, job.registration, seen, made, gain, texels)
    found: list[Detail] = []
    grain = find_grain(subject, seed)
    if grain is not None:
        found.append(Detail(make_square(grain, seed), grain.tone, seen.furred))
    lit = (made + FAINT) / (generated + FAINT)
    beard = None if seen.beard is None else seen.beard.worn
    laid = ((seen.hair, find_strands(subject), 1.0), (beard, find_beard_strands(subject), BEARD))
    for worn, strands, finer in laid:
        if strands is not None:
            assert worn is not None
            line = tuple(cv2.resize(part, generated.shape[1::-1]) * lit for part in (worn.colour, worn.skin))
            found.append(Strands(lay_strands(strands, seed), strands.tone, worn.cover, line, finer))
    return found
