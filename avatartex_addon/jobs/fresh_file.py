"""Another file is loaded: it carries the state of the job that ran while it was saved, and that job is not ours."""

from __future__ import annotations

import bpy

from ..core.batch import recover
from ..scene import uv_sharing
from . import scene_batch


@bpy.app.handlers.persistent
def forget_job(*_arguments) -> None:
    scene_batch.current = None
    uv_sharing.forget_sharing()
    for manager in bpy.data.window_managers:
        manager.avatartex_job.reset()
        manager.avatartex_registration.object_name = ""
        manager.avatartex_batch.reset()
    for scene in bpy.data.scenes:
        recover(scene.avatartex_batch.rows)


HANDLERS = (("load_post", forget_job),)
