"""Shrink the demo's picture for the README: python docs/demo_picture.py demo_output/demo.png

Needs Pillow, which .venv has. Writes docs/pictures/demo.jpg.
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image

TARGET = Path(__file__).parent / "pictures" / "demo.jpg"
WIDTH, QUALITY = 1600, 85  # about 90 kB; tests/test_documents.py allows 300


def shrink(source: Path, target: Path) -> None:
    """Write a JPEG of the source, WIDTH pixels wide."""
    with Image.open(source) as picture:
        small = picture.convert("RGB").resize((WIDTH, round(picture.height * WIDTH / picture.width)), Image.LANCZOS)
    small.save(target, quality=QUALITY, optimize=True, progressive=True)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    shrink(Path(sys.argv[1]), TARGET)
