"""What the artist sets, what jobs tell, and what objects remember."""

from . import (
    batch_table,
    expression_memory,
    further_files,
    job_status,
    layer_opacities,
    painted_regions,
    pin_list,
    results,
    settings,
    variant_list,
)

PARTS = (
    settings,
    job_status,
    pin_list,
    batch_table,
    results,
    variant_list,
    expression_memory,
    painted_regions,
    further_files,
    layer_opacities,
)
