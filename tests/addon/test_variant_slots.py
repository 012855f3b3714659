"""Variants of a head over several material slots: each slot wears the variant, and gets its own back."""

from __future__ import annotations

import bpy
import pytest

from .test_colour import split_slots
from .test_variants import bake, everything, image_of, names, settings  # noqa: F401


@pytest.fixture
def split(scene, settings):  # noqa: F811
    split_slots(scene.head, "Face", "Scalp")
    settings.seeds = "0"
    bake()
    assert names(scene.head) == ["cel 0", "oil 0"]
    return scene.head


def shown(head) -> list[str]:
    return [slot.material.name for slot in head.material_slots]


def test_every_slot_wears_the_variant_and_gets_its_own_back(split):
    before = everything(split), shown(split)
    assert before[1] == ["Face", "Scalp"]
    for index in (0, 1):
        assert bpy.ops.avatartex.variant_show(index=index) == {"FINISHED"}
        entry = split.avatartex_variants[index]
        assert [slot.material for slot in split.material_slots] == [entry.material, entry.others[0].material]
        assert len({image_of(slot.material) for slot in split.material_slots}) == 1
        assert all("Face" not in name and "Scalp" not in name for name in shown(split))
    assert bpy.ops.avatartex.variant_show(index=1) == {"FINISHED"}
    assert (everything(split), shown(split)) == before and not split.avatartex_worn.others


def test_baked_again_it_is_made_of_the_slots_own_materials(split):
    bpy.ops.avatartex.variant_show(index=0)
    bake()
    entry = next(entry for entry in split.avatartex_variants if entry.name == "cel 0")
    assert [slot.material for slot in split.material_slots] == [entry.material, entry.others[0].material]
    bpy.ops.avatartex.variant_show(index=split.avatartex_variants.find("cel 0"))
    assert shown(split) == ["Face", "Scalp"]


def test_what_the_artist_put_on_meanwhile_stays(split):
    bpy.ops.avatartex.variant_show(index=0)
    split.material_slots[1].material = bpy.data.materials.new("Hat")
    bpy.ops.avatartex.variant_show(index=0)
    assert shown(split) == ["Face", "Hat"]


def test_a_removed_variant_takes_all_its_materials_along(split):
    before = len(bpy.data.materials), len(bpy.data.images)
    bpy.ops.avatartex.variant_show(index=0)
    assert bpy.ops.avatartex.variant_remove(index=0) == {"FINISHED"}
    assert shown(split) == ["Face", "Scalp"]
    assert (len(bpy.data.materials), len(bpy.data.images)) == (before[0] - 2, before[1] - 1)


def test_the_twin_with_the_same_mesh_stays_as_it_is(split):
    twin = bpy.data.objects.new("Twin", split.data)
    bpy.context.scene.collection.objects.link(twin)
    bpy.ops.avatartex.variant_show(index=0)
    assert shown(twin) == ["Face", "Scalp"]
