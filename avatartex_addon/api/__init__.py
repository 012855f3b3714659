"""AvatarTex for scripts. The panel and the command line run the same jobs; manual/scripts.md has more examples.

    from bl_ext.user_default.avatartex import api       # the middle word is the repository it was installed from

    made = api.generate("Head", "/portraits/anna.jpg", style="photo", size=2048, seed=3)
    made.image          # the image datablock, packed, already on the head
    made.texture        # the same as a PNG file, until Blender ends
    made.summary        # '4.9 s · registration good · 87% of the face is the person's own'

Call from Blender's main thread. A refusal is an `api.AvatarTexError` with a stable `code`, a `message` and a `cure`.
Nothing here makes undo steps: a script that wants one calls `bpy.ops.ed.undo_push(message=...)` afterwards.
"""

from ..backend.errors import AvatarTexError, Cancelled, ErrorCode
from ..core.job import HeadJob
from ..jobs.curves_job import HairCurves
from ..jobs.expression_job import ExpressionMaps
from ..jobs.generation import Textures
from ..jobs.head_export import Exported
from ..jobs.maps_job import SurfaceMaps
from ..scene.characters import fill_by_rule, fill_by_table
from .finishing import (
    add_expression_maps,
    add_hair_curves,
    add_surface_maps,
    export_head,
    remove_expression_maps,
    save_layers,
    set_layer,
    show_variant,
)
from .texturing import batch, describe, generate, redo, run, start, start_variants, variants

__all__ = [
    "AvatarTexError",
    "Cancelled",
    "ErrorCode",
    "Exported",
    "ExpressionMaps",
    "HairCurves",
    "HeadJob",
    "SurfaceMaps",
    "Textures",
    "add_expression_maps",
    "add_hair_curves",
    "add_surface_maps",
    "batch",
    "describe",
    "export_head",
    "fill_by_rule",
    "fill_by_table",
    "generate",
    "redo",
    "remove_expression_maps",
    "run",
    "save_layers",
    "set_layer",
    "show_variant",
    "start",
    "start_variants",
    "variants",
]
