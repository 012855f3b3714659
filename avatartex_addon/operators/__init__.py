"""What the artist does: one file per verb."""

from . import (
    add_uv_map,
    batch_add,
    batch_cancel,
    batch_fill,
    batch_load,
    batch_pause,
    batch_remove,
    batch_report,
    batch_retry,
    batch_run,
    cancel,
    compare,
    edit_pins,
    generate,
    generate_anyway,
    new_seed,
    open_log,
    pick_portrait,
    pin_result,
    pins,
    purge_results,
    restore,
    setup_backend,
    show_registration,
    show_result,
    variants,
)

MODULES = (
    add_uv_map, batch_add, batch_cancel, batch_fill, batch_load, batch_pause, batch_remove, batch_report,
    batch_retry, batch_run, cancel, compare, edit_pins, generate, generate_anyway, new_seed, open_log,
    pick_portrait, pin_result, pins, purge_results, restore, setup_backend, show_registration, show_result,
    variants,
)

CLASSES = tuple(cls for module in MODULES for cls in module.CLASSES)
