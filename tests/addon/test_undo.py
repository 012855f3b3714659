"""The way back, compared by data: undo after each job, and what artists combine before they go back."""

from __future__ import annotations

import hashlib
import json

import bpy
import pytest

from .test_batch import fill, states
from .test_generate import add_image, new_material
from .test_history import exchanged, generate, inserted, inserted_before_an_image
from .test_mix import detailed

#: What belongs to the window, not to the file.
NOT_OURS = {"Render Result", "Viewer Node"}


def values(group) -> dict:
    """A property group as plain data: pointers by name, lists by their entries."""
    found = {}
    for name in group.bl_rna.properties.keys():
        value = getattr(group, name)
        if name == "rna_type":
            continue
        if isinstance(value, bpy.types.bpy_prop_collection):
            found[name] = [values(entry) for entry in value]
        elif isinstance(value, bpy.types.ID):
            found[name] = value.name
        else:
            found[name] = str(value)
    return found


def file_data() -> str:
    """Everything that a job of ours changes in a file: looks, memories, lists, images by their bytes."""
    heads = [thing for thing in bpy.data.objects if thing.type == "MESH"]
    images = [image for image in bpy.data.images if image.name not in NOT_OURS]
    return json.dumps(
        [
            [detailed(head) for head in heads],
            [sorted(head.data.attributes.keys()) for head in heads],
            [
                {
                    name: values(getattr(head, name))
                    for name in ("avatartex_mix", "avatartex_compared", "avatartex_worn", "avatartex_regions")
                }
                for head in heads
            ],
            [
                [
                    [values(entry) for entry in getattr(head, name)]
                    for name in ("avatartex_previous", "avatartex_history", "avatartex_variants")
                ]
                for head in heads
            ],
            sorted(
                (
                    image.name,
                    image.use_fake_user,
                    hashlib.sha256(image.packed_file.data).hexdigest() if image.packed_file else "",
                )
                for image in images
            ),
            sorted(
                (material.name, material.use_fake_user, material.asset_data is not None)
                for material in bpy.data.materials
            ),
        ]
    )


def the_head():
    """Undo makes a new one."""
    return bpy.data.objects["Head"]


def textured(scene, prepare=exchanged):
    prepare(scene.head)
    generate(scene, 1)
    variants = bpy.context.scene.avatartex_variants
    variants.styles, variants.seeds, variants.size = {"cel"}, "0", "512"


def bake(scene):
    textured(scene)
    return bpy.ops.avatartex.variants_bake


def switch(scene):
    bake(scene)()
    return lambda *how: bpy.ops.avatartex.variant_show(*how, index=0)


def redo(scene):
    textured(scene)
    bpy.ops.avatartex.regions_fill(kind="REDO", source="ALL")
    return lambda *how: bpy.ops.avatartex.redo_regions(*how, seed=5)


def again(scene):
    textured(scene)
    scene.settings.seed = 2
    return bpy.ops.avatartex.generate


def first(scene):
    exchanged(scene.head)
    return bpy.ops.avatartex.generate


@pytest.mark.parametrize("begin", [first, again, bake, switch, redo])
def test_undo_and_redo(scene, fake, begin):
    step = begin(scene)
    bpy.ops.ed.undo_push(message="before")
    before = file_data()
    assert step("EXEC_DEFAULT", True) == {"FINISHED"}  # with undo, as a click; a script's plain call pushes no step
    after = file_data()
    assert after != before
    bpy.ops.ed.undo()
    assert file_data() == before
    bpy.ops.ed.redo()
    assert file_data() == after


def test_undo_after_a_batch(cast, fake):
    fill(cast.folder)
    for head in [thing for thing in bpy.data.objects if thing.type == "MESH"]:
        add_image(new_material(f"Skin {head.name}", head), f"Old {head.name}")
    bpy.ops.ed.undo_push(message="before")
    before = file_data()
    bpy.ops.avatartex.batch_run()
    bpy.ops.ed.undo_push(message="a script's call pushes none")
    assert set(states().values()) == {"done"} and file_data() != before
    bpy.ops.ed.undo()
    assert file_data() == before and set(states().values()) == {"waiting"}


@pytest.mark.parametrize("prepare", [exchanged, inserted, inserted_before_an_image])
def test_mixed_then_a_variant_then_restored(scene, fake, prepare):
    prepare(scene.head)
    before = detailed(scene.head)
    generate(scene, 1)
    variants = bpy.context.scene.avatartex_variants
    variants.styles, variants.size = {"cel"}, "512"
    scene.head.avatartex_mix.factor = 0.5
    mixed = detailed(scene.head)[0]
    bpy.ops.avatartex.variants_bake()
    material = scene.head.avatartex_variants[0].material
    bpy.ops.avatartex.variant_show(index=0)
    assert scene.head.material_slots[0].material == material
    bpy.ops.avatartex.variant_show(index=0)
    assert json.loads(detailed(scene.head)[0])[:4] == json.loads(mixed)[:4]
    bpy.ops.avatartex.variant_show(index=0)
    bpy.ops.avatartex.restore()
    bpy.ops.avatartex.variant_remove(index=0)
    assert detailed(scene.head) == before and scene.head.avatartex_mix.factor == 1.0


def test_a_variant_shows_nothing_of_a_mix(scene, fake):
    """It is a texture of its own, whole, however the head's own is mixed when it is baked."""
    textured(scene)
    scene.head.avatartex_mix.factor = 0.5
    bpy.ops.avatartex.variants_bake()
    tree = scene.head.avatartex_variants[0].material.node_tree
    assert not [node.name for node in tree.nodes if node.name.startswith(("AvatarTex Mix", "AvatarTex Before"))]
    assert tree.nodes["Principled BSDF"].inputs["Base Color"].links[0].from_node.image.name == "Head cel 0"


def test_compared_while_a_variant_is_worn(scene, fake):
    textured(scene)
    whole = detailed(scene.head)[1:]
    bpy.ops.avatartex.variants_bake()
    bpy.ops.avatartex.variant_show(index=0)
    bpy.ops.avatartex.compare()
    skin = scene.head.material_slots[0].material
    assert skin.name == "Skin" and scene.head.avatartex_compared.active and not scene.head.avatartex_worn.active
    assert skin.node_tree.nodes["Principled BSDF"].inputs["Base Color"].links[0].from_node.image.name == "Old Skin"
    bpy.ops.avatartex.compare()
    assert detailed(scene.head)[1:] == whole


def test_redone_while_it_is_mixed(scene, fake):
    textured(scene)
    before = detailed(scene.head)[1:]
    bpy.ops.avatartex.regions_fill(kind="REDO", source="ALL")
    scene.head.avatartex_mix.factor = 0.5
    assert bpy.ops.avatartex.redo_regions(seed=5) == {"FINISHED"}
    request = json.loads(open(scene.job.report_path).read())["request"]
    with open(request["base_texture"], "rb") as base:  # our texture, not the mixed look and not the old skin
        assert base.read() == scene.head.avatartex_history[0].image.packed_file.data
    assert scene.head.avatartex_mix.factor == 1.0 and detailed(scene.head)[1:] == before
    bpy.ops.avatartex.restore()
    assert scene.head.material_slots[0].material.node_tree.nodes["Image Texture"].image.name == "Old Skin"
