"""New Seed: the same job with another outcome where the portrait shows nothing."""

from __future__ import annotations

import random

import bpy

from ..scene.head import find_head

#: Small enough to be read out and typed again.
LARGEST = 9999


class AVATARTEX_OT_new_seed(bpy.types.Operator):
    """Generate again with another seed: what the portrait does not show comes out differently.
The texture of now stays among the Results"""

    bl_idname = "avatartex.new_seed"
    bl_label = "New Seed"
    bl_options = {"REGISTER"}  # Generate Texture makes the undo step, and the seed is in it

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not bpy.ops.avatartex.generate.poll():
            cls.poll_message_set("Generate Texture cannot run now; its own tooltip says why")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        settings = context.scene.avatartex
        used = {entry.seed for entry in find_head(context).avatartex_history} | {settings.seed}
        settings.seed = random.choice([seed for seed in range(1, LARGEST + 1) if seed not in used])
        bpy.ops.avatartex.generate("INVOKE_DEFAULT")
        return {"FINISHED"}


CLASSES = (AVATARTEX_OT_new_seed,)
