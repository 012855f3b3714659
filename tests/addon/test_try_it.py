"""Try It: from an installed extension to a texture with one click, and nothing of the artist's is touched."""

from __future__ import annotations

import bpy

from .conftest import make_head


def test_one_click_textures_the_sample(scene, fake, addon):
    scene.settings.uv_map = "of another head"
    scene.choice.head = None
    other, size = make_head("Other"), len(bpy.data.objects)
    assert bpy.ops.avatartex.try_it() == {"FINISHED"}
    sample = bpy.context.view_layer.objects.active
    assert sample.name == "Sample Head" and len(bpy.data.objects) == size + 1
    assert len(sample.avatartex_history) == 1 and sample.material_slots[0].material is not None
    assert not other.material_slots and not scene.head.material_slots
    assert sample.location.x - sample.dimensions.x / 2 > 0.12  # beside the others, whose radius that is
    assert bpy.ops.avatartex.try_it() == {"FINISHED"}
    assert len(bpy.data.objects) == size + 1 and len(sample.avatartex_history) == 2


def test_the_sample_is_small_and_credited(addon):
    folder = addon("operators.try_it").SAMPLE
    assert {path.name for path in folder.iterdir()} == {"head.obj", "portrait.jpg", "CREDITS.txt"}
    assert sum(path.stat().st_size for path in folder.iterdir()) < 1e6
    told = (folder / "CREDITS.txt").read_text(encoding="utf-8")
    assert "CC0" in told and "Public domain" in told


def test_it_waits_for_the_backend(scene, addon, monkeypatch):
    monkeypatch.delenv("AVATARTEX_BACKEND_PYTHON", raising=False)
    assert not bpy.ops.avatartex.try_it.poll()
