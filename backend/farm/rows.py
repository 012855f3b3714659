"""A row at work: what names its job, whether it is done already, and its results under their names only when whole.

Beside a texture lies its mark, texture.job.json: the key of the job that made it, and the size of each of its files.
Whoever comes to the row reads the mark, so that an engine needs no memory of its own and may be killed at any time.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from .. import __version__
from ..errors import AvatarTexError, ErrorCode, explain
from ..messages import Answer, Generate
from ..options import DEVICE
from ..outputs import UDIM, forget, not_written, sweep, temporary_name, tiles_of
from .table import READ, WRITTEN, Row
from .worker import OnProgress, WorkerDied

MARK = ".job.json"
#: What became of a row. KEPT was done before; an ISOLATED one has ended its worker each time.
DONE, KEPT, FAILED, ISOLATED, WAITING = "done", "kept", "failed", "isolated", "waiting"
#: What a mark keeps of the worker's answer, for whoever lays the texture onto its head.
ANSWERED = ("warnings", "tiles", "advice", "thickness")
#: Workers that may die of one row before it is isolated.
TRIES = 3


@dataclass(frozen=True)
class Outcome:
    """What became of a row, as a line of the report."""

    row: int
    line: int
    output: str
    state: str
    code: str = ""
    reason: str = ""
    cure: str = ""
    seconds: float = 0.0


#: What killed processes left in a folder goes when this one first writes there: a folder of 100,000 takes long to list.
sweep_once = functools.lru_cache(1024)(sweep)


class Generator(Protocol):
    """A worker, of whatever engine."""

    def generate(self, request: Generate, tell: OnProgress, wanted: Callable[[], bool]) -> Answer: ...


class Task(Protocol):
    """What an engine hands to a worker: a row of a table, or a call of the laboratory."""

    @property
    def number(self) -> int: ...
    @property
    def line(self) -> int: ...
    @property
    def output(self) -> str: ...


#: Does a task: (task, a warm Worker, whether it is still wanted) -> Outcome; Cancelled where it is not.
Do = Callable[[Any, Any, Callable[[], bool]], Outcome]


def always() -> bool:
    return True


def do_row(
    row: Row,
    worker: Generator,
    wanted: Callable[[], bool] = always,
    tell: OnProgress = lambda stage, fraction: None,
    tries: int = TRIES,
    retry: bool = False,
) -> Outcome:
    """Make a row unless it is done; whatever is wrong with it becomes its outcome.

    Args:
        retry: forget that it was isolated.

    Raises:
        Cancelled: it was no longer wanted; nothing is left of it.
    """
    begun, mark, key = time.monotonic(), mark_of(row.output), ""

    def end(state: str, error: AvatarTexError | None = None, deaths: int = 0) -> Outcome:
        told = (str(error.code), error.message, error.cure) if error else ("", "", "")
        if error and key:
            with contextlib.suppress(OSError):  # the outcome says it as well
                write_mark(mark, {"key": key, "state": state, "told": told, "deaths": deaths})
        return Outcome(row.number, row.line, row.output, state, *told, round(time.monotonic() - begun, 2))

    try:
        key = key_of(row)
        known = read_mark(mark)
        if known.get("key") != key:
            known = {}
        if is_whole(mark, known):
            return end(KEPT)
        deaths = 0 if retry else int(known.get("deaths", 0))
        words = known["told"][1] if deaths else ""
        while deaths < tries:
            try:
                make(row, worker, key, tell, wanted)
                return end(DONE)
            except WorkerDied as death:
                deaths, words = deaths + 1, f"The row ended its worker {deaths + 1} times: {death}."
                end(WAITING, isolate(words), deaths)  # noted at once: whatever comes next, it counts
        return end(ISOLATED, isolate(words), deaths)
    except AvatarTexError as error:
        return end(FAILED, error)
    except OSError as reason:
        return end(FAILED, not_written(reason.filename or row.output, reason))
    except ValueError as bug:
        return end(FAILED, explain(bug))


def isolate(words: str) -> AvatarTexError:
    cure = "Look at this portrait and head; --retry tries the row again."
    return AvatarTexError(ErrorCode.BACKEND_DIED, words, cure)


def inspect(row: Row) -> Outcome:
    """What became of a row, by its mark alone; a row that nobody came to waits."""
    mark = mark_of(row.output)
    known = read_mark(mark)
    state = KEPT if is_whole(mark, known) else str(known.get("state", WAITING))
    code, reason, cure = known.get("told") or ("", "", "")
    return Outcome(row.number, row.line, row.output, state, code, reason, cure, float(known.get("seconds", 0)))


def key_of(row: Row) -> str:
    """Names the job by its values and what its files hold, wherever they lie and whatever computes it.

    Raises:
        AvatarTexError: a file that it reads is gone.
    """
    plain = {name: value for name, value in row.fields.items() if name not in (*READ, *WRITTEN, DEVICE.name)}
    plain |= {name: Path(row.fields[name]).suffix for name in WRITTEN if row.fields.get(name)}
    whole = hashlib.sha256(json.dumps([__version__, plain], sort_keys=True).encode())
    for name in READ:
        value = row.fields.get(name) or []
        whole.update(name.encode())
        for path in value if isinstance(value, list) else [value]:
            files = list(tiles_of(Path(path)))
            if not files:
                raise ErrorCode.INPUT_MISSING(f"There is no file {path!r} on this machine.", "Bring it back.")
            for file in files:
                about = file.stat()
                whole.update(hash_file(str(file), about.st_mtime_ns, about.st_size))
    return whole.hexdigest()[:32]


@functools.lru_cache(64)
def hash_file(path: str, changed: int, size: int) -> bytes:
    """Of a head that many rows share, once."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def mark_of(output: str) -> Path:
    path = Path(output)
    return path.with_name(path.stem.removesuffix(f".{UDIM}") + MARK)


def read_mark(mark: Path) -> dict[str, Any]:
    """Nothing where there is none, or none that can be read: the row is then made anew."""
    try:
        known = json.loads(mark.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def is_whole(mark: Path, known: dict[str, Any]) -> bool:
    """Whether all files that a mark lists are there, with their sizes."""
    with contextlib.suppress(OSError, TypeError, AttributeError):
        files = known.get("files") or {}
        return bool(files) and all((mark.parent / name).stat().st_size == size for name, size in files.items())
    return False


def write_mark(mark: Path, known: dict[str, Any]) -> None:
    """Whole, or not at all."""
    mark.parent.mkdir(parents=True, exist_ok=True)
    part = temporary_name(mark)
    try:
        with part.open("w", encoding="utf-8") as file:
            json.dump(known, file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(mark)
    finally:
        forget(part)


def make(row: Row, worker: Generator, key: str, tell: OnProgress, wanted: Callable[[], bool]) -> None:
    """Write a row's files into folders of its own beside their places, then move them, and its mark at last.

    Raises:
        AvatarTexError, Cancelled, WorkerDied, OSError.
    """
    mark, parts = mark_of(row.output), dict[Path, Path]()  # folder -> the row's own in it
    places = {name: Path(row.fields[name]) for name in WRITTEN if row.fields.get(name)}
    begun = time.monotonic()
    try:
        for folder in {path.parent for path in places.values()}:
            folder.mkdir(parents=True, exist_ok=True)
            sweep_once(folder)
            parts[folder] = temporary_name(folder / "row")
            parts[folder].mkdir()
        moved: dict[str, Any] = {name: str(parts[path.parent] / path.name) for name, path in places.items()}
        answer = worker.generate(dataclasses.replace(row.request(), **moved), tell, wanted)
        mark.unlink(missing_ok=True)  # from here on the old files are no longer whole
        files = {}
        for folder, part in parts.items():
            for file in sorted(path for path in part.rglob("*") if path.is_file()):
                target = folder / file.relative_to(part)
                target.parent.mkdir(parents=True, exist_ok=True)
                file.replace(target)
                files[os.path.relpath(target, mark.parent)] = target.stat().st_size
        told = {name: getattr(answer, name) for name in ANSWERED if hasattr(answer, name)}
        seconds = round(time.monotonic() - begun, 2)
        write_mark(mark, {"key": key, "files": files, "seconds": seconds, **told})
    finally:
        for part in parts.values():
            shutil.rmtree(part, ignore_errors=True)
            forget(part)
