"""The capture: the evaluated mesh in world space, corner by corner."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

from .conftest import write_capture


@pytest.fixture
def capture(scene, addon, tmp_path):
    def take(slot: int = 0, uv_map: str = "UVMap"):
        write_capture(addon, tmp_path / "head.npz", scene.head, uv_map, (slot,))
        with np.load(tmp_path / "head.npz", allow_pickle=False) as data:
            return dict(data)

    return take


def test_arrays_and_their_types(scene, capture):
    data = capture()
    mesh = scene.head.data
    mesh.calc_loop_triangles()
    count = len(mesh.loop_triangles)
    assert data["vertices"].shape == (len(mesh.vertices), 3) and data["vertices"].dtype == np.float32
    assert data["triangles"].shape == (count, 3) and data["triangles"].dtype == np.int32
    assert data["corner_uvs"].shape == (count, 3, 2) and data["corner_uvs"].dtype == np.float32
    assert data["material_index"].shape == (count,)
    assert (str(data["up"]), str(data["object_name"]), str(data["uv_name"])) == ("z", "Head", "UVMap")
    triangle = mesh.loop_triangles[7]
    assert list(data["triangles"][7]) == list(triangle.vertices)
    for corner, loop in enumerate(triangle.loops):
        assert np.allclose(data["corner_uvs"][7, corner], mesh.uv_layers["UVMap"].uv[loop].vector)


def test_world_space_modifiers_and_shape_keys(scene, capture):
    head = scene.head
    head.shape_key_add(name="Basis")
    key = head.shape_key_add(name="Long")
    for point in key.data:
        point.co.z *= 2
    key.value = 1.0
    head.location, head.scale = (1, 2, 3), (2, 2, 2)
    head.modifiers.new("Smooth", "SUBSURF").levels = 1
    bpy.context.view_layer.update()
    data = capture()
    assert len(data["vertices"]) > len(head.data.vertices)
    assert np.allclose(data["vertices"].mean(0), (1, 2, 3), atol=0.02)
    assert np.ptp(data["vertices"][:, 2]) > 1.6 * np.ptp(data["vertices"][:, 0])


def test_a_mirrored_object_keeps_its_outside(scene, capture):
    scene.head.scale.x = -1
    bpy.context.view_layer.update()
    data = capture()
    a, b, c = np.moveaxis(data["vertices"][data["triangles"]], 1, 0)
    outward = (np.cross(b - a, c - a) * (a + b + c)).sum(1)
    assert (outward > -1e-9).all()


def test_several_materials_are_masked(scene, capture):
    for name in ("Skin", "Eyes"):
        scene.head.data.materials.append(bpy.data.materials.new(name))
    scene.head.data.polygons[3].material_index = 1
    data = capture(slot=1)
    assert data["face_mask"].sum() in (1, 2) and data["face_mask"].dtype == bool
    assert "face_mask" not in capture_of_single(scene, capture)


def capture_of_single(scene, capture):
    scene.head.data.materials.clear()
    return capture()


def test_a_modifier_that_removes_everything(scene, capture, addon):
    modifier = scene.head.modifiers.new("Mask", "MASK")
    modifier.vertex_group = scene.head.vertex_groups.new(name="Nothing").name
    bpy.context.view_layer.update()
    with pytest.raises(addon("backend.errors").AvatarTexError, match="no faces"):
        capture()


def test_nothing_of_the_artists_changes(scene, capture):
    before = [tuple(v.co) for v in scene.head.data.vertices]
    meshes = len(bpy.data.meshes)
    capture()
    assert [tuple(v.co) for v in scene.head.data.vertices] == before and len(bpy.data.meshes) == meshes


def test_a_pose_is_captured_as_it_is_seen(scene, capture):
    """The head turned by a bone, or by its object: the same places in space."""
    armature = bpy.data.objects.new("Rig", bpy.data.armatures.new("Rig"))
    bpy.context.scene.collection.objects.link(armature)
    bpy.context.view_layer.objects.active = armature
    bpy.ops.object.mode_set(mode="EDIT")
    bone = armature.data.edit_bones.new("Head")
    bone.head, bone.tail = (0, 0, 0), (0, 0, 1)
    bpy.ops.object.mode_set(mode="OBJECT")
    scene.head.rotation_euler.z = 0.7
    bpy.context.view_layer.update()
    turned = capture()["vertices"]
    scene.head.rotation_euler.z = 0
    scene.head.vertex_groups.new(name="Head").add(range(len(scene.head.data.vertices)), 1.0, "REPLACE")
    scene.head.modifiers.new("Armature", "ARMATURE").object = armature
    armature.pose.bones["Head"].rotation_mode = "XYZ"
    armature.pose.bones["Head"].rotation_euler.y = 0.7  # a bone's y runs along it
    bpy.context.view_layer.update()
    assert np.allclose(capture()["vertices"], turned, atol=1e-5)


def test_other_objects_are_no_part_of_the_head(scene, capture):
    """Eyes, teeth and lashes as objects of their own, children of the head even, are neither captured nor changed."""
    count = len(capture()["triangles"])
    eye = scene.head.copy()
    eye.data = scene.head.data.copy()
    eye.parent = scene.head
    bpy.context.scene.collection.objects.link(eye)
    assert len(capture()["triangles"]) == count
