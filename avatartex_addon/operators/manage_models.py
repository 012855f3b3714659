"""Large models: what of them is here, download with size and licence first, verify, remove."""

# No `from __future__ import annotations` here: Blender evaluates annotations itself.
import bpy
from bpy.props import BoolProperty, EnumProperty

from .. import preferences, session
from ..backend.models.profiles import PROFILES
from ..core.idnames import Op
from ..core.sizes import tell_size
from ..setup import backend_setup, model_store


class ModelOperator:
    """Mixed into an operator that starts work on models (`verb`); a script that called it waits."""

    verb = "list"
    newest = False
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not preferences.find_backend_python():
            cls.poll_message_set("Set up the backend first")
            return False
        if obstacle := backend_setup.find_obstacle(context):
            cls.poll_message_set(obstacle)
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        work = model_store.work_on_models(self.verb, getattr(self, "profile", ""), self.newest)
        if not bpy.app.background and context.window is not None:
            return {"FINISHED"}
        if refusal := backend_setup.wait(work):
            self.report({"ERROR"}, f"{refusal.message} {refusal.cure}".strip())
            return {"CANCELLED"}
        return {"FINISHED"}


class AVATARTEX_OT_look_at_models(ModelOperator, bpy.types.Operator):
    """Look which large models are on this computer"""

    bl_idname = Op.LOOK_AT_MODELS
    bl_label = "Look for Models"


class AVATARTEX_OT_download_model(ModelOperator, bpy.types.Operator):
    """Download a large model from the model hub, or go on with it. Its size and its licence are shown first"""

    bl_idname = Op.DOWNLOAD_MODEL
    bl_label = "Download Model"
    verb = "download"

    profile: EnumProperty(items=[(one.name, one.label, "") for one in PROFILES.values()], options={"SKIP_SAVE"})
    accepted: BoolProperty(
        name="I Accept These Licences",
        description="They say what the model, and pictures made with it, may be used for",
        options={"SKIP_SAVE"},
    )
    newest: BoolProperty(
        name="Newest Revisions",
        description="Of the hub, where it no longer has those that AvatarTex names. Nobody has tried them with it",
        options={"SKIP_SAVE"},
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not bpy.app.online_access:
            cls.poll_message_set("Allow Online Access first: Preferences > System > Network")
            return False
        return super().poll(context)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if bpy.app.background or context.window is None:
            return self.execute(context)
        return context.window_manager.invoke_props_dialog(self, width=460, confirm_text="Download")

    def draw(self, context: bpy.types.Context) -> None:
        profile = PROFILES[self.profile]
        size, memory = tell_size(profile.gigabytes * 1e9), tell_size(profile.memory[0] * 1e9)
        self.layout.label(text=f"{profile.label}: {size}, {memory}", icon="IMPORT", translate=False)
        column = self.layout.column(align=True)
        for part in profile.parts:
            if part.repo:
                row = column.row()
                row.label(text=f"{part.repo}: {part.licence}", translate=False)
                row.operator("wm.url_open", text="", icon="URL").url = part.terms
        if profile.licences:
            self.layout.prop(self, "accepted")
        self.layout.prop(self, "newest")

    def execute(self, context: bpy.types.Context) -> set[str]:
        if PROFILES[self.profile].licences and not self.accepted:
            self.report({"ERROR"}, "Nothing was downloaded: the licences were not accepted")
            return {"CANCELLED"}
        return super().execute(context)


class AVATARTEX_OT_verify_model(ModelOperator, bpy.types.Operator):
    """Compare a large model's files with their checksums"""

    bl_idname = Op.VERIFY_MODEL
    bl_label = "Verify Model"
    verb = "verify"

    profile: EnumProperty(items=[(one.name, one.label, "") for one in PROFILES.values()], options={"SKIP_SAVE"})


class AVATARTEX_OT_remove_model(ModelOperator, bpy.types.Operator):
    """Delete a large model's files. Other programs that share them will download them again"""

    bl_idname = Op.REMOVE_MODEL
    bl_label = "Remove Model"
    verb = "remove"

    profile: EnumProperty(items=[(one.name, one.label, "") for one in PROFILES.values()], options={"SKIP_SAVE"})

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if bpy.app.background or context.window is None:
            return self.execute(context)
        return context.window_manager.invoke_confirm(self, event, confirm_text="Remove")


class AVATARTEX_OT_release_memory(bpy.types.Operator):
    """Give the memory back that the backend keeps for its next job, of the graphics card, too"""

    bl_idname = Op.RELEASE_MEMORY
    bl_label = "Release Memory"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if obstacle := session.find_busy(context):
            cls.poll_message_set(obstacle)
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        session.client().release()
        return {"FINISHED"}
