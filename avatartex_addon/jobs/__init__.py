"""Jobs as they run: one texture, a registration, a batch, a set of variants."""

from . import fresh_file, portrait_faces, variant_bake

PARTS = (variant_bake, fresh_file, portrait_faces)
