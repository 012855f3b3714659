"""What the window asks for, as plain jobs: the panel's settings, the red regions of a result, the Variants panel."""

from dataclasses import replace
from pathlib import Path

import bpy

from ..backend.errors import ErrorCode
from ..backend.options import APPEARANCE, FRONT, HEAD_GROUP, REMEMBERED, SELECTED_FACES, SIZE, UP, UV_MAP, read
from ..backend.seeds import parse_seeds
from ..core.job import HeadJob, VariantJob
from ..preferences import portraits_folder
from ..scene.head import find_head, find_problem, portrait_path
from ..scene.images import read_size
from ..scene.portraits import add_further, further_paths
from ..scene.regions import find_result

#: What a head has of its own beside its portraits.
OPTIONS = (UV_MAP, HEAD_GROUP, FRONT, UP, SELECTED_FACES, *APPEARANCE)


def describe_settings(context: bpy.types.Context, least_score: float = 0.0) -> HeadJob:
    """What the panel's settings ask for now.

    Args:
        least_score: refuse a registration that scores less.

    Raises:
        AvatarTexError: something is missing.
    """
    if problem := find_problem(context):
        raise problem
    head = find_head(context)
    return HeadJob(head.name, least_score=least_score, **read_settings(head))


def read_settings(head: bpy.types.Object) -> dict:
    """Its portraits and options, as fields of a job."""
    portraits = {"portrait": portrait_path(head.avatartex.portrait), "further": further_paths(head)}
    return portraits | read(head.avatartex, OPTIONS)


def set_head(head: bpy.types.Object, job: HeadJob) -> None:
    """Let the head be set to what a table or a script asked for, as if it had been asked for in the panel."""
    for name, value in read_settings(head).items():
        if (wanted := getattr(job, name)) == value:
            continue
        if name == "further":
            head.avatartex_further.clear()
            for path in wanted:
                add_further(head, relative_path(path))
        elif name == "portrait":
            head.avatartex.portrait = relative_path(wanted)
        else:
            setattr(head.avatartex, name, str(wanted) if name == SIZE.name else wanted)  # a menu holds text


def relative_path(path: str) -> str:
    """As the artist's preferences say, relative to the .blend file; files of ours stay absolute."""
    inside = Path(path).is_relative_to(portraits_folder())
    if inside or not bpy.data.filepath or not bpy.context.preferences.filepaths.use_relative_paths:
        return path
    try:
        return bpy.path.relpath(path)
    except ValueError:
        return path  # on another drive of Windows


def describe_result(head: bpy.types.Object, portrait: str = "") -> HeadJob:
    """The job that made the texture which the head shows.

    Args:
        portrait: when the one that the texture was made from is gone.

    Raises:
        AvatarTexError: there is no texture to work on.
    """
    entry = find_result(head)
    own = portrait_path(entry.portrait)
    return HeadJob(
        head.name,
        own if Path(own).is_file() or not portrait else portrait,
        uv_map=entry.uv_map,
        further=tuple(path for path in entry.further.splitlines() if Path(path).is_file()),
        **read(entry, REMEMBERED),
    )


def describe_redo(
    head: bpy.types.Object, seed: int, portrait: str = "", regions: str = "", trust_portrait: bool = False
) -> HeadJob:
    """What makes the red regions of the shown texture anew: that texture's own job with another seed.

    Args:
        portrait: when the one that the texture was made from is gone. regions: a file instead of the painted ones.

    Raises:
        AvatarTexError: there is no texture to work on.
    """
    entry = find_result(head)
    size, height = read_size(entry.image)
    if size not in SIZE.values or height != size:
        raise ErrorCode.BAD_REQUEST(
            f"The texture has {size} x {height} texels.",
            f"Regions can be redone in textures of {', '.join(map(str, SIZE.values))} texels.",
        )
    again = {"regions": regions, "redo": True, "trust_portrait": trust_portrait}
    return replace(describe_result(head, portrait), size=size, seed=seed, **again)


def describe_variants(context: bpy.types.Context) -> VariantJob:
    """What the Variants panel asks for now.

    Raises:
        AvatarTexError: something is missing.
    """
    head, settings = describe_settings(context), context.scene.avatartex_variants
    return VariantJob(
        replace(head, size=int(settings.size)),
        tuple(find_ticked(settings)),
        tuple(parse_seeds(settings.seeds)),
        settings.strength,
        settings.scale,
        settings.format,
        settings.place,
    )


def find_ticked(settings) -> list[str]:
    """The chosen styles, in the order of the panel."""
    return [
        item.identifier
        for item in settings.bl_rna.properties["styles"].enum_items
        if item.identifier in settings.styles
    ]
