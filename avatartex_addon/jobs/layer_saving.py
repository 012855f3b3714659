"""A texture's layers into a file for paint programs: the backend writes it."""

from __future__ import annotations

import uuid
from functools import partial
from pathlib import Path

import bpy

from .. import session
from ..backend.errors import AvatarTexError, ErrorCode
from ..backend.messages import SaveLayers
from ..core.chore import Chore, Parts
from ..core.job import JobFiles
from ..scene.images import UDIM
from ..scene.layer_store import SLIDERS, read_bytes
from ..scene.layers import read_sliders
from .backend_task import BackendTask

#: Formats by suffix: OpenRaster, and Photoshop's.
FORMATS = (".ora", ".psd")


def name_layers(image: bpy.types.Image, path: Path) -> Path:
    """The file to write; of several tiles with <UDIM> before its suffix.

    Raises:
        AvatarTexError: BAD_REQUEST, the suffix names no format.
    """
    if path.suffix.lower() not in FORMATS:
        raise AvatarTexError(
            ErrorCode.BAD_REQUEST,
            f"'{path.name}' names no file of layers.",
            "Let it end in .ora (Krita, GIMP) or in .psd (Photoshop).",
        )
    if image.source == "TILED" and UDIM not in path.name:
        return path.with_name(f"{path.stem}.{UDIM}{path.suffix}")
    return path


class LayerSaving(BackendTask):
    """Asks for the file; the scene does not change.

    Raises:
        AvatarTexError: there is no backend, no such format, or no disk space; a tile's file is there already (of a
            single one the file browser asks).
    """

    stages = ()

    def __init__(self, image: bpy.types.Image, path: Path) -> None:
        path = name_layers(image, path)
        self.client = session.client()
        self.client.refuse()
        self.name = uuid.uuid4().hex[:12]
        sources = read_bytes(image)
        for tile in sources if UDIM in path.name else ():
            if (file := Path(str(path).replace(UDIM, str(tile)))).exists():
                raise AvatarTexError(
                    ErrorCode.OUTPUT_NOT_WRITTEN, f"'{file.name}' is there already.", "Choose another name."
                )
        self.status.show_error("", "", "")
        self.chore = Chore(self.write(sources))
        opacities = dict(zip(SLIDERS, read_sliders(image)))
        self.ask(partial(SaveLayers, job=self.name, output=str(path), opacities=opacities))

    def write(self, sources: dict[int, bytes]) -> Parts:
        """What the backend is to read."""
        try:
            self.files = JobFiles(Path(bpy.app.tempdir), self.name)
            stem = self.files.layers
            files = {stem.with_suffix(f".{tile}.layers" if tile else ".layers"): data for tile, data in sources.items()}
            yield lambda: [path.write_bytes(data) for path, data in files.items()]
        except OSError as reason:
            raise AvatarTexError(
                ErrorCode.OUTPUT_NOT_WRITTEN,
                f"The job's files could not be written ({reason.strerror}).",
                "Free space on the disk of Blender's temporary folder.",
            ) from reason
        return {"source": [str(path) for path in files]}

    def find_written(self) -> list[Path]:
        """The files, once there is an answer."""
        tiles = self.answer.tiles or [0]
        return [Path(self.answer.output.replace(UDIM, str(tile))) for tile in tiles]

    def finish(self) -> None:
        super().finish()
        if self.files is not None:
            for path in self.files.folder.glob("*.layers"):
                path.unlink(missing_ok=True)
