"""Where the backend lives, what computes, what is kept: the extension's one preference page."""

from pathlib import Path

import bpy
from bpy.props import EnumProperty, IntProperty, StringProperty

from . import __package__ as base_package
from .backend.errors import AvatarTexError
from .backend.messages import DEVICES
from .core.command import choose_python
from .core.graphics import BUILDS
from .core.packages import lock_hash
from .core.places import Home, default_folder

DEVICE_TEXTS = {
    "auto": ("Automatic", "The graphics card where there is a usable one"),
    "cpu": ("CPU", "The processor; slower, works everywhere"),
    "cuda": ("CUDA", "An NVIDIA graphics card"),
}
BUILD_TEXTS = {
    "auto": ("Automatic", "CUDA where a driver for it is found, else CPU"),
    "cpu": ("CPU", "Small to download; computes on the processor"),
    "cuda": ("CUDA", "Ten times larger; computes on an NVIDIA graphics card, and on the processor without one"),
}

#: The lock file that ships.
REQUIREMENTS = Path(__file__).resolve().parent / "backend" / "requirements.txt"

#: Pythons that the artist named and that were found not to do, with what they lack. See backend_setup.examine.
refused: dict[str, AvatarTexError] = {}


def examine_python(_preferences, _context: bpy.types.Context) -> None:
    from .backend_setup import examine  # it imports this module

    examine()


def forget_checks(_preferences, _context: bpy.types.Context) -> None:
    from . import backend_setup

    backend_setup.checks = backend_setup.error = None


class AVATARTEX_AP_preferences(bpy.types.AddonPreferences):
    bl_idname = base_package

    folder: StringProperty(
        name="Folder", subtype="DIR_PATH", default=str(default_folder()), update=forget_checks,
        description="Where Set Up Backend puts the backend and its networks: one folder for all Blender versions",
    )
    build: EnumProperty(
        name="Build",
        description="What Set Up Backend installs: large packages for an NVIDIA card, or small ones for any "
                    "processor",
        items=[(build, *BUILD_TEXTS[build]) for build in BUILDS], default="auto", update=forget_checks,
    )
    setup_python: StringProperty(
        name="Python 3.11", subtype="FILE_PATH", update=forget_checks,
        description="The Python that Set Up Backend starts from; empty: the one found on this computer",
    )
    backend_python: StringProperty(
        name="Own Environment", subtype="FILE_PATH", update=examine_python,
        description="Python of an environment of your own that holds the backend's packages, used in place of the "
                    "one that Set Up Backend makes",
    )
    device: EnumProperty(
        name="Device", description="What computes textures",
        items=[(device, *DEVICE_TEXTS[device]) for device in DEVICES], default="auto",
    )
    results_kept: IntProperty(
        name="Results per Head", min=1, max=100, default=8,
        description="How many textures a head remembers beside its favourites; each makes the file larger",
    )

    def draw(self, context: bpy.types.Context) -> None:
        from .panel_setup import draw_preferences  # it imports this module

        draw_preferences(self.layout, self)


def preferences() -> AVATARTEX_AP_preferences:
    return bpy.context.preferences.addons[base_package].preferences


def user_folder() -> Path:
    """A folder that is ours to write; Blender removes it when the extension is uninstalled."""
    return Path(bpy.utils.extension_path_user(base_package, create=True))


def home() -> Home:
    """The folder of the backend, which outlives this extension and this Blender."""
    chosen = preferences().folder
    return Home(Path(bpy.path.abspath(chosen)) if chosen else default_folder())


def chosen_python() -> str:
    """The Python that an environment of the artist's own has, '' when none is named."""
    named = preferences().backend_python
    return bpy.path.abspath(named) if named else ""


def find_backend_python() -> str:
    """The backend's Python, '' when there is none."""
    named = chosen_python()
    return "" if named in refused else choose_python(named, home(), lock_hash(REQUIREMENTS))
