"""Find a Python 3.11 on this computer, Blender's own included.

Blender's changes with every release (3.11 up to 5.0, 3.13 from 5.1) and goes with it: what the environment stands on
is a copy.
"""

import glob
import os
import shutil
import subprocess
import sys
from pathlib import Path

from .child import process_options
from .work import failed

WANTED_PYTHON = (3, 11)

#: How it is called where the path knows it.
CANDIDATES = (("python3.11",), ("py", "-3.11"), ("python3",), ("python",))

#: Where installers put it. Blender started from the Finder or a launcher has a path without these.
FOLDERS = (
    "/Library/Frameworks/Python.framework/Versions/3.11/bin/python3.11",
    "/opt/homebrew/bin/python3.11",
    "/usr/local/bin/python3.11",
    "~/.pyenv/versions/3.11*/bin/python3.11",
    "~/.local/share/uv/python/cpython-3.11*/bin/python3.11",
    "%LOCALAPPDATA%/Programs/Python/Python311/python.exe",
    "%PROGRAMFILES%/Python311/python.exe",
)

#: What of Blender's Python an environment needs not.
UNNEEDED = ("site-packages", "__pycache__", "include", "libs", "test", "idlelib", "tkinter", "lib2to3", "config-*")

DOWNLOAD_PAGE = "https://www.python.org/downloads/release/python-3119/"  # the last with installers


def find_python(chosen: str) -> tuple[str, ...]:
    """The words that start a Python 3.11 which can make environments.

    Raises:
        AvatarTexError: there is none, or the chosen one is no such Python.
    """
    if chosen:
        version = python_version((chosen,))
        if version != WANTED_PYTHON:
            found = f"Python {version[0]}.{version[1]}" if version else "no Python"
            raise failed(f"The chosen Python 3.11 is {found}: {chosen}.", "Choose another one, or empty the field.")
    lame = ""
    for words in ((chosen,),) if chosen else candidates():
        if shutil.which(words[0]) and python_version(words) == WANTED_PYTHON:
            if ask_python(words, "import venv, ensurepip") is not None:
                return words
            lame = lame or words[0]
    if lame:
        raise failed(f"{lame} cannot make environments.", "Install its venv package (Debian: python3.11-venv).")
    raise failed("No Python 3.11 was found on this computer.", "Install it from python.org, or choose it in Advanced.")


def candidates() -> tuple[tuple[str, ...], ...]:
    paths = [path for pattern in FOLDERS for path in glob.glob(os.path.expandvars(str(Path(pattern).expanduser())))]
    return CANDIDATES + tuple((path,) for path in paths) + ((sys.executable,),)


def keep_python(words: tuple[str, ...], folder: Path) -> tuple[str, ...]:
    """Copy a Python that lies in Blender's own files into a folder, 40 MB; others stay where they are.

    Returns:
        The words that start what the environment may stand on; the given ones where the copy does not run.
    """
    python = Path(words[0])
    if python.parent.parent.name != "python":  # Blender's is VERSION/python/bin/python3.11
        return words
    shutil.copytree(python.parent.parent, folder, ignore=shutil.ignore_patterns(*UNNEEDED), dirs_exist_ok=True)
    copy = (str(folder / python.parent.name / python.name),)
    return copy if ask_python(copy, "import venv, ensurepip") is not None else words


def python_version(words: tuple[str, ...]) -> tuple[int, int] | None:
    """(3, 11) for a Python that runs, None for anything else."""
    said = ask_python(words, "import sys; print(*sys.version_info[:2])")
    try:
        major, minor = (said or "").split()
        return int(major), int(minor)
    except ValueError:
        return None


def has_pip(python: str) -> bool:
    """Whether the environment's pip is whole: an interrupted update may have left half of it."""
    return ask_python((python,), "import pip._internal.cli.main") is not None


def ask_python(words: tuple[str, ...], code: str) -> str | None:
    """What a Python prints for some code; None where it fails or is none."""
    try:
        said = subprocess.run(
            [*words, "-I", "-c", code], capture_output=True, timeout=60, stdin=subprocess.DEVNULL, **process_options()
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return said.stdout if said.returncode == 0 else None
