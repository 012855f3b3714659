"""The extension's one preference page."""

from collections.abc import Callable

import bpy
from bpy.props import EnumProperty, IntProperty, StringProperty

from ..backend.options import DEVICE
from ..core.packages import BUILDS
from ..preferences import default_home, fixed
from ..properties.making import make_property
from ..setup import backend_setup
from .setup_box import draw_preferences

BUILD_TEXTS = {
    "auto": ("Automatic", "CUDA where a driver is found and the packages have checksums, else CPU"),
    "cpu": ("CPU", "Small to download; computes on the processor"),
    "cuda": ("CUDA", "Ten times larger; computes on an NVIDIA graphics card, and on the processor without one"),
}


def look_anew(_preferences, _context: bpy.types.Context) -> None:
    backend_setup.forget_checks()


def store_absolute(name: str, then: Callable[[], object]) -> Callable:
    """What to do when a field is set that says what is run, or from where.

    The file browser writes '//' for the folder of the .blend that is open now; another one may be, later. Only the
    field that was set: what others hold may be older than the file that is open.
    """

    def update(preferences, _context: bpy.types.Context) -> None:
        path = getattr(preferences, name)
        if path and not fixed(path):
            setattr(preferences, name, fixed(bpy.path.abspath(path)))  # which calls this again
        else:
            then()

    return update


class AVATARTEX_AP_preferences(bpy.types.AddonPreferences):
    bl_idname = __package__.rpartition(".")[0]

    folder: StringProperty(
        name="Folder",
        subtype="DIR_PATH",
        default=str(default_home()),
        update=store_absolute("folder", backend_setup.forget_checks),
        description="Where Set Up Backend puts the backend and its networks: one folder for all Blender versions",
    )
    build: EnumProperty(
        name="Build",
        description="What Set Up Backend installs: large packages for an NVIDIA card, or small ones for any processor",
        items=[(build, *BUILD_TEXTS[build]) for build in BUILDS],
        default="auto",
        update=look_anew,
    )
    backend_python: StringProperty(
        name="Own Environment",
        subtype="FILE_PATH",
        update=store_absolute("backend_python", backend_setup.examine),
        description="Python of an environment of your own that holds the backend's packages, used in place of the "
        "one that Set Up Backend makes",
    )
    index: StringProperty(
        name="Package Index",
        description="Address (https) that Set Up Backend takes packages from, for a company's mirror; PyPI when empty. "
        "The settings of pip on this computer do not count",
    )
    device: make_property(DEVICE)
    results_kept: IntProperty(
        name="Results per Head",
        min=1,
        max=100,
        default=8,
        description="How many textures a head remembers beside its favourites; each makes the file larger",
    )

    def draw(self, context: bpy.types.Context) -> None:
        draw_preferences(self.layout, self)
