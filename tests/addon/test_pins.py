"""Pins in Blender: stored on the object, undone, copied, saved, edited, and told to the backend."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import bpy
import pytest
from mathutils import Matrix, Vector


@pytest.fixture
def pins(addon):
    return addon("scene.pins")


@pytest.fixture
def registered(scene, fake):
    """After Show Registration: four points are known."""
    assert bpy.ops.avatartex.show_registration() == {"FINISHED"}
    return SimpleNamespace(head=scene.head, settings=scene.settings)


def request_of(job) -> dict:
    """What the fake backend was asked."""
    return json.loads(Path(job.report_path).read_text())["request"]


def names(head) -> list[str]:
    return [pin.name for pin in head.avatartex_pins]


def test_generate_carries_the_pins(scene, fake, pins):
    scene.head.matrix_world = Matrix.Translation((1, 2, 3)) @ Matrix.Rotation(0.4, 4, "Z") @ Matrix.Scale(2, 4)
    pins.set_pin(scene.head, "chin", xy=(10.5, 20), portrait=scene.settings.portrait)
    pins.set_pin(scene.head, "nose_tip", location=(0.01, -0.1, 0.02))
    pins.set_pin(scene.head, "left_ear", xy=(1, 2), portrait="another.png")
    bpy.ops.avatartex.generate()
    told = {pin["name"]: pin for pin in request_of(scene.job)["pins"]}
    assert set(told) == {"chin", "nose_tip"}
    assert told["chin"] == {"name": "chin", "portrait": [10.5, 20]}
    assert (Vector(told["nose_tip"]["head"]) - scene.head.matrix_world @ Vector((0.01, -0.1, 0.02))).length < 1e-5


def test_without_pins_none_are_told_and_no_score_is_asked_for(scene, fake):
    bpy.ops.avatartex.generate()
    assert request_of(scene.job)["pins"] == [] and request_of(scene.job)["least_score"] == 0


def test_a_doubtful_registration_never_asks_without_a_window(scene, fake):
    fake("low")
    assert bpy.ops.avatartex.generate() == {"FINISHED"}


def test_a_batch_between_two_heads_is_not_asked_in_between(scene, fake):
    run = bpy.context.window_manager.avatartex_batch
    run.running = True
    assert not bpy.ops.avatartex.show_registration.poll() and not bpy.ops.avatartex.generate.poll()
    run.paused = True
    assert bpy.ops.avatartex.show_registration.poll() and bpy.ops.avatartex.generate.poll()
    run.reset()


def test_show_registration_changes_nothing_and_tells_the_points(scene, fake):
    materials = len(bpy.data.materials)
    assert bpy.ops.avatartex.show_registration() == {"FINISHED"}
    told = bpy.context.window_manager.avatartex_registration
    assert told.score == pytest.approx(0.9) and told.object_name == "Head" and len(told.points) == 4
    assert told.warnings.splitlines() == ["The portrait is blurred.", "A hand is before the face."]
    assert bpy.data.images["AvatarTex Registration"].size[:] == (64, 64)
    assert not scene.head.avatartex_pins and len(bpy.data.materials) == materials and not scene.job.running
    bpy.ops.avatartex.show_registration()
    assert [image.name for image in bpy.data.images if image.name.startswith("AvatarTex")].count(
        "AvatarTex Registration"
    ) == 1


def test_points_come_back_into_the_objects_space(scene, fake):
    scene.head.matrix_world = Matrix.Translation((0, 0, 5)) @ Matrix.Scale(3, 4)
    bpy.ops.avatartex.show_registration()
    point = bpy.context.window_manager.avatartex_registration.points["nose_tip"]
    assert (scene.head.matrix_world @ Vector(point.location) - Vector((0.02, -0.12, 0.02))).length < 1e-5


def test_a_face_that_is_not_found_leaves_points_to_drag(scene, fake):
    fake("faceless")
    bpy.ops.avatartex.show_registration()
    told = bpy.context.window_manager.avatartex_registration
    assert told.code == scene.job.error_code == "no-face-in-portrait" and len(told.points) == 4
    assert bpy.ops.avatartex.pin_add(point="chin") == {"FINISHED"}


def test_pins_are_added_where_the_backend_has_them_removed_and_cleared(registered):
    head = registered.head
    for name in ("chin", "nose_tip", "left_eye_outer"):
        assert bpy.ops.avatartex.pin_add(point=name) == {"FINISHED"}
    assert bpy.ops.avatartex.pin_add(point="chin") == {"CANCELLED"} and names(head)[0] == "chin"
    assert head.avatartex_pins["chin"].xy[:] == (28, 32) and head.avatartex_pins["chin"].has_3d
    head.avatartex_pin_index = 1
    bpy.ops.avatartex.pin_remove()
    assert names(head) == ["chin", "left_eye_outer"]
    bpy.ops.avatartex.pins_clear()
    assert not head.avatartex_pins and not bpy.ops.avatartex.pins_clear.poll()


def test_another_portrait_is_another_registration(registered, tmp_path):
    bpy.ops.avatartex.pin_add(point="chin")
    other = tmp_path / "other.png"
    other.write_bytes(b"x")
    registered.settings.portrait = str(other)
    assert not bpy.ops.avatartex.pin_add.poll() and not bpy.ops.avatartex.edit_pins_image.poll()
    bpy.ops.avatartex.generate()
    told = request_of(bpy.context.window_manager.avatartex_job)["pins"]
    assert [set(pin) for pin in told] == [{"name", "head"}]


def test_pins_are_undone_and_redone(registered, pins):
    bpy.ops.ed.undo_push(message="start")
    pins.set_pin(registered.head, "chin", xy=(3, 4), portrait=registered.settings.portrait)
    bpy.ops.ed.undo_push(message="Move Pin")
    pins.set_pin(registered.head, "chin", xy=(5, 6), portrait=registered.settings.portrait)
    bpy.ops.ed.undo_push(message="Move Pin")
    bpy.ops.ed.undo()
    assert bpy.data.objects["Head"].avatartex_pins["chin"].xy[:] == (3, 4)
    bpy.ops.ed.undo()
    assert not bpy.data.objects["Head"].avatartex_pins
    bpy.ops.ed.redo()
    bpy.ops.ed.redo()
    assert bpy.data.objects["Head"].avatartex_pins["chin"].xy[:] == (5, 6)


def test_pins_travel_with_the_object_and_the_file(scene, fake, pins, tmp_path):
    pins.set_pin(scene.head, "chin", xy=(3, 4), portrait="/somewhere/face.png", location=(0.1, 0.2, 0.3))
    twin = scene.head.copy()
    pins.remove_pin(scene.head, "chin")
    assert names(twin) == ["chin"] and not scene.head.avatartex_pins
    bpy.context.scene.collection.objects.link(twin)
    twin.name = "Twin"
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "pins.blend"))
    bpy.ops.wm.read_homefile(use_empty=True)
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "pins.blend"))
    pin = bpy.data.objects["Twin"].avatartex_pins["chin"]
    assert pin.has_2d and pin.has_3d and pin.portrait == "face.png"
    assert pin.xy[:] == (3, 4) and pin.location[:] == pytest.approx((0.1, 0.2, 0.3))


@pytest.fixture
def editing(registered, addon):
    return addon("scene.pin_editing").PinEditing(registered.head, on_head=False)


def at(point):
    """The picture's pixels are the region's."""
    return point.xy


def test_a_drag_moves_one_point_and_pins_it(registered, editing):
    assert editing.hover(29, 33, at) and editing.hovered == "chin"
    assert not editing.hover(28, 32, at)
    assert editing.grab()
    editing.move((40, 50))
    assert editing.drop() == "Move Pin" and names(registered.head) == ["chin"]
    pin = registered.head.avatartex_pins["chin"]
    assert pin.xy[:] == (40, 50) and not pin.has_3d
    assert [point.name for point in editing.points() if point.pinned] == ["chin"] and len(editing.points()) == 4


def test_an_aborted_drag_puts_the_point_back(registered, editing):
    bpy.ops.avatartex.pin_add(point="chin")
    editing.before = editing.before[:0]
    editing.hover(28, 32, at)
    editing.grab()
    editing.move((1, 1))
    editing.abort_drag()
    assert registered.head.avatartex_pins["chin"].xy[:] == (28, 32) and not editing.dragged


def test_an_aborted_session_puts_all_points_back(registered, editing):
    assert editing.abort() == ""
    for x in (28, 4):
        editing.hover(x, 32, at)
        editing.grab()
        editing.move((50, 50 + x))
        editing.drop()
    assert len(registered.head.avatartex_pins) == 2
    assert editing.abort() == "Cancel Pins" and not registered.head.avatartex_pins


def test_unpinning_one_side_keeps_the_other(registered, editing):
    bpy.ops.avatartex.pin_add(point="chin")
    editing.hover(28, 32, at)
    assert editing.lift() == "Remove Pin"
    pin = registered.head.avatartex_pins["chin"]
    assert pin.has_3d and not pin.has_2d and editing.lift() == ""


def test_a_head_that_is_deleted_ends_the_session_quietly(registered, editing):
    editing.hover(28, 32, at)
    bpy.data.objects.remove(registered.head)
    assert editing.head is None and editing.points() == [] and not editing.grab() and editing.abort() == ""


def test_a_ray_meets_the_evaluated_head_in_its_own_space(scene, addon):
    """A sphere of radius 0.12, doubled by its matrix and by a modifier's displacement further out."""
    hit = addon("operators.drag_pins").hit
    scene.head.matrix_world = Matrix.Translation((0, 0, 1)) @ Matrix.Scale(2, 4)
    bpy.context.view_layer.update()
    graph = bpy.context.evaluated_depsgraph_get()
    place = hit(scene.head, graph, Vector((0.003, -5, 1.001)), Vector((0, 1, 0)))
    assert place == pytest.approx((0.0015, -0.12, 0.0005), abs=0.01)
    displace = scene.head.modifiers.new("Displace", "DISPLACE")
    displace.strength, displace.mid_level = 0.1, 0
    bpy.context.view_layer.update()
    graph = bpy.context.evaluated_depsgraph_get()
    place = hit(scene.head, graph, Vector((0.003, -5, 1.001)), Vector((0, 1, 0)))
    assert place[1] == pytest.approx(-0.22, abs=0.01)
    assert hit(scene.head, graph, Vector((9, -5, 1)), Vector((0, 1, 0))) is None


def test_a_ray_through_an_open_eye_meets_nothing(scene, addon):
    hit = addon("operators.drag_pins").hit
    ray = scene.head.location + Vector((0, -5, 0)), Vector((0, 1, 0))
    assert hit(scene.head, bpy.context.evaluated_depsgraph_get(), *ray)[1] < 0
    whole, open_eye = scene.head.data, bpy.data.meshes.new("open eye")
    skin = [face for face in whole.polygons if (face.center.normalized() - Vector((0, -1, 0))).length > 0.3]
    open_eye.from_pydata([vertex.co for vertex in whole.vertices], [], [list(face.vertices) for face in skin])
    scene.head.data = open_eye
    bpy.context.view_layer.update()
    assert hit(scene.head, bpy.context.evaluated_depsgraph_get(), *ray) is None
    for polygon in scene.head.data.polygons:
        polygon.flip()
    scene.head.data.update()
    bpy.context.view_layer.update()
    behind = hit(scene.head, bpy.context.evaluated_depsgraph_get(), *ray)
    beside = hit(scene.head, bpy.context.evaluated_depsgraph_get(), ray[0] + Vector((0.06, 0, 0)), ray[1])
    assert behind[1] > 0 and beside[1] < 0  # turned inside out, its surfaces count as they come


def test_every_name_has_a_label_that_fits_the_list(addon):
    table = addon("backend.pins").NAMES
    assert all(index < 468 and 3 < len(text) < 32 for index, text in table.values())
    assert len({index for index, _ in table.values()}) == len(table)


def test_the_editor_opens_at_a_small_face(addon):
    def told(*places):
        return SimpleNamespace(width=400, height=600, points=[SimpleNamespace(has_2d=True, xy=xy) for xy in places])

    find = addon("scene.image_editor").find_face_box
    (left, top), (right, bottom) = find(told((100, 100), (150, 200)))
    assert 0 < left < 100 < 150 < right < 400 and 0 < top < 100 < 200 < bottom < 600
    assert find(told((10, 10), (390, 590))) is None and find(told((10, 10))) is None and find(told()) is None
