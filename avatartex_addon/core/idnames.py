"""Every operator of the add-on by its one name, which every button refers to; and the button beside an error."""

from enum import StrEnum

from ..backend.errors import ErrorCode

#: Op.NEW_SEED is "avatartex.new_seed".
Op = StrEnum(
    "Op",
    {
        name.upper(): f"avatartex.{name}"
        for name in """
    generate generate_anyway new_seed redo_regions cancel pick_portrait paste_portrait use_image drop_portrait
    further_add further_remove choose_head reset_choice make_override show_head new_material add_uv_map
    show_registration pin_add pin_remove pins_clear edit_pins_image edit_pins_head show_result pin_result
    purge_results previous compare restore show_texture show_uv_map save_texture export_for export_head reset_layers
    keep_paint flatten_anyway write_layers save_layers grow_curves hair_curves make_maps surface_maps colour_hair
    try_it add_expressions remove_expressions open_manual regions_paint regions_done regions_fill regions_clear
    variant_preset variants_bake variant_show variant_remove batch_add batch_fill batch_load batch_remove
    batch_retry batch_report batch_run batch_submit batch_pause batch_cancel check_setup setup_backend setup_large
    install_from_folder remove_backend cancel_setup open_log look_at_models download_model verify_model remove_model
    release_memory clean_portraits
    """.split()
    },
)
#: Operator and label.
FIX_BUTTONS = {
    ErrorCode.BACKEND_MISSING: (Op.CHECK_SETUP, "Set Up Backend"),
    ErrorCode.PORTRAIT_MISSING: (Op.PICK_PORTRAIT, "Pick a Portrait"),
    ErrorCode.PORTRAIT_UNREADABLE: (Op.PICK_PORTRAIT, "Pick Another Portrait"),
    ErrorCode.PORTRAIT_TOO_LARGE: (Op.PICK_PORTRAIT, "Pick Another Portrait"),
    ErrorCode.NO_FACE_IN_PORTRAIT: (Op.SHOW_REGISTRATION, "Show Points to Drag"),
    ErrorCode.NO_FACE_ON_HEAD: (Op.SHOW_REGISTRATION, "Show Points to Drag"),
    ErrorCode.LOW_SCORE: (Op.SHOW_REGISTRATION, "Show Registration"),
    ErrorCode.NO_UVS: (Op.ADD_UV_MAP, "Add a UV Map"),
    ErrorCode.NO_COLOR: (Op.NEW_MATERIAL, "Give It a New One"),
    ErrorCode.BACKEND_DIED: (Op.OPEN_LOG, "Open Log Folder"),
    ErrorCode.INTERNAL: (Op.OPEN_LOG, "Open Log Folder"),
}
