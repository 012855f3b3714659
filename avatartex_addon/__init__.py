"""AvatarTex: textures any head from one portrait.

Blender's side: it captures the head, asks the backend (a process of its own) and applies what comes back.
"""

from __future__ import annotations

import bpy

from . import (
    backend_setup,
    batching,
    cli,
    operators,
    panel_batch,
    panel_further,
    panel_history,
    panel_regions,
    panel_registration,
    panel_variants,
    panels,
    pin_properties,
    preferences,
    properties,
    properties_batch,
    properties_further,
    properties_history,
    properties_mix,
    properties_regions,
    properties_variants,
    session,
    translations,
    variants,
)
from .core.batch import recover
from .operators import edit_pins
from .scene import moving, overlay, regions, thumbnails, uv_sharing

CLASSES = (
    *properties.CLASSES, *pin_properties.CLASSES, *properties_batch.CLASSES, *properties_history.CLASSES,
    *properties_mix.CLASSES, *properties_variants.CLASSES, *properties_regions.CLASSES,
    *properties_further.CLASSES,
    preferences.AVATARTEX_AP_preferences, *operators.CLASSES,
    *panels.CLASSES, *panel_registration.CLASSES, *panel_history.CLASSES, *panel_regions.CLASSES, *panel_batch.CLASSES,
    *panel_variants.CLASSES, *panel_further.CLASSES,
)


@bpy.app.handlers.persistent
def forget_job(*_arguments) -> None:
    """A file carries the state of the job that ran while it was saved: that job is not ours."""
    batching.current = None
    uv_sharing.forget()
    for manager in bpy.data.window_managers:
        manager.avatartex_job.reset()
        manager.avatartex_registration.object_name = ""
        manager.avatartex_batch.reset()
    for scene in bpy.data.scenes:
        recover(scene.avatartex_batch.rows)


def register() -> None:
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    properties.attach()
    pin_properties.attach()
    properties_batch.attach()
    properties_history.attach()
    properties_mix.attach()
    properties_variants.attach()
    properties_regions.attach()
    properties_further.attach()
    thumbnails.register()
    session.register()
    backend_setup.register()
    translations.register()
    cli.register()
    variants.register()
    overlay.register()
    moving.register()
    bpy.app.handlers.save_pre.append(regions.pack_masks)
    bpy.app.handlers.load_post.append(forget_job)


def unregister() -> None:
    backend_setup.unregister()
    edit_pins.stop()
    bpy.app.handlers.load_post.remove(forget_job)
    variants.unregister()
    bpy.app.handlers.save_pre.remove(regions.pack_masks)
    moving.unregister()
    overlay.unregister()
    cli.unregister()
    translations.unregister()
    session.unregister()
    thumbnails.unregister()
    properties_further.detach()
    properties_variants.detach()
    properties_mix.detach()
    properties_regions.detach()
    properties_history.detach()
    properties_batch.detach()
    pin_properties.detach()
    properties.detach()
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
