"""Sets of variants kept by name: saved, chosen again in another file, removed."""

from __future__ import annotations

from pathlib import Path

import bpy


def kept() -> list[str]:
    return sorted(
        path.stem for folder in bpy.utils.preset_paths("avatartex/variants") for path in Path(folder).glob("*.py")
    )


def choose(name: str) -> None:
    (folder,) = bpy.utils.preset_paths("avatartex/variants")
    path = str(Path(folder) / f"{name}.py")
    assert bpy.ops.script.execute_preset(filepath=path, menu_idname="AVATARTEX_MT_variant_presets") == {"FINISHED"}


def told(settings, fields) -> dict:
    return {name: str(getattr(settings, name)) for name in fields}


def test_a_preset_is_kept_for_other_files_and_removed(scene, addon):
    fields = addon("operators.bake_variants").PRESET_FIELDS
    own = {name for name in bpy.context.scene.avatartex_variants.bl_rna.properties.keys()} - {"rna_type", "name"}
    assert set(fields) == own, "a preset holds every setting of the panel"
    settings = bpy.context.scene.avatartex_variants
    settings.styles, settings.seeds, settings.size, settings.format = {"ink", "clay"}, "0-3", "512", "exr"
    before = told(settings, fields)
    assert bpy.ops.avatartex.variant_preset(name="Comic Clay") == {"FINISHED"}
    bpy.ops.wm.read_homefile(use_empty=True)
    settings = bpy.context.scene.avatartex_variants
    assert told(settings, fields) != before and kept() == ["Comic_Clay"]
    choose("Comic_Clay")
    assert told(settings, fields) == before
    assert bpy.ops.avatartex.variant_preset(name="Comic_Clay", remove_name=True) == {"FINISHED"} and kept() == []
