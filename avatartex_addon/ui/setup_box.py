"""What leads through the first run, in the sidebar and in the preferences; the preferences' large models."""

from pathlib import Path

import bpy
from bpy.app.translations import pgettext_iface

from .. import preferences
from ..backend.errors import ErrorCode
from ..backend.models.profiles import PROFILES
from ..core.checks import Check, CheckRun, Cure, Verdict
from ..core.clock import freed_text, size_text
from ..core.idnames import Op
from ..core.installer import Installer
from ..core.model_work import ModelWork
from ..core.packages import DOWNLOAD
from ..core.places import Fit
from ..core.work import failed
from ..operators.choose_portrait import find_unused, measure_files
from ..setup import backend_setup, model_store, permission
from .sentences import draw_sentence, say

VERDICT_ICONS = {Verdict.OK: "CHECKMARK", Verdict.NOTE: "INFO", Verdict.MISSING: "ERROR"}

#: What leads when nothing is known yet, by what is there: label of the button, and a sentence.
LEADS = {
    Fit.NONE: (
        "Set Up Backend",
        "AvatarTex computes in a Python of its own, which is set up once for all Blender versions.",
    ),
    Fit.UNFINISHED: ("Continue Set-Up", "The set-up was interrupted. It goes on where it stopped."),
    Fit.BROKEN: ("Repair Backend", "The Python that the backend stood on is gone. Networks and settings stay."),
    Fit.OUTDATED: ("Update Backend", "This version of AvatarTex needs other packages. What fits is kept."),
    Fit.READY: ("Check and Repair", ""),
}


def draw_welcome(layout: bpy.types.UILayout) -> None:
    """In the sidebar: nothing where the backend is ready."""
    if preferences.find_backend_python() and not isinstance(backend_setup.current, Installer):
        return
    box = layout.box()
    box.use_property_split = False
    if not preferences.chosen_python() and preferences.carried() is None:
        box.label(text="One step before the first texture", icon="INFO")
    draw_steps(box)


def draw_preferences(layout: bpy.types.UILayout, prefs: bpy.types.AddonPreferences) -> None:
    layout.use_property_split = True
    layout.use_property_decorate = False
    draw_backend(layout.box(), prefs)
    column = layout.column()
    column.operator(Op.OPEN_MANUAL, icon="HELP")
    column.prop(prefs, "device")
    column.prop(prefs, "results_kept")
    draw_models(layout)
    header, body = layout.panel("avatartex_advanced", default_closed=True)
    header.label(text="Advanced")
    if body is not None:
        column = body.column()
        column.enabled = backend_setup.current is None
        column.prop(prefs, "index")
        column.prop(prefs, "backend_python")
        if preferences.chosen_python():
            draw_examination(column)
        body.operator(Op.OPEN_LOG, icon="TEXT")
        text = say("Remove Unused Portraits") + freed_text(measure_files(find_unused()))
        body.operator(Op.CLEAN_PORTRAITS, text=text, icon="TRASH")


def draw_backend(box: bpy.types.UILayout, prefs: bpy.types.AddonPreferences) -> None:
    """How the backend stands, and what can be done about it."""
    python = preferences.find_backend_python()
    row = box.row()
    if python:
        row.label(text="The backend is ready", icon="CHECKMARK")
        sub = box.column()
        sub.active = False
        sub.label(text=python, icon="BLANK1")
    else:
        row.label(text="The backend is not ready", icon="INFO")
    if backend_setup.current is not None or backend_setup.checks or backend_setup.error or not python:
        draw_steps(box)
        buttons = box.row()
    else:
        buttons = box.row()
        buttons.operator(Op.CHECK_SETUP, text=LEADS[Fit.READY][0], icon="FILE_REFRESH")
    home = preferences.home()
    if backend_setup.current is None and home.is_there:
        buttons.operator(Op.REMOVE_BACKEND, text=say("Remove Backend") + freed_text(home.occupied), icon="TRASH")
    fields = box.column()
    fields.use_property_split = True
    fields.enabled = backend_setup.current is None
    fields.prop(prefs, "folder")
    fields.prop(prefs, "build")


def draw_steps(box: bpy.types.UILayout) -> None:
    """What is at work, else why it failed, else what the checks say, else the button that begins."""
    work, checks, error = backend_setup.current, backend_setup.checks, backend_setup.error
    if work is not None and work is not checks:
        text, fraction = work.progress()
        row = box.row()
        row.scale_y = 1.3
        row.progress(text=pgettext_iface(text), factor=fraction)
        if isinstance(work, Installer | ModelWork):
            box.operator(Op.CANCEL_SETUP, icon="CANCEL")
        return
    if permission.is_waiting():
        draw_waiting(box)
        return
    if error is not None:
        draw_error(box, error)
    if preferences.chosen_python() and draw_examination(box):
        return
    if checks is not None and not (checks.done and checks.online != bpy.app.online_access):
        draw_checks(box, checks)
        return
    if preferences.carried() is not None and not preferences.find_backend_python():
        if error is None:
            draw_text(box, "AvatarTex makes its environment ready, once: this takes a minute and no network.", "INFO")
        box.operator(Op.SETUP_BACKEND, text="Try Again" if error else "Make Ready", icon="FILE_REFRESH")
        return
    label, sentence = LEADS[backend_setup.find_fit()]
    if sentence and error is None:
        draw_text(box, sentence)
    row = box.row()
    row.scale_y = 1.4
    row.operator(Op.CHECK_SETUP, text=label, icon="IMPORT")


def draw_waiting(box: bpy.types.UILayout) -> None:
    draw_text(box, "Tick Allow Online Access in the preferences: the set-up then goes on by itself.", "INFO")
    box.operator("extensions.userpref_show_online", text="Open Preferences…", icon="PREFERENCES")
    box.operator(Op.CANCEL_SETUP, icon="CANCEL")


def draw_error(box: bpy.types.UILayout, error) -> None:
    cancelled = error.code == ErrorCode.CANCELLED
    column = box.column()
    column.alert = not cancelled
    draw_text(column, error.message, "INFO" if cancelled else "ERROR")
    draw_text(box, error.cure)
    if not cancelled:
        box.operator(Op.OPEN_LOG, icon="TEXT")


def draw_checks(box: bpy.types.UILayout, checks: CheckRun) -> None:
    column = box.column()
    for check in checks.checks:
        draw_check(column, check)
    if not checks.done:
        column.label(text="Looking at this computer…", icon="SORTTIME")
        return
    if checks.error is not None:
        return
    buttons = box.column()
    row = buttons.row()
    row.scale_y = 1.4
    row.enabled = checks.is_fine(with_network=checks.online)
    size = size_text(checks.download * 1e9)
    if not checks.online and not checks.carried:
        text = say("Download and Install ({size})…", size=size)
    else:
        text = say("Download and Install ({size})", size=size) if checks.download else say("Install")
    row.operator(Op.SETUP_BACKEND, text=text, icon="IMPORT")
    row = buttons.row(align=True)
    part = row.row(align=True)
    part.enabled = checks.is_fine(with_network=False)
    part.operator(Op.INSTALL_FROM_FOLDER, text="From Folder…", icon="FILE_FOLDER")
    row.operator(Op.CHECK_SETUP, text="Check Again", icon="FILE_REFRESH")


def draw_check(column: bpy.types.UILayout, check: Check) -> None:
    row = column.column()
    row.alert = check.verdict is Verdict.MISSING
    detail = f" ({check.detail})" if check.detail and in_preferences() else ""
    draw_text(row, f"{pgettext_iface(check.name)}: {pgettext_iface(check.text)}{detail}", VERDICT_ICONS[check.verdict])
    if check.cure is Cure.CHOOSE_FOLDER:
        show_preferences(column, "Choose Another Folder…")


def show_preferences(layout: bpy.types.UILayout, text: str) -> None:
    """Not in the preferences, where the field is in sight."""
    if not in_preferences():
        layout.operator("preferences.addon_show", text=text, icon="PREFERENCES").module = __package__.rpartition(".")[0]


def in_preferences() -> bool:
    return bpy.context.area is not None and bpy.context.area.type == "PREFERENCES"


def draw_examination(layout: bpy.types.UILayout) -> bool:
    """What was found of the environment that the artist named; whether something is wrong with it."""
    python = preferences.chosen_python()
    refusal = preferences.refused.get(python)
    if refusal is None and not Path(python).is_file():
        refusal = failed("The Python of your own environment is not there.", "Choose another one, or empty the field.")
    if refusal is None:
        if backend_setup.examination is not None and backend_setup.examination.verdict:
            layout.label(text=backend_setup.examination.verdict, icon="CHECKMARK")
        return False
    column = layout.column()
    column.alert = True
    draw_text(column, refusal.message, "ERROR")
    draw_text(layout, refusal.cure)
    show_preferences(layout, "Open Preferences…")
    return True


def draw_text(layout: bpy.types.UILayout, text: str, icon: str = "BLANK1") -> None:
    region, scale = bpy.context.region, bpy.context.preferences.system.ui_scale
    draw_sentence(layout, text, icon, width=max(260, int(region.width / scale) - 40) if region else 260)


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
    if preferences.lacks_large():
        without, whole = DOWNLOAD[preferences.home().build]
        draw_text(body, "Large models need packages of their own, once for all of them.", "INFO")
        text = say("Install Packages ({size})", size=size_text((whole - without) * 1e9))
        body.operator(Op.SETUP_LARGE, text=text, icon="IMPORT")
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
