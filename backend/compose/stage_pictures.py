"""One picture per step of a job: to see where a fault began (--keep-stages), and small for the panel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np

from ..errors import AvatarTexError
from ..head.mesh import HeadMesh
from ..head.overlay import draw_overlay
from ..head.register import Registration
from ..imaging.files import write_bytes, write_picture
from ..observation.observe import Observation
from ..pins import Pin

ORDER = ("registration", "partial", "inpaint", "latent", "repaint", "composed")

#: Pixels of a preview's longer side.
PREVIEW = 256


class StagePictures:
    """Saves numbered pictures into a folder; without a folder it does nothing.

    Args:
        previews: folder for the same pictures at most PREVIEW pixels large, all but the registration; BMP, which
            Blender's Python reads without a decoder in a millisecond.
        on_preview: called with the path of each preview.
    """

    def __init__(self, folder: str, previews: str = "", on_preview: Callable[[str], None] | None = None) -> None:
        self.folder = Path(folder) if folder else None
        self.previews, self.on_preview = Path(previews) if previews else None, on_preview

    def save(self, name: str, picture: np.ndarray) -> None:
        if self.folder:
            write_picture(self.folder / _file(name), picture)
        self.preview(name, picture)

    def preview(self, name: str, picture: np.ndarray) -> None:
        """Write it small and tell; a preview that cannot be written stops no job."""
        if self.previews is None:
            return
        scale = min(1.0, PREVIEW / max(picture.shape[:2]))
        small = cv2.resize(picture.astype(np.float32), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        pixels = np.rint(np.clip(small[..., ::-1], 0, 1) * 255).astype(np.uint8)
        path = (self.previews / _file(name)).with_suffix(".bmp")
        try:
            write_bytes(path, cv2.imencode(".bmp", pixels)[1].tobytes())
        except AvatarTexError:
            return
        if self.on_preview is not None:
            self.on_preview(str(path))

    def registration(
        self, portrait: np.ndarray, mesh: HeadMesh, registration: Registration, pins: Sequence[Pin] = ()
    ) -> None:
        """The portrait with the registered head drawn over it."""
        if self.folder:
            write_picture(self.folder / _file("registration"), draw_overlay(portrait, mesh, registration, pins))

    def partial(self, observation: Observation) -> None:
        """Left the portrait in the atlas without its light, right the confidence; the preview shows the left alone."""
        if not (self.folder or self.previews):
            return
        confidence = np.repeat(observation.confidence[..., None], 3, 2)
        seen = observation.unlit * (confidence > 0.02)
        if self.folder:
            write_picture(self.folder / _file("partial"), np.hstack([seen, confidence]))
        self.preview("partial", seen)


def stage_files(folder: str, suffix: str) -> list[str]:
    """The files that may be written there."""
    return [str((Path(folder) / _file(name)).with_suffix(suffix)) for name in ORDER] if folder else []


def _file(name: str) -> str:
    return f"{ORDER.index(name) + 1}_{name}.png"
