"""blender_assets.cats.txt: the catalogues of an asset library, one a line. What others wrote stays as it is."""

import os
import re
import uuid
from pathlib import Path

FILE_NAME = "blender_assets.cats.txt"
HEADER = """\
# This is an Asset Catalog Definition file for Blender.
#
# Empty lines and lines starting with `#` will be ignored.
# The first non-ignored line should be the version indicator.
# Other lines are of the format "UUID:catalog/path/for/assets:simple catalog name"

VERSION 1

"""
#: A head's catalogue has the same UUID in every file, whether its library is written already or not.
OURS = uuid.UUID("6f1c1b52-0d4e-5f43-9d7a-a5a7a27e0c11")


def catalogue_path(head: str) -> str:
    """'AvatarTex/Head': without the signs that part a line or a path."""
    return "AvatarTex/" + (re.sub(r"[:/\\\r\n\t]+", " ", head).strip() or "Head")


def own_uuid(path: str) -> str:
    return str(uuid.uuid5(OURS, path))


def find_uuid(file: Path, path: str) -> str:
    """The UUID that a catalogue has there, '' when it has none.

    Raises:
        OSError: the file is there and cannot be read.
    """
    if not file.is_file():
        return ""
    for line in file.read_text(encoding="utf-8", errors="surrogateescape").splitlines():
        words = line.strip().split(":")
        if len(words) >= 2 and not line.startswith("#") and words[1] == path:
            return words[0]
    return ""


def add_catalogue(file: Path, path: str) -> str:
    """The UUID of a catalogue, which is added where it is missing.

    Raises:
        OSError: the file cannot be read or written.
    """
    if found := find_uuid(file, path):
        return found
    number = own_uuid(path)
    data = file.read_bytes() if file.is_file() else HEADER.encode()
    end = b"\r\n" if b"\r\n" in data else b"\n"
    if data and not data.endswith(b"\n"):
        data += end
    data += f"{number}:{path}:{path.replace('/', '-')}".encode() + end
    temporary = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        temporary.write_bytes(data)
        os.replace(temporary, file)
    finally:
        temporary.unlink(missing_ok=True)
    return number
