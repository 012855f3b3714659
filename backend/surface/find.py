"""Which detail a texture gets: that of its skin, and that of what covers it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ..head.match import DRAWN
from ..head.sides import texels_per_face
from ..job import Prepared
from .skin import SkinDetail, find_skin
from .strands import Strands, find_strands


@dataclass(frozen=True)
class Details:
    """skin: None where too little shows. strands: by name of COVERINGS. A drawing has neither."""

    skin: SkinDetail | None = None
    strands: Mapping[str, Strands] = field(default_factory=dict)


def find_details(job: Prepared, generated: np.ndarray, size: int, seed: int) -> Details:
    """The detail of one texture, without light.

    Args:
        generated: (a,a,3) sRGB atlas, the completion. size: texels of the artist's map.
    """
    if job.style in DRAWN:  # skin and hair are flat, and a drawing's lines recur as worms
        return Details()
    texels = max(texels_per_face(tile, job.canonical, size) for tile in job.tiles.values())
    return Details(find_skin(job, generated, seed), find_strands(job, texels, seed))
