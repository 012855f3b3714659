"""Heads that cannot be textured as they are: the message says which and what to do, and nothing changes."""

from __future__ import annotations

import math
from pathlib import Path

import bpy
import cv2
import numpy as np
import pytest

from .conftest import make_head, write_capture


def state(head: bpy.types.Object) -> tuple:
    """What a refused job must leave alone."""
    mesh = head.data
    uvs = [np.empty(len(mesh.loops) * 2, np.float32) for _ in mesh.uv_layers]
    for layer, values in zip(mesh.uv_layers, uvs):
        layer.uv.foreach_get("vector", values)
    return (
        [layer.name for layer in mesh.uv_layers],
        [values.tobytes() for values in uvs],
        len(mesh.polygons),
        [slot.material for slot in head.material_slots],
        len(bpy.data.images),
        len(bpy.data.materials),
        len(bpy.data.meshes),
        [v.select for v in mesh.vertices],
        head.mode,
    )


def refused(scene, sentence: str) -> None:
    before = state(scene.head)
    with pytest.raises(RuntimeError, match=sentence):
        bpy.ops.avatartex.generate()
    assert state(scene.head) == before and not scene.job.running


def set_uvs(head, change) -> None:
    layer = head.data.uv_layers["UVMap"]
    uvs = np.empty(len(head.data.loops) * 2, np.float32)
    layer.uv.foreach_get("vector", uvs)
    layer.uv.foreach_set("vector", change(uvs.reshape(-1, 2)).astype(np.float32).ravel())


def test_an_empty_uv_map(scene, fake):
    set_uvs(scene.head, lambda uvs: uvs * 0)
    refused(scene, "UV map of 'Head' is empty")
    assert scene.job.error_code == "no-uvs" and "Unwrap" in scene.job.error_cure


@pytest.mark.parametrize("value", [math.nan, math.inf])  # Blender makes the largest float of inf
def test_coordinates_that_are_not_numbers(scene, fake, value):
    scene.head.data.vertices[5].co.x = value
    with pytest.raises(RuntimeError, match=r"1 vertices whose coordinates are not numbers|units large"):
        bpy.ops.avatartex.generate()
    assert scene.job.error_code == "bad-mesh" and "ertices" in scene.job.error_cure


def test_uvs_that_are_not_numbers(scene, fake):
    set_uvs(scene.head, lambda uvs: np.where(np.arange(len(uvs))[:, None] == 7, np.nan, uvs))
    with pytest.raises(RuntimeError, match="faces with UVs whose coordinates are not numbers"):
        bpy.ops.avatartex.generate()


def test_no_faces(scene, fake):
    scene.head.data.clear_geometry()
    scene.head.data.from_pydata([(0, 0, 0)], [], [])
    refused(scene, "'Head' has no (faces|UV map)")


def test_more_faces_than_a_face_can_have(scene, fake, addon, monkeypatch):
    monkeypatch.setattr(addon("backend.head.mesh"), "MOST_FACES", 100)
    refused(scene, "'Head' has 224 triangles, more than 100. Lower its subdivision")


def test_a_head_without_extent(scene, fake):
    scene.head.scale = (0, 0, 0)
    bpy.context.view_layer.update()
    refused(scene, "'Head' is 0 units large")


def test_two_heads_selected(scene, fake):
    other = make_head("Other")
    scene.choice.head = None
    for head in (scene.head, other):
        head.select_set(True)
    refused(scene, "2 meshes are selected: 'Head', 'Other'. Select one head alone, or choose it as Head")
    scene.choice.head, other.avatartex.portrait = other, scene.settings.portrait
    assert bpy.ops.avatartex.generate() == {"FINISHED"} and scene.job.object_name == "Other"


def test_a_soup_of_faces_goes_to_the_backend_whole(scene, fake):
    """Non-manifold, doubled, inside out: nothing in Blender trips over it."""
    random = np.random.default_rng(2)
    mesh = bpy.data.meshes.new("Soup")
    mesh.from_pydata(random.random((60, 3)).tolist(), [], [random.choice(60, 3, False).tolist() for _ in range(300)])
    mesh.uv_layers.new(name="UVMap").uv.foreach_set("vector", random.random(len(mesh.loops) * 2).astype(np.float32))
    scene.choice.head = bpy.data.objects.new("Soup", mesh)
    bpy.context.scene.collection.objects.link(scene.choice.head)
    scene.choice.head.avatartex.portrait = scene.settings.portrait
    assert bpy.ops.avatartex.generate() == {"FINISHED"}


def test_the_group_of_the_heads_faces(scene, fake, addon, tmp_path):
    mesh = scene.head.data
    group = scene.head.vertex_groups.new(name="Face")
    scene.settings.head_group = "Face"
    refused(scene, "No face of 'Head' lies in the vertex group 'Face'")
    scene.settings.head_group = "Gone"
    refused(scene, "no vertex group named 'Gone'")
    upper = [v.index for v in mesh.vertices if v.co.z > 0.001]
    group.add(upper, 1.0, "REPLACE")
    write_capture(addon, tmp_path / "head.npz", scene.head, "UVMap", (0,), "Face")
    with np.load(tmp_path / "head.npz") as data:
        chosen, vertices, triangles = data["face_mask"], data["vertices"], data["triangles"]
    assert 0 < chosen.sum() < len(chosen) and (vertices[triangles[chosen]][..., 2] > 0).all()
    scene.head.modifiers.new("Smooth", "SUBSURF").levels = 1
    write_capture(addon, tmp_path / "fine.npz", scene.head, "UVMap", (0,), "Face")
    with np.load(tmp_path / "fine.npz") as data:
        assert abs(data["face_mask"].mean() - chosen.mean()) < 0.1


def test_only_the_selected_faces(scene, fake, addon, tmp_path):
    mesh = scene.head.data
    scene.settings.selected_faces = True
    mesh.polygons.foreach_set("select", np.zeros(len(mesh.polygons), bool))
    mesh.update()
    refused(scene, "No face of 'Head' is selected")
    mesh.polygons[3].select = mesh.polygons[9].select = True
    write_capture(addon, tmp_path / "head.npz", scene.head, "UVMap", (0,), "", True)
    with np.load(tmp_path / "head.npz") as data:
        assert 2 <= data["face_mask"].sum() <= 4


def test_a_new_uv_map_leaves_the_artists(scene, fake):
    """Mirrored halves: the button of the warning adds a map in which no two faces share texels."""
    head = scene.head
    set_uvs(head, lambda uvs: np.abs(uvs - 0.5))
    head.data.uv_layers.new(name="Second")
    head.data.uv_layers.active = head.data.uv_layers["UVMap"]
    head.data.polygons[2].hide = True
    before = state(head)
    assert bpy.ops.avatartex.add_uv_map() == {"FINISHED"}
    after = state(head)
    assert scene.settings.uv_map == "AvatarTex" and head.data.uv_layers.active.name == "UVMap"
    assert after[0] == [*before[0], "AvatarTex"] and after[1][:2] == before[1] and after[2:] == before[2:]
    assert head.data.polygons[2].hide and next(u.name for u in head.data.uv_layers if u.active_render) == "UVMap"
    uvs = np.empty(len(head.data.loops) * 2, np.float32)
    head.data.uv_layers["AvatarTex"].uv.foreach_get("vector", uvs)
    head.data.calc_loop_triangles()
    corners = uvs.reshape(-1, 2)[[triangle.loops[:] for triangle in head.data.loop_triangles]]
    from backend.head.rasterize import drawn_twice, texel_corners

    assert drawn_twice(texel_corners(corners, 512), 512, 512) < 0.01
    assert bpy.ops.avatartex.generate() == {"FINISHED"}


def test_a_head_without_any_uv_map_gets_one(scene, fake):
    scene.head.data.uv_layers.remove(scene.head.data.uv_layers[0])
    assert not bpy.ops.avatartex.generate.poll()
    assert bpy.ops.avatartex.add_uv_map() == {"FINISHED"}
    assert bpy.ops.avatartex.generate() == {"FINISHED"}
    assert scene.head.data.uv_layers.active.name == "AvatarTex"


def test_udim_tiles_become_one_tiled_image(scene, addon, tmp_path):
    for tile, colour in ((1001, 0.25), (1002, 0.75)):
        picture = bpy.data.images.new(str(tile), 8, 8)
        picture.pixels.foreach_set(np.full(256, colour, np.float32))
        picture.filepath_raw, picture.file_format = str(tmp_path / f"texture.{tile}.png"), "PNG"
        picture.save()
    image = addon("scene.images").load_result(tmp_path / "texture.<UDIM>.png", "Tiles", [1001, 1002])
    assert image.source == "TILED" and [tile.number for tile in image.tiles] == [1001, 1002]
    assert image.packed_files and image.size[:] == (8, 8)
    base = addon("core.chore").run_whole(addon("scene.images").keep_base(image, tmp_path / "base"))
    assert [(tmp_path / f"base.{tile}.img").read_bytes()[:4] for tile in (1001, 1002)] == [b"\x89PNG"] * 2
    assert base == str(tmp_path / "base.<UDIM>.img")


def test_a_packed_picture_of_others_is_copied_by_its_bytes(scene, addon, tmp_path):
    """Not its pixels are written but its file; the image, its name and its users stay."""
    (tmp_path / "job").mkdir()
    images, before = addon("scene.images"), set(bpy.data.images.keys())
    for name, kind in (("skin.png", "PNG"), ("skin.tga", "TARGA")):
        picture = bpy.data.images.new(name, 16, 8)
        picture.filepath_raw, picture.file_format = str(tmp_path / name), kind
        picture.save()
        bpy.data.images.remove(picture)
        image = bpy.data.images.load(str(tmp_path / name))
        image.pack()
        data = (tmp_path / name).read_bytes()
        (tmp_path / name).unlink()
        assert images.read_size(image) == (16, 8) and (image.has_data or kind == "PNG")
        base = Path(addon("core.chore").run_whole(images.keep_base(image, tmp_path / "job" / f"base{kind}")))
        if kind == "PNG":
            assert base.read_bytes() == data
        else:
            assert cv2.imread(str(base)).shape == (8, 16, 3)  # the backend does not know that: written anew
        assert image.packed_file.data == data and image.name == name and image.filepath == str(tmp_path / name)
    assert set(bpy.data.images.keys()) == before | {"skin.png", "skin.tga"}
