"""A texture's layers into a file for paint programs: the backend writes it."""

from pathlib import Path

import bpy

from ..backend.errors import ErrorCode
from ..backend.messages import SaveLayers
from ..backend.outputs import UDIM, pattern
from ..core.chore import Parts
from ..scene.images import tile_file
from ..scene.layer_store import SLIDERS, read_bytes
from ..scene.layers import read_sliders
from .backend_task import BackendTask


def name_layers(image: bpy.types.Image, path: Path) -> Path:
    """The file to write; of several tiles with <UDIM> before its suffix.

    Raises:
        AvatarTexError: BAD_REQUEST, the suffix names no format.
    """
    if path.suffix.lower() not in (".ora", ".psd"):
        raise ErrorCode.BAD_REQUEST(
            f"'{path.name}' names no file of layers.", "Let it end in .ora (Krita, GIMP) or in .psd (Photoshop)."
        )
    if image.source == "TILED":
        return Path(pattern(str(path)))
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
        sources = read_bytes(image)
        for tile in sources if UDIM in path.name else ():
            if (file := tile_file(path, tile)).exists():
                raise ErrorCode.OUTPUT_NOT_WRITTEN(f"'{file.name}' is there already.", "Choose another name.")
        self.status.show_error("", "", "")
        self.begin(lambda: self.write(sources))
        self.ask(SaveLayers, output=str(path), opacities=dict(zip(SLIDERS, read_sliders(image))))

    def write(self, sources: dict[int, bytes]) -> Parts:
        """What the backend is to read."""
        stem = self.files.layers
        files = {stem.with_suffix(f".{tile}.layers" if tile else ".layers"): data for tile, data in sources.items()}
        yield lambda: [path.write_bytes(data) for path, data in files.items()]
        return {"source": [str(path) for path in files]}

    def find_written(self) -> list[Path]:
        """The files, once there is an answer."""
        return [tile_file(self.answer.output, tile) for tile in self.answer.tiles or [0]]

    def finish(self) -> None:
        super().finish()
        if self.files is not None:
            for path in self.files.folder.glob("*.layers"):
                path.unlink(missing_ok=True)
