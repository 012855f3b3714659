"""Large models: what of them is here, download with size and licence first, verify, remove."""

import bpy
from bpy.props import BoolProperty, EnumProperty

from .. import session
from ..backend.models.profiles import PROFILES
from ..core.clock import size_text
from ..core.work import Work
from ..preferences import find_backend_python, lacks_large
from ..setup import model_store
from .checked import Confirmed, IdleOnly
from .set_up import WorkOperator, find_offline


class ModelOperator(WorkOperator):
    """Mixed into an operator that starts work on models (`verb`)."""

    verb = "list"
    newest = False

    @classmethod
    def find_obstacle(cls, context: bpy.types.Context) -> str:
        return super().find_obstacle(context) if find_backend_python() else "Set up the backend first"

    def begin(self) -> Work:
        return model_store.work_on_models(self.verb, getattr(self, "profile", ""), self.newest)


class ProfileOperator(ModelOperator):
    """Of one model."""

    profile: EnumProperty(items=[(one.name, one.label, "") for one in PROFILES.values()], options={"SKIP_SAVE"})


class AVATARTEX_OT_look_at_models(ModelOperator, bpy.types.Operator):
    """Look which large models are on this computer"""

    bl_label = "Look for Models"


class AVATARTEX_OT_download_model(ProfileOperator, bpy.types.Operator):
    """Download a large model from the model hub, or go on with it. Its size and its licence are shown first"""

    bl_label = "Download Model"
    verb = "download"

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
    def find_obstacle(cls, context: bpy.types.Context) -> str:
        if lacks_large():
            return "Install the packages of large models first"
        return find_offline() or super().find_obstacle(context)

    def ask(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return context.window_manager.invoke_props_dialog(self, width=460, confirm_text="Download")

    def draw(self, context: bpy.types.Context) -> None:
        profile = PROFILES[self.profile]
        size, memory = size_text(profile.gigabytes * 1e9), size_text(profile.memory[0] * 1e9)
        text = f"{profile.label}: {size} to download, {memory} of memory while it works"
        self.layout.label(text=text, icon="IMPORT", translate=False)
        column = self.layout.column(align=True)
        for part in profile.parts:
            if part.repo:
                row = column.row()
                row.label(text=f"{part.repo}: {part.licence}", translate=False)
                row.operator("wm.url_open", text="", icon="URL").url = part.terms
        if profile.licences:
            self.layout.prop(self, "accepted")
        self.layout.prop(self, "newest")

    def act(self, context: bpy.types.Context) -> set[str] | None:
        if PROFILES[self.profile].licences and not self.accepted:
            return self.fail("Nothing was downloaded: the licences were not accepted")
        return super().act(context)


class AVATARTEX_OT_verify_model(ProfileOperator, bpy.types.Operator):
    """Compare a large model's files with their checksums"""

    bl_label = "Verify Model"
    verb = "verify"


class AVATARTEX_OT_remove_model(ProfileOperator, bpy.types.Operator):
    """Delete a large model's files. Other programs that share them will download them again"""

    bl_label = "Remove Model"
    verb = "remove"
    ask = Confirmed.ask


class AVATARTEX_OT_release_memory(IdleOnly, bpy.types.Operator):
    """Give the memory back that the backend keeps for its next job, of the graphics card, too"""

    bl_label = "Release Memory"
    bl_options = {"INTERNAL"}

    def act(self, context: bpy.types.Context) -> None:
        session.client().release()
