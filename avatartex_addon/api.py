"""AvatarTex for scripts. The panel and the command line go through these same functions.

    from bl_ext.user_default.avatartex import api       # the middle word is the repository it was installed from

    made = api.generate("Head", "/portraits/anna.jpg", style="photo", size=2048, seed=3)
    made.image          # the image datablock, packed, already on the head
    made.texture        # the same as a PNG file, until Blender ends
    made.summary        # '4.9 s · landmarks within 2.1 px · 41 % from the portrait'

Call from Blender's main thread. A refusal is an `api.AvatarTexError` with a stable `code`, a `message` and a `cure`.
Nothing here makes undo steps: a script that wants one calls `bpy.ops.ed.undo_push(message=...)` afterwards.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import bpy

from . import session
from .backend.errors import AvatarTexError, Cancelled, ErrorCode
from .backend.messages import SIZES, STYLES
from .core.job import SHARINGS, HeadJob
from .generation import Generation, Textures
from .scene.head import portrait_path

__all__ = ["AvatarTexError", "Cancelled", "HeadJob", "Textures", "describe", "generate", "run", "start"]

#: Seconds between two looks at the backend. Each takes about 20 microseconds; a bar moves evenly.
INTERVAL = 0.05

#: Called with a stage's label and the share of the job that is done, 0 to 1.
OnProgress = Callable[[str, float], None]


def generate(
    object: bpy.types.Object | str, portrait: str | Path, *, uv_map: str = "", style: str = "auto", size: int = 1024,
    seed: int = 0, sharing: str = "object", on_progress: OnProgress | None = None,
) -> Textures:
    """Texture a head from a portrait, and wait for it.

    Args:
        object: the head, a mesh object, or its name.
        portrait: file with one picture of a face; '//' is relative to the .blend file.
        uv_map: the one to texture; the one that renders show when empty. It is never changed.
        style: auto, photo, cartoon, anime or painting.
        size: texels, width and height: 512, 1024, 2048 or 4096.
        seed: same seed, same texture.
        sharing: who may change with the head: 'object' nobody, 'mesh' the objects with the same mesh, 'material'
            whatever wears the same material.

    Raises:
        AvatarTexError: every refusal; the scene is as it was.
        Cancelled: the job was cancelled; the scene is as it was.
    """
    return run(describe(
        object, portrait, uv_map=uv_map, style=style, size=size, seed=seed, sharing=sharing), on_progress)


def describe(object: bpy.types.Object | str, portrait: str | Path, **options) -> HeadJob:
    """The job that `generate` runs for these arguments, as plain data.

    Raises:
        AvatarTexError: BAD_REQUEST, an option's value is unknown.
    """
    name = object if isinstance(object, str) else object.name
    job = HeadJob(name, portrait_path(str(portrait)), **options)
    for what, value, known in (("style", job.style, STYLES), ("size", job.size, SIZES),
                               ("sharing", job.sharing, SHARINGS)):
        if value not in known:
            raise AvatarTexError(
                ErrorCode.BAD_REQUEST, f"There is no {what} {value!r}.", f"Use one of {', '.join(map(str, known))}.",
            )
    return job


def start(job: HeadJob) -> Generation:
    """Begin a job and return at once: call its `step()` often until it is true, then `apply()`, in any case `finish()`.

    Raises:
        AvatarTexError: it cannot begin.
    """
    return Generation(job)


def run(job: HeadJob, on_progress: OnProgress | None = None) -> Textures:
    """Run a job to its end; raises as `generate` does."""
    running = start(job)
    try:
        while not running.step():
            if on_progress is not None:
                on_progress(running.status.stage, running.status.fraction)
            time.sleep(INTERVAL)
        return running.apply()
    except KeyboardInterrupt:
        session.close()
        raise Cancelled from None
    finally:
        running.finish()
