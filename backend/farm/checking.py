"""A whole table looked at before anything is written: values, files that are read, names that are written twice."""

from __future__ import annotations

import bisect
import hashlib
import itertools
import os
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from ..errors import AvatarTexError
from ..options import PINS
from ..outputs import UDIM, probe
from ..pins import read_pins
from .table import Row, make_row, read_lines, refuse

#: Problems of one table that are told.
MOST_TOLD = 20


@dataclass(frozen=True)
class Problem:
    """What is wrong with one row; line 0 is the table itself."""

    line: int
    error: AvatarTexError

    def __str__(self) -> str:
        return f"line {self.line}: {self.error}" if self.line else str(self.error)


@dataclass
class Checked:
    """What a table is: how many rows, the folders that it reads from and writes to, and what is wrong with it."""

    rows: int = 0
    wrong: int = 0
    problems: list[Problem] = field(default_factory=list)  # the first MOST_TOLD of `wrong`
    targets: set[str] = field(default_factory=set)  # folders

    def blame(self, line: int, error: AvatarTexError) -> None:
        self.wrong += 1
        if len(self.problems) < MOST_TOLD:
            self.problems.append(Problem(line, error))


def check_table(path: Path, on_row: Callable[[Row], None] | None = None) -> Checked:
    """Look at every row before anything is written; values, files that are read, and names that are written twice.

    Args:
        on_row: is given each sound row.
    """
    checked, folder = Checked(), path.resolve().parent
    written, read = array("Q"), array("Q")  # names by their hashes: 8 bytes each, however many rows
    try:
        for number, line, cells in read_lines(path):
            checked.rows = number
            try:
                row = make_row(number, line, cells, folder)
                refuse_row(row)
            except AvatarTexError as error:
                checked.blame(line, error)
                continue
            written.extend(map(short_hash, row.written_files()))
            read.extend(map(short_hash, row.read_files()))
            checked.targets.update(map(os.path.dirname, row.written_files()))
            if on_row is not None:
                on_row(row)
    except AvatarTexError as error:
        checked.blame(0, error)
        return checked
    if not checked.rows:
        checked.blame(0, refuse(f"The table {path.name!r} has no rows.", "Add a row for each texture."))
    blame_doubles(checked, path, written, read)
    return checked


def short_hash(path: str) -> int:
    """64 bit of a file's name: among 100,000 names two are alike once in 4 thousand million tables."""
    return int.from_bytes(hashlib.blake2b(os.fsencode(os.path.normcase(path)), digest_size=8).digest(), "big")


def blame_doubles(checked: Checked, path: Path, written: array[int], read: array[int]) -> None:
    """Rows that write what another row writes or reads; the table is read once more only where there are any."""
    names = sorted(written)
    double = {one for one, other in itertools.pairwise(names) if one == other}
    double.update(one for one in read if (at := bisect.bisect_left(names, one)) < len(names) and names[at] == one)
    if not double:
        return
    for number, line, cells in read_lines(path):
        try:
            row = make_row(number, line, cells, path.resolve().parent)
        except AvatarTexError:
            continue
        if found := next((one for one in row.written_files() if short_hash(one) in double), None):
            what = f"{Path(found).name!r} is written by this row, and written or read by another one or twice here."
            checked.blame(line, refuse(what, "Give each file that is written a name of its own."))


def blame_folders(checked: Checked) -> None:
    """Folders that rows write to and that cannot be written from here, where the same paths are meant everywhere."""
    for folder in sorted(checked.targets):
        try:
            probe(Path(folder) / "texture.png")
        except AvatarTexError as error:
            what = f"The folder {folder!r} cannot be written: {error.message}"
            checked.blame(0, AvatarTexError(error.code, what, error.cure))


def refuse_row(row: Row) -> None:
    """Raises: AvatarTexError, it names no head, a file that is not there, or a texture that is no PNG."""
    fields = row.fields
    if bool(fields.get("mesh")) == bool(fields.get("capture")):
        raise refuse("The row does not name exactly one head.", "Name a file in the column mesh.")
    if not fields.get("portrait"):
        raise refuse("The row names no portrait.", "Name a picture in the column portrait.")
    if not fields.get("output", "").lower().endswith(".png"):
        raise refuse("The row names no PNG to write.", "Name a file that ends in .png in the column output.")
    for file in row.read_files():
        if UDIM not in file and not is_file(file):
            raise refuse(f"There is no file {file!r}.", "Mend the name; paths are relative to the table.")
    if pins := fields.get(PINS.name):
        read_pins(pins)


@cache
def _known(path: str) -> bool:
    return os.path.isfile(path)


def is_file(path: str) -> bool:
    """Heads are shared by many rows: those are asked for once."""
    return _known(path) if path.lower().endswith((".obj", ".ply", ".glb")) else os.path.isfile(path)
