"""What scripts do with a texture that is finished: other views of it, maps and curves beside it, files."""

from collections.abc import Iterable
from pathlib import Path

import bpy

from ..backend.errors import ErrorCode
from ..backend.options import GUIDES
from ..jobs.backend_task import OnProgress
from ..jobs.curves_job import CurvesJob, HairCurves
from ..jobs.describing import describe_result
from ..jobs.expression_job import ExpressionJob, ExpressionMaps
from ..jobs.head_export import Exported, HeadExport
from ..jobs.layer_saving import LayerSaving
from ..jobs.maps_job import MapsJob, SurfaceMaps
from ..scene.expression_nodes import drop_maps
from ..scene.head import portrait_path
from ..scene.layer_store import SLIDERS
from ..scene.layers import settle
from ..scene.shell_object import find_opacity
from ..scene.variant_materials import apply_variant
from .texturing import finish_job, head_of, layered_of


def show_variant(object: bpy.types.Object | str, style: str, seed: int = 0) -> None:
    """Show a baked variant on its head; Restore Untouched Head, another variant or a new texture take it off.

    Raises:
        AvatarTexError: BAD_REQUEST, there is no such variant, or what it needs is gone.
    """
    head = head_of(object)
    names = [f"{entry.style}:{entry.seed}" for entry in head.avatartex_variants]
    if (wanted := f"{style}:{seed}") not in names:
        raise ErrorCode.BAD_REQUEST(f"There is no variant {wanted}.", f"There are: {', '.join(names) or 'none'}.")
    try:
        apply_variant(head, names.index(wanted))
    except LookupError as reason:
        raise ErrorCode.BAD_REQUEST(str(reason), "Bake the variant again.") from reason


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
    job = describe_result(head_of(object), portrait_path(str(portrait)))
    return finish_job(ExpressionJob(job, tuple(keys)), on_progress)


def remove_expression_maps(object: bpy.types.Object | str) -> None:
    """Take the expression maps off a head; nothing where it has none.

    Raises:
        AvatarTexError: NO_MESH, there is no such head.
    """
    drop_maps(head_of(object))


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
    job = describe_result(head_of(object), portrait_path(str(portrait)))
    return finish_job(CurvesJob(job, guides), on_progress)


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
    job = describe_result(head_of(object), portrait_path(str(portrait)))
    return finish_job(MapsJob(job, tuple(maps)), on_progress)


def set_layer(object: bpy.types.Object | str, name: str, opacity: float) -> None:
    """Let a layer of the texture that a head shows count more or less; the image changes at once, without a job.

    Args:
        name: light, headwear, hair, facial_hair, detail or folds; shell for the object around the head.
        opacity: 0 nothing to 1 whole, of detail to 2.

    Raises:
        AvatarTexError: BAD_REQUEST, there is no such layer, or somebody painted on the texture since.
    """
    image = layered_of(object)
    group = image.avatartex_layers
    if name == "shell" and (shell := find_opacity(head_of(object))) is not None:
        shell.default_value = opacity
        return
    if name not in (there := [one for one in SLIDERS if one in group.there.split(",")]):
        raise ErrorCode.BAD_REQUEST(
            f"'{image.name}' has no layer {name!r} with an opacity.", f"There are: {', '.join(there) or 'none'}."
        )
    setattr(group, name, opacity)
    if group.painted:
        raise ErrorCode.BAD_REQUEST(
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
    running = LayerSaving(layered_of(object), Path(bpy.path.abspath(str(path))))
    running.wait(on_progress)
    return running.find_written()


def export_head(
    object: bpy.types.Object | str,
    path: str | Path,
    *,
    target: str = "",
    size: int = 0,
    maps: bool = True,
    whole: bool = True,
    portrait: str = "",
    on_progress: OnProgress | None = None,
) -> Exported:
    """Export a textured head with its bones and shape keys, and wait for it. The scene stays as it is.

    Args:
        path: ends in .glb, .usd, .usda, .usdc or .usdz; '//' is relative to the .blend file.
        target: gltf, usd or vrm (a GLB and a folder with MToon's textures; a VRM is made of them by the VRM add-on); by
            the path when empty.
        size: largest side of a picture, 512 to 8192; the target's own when 0.
        maps: with normals, roughness and the like: those on the head, and the others made for the file.
        whole: with the visible meshes that hang on the head or on its bones.
        portrait: used when the one that the texture was made from is gone.

    Raises:
        AvatarTexError, Cancelled: as `generate`; BAD_REQUEST, OUTPUT_NOT_WRITTEN.
    """
    file = Path(bpy.path.abspath(str(path)))
    return finish_job(
        HeadExport(head_of(object), file, target, size, maps, whole, portrait_path(str(portrait))), on_progress
    )
