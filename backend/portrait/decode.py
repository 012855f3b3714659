"""A portrait's file to pixels, whatever the file: turned upright, in sRGB, on grey where transparent, not too large."""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms

from ..errors import ErrorCode
from ..imaging.read import Kind, deep_grey, is_deep, read_picture, turn_upright

PORTRAIT = Kind("portrait", ErrorCode.PORTRAIT_MISSING, ErrorCode.PORTRAIT_UNREADABLE, ErrorCode.PORTRAIT_TOO_LARGE)
WORKING_SIDE = 2048  # a face half as tall still gives a texel per pixel to a 2K texture
BACKDROP = 0.5  # behind transparent pixels: hides neither dark nor light hair


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
        AvatarTexError: PORTRAIT_MISSING, PORTRAIT_UNREADABLE or PORTRAIT_TOO_LARGE; OUT_OF_MEMORY.
    """
    path = Path(path)
    return Portrait(*read_picture(path, PORTRAIT, _pixels), path)


def _pixels(image: Image.Image) -> tuple[np.ndarray, np.ndarray]:
    """Colour (H, W, 3) over grey and alpha (H, W), float32."""
    image.draft("RGB", (WORKING_SIDE, WORKING_SIDE))  # large JPEGs are decoded small, at no loss
    profile = image.info.get("icc_profile")
    image.load()
    image = turn_upright(image)
    if is_deep(image):
        grey = deep_grey(image, WORKING_SIDE)
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
