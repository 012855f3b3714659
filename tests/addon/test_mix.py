"""Old to new: the graph shows the mix, and is what it was without it."""

from __future__ import annotations

import bpy
import pytest

from .test_generate import links, nodes
from .test_history import (
    empty_slot,
    exchanged,
    generate,
    inserted,
    inserted_before_an_image,
    look,
    no_slot,
    shared,
    shared_mesh,
)


def mix_of(head):
    """The Mix node and what it takes: the new colour's source, the old one's."""
    tree = head.avatartex_previous[0].textured.node_tree
    node = tree.nodes["AvatarTex Mix"]
    new, old = (socket for socket in node.inputs if socket.type == "RGBA")
    return node, new, old


def detailed(head):
    """Everything about the links, mutes too, and the values of inputs."""
    found = [look(head)]
    for slot in head.material_slots:
        tree = slot.material.node_tree if slot.material else None
        if tree is not None:
            found.append(links(slot.material))
            found.append(
                sorted(
                    (link.from_node.name, link.to_node.name, link.to_socket.identifier, link.is_muted)
                    for link in tree.links
                )
            )
            found.append(
                sorted(
                    (node.name, socket.identifier, tuple(socket.default_value))
                    for node in tree.nodes
                    for socket in node.inputs
                    if socket.type == "RGBA"
                )
            )
    return found


def muted_too(head):
    """The image also feeds another socket, by a muted link."""
    exchanged(head)
    tree = head.material_slots[0].material.node_tree
    image = next(node for node in tree.nodes if node.type == "TEX_IMAGE")
    image.interpolation = "Closest"
    coordinates = tree.nodes.new("ShaderNodeTexCoord")
    tree.links.new(coordinates.outputs["UV"], image.inputs["Vector"])
    shader = tree.nodes["Principled BSDF"]
    tree.links.new(image.outputs["Color"], shader.inputs["Emission Color"]).is_muted = True


def before_a_colour(head):
    inserted(head)
    head.material_slots[0].material.node_tree.nodes["Principled BSDF"].inputs["Base Color"].default_value = (1, 0, 0, 1)


@pytest.mark.parametrize(
    "prepare",
    [
        exchanged,
        muted_too,
        inserted,
        before_a_colour,
        inserted_before_an_image,
        shared,
        shared_mesh,
        empty_slot,
        no_slot,
    ],
)
def test_the_graph_comes_back(scene, fake, prepare):
    head = scene.head
    prepare(head)
    before = detailed(head)
    generate(scene, 1)
    whole = detailed(head)
    head.avatartex_mix.factor = 0.25
    node, new, _ = mix_of(head)
    assert node.inputs["Factor"].default_value == 0.75
    assert new.links[0].from_node.image.name.startswith("Head AvatarTex")
    assert sum(name.startswith("AvatarTex Mix") for name in nodes(head.avatartex_previous[0].textured)) == 1
    head.avatartex_mix.factor = 0.5
    assert node.inputs["Factor"].default_value == 0.5  # the same node: nothing is compiled while it is dragged
    mixed = detailed(head)
    bpy.ops.avatartex.compare()
    bpy.ops.avatartex.compare()
    assert detailed(head) == mixed
    head.avatartex_mix.factor = 1.0
    assert detailed(head) == whole
    head.avatartex_mix.factor = 0.1
    assert bpy.ops.avatartex.restore() == {"FINISHED"}
    assert head.avatartex_mix.factor == 1.0
    if prepare not in (shared, shared_mesh, empty_slot, no_slot):  # there a copy of the material stays in the file
        assert detailed(head) == before


def test_the_old_side_is_what_was_there(scene, fake):
    exchanged(scene.head)
    generate(scene, 1)
    scene.head.avatartex_mix.factor = 0.5
    assert mix_of(scene.head)[2].links[0].from_node.image.name == "Old Skin"


def test_a_colour_that_was_there(scene, fake):
    before_a_colour(scene.head)
    generate(scene, 1)
    scene.head.avatartex_mix.factor = 0.5
    old = mix_of(scene.head)[2]
    assert not old.is_linked and tuple(old.default_value) == (1, 0, 0, 1)


def test_two_uv_maps_one_after_the_other(scene, fake):
    """The first texture took the image's place, the second was put before it: old is still the artist's own."""
    exchanged(scene.head)
    scene.head.data.uv_layers.new(name="Second")
    before = detailed(scene.head)
    generate(scene, 1)
    scene.settings.uv_map = "Second"
    generate(scene, 2)
    whole = detailed(scene.head)
    scene.head.avatartex_mix.factor = 0.5
    assert mix_of(scene.head)[2].links[0].from_node.image.name == "Old Skin"
    scene.head.avatartex_mix.factor = 1.0
    assert detailed(scene.head) == whole
    scene.head.avatartex_mix.factor = 0.5
    bpy.ops.avatartex.restore()
    assert detailed(scene.head) == before


def test_results_keep_the_mix_and_a_new_texture_is_whole(scene, fake, addon):
    exchanged(scene.head)
    generate(scene, 1)
    generate(scene, 2)
    scene.head.avatartex_mix.factor = 0.5
    bpy.ops.avatartex.show_result(index=0)
    _, new, old = mix_of(scene.head)
    assert new.links[0].from_node.image == scene.head.avatartex_history[0].image
    assert old.links[0].from_node.image.name == "Old Skin" and addon("scene.history").find_shown(scene.head) == 0
    generate(scene, 3)
    assert scene.head.avatartex_mix.factor == 1.0
    assert "AvatarTex Mix" not in nodes(scene.head.avatartex_previous[0].textured)


def test_the_base_of_the_next_is_ours(scene, fake, addon):
    inserted_before_an_image(scene.head)
    generate(scene, 1)
    scene.head.avatartex_mix.factor = 0.5
    base = addon("jobs.generation").current_texture(scene.head, 0, "UVMap")
    assert base == scene.head.avatartex_history[0].image


def test_it_is_in_the_file(scene, fake, tmp_path):
    exchanged(scene.head)
    before = detailed(scene.head)
    generate(scene, 1)
    scene.head.avatartex_mix.factor = 0.5
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "saved.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "saved.blend"))
    head = bpy.data.objects["Head"]
    bpy.context.view_layer.objects.active = head
    assert head.avatartex_mix.factor == 0.5 and mix_of(head)[0].inputs["Factor"].default_value == 0.5
    head.avatartex_mix.factor = 0.75
    assert mix_of(head)[0].inputs["Factor"].default_value == 0.25
    bpy.ops.avatartex.restore()
    assert detailed(head) == before


def test_nodes_that_the_artist_took_away(scene, fake):
    exchanged(scene.head)
    generate(scene, 1)
    scene.head.avatartex_mix.factor = 0.5
    tree = scene.head.avatartex_previous[0].textured.node_tree
    tree.nodes.remove(tree.nodes["AvatarTex Mix"])
    scene.head.avatartex_mix.factor = 0.4  # nothing is fed by our image any more
    scene.head.avatartex_mix.factor = 1.0
    assert bpy.ops.avatartex.restore() == {"FINISHED"}
