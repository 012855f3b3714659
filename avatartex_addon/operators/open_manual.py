"""The manual's page about a panel, in the browser. The manual ships with the extension: no network is needed."""

from pathlib import Path

import bpy
from bpy.props import StringProperty

from .checked import Checked

#: Its pages are HTML in the zip (docs/manual_pages.py).
MANUAL = Path(__file__).resolve().parents[1] / "manual"


class AVATARTEX_OT_open_manual(Checked, bpy.types.Operator):
    """Open the manual in the browser, at the page that explains this panel"""

    bl_label = "Open the Manual"
    bl_options = {"INTERNAL"}

    page: StringProperty(default="README", options={"SKIP_SAVE"})

    def act(self, context: bpy.types.Context) -> set[str] | None:
        page = MANUAL / f"{self.page}.html"
        if not page.is_file():
            return self.fail(f"The manual has no page '{self.page}'.")
        return bpy.ops.wm.url_open(url=page.as_uri())
