"""How a camera was held: the orientation in a picture file (Exif 2.32, tag 0x0112). Standard library only."""

import struct
from pathlib import Path


def read_orientation(path: Path) -> int:
    """1 to 8 as Exif has it; 1, upright, where the file has none."""
    try:
        if not path.is_file():  # a pipe may never end
            return 1
        with path.open("rb") as file:
            data = file.read(1 << 18)  # cameras write it near the beginning
        found = find_tag(find_tiff(data))
    except (OSError, ValueError, struct.error):
        return 1
    return found if 1 <= found <= 8 else 1


def find_tiff(data: bytes) -> bytes:
    """The block of tags in a JPEG, PNG, WebP or TIFF; b'' where there is none."""
    if data[:4] in (b"II*\0", b"MM\0*"):
        return data
    if data.startswith(b"\x89PNG"):
        place = data.find(b"eXIf")
        return data[place + 4 :] if place > 0 else b""
    if data[:4] == b"RIFF":
        place = data.find(b"EXIF")
        return data[place + 8 :].removeprefix(b"Exif\0\0") if place > 0 else b""
    place = 2 if data.startswith(b"\xff\xd8") else len(data)
    while place + 4 <= len(data) and data[place] == 0xFF and data[place + 1] != 0xDA:  # the pixels begin
        size = struct.unpack_from(">H", data, place + 2)[0]
        if data[place + 1] == 0xE1 and data[place + 4 : place + 10] == b"Exif\0\0":
            return data[place + 10 : place + 2 + size]
        place += 2 + size
    return b""


def find_tag(tiff: bytes) -> int:
    """The orientation among the tags of the first picture; 0 where there is none.

    Raises:
        struct.error: the block is cut off.
    """
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return 0
    first = struct.unpack_from(f"{order}I", tiff, 4)[0]
    for number in range(struct.unpack_from(f"{order}H", tiff, first)[0]):
        tag, _, _, value = struct.unpack_from(f"{order}HHIH", tiff, first + 2 + 12 * number)
        if tag == 0x0112:
            return value
    return 0
