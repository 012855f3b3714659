"""Where the panels stand."""

import bpy

from ..core.idnames import Op
from ..scene.head import find_head

#: Side by side in the lists of pictures.
THUMBNAILS = 3


class ExplainedPanel:
    """Mixed into a panel; `page` of the manual explains it."""

    page = "README"

    def draw_header_preset(self, context: bpy.types.Context) -> None:
        self.layout.operator(Op.OPEN_MANUAL, text="", icon="QUESTION", emboss=False).page = self.page


class SidebarPanel(ExplainedPanel):
    """Of the AvatarTex tab in the sidebar of 3D views."""

    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "AvatarTex"


class ClosedPanel(SidebarPanel):
    """Below the main panel, closed until the artist opens it."""

    bl_parent_id = "AVATARTEX_PT_main"
    bl_options = {"DEFAULT_CLOSED"}


class HeadPanel(ClosedPanel):
    """Only where there is a head."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return find_head(context) is not None
