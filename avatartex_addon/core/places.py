"""Where the backend lives: one folder of the artist's choice for all Blender versions, and the marks of what is ours.

    FOLDER/backend/      the virtual environment
    FOLDER/downloads/    packages on their way into it; gone when it is complete
    FOLDER/weights/      the networks, each file under its checksum (backend/verified.py)

A mark lies in each of them and says that the set-up made it. Nothing without a mark is ever changed or deleted.
"""

import contextlib
import errno
import json
import os
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from .work import failed

MARK = "avatartex.json"
#: What the systems say where another process holds a lock.
HELD = (errno.EAGAIN, errno.EACCES, errno.EDEADLK)


class Fit(StrEnum):
    """How an environment stands to this version of the extension."""

    NONE = "none"
    UNFINISHED = "unfinished"  # cancelled or failed; the next set-up goes on
    BROKEN = "broken"  # complete, but its Python is gone, as after an update of the system's
    OUTDATED = "outdated"  # complete, for the packages of another version
    READY = "ready"


@dataclass(frozen=True)
class Home:
    """The folder that the artist chose."""

    folder: Path

    @property
    def environment(self) -> Path:
        return self.folder / "backend"

    @property
    def downloads(self) -> Path:
        return self.folder / "downloads"

    @property
    def weights(self) -> Path:
        return self.folder / "weights"

    @property
    def folders(self) -> tuple[Path, Path, Path]:
        """All that the set-up makes."""
        return self.environment, self.downloads, self.weights

    @property
    def is_there(self) -> bool:
        """Whether anything of the set-up's lies in it; an environment that was deleted by hand leaves the rest."""
        return any(map(read_mark, self.folders))

    @property
    def occupied(self) -> int:
        """Bytes that the set-up noted for them; 0 where it did not come to that."""
        return sum(int(read_mark(folder).get("bytes", 0)) for folder in self.folders)

    @property
    def build(self) -> str:
        """Of the packages in it: cpu or cuda."""
        return read_mark(self.environment).get("build", "cpu")

    @property
    def is_moved(self) -> bool:
        """Whether the environment was made in another place: Blender copies its whole folder for its next version."""
        here = str(self.environment)
        return read_mark(self.environment).get("at", here) != here

    @property
    def python(self) -> tuple[int, int] | None:
        """The version of the environment's Python; None without one."""
        with contextlib.suppress(OSError):
            found = re.search(r"^version = (\d+)\.(\d+)", (self.environment / "pyvenv.cfg").read_text("utf-8"), re.M)
            return (int(found[1]), int(found[2])) if found else None

    @property
    def has_large(self) -> bool:
        """Whether the environment holds what large models need."""
        return bool(read_mark(self.environment).get("large"))

    def fit(self, lock: str) -> Fit:
        """How what is there stands to the lock with that hash. Reads one small file."""
        mark = read_mark(self.environment)
        if not mark:
            return Fit.NONE
        if not mark.get("complete"):
            return Fit.UNFINISHED
        if self.is_moved or not environment_python(self.environment).is_file():
            return Fit.BROKEN
        return Fit.READY if mark.get("lock") == lock else Fit.OUTDATED

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder against another Blender's set-up; let go by the system where this process dies.

        Raises:
            AvatarTexError: another one holds it.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with open(self.folder / "setup.lock", "a+b") as file:
            try:
                if sys.platform == "win32":
                    import msvcrt

                    file.seek(0)
                    msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
                else:
                    import fcntl

                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as reason:
                if reason.errno in HELD:
                    raise failed("Another Blender is setting up this folder.", "Wait until it is done.") from None
                # a drive of a network that knows no locks: set-ups of two Blenders at once are rarer than such homes
            yield


def default_folder() -> Path:
    """A folder of the user's, outside of any Blender version's."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "AvatarTex"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "AvatarTex"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "avatartex"


def environment_python(environment_folder: Path) -> Path:
    """Where a virtual environment keeps its Python."""
    return environment_folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def read_mark(folder: Path) -> dict:
    """What the set-up noted in a folder that it made; {} for any other folder."""
    try:
        mark = json.loads((folder / MARK).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return mark if isinstance(mark, dict) and mark.get("made_by") == "AvatarTex" else {}


def write_mark(folder: Path, **facts) -> None:
    """Note facts, keeping the others."""
    mark = read_mark(folder) | {"made_by": "AvatarTex"} | facts
    temporary = folder / f"{MARK}.part"
    temporary.write_text(json.dumps(mark, indent=1), encoding="utf-8")
    temporary.replace(folder / MARK)


def claim_folder(folder: Path) -> None:
    """Make a folder ours, unless somebody else's things lie in it.

    Raises:
        AvatarTexError: they do, or it is a link.
        OSError: it cannot be made.
    """
    foreign = failed(f"{folder} holds something that AvatarTex did not make.", "Choose another folder.")
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise foreign
    folder.mkdir(parents=True, exist_ok=True)
    if not read_mark(folder):
        if any(folder.iterdir()):
            raise foreign
        write_mark(folder)


def clear_folder(folder: Path) -> None:
    """Delete what a marked folder holds, and itself; the mark goes last, so that an interruption can be taken up.

    Raises:
        AvatarTexError: it has no mark.
        OSError: a file cannot be deleted.
    """
    if folder.is_symlink() or not read_mark(folder):
        raise failed(f"{folder} was not made by AvatarTex.", "Delete it yourself if you do not need it.")
    write_mark(folder, complete=False)
    for entry in list(folder.iterdir()):
        if entry.name == MARK:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    (folder / MARK).unlink()
    folder.rmdir()


def measure_folder(folder: Path) -> int:
    """Bytes in a folder, links not followed; files that vanish meanwhile count nothing."""
    total, folders = 0, [folder]
    while folders:
        with contextlib.suppress(OSError), os.scandir(folders.pop()) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                    else:
                        total += entry.stat(follow_symlinks=False).st_size
    return total


def parent_that_exists(folder: Path) -> Path:
    return next((parent for parent in (folder, *folder.parents) if parent.is_dir()), folder)
