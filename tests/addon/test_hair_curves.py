"""Hair curves: Blender's own, rooted on the head, in the colours of a job's file, and following the head.

The fake backend's curves lie on the first of the head's triangles: three of hair and one of a beard.
"""

from __future__ import annotations

import bpy
import numpy as np
import pytest

COUNT, POINTS = 6, 4


def write(path, head, facial=(False,) * COUNT):
    """Straight curves from the middles of triangles to their corners, 0.01 above the surface, of many colours."""
    mesh = head.data
    mesh.calc_loop_triangles()
    corners = np.array([tuple(triangle.vertices) for triangle in mesh.loop_triangles], np.int32)
    uvs = np.array([mesh.uv_layers[0].uv[loop].vector for triangle in mesh.loop_triangles for loop in triangle.loops])
    uvs = uvs.reshape(-1, 3, 2)
    triangle = np.arange(20, 20 + COUNT)
    along = np.linspace(0, 0.9, POINTS)[:, None]
    weights = (1 - along) / 3 + along * np.float32([1, 0, 0])
    np.savez(
        path,
        corners=corners,
        triangle=np.repeat(triangle[:, None], POINTS, 1),
        weights=np.repeat(weights[None], COUNT, 0),
        height=np.full((COUNT, POINTS), 0.01, np.float32) * (np.arange(POINTS) > 0),
        uv=uvs[triangle].mean(1).astype(np.float32),
        color=np.linspace(0.2, 0.8, COUNT)[:, None] * np.float32([1, 0.5, 0.25]),
        facial=np.array(facial),
        radius=0.001,
    )
    return path


def places(thing, evaluated: bool = False) -> np.ndarray:
    """(n,k,3) of the points, in the head's space."""
    if evaluated:
        bpy.context.view_layer.update()
        thing = thing.evaluated_get(bpy.context.evaluated_depsgraph_get())
    found = np.empty(COUNT * POINTS * 3, np.float32)
    thing.data.position_data.foreach_get("vector", found)
    return found.reshape(COUNT, POINTS, 3)


@pytest.fixture
def hair(scene, addon, tmp_path):
    [thing] = addon("scene.hair_curves").add_curves(scene.head, "UVMap", write(tmp_path / "curves.npz", scene.head))
    return thing


def test_they_are_rooted_on_the_head_and_rise_above_it(hair, scene):
    assert (hair.type, hair.name, hair.parent) == ("CURVES", "Head Hair", scene.head)
    assert hair.data.surface == scene.head and hair.data.surface_uv_map == "UVMap"
    assert [curve.points_length for curve in hair.data.curves] == [POINTS] * COUNT
    found = places(hair)
    scene.head.data.calc_loop_triangles()
    for curve, triangle in zip(found, list(scene.head.data.loop_triangles)[20 : 20 + COUNT], strict=True):
        corners = np.array([scene.head.data.vertices[number].co for number in triangle.vertices])
        assert np.allclose(curve[0], corners.mean(0), atol=1e-6)
        above = (curve[1:] - corners[0]) @ np.array(triangle.normal)
        assert (above > 0.008).all() and (above < 0.012).all()
    assert len(hair.data.attributes["surface_uv_coordinate"].data) == COUNT


def test_each_has_its_colour_which_the_material_shows(hair):
    found = np.empty(COUNT * 4, np.float32)
    hair.data.attributes["AvatarTex Colour"].data.foreach_get("color", found)
    first = np.float32([0.2, 0.1, 0.05])
    assert np.allclose(found[:3], ((first + 0.055) / 1.055) ** 2.4, atol=1e-4) and found[-4] > found[0]
    [material] = hair.data.materials
    shader = next(node for node in material.node_tree.nodes if node.type == "BSDF_PRINCIPLED")
    assert shader.inputs["Base Color"].links[0].from_node.attribute_name == "AvatarTex Colour"
    thin = np.empty(COUNT * POINTS, np.float32)
    hair.data.attributes["radius"].data.foreach_get("value", thin)
    assert thin.max() == pytest.approx(0.001, rel=1e-3) and thin[POINTS - 1] == 0


def test_they_follow_the_head(scene, addon, tmp_path):
    """Made while a shape key is on, they lie on the head at rest, and are shown where the head is."""
    head = scene.head
    head.shape_key_add(name="Basis")
    key = head.shape_key_add(name="Up", from_mix=False)
    for point in key.data:
        point.co.z += 0.5
    key.value = 1.0
    [hair] = addon("scene.hair_curves").add_curves(head, "UVMap", write(tmp_path / "curves.npz", head))
    assert np.abs(places(hair)).max() < 0.14
    assert np.allclose(places(hair, evaluated=True), places(hair) + np.float32([0, 0, 0.5]), atol=1e-4)
    key.value = 0.0
    assert np.allclose(places(hair, evaluated=True), places(hair), atol=1e-5)


def test_a_scaled_and_mirrored_head_has_hair_outside(scene, addon, tmp_path):
    """The file's heights are in the scene's units, and its triangles turned as the capture turned them."""
    scene.head.scale = (-2, 2, 2)
    bpy.context.view_layer.update()
    path = write(tmp_path / "curves.npz", scene.head)
    curves = dict(np.load(path))
    np.savez(path, **curves | {"corners": curves["corners"][:, ::-1], "weights": curves["weights"][..., ::-1]})
    [hair] = addon("scene.hair_curves").add_curves(scene.head, "UVMap", path)
    away = np.linalg.norm(places(hair), axis=-1)
    assert (away[:, 1] > away[:, 0]).all() and (away[:, 1:] < 0.12 + 0.0051).all()


def test_a_beard_is_an_object_of_its_own(scene, addon, tmp_path):
    path = write(tmp_path / "curves.npz", scene.head, (True, True) + (False,) * (COUNT - 2))
    made = addon("scene.hair_curves").add_curves(scene.head, "UVMap", path)
    assert [(thing.name, len(thing.data.curves)) for thing in made] == [("Head Hair", 4), ("Head Facial Hair", 2)]
    assert made[0].data.materials[0] == made[1].data.materials[0]


def test_the_job_is_the_textures_own_and_one_step_of_undo(scene, fake, addon):
    scene.settings.seed = 7
    bpy.ops.avatartex.generate()
    bpy.ops.ed.undo_push(message="start")
    bpy.ops.avatartex.grow_curves("EXEC_DEFAULT", True, guides=4000)
    assert {thing.name for thing in bpy.data.hair_curves} == {"Head Hair", "Head Facial Hair"}
    assert len(bpy.data.objects["Head"].avatartex_history) == 1
    bpy.ops.ed.undo()
    assert not bpy.data.hair_curves and not bpy.data.objects["Head"].add_rest_position_attribute
    made = addon("api").add_hair_curves("Head", guides=4000)
    assert [len(thing.data.curves) for thing in made.curves] == [3, 1]
    assert bpy.ops.avatartex.hair_curves() == {"FINISHED"}


def test_what_cannot_be_is_refused(scene, fake, addon):
    assert not bpy.ops.avatartex.hair_curves.poll()
    bpy.ops.avatartex.generate()
    refusal = addon("api").AvatarTexError
    with pytest.raises(refusal, match="Guides cannot be 10"):
        addon("api").add_hair_curves("Head", guides=10)
    fake("bald")
    with pytest.raises(refusal, match="too little hair"):
        addon("api").add_hair_curves("Head")
    assert not bpy.data.hair_curves and not scene.head.add_rest_position_attribute


def test_a_head_that_has_other_vertices_by_now_is_refused(scene, addon, tmp_path):
    path = write(tmp_path / "curves.npz", scene.head)
    curves = dict(np.load(path))
    np.savez(path, **curves | {"corners": curves["corners"] + 500})
    with pytest.raises(addon("api").AvatarTexError, match="other vertices"):
        addon("scene.hair_curves").add_curves(scene.head, "UVMap", path)
    assert not scene.head.add_rest_position_attribute and not bpy.data.hair_curves


def test_the_command(scene, fake, addon, tmp_path, capsys):
    main, saved = addon("cli.entry").main, tmp_path / "haired.blend"
    bpy.ops.avatartex.generate()
    assert main(["curves", "--object", "Head", "--guides", "30", "--output", str(saved)]) == 2 and not saved.exists()
    assert main(["curves", "--object", "Head", "--output", str(saved)]) == 0 and saved.is_file()
    assert "4 hair curves for 'Head'" in capsys.readouterr().err
