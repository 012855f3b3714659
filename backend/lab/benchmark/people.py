"""Hidden parts of real people's faces: figures alone, of which no picture and no name is kept."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ..calls import local_pool
from ..evaluation import hidden
from ..evaluation.hidden_methods import FILLS, LEARNT, PRIORS, STAGES
from ..evaluation.hidden_parts import PARTS
from ..evaluation.metrics import cell, mean_error
from ..faces import build
from ..faces.observing import Seen
from ..faces.people import read_split
from .tables import Table

#: People of a quick run.
QUICK = 6


def hidden_parts(faces: Path, mesh: Path, count: int) -> tuple[Table, dict]:
    """PSNR of what was hidden by part, and all scores.

    Args:
        faces: observations (faces build), or portraits, which are then observed on the mesh.
    """
    methods = {name: ("", run) for name, run in (FILLS | {name: LEARNT[name] for name in (PRIORS, STAGES)}).items()}
    scores = hidden.score(people(faces, mesh, count), hidden.networks_by_name([]), methods, PARTS)
    for one in (one for some in scores.values() for one in some):
        del one["id"]
    number = len(next(iter(scores.values())))
    rows = [
        [name, str(number), *(cell(mean_error([one[name]["psnr"] for one in some])) for some in scores.values())]
        for name in methods
    ]
    about = "A part of what the portrait shows is hidden, completed and compared. dB, means over people."
    return Table("Hidden skin of real people", about, ["method", "people", *scores], rows), scores


def people(faces: Path, mesh: Path, count: int) -> Iterator[tuple[str, Seen]]:
    """Who was held out; everybody where nobody was."""
    if next(faces.glob("*.npz"), None):
        yield from hidden.observed(faces, "test", count)
        return
    portraits, held_out = build.pictures_in(faces), read_split()
    chosen = [path for path in portraits if path.stem in held_out] or portraits
    with tempfile.TemporaryDirectory() as folder:
        few = Path(folder) / "portraits"
        few.mkdir()
        for path in chosen[: count or None]:
            shutil.copy(path, few)
        build.build(few, Path(folder), mesh, local_pool(1))
        yield from hidden.observed(Path(folder) / build.FOLDER, "test", count)
