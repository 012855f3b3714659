"""The manual's page about a panel, in the browser. The manual ships with the extension: no network is needed."""

from pathlib import Path

import bpy
from bpy.props import StringProperty

from ..core.pages import write_pages
from .checked import Checked

MANUAL = Path(__file__).resolve().parents[1] / "manual"


class AVATARTEX_OT_open_manual(Checked, bpy.types.Operator):
    """Open the manual in the browser, at the page that explains this panel"""

    bl_label = "Open the Manual"
    bl_options = {"INTERNAL"}

    page: StringProperty(default="README", options={"SKIP_SAVE"})

    def act(self, context: bpy.types.Context) -> set[str] | None:
        folder = Path(bpy.app.tempdir) / "avatartex" / "manual"
        try:
            write_pages(MANUAL, folder)
        except OSError as reason:
            return self.fail(f"The manual could not be written ({reason.strerror}).")
        page = folder / f"{self.page}.html"
        if not page.is_file():
            return self.fail(f"The manual has no page '{self.page}'.")
        return bpy.ops.wm.url_open(url=page.as_uri())
