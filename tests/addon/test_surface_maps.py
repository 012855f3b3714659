"""Surface maps: images of data beside the colour, linked where the shader is free, and gone with the texture."""

from __future__ import annotations

import bpy
import pytest


@pytest.fixture
def textured(scene, fake):
    skin = bpy.data.materials.new("Skin")
    skin.use_nodes = True
    scene.head.data.materials.append(skin)
    bpy.ops.avatartex.generate()
    return bpy.data.objects["Head"]


def material_of(head):
    return head.material_slots[0].material


def shader_of(head):
    return next(node for node in material_of(head).node_tree.nodes if node.type == "BSDF_PRINCIPLED")


def feeding(head, name: str):
    """The node that an input takes its value from; None where its own value counts."""
    links = shader_of(head).inputs[name].links
    return links[0].from_node if links and not links[0].is_muted else None


def our_nodes(head) -> set[str]:
    return {node.name for node in material_of(head).node_tree.nodes if node.name.startswith("AvatarTex Map")}


def test_the_shader_takes_them_and_they_are_no_colours(textured, addon):
    made = addon("api").add_surface_maps("Head", maps=("all",))
    bent, rough = feeding(textured, "Normal"), feeding(textured, "Roughness")
    assert (bent.type, bent.uv_map, bent.space) == ("NORMAL_MAP", "UVMap", "TANGENT")
    image = bent.inputs["Color"].links[0].from_node.image
    assert image == made.images["normal"] and rough.image == made.images["roughness"]
    assert feeding(textured, "Specular IOR Level").image == made.images["specular"]
    assert {one.colorspace_settings.name for one in made.images.values()} == {"Non-Color"}
    assert all(one.packed_files for one in made.images.values()) and len(made.images) == 7
    assert rough.inputs["Vector"].links[0].from_node.uv_map == "UVMap"
    assert made.images["ao"].filepath == "//textures/Head_ao.png"


def test_it_is_one_step_of_undo_and_the_texture_stays(textured):
    image = feeding(textured, "Base Color").image.name
    bpy.ops.ed.undo_push(message="start")
    bpy.ops.avatartex.make_maps("EXEC_DEFAULT", True, maps={"roughness"})
    assert feeding(textured, "Roughness") is not None and feeding(textured, "Normal") is None
    assert len(textured.avatartex_history) == 1 and feeding(textured, "Base Color").image.name == image
    bpy.ops.ed.undo()
    assert not our_nodes(bpy.data.objects["Head"])
    assert bpy.ops.avatartex.surface_maps(maps={"normal"}) == {"FINISHED"}


def test_what_the_artist_linked_stays(textured, addon):
    tree = material_of(textured).node_tree
    own = tree.nodes.new("ShaderNodeValue")
    tree.links.new(own.outputs[0], shader_of(textured).inputs["Roughness"])
    made = addon("api").add_surface_maps("Head")
    assert feeding(textured, "Roughness") == own and feeding(textured, "Normal") is not None
    assert any("'Roughness'" in note for note in made.warnings)
    assert "AvatarTex Map roughness" in our_nodes(textured)


def test_again_they_are_the_same_nodes_and_no_image_is_left(textured, addon):
    addon("api").add_surface_maps("Head")
    first, images = our_nodes(textured), len(bpy.data.images)
    addon("api").add_surface_maps("Head")
    assert our_nodes(textured) == first and len(bpy.data.images) == images


def test_the_former_look_and_another_texture_are_without_them(textured, addon):
    addon("api").add_surface_maps("Head")
    bpy.ops.avatartex.compare()
    assert feeding(textured, "Normal") is None
    bpy.ops.avatartex.compare()
    assert feeding(textured, "Normal") is not None
    bpy.ops.avatartex.new_seed()
    assert not our_nodes(textured) and feeding(textured, "Normal") is None
    addon("api").add_surface_maps("Head")
    bpy.ops.avatartex.restore()
    assert not our_nodes(textured)


def test_udim_tiles_are_tiles_of_one_image(textured, fake, addon):
    fake("tiles")
    made = addon("api").add_surface_maps("Head", maps=["roughness"])
    assert [tile.number for tile in made.images["roughness"].tiles] == [1001, 1002]


def test_what_cannot_be_is_refused(scene, fake, addon):
    api = addon("api")
    assert not bpy.ops.avatartex.surface_maps.poll()
    bpy.ops.avatartex.generate()
    with pytest.raises(api.AvatarTexError, match="shine"):
        api.add_surface_maps("Head", maps=["shine"])
    with pytest.raises(api.AvatarTexError, match="No map is chosen"):
        api.add_surface_maps("Head", maps=[])
    assert not our_nodes(bpy.data.objects["Head"])
