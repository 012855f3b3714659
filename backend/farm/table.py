"""JOBS.csv, the one description of a farm's work: a row is a texture, a column one setting of generate.

Rows are read one at a time and never held, so that a table of 100,000 costs what one of ten does. A row's number counts
from 1 below the line of column names; so do an engine's tasks.
"""

from __future__ import annotations

import argparse
import csv
import os
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..arguments import take
from ..errors import AvatarTexError, ErrorCode
from ..messages import Generate
from ..option import BACKEND, GENERATE, REDO, Option
from ..options import FURTHER, PINS, REGIONS, select
from ..pins import read_pins

OPTIONS = {option.name: option for option in select(BACKEND, GENERATE, REDO)}
#: Columns that name what is read, of which FURTHER names several, and what is written.
READ = ("mesh", "capture", "portrait", "base_texture", "base_provenance", FURTHER.name, PINS.name, REGIONS.name)
WRITTEN = ("output", "provenance", "layers", "curves", "report", "keep_stages")
COLUMNS = (*dict.fromkeys((*READ, *WRITTEN, "faces", *OPTIONS)),)
#: Between several values in one cell.
BETWEEN = "|"
TRUE, FALSE = ("true", "yes", "1"), ("false", "no", "0")


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
