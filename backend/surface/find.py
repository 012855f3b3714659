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
from .strands import Strands, find_strands, lay_strands


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
    grain, hair = find_grain(subject, seed), find_strands(subject)
    if grain is not None:
        found.append(Detail(make_square(grain, seed), grain.tone, seen.cover))
    if hair is not None:
        assert seen.hair is not None
        lit = (made + FAINT) / (generated + FAINT)
        shape = generated.shape[1::-1]
        line = tuple(cv2.resize(part, shape) * lit for part in (seen.hair.colour, seen.hair.skin))
        found.append(Strands(lay_strands(hair, seed), hair.tone, seen.cover, line))
    return found
