"""The list of what is in the way, and the buttons that mend it."""

from __future__ import annotations

import time
from pathlib import Path

import bpy
import numpy as np
import pytest

from .conftest import make_head
from .test_portraits import new_image
from .work import count_lines


@pytest.fixture
def obstacles(scene, fake, addon):
    def find():
        bpy.context.view_layer.update()
        return addon("jobs.preflight").find_obstacles(bpy.context)

    return find


def codes(found):
    return [(str(obstacle.code), obstacle.stops) for obstacle in found]


def press(obstacle):
    space, name = obstacle.operator.split(".")
    return getattr(getattr(bpy.ops, space), name)("EXEC_DEFAULT", **obstacle.values)


def test_nothing_is_in_the_way(obstacles):
    assert obstacles() == [] and not bpy.data.filepath  # an unsaved file is no problem


def test_everything_is_told_at_once(scene, obstacles):
    scene.head.data.uv_layers.remove(scene.head.data.uv_layers[0])
    scene.settings.portrait = ""
    scene.head.hide_set(True)
    found = obstacles()
    assert codes(found) == [("no-uvs", True), ("portrait-missing", True), ("hidden", False)]
    assert [obstacle.operator for obstacle in found] == [
        "avatartex.add_uv_map",
        "avatartex.pick_portrait",
        "avatartex.show_head",
    ]
    for obstacle in (found[0], found[2]):
        assert press(obstacle) == {"FINISHED"}
    assert codes(obstacles()) == [("portrait-missing", True)]


def test_what_stops_it_is_what_generate_refuses(scene, obstacles):
    for spoil in (
        lambda: setattr(scene.settings, "portrait", "//gone.png"),
        lambda: setattr(scene.settings, "uv_map", "No"),
        lambda: setattr(scene.settings, "head_group", "Neck"),
        lambda: setattr(scene.choice, "head", None),
    ):
        spoil()
        make_head("Other").select_set(True)
        scene.head.select_set(True)
        assert any(obstacle.stops for obstacle in obstacles()) is not bpy.ops.avatartex.generate.poll()
    assert "meshes are selected" in obstacles()[0].message


def test_a_wrong_uv_map_is_no_missing_one(scene, obstacles):
    scene.settings.uv_map = "Nonsense"
    [obstacle] = obstacles()
    assert "Choose another" in obstacle.cure
    assert press(obstacle) == {"FINISHED"} and obstacles() == [] and len(scene.head.data.uv_layers) == 1


def test_an_instance_of_a_collection_is_no_head(scene, obstacles):
    collection = bpy.data.collections.new("Anna")
    empty = bpy.data.objects.new("Anna Instance", None)
    empty.instance_type, empty.instance_collection = "COLLECTION", collection
    bpy.context.scene.collection.objects.link(empty)
    scene.choice.head, bpy.context.view_layer.objects.active = None, empty
    [obstacle] = obstacles()
    assert "instance of the collection 'Anna'" in obstacle.message and "Make Instances Real" in obstacle.cure


def test_head_faces_of_another_head(scene, obstacles):
    """The panel shows no field for them on a head without vertex groups."""
    scene.settings.head_group = "Neck"
    [obstacle] = obstacles()
    assert obstacle.stops and "'Neck'" in obstacle.message and not bpy.ops.avatartex.generate.poll()
    assert press(obstacle) == {"FINISHED"} and obstacles() == [] and bpy.ops.avatartex.generate.poll()


def test_the_active_mesh_is_taken(scene, obstacles):
    """Where several are selected, and where the chosen head was deleted."""
    scene.choice.head = None
    other = make_head("Other")
    other.avatartex.portrait = scene.settings.portrait
    scene.head.select_set(True), other.select_set(True)
    [obstacle] = obstacles()
    assert press(obstacle) == {"FINISHED"} and scene.choice.head == other and obstacles() == []
    bpy.context.scene.collection.objects.unlink(other)
    bpy.context.view_layer.objects.active = scene.head
    [obstacle] = obstacles()
    assert "was deleted" in obstacle.message
    assert press(obstacle) == {"FINISHED"} and scene.choice.head == scene.head and obstacles() == []


@pytest.mark.parametrize("chosen", [True, False])
def test_a_linked_head_is_made_an_override(scene, obstacles, tmp_path, chosen):
    library = tmp_path / "library.blend"
    scene.head.data.materials.append(bpy.data.materials.new("Skin"))
    bpy.data.libraries.write(str(library), {scene.head})
    bpy.data.objects.remove(scene.head)
    with bpy.data.libraries.load(str(library), link=True) as (_, into):
        into.objects = ["Head"]
    linked = into.objects[0]
    bpy.context.scene.collection.objects.link(linked)
    bpy.context.view_layer.objects.active = linked
    scene.choice.head = linked if chosen else None
    [obstacle] = obstacles()
    assert obstacle.stops and press(obstacle) == {"FINISHED"} and obstacles() == []
    assert bpy.ops.avatartex.generate() == {"FINISHED"}
    assert bpy.data.objects["Head"].avatartex_history and linked.library is not None


def test_a_portrait_of_this_file_can_be_written_again(scene, obstacles):
    image, _ = new_image()
    bpy.ops.avatartex.use_image(image=image.name)
    Path(scene.settings.portrait).unlink()
    [obstacle] = obstacles()
    assert press(obstacle) == {"FINISHED"} and obstacles() == []


def test_modifiers(scene, obstacles):
    remesh = scene.head.modifiers.new("Remesh", "REMESH")
    remesh.mode, remesh.voxel_size = "VOXEL", 0.03
    [obstacle] = obstacles()
    assert obstacle.code == "no-uvs" and "modifier" in obstacle.message and obstacle.stops
    scene.head.modifiers.clear()
    mirror = scene.head.modifiers.new("Mirror", "MIRROR")
    assert codes(obstacles()) == [("mirrored", False)]
    mirror.use_mirror_u = True
    assert obstacles() == []


def test_faces_that_share_texels(scene, addon):
    """As the backend tells them (backend/head/uvs.py), on stacked islands and on clean ones."""
    sharing, every = addon("scene.uv_sharing"), np.ones(len(scene.head.data.polygons), bool)
    assert sharing.look_for_sharing(scene.head.data, "UVMap", every).shared == 0
    fold(scene.head)
    assert sharing.look_for_sharing(scene.head.data, "UVMap", every).shared > 0.8
    layer = scene.head.data.uv_layers["UVMap"]
    layer.uv.foreach_set("vector", np.full(2 * len(layer.uv), 0.5, np.float32))
    assert sharing.look_for_sharing(scene.head.data, "UVMap", every).shared == 0  # no area at all: the backend says so


def stack(head, faces):
    """These faces onto one place of the UV map."""
    layer = head.data.uv_layers["UVMap"]
    for face in faces:
        polygon = head.data.polygons[face]
        for loop, place in zip(polygon.loop_indices, ((0.2, 0.2), (0.3, 0.2), (0.3, 0.3), (0.2, 0.3))):
            layer.uv[loop].vector = place


def fold(head):
    """Both halves of the UV map onto the left one."""
    layer = head.data.uv_layers["UVMap"]
    uvs = np.empty((len(layer.uv), 2), np.float32)
    layer.uv.foreach_get("vector", uvs.ravel())
    uvs[:, 0] = np.minimum(uvs[:, 0], 1 - uvs[:, 0])
    layer.uv.foreach_set("vector", uvs.ravel())


def paint_by_palette(head):
    """Every face somewhere on one of eight colours, no two alike: as low-poly kits are."""
    random, layer = np.random.default_rng(0), head.data.uv_layers["UVMap"]
    for polygon in head.data.polygons:
        turn, colour = random.uniform(0, 6.28), random.integers(8)
        around = turn + np.arange(polygon.loop_total) * 6.28 / polygon.loop_total
        middle = np.array([0.06 + 0.12 * colour, 0.5]) + random.uniform(-0.01, 0.01, 2)
        for loop, angle in zip(polygon.loop_indices, around, strict=True):
            layer.uv[loop].vector = middle + random.uniform(0.02, 0.04) * np.array([np.cos(angle), np.sin(angle)])


@pytest.mark.parametrize(
    ("part", "told"),
    [(0.1, "matters only where it is visible"), ("halves", "halves are mirrored"), ("all", "by a palette")],
)
def test_it_is_told_how_much_overlaps_and_what_that_costs(scene, obstacles, addon, part, told):
    sharing, count = addon("scene.uv_sharing"), len(scene.head.data.polygons)
    if part == "halves":
        fold(scene.head)
    elif part == "all":
        paint_by_palette(scene.head)
    else:
        quads = [polygon.index for polygon in scene.head.data.polygons if polygon.loop_total == 4]
        stack(scene.head, quads[: round(part * count)])
    sharing._wanted[(scene.head.data.session_uid, "UVMap", count, len(scene.head.data.loops))] = "Head"
    sharing.take_looks()
    [obstacle] = obstacles()
    share = sharing.find_shared(scene.head, "UVMap").shared
    assert told in obstacle.message and f"{share:.0%}" in obstacle.message
    assert abs(share - (part if part == 0.1 else 1.0)) < 0.1
    assert obstacle.operator == "avatartex.add_uv_map" and not obstacle.title  # the sentence is drawn, not two words
    sharing.forget_sharing()


def test_faces_of_another_slot_have_texels_of_their_own(scene, addon):
    """A body's UV map goes over the whole square again; its texture is another one."""
    mesh, sharing = scene.head.data, addon("scene.uv_sharing")
    every = np.ones(len(mesh.polygons), bool)
    mesh.materials.append(bpy.data.materials.new("Body"))
    mesh.materials.append(mesh.materials[0])
    uvs = mesh.uv_layers["UVMap"].uv
    for polygon in mesh.polygons:
        polygon.material_index = int(np.mean([uvs[loop].vector.x for loop in polygon.loop_indices]) > 0.5)
    fold(scene.head)
    shared = sharing.look_for_sharing(mesh, "UVMap", every).shared
    for polygon in mesh.polygons:
        polygon.material_index = 0
    assert shared < 0.1 < 0.8 < sharing.look_for_sharing(mesh, "UVMap", every).shared


def test_what_overlaps_below_the_head_is_not_told(scene, addon):
    """A body's gloves on each other cost the face nothing."""
    mesh, sharing = scene.head.data, addon("scene.uv_sharing")
    low = [polygon.index for polygon in mesh.polygons if polygon.center.z < -0.02]
    stack(scene.head, [face for face in low if mesh.polygons[face].loop_total == 4])
    group = scene.head.vertex_groups.new(name="DEF-head")
    group.add([vertex.index for vertex in mesh.vertices if vertex.co.z > 0], 1.0, "REPLACE")
    of_head = addon("scene.slots").find_head_faces(scene.head)
    assert 0.2 < of_head.mean() < 0.8
    assert sharing.look_for_sharing(mesh, "UVMap", np.ones(len(of_head), bool)).shared > 0.2
    assert sharing.look_for_sharing(mesh, "UVMap", of_head).shared == 0


@pytest.mark.parametrize("modified", [False, True])
def test_a_head_with_too_many_triangles_is_refused_before_it_is_read(scene, fake, addon, monkeypatch, modified):
    monkeypatch.setattr(addon("scene.head"), "MOST_FACES", 400)
    read = []
    monkeypatch.setattr(addon("scene.capture"), "read_mesh", lambda *_: read.append(1))
    if modified:
        scene.head.modifiers.new("Subdivision", "SUBSURF").levels = 2
    else:
        scene.head.data = make_head("Fine", 64).data
    bpy.context.view_layer.update()
    [obstacle] = addon("jobs.preflight").find_obstacles(bpy.context)
    assert obstacle.stops and "million triangles" in obstacle.message
    assert ("viewport levels" in obstacle.cure) is modified
    with pytest.raises(RuntimeError, match="million triangles"):
        bpy.ops.avatartex.generate()
    assert not read


def test_the_look_is_taken_once_and_outside_drawing(scene, addon, monkeypatch):
    sharing = addon("scene.uv_sharing")
    layer = scene.head.data.uv_layers["UVMap"]
    layer.uv.foreach_set(
        "vector", np.tile([0.2, 0.2, 0.4, 0.2, 0.4, 0.4, 0.2, 0.4], len(layer.uv))[: 2 * len(layer.uv)]
    )
    looks = []
    share = sharing.look_for_sharing
    monkeypatch.setattr(sharing, "look_for_sharing", lambda *of: (looks.append(of), share(*of))[1])
    monkeypatch.setattr(
        sharing,
        "bpy",
        type(
            "",
            (),
            {
                "app": type(
                    "",
                    (),
                    {"background": False, "timers": type("", (), {"is_registered": staticmethod(lambda _: True)})},
                ),
                "data": bpy.data,
            },
        ),
    )
    assert not sharing.find_shared(scene.head, "UVMap").shared and not looks
    sharing.take_looks()
    assert all(sharing.find_shared(scene.head, "UVMap").shared for _ in range(2)) and len(looks) == 1
    sharing.forget_sharing()
    assert not sharing.find_shared(scene.head, "UVMap").shared


def test_the_list_is_cheap(scene, obstacles, addon):
    """The panel asks at every redraw; 100,000 faces."""
    side = 320
    place = np.arange((side + 1) ** 2).reshape(side + 1, side + 1)
    quads = np.stack([place[:-1, :-1], place[:-1, 1:], place[1:, 1:], place[1:, :-1]], -1).reshape(-1, 4)
    places = np.stack([*np.divmod(place.ravel(), side + 1), 0 * place.ravel()], -1) / side
    mesh = bpy.data.meshes.new("Large")
    mesh.from_pydata(places, [], quads)
    mesh.uv_layers.new(name="UVMap").uv.foreach_set("vector", places[quads.ravel(), :2].astype(np.float32).ravel())
    scene.head.data = mesh
    scene.head.modifiers.new("Mirror", "MIRROR")
    obstacles()
    spent = []
    for _ in range(20):
        started = time.thread_time()
        addon("jobs.preflight").find_obstacles(bpy.context)
        spent.append(time.thread_time() - started)
    assert len(mesh.polygons) > 100_000 and min(spent) < 0.001
    look, wanted = addon("scene.uv_sharing").look_for_sharing, np.ones(len(mesh.polygons), bool)
    assert look(mesh, "UVMap", wanted).shared == 0
    assert count_lines(lambda: look(mesh, "UVMap", wanted)) < 20_000  # no loop over the faces
