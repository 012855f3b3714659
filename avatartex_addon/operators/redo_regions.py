"""Redo Regions: another outcome where the artist painted red, and not a bit elsewhere."""

# No `from __future__ import annotations` here: the property's type must be evaluated by Blender.
import random

import bpy
from bpy.props import IntProperty

from .. import api
from ..backend.errors import AvatarTexError
from ..generation import Generation, job_of_redo
from ..scene.head import find_head, portrait_path
from ..scene.regions import find_result
from ..task import find_busy
from .backend_operator import BackendOperator
from .generate import AVATARTEX_OT_generate
from .new_seed import LARGEST


class AVATARTEX_OT_redo_regions(BackendOperator, bpy.types.Operator):
    """Make what is painted red anew, with another seed each time. All other texels stay exactly as they are"""

    bl_idname = "avatartex.redo_regions"
    bl_label = "Redo Regions"
    bl_options = {"UNDO"}  # as Generate Texture

    seed: IntProperty(min=-1, default=-1, options={"SKIP_SAVE"}, description="-1: one that this head has not had")

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        head = find_head(context)
        if busy := find_busy(context):
            cls.poll_message_set(busy)
            return False
        try:
            find_result(head)
        except AvatarTexError as refusal:
            cls.poll_message_set(f"{refusal.message} {refusal.cure}")
            return False
        if head.avatartex_regions.mask is None:
            cls.poll_message_set("Nothing is painted yet: paint what is to be made anew")
            return False
        return True

    def begin(self, context: bpy.types.Context, in_window: bool) -> Generation:
        head, settings = find_head(context), context.scene.avatartex
        used = {entry.seed for entry in head.avatartex_history}
        seed = self.seed if self.seed >= 0 else random.choice([n for n in range(1, LARGEST + 1) if n not in used])
        return api.start(job_of_redo(
            head, seed, portrait_path(settings.portrait), trust_portrait=head.avatartex_regions.trust_portrait,
        ))

    def conclude(self, context: bpy.types.Context) -> set[str]:
        outcome = AVATARTEX_OT_generate.conclude(self, context)
        context.window_manager.avatartex_overlay.show_regions = False  # what was made lies under it
        return outcome


CLASSES = (AVATARTEX_OT_redo_regions,)
