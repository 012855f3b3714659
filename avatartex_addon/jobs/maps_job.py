"""Surface maps from the artist's click to the nodes of the head's materials."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import bpy

from ..backend.errors import ErrorCode
from ..backend.map_options import MAPS, map_names
from ..backend.messages import Generate
from ..backend.options import PROFILE, refuse_unknown
from ..core.job import HeadJob, summarize
from ..scene import kept_maps, surface_maps
from ..scene.history import adopt_result, find_shown, find_shown_result
from .backend_task import BackendTask


@dataclass(frozen=True)
class SurfaceMaps:
    """What one job made."""

    object: bpy.types.Object  # the head
    images: Mapping[str, bpy.types.Image]  # packed into the .blend file, by the map's name
    warnings: tuple[str, ...]
    summary: str


class MapsJob(BackendTask):
    """Asks for maps of the texture that the head shows; changes the scene in `apply` and nowhere else.

    Args:
        job: that texture's own. maps: values of MAPS.

    Raises:
        AvatarTexError: whatever stops the job before it starts.
    """

    stages = (*BackendTask.stages, "maps")

    def __init__(self, job: HeadJob, maps: Iterable[str]) -> None:
        self.maps = map_names(maps)
        refuse_unknown({MAPS.name: tuple(maps)})
        if not self.maps:
            raise ErrorCode.BAD_REQUEST("No map is chosen.", "Choose at least one.")
        self.status.reset()
        head = self.capture_job(job)
        shown = find_shown_result(head)
        self.opacities = kept_maps.opacities_of(shown.image if shown is not None else None)
        asked = replace(job.without_shell(), profile=PROFILE.default)  # relief is the portrait's own
        self.ask(
            Generate,
            **self.job_fields(head, asked),
            output=str(self.files.texture),
            seed=job.seed,
            maps=list(self.maps),
            layer_opacities=self.opacities,
        )

    def apply(self) -> SurfaceMaps:
        """Put the maps beside the texture.

        Raises:
            AvatarTexError: when the head or its texture is gone, or a map cannot be read.
        """
        head = self.find_textured()
        shown = find_shown_result(head)
        if shown is None:
            raise ErrorCode.BAD_REQUEST("The head shows no texture of ours.", "Generate one first.")
        images = surface_maps.load_maps(head, self.maps, self.answer)
        adopt_result(head, shown)
        entry = head.avatartex_history[find_shown(head)]
        kept_maps.give_maps(entry, images, self.opacities)
        notes = kept_maps.show_kept(head, entry)
        return SurfaceMaps(head, images, (*self.answer.warnings, *notes), summarize(self.files.report))
