"""The pictures of the last registration as image datablocks, for editors that show them."""

from __future__ import annotations

from pathlib import Path

import bpy

#: One each per file: the head over the portrait, and the portrait whose pixels the pins count.
OVERLAY, PICTURE = "AvatarTex Registration", "AvatarTex Portrait"


def load_pictures(told) -> None:
    """Both pictures as image datablocks; editors that show them show the new ones."""
    for name, path in ((OVERLAY, told.overlay), (PICTURE, told.picture)):
        if not path or not Path(path).is_file():
            continue
        image = bpy.data.images.get(name)
        if image is None:
            image = bpy.data.images.load(path, check_existing=False)
            image.name = name
        else:
            image.filepath = path
            image.reload()
