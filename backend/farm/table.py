"""JOBS.csv, the one description of a farm's work: a row is a texture, a column one setting of generate.

Rows are read one at a time and never held, so that a table of 100,000 costs what one of ten does. A row's number counts
from 1 below the line of column names; so do an engine's tasks.
"""

from __future__ import annotations

import argparse
import bisect
import csv
import hashlib
import itertools
import os
from array import array
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from ..arguments import take
from ..errors import AvatarTexError, ErrorCode
from ..messages import Generate
from ..option import BACKEND, GENERATE, REDO, Option
from ..options import FURTHER, PINS, REGIONS, select
from ..outputs import UDIM
from ..pins import read_pins

OPTIONS = {option.name: option for option in select(BACKEND, GENERATE, REDO)}
#: Columns that name what is read, of which FURTHER names several, and what is written.
READ = ("mesh", "capture", "portrait", "base_texture", "base_provenance", FURTHER.name, PINS.name, REGIONS.name)
WRITTEN = ("output", "provenance", "layers", "curves", "report", "keep_stages")
COLUMNS = (*dict.fromkeys((*READ, *WRITTEN, "faces", *OPTIONS)),)
#: Between several values in one cell.
BETWEEN = "|"
TRUE, FALSE = ("true", "yes", "1"), ("false", "no", "0")
#: Problems of one table that are told.
MOST_TOLD = 20


@dataclass(frozen=True)
class Row:
    """One texture: number from 1, line in the file, and what a Generate has, of absolute paths. `pins` is a file."""

    number: int
    line: int
    fields: dict[str, Any]

    @property
    def output(self) -> str:
        return self.fields["output"]

    def read_files(self) -> list[str]:
        """What it reads, in the order of READ."""
        given = (self.fields.get(name) or [] for name in READ)
        return [path for value in given for path in (value if isinstance(value, list | tuple) else [value])]

    def written_files(self) -> list[str]:
        return [self.fields[name] for name in WRITTEN if self.fields.get(name)]

    def request(self) -> Generate:
        """Raises: AvatarTexError, the pins cannot be read."""
        pins = self.fields.get(PINS.name)
        values: dict[str, Any] = {
            name: list(value) if isinstance(value, tuple) else value for name, value in self.fields.items()
        }
        values |= {"job": f"row {self.number}", PINS.name: read_pins(pins) if pins else []}
        return Generate(**values)


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


def refuse(sentence: str, cure: str) -> AvatarTexError:
    return AvatarTexError(ErrorCode.BAD_REQUEST, sentence, cure)


def read_lines(path: Path) -> Iterator[tuple[int, int, dict[str, str]]]:
    """Number, line and cells by column, of each row; empty cells and rows are left out.

    Raises:
        AvatarTexError: the file is no such table.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline()
            file.seek(0)
            lines = csv.reader(file, delimiter=max(",;\t", key=first.count))
            columns = [name.strip().lower().replace("-", "_") for name in next(lines, [])]
            refuse_columns(columns, path)
            number = 0
            for line in lines:
                cells = {name: text.strip() for name, text in zip(columns, line) if text.strip()}
                if len(line) > len(columns) and any(text.strip() for text in line[len(columns) :]):
                    cells[""] = ""  # more cells than columns: make_row says so
                if cells:
                    number += 1
                    yield number, lines.line_num, cells
    except (OSError, UnicodeDecodeError, csv.Error) as reason:
        raise refuse(f"The table {path.name!r} could not be read ({reason}).", "Save it as CSV in UTF-8.") from None


def refuse_columns(columns: list[str], path: Path) -> None:
    unknown = [name for name in columns if name not in COLUMNS]
    if unknown or not {"portrait", "output"} <= set(columns) or not {"mesh", "capture"} & set(columns):
        what = f"has the column {unknown[0][:40]!r}" if unknown else "lacks the columns mesh, portrait and output"
        raise refuse(f"The first line of {path.name!r} {what}.", f"Columns are {', '.join(COLUMNS)}.")
    if len(set(columns)) < len(columns):
        raise refuse(f"The first line of {path.name!r} names a column twice.", "Name each column once.")


def read_rows(path: Path, place: Callable[[str], str] = str, numbers: Container[int] | None = None) -> Iterator[Row]:
    """The rows of a table that `check_table` found sound.

    Args:
        place: where a path of the table lies on this machine.
        numbers: of the rows that are wanted; all without.

    Raises:
        AvatarTexError: the first row that is none.
    """
    folder = path.resolve().parent
    for number, line, cells in read_lines(path):
        if numbers is None or number in numbers:
            yield make_row(number, line, cells, folder, place)


def make_row(number: int, line: int, cells: dict[str, str], folder: Path, place: Callable[[str], str] = str) -> Row:
    """Raises: AvatarTexError, a value that its column cannot have."""
    if "" in cells:
        raise refuse("The row has more cells than there are columns.", "Put cells that hold the separator in quotes.")

    def resolve(text: str) -> str:
        return os.path.abspath(os.path.join(folder, place(text)))  # pathlib would intern each name

    fields: dict[str, Any] = {}
    given = argparse.Namespace()
    for name, text in cells.items():
        if name in OPTIONS and name not in READ:
            setattr(given, name, read_value(OPTIONS[name], text))
        elif name == FURTHER.name:
            fields[name] = [resolve(one.strip()) for one in text.split(BETWEEN) if one.strip()]
        else:
            fields[name] = text if name == "faces" else resolve(text)
    return Row(number, line, fields | take(given, [OPTIONS[name] for name in vars(given)]))


def read_value(option: Option, text: str) -> Any:
    """A cell as its option has it; several values as text with commas, which `take` reads.

    Raises:
        AvatarTexError: BAD_REQUEST.
    """
    if option.several:
        return text.replace(BETWEEN, ",")
    if isinstance(option.default, bool):
        if text.lower() not in TRUE + FALSE:
            raise refuse(f"{option.label} cannot be {text[:40]!r}.", "Use yes or no.")
        return text.lower() in TRUE
    if isinstance(option.default, int):
        try:
            return int(text)
        except ValueError:
            raise refuse(f"{option.label} cannot be {text[:40]!r}.", "Use a whole number.") from None
    return text


def write_cell(name: str, value: Any) -> str:
    """What make_row reads as this value."""
    if isinstance(value, list | tuple):
        return (BETWEEN if name == FURTHER.name else ",").join(map(str, value))
    return "" if value is None else ("yes" if value else "no") if isinstance(value, bool) else str(value)


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
