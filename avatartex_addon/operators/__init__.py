"""What the artist does: one file per verb."""

from . import add_uv_map, cancel, generate, open_log, pick_portrait, restore, setup_backend

CLASSES = (
    *generate.CLASSES, *cancel.CLASSES, *restore.CLASSES, *pick_portrait.CLASSES, *setup_backend.CLASSES,
    *open_log.CLASSES, *add_uv_map.CLASSES,
)
