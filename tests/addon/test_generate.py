"""Generate and restore, in Blender, through the operators that artists and scripts call."""

from __future__ import annotations

import json
from pathlib import Path

import bpy
import numpy as np
import pytest

from .conftest import make_head


def generate():
    return bpy.ops.avatartex.generate()


def links(material):
    return sorted(
        (link.from_node.name, link.from_socket.identifier, link.to_node.name, link.to_socket.identifier)
        for link in material.node_tree.links
    )


def nodes(material):
    return sorted(node.name for node in material.node_tree.nodes)


def new_material(name, head):
    material = bpy.data.materials.new(name)
    if bpy.app.version < (5, 0, 0):
        material.use_nodes = True
    head.data.materials.append(material)
    return material


def add_image(material, name="Old Skin", size=8):
    """An image node on the Base Color; the node."""
    node = material.node_tree.nodes.new("ShaderNodeTexImage")
    node.image = bpy.data.images.new(name, size, size)
    shader = material.node_tree.nodes["Principled BSDF"]
    material.node_tree.links.new(node.outputs["Color"], shader.inputs["Base Color"])
    return node


def test_paths_and_summary_are_there_afterwards(scene, fake):
    fake("warn")
    assert generate() == {"FINISHED"}
    job = scene.job
    assert all(Path(path).is_file() for path in (job.texture_path, job.provenance_path, job.report_path))
    [entry] = scene.head.avatartex_history
    assert entry.summary == "1.2 s · registration good · 87% of the face is the person's own"
    assert entry.warnings == "The portrait is small."
    assert not job.running and not job.error_code


def test_a_head_without_material_gets_one(scene, fake):
    generate()
    material = scene.head.material_slots[0].material
    image = material.node_tree.nodes["AvatarTex Texture"].image
    assert image.name == "Head AvatarTex" and image.packed_file and image.colorspace_settings.name == "sRGB"
    assert image.size[:] == (512, 512)
    assert material.node_tree.nodes["AvatarTex UV Map"].uv_map == "UVMap"
    bpy.ops.avatartex.restore()
    assert len(scene.head.material_slots) == 0


def test_pixels_are_the_files(scene, fake):
    """Fake texel (column, row from the top) is (column, row, 128) of 512 scaled to bytes; Blender's rows go up."""
    generate()
    image = bpy.data.images["Head AvatarTex"]
    pixels = np.empty(512 * 512 * 4, np.float32)
    image.pixels.foreach_get(pixels)
    top_row = pixels.reshape(512, 512, 4)[-1]
    assert np.allclose(top_row[256, :3] * 255, (127, 0, 128), atol=1)
    image.reload()
    assert image.size[0] == 512


def test_the_artists_data_is_untouched(scene, fake):
    material = new_material("Skin", scene.head)
    mesh = scene.head.data
    second = mesh.uv_layers.new(name="Second")
    before = np.empty(len(mesh.loops) * 2, np.float32)
    mesh.uv_layers["UVMap"].uv.foreach_get("vector", before)
    generate()
    after = np.empty_like(before)
    mesh.uv_layers["UVMap"].uv.foreach_get("vector", after)
    assert np.array_equal(before, after) and second.name in mesh.uv_layers
    assert [slot.material.name for slot in scene.head.material_slots] == ["Skin"]
    assert {"Principled BSDF", "Material Output"} <= set(nodes(material))


def test_an_image_is_exchanged_in_its_node_and_comes_back(scene, fake):
    material = new_material("Skin", scene.head)
    node = add_image(material)
    old, links_before, nodes_before = node.image, links(material), nodes(material)
    for _ in range(2):
        generate()
        assert node.image.name.startswith("Head AvatarTex")
    assert links(material) == links_before and nodes(material) == nodes_before
    assert old.use_fake_user
    bpy.ops.avatartex.restore()
    assert node.image == old and links(material) == links_before
    assert not bpy.ops.avatartex.restore.poll()


def test_the_image_is_found_behind_a_mix(scene, fake):
    material = new_material("Skin", scene.head)
    node, tree = add_image(material), material.node_tree
    mix = tree.nodes.new("ShaderNodeMix")
    mix.data_type = "RGBA"
    mix.inputs["Factor"].default_value = 0.5  # 1 in a new node from Blender 5.1 on, which would leave A out
    hue = tree.nodes.new("ShaderNodeHueSaturation")
    tree.links.new(node.outputs["Color"], hue.inputs["Color"])
    tree.links.new(hue.outputs["Color"], next(s for s in mix.inputs if s.identifier == "A_Color"))
    tree.links.new(
        next(s for s in mix.outputs if s.identifier == "Result_Color"),
        tree.nodes["Principled BSDF"].inputs["Base Color"],
    )
    before = links(material)
    generate()
    assert node.image.name == "Head AvatarTex" and links(material) == before


def test_another_uv_map_and_used_alpha_get_a_node_of_their_own(scene, fake):
    material = new_material("Skin", scene.head)
    node, tree = add_image(material), material.node_tree
    tree.links.new(node.outputs["Alpha"], tree.nodes["Principled BSDF"].inputs["Alpha"])
    before, nodes_before, old = links(material), nodes(material), node.image
    scene.head.data.uv_layers.new(name="Second")
    for uv_map in ("UVMap", "Second"):
        scene.settings.uv_map = uv_map
        generate()
        assert node.image == old
        assert tree.nodes["AvatarTex UV Map"].uv_map == uv_map
        bpy.ops.avatartex.restore()
        assert links(material) == before and nodes(material) == nodes_before


def test_a_shared_material_is_copied(scene, fake):
    material = new_material("Skin", scene.head)
    other = make_head("Other")
    other.data.materials.append(material)
    before = links(material)
    generate()
    assert other.material_slots[0].material == material and links(material) == before
    copy = scene.head.material_slots[0].material
    assert copy != material and "copy" in scene.head.avatartex_history[0].warnings
    generate()
    assert scene.head.material_slots[0].material == copy
    bpy.ops.avatartex.restore()
    assert scene.head.material_slots[0].material == material


def test_a_mesh_shared_by_objects(scene, fake):
    material = new_material("Skin", scene.head)
    twin = bpy.data.objects.new("Twin", scene.head.data)
    bpy.context.scene.collection.objects.link(twin)
    generate()
    assert twin.material_slots[0].material == material
    assert scene.head.material_slots[0].material != material
    bpy.ops.avatartex.restore()
    assert scene.head.material_slots[0].material == material and scene.head.material_slots[0].link == "DATA"


def test_only_the_heads_slot_is_written(scene, fake):
    skin, hair = new_material("Skin", scene.head), new_material("Hair", scene.head)
    indices = np.ones(len(scene.head.data.polygons), np.int32)
    indices[:20] = 0
    scene.head.data.polygons.foreach_set("material_index", indices)
    group = scene.head.vertex_groups.new(name="DEF-Head")
    group.add([v for p in scene.head.data.polygons[:20] for v in p.vertices], 1.0, "REPLACE")
    skin.name = "Skin"
    generate()
    assert "AvatarTex Texture" in nodes(skin) or "AvatarTex Texture" in nodes(hair)
    after = np.empty_like(indices)
    scene.head.data.polygons.foreach_get("material_index", after)
    assert np.array_equal(indices, after)


def test_the_slot_rule(scene, addon):
    find = addon("scene.slots").find_head_slot
    mesh = scene.head.data
    new_material("Cloth", scene.head), new_material("Face", scene.head)
    indices = np.zeros(len(mesh.polygons), np.int32)
    indices[:20] = 1
    mesh.polygons.foreach_set("material_index", indices)
    assert find(scene.head) == 0
    group = scene.head.vertex_groups.new(name="mixamorig:Head")
    inside = {v for p in mesh.polygons[:20] for v in p.vertices}
    group.add(list(inside - {v for p in mesh.polygons[20:] for v in p.vertices}), 1.0, "REPLACE")
    assert find(scene.head) == 1


def test_what_is_there_becomes_the_base(scene, fake, tmp_path):
    node = add_image(new_material("Skin", scene.head))
    node.image.pixels[:4] = (1.0, 0.5, 0.0, 1.0)
    generate()
    request = json.loads(Path(scene.job.report_path).read_text())["request"]
    data = Path(request["base_texture"]).read_bytes()
    assert data[:2] == b"BM" and tuple(data[54:57]) == (0, 128, 255)
    old = bpy.data.images["Old Skin"]
    old.filepath_raw, old.file_format = str(tmp_path / "old.png"), "PNG"
    old.save()
    bpy.ops.avatartex.restore()
    generate()
    request = json.loads(Path(scene.job.report_path).read_text())["request"]
    assert Path(request["base_texture"]).read_bytes() == (tmp_path / "old.png").read_bytes()


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda s: setattr(s.settings, "portrait", ""), "no portrait"),
        (lambda s: setattr(s.settings, "portrait", "//gone.png"), "gone.png"),
        (lambda s: setattr(s.settings, "uv_map", "Nonsense"), "Nonsense"),
        (lambda s: s.head.data.uv_layers.remove(s.head.data.uv_layers[0]), "no UV map"),
        (lambda s: bpy.data.objects.remove(s.head), "No head"),
    ],
)
def test_what_is_missing_is_said_before(scene, fake, spoil, sentence):
    spoil(scene)
    assert not bpy.ops.avatartex.generate.poll()
    with pytest.raises(RuntimeError, match=sentence):
        generate()


def test_a_refusal_leaves_the_scene_untouched(scene, fake):
    material = new_material("Skin", scene.head)
    before, images = links(material), len(bpy.data.images)
    fake("refuse")
    with pytest.raises(RuntimeError, match="No face was found"):
        generate()
    assert scene.job.error_code == "no-face-in-portrait" and "front" in scene.job.error_cure
    assert links(material) == before and len(bpy.data.images) == images and not scene.job.running
    fake()
    generate()
    assert not scene.job.error_code


def test_no_backend(scene, monkeypatch, addon):
    addon("session").close()
    monkeypatch.delenv("AVATARTEX_BACKEND_PYTHON", raising=False)
    with pytest.raises(RuntimeError, match="not set up"):
        generate()
    assert scene.job.error_code == "backend-missing"


def test_a_loaded_file_brings_no_old_job(scene, fake, tmp_path):
    generate()
    scene.job.running = True
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "saved.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "saved.blend"), load_ui=True)
    assert not bpy.context.window_manager.avatartex_job.running
    head = bpy.data.objects["Head"]
    assert bpy.data.images["Head AvatarTex"].size[0] == 512
    bpy.context.view_layer.objects.active = head
    assert bpy.ops.avatartex.restore() == {"FINISHED"}
