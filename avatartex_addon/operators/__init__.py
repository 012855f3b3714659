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
    generate,
    open_log,
    pick_portrait,
    restore,
    setup_backend,
)

CLASSES = (
    *generate.CLASSES, *cancel.CLASSES, *restore.CLASSES, *pick_portrait.CLASSES, *setup_backend.CLASSES,
    *open_log.CLASSES, *batch_add.CLASSES, *batch_remove.CLASSES, *batch_fill.CLASSES, *batch_load.CLASSES,
    *batch_run.CLASSES, *batch_pause.CLASSES, *batch_cancel.CLASSES, *batch_retry.CLASSES, *batch_report.CLASSES,
)
