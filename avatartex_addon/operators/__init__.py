"""What the artist does: one file for what belongs together."""

from . import (
    add_further,
    add_uv_map,
    bake_variants,
    choose_portrait,
    clean_portraits,
    drag_pins,
    edit_batch,
    generate,
    mend_head,
    open_manual,
    paint_regions,
    pin_points,
    run_batch,
    save_texture,
    set_up,
    try_it,
    use_results,
)

PARTS = (
    generate, choose_portrait, add_further, mend_head, add_uv_map, pin_points, drag_pins, use_results,
    save_texture, open_manual, try_it, paint_regions, bake_variants, edit_batch, run_batch, set_up, clean_portraits,
)
