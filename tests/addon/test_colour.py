"""Where the surface takes its colour from: groups, mixes, reroutes, several slots; refusals where it takes none."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

from .conftest import make_head
from .test_generate import add_image, links, new_material, nodes
from .test_history import look


def generate(scene, seed=1):
    scene.settings.seed = seed
    return bpy.ops.avatartex.generate()


def in_group(material, colour_outside=False, name="Skin Group"):
    """The material's Principled moved into a node group; the group node."""
    group = bpy.data.node_groups.new(name, "ShaderNodeTree")
    group.interface.new_socket("Shader", in_out="OUTPUT", socket_type="NodeSocketShader")
    shader, end = group.nodes.new("ShaderNodeBsdfPrincipled"), group.nodes.new("NodeGroupOutput")
    group.links.new(shader.outputs[0], end.inputs[0])
    if colour_outside:
        group.interface.new_socket("Colour", in_out="INPUT", socket_type="NodeSocketColor")
        start, bend = group.nodes.new("NodeGroupInput"), group.nodes.new("NodeReroute")
        group.links.new(start.outputs[0], bend.inputs[0])
        group.links.new(bend.outputs[0], shader.inputs["Base Color"])
    tree = material.node_tree
    node = tree.nodes.new("ShaderNodeGroup")
    node.node_tree = group
    tree.nodes.remove(tree.nodes["Principled BSDF"])
    tree.links.new(node.outputs[0], tree.nodes["Material Output"].inputs["Surface"])
    return node


def plain_group(material):
    in_group(material)


def image_in_group(material):
    group = in_group(material).node_tree
    node = group.nodes.new("ShaderNodeTexImage")
    node.image = bpy.data.images.new("Old Skin", 8, 8)
    group.links.new(node.outputs["Color"], group.nodes["Principled BSDF"].inputs["Base Color"])


def colour_outside(material):
    in_group(material, colour_outside=True)


def shared_group(material):
    other = bpy.data.materials.new("Other")
    if bpy.app.version < (5, 0, 0):
        other.use_nodes = True
    node = other.node_tree.nodes.new("ShaderNodeGroup")
    node.node_tree = in_group(material).node_tree


def nested_and_shared(material):
    outer = bpy.data.node_groups.new("Outer", "ShaderNodeTree")
    outer.interface.new_socket("Shader", in_out="OUTPUT", socket_type="NodeSocketShader")
    node = in_group(material)
    inner = outer.nodes.new("ShaderNodeGroup")
    inner.node_tree, node.node_tree = node.node_tree, outer
    outer.links.new(inner.outputs[0], outer.nodes.new("NodeGroupOutput").inputs[0])
    tree = material.node_tree
    tree.links.new(node.outputs[0], tree.nodes["Material Output"].inputs["Surface"])
    bpy.data.node_groups["Outer"].use_fake_user = True
    extra = tree.nodes.new("ShaderNodeGroup")
    extra.node_tree = outer


def silenced_mix(material):
    """The image behind the mix's other input is not seen: its factor is 0."""
    tree = material.node_tree
    hidden = add_image(material, "Hidden")
    mix = tree.nodes.new("ShaderNodeMix")
    mix.data_type = "RGBA"
    second = [entry for entry in mix.inputs if entry.type == "RGBA"][1]
    mix.inputs[0].default_value = 0.0
    tree.links.new(hidden.outputs["Color"], second)
    tree.links.new(
        next(entry for entry in mix.outputs if entry.type == "RGBA"), tree.nodes["Principled BSDF"].inputs["Base Color"]
    )


def other_shader_silenced(material):
    """A Principled that the Mix Shader leaves out, nearer than the one that is seen."""
    tree = material.node_tree
    mix, bend = tree.nodes.new("ShaderNodeMixShader"), tree.nodes.new("NodeReroute")
    unseen = tree.nodes.new("ShaderNodeBsdfPrincipled")
    unseen.name = "Unseen"
    mix.inputs[0].default_value = 1.0
    tree.links.new(unseen.outputs[0], mix.inputs[1])
    tree.links.new(tree.nodes["Principled BSDF"].outputs[0], bend.inputs[0])
    tree.links.new(bend.outputs[0], mix.inputs[2])
    tree.links.new(mix.outputs[0], tree.nodes["Material Output"].inputs["Surface"])


def colour_as_light(material):
    tree = material.node_tree
    tree.nodes.remove(tree.nodes["Principled BSDF"])
    tree.links.new(tree.nodes.new("ShaderNodeRGB").outputs[0], tree.nodes["Material Output"].inputs["Surface"])


def nothing_linked(material):
    material.node_tree.nodes.remove(material.node_tree.nodes["Principled BSDF"])


def no_output(material):
    material.node_tree.nodes.clear()


PREPARED = (
    plain_group,
    image_in_group,
    colour_outside,
    shared_group,
    nested_and_shared,
    silenced_mix,
    other_shader_silenced,
    colour_as_light,
    nothing_linked,
    no_output,
)


def everything():
    """All nodes, links and images of the file's materials and groups."""
    trees = [material.node_tree for material in bpy.data.materials if material.node_tree] + list(bpy.data.node_groups)
    return [
        sorted(material.name for material in bpy.data.materials),
        sorted(group.name for group in bpy.data.node_groups),
        [
            (
                tree.name,
                sorted(
                    (
                        node.name,
                        getattr(getattr(node, "image", None), "name", ""),
                        getattr(getattr(node, "node_tree", None), "name", ""),
                    )
                    for node in tree.nodes
                ),
            )
            for tree in trees
        ],
        [
            sorted((link.from_node.name, link.to_node.name, link.to_socket.identifier) for link in tree.links)
            for tree in trees
        ],
    ]


def rendered(image, path):
    """Mean colour of the head in Cycles, (3,), with the image all green meanwhile: no reading of nodes of ours."""
    scene = bpy.context.scene
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    sun = bpy.data.objects.new("Sun", bpy.data.lights.new("Sun", "SUN"))
    for thing in (camera, sun):
        scene.collection.objects.link(thing)
        thing.rotation_euler = (np.pi / 2, 0, 0)
    camera.location, camera.data.type, camera.data.ortho_scale = (0, -1, 0), "ORTHO", 0.1
    sun.data.energy = 3
    kept = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(kept)
    image.pixels.foreach_set(np.tile(np.float32([0, 1, 0, 1]), len(kept) // 4))
    scene.camera, scene.cycles.samples, scene.cycles.device = camera, 1, "CPU"
    scene.view_settings.view_transform = "Standard"
    scene.render.resolution_x = scene.render.resolution_y = 8
    engine, scene.render.engine, scene.render.filepath = scene.render.engine, "CYCLES", str(path)
    bpy.ops.render.render(write_still=True)
    scene.render.engine = engine
    picture = bpy.data.images.load(str(path))
    pixels = np.array(picture.pixels[:]).reshape(-1, 4)[:, :3].mean(0)
    image.pixels.foreach_set(kept)
    for thing in (camera.data, sun.data, picture):
        bpy.data.batch_remove([thing])
    return pixels


@pytest.mark.parametrize("prepare", PREPARED)
def test_the_output_reads_the_texture_and_restore_leaves_nothing(scene, fake, addon, prepare, tmp_path):
    material = new_material("Skin", scene.head)
    prepare(material)
    before = everything()
    for seed in (1, 2):
        generate(scene, seed)
        shown = scene.head.material_slots[0].material
        assert addon("scene.graph").shows_image(shown, scene.head.avatartex_history[-1].image)
    after = everything()
    red, green, blue = rendered(scene.head.avatartex_history[-1].image, tmp_path / "head.png")
    assert green > 0.1 and green > 2 * max(red, blue)
    assert addon("scene.history").find_shown(scene.head) == 1
    bpy.ops.avatartex.compare()
    bpy.ops.avatartex.compare()
    scene.head.avatartex_mix.factor = 0.5
    assert everything() != after
    scene.head.avatartex_mix.factor = 1.0
    assert everything() == after
    bpy.ops.avatartex.restore()
    assert everything() == before and len(scene.head.avatartex_previous) == 0
    bpy.ops.avatartex.show_result(index=1)
    assert addon("scene.graph").shows_image(
        scene.head.material_slots[0].material, scene.head.avatartex_history[1].image
    )


@pytest.mark.parametrize("prepare", [shared_group, nested_and_shared])
def test_others_with_the_group_stay_as_they_are(scene, fake, prepare):
    material = new_material("Skin", scene.head)
    prepare(material)
    groups = {group.name: nodes_of(group) for group in bpy.data.node_groups}
    generate(scene)
    assert {name: nodes_of(bpy.data.node_groups[name]) for name in groups} == groups
    assert len(bpy.data.node_groups) > len(groups)


def nodes_of(group):
    return sorted(node.name for node in group.nodes)


def test_a_colour_that_a_group_takes_from_outside_is_set_outside(scene, fake):
    material = new_material("Skin", scene.head)
    colour_outside(material)
    generate(scene)
    assert "AvatarTex Texture" in nodes(material)
    assert links(material)[0][:3] == ("AvatarTex Texture", "Color", "Group")


def test_a_surface_without_colour_is_refused_and_mended(scene, fake, addon):
    material = new_material("Skin", scene.head)
    tree = material.node_tree
    tree.links.new(tree.nodes.new("ShaderNodeHoldout").outputs[0], tree.nodes["Material Output"].inputs["Surface"])
    before, images = everything(), len(bpy.data.images)
    [obstacle] = addon("jobs.preflight").find_obstacles(bpy.context)
    assert obstacle.stops and "'Skin' shows 'Holdout'" in obstacle.message
    with pytest.raises(RuntimeError, match="Holdout"):
        generate(scene)
    assert everything() == before and len(bpy.data.images) == images and not scene.head.avatartex_history
    assert bpy.ops.avatartex.new_material() == {"FINISHED"}
    assert addon("jobs.preflight").find_obstacles(bpy.context) == []
    assert generate(scene) == {"FINISHED"}
    bpy.ops.avatartex.restore()
    assert everything() == before


def test_an_output_that_is_changed_meanwhile_is_refused(scene, fake, addon):
    """Between the click and the result the artist links a Holdout."""
    material = new_material("Skin", scene.head)
    api = addon("api")
    running = api.start(api.describe("Head", scene.settings.portrait, size=512))
    running.wait()
    tree = material.node_tree
    tree.links.new(tree.nodes.new("ShaderNodeHoldout").outputs[0], tree.nodes["Material Output"].inputs["Surface"])
    before = everything()
    with pytest.raises(api.AvatarTexError, match="Holdout"):
        running.apply()
    assert everything() == before and not scene.head.avatartex_history


def split_slots(head, *names, shared_uvs=False):
    """The sphere's upper half in a second slot; both halves have texels of their own unless they are to share them."""
    materials = [new_material(name, head) for name in names]
    mesh = head.data
    high = [polygon.center.z > 0 for polygon in mesh.polygons]
    mesh.polygons.foreach_set("material_index", np.array(high, np.int32))
    layer = mesh.uv_layers[0]
    uvs = np.empty((len(layer.uv), 2), np.float32)
    layer.uv.foreach_get("vector", uvs.ravel())
    uvs[:, 1] = np.abs(uvs[:, 1] - 0.5) * 2 if shared_uvs else uvs[:, 1]
    layer.uv.foreach_set("vector", uvs.ravel())
    return materials


def image_of(material):
    return material.node_tree.nodes["AvatarTex Texture"].image


def test_every_slot_of_the_head_gets_the_texture(scene, fake, addon):
    face, scalp = split_slots(scene.head, "Face", "Scalp")
    before = look(scene.head)
    generate(scene)
    assert image_of(face) == image_of(scalp) == scene.head.avatartex_history[0].image
    generate(scene, 2)
    bpy.ops.avatartex.show_result(index=0)
    assert image_of(face) == image_of(scalp) == scene.head.avatartex_history[0].image
    bpy.ops.avatartex.compare()
    assert all(
        "AvatarTex Texture" not in [link[0] for link in links(m) if link[3] == "Base Color"] for m in (face, scalp)
    )
    bpy.ops.avatartex.compare()
    scene.head.avatartex_mix.factor = 0.5
    assert all("AvatarTex Mix" in nodes(material) for material in (face, scalp))
    bpy.ops.avatartex.restore()
    assert look(scene.head) == before


def test_both_slots_are_in_the_capture(scene, fake, addon, monkeypatch):
    split_slots(scene.head, "Face", "Scalp")
    seen = []
    capture = addon("scene.capture")
    save = capture.np.savez
    monkeypatch.setattr(capture.np, "savez", lambda path, **arrays: (seen.append(arrays), save(path, **arrays)))
    generate(scene)
    [arrays] = seen
    assert arrays["face_mask"].all() and set(arrays["material_index"]) == {0, 1}


@pytest.mark.parametrize("twice", [False, True])
def test_shared_slots_are_copied(scene, fake, twice):
    """Both slots are somebody else's, too; and where both show one material, one copy is made."""
    face, scalp = split_slots(scene.head, "Face", "Scalp")
    if twice:
        scene.head.material_slots[1].material = scalp = face
    other = make_head("Other")
    for material in {face, scalp}:
        other.data.materials.append(material)
    before, count = [links(face), links(scalp)], len(bpy.data.materials)
    generate(scene)
    shown = [slot.material for slot in scene.head.material_slots]
    assert [links(face), links(scalp)] == before and not {face, scalp} & set(shown)
    assert (shown[0] == shown[1]) is twice and {image_of(material) for material in shown} == {
        scene.head.avatartex_history[0].image
    }
    assert scene.head.avatartex_history[-1].warnings.count("got a copy") == 2 - twice
    bpy.ops.avatartex.restore()
    assert [slot.material for slot in scene.head.material_slots] == [face, scalp]
    assert len(bpy.data.materials) == count  # the copies are gone


def test_what_is_no_head_keeps_its_material(scene, addon):
    """An inner shell, a body, and a half that lies on the same texels."""
    find = addon("scene.slots").find_head_slots
    split_slots(scene.head, "Face", "Scalp", shared_uvs=True)
    assert find(scene.head, "UVMap") == (0,)
    bpy.data.objects.remove(scene.head)
    for scale, offset in ((0.4, 0.0), (6.0, -0.8)):
        head = make_head("Head")
        new_material("Skin", head), new_material("Other", head)
        add_shell(head, scale, offset)
        assert find(head, "UVMap") == (0,), scale
        bpy.data.objects.remove(head)


def add_shell(head, scale, offset):
    """A second sphere in slot 1 with texels of its own, that shares a vertex' place with the first."""
    import bmesh

    mesh = bmesh.new()
    mesh.from_mesh(head.data)
    layer = mesh.loops.layers.uv.active
    old, top = list(mesh.verts), max(vertex.co.z for vertex in mesh.verts)
    made = bmesh.ops.duplicate(mesh, geom=list(mesh.faces))["geom"]
    for vertex in (thing for thing in made if isinstance(thing, bmesh.types.BMVert)):
        vertex.co = vertex.co * scale
        vertex.co.z += offset
        if abs(vertex.co.z - top * scale - offset) < 1e-6:
            vertex.co = next(one.co for one in old if one.co.z == top).copy()
    for face in (thing for thing in made if isinstance(thing, bmesh.types.BMFace)):
        face.material_index = 1
        for loop in face.loops:
            loop[layer].uv.x += 1.0
    mesh.to_mesh(head.data)
    mesh.free()
