"""Which detail a texture gets: that of its skin, and that of what covers it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ..head.match import DRAWN
from ..head.sides import texels_per_face
from ..job import Prepared
from .measured import Subject
from .skin import SkinDetail, find_skin
from .strand_direction import find_combed
from .strands import DEEPEST, SHORT, Strands, lay_strands, measure_strands

#: Of each covering with strands: the deviation that they have at most, and by how much they are finer than hair's;
#: whole, for they go around the head.
STRANDED = {"hair": (DEEPEST, 1.0), "facial_hair": (SHORT, 2.0)}


@dataclass(frozen=True)
class Details:
    """skin: None where too little shows. strands: by name of COVERINGS."""

    skin: SkinDetail | None = None
    strands: Mapping[str, Strands] = field(default_factory=dict)


def find_details(job: Prepared, generated: np.ndarray, size: int, seed: int) -> Details:
    """The detail of one texture, without light.

    Args:
        generated: (a,a,3) sRGB atlas, the completion. size: texels of the artist's map.
    """
    view = job.views[0]
    texels = max(texels_per_face(tile, job.canonical, size) for tile in job.tiles.values())
    subject = Subject(job.mesh, job.canonical, view, generated, view.gain(generated), texels)
    strands = {}
    for name, (deepest, finer) in STRANDED.items() if job.style not in DRAWN else ():  # drawn hair is flat
        covering = job.covering(name)
        if covering is not None and (covering.evidence.sure * covering.evidence.shown > 0.1).any():
            hair, height = view.masks[name], view.registration.face_height
            measured = measure_strands(subject, hair, deepest)
            if measured is not None:
                combed = find_combed(view.observation.portrait, hair, height)
                strands[name] = Strands(lay_strands(measured, seed, combed), measured.tone, finer)
    return Details(find_skin(job, generated, seed), strands)
