"""HEIF (a telephone's HEIC), decoded in a process of its own: of 8,400 damaged files two crashed libheif 1.23.

Run by its path this module is that process: python -I heif.py FILE SIDE PIXELS writes the size, and a PNG where the
picture is no larger than that. It imports nothing of ours.
"""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

#: How the process ends where there is no such picture, or no reader.
UNKNOWN = 3


def is_heif(path: Path) -> bool:
    """Whether a file is of the family; only its reader knows more."""
    with path.open("rb") as file:
        return file.read(8)[4:] == b"ftyp"


def decode_heif(path: Path, limits: tuple[int, int], refuse_large: Callable[[int, int], None]) -> bytes | None:
    """A file as PNG, upright, with its colour profile; None where it is no HEIF, or nothing here reads it.

    Args:
        limits: the longest side and the most pixels that are decoded. refuse_large: raises for a size beyond them.

    Raises:
        OSError: it is damaged. subprocess.TimeoutExpired. Exception: what refuse_large raises.
    """
    command = [sys.executable, "-I", "-B", __file__, str(path.resolve()), *map(str, limits)]
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=60,  # a telephone's takes a second
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        check=False,
    )
    if done.returncode == UNKNOWN:
        return None
    size, _, picture = done.stdout.partition(b"\n")
    if size:
        refuse_large(*map(int, size.split()))
    if done.returncode or not picture:
        raise OSError("libheif cannot read it")
    return picture


def main(path: str, side: int, pixels: int) -> int:
    """The process."""
    try:
        from pi_heif import register_heif_opener
        from PIL import Image, UnidentifiedImageError

        register_heif_opener(thumbnails=False)
        Image.MAX_IMAGE_PIXELS = None  # the limits are ours
        image = Image.open(path, formats=("HEIF",))
    except (ImportError, UnidentifiedImageError):
        return UNKNOWN
    width, height = image.size
    sys.stdout.buffer.write(f"{width} {height}\n".encode())
    if max(width, height) <= side and width * height <= pixels:
        kept = {name: image.info[name] for name in ("icc_profile", "exif") if image.info.get(name)}
        image.save(sys.stdout.buffer, "PNG", compress_level=0, **kept)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
