"""Every operator of the add-on by its one name, which every button refers to; and the button beside an error."""

from enum import StrEnum

from ..backend.errors import ErrorCode


class Op(StrEnum):
    GENERATE = "avatartex.generate"
    GENERATE_ANYWAY = "avatartex.generate_anyway"
    NEW_SEED = "avatartex.new_seed"
    REDO_REGIONS = "avatartex.redo_regions"
    CANCEL = "avatartex.cancel"
    PICK_PORTRAIT = "avatartex.pick_portrait"
    PASTE_PORTRAIT = "avatartex.paste_portrait"
    USE_IMAGE = "avatartex.use_image"
    DROP_PORTRAIT = "avatartex.drop_portrait"
    FURTHER_ADD = "avatartex.further_add"
    FURTHER_REMOVE = "avatartex.further_remove"
    CHOOSE_HEAD = "avatartex.choose_head"
    RESET_CHOICE = "avatartex.reset_choice"
    MAKE_OVERRIDE = "avatartex.make_override"
    SHOW_HEAD = "avatartex.show_head"
    NEW_MATERIAL = "avatartex.new_material"
    ADD_UV_MAP = "avatartex.add_uv_map"
    SHOW_REGISTRATION = "avatartex.show_registration"
    PIN_ADD = "avatartex.pin_add"
    PIN_REMOVE = "avatartex.pin_remove"
    PINS_CLEAR = "avatartex.pins_clear"
    EDIT_PINS_IMAGE = "avatartex.edit_pins_image"
    EDIT_PINS_HEAD = "avatartex.edit_pins_head"
    SHOW_RESULT = "avatartex.show_result"
    PIN_RESULT = "avatartex.pin_result"
    PURGE_RESULTS = "avatartex.purge_results"
    PREVIOUS = "avatartex.previous"
    COMPARE = "avatartex.compare"
    RESTORE = "avatartex.restore"
    SHOW_TEXTURE = "avatartex.show_texture"
    SHOW_UV_MAP = "avatartex.show_uv_map"
    SAVE_TEXTURE = "avatartex.save_texture"
    EXPORT_FOR = "avatartex.export_for"
    EXPORT_HEAD = "avatartex.export_head"
    RESET_LAYERS = "avatartex.reset_layers"
    KEEP_PAINT = "avatartex.keep_paint"
    FLATTEN_ANYWAY = "avatartex.flatten_anyway"
    WRITE_LAYERS = "avatartex.write_layers"
    SAVE_LAYERS = "avatartex.save_layers"
    GROW_CURVES = "avatartex.grow_curves"
    HAIR_CURVES = "avatartex.hair_curves"
    MAKE_MAPS = "avatartex.make_maps"
    SURFACE_MAPS = "avatartex.surface_maps"
    DISPLACE = "avatartex.displace"
    COLOUR_HAIR = "avatartex.colour_hair"
    TRY_IT = "avatartex.try_it"
    ADD_EXPRESSIONS = "avatartex.add_expressions"
    REMOVE_EXPRESSIONS = "avatartex.remove_expressions"
    OPEN_MANUAL = "avatartex.open_manual"
    REGIONS_PAINT = "avatartex.regions_paint"
    REGIONS_DONE = "avatartex.regions_done"
    REGIONS_FILL = "avatartex.regions_fill"
    REGIONS_CLEAR = "avatartex.regions_clear"
    VARIANT_PRESET = "avatartex.variant_preset"
    VARIANTS_BAKE = "avatartex.variants_bake"
    VARIANT_SHOW = "avatartex.variant_show"
    VARIANT_REMOVE = "avatartex.variant_remove"
    BATCH_ADD = "avatartex.batch_add"
    BATCH_FILL = "avatartex.batch_fill"
    BATCH_LOAD = "avatartex.batch_load"
    BATCH_REMOVE = "avatartex.batch_remove"
    BATCH_RETRY = "avatartex.batch_retry"
    BATCH_REPORT = "avatartex.batch_report"
    BATCH_RUN = "avatartex.batch_run"
    BATCH_SUBMIT = "avatartex.batch_submit"
    BATCH_COLLECT = "avatartex.batch_collect"
    BATCH_PAUSE = "avatartex.batch_pause"
    BATCH_CANCEL = "avatartex.batch_cancel"
    CHECK_SETUP = "avatartex.check_setup"
    SETUP_BACKEND = "avatartex.setup_backend"
    SETUP_LARGE = "avatartex.setup_large"
    INSTALL_FROM_FOLDER = "avatartex.install_from_folder"
    REMOVE_BACKEND = "avatartex.remove_backend"
    CANCEL_SETUP = "avatartex.cancel_setup"
    OPEN_LOG = "avatartex.open_log"
    LOOK_AT_MODELS = "avatartex.look_at_models"
    DOWNLOAD_MODEL = "avatartex.download_model"
    VERIFY_MODEL = "avatartex.verify_model"
    REMOVE_MODEL = "avatartex.remove_model"
    RELEASE_MEMORY = "avatartex.release_memory"
    CLEAN_PORTRAITS = "avatartex.clean_portraits"


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
