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
    cancel_setup,
    check_setup,
    compare,
    drop_portrait,
    edit_pins,
    generate,
    generate_anyway,
    install_from_folder,
    new_seed,
    open_log,
    paste_portrait,
    pick_portrait,
    pin_result,
    pins,
    purge_results,
    remove_backend,
    restore,
    setup_backend,
    show_head,
    show_registration,
    show_result,
    use_image,
    variants,
)

MODULES = (
    add_uv_map, batch_add, batch_cancel, batch_fill, batch_load, batch_pause, batch_remove, batch_report, batch_retry,
    batch_run, cancel, cancel_setup, check_setup, compare, drop_portrait, edit_pins, generate, generate_anyway,
    install_from_folder, new_seed, open_log, paste_portrait, pick_portrait, pin_result, pins, purge_results,
    remove_backend, restore, setup_backend, show_head, show_registration, show_result, use_image, variants,
)

CLASSES = tuple(cls for module in MODULES for cls in module.CLASSES)
