"""Jobs as they run: one texture, a registration, a batch, a set of variants."""

from . import portrait_faces, scene_batch, variant_bake

PARTS = (variant_bake, scene_batch, portrait_faces)
