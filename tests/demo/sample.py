"""Writes what Try It shows into the zip: the demo's head and photograph, small.

python -m tests.demo.sample FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image

from . import sources
from .head import build_head, write_obj

CREDITS = """\
head.obj      MakeHuman's base mesh hm08 with two of its shape targets, cut and unwrapped anew. CC0.
portrait.jpg  The astronaut Eileen Collins, photographed by NASA. Public domain; NASA endorses nothing here.
"""


def write_sample(folder: Path) -> None:
    """Head (OBJ, y up, metres), portrait (JPEG) and their credits."""
    folder.mkdir(parents=True, exist_ok=True)
    write_obj(build_head(), folder / "head.obj")
    Image.open(sources.astronaut()).convert("RGB").save(folder / "portrait.jpg", quality=92)
    (folder / "CREDITS.txt").write_text(CREDITS, encoding="utf-8")


if __name__ == "__main__":
    write_sample(Path(sys.argv[1]))
