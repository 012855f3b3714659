"""The button beside an error, where one exists."""

from __future__ import annotations

from ..backend.errors import ErrorCode
from .idnames import Op

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
