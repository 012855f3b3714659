"""The results of a head: one click back, before and after, favourites, and what is forgotten."""

from __future__ import annotations

import json

import bpy
import pytest

from .conftest import make_head
from .test_generate import add_image, links, new_material, nodes


def generate(scene, seed: int):
    scene.settings.seed = seed
    assert bpy.ops.avatartex.generate() == {"FINISHED"}


def history(scene):
    return scene.head.avatartex_history


def shown(scene, addon):
    return addon("scene.history").find_shown(scene.head)


def look(head) -> str:
    """Everything that the head's look is made of."""
    slots = [(slot.link, slot.material and slot.material.name) for slot in head.material_slots]
    materials = [slot.material for slot in head.material_slots if slot.material]
    return json.dumps(
        [
            slots,
            [nodes(material) for material in materials],
            [links(material) for material in materials],
            [
                [node.image.name for node in material.node_tree.nodes if getattr(node, "image", None)]
                for material in materials
            ],
            sorted(material.name for material in bpy.data.materials),
        ]
    )


def test_each_result_is_remembered(scene, fake, addon, portrait):
    scene.settings.style = "anime"
    for seed in (3, 8):
        generate(scene, seed)
    first, second = history(scene)
    assert (first.seed, first.style, first.size, first.portrait) == (3, "anime", 512, str(portrait))
    assert first.image != second.image and "Anime · seed 3 · 512" in first.describe()
    assert shown(scene, addon) == 1
    generate(scene, 3)
    assert [entry.name for entry in history(scene)] == ["3", "8", "3 (2)"]


def test_one_click_back(scene, fake, addon):
    material = new_material("Skin", scene.head)
    node = add_image(material)
    for seed in (1, 2):
        generate(scene, seed)
    after = look(scene.head)
    assert bpy.ops.avatartex.show_result(index=0) == {"FINISHED"}
    assert node.image == history(scene)[0].image and shown(scene, addon) == 0
    assert bpy.ops.avatartex.show_result(index=0) == {"CANCELLED"}  # it is there already
    bpy.ops.avatartex.show_result(index=1)
    assert look(scene.head) == after and len(history(scene)) == 2
    bpy.ops.avatartex.restore()
    assert shown(scene, addon) == -1 and node.image.name == "Old Skin"
    bpy.ops.avatartex.show_result(index=1)
    assert look(scene.head) == after


def exchanged(head):
    add_image(new_material("Skin", head))


def inserted(head):
    new_material("Skin", head)


def inserted_before_an_image(head):
    material = new_material("Skin", head)
    node = add_image(material)
    material.node_tree.links.new(node.outputs["Alpha"], material.node_tree.nodes["Principled BSDF"].inputs["Alpha"])


def shared(head):
    make_head("Other").data.materials.append(new_material("Skin", head))


def shared_mesh(head):
    inserted(head)
    bpy.context.scene.collection.objects.link(bpy.data.objects.new("Twin", head.data))


def empty_slot(head):
    head.data.materials.append(None)


def no_slot(head):
    pass


@pytest.mark.parametrize(
    "prepare", [exchanged, inserted, inserted_before_an_image, shared, shared_mesh, empty_slot, no_slot]
)
def test_before_and_after(scene, fake, prepare):
    prepare(scene.head)
    slots = len(scene.head.material_slots)
    before = [(slot.link, slot.material) for slot in scene.head.material_slots]
    color = links(before[0][1]) if before and before[0][1] else None
    generate(scene, 1)
    after = look(scene.head)
    bpy.ops.avatartex.compare()
    now = [(slot.link, slot.material) for slot in scene.head.material_slots]
    assert now[:slots] == before and all(material is None for _, material in now[slots:])
    if color is not None:
        into_color = [link for link in links(before[0][1]) if link[3] == "Base Color"]
        assert into_color == [link for link in color if link[3] == "Base Color"]
    bpy.ops.avatartex.compare()
    assert look(scene.head) == after
    bpy.ops.avatartex.compare()
    generate(scene, 2)  # ends the comparison
    assert not scene.head.avatartex_compared.active
    bpy.ops.avatartex.compare()
    bpy.ops.avatartex.restore()
    assert [(slot.link, slot.material) for slot in scene.head.material_slots] == before
    assert not scene.head.avatartex_compared.active and len(scene.head.avatartex_history) == 2


def test_the_number_is_bounded_and_favourites_stay(scene, fake, addon):
    preferences = addon("preferences").preferences()
    preferences.results_kept = 3
    try:
        generate(scene, 1)
        bpy.ops.avatartex.pin_result(index=0)
        for seed in range(2, 7):
            generate(scene, seed)
    finally:
        preferences.results_kept = 8
    assert [entry.seed for entry in history(scene)] == [1, 4, 5, 6]
    assert len([image for image in bpy.data.images if image.name.startswith("Head AvatarTex")]) == 4
    bpy.ops.avatartex.show_result(index=1)
    bpy.ops.avatartex.purge_results()
    assert [entry.seed for entry in history(scene)] == [1, 4]
    assert len([image for image in bpy.data.images if image.name.startswith("Head AvatarTex")]) == 2


def test_a_result_is_called_what_the_artist_calls_it(scene, fake):
    generate(scene, 1)
    generate(scene, 2)
    scene.head.avatartex_history[1].name = "Older, freckles"
    generate(scene, 2)
    assert [entry.name for entry in scene.head.avatartex_history] == ["1", "Older, freckles", "2"]
    bpy.ops.avatartex.show_result(index=1)
    assert scene.head.avatartex_history[1].name == "Older, freckles"


def test_it_is_in_the_file(scene, fake, addon, tmp_path):
    for seed in (1, 2):
        generate(scene, seed)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "saved.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "saved.blend"))
    head = bpy.data.objects["Head"]
    bpy.context.view_layer.objects.active = head
    bpy.context.scene.avatartex.head = None
    assert [entry.image.size[0] for entry in head.avatartex_history] == [512, 512]
    assert bpy.ops.avatartex.show_result(index=0) == {"FINISHED"}
    assert addon("scene.history").find_shown(head) == 0


def test_a_deleted_image_is_said(scene, fake, addon):
    for seed in (1, 2):
        generate(scene, seed)
    bpy.data.images.remove(history(scene)[0].image)
    with pytest.raises(RuntimeError, match="deleted"):
        bpy.ops.avatartex.show_result(index=0)


def test_a_new_seed(scene, fake):
    generate(scene, 1)
    assert bpy.ops.avatartex.new_seed() == {"FINISHED"}
    seeds = [entry.seed for entry in history(scene)]
    assert len(set(seeds)) == 2 and scene.settings.seed == seeds[1]


@pytest.mark.parametrize("shares", [(1 / 3, 1 / 3, 1 / 3), (0.405, 0.005, 0.59), (0.2, 0.2, 0.2), (1, 0, 0)])
def test_percents_sum_up(addon, shares):
    percents = addon("core.job").round_shares(shares)
    assert sum(percents) == 100
    assert all(abs(percent - 100 * share / sum(shares)) < 1 for percent, share in zip(percents, shares))
    assert addon("core.job").round_shares((0, 0, 0)) == [0, 0, 0]
