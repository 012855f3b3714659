"""Batches of scenes as artists have them: instances, shared materials, linked characters, collections, groups."""

from __future__ import annotations

from types import SimpleNamespace

import bpy
import pytest

from .conftest import NAMES
from .test_batch import fill, image_on, new_material, reasons, states, table, write_csv


def test_instances_are_textured_once(cast, fake):
    skin = new_material("Skin", cast.heads["Anna"])
    twin = bpy.data.objects.new("Anna Twin", cast.heads["Anna"].data)
    bpy.context.scene.collection.objects.link(twin)
    fill(cast.folder)
    bpy.ops.avatartex.batch_load(filepath=str(write_csv(cast.folder, [("Anna Twin", "bob.png")])))
    bpy.ops.avatartex.batch_run()
    assert states()["Anna Twin"] == "skipped" and "same mesh" in reasons()["Anna Twin"]
    assert "Anna Twin" in reasons()["Anna"]
    assert twin.material_slots[0].material == cast.heads["Anna"].material_slots[0].material == skin
    assert image_on(twin).name == "Anna AvatarTex"


def test_an_instance_with_a_material_of_its_own_is_textured(cast, fake):
    new_material("Skin", cast.heads["Anna"])
    twin = bpy.data.objects.new("Anna Twin", cast.heads["Anna"].data)
    bpy.context.scene.collection.objects.link(twin)
    twin.material_slots[0].link = "OBJECT"
    twin.material_slots[0].material = new_material("Twin Skin")
    bpy.ops.avatartex.batch_load(filepath=str(write_csv(cast.folder, [("Anna", "anna.png"), ("Anna Twin", "bob.png")])))
    bpy.ops.avatartex.batch_run()
    assert set(states().values()) == {"done"}
    assert image_on(twin).name == "Anna Twin AvatarTex" and image_on(cast.heads["Anna"]).name == "Anna AvatarTex"


@pytest.mark.parametrize(
    ("shared", "expected"),
    [("ask", ["done"] * 3), ("mesh", ["done"] * 3), ("material", ["done", "skipped", "skipped"])],
)
def test_shared_materials(cast, fake, addon, shared, expected):
    skin = new_material("Skin", *cast.heads.values())
    fill(cast.folder)
    table().shared = shared
    assert addon("scene.characters").find_shared_materials(table().rows) == {"Skin": list(NAMES)}
    bpy.ops.avatartex.batch_run()
    assert list(states().values()) == expected
    worn = {head.material_slots[0].material for head in cast.heads.values()}
    if shared == "material":
        assert worn == {skin} and "same material" in reasons()["Bob"]
    else:
        assert len(worn) == 3 and "copy of its own" in reasons()["Anna"]


def test_the_question_about_a_shared_material(cast, fake, addon):
    """As the window puts it: what is shared, by how many, and a button for each answer."""
    new_material("Skin", cast.heads["Anna"], cast.heads["Bob"])
    fill(cast.folder)
    said, pressed = [], []
    layout = SimpleNamespace(
        label=lambda text, **_: said.append(text),
        separator=lambda: None,
        operator=lambda name, text: pressed.append(SimpleNamespace(name=name, text=text)) or pressed[-1],
    )
    shared = addon("scene.characters").find_shared_materials(table().rows)
    addon("operators.run_batch").draw_question(layout, shared)
    assert said == ["2 characters share the material 'Skin'"]
    assert [(button.name, button.shared) for button in pressed] == [
        ("avatartex.batch_run", "mesh"),
        ("avatartex.batch_run", "material"),
    ]


def test_linked_characters_are_refused_with_a_way_out(cast, fake, tmp_path):
    library = tmp_path / "library.blend"
    bpy.data.libraries.write(str(library), {cast.heads["Bob"]})
    bpy.data.objects.remove(cast.heads["Bob"])
    with bpy.data.libraries.load(str(library), link=True) as (_, into):
        into.objects = ["Bob"]
    bpy.context.scene.collection.objects.link(into.objects[0])
    fill(cast.folder)
    bpy.ops.avatartex.batch_run()
    assert states() == {"Anna": "done", "Bob": "failed", "Clara": "done"}
    bob = next(row for row in table().rows if row.object_name == "Bob")
    assert "linked from" in bob.reason and "library.blend" in bob.reason and "Library Override" in bob.cure


def test_an_override_is_textured_and_the_library_left_alone(cast, fake, tmp_path):
    skin = new_material("Skin", cast.heads["Bob"])
    library = tmp_path / "library.blend"
    bpy.data.libraries.write(str(library), {cast.heads["Bob"]})
    bpy.data.objects.remove(cast.heads["Bob"])
    bpy.data.materials.remove(skin)
    with bpy.data.libraries.load(str(library), link=True) as (_, into):
        into.objects = ["Bob"]
    bob = into.objects[0].override_create()
    bpy.context.scene.collection.objects.link(bob)
    fill(cast.folder)
    bpy.ops.avatartex.batch_run()
    assert states()["Bob"] == "done", reasons()
    assert image_on(bob).name == "Bob AvatarTex" and bob.material_slots[0].link == "OBJECT"
    assert bob.data.materials[0].library is not None
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "shot.blend"))
    bob = bpy.data.objects["Bob"]
    assert image_on(bob).name == "Bob AvatarTex"  # Blender keeps no `avatartex_previous` of overrides, though
    assert [entry.image.name for entry in bob.avatartex_history] == ["Bob AvatarTex"]


def test_a_table_of_one_collection(cast, fake):
    crowd = bpy.data.collections.new("Crowd")
    bpy.context.scene.collection.children.link(crowd)
    crowd.objects.link(cast.heads["Clara"])
    table().collection = crowd
    fill(cast.folder)
    assert list(states()) == ["Clara"]


def test_each_head_has_options_of_its_own(cast, addon, monkeypatch):
    cast.heads["Bob"].vertex_groups.new(name="face")
    cast.heads["Bob"].avatartex.head_group = "face"
    fill(cast.folder)
    batching = addon("jobs.scene_batch")
    monkeypatch.setattr(batching, "RowTask", lambda job, _maps: job)  # what would be asked, unasked
    monkeypatch.setattr(batching, "current", None)
    run = batching.SceneBatch(bpy.context.scene)
    groups = {row.object_name: run.begin(row).head_group for row in table().rows}
    run.status.reset()
    assert groups == {"Anna": "", "Bob": "face", "Clara": ""}
