"""Textures from portraits, for scripts."""

from collections.abc import Iterable
from pathlib import Path

import bpy

from ..backend.arguments import help_of
from ..backend.errors import ErrorCode
from ..backend.map_options import MAPS
from ..backend.option import API, GENERATE, VARIANTS
from ..backend.options import refuse_unknown, select, take_presets
from ..backend.pins import parse_pins, read_pins
from ..backend.seeds import parse_seeds
from ..backend.variant_options import SEEDS
from ..core.batch import Row
from ..core.job import HeadJob, VariantJob
from ..jobs import scene_batch
from ..jobs.backend_task import BackendTask, OnProgress
from ..jobs.describing import describe_redo
from ..jobs.generation import Generation, Textures
from ..jobs.variant_bake import VariantBake, VariantSet
from ..scene.characters import add_row
from ..scene.head import find_again, portrait_path
from ..scene.history import find_layered


def generate(
    object: bpy.types.Object | str, portrait: str | Path, *, on_progress: OnProgress | None = None, **options
) -> Textures:
    """Texture a head from a portrait, and wait for it.

    Args:
        object: the head, a mesh object, or its name.
        portrait: file with one picture of a face; '//' is relative to the .blend file.
        options: see below. Further portraits are files; one that does not fit is left out, and the warnings say so.
            Pins are entries as the backend reads them, or a JSON file of them; places on the head are in world
            coordinates. What the panel says of further portraits does not count here.

    Raises:
        AvatarTexError: every refusal; the scene is as it was.
        Cancelled: the job was cancelled; the scene is as it was.
    """
    return run(describe(object, portrait, **options), on_progress)


def redo(
    object: bpy.types.Object | str,
    *,
    seed: int,
    regions: str | Path = "",
    portrait: str | Path = "",
    trust_portrait: bool = False,
    on_progress: OnProgress | None = None,
) -> Textures:
    """Make regions of the texture that the head shows anew, and wait for it. All other texels stay to the last bit.

    Args:
        seed: another seed, another outcome.
        regions: picture in the UV map, red where it is to change; what is painted on the head when empty.
        portrait: used when the one that the texture was made from is gone.
        trust_portrait: take the regions from the portrait again instead of making them up.

    Raises:
        AvatarTexError, Cancelled: as `generate`.
    """
    head = head_of(object)
    path = bpy.path.abspath(str(regions)) if regions else ""
    return run(describe_redo(head, seed, portrait_path(str(portrait)), path, trust_portrait), on_progress)


def describe(
    object: bpy.types.Object | str,
    portrait: str | Path,
    *,
    further: Iterable[str | Path] = (),
    pins: Iterable[dict] | str | Path = (),
    regions: str | Path = "",
    **options,
) -> HeadJob:
    """The job that `generate` runs for these arguments, as plain data.

    Raises:
        AvatarTexError: BAD_REQUEST, an option's value is unknown; BAD_PINS.
    """
    entries = read_pins(bpy.path.abspath(str(pins))) if isinstance(pins, str | Path) and pins else list(pins)
    return HeadJob(
        name_of(object),
        portrait_path(str(portrait)),
        further=tuple(portrait_path(str(path)) for path in further),
        pins=tuple(parse_pins(entries)),
        regions=bpy.path.abspath(str(regions)) if regions else "",
        **take_presets(options),
    )


def start(job: HeadJob) -> Generation:
    """Begin a job and return at once: call its `step()` often until it is true, then `apply()`, in any case `finish()`.

    Raises:
        AvatarTexError: it cannot begin.
    """
    refuse_off()
    return Generation(job)


def run(job: HeadJob, on_progress: OnProgress | None = None) -> Textures:
    """Run a job to its end; raises as `generate` does."""
    return finish_job(start(job), on_progress)


def batch(
    table: Iterable[tuple | dict] | None = None,
    *,
    scene: bpy.types.Scene | None = None,
    sharing: str = "mesh",
    maps: Iterable[str] | None = None,
    on_progress: OnProgress | None = None,
) -> list[Row]:
    """Texture many heads with one warm backend, and wait for them. A head that fails does not stop the others.

    Args:
        table: pairs of object and portrait, or dicts with object, portrait, style and seed. They join the scene's own
            table (`scene.avatartex_batch.rows`), of which every waiting row is run; None runs what waits there, for
            instance after `fill_by_rule` or `fill_by_table`.
        scene: the one with the table; the current one when None. What the table does not say, each head does:
            `object.avatartex.size`.
        sharing: 'mesh' gives each mesh a material of its own, 'material' textures a shared material once.
        maps: made beside each texture and linked, as `add_surface_maps` names them; the table's own choice when None.

    Returns:
        The rows of the whole table, each with state, code, reason, cure, seconds and summary.

    Raises:
        AvatarTexError: nothing could be run at all, because there is no backend or no disk space.
        Cancelled: by Ctrl-C; what is done stays, the rest waits.
    """
    refuse_off()
    scene = scene or bpy.context.scene
    entries = [dict(entry if isinstance(entry, dict) else zip(("object", "portrait"), entry)) for entry in table or ()]
    asked = set(maps or ())
    for fields in (*entries, {MAPS.name: asked}):
        refuse_unknown(fields)
    for fields in entries:
        name = name_of(fields.pop("object"))
        add_row(scene, scene.objects.get(name), name, **fields | {"portrait": str(fields["portrait"])})
    if maps is not None:
        scene.avatartex_batch.maps = asked
    error = scene_batch.run_to_end(scene, sharing, on_progress)
    if error is not None:
        raise error
    return list(scene.avatartex_batch.rows)


def variants(
    object: bpy.types.Object | str,
    portrait: str | Path,
    *,
    styles: Iterable[str],
    seeds: Iterable[int] | str = SEEDS.default,
    on_progress: OnProgress | None = None,
    **options,
) -> VariantSet:
    """Paint a head in each of the styles for each of the seeds, bake each as a material marked as an asset, and wait.

    The head goes on showing what it showed; `show_variant` puts one on.

    Args:
        seeds: numbers, or a text as '0,2' or '0-3'.
        options: see below, and `generate`.

    Raises:
        AvatarTexError: every refusal; the scene is as it was.
        Cancelled: the job was cancelled; the scene is as it was.
    """
    chosen = tuple(parse_seeds(seeds)) if isinstance(seeds, str) else tuple(seeds)
    own = {name: options.pop(name) for name in ("strength", "scale", "format", "place") if name in options}
    job = VariantJob(describe(object, portrait, **options), tuple(styles), chosen, **own)
    return finish_job(start_variants(job), on_progress)


for _function, _job in ((generate, GENERATE), (variants, VARIANTS)):
    _lines = (f"{one.name}: {'' if one.help else one.tooltip}{help_of(one)}" for one in select(API, _job))
    _function.__doc__ = "\n        ".join([f"{_function.__doc__}\n    Options:", *_lines])


def start_variants(job: VariantJob) -> VariantBake:
    """Begin a set of variants and return at once, as `start` does.

    Raises:
        AvatarTexError: it cannot begin.
    """
    refuse_off()
    return VariantBake(job)


def finish_job(running: BackendTask, on_progress: OnProgress | None):
    """What a job makes, once it is through."""
    running.wait(on_progress)
    return running.apply()


def refuse_off() -> None:
    """Raises: AvatarTexError, BACKEND_MISSING, the add-on is not enabled."""
    if not hasattr(bpy.types.Object, "avatartex"):
        raise ErrorCode.BACKEND_MISSING(
            "AvatarTex is installed, but not enabled in this Blender.",
            "Tick it in the preferences (Add-ons), or call addon_utils.enable() with its name.",
        )


def name_of(object: bpy.types.Object | str) -> str:
    refuse_off()
    return object if isinstance(object, str) else object.name


def head_of(object: bpy.types.Object | str) -> bpy.types.Object:
    """Raises: AvatarTexError, NO_MESH."""
    return find_again(name_of(object))


def layered_of(object: bpy.types.Object | str) -> bpy.types.Image:
    """Raises: AvatarTexError, BAD_REQUEST."""
    head = head_of(object)
    image = find_layered(head)
    if image is None:
        raise ErrorCode.BAD_REQUEST(
            f"The texture that '{head.name}' shows has no layers.", "Generate one, or show one of its results."
        )
    return image
