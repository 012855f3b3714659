"""Where the panels stand."""

from __future__ import annotations

#: Side by side in the lists of pictures.
THUMBNAILS = 3


class SidebarPanel:
    """Mixed into a panel of the AvatarTex tab in the sidebar of 3D views."""

    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "AvatarTex"


class ClosedPanel(SidebarPanel):
    """Below the main panel, closed until the artist opens it."""

    bl_parent_id = "AVATARTEX_PT_main"
    bl_options = {"DEFAULT_CLOSED"}
