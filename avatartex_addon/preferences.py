"""What the artist's preferences say: where the backend lives, which Python it has, what is kept where.

The page itself, with its fields, is ui/preferences_page.py.
"""

import os
from pathlib import Path

import bpy

from .backend.errors import AvatarTexError
from .core.command import choose_python
from .core.lock import lock_hash
from .core.places import Home, default_folder, environment_python

#: The lock file that ships.
REQUIREMENTS = Path(__file__).resolve().parent / "backend" / "requirements.txt"

#: The wheels that a package for one platform carries; the small one has no such folder.
CARRIED_WHEELS = Path(__file__).resolve().parent / "wheels"

#: Pythons that the artist named and that were found not to do, with what they lack. See setup.backend_setup.examine.
refused: dict[str, AvatarTexError] = {}


def preferences() -> bpy.types.AddonPreferences:
    return bpy.context.preferences.addons[__package__].preferences


def user_folder() -> Path:
    """A folder that is ours to write; Blender removes it when the extension is uninstalled."""
    return Path(bpy.utils.extension_path_user(__package__, create=True))


def portraits_folder() -> Path:
    """Where portraits lie that were no files: packed, painted and pasted ones."""
    return user_folder() / "portraits"


def fixed(path: str) -> str:
    """An absolute path as it is, '' for any other.

    '//' stands for the folder of the opened .blend: Blender would run what lies beside a stranger's file.
    """
    return path if os.path.isabs(path) and not path.startswith("//") else ""


def carried() -> Path | None:
    """The folder of wheels in a package that contains everything, None in the small one."""
    return CARRIED_WHEELS if CARRIED_WHEELS.is_dir() else None


def default_home() -> Path:
    """Where the backend lies if nobody says otherwise: in the extension's own folder, which Blender removes with it,
    where the package can make it anew at any time; else in one that outlives this extension and this Blender."""
    return default_folder() if carried() is None else user_folder()


def home() -> Home:
    """The folder of the backend."""
    chosen = fixed(preferences().folder)
    return Home(Path(chosen) if chosen else default_home())


def chosen_python() -> str:
    """The Python that an environment of the artist's own has, '' when none is named."""
    return fixed(preferences().backend_python)


def find_backend_python() -> str:
    """The backend's Python, '' when there is none."""
    named = chosen_python()
    return "" if named in refused else choose_python(named, home(), lock_hash(REQUIREMENTS))


def lacks_large() -> bool:
    """Whether the backend is the set-up's own, without what large models need."""
    own = str(environment_python(home().environment))
    return find_backend_python() == own and not home().has_large


def package_index() -> str:
    """The artist's own index of packages, '' for PyPI. Nothing else of this computer says where packages come from."""
    named = preferences().index.strip()
    return named if named.startswith(("https://", "http://127.0.0.1", "http://localhost", "file:///")) else ""
