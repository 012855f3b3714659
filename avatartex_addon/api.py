"""AvatarTex for scripts. The panel and the command line run the same jobs; manual/scripts.md has more examples.

    from bl_ext.user_default.avatartex import api       # the middle word is the repository it was installed from

    made = api.generate("Head", "/portraits/anna.jpg", style="photo", size=2048, seed=3)
    made.image          # the image datablock, packed, already on the head
    made.texture        # the same as a PNG file, until Blender ends
    made.summary        # '4.9 s · registration good · 87% of the face is the person's own'

Call from Blender's main thread. A refusal is an `api.AvatarTexError` with a stable `code`, a `message` and a `cure`.
Nothing here makes undo steps: a script that wants one calls `bpy.ops.ed.undo_push(message=...)` afterwards.
"""

from collections.abc import Iterable
from pathlib import Path

import bpy

from .backend.arguments import help_of
from .backend.errors import AvatarTexError, Cancelled, ErrorCode
from .backend.option import API, GENERATE, VARIANTS
from .backend.options import GUIDES, refuse_unknown, select
from .backend.pins import parse_pins, read_pins
from .backend.seeds import parse_seeds
from .backend.variant_options import SEEDS
from .core.batch import Row
from .core.job import HeadJob, VariantJob
from .jobs import scene_batch
from .jobs.backend_task import BackendTask, OnProgress
from .jobs.curves_job import CurvesJob, HairCurves
from .jobs.describing import describe_redo, describe_result
from .jobs.expression_job import ExpressionJob, ExpressionMaps
from .jobs.generation import Generation, Textures
from .jobs.layer_saving import LayerSaving
from .jobs.maps_job import MapsJob, SurfaceMaps
from .jobs.variant_bake import VariantBake, VariantSet
from .scene.characters import add_row, fill_by_rule, fill_by_table
from .scene.expression_nodes import drop_maps
from .scene.head import find_again, portrait_path
from .scene.history import find_layered
from .scene.layer_store import SLIDERS
from .scene.layers import settle
from .scene.shell_object import find_opacity
from .scene.variant_materials import apply_variant

__all__ = [
    "AvatarTexError",
    "Cancelled",
    "ExpressionMaps",
    "HairCurves",
    "HeadJob",
    "SurfaceMaps",
    "Textures",
    "add_expression_maps",
    "add_hair_curves",
    "add_surface_maps",
    "batch",
    "describe",
    "fill_by_rule",
    "fill_by_table",
    "generate",
    "redo",
    "remove_expression_maps",
    "run",
    "save_layers",
    "set_layer",
    "show_variant",
    "start",
    "start_variants",
    "variants",
]


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
    head = _find_head(object)
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
        _name(object),
        portrait_path(str(portrait)),
        further=tuple(portrait_path(str(path)) for path in further),
        pins=tuple(parse_pins(entries)),
        regions=bpy.path.abspath(str(regions)) if regions else "",
        **options,
    )


def start(job: HeadJob) -> Generation:
    """Begin a job and return at once: call its `step()` often until it is true, then `apply()`, in any case `finish()`.

    Raises:
        AvatarTexError: it cannot begin.
    """
    _refuse_off()
    return Generation(job)


def run(job: HeadJob, on_progress: OnProgress | None = None) -> Textures:
    """Run a job to its end; raises as `generate` does."""
    return _finish(start(job), on_progress)


def _finish(running: BackendTask, on_progress: OnProgress | None):
    """What a job makes, once it is through."""
    running.wait(on_progress)
    return running.apply()


def batch(
    table: Iterable[tuple | dict] | None = None,
    *,
    scene: bpy.types.Scene | None = None,
    sharing: str = "mesh",
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

    Returns:
        The rows of the whole table, each with state, code, reason, cure, seconds and summary.

    Raises:
        AvatarTexError: nothing could be run at all, because there is no backend or no disk space.
        Cancelled: by Ctrl-C; what is done stays, the rest waits.
    """
    _refuse_off()
    scene = scene or bpy.context.scene
    entries = [dict(entry if isinstance(entry, dict) else zip(("object", "portrait"), entry)) for entry in table or ()]
    for fields in entries:
        refuse_unknown(fields)
    for fields in entries:
        name = _name(fields.pop("object"))
        add_row(scene, scene.objects.get(name), name, **fields | {"portrait": str(fields["portrait"])})
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
    return _finish(start_variants(job), on_progress)


for _function, _job in ((generate, GENERATE), (variants, VARIANTS)):
    _lines = (f"{one.name}: {'' if one.help else one.tooltip}{help_of(one)}" for one in select(API, _job))
    _function.__doc__ = "\n        ".join([f"{_function.__doc__}\n    Options:", *_lines])


def start_variants(job: VariantJob) -> VariantBake:
    """Begin a set of variants and return at once, as `start` does.

    Raises:
        AvatarTexError: it cannot begin.
    """
    _refuse_off()
    return VariantBake(job)


def show_variant(object: bpy.types.Object | str, style: str, seed: int = 0) -> None:
    """Show a baked variant on its head; Restore Untouched Head, another variant or a new texture take it off.

    Raises:
        AvatarTexError: BAD_REQUEST, there is no such variant, or what it needs is gone.
    """
    head = _find_head(object)
    names = [f"{entry.style}:{entry.seed}" for entry in head.avatartex_variants]
    if (wanted := f"{style}:{seed}") not in names:
        raise _refusal(f"There is no variant {wanted}.", f"There are: {', '.join(names) or 'none'}.")
    try:
        apply_variant(head, names.index(wanted))
    except LookupError as reason:
        raise _refusal(str(reason), "Bake the variant again.") from reason


def add_expression_maps(
    object: bpy.types.Object | str,
    *,
    keys: Iterable[str] = (),
    portrait: str | Path = "",
    on_progress: OnProgress | None = None,
) -> ExpressionMaps:
    """Add what expressions do to the skin to the texture that a head shows, driven by its shape keys, and wait for it.

    Args:
        keys: names of shape keys; those that are expressions by ARKit's, ICT-FaceKit's or MakeHuman's names when empty.
        portrait: used when the one that the texture was made from is gone.

    Raises:
        AvatarTexError, Cancelled: as `generate`.
    """
    job = describe_result(_find_head(object), portrait_path(str(portrait)))
    return _finish(ExpressionJob(job, tuple(keys)), on_progress)


def remove_expression_maps(object: bpy.types.Object | str) -> None:
    """Take the expression maps off a head; nothing where it has none.

    Raises:
        AvatarTexError: NO_MESH, there is no such head.
    """
    drop_maps(_find_head(object))


def add_hair_curves(
    object: bpy.types.Object | str,
    *,
    guides: int = GUIDES.default,
    portrait: str | Path = "",
    on_progress: OnProgress | None = None,
) -> HairCurves:
    """Make hair curves of the strands that the texture of a head is painted with, and wait for them.

    Args:
        guides: how many curves at most, 3,000 to 20,000, facial hair among them.
        portrait: used when the one that the texture was made from is gone.

    Raises:
        AvatarTexError, Cancelled: as `generate`; BAD_REQUEST where the portrait shows no hair.
    """
    job = describe_result(_find_head(object), portrait_path(str(portrait)))
    return _finish(CurvesJob(job, guides), on_progress)


def add_surface_maps(
    object: bpy.types.Object | str,
    *,
    maps: Iterable[str] = ("normal", "roughness", "specular"),
    portrait: str | Path = "",
    on_progress: OnProgress | None = None,
) -> SurfaceMaps:
    """Make maps of the texture of a head, wait for them, and link them to its shader where the inputs are free.

    Args:
        maps: of normal, displacement, roughness, specular, ao, cavity, subsurface; or "all".
        portrait: used when the one that the texture was made from is gone.

    Raises:
        AvatarTexError, Cancelled: as `generate`; BAD_REQUEST for maps that there are not.
    """
    job = describe_result(_find_head(object), portrait_path(str(portrait)))
    return _finish(MapsJob(job, tuple(maps)), on_progress)


def set_layer(object: bpy.types.Object | str, name: str, opacity: float) -> None:
    """Let a layer of the texture that a head shows count more or less; the image changes at once, without a job.

    Args:
        name: light, headwear, hair, facial_hair, detail or folds; shell for the object around the head.
        opacity: 0 nothing to 1 whole, of detail to 2.

    Raises:
        AvatarTexError: BAD_REQUEST, there is no such layer, or somebody painted on the texture since.
    """
    image = _find_layered(object)
    group = image.avatartex_layers
    if name == "shell" and (shell := find_opacity(_find_head(object))) is not None:
        shell.default_value = opacity
        return
    if name not in (there := [one for one in SLIDERS if one in group.there.split(",")]):
        raise _refusal(
            f"'{image.name}' has no layer {name!r} with an opacity.", f"There are: {', '.join(there) or 'none'}."
        )
    setattr(group, name, opacity)
    if group.painted:
        raise _refusal(
            "The texture was painted on, and a slider would lose that.",
            "Call bpy.ops.avatartex.keep_paint() or bpy.ops.avatartex.flatten_anyway() first.",
        )
    settle(image)


def save_layers(
    object: bpy.types.Object | str, path: str | Path, *, on_progress: OnProgress | None = None
) -> list[Path]:
    """Save the layers of the texture that a head shows for a paint program, and wait for it.

    Args:
        path: ends in .ora (Krita, GIMP) or .psd (Photoshop); '//' is relative to the .blend file.

    Returns:
        the files, one for each UDIM tile.

    Raises:
        AvatarTexError: BAD_REQUEST, the texture has no layers, or the path another suffix; OUTPUT_NOT_WRITTEN.
        Cancelled: as `generate`.
    """
    running = LayerSaving(_find_layered(object), Path(bpy.path.abspath(str(path))))
    running.wait(on_progress)
    return running.find_written()


def _refuse_off() -> None:
    """Raises: AvatarTexError, BACKEND_MISSING, the add-on is not enabled."""
    if not hasattr(bpy.types.Object, "avatartex"):
        raise AvatarTexError(
            ErrorCode.BACKEND_MISSING,
            "AvatarTex is installed, but not enabled in this Blender.",
            "Tick it in the preferences (Add-ons), or call addon_utils.enable() with its name.",
        )


def _name(object: bpy.types.Object | str) -> str:
    _refuse_off()
    return object if isinstance(object, str) else object.name


def _find_head(object: bpy.types.Object | str) -> bpy.types.Object:
    """Raises: AvatarTexError, NO_MESH."""
    return find_again(_name(object))


def _find_layered(object: bpy.types.Object | str) -> bpy.types.Image:
    """Raises: AvatarTexError, BAD_REQUEST."""
    head = _find_head(object)
    image = find_layered(head)
    if image is None:
        raise _refusal(
            f"The texture that '{head.name}' shows has no layers.", "Generate one, or show one of its results."
        )
    return image


def _refusal(message: str, cure: str) -> AvatarTexError:
    return AvatarTexError(ErrorCode.BAD_REQUEST, message, cure)
