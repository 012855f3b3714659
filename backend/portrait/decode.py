"""A picture file to pixels, whatever the file: turned upright, in sRGB, on grey where transparent, not too large.

Everything that can be refused is refused from the header, before any pixel is decoded.
"""

from __future__ import annotations

import functools
import io
import re
import warnings
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from ..errors import AvatarTexError, ErrorCode

# Formats decoded by Pillow alone. Left out on purpose: those that start other programs (EPS) or are no pictures (PSD).
FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF", "TGA", "PPM", "JPEG2000", "AVIF")
MAX_SIDE = 16384            # pixels; no camera exceeds it, hostile files do
MAX_PIXELS = 100_000_000    # 1.3 GB at most while decoding (transparent PNG), 0.2 GB (JPEG)
WORKING_SIDE = 2048         # a face half as tall still gives a texel per pixel to a 2K texture
BACKDROP = 0.5              # behind transparent pixels: hides neither dark nor light hair

CURE_FORMAT = "Open the picture in an image editor and save it as PNG or JPEG."
CURE_SIZE = f"Save it smaller, at most {MAX_SIDE} pixels a side; 2048 are enough."


@dataclass(frozen=True)
class Portrait:
    """A decoded portrait.

    color: (H, W, 3) float32 sRGB 0..1, row 0 on top, over grey where the file was transparent.
    alpha: (H, W) float32, 0 where the file itself says background; all 1 for most files.
    path: the file.
    """

    color: np.ndarray
    alpha: np.ndarray
    path: Path


def decode_portrait(path: str | Path) -> Portrait:
    """Read a portrait, at most 2048 px on its long side.

    Raises:
        AvatarTexError: PORTRAIT_MISSING, PORTRAIT_UNREADABLE or PORTRAIT_TOO_LARGE.
    """
    path = Path(path)
    _refuse_no_file(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about size, which _refuse_too_large judges, and odd tags
            with Image.open(path, formats=_formats()) as image:
                _refuse_too_large(path, *image.size)
                color, alpha = _pixels(image)
    except AvatarTexError:
        raise
    except Image.DecompressionBombError as reason:
        pixels = re.search(r"\d+", str(reason))
        megapixels = f"{int(pixels.group()) / 1e6:.0f}" if pixels else "more than 100"
        raise AvatarTexError(ErrorCode.PORTRAIT_TOO_LARGE,
                             f"The portrait {path.name} is too large: {megapixels} megapixels.", CURE_SIZE) from None
    except UnidentifiedImageError:
        raise AvatarTexError(ErrorCode.PORTRAIT_UNREADABLE,
                             f"The portrait {path.name} ({_bytes(path)}) is not a picture in a known format.",
                             CURE_FORMAT) from None
    except MemoryError:
        raise AvatarTexError(ErrorCode.OUT_OF_MEMORY, f"There is no memory left to read {path.name}.",
                             CURE_SIZE) from None
    except Exception as reason:
        raise AvatarTexError(ErrorCode.PORTRAIT_UNREADABLE,
                             f"The portrait {path.name} ({_bytes(path)}) is damaged ({type(reason).__name__}).",
                             CURE_FORMAT) from None
    return Portrait(color, alpha, path)


@functools.cache
def _formats() -> tuple[str, ...]:
    """Those of FORMATS that this build of Pillow has; it raises KeyError for the others."""
    Image.init()
    return tuple(name for name in FORMATS if name in Image.OPEN)


def _refuse_no_file(path: Path) -> None:
    if path == Path():
        raise AvatarTexError(ErrorCode.PORTRAIT_MISSING, "No portrait is chosen.", "Choose a picture of a face.")
    try:
        is_folder, is_file = path.is_dir(), path.is_file()
    except (OSError, ValueError):  # names that the system cannot hold
        is_folder = is_file = False
    if is_folder:
        raise AvatarTexError(ErrorCode.PORTRAIT_UNREADABLE, f"The portrait {path.name} is a folder.",
                             "Choose a picture inside it.")
    if not is_file:
        raise AvatarTexError(ErrorCode.PORTRAIT_MISSING, f"There is no portrait {path.name[:80]!r}.",
                             "Choose the picture again; it may have been moved or renamed.")


def _refuse_too_large(path: Path, width: int, height: int) -> None:
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise AvatarTexError(ErrorCode.PORTRAIT_TOO_LARGE,
                             f"The portrait {path.name} is too large: {width} x {height} pixels.", CURE_SIZE)


def _bytes(path: Path) -> str:
    count = path.stat().st_size
    return f"{count} bytes" if count < 10_000 else f"{count / 1e6:.2f} MB"


def _pixels(image: Image.Image) -> tuple[np.ndarray, np.ndarray]:
    """Colour (H, W, 3) over grey and alpha (H, W), float32."""
    image.draft("RGB", (WORKING_SIDE, WORKING_SIDE))  # large JPEGs are decoded small, at no loss
    profile = image.info.get("icc_profile")
    image.load()
    image = _turned(image)
    if image.mode.startswith(("I", "F")):
        grey = _shrunk_array(_deep_grey(image))
        return np.repeat(grey[..., None], 3, axis=2), np.ones(grey.shape, np.float32)

    if image.mode in ("P", "PA", "LA", "La", "RGBa") or "transparency" in image.info:
        image = image.convert("RGBA")
    elif image.mode not in ("RGB", "RGBA", "L", "CMYK"):
        image = image.convert("RGB")
    if max(image.size) > WORKING_SIDE:
        image.thumbnail((WORKING_SIDE, WORKING_SIDE), Image.Resampling.LANCZOS, reducing_gap=3.0)

    alpha = np.ones(image.size[::-1], np.float32)
    if image.mode == "RGBA":
        alpha = np.asarray(image.getchannel("A"), np.float32) / 255
        image = image.convert("RGB")
    color = np.asarray(_in_srgb(image, profile), np.float32) / 255
    if alpha.min() < 1:
        color = color * alpha[..., None] + np.float32(BACKDROP) * (1 - alpha[..., None])
    return np.ascontiguousarray(color), alpha


def _turned(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except Exception:
        return image


def _deep_grey(image: Image.Image) -> np.ndarray:
    """(H, W) float32 0..1 of 16-bit, 32-bit or float grey."""
    values = np.nan_to_num(np.asarray(image).astype(np.float32))
    high = float(values.max(initial=0))
    if image.mode == "F" and high <= 1.5:
        return values.clip(0, 1)
    return (values / (65535.0 if high <= 65535 else high)).clip(0, 1)


def _shrunk_array(grey: np.ndarray) -> np.ndarray:
    factor = WORKING_SIDE / max(grey.shape)
    if factor >= 1:
        return grey
    size = (max(1, round(grey.shape[1] * factor)), max(1, round(grey.shape[0] * factor)))
    return cv2.resize(grey, size, interpolation=cv2.INTER_AREA)


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """RGB in sRGB; a file without a profile is taken to be sRGB already."""
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            target = ImageCms.createProfile("sRGB")
            return ImageCms.profileToProfile(image, source, target, outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass  # a profile that does not fit its picture: viewers ignore it too
    return image.convert("RGB")
