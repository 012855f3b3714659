"""The button beside an error, where one exists."""

from __future__ import annotations

from .backend.errors import ErrorCode

#: Operator and label.
FIX_BUTTONS = {
    ErrorCode.BACKEND_MISSING: ("avatartex.check_setup", "Set Up Backend"),
    ErrorCode.PORTRAIT_MISSING: ("avatartex.pick_portrait", "Pick a Portrait"),
    ErrorCode.PORTRAIT_UNREADABLE: ("avatartex.pick_portrait", "Pick Another Portrait"),
    ErrorCode.PORTRAIT_TOO_LARGE: ("avatartex.pick_portrait", "Pick Another Portrait"),
    ErrorCode.NO_FACE_IN_PORTRAIT: ("avatartex.show_registration", "Show Points to Drag"),
    ErrorCode.NO_FACE_ON_HEAD: ("avatartex.show_registration", "Show Points to Drag"),
    ErrorCode.LOW_SCORE: ("avatartex.show_registration", "Show Registration"),
    ErrorCode.NO_UVS: ("avatartex.add_uv_map", "Add a UV Map"),
    ErrorCode.BACKEND_DIED: ("avatartex.open_log", "Open Log Folder"),
    ErrorCode.INTERNAL: ("avatartex.open_log", "Open Log Folder"),
}
