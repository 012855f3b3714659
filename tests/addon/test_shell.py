"""The shell around a head: its picture and, where it was asked for, a copy of the head that wears it.

The fake backend's shell covers the upper half of the UV map: the northern half of the sphere, half as far off as it can
be (0.02 in world units).
"""

from __future__ import annotations

from types import SimpleNamespace

import bpy
import numpy as np
import pytest

#: Of a sphere of radius 0.12: 0.02 times 128 / 255, as the fake's picture says, in 64 levels.
STANDS_OFF = 0.02 * 32 / 64


def generate(**settings):
    for name, value in settings.items():
        setattr(bpy.context.scene.avatartex.head.avatartex, name, value)
    assert bpy.ops.avatartex.generate() == {"FINISHED"}


def shells(head):
    return [child for child in head.children if "avatartex_shell_of" in child]


def shown(thing) -> np.ndarray:
    """(n,3) places of the evaluated vertices, in world space."""
    depsgraph = bpy.context.evaluated_depsgraph_get()
    depsgraph.update()
    mesh = thing.evaluated_get(depsgraph).to_mesh()
    places = np.empty(len(mesh.vertices) * 3, np.float32)
    mesh.vertices.foreach_get("co", places)
    thing.evaluated_get(depsgraph).to_mesh_clear()
    matrix = np.array(thing.matrix_world)
    return places.reshape(-1, 3) @ matrix[:3, :3].T + matrix[:3, 3]


@pytest.fixture
def shelled(scene, fake):
    generate(shell="object")
    [shell] = shells(scene.head)
    return SimpleNamespace(head=scene.head, shell=shell)


def test_without_it_there_is_no_shell(scene, fake):
    generate()
    assert not scene.head.children and not any(
        own in image.name for image in bpy.data.images for own in ("Shell", "Strands")
    )


def test_the_picture_is_kept_in_the_file(scene, fake):
    generate(shell="picture")
    image = bpy.data.images["Head Shell"]
    assert not shells(scene.head) and image.packed_file and image.use_fake_user and image.alpha_mode == "STRAIGHT"
    assert image.size[:] == (64, 64) and image.depth == 32


def test_the_shell_covers_what_the_picture_says_and_stands_off(shelled):
    places = shown(shelled.shell)
    assert len(places) and -0.05 < places[:, 2].min() < 0  # the northern half, and the faces that touch it
    assert len(places) < len(shelled.head.data.vertices)
    north = places[places[:, 2] > 0.06]
    assert np.allclose(np.linalg.norm(north, axis=1), 0.12 + STANDS_OFF, atol=5e-4)
    [slot] = shelled.shell.material_slots
    shader = slot.material.node_tree.nodes["Principled BSDF"]
    opacity = shader.inputs["Alpha"].links[0].from_node
    assert opacity.inputs["Factor"].default_value == 1 and opacity.inputs["A"].default_value == 0
    assert opacity.inputs["B"].links[0].from_node.image == bpy.data.images["Head Shell"]
    assert shader.inputs["Base Color"].links[0].from_node.image == bpy.data.images["Head Shell"]


def test_highlights_lie_across_the_strands_of_its_own_picture(shelled):
    """The fake's strands run along the tangent: the shader, rougher along its own, is turned by a quarter."""
    lie = bpy.data.images["Head Strands"]
    assert lie.packed_file and lie.use_fake_user and lie.colorspace_settings.name == "Non-Color"
    [slot] = shelled.shell.material_slots
    shader = slot.material.node_tree.nodes["Principled BSDF"]
    assert shader.inputs["Anisotropic"].default_value > 0.3
    assert shader.inputs["Tangent"].links[0].from_node.uv_map == shelled.shell.data.uv_layers.active.name
    turn = shader.inputs["Anisotropic Rotation"].links[0].from_node
    angle = turn.inputs[0].links[0].from_node
    assert (turn.operation, angle.operation) == ("MULTIPLY_ADD", "ARCTAN2")
    axes = [angle.inputs[k].links[0].from_node.inputs[0].links[0] for k in (0, 1)]
    assert [axis.from_socket.name for axis in axes] == ["Y", "X"]
    assert axes[0].from_node.inputs["Vector"].links[0].from_node.image == lie
    assert turn.inputs[1].default_value == pytest.approx(1 / (2 * np.pi)) and turn.inputs[2].default_value == 0.25


def test_the_head_itself_stays_as_it_was(scene, fake):
    before = shown(scene.head)
    generate(shell="object")
    assert np.array_equal(shown(scene.head), before)
    assert not scene.head.modifiers and not scene.head.vertex_groups and len(scene.head.avatartex_history) == 1
    assert not shells(scene.head)[0].avatartex_history


def test_a_scaled_and_turned_head_has_a_shell_of_the_same_thickness(scene, fake):
    scene.head.scale, scene.head.location, scene.head.rotation_euler = (2, 2, 2), (1, 2, 3), (0, 0, 1)
    bpy.context.view_layer.update()
    generate(shell="object")
    bpy.context.view_layer.update()
    places = shown(shells(scene.head)[0]) - (1, 2, 3)
    north = places[places[:, 2] > 0.12]
    assert np.allclose(np.linalg.norm(north, axis=1), 0.24 + STANDS_OFF, atol=1e-3)


def test_it_follows_shape_keys_and_modifiers(scene, fake):
    scene.head.shape_key_add(name="Basis")
    key = scene.head.shape_key_add(name='Grow "up"', from_mix=False)
    for point in key.data:
        point.co = point.co * 2
    armature = bpy.data.objects.new("Rig", bpy.data.armatures.new("Rig"))
    bpy.context.scene.collection.objects.link(armature)
    scene.head.modifiers.new("Armature", "ARMATURE").object = armature
    generate(shell="object")
    [shell] = shells(scene.head)
    assert [one.type for one in shell.modifiers] == ["ARMATURE", "DISPLACE", "MASK"]
    key.value = 1.0
    bpy.context.view_layer.update()
    places = shown(shell)
    north = places[places[:, 2] > 0.12]
    assert np.allclose(np.linalg.norm(north, axis=1), 0.24 + STANDS_OFF, atol=1e-3)


def test_it_is_made_again_in_place_of_the_earlier_one(shelled):
    counts = [len(kind) for kind in (bpy.data.objects, bpy.data.meshes)]
    generate(shell="object", seed=3)
    assert [len(kind) for kind in (bpy.data.objects, bpy.data.meshes)] == counts
    assert len(shells(shelled.head)) == 1
    for kind in (bpy.data.images, bpy.data.materials):
        assert [one.name for one in kind if "Shell" in one.name] == ["Head Shell"]


@pytest.mark.parametrize("how", ["restore", "without"])
def test_it_goes_with_the_texture_that_it_was_made_with(shelled, how):
    """A texture without shell has the hair on the skin: the old shell would show it twice, or another person's."""
    if how == "restore":
        bpy.ops.avatartex.restore()
    else:
        generate(shell="none", seed=5)
    assert not shelled.head.children
    for kind in (bpy.data.images, bpy.data.materials, bpy.data.meshes, bpy.data.objects):
        assert not [one for one in kind if "Shell" in one.name or "Strands" in one.name]


def test_what_the_artist_took_over_stays(shelled):
    shelled.shell.parent = None
    generate(shell="object", seed=4)
    assert "Head Shell" in bpy.data.objects and len(shells(shelled.head)) == 1


def test_udim_tiles(scene, fake):
    """The sphere lies in the first tile alone; the second's picture is not looked up there."""
    fake("tiles")
    generate(shell="object")
    [shell] = shells(scene.head)
    assert bpy.data.images["Head Shell"].source == "TILED" and -0.05 < shown(shell)[:, 2].min() < 0


def test_remaking_regions_leaves_the_shell(shelled, addon):
    bpy.ops.avatartex.regions_fill(kind="REDO", source="ALL")
    assert bpy.ops.avatartex.redo_regions() == {"FINISHED"}
    assert shells(shelled.head) == [shelled.shell]


LINEAR = (0.2140, 0.0509, 0.0144)  # of the fake report's hair, sRGB (0.5, 0.25, 0.125)


def hair_object(name, material=None):
    """A small mesh beside the head, selected; the head stays the one that was chosen."""
    thing = bpy.data.objects.new(name, bpy.data.meshes.new(name))
    bpy.context.scene.collection.objects.link(thing)
    if material is not None:
        thing.data.materials.append(material)
    thing.select_set(True)
    return thing


def shader_of(material, kind="BSDF_PRINCIPLED"):
    return next(node for node in material.node_tree.nodes if node.type == kind)


def test_hair_objects_get_the_seen_colour(scene, fake):
    generate()
    assert not bpy.ops.avatartex.colour_hair.poll()
    hair = hair_object("Fringe")
    assert bpy.ops.avatartex.colour_hair() == {"FINISHED"}
    assert np.allclose(
        shader_of(hair.material_slots[0].material).inputs["Base Color"].default_value[:3], LINEAR, atol=1e-3
    )
    assert "AvatarTex Texture" in scene.head.material_slots[0].material.node_tree.nodes


def test_hair_that_shares_its_material_or_has_an_image_keeps_them(scene, fake):
    generate()
    material = bpy.data.materials.new("Cards")
    if bpy.app.version < (5, 0, 0):
        material.use_nodes = True
    texture = material.node_tree.nodes.new("ShaderNodeTexImage")
    material.node_tree.links.new(texture.outputs["Color"], shader_of(material).inputs["Base Color"])
    other, hair = hair_object("Other", material), hair_object("Cards", material)
    other.select_set(False)
    for _ in range(2):  # the second time takes the same node
        assert bpy.ops.avatartex.colour_hair() == {"FINISHED"}
    assert other.material_slots[0].material == material and len(material.node_tree.links) == 2
    own = hair.material_slots[0].material
    [tint] = [node for node in own.node_tree.nodes if node.type == "MIX"]
    assert tint.inputs[6].links[0].from_node.type == "TEX_IMAGE" and np.allclose(
        tint.inputs[7].default_value[:3], LINEAR, atol=1e-3
    )
    assert shader_of(own).inputs["Base Color"].links[0].from_node == tint


def test_hair_shaders_take_the_colour_directly(scene, fake):
    generate()
    hair = hair_object("Strands", bpy.data.materials.new("Strands"))
    material = hair.material_slots[0].material
    if bpy.app.version < (5, 0, 0):
        material.use_nodes = True
    shader = material.node_tree.nodes.new("ShaderNodeBsdfHairPrincipled")
    shader.parametrization = "MELANIN"
    assert bpy.ops.avatartex.colour_hair() == {"FINISHED"}
    assert shader.parametrization == "COLOR"
    assert np.allclose(shader.inputs["Color"].default_value[:3], LINEAR, atol=1e-3)


def hair_cap(name, middle=(0, 0, 0)):
    """A patch of a sphere around the head's upper left, across the UV map's seam, with a UV map of its own."""
    turn, lift = np.meshgrid(np.linspace(2.4, 3.9, 25), np.linspace(0.4, 1.0, 13))
    places = 0.13 * np.stack([np.cos(turn) * np.cos(lift), np.sin(turn) * np.cos(lift), np.sin(lift)], -1) + middle
    corner = (np.arange(12)[:, None] * 25 + np.arange(24)).reshape(-1, 1)
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(places.reshape(-1, 3).tolist(), [], (corner + np.array([0, 1, 26, 25])).tolist())
    mesh.uv_layers.new(name="Cards")
    thing = bpy.data.objects.new(name, mesh)
    bpy.context.scene.collection.objects.link(thing)
    thing.select_set(True)
    return thing


def read_uv(mesh, name) -> np.ndarray:
    values = np.empty(2 * len(mesh.loops), np.float32)
    mesh.uv_layers[name].uv.foreach_get("vector", values)
    return values.reshape(-1, 2)


def test_hair_meshes_shine_across_the_seen_strands(scene, fake):
    """The map of each face is the head's below it, in which a place is its direction; no face crosses the seam."""
    scene.head.location = (1, 2, 3)
    generate(shell="picture")
    cap, curves = hair_cap("Cap", (1, 2, 3)), bpy.data.objects.new("Locks", bpy.data.curves.new("Locks", "CURVE"))
    bpy.context.scene.collection.objects.link(curves)
    curves.select_set(True)
    bpy.context.view_layer.update()
    for _ in range(2):  # the second time takes the same nodes and the same map
        assert bpy.ops.avatartex.colour_hair() == {"FINISHED"}
    assert [layer.name for layer in cap.data.uv_layers] == ["Cards", "AvatarTex Head"]
    assert cap.data.uv_layers.active.name == "Cards" and cap.data.uv_layers["Cards"].active_render
    shader = shader_of(cap.material_slots[0].material)
    assert shader.inputs["Anisotropic"].default_value > 0.3
    assert shader.inputs["Tangent"].links[0].from_node.uv_map == "AvatarTex Head"
    images = [node for node in shader.id_data.nodes if node.type == "TEX_IMAGE"]
    assert [node.image for node in images] == [bpy.data.images["Head Strands"]]
    assert images[0].inputs["Vector"].links[0].from_node.uv_map == "AvatarTex Head"
    assert not [node for node in curves.material_slots[0].material.node_tree.nodes if node.type == "TEX_IMAGE"]
    found = read_uv(cap.data, "AvatarTex Head")
    head_uv = read_uv(scene.head.data, scene.head.data.uv_layers.active.name)
    head_at = np.array([scene.head.data.vertices[loop.vertex_index].co for loop in scene.head.data.loops])
    at = np.array([cap.data.vertices[loop.vertex_index].co for loop in cap.data.loops]) - (1, 2, 3)
    at *= 0.12 / np.linalg.norm(at, axis=1, keepdims=True)
    nearest = np.linalg.norm(at[:, None] - head_at, axis=2).argmin(1)
    away = np.abs(found - head_uv[nearest])
    away[:, 0] = np.minimum(away[:, 0], np.abs(away[:, 0] - 1))  # the other side of the seam is the same place
    assert np.quantile(away, 0.95) < 0.1 and np.median(away) < 0.04
    assert np.ptp(found.reshape(-1, 4, 2), axis=1).max() < 0.1 < 0.5 < np.ptp(found[:, 0])


def test_strands_are_laid_where_a_shell_shows_them_and_the_artist_has_no_tangent(scene, fake):
    generate()
    cap = hair_cap("Cap")
    assert bpy.ops.avatartex.colour_hair() == {"FINISHED"}
    assert [layer.name for layer in cap.data.uv_layers] == ["Cards"]
    generate(shell="object", seed=3)
    shader = shader_of(cap.material_slots[0].material)
    own = shader.id_data.nodes.new("ShaderNodeTangent")
    shader.id_data.links.new(own.outputs["Tangent"], shader.inputs["Tangent"])
    [shell] = shells(scene.head)
    shell.select_set(True)
    before = len(shell.material_slots[0].material.node_tree.nodes)
    assert bpy.ops.avatartex.colour_hair() == {"FINISHED"}
    assert shader.inputs["Tangent"].links[0].from_node == own and len(cap.data.uv_layers) == 1
    assert len(shell.material_slots[0].material.node_tree.nodes) == before  # a shell is no hair of the artist's


def test_hair_takes_the_strands_of_the_newest_shell(scene, fake):
    generate(shell="picture")
    cap = hair_cap("Cap")
    assert bpy.ops.avatartex.colour_hair() == {"FINISHED"}
    image = next(node for node in shader_of(cap.material_slots[0].material).id_data.nodes if node.type == "TEX_IMAGE")
    before = image.image
    generate(shell="picture", seed=7)
    assert image.image == before and "avatartex_shell_of" not in before
    assert bpy.ops.avatartex.colour_hair() == {"FINISHED"}
    assert image.image != before and image.image["avatartex_shell_of"] == "Head"
