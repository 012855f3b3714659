"""Surface maps: images of data beside the colour, linked where the shader is free, and gone with the texture."""

from __future__ import annotations

import json
from pathlib import Path

import bpy
import cv2
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


def test_regions_are_redone_with_the_maps_that_the_head_has(textured, scene, addon):
    made = addon("api").add_surface_maps("Head", maps=("roughness", "displacement"))
    before = {name: image.packed_file.data for name, image in made.images.items()}
    bpy.ops.avatartex.regions_fill(kind="REDO", source="ALL")
    bpy.ops.avatartex.redo_regions(seed=4)
    asked = json.loads(Path(scene.job.report_path).read_text())["request"]
    assert asked["maps"] == ["displacement", "roughness"]
    for name in asked["maps"]:  # where the backend looks for them
        kept = Path(addon("backend.outputs").map_file(asked["base_texture"], name))
        assert kept.read_bytes() == before[name]
    assert our_nodes(textured) == {f"AvatarTex Map {name}" for name in ("UV", "displacement", "roughness")}
    first, second = (one.map_roughness.name for one in textured.avatartex_history)
    assert second == feeding(textured, "Roughness").image.name and first == made.images["roughness"].name
    addon("api").add_surface_maps("Head", maps=["normal"])
    made = addon("api").redo("Head", seed=5)
    assert feeding(textured, "Normal") is not None and made.image == feeding(textured, "Base Color").image


def test_painted_maps_are_kept_as_they_are_painted(textured, scene, addon):
    made = addon("api").add_surface_maps("Head", maps=("roughness", "displacement"))
    made.images["roughness"].pixels[:4] = (1.0, 0.0, 1.0, 1.0)
    bpy.ops.avatartex.regions_fill(kind="REDO", source="ALL")
    bpy.ops.avatartex.redo_regions(seed=4)
    asked = json.loads(Path(scene.job.report_path).read_text())["request"]
    kept = cv2.imread(addon("backend.outputs").map_file(asked["base_texture"], "roughness"))
    assert tuple(kept[-1, 0]) == (255, 0, 255)
    feeding(textured, "Roughness").image.source = "GENERATED"
    textured.avatartex_history[-1].map_displacement.pixels[:4] = (1.0, 0.0, 1.0, 1.0)
    with pytest.raises(RuntimeError, match="kept as they are"):
        bpy.ops.avatartex.redo_regions(seed=5)
    assert our_nodes(textured)


def test_tiles_of_maps_are_kept_for_regions(textured, scene, fake, addon):
    fake("tiles")
    bpy.ops.avatartex.generate()
    addon("api").add_surface_maps("Head", maps=["roughness"])
    bpy.ops.avatartex.regions_fill(kind="REDO", source="ALL")
    bpy.ops.avatartex.redo_regions(seed=4)
    asked = json.loads(Path(scene.job.report_path).read_text())["request"]
    pattern = addon("backend.outputs").map_file(asked["base_texture"], "roughness")
    assert all(Path(pattern.replace("<UDIM>", str(tile))).is_file() for tile in (1001, 1002))


@pytest.mark.parametrize("torn", ["roughness", "texture"])
def test_a_file_that_is_not_there_leaves_no_image(textured, addon, monkeypatch, torn):
    generation, images = addon("jobs.generation"), len(bpy.data.images)
    run, shown = generation.Generation, feeding(textured, "Base Color").image
    job = run(addon("jobs.describing").describe_settings(bpy.context), ["normal", "roughness"])
    job.wait()
    path = Path(job.answer.output)
    (path if torn == "texture" else path.with_name("texture_roughness.png")).unlink()
    with pytest.raises(addon("api").AvatarTexError, match="could not read"):
        job.apply()
    job.finish()
    assert len(bpy.data.images) == images and feeding(textured, "Base Color").image == shown


def test_what_cannot_be_is_refused(scene, fake, addon):
    api = addon("api")
    assert not bpy.ops.avatartex.surface_maps.poll()
    bpy.ops.avatartex.generate()
    with pytest.raises(api.AvatarTexError, match="shine"):
        api.add_surface_maps("Head", maps=["shine"])
    with pytest.raises(api.AvatarTexError, match="No map is chosen"):
        api.add_surface_maps("Head", maps=[])
    assert not our_nodes(bpy.data.objects["Head"])


def heights_of(head):
    """The node that displaces the surface; None where nothing does."""
    return next((node for node in material_of(head).node_tree.nodes if node.type == "DISPLACEMENT"), None)


def test_each_result_brings_its_own_and_keeps_them_in_the_file(textured, addon, tmp_path):
    first = addon("api").add_surface_maps("Head").images["normal"].name
    bpy.ops.avatartex.new_seed()
    assert not our_nodes(textured) and first in bpy.data.images
    second = addon("api").add_surface_maps("Head", maps=["normal"]).images["normal"].name
    bpy.ops.avatartex.show_result(index=0)
    assert feeding(textured, "Normal").inputs["Color"].links[0].from_node.image.name == first
    assert feeding(textured, "Roughness") is not None
    bpy.ops.avatartex.show_result(index=1)
    assert feeding(textured, "Normal").inputs["Color"].links[0].from_node.image.name == second
    assert feeding(textured, "Roughness") is None
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "kept.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "kept.blend"))
    head = bpy.data.objects["Head"]
    bpy.ops.avatartex.show_result(index=0)
    assert feeding(head, "Normal").inputs["Color"].links[0].from_node.image.packed_files
    bpy.ops.avatartex.purge_results()
    assert second not in bpy.data.images and first in bpy.data.images


def test_maps_of_other_layers_are_said_and_made_again(textured, addon):
    kept = addon("scene.kept_maps")
    addon("api").add_surface_maps("Head", maps=["roughness", "ao"])
    entry, layers = textured.avatartex_history[0], textured.avatartex_history[0].image.avatartex_layers
    assert not kept.are_of_others(entry)
    layers.light = 0.0
    assert not kept.are_of_others(entry)  # no map shows the light
    layers.hair = 0.25
    assert kept.are_of_others(entry)
    job = addon("jobs.maps_job").MapsJob(addon("jobs.describing").describe_result(textured), kept.kept_maps(entry))
    job.wait()
    asked = json.loads(Path(job.answer.report).read_text())["request"]
    job.apply()
    job.finish()
    assert asked["layer_opacities"]["hair"] == 0.25 and asked["maps"] == ["roughness", "ao"]
    assert not kept.are_of_others(textured.avatartex_history[0]) and layers.hair == 0.25


def test_heights_move_the_surface_on_request(textured, addon):
    assert not bpy.ops.avatartex.displace.poll()
    addon("api").add_surface_maps("Head", maps=["normal", "displacement"])
    assert heights_of(textured) is None and material_of(textured).displacement_method == "BUMP"
    bpy.ops.avatartex.displace()
    moved = heights_of(textured)
    assert moved.inputs["Height"].links[0].from_node.image.name.startswith("Head displacement")
    assert moved.outputs[0].links[0].to_node.type == "OUTPUT_MATERIAL" and moved.inputs["Midlevel"].default_value == 0
    assert material_of(textured).displacement_method == "BOTH" and feeding(textured, "Normal") is None
    bpy.ops.avatartex.compare()
    assert heights_of(textured).outputs[0].links[0].is_muted
    bpy.ops.avatartex.compare()
    assert not heights_of(textured).outputs[0].links[0].is_muted and feeding(textured, "Normal") is None
    bpy.ops.avatartex.new_seed()
    assert heights_of(textured) is None and material_of(textured).displacement_method == "BUMP"
    bpy.ops.avatartex.show_result(index=0)
    assert heights_of(textured) is not None  # the result's own choice
    bpy.ops.avatartex.displace()
    assert heights_of(textured) is None and feeding(textured, "Normal") is not None
    assert material_of(textured).displacement_method == "BUMP"


def test_an_artists_displacement_stays(textured, addon):
    tree = material_of(textured).node_tree
    own, output = tree.nodes.new("ShaderNodeDisplacement"), tree.get_output_node("ALL")
    tree.links.new(own.outputs[0], output.inputs["Displacement"])
    addon("api").add_surface_maps("Head", maps=["displacement"])
    bpy.ops.avatartex.displace()
    assert output.inputs["Displacement"].links[0].from_node == own
