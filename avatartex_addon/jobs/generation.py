"""One job from the artist's click to the texture on the head."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import bpy

from ..backend.errors import AvatarTexError, ErrorCode
from ..backend.map_options import map_names
from ..backend.messages import Generate
from ..backend.outputs import preview_file
from ..core.chore import Parts
from ..core.job import LAYERS_SUFFIX, HeadJob, describe_further, read_hair, read_shares, summarize
from ..preferences import preferences
from ..scene import versions
from ..scene.apply import apply_texture
from ..scene.graph import find_color_input, find_color_source, reads_uv_map
from ..scene.history import find_shown_result, remember_result
from ..scene.images import keep_base, load_result, set_preview
from ..scene.kept_maps import give_maps, opacities_of, show_kept
from ..scene.layers import keep_layers
from ..scene.regions import find_result, keep_regions
from ..scene.shell_object import add_shell, remove_shell
from ..scene.surface_maps import keep_maps, linked_maps, load_maps
from .backend_task import BackendTask
from .describing import read_settings, set_head


@dataclass(frozen=True)
class Textures:
    """What one job made. The files last until Blender ends; the image is packed into the .blend file."""

    object: bpy.types.Object
    image: bpy.types.Image
    texture: Path  # PNG; with <UDIM> in its name where there are several tiles
    provenance: Path  # PNG, likewise: red from the photo, green mirrored, blue generated
    report: Path  # JSON
    warnings: tuple[str, ...]
    summary: str  # one line
    shell: bpy.types.Image | None = None  # what lies above the skin, with alpha, where it was asked for


class Generation(BackendTask):
    """Asks for a texture; changes the scene in `apply` and nowhere else.

    Args:
        maps: of map_options.MAPS, which come onto the head with the texture; where regions are redone, those that the
            head has.

    Raises:
        AvatarTexError: whatever stops the job before it starts.
    """

    def __init__(self, job: HeadJob, maps: Iterable[str] = ()) -> None:
        self.job, self.maps = job, map_names(maps)
        self.status.reset()
        head = self.capture_job(job)
        if job.redo:
            self.maps = map_names(linked_maps(head))
        self.settings_then = read_settings(head)
        self.ask(
            Generate,
            **self.job_fields(head, job),
            output=str(self.files.texture),
            seed=job.seed,
            provenance=str(self.files.provenance),
            layers=str(self.files.layers),
            previews=str(self.files.previews),
            trust_portrait=job.trust_portrait,
            maps=list(self.maps),
        )

    @property
    def kind(self) -> tuple:
        return (*super().kind, self.job.size)

    def keep_more(self) -> Parts:
        head = self.find_head()
        if self.job.redo:  # the result itself, however it is mixed with what was there before
            image = find_result(head).image
        else:
            image = current_texture(head, self.slots[0], self.uv_map)
        base = (yield from keep_base(image, self.files.base)) if image is not None else ""
        regions, provenance = self.job.regions, ""
        if not regions and base:
            regions = yield from keep_regions(self.find_head(), self.files.regions, self.uv_map, self.job.redo)
        if self.job.redo and not regions:
            raise ErrorCode.BAD_REQUEST("Nothing is painted red.", "Paint what is to be made anew.")
        head = self.find_head()
        shown = find_shown_result(head)
        if regions and shown is not None and shown.provenance is not None:
            provenance = yield from keep_base(shown.provenance, self.files.base_provenance)
        if regions:
            yield from keep_maps(head, self.maps, base)
        return {"base_texture": base, "regions": regions, "base_provenance": provenance}

    def apply(self) -> Textures:
        """Put the texture on the head: the job's only change of the scene.

        Raises:
            AvatarTexError: when the head or the texture is gone.
        """
        head = self.find_textured()
        name = head.name
        report = Path(self.answer.report)
        try:
            image = load_result(Path(self.answer.output), f"{name} AvatarTex", self.answer.tiles)
        except RuntimeError as reason:
            raise ErrorCode.INTERNAL(f"Blender could not read the texture ({reason}).", "Generate again.") from reason
        try:
            maps = load_maps(head, self.maps, self.answer)
        except AvatarTexError:
            bpy.data.images.remove(image)
            raise
        keep_layers(image, Path(self.answer.output).with_suffix(LAYERS_SUFFIX), self.answer.tiles)
        head.avatartex_mix.property_unset("factor")  # a new texture is shown whole
        notes = apply_texture(head, self.slots, self.uv_map, image, self.job.sharing)
        entry = remember_result(
            head,
            image,
            self.job,
            self.uv_map,
            self.slots,
            preferences().results_kept,
            self.load_provenance(),
            read_shares(report),
            read_hair(report),
        )
        give_maps(entry, maps, opacities_of(image))
        notes += show_kept(head, entry)
        set_preview(image, Path(preview_file(self.answer.output)))  # the head; without it the atlas
        if not self.job.redo and read_settings(head) == self.settings_then:  # else the artist changed them meanwhile
            set_head(head, self.job)
        shell = None
        if not self.job.redo:  # parts made anew lie under the shell that is there
            remove_shell(head)
            if self.answer.thickness:
                shell = add_shell(head, self.uv_map, self.answer, self.job.hair == "shell")
        made = Textures(
            head,
            image,
            Path(self.answer.output),
            Path(self.answer.provenance),
            report,
            (*self.answer.warnings, *notes, *describe_further(report)),
            summarize(report),
            shell,
        )
        entry.summary, entry.warnings, entry.advice = (
            made.summary,
            "\n".join(made.warnings),
            " ".join(self.answer.advice),
        )
        self.show_made(made)
        return made

    def load_provenance(self) -> bpy.types.Image | None:
        """Packed, beside the texture; None when the file cannot be read: the texture is what counts."""
        try:
            image = load_result(Path(self.answer.provenance), f"{self.job.object_name} Provenance", self.answer.tiles)
        except RuntimeError:
            return None
        versions.set_space(image, versions.DATA)
        return image

    def show_made(self, made: Textures) -> None:
        """Where its files are."""
        status = self.status
        status.texture_path, status.provenance_path = str(made.texture), str(made.provenance)
        status.report_path = str(made.report)


def current_texture(head: bpy.types.Object, slot: int, uv_map: str) -> bpy.types.Image | None:
    """What is on the head now: texels that the job does not reach keep it. None when there is nothing."""
    if slot >= len(head.material_slots):
        return None
    material = head.material_slots[slot].material
    if material is None or not versions.has_nodes(material):
        return None
    color = find_color_input(material)
    source = find_color_source(material, color) if color is not None else None
    if source is None or source.node.image is None or reads_uv_map(source.node, head.data) != uv_map:
        return None
    return source.node.image
