"""A batch as a CSV table: heads and portraits in, results out (CSV or JSON)."""

import csv
import io
import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from ..backend.errors import AvatarTexError, ErrorCode
from ..backend.options import STYLE
from ..backend.seeds import LARGEST_SEED
from .batch import Row, count

#: Bytes: a hundred thousand rows.
LARGEST_TABLE = 16_000_000
REPORT_COLUMNS = ("object", "portrait", "style", "seed", "state", "code", "reason", "cure", "seconds", "summary")


def read_table(path: Path) -> list[dict]:
    """Each line as object, portrait (absolute), style, seed; what a line leaves out is not in its dict.

    The first line names the columns; without such a line they are object, portrait, style, seed. Commas, semicolons
    and tabs separate; a portrait is relative to the table.

    Raises:
        AvatarTexError: the file cannot be read, or a line makes no sense; it is named.
    """
    try:
        if not path.is_file():  # a pipe or a device may never end
            raise bad_table(f"The table {path.name!r} could not be read: there is no such file.")
        if path.stat().st_size > LARGEST_TABLE:
            raise bad_table(f"The table {path.name!r} is larger than {LARGEST_TABLE // 1_000_000} megabytes.")
        text = path.read_text(encoding="utf-8-sig")
        separator = max(",;\t", key=text.partition("\n")[0].count)
        lines = [line for line in csv.reader(io.StringIO(text), delimiter=separator) if any(map(str.strip, line))]
    except (OSError, UnicodeDecodeError, csv.Error) as reason:
        raise bad_table(f"The table {path.name!r} could not be read ({reason}).") from None
    columns = ("object", "portrait", "style", "seed")
    if lines and "object" in (first := [name.strip().lower() for name in lines[0]]):
        columns, lines = first, lines[1:]
    return [read_line(dict(zip(columns, map(str.strip, line))), path, number) for number, line in enumerate(lines, 1)]


def read_line(line: dict[str, str], path: Path, number: int) -> dict:
    if not line.get("object") or not line.get("portrait"):
        raise bad_table(f"Line {number} of {path.name!r} lacks the object or the portrait.")
    try:
        row = {"object": line["object"], "portrait": str((path.parent / line["portrait"]).resolve())}
    except (OSError, ValueError):  # names that the system cannot hold
        raise bad_table(f"Line {number} of {path.name!r} names a portrait that no file can be.") from None
    if style := line.get("style", "").lower():
        if style not in STYLE.values:
            known = ", ".join(STYLE.values)
            raise bad_table(f"Line {number} of {path.name!r} has the style {style[:40]!r}; known are {known}.")
        row["style"] = style
    if seed := line.get("seed", ""):
        if not seed.isdecimal() or len(seed) > 10 or int(seed) > LARGEST_SEED:
            what = f"the seed {seed[:40]!r}, which is no whole number up to {LARGEST_SEED}"
            raise bad_table(f"Line {number} of {path.name!r} has {what}.")
        row["seed"] = int(seed)
    return row


def bad_table(sentence: str) -> AvatarTexError:
    return ErrorCode.BAD_REQUEST(sentence, "Mend the table: object, portrait, style, seed.")


def write_report(path: Path, rows: Iterable[Row], about: dict) -> None:
    """What became of each row, as CSV where the file's name ends so, else as JSON with counts and `about`.

    Raises:
        OSError: it cannot be written.
    """
    rows = list(rows)
    lines = [{name: read_field(row, name) for name in REPORT_COLUMNS} for row in rows]
    if path.suffix.lower() == ".csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, REPORT_COLUMNS)
            writer.writeheader()
            writer.writerows(lines)
        return
    now = datetime.now().astimezone().isoformat(timespec="seconds")
    report = {"written": now, **about, "counts": count(rows), "rows": lines}
    path.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def read_field(row: Row, name: str):
    value = getattr(row, "object_name" if name == "object" else name)
    return round(value, 2) if name == "seconds" else value
