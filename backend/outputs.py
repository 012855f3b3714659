"""The files that a job writes: judged before it begins, staged beside their targets, renamed together at its end.

Standard library only: the command line asks too.
"""

from __future__ import annotations

import contextlib
import errno
import glob
import hashlib
import itertools
import os
import platform
import re
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from .errors import AvatarTexError, ErrorCode
from .map_options import PACK, written_maps
from .paths import reachable

#: Stands for a tile's number in the name of a file.
UDIM = "<UDIM>"
#: Fields of requests that name what is read.
INPUTS = ("portrait", "mesh", "capture", "base_texture", "regions", "base_provenance")

_HERE = hashlib.sha256(platform.node().encode()).hexdigest()[:8]
_numbers = itertools.count()
_in_use: set[Path] = set()  # temporary names of this process that still mean something


def name_inputs(request: object) -> list[str]:
    """The files that a request reads."""
    named = (getattr(request, name, "") for name in INPUTS)
    return [*named, *getattr(request, "further", ()), *name_old_maps(request)]


def name_old_maps(request: object) -> list[str]:
    """The maps of its base texture that a request with regions reads; they lie beside it."""
    base, maps = getattr(request, "base_texture", ""), getattr(request, "maps", ())
    if not (base and getattr(request, "regions", "")):
        return []
    return [map_file(base, name) for name in written_maps(maps, getattr(request, "pack", PACK.default))]


def pattern(path: str) -> str:
    """The name for several tiles: texture.png becomes texture.<UDIM>.png."""
    return path if UDIM in path else str(Path(path).with_suffix(f".{UDIM}{Path(path).suffix}"))


def preview_file(output: str | Path) -> str:
    """The name of the picture of the head in a texture, beside it: texture.preview.png, of tiles, too."""
    path = Path(output)
    return str(path.with_name(f"{path.stem.removesuffix(f'.{UDIM}')}.preview.png"))


def shell_files(output: str) -> tuple[str, ...]:
    """The names of the shell's picture, of how far it lies off the skin and of how its strands lie, beside a texture:
    texture.shell.png, texture.height.png and texture.strands.png."""
    path = Path(output)
    stem, tile = (path.stem.removesuffix(f".{UDIM}"), f".{UDIM}") if path.stem.endswith(f".{UDIM}") else (path.stem, "")
    return tuple(str(path.with_name(f"{stem}.{name}{tile}.png")) for name in ("shell", "height", "strands"))


def map_file(output: str, name: str) -> str:
    """The name of a map beside a texture: texture_normal.png, texture_displacement.exr, texture_normal.<UDIM>.png."""
    path = Path(output)
    stem, tile = (path.stem.removesuffix(f".{UDIM}"), f".{UDIM}") if path.stem.endswith(f".{UDIM}") else (path.stem, "")
    return str(path.with_name(f"{stem}_{name}{tile}.{'exr' if name == 'displacement' else 'png'}"))


def tiles_of(path: Path) -> Iterator[Path]:
    """The file, or one for each UDIM tile; nothing where it is gone."""
    if UDIM in path.name:
        yield from sorted(path.parent.glob(glob.escape(path.name).replace(UDIM, "[0-9]" * 4)))
    elif path.is_file():
        yield path


def refuse_outputs(inputs: Iterable[str], outputs: Iterable[str], needed: int = 0) -> None:
    """Refuse a job whose results would overwrite what it reads, or could not be written; empty names are nothing.

    Args:
        needed: bytes that the results take, at most.

    Raises:
        AvatarTexError: BAD_REQUEST, OUTPUT_NOT_WRITTEN.
    """
    named = [path for path in outputs if path]
    for path in named:
        if path.endswith(("/", os.sep)) or os.path.isdir(path):
            raise ErrorCode.BAD_REQUEST(f"{Path(path).name!r} is a folder.", "Name the file to write in it.")
    refuse_overwriting(inputs, named)
    for one, other in itertools.combinations(named, 2):
        if overlap(one, other):
            raise ErrorCode.BAD_REQUEST(
                f"{Path(one).name!r} is named for two of the files to write.", "Give each its own name."
            )
    for path in named:
        probe(Path(path), needed)


def refuse_overwriting(inputs: Iterable[str], outputs: Iterable[str]) -> None:
    """Refuse results that would lie where an input does.

    Raises:
        AvatarTexError: BAD_REQUEST, an output is an input.
    """
    for path, read in itertools.product(filter(None, outputs), filter(None, inputs)):
        if overlap(read, path):
            raise ErrorCode.BAD_REQUEST(
                f"{Path(path).name!r} would overwrite {Path(read).name!r}, which the job reads.",
                "Choose another name to write.",
            )


def overlap(one: str, other: str) -> bool:
    """Whether two names can mean one file, by links and by tiles' numbers too."""
    with contextlib.suppress(OSError, ValueError):
        if os.path.samefile(one, other):
            return True
    forms = [(path, pattern(path)) if Path(path).name else (path,) for path in (one, other)]
    names = [{os.path.normcase(os.path.realpath(form)) for form in both} for both in forms]
    return any(
        _tiles(a).fullmatch(b.replace(UDIM, "1001")) or _tiles(b).fullmatch(a.replace(UDIM, "1001"))
        for a in names[0]
        for b in names[1]
    )


def _tiles(path: str) -> re.Pattern[str]:
    return re.compile(re.escape(path).replace(re.escape(os.path.normcase(UDIM)), r"\d{4}"))


def probe(path: Path, needed: int = 0) -> None:
    """Refuse a file that could not be written, by writing another one in its place's folder.

    Raises:
        AvatarTexError: OUTPUT_NOT_WRITTEN.
    """
    target = reachable(os.path.realpath(path))
    try:
        for part in target.parts:
            if len(os.fsencode(part)) > 255:  # the longest on the systems we know
                raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG))
        if target.exists() and not stat.S_ISREG(target.stat().st_mode):
            raise OSError(errno.EINVAL, "it is no file")
        folder = next(parent for parent in target.parents if parent.exists())
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"AvatarTex")
        if shutil.disk_usage(folder).free < needed:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    except (OSError, ValueError) as reason:
        raise not_written(path, reason) from None


def not_written(path: str | Path, reason: Exception | str) -> AvatarTexError:
    """The refusal, with what helps against this reason."""
    number = reason.errno if isinstance(reason, OSError) else None
    why = reason.strerror if isinstance(reason, OSError) and reason.strerror else str(reason)
    if number in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)):  # Windows has no quotas of that name
        cure = "Free space on the disk or choose another folder, then generate again."
    elif number == errno.ENAMETOOLONG:
        cure = "Choose a shorter name."
    elif number in (errno.EACCES, errno.EPERM, errno.EROFS):
        cure = "Choose a folder that can be written, or close the program that has the file open."
    else:
        cure = "Choose another folder or name, then generate again."
    sentence = f"{Path(path).name[:80]!r} could not be written ({why})."
    return ErrorCode.OUTPUT_NOT_WRITTEN(sentence, cure)


class Staged:
    """Files on their way: whole under temporary names beside their targets until `commit`, which the end of a with
    statement without an error does. A link stays a link: what it leads to is written.
    """

    def __init__(self) -> None:
        self.parts: dict[Path, Path] = {}  # target -> temporary

    def __enter__(self) -> Staged:
        return self

    def __exit__(self, kind: type | None, *_) -> None:
        if kind is None:
            self.commit()
        else:
            self.discard()

    def write(self, path: str | Path, data: bytes) -> None:
        """One file, on the disk but not yet under its name.

        Raises:
            AvatarTexError: OUTPUT_NOT_WRITTEN.
        """
        target = reachable(os.path.realpath(path))
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            sweep(target.parent)
            part = self.parts[target] = temporary_name(target)
            with open(part, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        except (OSError, ValueError) as reason:
            raise not_written(path, reason) from reason

    def commit(self) -> None:
        """All of them under their names, or none.

        Raises:
            AvatarTexError: OUTPUT_NOT_WRITTEN.
        """
        before: dict[Path, Path | None] = {}  # target -> what it was
        target = Path()
        try:
            for target, part in self.parts.items():
                before[target] = keep_old(target) if len(self.parts) > 1 else None
                os.replace(part, target)
        except OSError as reason:
            for done, old in before.items():
                if done != target:
                    with contextlib.suppress(OSError):
                        os.replace(old, done) if old else done.unlink()
            raise not_written(target, reason) from reason
        finally:
            self.discard()
            for old in before.values():
                if old:
                    forget(old)
            for folder in {target.parent for target in before}:
                sweep(folder)  # what could not be deleted a moment ago

    def discard(self) -> None:
        """Forget what was not renamed."""
        for part in self.parts.values():
            forget(part)
        self.parts.clear()


def temporary_name(target: Path) -> Path:
    """In use until `forget`. Short: the target's own name may be as long as names can be."""
    part = target.with_name(f".avatartex-{_HERE}-{os.getpid()}-{next(_numbers)}.part")
    _in_use.add(part)
    return part


def forget(part: Path) -> None:
    """Delete a temporary file if it can be; if not, a later job does."""
    _in_use.discard(part)
    with contextlib.suppress(OSError):  # the folder itself is gone, or another program looks into the file
        part.unlink(missing_ok=True)


def keep_old(target: Path) -> Path | None:
    """A second name for what is there; None where nothing is."""
    if not target.exists():
        return None
    old = temporary_name(target)
    try:
        os.link(target, old)
    except OSError:  # file systems without links
        try:
            shutil.copy2(target, old)
        except OSError:
            forget(old)
            raise
    return old


def sweep(folder: Path) -> None:
    """Delete what killed processes of this machine left in a folder, and what this one could not delete before: files,
    and folders of a farm's rows."""
    for path in folder.glob(f".avatartex-{_HERE}-*.part"):
        with contextlib.suppress(OSError, ValueError):
            number = int(path.name.split("-")[2])
            mine = number == os.getpid()
            if path not in _in_use if mine else not is_running(number, path):
                shutil.rmtree(path) if path.is_dir() else path.unlink()


def is_running(number: int, path: Path) -> bool:
    """Whether the process that wrote a file still runs; by the file's age where the system is not asked safely."""
    if sys.platform == "win32":  # os.kill would end it there
        return time.time() - path.stat().st_mtime < 86_400  # a day, where the system cannot say whether it runs
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    return True
