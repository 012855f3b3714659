"""Paths as the system takes them. Standard library only.

Windows opens no path of 260 characters or more unless it begins with a mark, and a program may not ask for more where
the computer's owner did not allow it. Folders end twelve earlier, for a short name must fit into them.
"""

import ntpath
import os
import sys
from pathlib import Path

WINDOWS = sys.platform == "win32"
#: Characters from which a path gets the mark; the mark, for a drive's path and for one of a network.
LONG, MARK, NETWORK = 248, "\\\\?\\", "\\\\?\\UNC\\"


def reachable(path: str | os.PathLike[str]) -> Path:
    """The same file, by a name that the system opens however long it is."""
    return Path(marked(os.fspath(path))) if WINDOWS else Path(path)


def marked(path: str) -> str:
    """A path of Windows, with the mark where it is long; without it again where it is not."""
    plain = path
    for mark, drive in ((NETWORK, "\\\\"), (MARK, "")):
        if plain.startswith(mark):
            plain = drive + plain[len(mark) :]
    whole = ntpath.abspath(plain)  # the system cleans no marked path
    if len(whole) < LONG:
        return plain
    return NETWORK + whole[2:] if whole.startswith("\\\\") else MARK + whole
