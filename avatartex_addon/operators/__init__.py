"""What the artist does: one file per verb."""

from . import (
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
    generate,
    new_seed,
    open_log,
    pick_portrait,
    pin_result,
    purge_results,
    restore,
    setup_backend,
    show_result,
)

CLASSES = (
    *generate.CLASSES, *cancel.CLASSES, *restore.CLASSES, *pick_portrait.CLASSES, *setup_backend.CLASSES,
    *open_log.CLASSES, *batch_add.CLASSES, *batch_remove.CLASSES, *batch_fill.CLASSES, *batch_load.CLASSES,
    *batch_run.CLASSES, *batch_pause.CLASSES, *batch_cancel.CLASSES, *batch_retry.CLASSES, *batch_report.CLASSES,
    *show_result.CLASSES, *compare.CLASSES, *pin_result.CLASSES, *purge_results.CLASSES, *new_seed.CLASSES,
)
