"""Large models in the preferences: what is here, and buttons to fetch, verify and remove it."""

import bpy

from ..backend.models.profiles import PROFILES
from ..core.idnames import Op
from ..core.sizes import size_text
from ..setup import model_store

#: How a profile stands: icon, and what is said of it.
STANDS = {
    "here": ("CHECKMARK", "Ready"),
    "partly": ("SORTTIME", "Not complete"),
    "missing": ("BLANK1", "Not downloaded"),
    "damaged": ("ERROR", "Damaged"),
}


def draw_models(layout: bpy.types.UILayout) -> None:
    """A row for each profile."""
    header, body = layout.panel("avatartex_models", default_closed=True)
    header.label(text="Large Models")
    if body is None:
        return
    states = model_store.states()
    for profile in PROFILES.values():
        known = states.get(profile.name)
        row = body.row()
        row.label(text=profile.label, icon=STANDS[known["state"]][0] if known else "QUESTION", translate=False)
        row.label(text=size_text((known or {"gigabytes": profile.gigabytes})["gigabytes"] * 1e9), translate=False)
        row.label(text=STANDS[known["state"]][1] if known else "")
        if known and known["state"] != "missing":
            row.operator(Op.VERIFY_MODEL, text="", icon="VIEWZOOM").profile = profile.name
            row.operator(Op.REMOVE_MODEL, text="", icon="TRASH").profile = profile.name
        if not known or known["state"] != "here":
            row.operator(Op.DOWNLOAD_MODEL, text="", icon="IMPORT").profile = profile.name
    row = body.row()
    row.operator(Op.LOOK_AT_MODELS, icon="FILE_REFRESH")
    row.operator(Op.RELEASE_MEMORY, icon="MEMORY")
