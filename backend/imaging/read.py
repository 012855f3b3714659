"""The one reader of picture files, whatever they hold: portraits, base textures, painted regions, provenance.

Everything that can be refused is refused from the header, before any pixel is decoded.
"""

import functools
import io
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from ..errors import AvatarTexError, ErrorCode
from ..paths import reachable
from .heif import decode_heif, is_heif

# Formats decoded by Pillow; HEIF (a telephone's HEIC) comes beside them. Left out on purpose: those that start other
# programs (EPS) or are no pictures (PSD).
FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF", "TGA", "PPM", "JPEG2000", "AVIF")
# Pixels of a side, which no camera exceeds and hostile files do; and of all: 1.3 GB at most while decoding (transparent
# PNG), 0.2 GB (JPEG).
MAX_SIDE, MAX_PIXELS = 16384, 100_000_000

CURE_FORMAT = "Open the picture in an image editor and save it as PNG or JPEG."
CURE_SYSTEM = "Copy it to a folder of this computer; in OneDrive, choose Always Keep on This Device."
CURE_SIZE = f"Save it smaller, at most {MAX_SIDE} pixels a side; 2048 are enough."

Decoded = TypeVar("Decoded")


@dataclass(frozen=True)
class Kind:
    """What a picture is for, and the codes of its refusals."""

    noun: str
    missing: ErrorCode = ErrorCode.BAD_REQUEST
    unreadable: ErrorCode = ErrorCode.BAD_REQUEST
    too_large: ErrorCode = ErrorCode.BAD_REQUEST


def read_picture(path: Path, kind: Kind, decode: Callable[[Image.Image], Decoded]) -> Decoded:
    """What decode makes of an opened picture whose header is checked.

    Raises:
        AvatarTexError: the kind's codes; OUT_OF_MEMORY.
    """
    path = reachable(path)
    refuse_no_file(path, kind)
    what = f"The {kind.noun} {path.name[:80]}"

    def refuse_large(width: int, height: int) -> None:
        if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
            raise AvatarTexError(kind.too_large, f"{what} is too large: {width} x {height} pixels.", CURE_SIZE)

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about size, which is judged below, and odd tags
            with open_picture(path, refuse_large) as image:
                refuse_large(*image.size)
                return decode(image)
    except AvatarTexError:
        raise
    except Image.DecompressionBombError as reason:
        pixels = re.search(r"\d+", str(reason))
        megapixels = f"{int(pixels.group()) / 1e6:.0f}" if pixels else "more than 100"
        raise AvatarTexError(kind.too_large, f"{what} is too large: {megapixels} megapixels.", CURE_SIZE) from None
    except UnidentifiedImageError:
        raise AvatarTexError(
            kind.unreadable, f"{what} ({count_bytes(path)}) is not a picture in a known format.", CURE_FORMAT
        ) from None
    except MemoryError:
        raise ErrorCode.OUT_OF_MEMORY(f"There is no memory left to read {path.name[:80]}.", CURE_SIZE) from None
    except Exception as reason:  # the decoders raise a different type for every broken format
        if isinstance(reason, OSError) and reason.strerror:  # the system's own: it gives no bytes
            raise AvatarTexError(
                kind.unreadable, f"{what} could not be read ({reason.strerror}).", CURE_SYSTEM
            ) from None
        raise AvatarTexError(
            kind.unreadable, f"{what} ({count_bytes(path)}) is damaged ({type(reason).__name__}).", CURE_FORMAT
        ) from None


def open_picture(path: Path, refuse_large: Callable[[int, int], None]) -> Image.Image:
    """A picture whose pixels are not decoded yet, HEIF's excepted."""
    try:
        return Image.open(path, formats=formats())
    except UnidentifiedImageError:
        picture = decode_heif(path, (MAX_SIDE, MAX_PIXELS), refuse_large) if is_heif(path) else None
        if picture is None:
            raise
        return Image.open(io.BytesIO(picture), formats=("PNG",))


@functools.cache
def formats() -> tuple[str, ...]:
    """Those of FORMATS that this build of Pillow has; it raises KeyError for the others."""
    Image.init()
    return tuple(name for name in FORMATS if name in Image.OPEN)


def refuse_no_file(path: Path, kind: Kind) -> None:
    """Pipes and devices are no files either: they may never end."""
    if path == Path():
        raise AvatarTexError(kind.missing, f"No {kind.noun} is chosen.", "Choose a picture.")
    try:
        is_folder, is_file = path.is_dir(), path.is_file()
    except (OSError, ValueError):  # names that the system cannot hold
        is_folder = is_file = False
    if is_folder:
        raise AvatarTexError(
            kind.unreadable, f"The {kind.noun} {path.name[:80]} is a folder.", "Choose a picture inside it."
        )
    if not is_file:
        raise AvatarTexError(
            kind.missing,
            f"There is no {kind.noun} {path.name[:80]!r}.",
            "Choose the picture again; it may have been moved or renamed.",
        )


def count_bytes(path: Path) -> str:
    count = path.stat().st_size
    return f"{count} bytes" if count < 10_000 else f"{count / 1e6:.2f} MB"


def turn_upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except Exception:
        return image


def is_deep(image: Image.Image) -> bool:
    """Whether it is grey of 16 bit or more."""
    return image.mode.startswith(("I", "F"))


def deep_grey(image: Image.Image, side: int) -> np.ndarray:
    """(H, W) float32 0..1 of 16-bit, 32-bit or float grey, at most `side` long; shrunk before it is converted."""
    values = np.asarray(image)
    top = np.nan_to_num(np.float32(values.max(initial=0)))
    factor = side / max(values.shape)
    if factor < 1:
        size = (max(1, round(values.shape[1] * factor)), max(1, round(values.shape[0] * factor)))
        if values.dtype not in (np.uint16, np.float32):
            values = values.astype(np.float32)
        values = cv2.resize(
            np.nan_to_num(values, copy=False) if values.dtype == np.float32 else values,
            size,
            interpolation=cv2.INTER_AREA,
        )
    values = np.nan_to_num(values.astype(np.float32))
    if image.mode == "F" and top <= 1.5:
        return values.clip(0, 1)
    return (values / (65535.0 if top <= 65535 else max(float(values.max(initial=0)), 1.0))).clip(0, 1)


def deep_colour(path: Path) -> np.ndarray | None:
    """(H,W,3) uint16 of a PNG whose colours have 16 bits, of which Pillow keeps 8; None of any other picture."""
    with path.open("rb") as file:
        start = file.read(26)
    if start[:4] != b"\x89PNG" or start[24:26] not in (b"\x10\x02", b"\x10\x06"):
        return None
    return cv2.cvtColor(
        cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH), cv2.COLOR_BGR2RGB
    )


def read_base(path: str | Path, size: int, what: str = "base texture") -> np.ndarray:
    """The artist's existing texture, or another picture in the UV map, as (size,size,3) float32 sRGB.

    Raises:
        AvatarTexError: BAD_REQUEST when it cannot be read; OUT_OF_MEMORY.
    """

    def decode(image: Image.Image) -> np.ndarray:
        image.draft("RGB", (size, size))  # a large JPEG is decoded small
        image.load()
        image = turn_upright(image)
        if is_deep(image):
            return np.repeat(deep_grey(image, max(image.size))[..., None], 3, 2)
        pixels = deep_colour(reachable(path))
        pixels = np.asarray(image.convert("RGB")) if pixels is None else pixels
        if max(pixels.shape) > 2 * size:  # shrunk as bytes: as floats it takes four times the memory
            factor = 2 * size / max(pixels.shape[:2])
            pixels = cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        return pixels.astype(np.float32) / np.iinfo(pixels.dtype).max

    picture = read_picture(Path(path), Kind(what), decode)
    method = cv2.INTER_AREA if picture.shape[0] > size else cv2.INTER_CUBIC
    return np.clip(cv2.resize(picture, (size, size), interpolation=method), 0, 1)
