"""A textured head as a file for an engine: the maps that it lacks are asked for, then all is written from copies."""

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import bpy

from ..backend.errors import AvatarTexError, ErrorCode
from ..core.job import JobFiles
from ..core.targets import SIZES, find_target
from ..scene import export_losses
from ..scene.export_materials import plain_material
from ..scene.export_pictures import compose, read_shown, write_pictures
from ..scene.export_stage import Stage, find_parts, part_by_tile, staged
from ..scene.exporters import write_glb, write_usd
from ..scene.expression_nodes import write_table
from ..scene.graph import shows_image
from ..scene.head import find_again
from ..scene.history import find_shown_result, visible_image
from ..scene.layers import settle
from ..scene.memory import find_shown_variant
from ..scene.surface_maps import linked_maps, load_maps
from .describing import describe_result
from .maps_job import MapsJob


@dataclass(frozen=True)
class Exported:
    """What was written."""

    object: bpy.types.Object  # the head
    target: str
    files: tuple[Path, ...]  # the one that was asked for first, then what lies beside it
    warnings: tuple[str, ...]  # what the file does not have


class HeadExport(MapsJob):
    """Asks the backend for the maps that the head does not have, and writes in `apply`; the scene does not change.

    Args:
        target: a name of core/targets.py, as the path ends where it is empty. size: largest side of a picture; 0 as the
            target says. maps: with maps beside the colour. whole: with what hangs on the head and on its bones.

    Raises:
        AvatarTexError: there is no texture or no such target; whatever stops the job for the maps.
    """

    def __init__(
        self,
        head: bpy.types.Object,
        path: Path,
        target: str = "",
        size: int = 0,
        maps: bool = True,
        whole: bool = True,
        portrait: str = "",
    ) -> None:
        self.path, self.target = path, find_target(target, path)
        if size not in SIZES:
            raise ErrorCode.BAD_REQUEST(
                f"Pictures cannot have {size} texels.", f"Use {', '.join(map(str, SIZES[1:]))}."
            )
        if not path.parent.is_dir():
            raise ErrorCode.OUTPUT_NOT_WRITTEN(f"There is no folder '{path.parent}'.", "Choose a folder that exists.")
        if visible_image(head) is None:
            raise ErrorCode.BAD_REQUEST(
                f"'{head.name}' shows no texture of ours.", "Generate one, or click one in Results."
            )
        self.size, self.whole, self.with_maps = size or self.target.size, whole, maps
        self.object_name, self.maps = head.name, ()
        variant = find_shown_variant(head) >= 0
        missing = [name for name in self.target.maps if name not in linked_maps(head)]
        if not (maps and missing) or variant:
            self.status.reset()
            return
        try:
            super().__init__(describe_result(head, portrait), missing)
        except AvatarTexError as refusal:
            cure = f"{refusal.cure} Or export without surface maps.".strip()
            raise AvatarTexError(refusal.code, refusal.message, cure) from refusal

    def step(self) -> bool:
        return super().step() if self.maps else True

    def cancel(self) -> None:
        if self.maps:
            super().cancel()

    def abandon(self) -> None:
        if self.maps:
            super().abandon()

    def apply(self) -> Exported:
        """Write the files.

        Raises:
            AvatarTexError: the head is gone, the exporter fails, or the disk is full.
        """
        head = find_again(self.object_name)
        files = self.files or JobFiles(Path(bpy.app.tempdir), "export")
        folder = files.folder / "export"
        shutil.rmtree(folder, ignore_errors=True)
        made = load_maps(head, self.maps, self.answer)
        try:
            written = self.write(head, made, folder)
            warnings = (*(self.answer.warnings if self.maps else ()), *self.find_losses(head))
            return Exported(head, self.target.name, tuple(bring(written, folder, self.path)), warnings)
        except OSError as reason:
            raise ErrorCode.OUTPUT_NOT_WRITTEN(
                f"'{self.path.name}' could not be written ({reason.strerror}).",
                "Free space on the disk, or choose another folder.",
            ) from reason
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            for image in made.values():
                bpy.data.images.remove(image)

    def find_losses(self, head: bpy.types.Object) -> list[str]:
        return export_losses.find_losses(head, self.target, find_parts(head, self.whole), self.with_maps)

    def write(self, head: bpy.types.Object, made: Mapping[str, bpy.types.Image], folder: Path) -> Path:
        """The file, and all that belongs to it, in a folder of ours; the file."""
        image = visible_image(head)
        settle(image)
        stem = bpy.path.clean_name(self.path.stem)
        maps = {**(linked_maps(head) if self.with_maps else {}), **made}
        sources = folder.with_name("export_sources")
        read = {name: read_shown(one, self.size, sources) for name, one in maps.items() if name in self.target.maps}
        pictures = compose(self.target.name, read_shown(image, self.size, sources), read)
        beside = folder / f"{stem}_textures" if self.target.beside else sources
        paths = write_pictures(pictures, beside, stem)
        tiled = image.source == "TILED"
        parts = find_parts(head, self.whole)
        apply = not any(one.type == "MESH" and one.data.shape_keys for one in parts)
        path = folder / f"{stem}{self.path.suffix.lower()}"
        folder.mkdir(parents=True, exist_ok=True)
        with staged(head, parts, own_mesh=tiled) as stage:
            uv_map = find_uv_map_of(head)
            dress(stage, head, image, uv_map, paths)
            if self.target.name == "usd":
                write_usd(path, apply)
            else:
                write_glb(path, apply, "normal" in paths and stage.head.data.uv_layers.active.name == uv_map)
        if (group := head.avatartex_expressions.group) is not None:
            write_table(group, folder / f"{stem}_expressions", stem)
        shutil.rmtree(sources, ignore_errors=True)
        return path


def find_uv_map_of(head: bpy.types.Object) -> str:
    """The UV map of the texture that the head shows."""
    entry = find_shown_result(head)
    if (index := find_shown_variant(head)) >= 0:
        return head.avatartex_variants[index].uv_map
    return entry.uv_map


def dress(
    stage: Stage, head: bpy.types.Object, image: bpy.types.Image, uv_map: str, paths: Mapping[str, Mapping[int, Path]]
) -> None:
    """Give the copy of the head materials for exporters wherever the head shows the texture."""
    shown = {
        number: slot.material
        for number, slot in enumerate(head.material_slots)
        if slot.material is not None and shows_image(slot.material, image)
    }
    tiles = sorted(paths["base"])
    made: dict[tuple, bpy.types.Material] = {}

    def material(former: bpy.types.Material, tile: int) -> bpy.types.Material:
        if (former, tile) not in made:
            name = f"{former.name} {tile}" if tile else former.name
            files = {kind: by_tile[tile] for kind, by_tile in paths.items() if tile in by_tile}
            made[former, tile] = plain_material(stage, name, uv_map, files, former)
            if not tile:
                stage.lend_name(former, made[former, tile])
        return made[former, tile]

    if tiles == [0]:
        for number, former in shown.items():
            slot = stage.head.material_slots[number]
            slot.link = "OBJECT"
            slot.material = material(former, 0)
        return
    for number, by_tile in part_by_tile(stage.head, uv_map, shown, tiles).items():
        for tile, new in by_tile.items():
            stage.head.data.materials[new] = material(shown[number], tile)


def bring(file: Path, folder: Path, target: Path) -> Iterable[Path]:
    """Move what lies in the folder to where it was asked for; the file first."""
    others = [one for one in sorted(folder.rglob("*")) if one.is_file() and one != file]
    for one in others:
        place = target.parent / one.relative_to(folder)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(one, place)
    shutil.copyfile(file, target)
    return [target, *(target.parent / one.relative_to(folder) for one in others)]
