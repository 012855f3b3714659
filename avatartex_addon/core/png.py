"""PNG without a library: pictures of 8 bits written quickly, and one channel of them read. Slow ones go on a thread."""

import struct
import zlib

import numpy as np

SIGNATURE = b"\x89PNG\r\n\x1a\n"
#: Channels by the header's colour type.
CHANNELS = {0: 1, 2: 3, 4: 2, 6: 4}


def encode(pixels: np.ndarray) -> bytes:
    """(H,W,3 or 4) uint8 sRGB, row 0 on top, as PNG; level 1, because a 4K picture is to take a second and not ten."""
    height, width, channels = pixels.shape
    rows = np.zeros((height, 1 + width * channels), np.uint8)
    texels = pixels.reshape(height, -1)
    rows[:, 0] = 1  # each byte less the one to the left of it: half as large as without
    rows[:, 1 : 1 + channels] = texels[:, :channels]
    np.subtract(texels[:, channels:], texels[:, :-channels], out=rows[:, 1 + channels :])
    header = struct.pack(">IIBBBBB", width, height, 8, {3: 2, 4: 6}[channels], 0, 0, 0)
    parts = ((b"IHDR", header), (b"sRGB", b"\0"), (b"IDAT", zlib.compress(rows.tobytes(), 1)), (b"IEND", b""))
    return SIGNATURE + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )


def read_channel(data: bytes, channel: int) -> np.ndarray:
    """(H,W) uint8 of one channel of a PNG, row 0 on top.

    Raises:
        ValueError: it is none, or not one of 8 bits and whole channels.
    """
    header, compressed = read_chunks(data)
    _width, height, depth, kind, _, _, interlaced = struct.unpack(">IIBBBBB", header)
    if depth != 8 or interlaced or channel >= CHANNELS.get(kind, 0):
        raise ValueError("another kind of PNG")
    try:
        rows = np.frombuffer(zlib.decompress(compressed), np.uint8).reshape(height, -1)
    except zlib.error as reason:
        raise ValueError(str(reason)) from reason
    return unfilter(np.ascontiguousarray(rows[:, 1 + channel :: CHANNELS[kind]]), rows[:, 0])


def read_chunks(data: bytes) -> tuple[bytes, bytes]:
    """The header, and all that is compressed."""
    if not data.startswith(SIGNATURE):
        raise ValueError("not a PNG")
    header, parts, place = b"", [], len(SIGNATURE)
    while place + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, place)
        chunk = data[place + 8 : place + 8 + size]
        header, place = chunk if kind == b"IHDR" else header, place + size + 12
        if kind == b"IDAT":
            parts.append(chunk)
    if len(header) != 13:
        raise ValueError("a PNG without a header")
    return header, b"".join(parts)


def unfilter(rows: np.ndarray, filters: np.ndarray) -> np.ndarray:
    """Undo the filters of the PNG specification (section 9) in one channel: (H,W) and (H,) uint8.

    A texel waits for those left of it and above, so all of one diagonal are done at once.
    """
    height, width = rows.shape
    raw, filters = rows.astype(np.int16).ravel(), filters.astype(np.int8)
    done = np.zeros((height + width + 1, height + 1), np.int16)  # by diagonal and row, a border before each
    for diagonal in range(height + width - 1):
        low, high = max(0, diagonal - width + 1), min(height - 1, diagonal) + 1
        left, above = done[diagonal + 1, low + 1 : high + 1], done[diagonal + 1, low:high]
        corner, kinds = done[diagonal, low:high], filters[low:high]
        to_left, to_above = np.abs(above - corner), np.abs(left - corner)
        to_corner = np.abs(left + above - 2 * corner)
        nearest = np.where(
            (to_left <= to_above) & (to_left <= to_corner), left, np.where(to_above <= to_corner, above, corner)
        )
        expected = np.choose(kinds, (0, left, above, (left + above) >> 1, nearest))
        start = diagonal + low * (width - 1)
        found = raw[start : start + (high - low - 1) * (width - 1) + 1 : max(1, width - 1)]
        done[diagonal + 2, low + 1 : high + 1] = (expected + found) & 255
    return np.stack([done[row + 2 : row + 2 + width, row + 1] for row in range(height)]).astype(np.uint8)
