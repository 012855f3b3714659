"""The light's choice is explained where it is made, and asked about once where a scene has lights of its own."""

from __future__ import annotations

import bpy
import pytest

from .test_shown import Recorder

QUESTION = ["remove", "keep"]


class Asked(Recorder):
    """Notes the values that buttons stand for, too."""

    def prop_enum(self, _holder, _name, value, **_):
        self.seen.append(value)

    def __getattr__(self, _):
        return lambda *_, **__: Asked(self.seen)


@pytest.fixture
def drawn(scene, addon):
    def draw():
        layout = Asked()
        addon("ui.light_box").draw_light(layout, bpy.context, addon("scene.head").find_head(bpy.context).avatartex)
        return layout.seen

    return draw


def add_lamp(name="Lamp", **data):
    lamp = bpy.data.objects.new(name, bpy.data.lights.new(name, "AREA"))
    bpy.context.scene.collection.objects.link(lamp)
    bpy.context.view_layer.update()
    return lamp


def test_each_choice_says_what_it_means(scene, drawn, addon):
    meanings = addon("ui.light_box").MEANINGS
    assert set(meanings) == set(addon("backend.options").LIGHT.values)
    for light, meaning in meanings.items():
        scene.settings.light = light
        assert drawn() == [meaning]


def test_a_scene_without_lights_is_not_asked_about(scene, drawn):
    assert len(drawn()) == 1
    add_lamp().hide_viewport = True
    bpy.context.view_layer.update()
    assert len(drawn()) == 1


def test_the_lamp_of_the_startup_file_is_nobodys_choice(addon, drawn):
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    bpy.ops.preferences.addon_enable(module="bl_ext.user_default.avatartex")
    assert any(thing.type == "LIGHT" for thing in bpy.data.objects) and len(drawn()) == 1
    bpy.data.objects["Light"].location.x += 1
    assert drawn()[-2:] == QUESTION


@pytest.mark.parametrize("kind", ["lamp", "sky", "panorama"])
@pytest.mark.parametrize("answer", ["remove", "keep", "by hand"])
def test_lights_are_asked_about_once(scene, drawn, kind, answer):
    if kind == "lamp":
        add_lamp()
    else:
        world = bpy.context.scene.world = bpy.data.worlds.new("World")
        world.use_nodes = True
        world.node_tree.nodes.new("ShaderNodeTexSky" if kind == "sky" else "ShaderNodeTexEnvironment")
    assert drawn()[-2:] == QUESTION
    if answer == "by hand":
        scene.settings.light = "even"
        scene.settings.light = "keep"
    else:
        scene.settings.light = answer  # as the buttons do
    assert len(drawn()) == 1
    scene.settings.light = "keep"
    assert len(drawn()) == 1


def test_the_answer_is_undone_with_its_question(scene, drawn):
    add_lamp()
    bpy.ops.ed.undo_push(message="before")
    scene.settings.light = "remove"
    bpy.ops.ed.undo_push(message="after")
    bpy.ops.ed.undo()
    assert bpy.data.objects["Head"].avatartex.light == "auto" and drawn()[-2:] == QUESTION
