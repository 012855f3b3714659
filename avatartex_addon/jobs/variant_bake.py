"""A set of variants from the artist's click to assets in the list of the head."""

from dataclasses import dataclass
from pathlib import Path

import bpy

from ..backend.errors import AvatarTexError, ErrorCode
from ..backend.messages import Variants
from ..core.catalogue import catalogue_path, own_uuid
from ..core.chore import Parts
from ..core.job import VariantJob, summarize
from ..scene.images import keep_base
from ..scene.layers import keep_layers
from ..scene.memory import find_shown_variant
from ..scene.variant_materials import (
    TAG,
    apply_variant,
    base_material,
    drop_variant,
    find_catalogue,
    keep_image,
    make_material,
    mark_asset,
)
from .backend_task import BackendTask
from .generation import current_texture


@dataclass(frozen=True)
class VariantSet:
    """What one job baked, in the order of seeds, then styles."""

    object: bpy.types.Object
    materials: tuple[bpy.types.Material, ...]
    images: tuple[bpy.types.Image, ...]
    textures: tuple[Path, ...]  # as the backend wrote them; they last until Blender ends
    report: Path  # JSON
    warnings: tuple[str, ...]
    summary: str


def find_place_problem(place: str) -> AvatarTexError | None:
    """Why the textures could not be kept there; asked before the job and after it."""
    if place == "beside" and not bpy.data.filepath:
        return ErrorCode.BAD_REQUEST(
            "The file is not saved yet, so there is no folder beside it.",
            "Save the file first, or keep the textures packed.",
        )
    return None


class VariantBake(BackendTask):
    """Asks for a set; changes the scene in `apply` and nowhere else.

    Raises:
        AvatarTexError: whatever stops the job before it starts.
    """

    stages = ()  # they come again for every seed: no step of how many

    def __init__(self, job: VariantJob) -> None:
        self.job, asked = job, job.head
        if problem := find_place_problem(job.place):
            raise problem
        self.status.reset()
        head = self.capture_job(asked)
        self.ask(
            Variants,
            **self.job_fields(head, asked),
            output=str(self.files.variants),
            styles=list(job.styles),
            seeds=list(job.seeds),
            strength=job.strength,
            scale=job.scale,
            format=job.format,
            previews=True,
            keep_layers=True,
        )

    def keep_more(self) -> Parts:
        image = current_texture(self.find_head(), self.slots[0], self.uv_map)
        return {"base_texture": (yield from keep_base(image, self.files.base)) if image is not None else ""}

    def apply(self) -> VariantSet:
        """Bring the set into the file: images, materials marked as assets, and the head's list. A variant of the same
        style and seed goes; where the head showed it, it shows the new one.

        Raises:
            AvatarTexError: when the head is gone, or a texture cannot be kept.
        """
        head = self.find_textured()
        name = head.name
        if problem := find_place_problem(self.job.place):
            raise problem
        images = self.load_images(name)
        notes = list(self.answer.warnings)
        number, unwritten = ensure_catalogue(name)
        notes += unwritten
        bases = {slot: base_material(head, slot) for slot in self.slots}
        made = [self.add(head, bases, image, one, number) for image, one in zip(images, self.answer.made, strict=True)]
        return VariantSet(
            head,
            tuple(made),
            tuple(images),
            tuple(Path(one["output"]) for one in self.answer.made),
            self.files.report,
            tuple(notes),
            summarize(self.files.report),
        )

    def load_images(self, name: str) -> list[bpy.types.Image]:
        """All or none.

        Raises:
            AvatarTexError: OUTPUT_NOT_WRITTEN, INTERNAL.
        """
        folder = Path(bpy.data.filepath).parent / "textures" if self.job.place == "beside" else None
        images: list[bpy.types.Image] = []
        try:
            for one in self.answer.made:
                image_name = f"{name} {one['style']} {one['seed']}"
                images.append(keep_image(Path(one["output"]), image_name, self.answer.tiles, folder))
                images[-1][TAG] = True
                if one.get("layers"):
                    keep_layers(images[-1], Path(one["layers"]), self.answer.tiles)
        except (OSError, RuntimeError) as reason:
            for image in images:
                bpy.data.images.remove(image)
            if isinstance(reason, OSError):
                raise ErrorCode.OUTPUT_NOT_WRITTEN(
                    f"The textures could not be written beside the file ({reason}).",
                    "Free space on the disk, or keep the textures packed.",
                ) from reason
            raise ErrorCode.INTERNAL(
                f"Blender could not read a texture ({reason}).", "Bake the variants again."
            ) from reason
        return images

    def add(
        self,
        head: bpy.types.Object,
        bases: dict[int, bpy.types.Material | None],
        image: bpy.types.Image,
        one: dict,
        number: str,
    ) -> bpy.types.Material:
        """One variant into the list; the material of its main slot.

        Args:
            bases: what is in the head's slots, the main one first.
        """
        style, seed = one["style"], one["seed"]
        slot, *others = bases
        material = make_material(head, bases[slot], self.uv_map, image, f"{head.name} {style} {seed}")
        same = [i for i, e in enumerate(head.avatartex_variants) if (e.style, e.seed) == (style, seed)]
        was_shown = find_shown_variant(head) in same
        for index in reversed(same):
            drop_variant(head, index)
        entry = head.avatartex_variants.add()
        entry.name, entry.material = f"{style} {seed}", material
        entry.style, entry.seed, entry.size = style, seed, self.job.head.size
        entry.uv_map, entry.slot, entry.sharing = self.uv_map, slot, self.job.head.sharing
        for other in others:
            more = entry.others.add()
            name = f"{head.name} {style} {seed} slot {other + 1}"
            more.slot, more.material = other, make_material(head, bases[other], self.uv_map, image, name)
        mark_asset(material, head.name, entry, Path(one["preview"]), number)
        if was_shown:
            apply_variant(head, len(head.avatartex_variants) - 1)
        return material


def ensure_catalogue(head: str) -> tuple[str, list[str]]:
    """The UUID of a head's catalogue, and a note where it could not be written."""
    try:
        return find_catalogue(head, bpy.data.filepath), []
    except OSError as reason:
        return find_catalogue(head, ""), [f"The asset catalogue could not be written ({reason.strerror})."]


@bpy.app.handlers.persistent
def write_catalogues(*_arguments) -> None:
    """A file that is saved under another name, or for the first time, brings its heads' catalogues along."""
    for head in bpy.data.objects:
        ours = own_uuid(catalogue_path(head.name))
        materials = [entry.material for entry in head.avatartex_variants if entry.material is not None]
        if any(one.asset_data is not None and one.asset_data.catalog_id == ours for one in materials):
            ensure_catalogue(head.name)


HANDLERS = (("save_post", write_catalogues),)
