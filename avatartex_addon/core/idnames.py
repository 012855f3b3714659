"""Every operator of the add-on by its one name: what registers it, and every button that calls it, refer to it here."""

from __future__ import annotations

from enum import StrEnum


class Op(StrEnum):
    # generate.py
    GENERATE = "avatartex.generate"
    GENERATE_ANYWAY = "avatartex.generate_anyway"
    NEW_SEED = "avatartex.new_seed"
    REDO_REGIONS = "avatartex.redo_regions"
    CANCEL = "avatartex.cancel"
    # choose_portrait.py
    PICK_PORTRAIT = "avatartex.pick_portrait"
    PASTE_PORTRAIT = "avatartex.paste_portrait"
    USE_IMAGE = "avatartex.use_image"
    DROP_PORTRAIT = "avatartex.drop_portrait"
    # add_further.py
    FURTHER_ADD = "avatartex.further_add"
    FURTHER_REMOVE = "avatartex.further_remove"
    # mend_head.py
    CHOOSE_HEAD = "avatartex.choose_head"
    RESET_CHOICE = "avatartex.reset_choice"
    MAKE_OVERRIDE = "avatartex.make_override"
    SHOW_HEAD = "avatartex.show_head"
    NEW_MATERIAL = "avatartex.new_material"
    # settle_light.py
    SETTLE_LIGHT = "avatartex.settle_light"
    # add_uv_map.py
    ADD_UV_MAP = "avatartex.add_uv_map"
    # pin_points.py
    SHOW_REGISTRATION = "avatartex.show_registration"
    PIN_ADD = "avatartex.pin_add"
    PIN_REMOVE = "avatartex.pin_remove"
    PINS_CLEAR = "avatartex.pins_clear"
    # drag_pins.py
    EDIT_PINS_IMAGE = "avatartex.edit_pins_image"
    EDIT_PINS_HEAD = "avatartex.edit_pins_head"
    # use_results.py
    SHOW_RESULT = "avatartex.show_result"
    PIN_RESULT = "avatartex.pin_result"
    PURGE_RESULTS = "avatartex.purge_results"
    COMPARE = "avatartex.compare"
    RESTORE = "avatartex.restore"
    SHOW_TEXTURE = "avatartex.show_texture"
    SHOW_UV_MAP = "avatartex.show_uv_map"
    SAVE_TEXTURE = "avatartex.save_texture"
    # save_layers.py
    RESET_LAYERS = "avatartex.reset_layers"
    KEEP_PAINT = "avatartex.keep_paint"
    FLATTEN_ANYWAY = "avatartex.flatten_anyway"
    WRITE_LAYERS = "avatartex.write_layers"
    SAVE_LAYERS = "avatartex.save_layers"
    # colour_hair.py
    COLOUR_HAIR = "avatartex.colour_hair"
    # try_it.py
    TRY_IT = "avatartex.try_it"
    # add_expressions.py
    ADD_EXPRESSIONS = "avatartex.add_expressions"
    REMOVE_EXPRESSIONS = "avatartex.remove_expressions"
    # open_manual.py
    OPEN_MANUAL = "avatartex.open_manual"
    # paint_regions.py
    REGIONS_PAINT = "avatartex.regions_paint"
    REGIONS_DONE = "avatartex.regions_done"
    REGIONS_FILL = "avatartex.regions_fill"
    REGIONS_CLEAR = "avatartex.regions_clear"
    # bake_variants.py
    VARIANT_PRESET = "avatartex.variant_preset"
    VARIANTS_BAKE = "avatartex.variants_bake"
    VARIANT_SHOW = "avatartex.variant_show"
    VARIANT_REMOVE = "avatartex.variant_remove"
    # edit_batch.py
    BATCH_ADD = "avatartex.batch_add"
    BATCH_FILL = "avatartex.batch_fill"
    BATCH_LOAD = "avatartex.batch_load"
    BATCH_REMOVE = "avatartex.batch_remove"
    BATCH_RETRY = "avatartex.batch_retry"
    BATCH_REPORT = "avatartex.batch_report"
    # run_batch.py
    BATCH_RUN = "avatartex.batch_run"
    BATCH_PAUSE = "avatartex.batch_pause"
    BATCH_CANCEL = "avatartex.batch_cancel"
    # set_up.py
    CHECK_SETUP = "avatartex.check_setup"
    SETUP_BACKEND = "avatartex.setup_backend"
    INSTALL_FROM_FOLDER = "avatartex.install_from_folder"
    REMOVE_BACKEND = "avatartex.remove_backend"
    CANCEL_SETUP = "avatartex.cancel_setup"
    OPEN_LOG = "avatartex.open_log"
    # manage_models.py
    LOOK_AT_MODELS = "avatartex.look_at_models"
    DOWNLOAD_MODEL = "avatartex.download_model"
    VERIFY_MODEL = "avatartex.verify_model"
    REMOVE_MODEL = "avatartex.remove_model"
    RELEASE_MEMORY = "avatartex.release_memory"
    # clean_portraits.py
    CLEAN_PORTRAITS = "avatartex.clean_portraits"
