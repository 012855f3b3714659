"""What the artist does: one file per verb."""

from . import (
    add_uv_map,
    cancel,
    edit_pins,
    generate,
    generate_anyway,
    open_log,
    pick_portrait,
    pins,
    restore,
    setup_backend,
    show_registration,
)

CLASSES = (
    *generate.CLASSES, *cancel.CLASSES, *restore.CLASSES, *pick_portrait.CLASSES, *setup_backend.CLASSES,
    *open_log.CLASSES, *show_registration.CLASSES, *pins.CLASSES, *edit_pins.CLASSES, *generate_anyway.CLASSES,
    *add_uv_map.CLASSES,
)
