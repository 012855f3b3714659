"""A head and a portrait prepared as a job does it, for measurements and tests."""

from __future__ import annotations

from typing import Any

from ..completing import complete_each
from ..head.mesh import HeadMesh
from ..job import Completion, Prepared, StageOptions
from ..messages import Generate
from ..models.bundle import Networks
from ..pipeline import prepare
from ..prior.linear import LinearPrior
from ..request import Job


def prepare_head(
    mesh: HeadMesh, portrait: str, style: str, networks: Networks, skins: LinearPrior | None = None, **settings: Any
) -> Prepared:
    """What pipeline.prepare() makes of them.

    Args:
        style: a name of options.STYLE. skins: see Job. settings: further fields of messages.Generate.
    """
    return prepare(Job(Generate("", portrait, "", style=style, **settings), mesh, networks, skins=skins))


def complete(job: Prepared, networks: Networks) -> Completion:
    """What a job without further wishes completes."""
    return next(complete_each(job, networks, [StageOptions()]))
