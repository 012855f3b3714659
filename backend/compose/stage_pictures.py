"""One picture per step of a job: to see where a fault began (--keep-stages), and small for the panel."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from ..errors import AvatarTexError
from ..head.mesh import HeadMesh
from ..head.overlay import draw_overlay
from ..head.register import Registration
from ..imaging.files import encode_preview, write_bytes, write_picture
from ..observation.observe import Observation
from ..pins import Pin

#: In the order of the steps; only a large profile makes its own.
FILES = {
    "registration": "1_registration.png",
    "partial": "2_partial.png",
    "inpaint": "3_inpaint.png",
    "mirror": "4_mirror.png",
    "latent": "5_latent.png",
    "repaint": "6_repaint.png",
    "large": "6_repaint_large.png",
    "composed": "7_composed.png",
}

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
            write_picture(self.folder / FILES[name], picture)
        self.preview(name, picture)

    def preview(self, name: str, picture: np.ndarray, number: int = 0) -> None:
        """Write it small and tell; a preview that cannot be written stops no job.

        Args:
            number: of a picture on its way, from 1: a file never changes once it was told.
        """
        if self.previews is None:
            return
        path = (self.previews / FILES[name]).with_suffix(f".{number}.bmp" if number else ".bmp")
        try:
            write_bytes(path, encode_preview(picture, PREVIEW))
        except AvatarTexError:
            return
        if self.on_preview is not None:
            self.on_preview(str(path))

    def registration(
        self, portrait: np.ndarray, mesh: HeadMesh, registration: Registration, pins: Sequence[Pin] = ()
    ) -> None:
        """The portrait with the registered head drawn over it."""
        if self.folder:
            write_picture(self.folder / FILES["registration"], draw_overlay(portrait, mesh, registration, pins))

    def partial(self, observation: Observation) -> None:
        """Left the portrait in the atlas without its light, right the confidence; the preview shows the left alone."""
        if not (self.folder or self.previews):
            return
        confidence = np.repeat(observation.confidence[..., None], 3, 2)
        seen = observation.unlit * (confidence > 0.02)
        if self.folder:
            write_picture(self.folder / FILES["partial"], np.hstack([seen, confidence]))
        self.preview("partial", seen)


def stage_files(folder: str, suffix: str) -> list[str]:
    """The files that may be written there."""
    return [str((Path(folder) / name).with_suffix(suffix)) for name in FILES.values()] if folder else []
