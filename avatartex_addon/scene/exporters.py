"""Blender's own exporters, as a textured head needs them."""

import importlib
from pathlib import Path

import bpy

from ..backend.errors import AvatarTexError, ErrorCode

GLTF_ADDON = "io_scene_gltf2"


def write_glb(path: Path, apply: bool, tangents: bool) -> None:
    """The stage's scene as one GLB file: with bones and shape keys, without animation.

    Args:
        apply: modifiers besides the armature are applied, which shape keys would not survive. tangents: those of the
            meshes' active UV maps go along; without, each program makes its own.

    Raises:
        AvatarTexError: there is no such exporter, or it failed.
    """
    utils = importlib.import_module("addon_utils")
    there = utils.check(GLTF_ADDON)[1]
    if not there and utils.enable(GLTF_ADDON, default_set=False) is None:
        raise lacking("glTF", "Enable 'glTF 2.0 format' in the preferences (Add-ons), or export as USD.")
    try:
        call(
            bpy.ops.export_scene.gltf,
            filepath=str(path),
            export_format="GLB",
            use_active_scene=True,
            use_visible=False,
            export_apply=apply,
            export_animations=False,
            export_current_frame=True,  # else it would turn to frame 0
            export_morph=True,
            export_morph_normal=True,
            export_skins=True,
            export_tangents=tangents,
            export_image_format="AUTO",
            export_extras=False,
            export_cameras=False,
            export_lights=False,
        )
    finally:
        if not there:
            utils.disable(GLTF_ADDON, default_set=False)


def write_usd(path: Path, apply: bool) -> None:
    """The stage's scene as a USD file, with its pictures in the folder 'textures' beside it, or in a USDZ.

    Raises:
        AvatarTexError: there is no such exporter, or it failed.
    """
    if "usd_export" not in dir(bpy.ops.wm):
        raise lacking("USD", "Use a build of Blender with USD, or export as glTF.")
    call(
        bpy.ops.wm.usd_export,
        filepath=str(path),
        selected_objects_only=False,
        visible_objects_only=False,
        export_animation=False,
        export_uvmaps=True,
        export_materials=True,
        generate_preview_surface=True,
        generate_materialx_network=False,
        export_textures=True,  # to 4.5
        export_textures_mode="NEW",  # from 5.0
        overwrite_textures=True,
        relative_paths=True,
        export_armatures=True,
        export_shapekeys=True,
        export_subdivision="BEST_MATCH" if apply else "IGNORE",
        export_lights=False,
        export_cameras=False,
        convert_world_material=False,
        export_custom_properties=False,
        author_blender_name=False,
        root_prim_path="/head",
    )


def call(operator, **values) -> None:
    """An exporter with those of the values that this Blender's one knows.

    Raises:
        AvatarTexError: INTERNAL, it failed.
    """
    known = operator.get_rna_type().properties.keys()
    try:
        done = operator(**{name: value for name, value in values.items() if name in known})
    except RuntimeError as reason:
        raise failed_because(str(reason).removeprefix("Error: ").strip()) from reason
    if done != {"FINISHED"}:
        raise failed_because("it ended early")


def failed_because(reason: str) -> AvatarTexError:
    return ErrorCode.INTERNAL(f"Blender's exporter failed ({reason[-300:]}).", "Export the head as another format.")


def lacking(format: str, cure: str) -> AvatarTexError:
    return ErrorCode.BAD_REQUEST(f"This Blender has no exporter for {format}.", cure)
