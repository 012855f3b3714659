"""Expression maps: what Blender tells of the shape keys, the nodes that the keys drive, and the ways back."""

from __future__ import annotations

import json
from pathlib import Path

import bpy
import numpy as np
import pytest

from .test_generate import add_image, new_material
from .test_history import look
from .test_shown import Recorder

KEYS = ("mouthSmile_L", "mouthSmile_R", "browInnerUp")
NODE = "AvatarTex Expressions"


@pytest.fixture
def head(scene, fake):
    """With shape keys, and a texture of ours in the place of an image that it had."""
    prepare_keys(scene.head)
    return scene.head


def prepare_keys(head) -> None:
    head.shape_key_add(name="Basis")
    for number, name in enumerate((*KEYS, "noseWidth")):
        key = head.shape_key_add(name=name)
        key.data[number].co.z += 0.01
        key.value = 0.0  # Blender's own functions leave it at 0 or 1, by the version
    add_image(new_material("Skin", head))
    bpy.ops.avatartex.generate()


def add():
    assert bpy.ops.avatartex.add_expressions() == {"FINISHED"}


def tree_of(head):
    return head.material_slots[0].material.node_tree


def everything(head) -> str:
    maps = head.avatartex_expressions
    names = (sorted(thing.name for thing in things) for things in (bpy.data.images, bpy.data.node_groups))
    return json.dumps([look(head), maps.group and maps.group.name, *names])


def sources(head) -> list[str]:
    """What stands between our texture and the surface, nearest to the surface first."""
    found, socket = [], tree_of(head).nodes["Principled BSDF"].inputs["Base Color"]
    while socket is not None:
        node = socket.links[0].from_node
        found.append(node.name)
        socket = next((one for one in node.inputs if one.type == "RGBA" and one.is_linked), None)
    return found


def test_the_group_stands_behind_our_texture_and_its_weights_are_the_keys(head):
    add()
    names = sources(head)
    assert names[0] == NODE and tree_of(head).nodes[names[1]].image == head.avatartex_history[0].image
    drivers = head.avatartex_expressions.group.animation_data.drivers
    paths = [
        (variable.targets[0].id, variable.targets[0].data_path)
        for one in drivers
        for variable in one.driver.variables
        if one.driver.type == "SUM"
    ]
    keys = head.data.shape_keys
    wanted = ("mouthSmile_L", "mouthSmile_R", "browInnerUp", "browInnerUp")
    assert sorted(paths, key=lambda path: path[1]) == sorted(
        ((keys, f'key_blocks["{name}"].value') for name in wanted), key=lambda path: path[1]
    )
    images = {node.image for node in head.avatartex_expressions.group.nodes if node.type == "TEX_IMAGE"}
    assert len(images) == 3
    assert all(image.packed_file and image.colorspace_settings.name == "Non-Color" for image in images)


def shown_colour(head) -> np.ndarray:
    """(3,) linear, the mean of what the texture shows, by a small render of its light alone."""
    tree = tree_of(head)
    light = tree.nodes.get("Light") or tree.nodes.new("ShaderNodeEmission")
    light.name = "Light"
    tree.links.new(tree.nodes[NODE].outputs["Color"], light.inputs["Color"])
    output = next(node for node in tree.nodes if node.type == "OUTPUT_MATERIAL")
    tree.links.new(light.outputs["Emission"], output.inputs["Surface"])
    scene = bpy.context.scene
    if scene.camera is None:
        scene.camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
        scene.collection.objects.link(scene.camera)
        scene.camera.location, scene.camera.data.type, scene.camera.data.ortho_scale = (0, 0, 1), "ORTHO", 0.05
    scene.render.engine, scene.cycles.samples, scene.cycles.use_denoising = "CYCLES", 1, False
    scene.render.resolution_x = scene.render.resolution_y = 8
    scene.view_settings.view_transform = "Raw"
    scene.render.image_settings.file_format = "OPEN_EXR"
    scene.render.filepath = str(Path(bpy.app.tempdir) / "shown.exr")
    bpy.ops.render.render(write_still=True)
    image = bpy.data.images.load(scene.render.filepath, check_existing=False)
    pixels = np.array(image.pixels[:]).reshape(-1, 4)[:, :3].mean(0)
    bpy.data.images.remove(image)
    return pixels


def test_the_keys_values_change_the_colour(head):
    """A fold that takes all it can, by half and wholly; blood; the other half's key; strengths; and nothing at rest."""
    add()
    maps, keys = head.avatartex_expressions, head.data.shape_keys.key_blocks
    rest = shown_colour(head)
    assert rest.min() > 0.001

    def ratio(**values) -> np.ndarray:
        for name, value in values.items():
            keys[name].value = value
        shown = shown_colour(head)
        for name in values:
            keys[name].value = 0.0
        return np.log(shown / rest)

    dark = np.log([0.43, 0.37, 0.34]) * 0.6
    assert ratio(mouthSmile_L=1.0) == pytest.approx(dark, abs=0.02)
    assert ratio(mouthSmile_L=0.5) == pytest.approx(dark / 2, abs=0.02)
    assert ratio(mouthSmile_R=1.0) == pytest.approx(0, abs=0.005)
    assert ratio(browInnerUp=1.0) == pytest.approx(np.log([0.95, 0.70, 0.76]) * 0.4, abs=0.02)
    maps.folds = 0.25
    assert ratio(mouthSmile_L=1.0) == pytest.approx(dark / 4, abs=0.02)
    maps.folds = 2.0
    assert ratio(mouthSmile_L=1.0) == pytest.approx(dark / 0.6 * 0.8, abs=0.02)  # no darker, whatever adds up


def test_again_replaces_undo_takes_one_step_and_remove_leaves_nothing(head):
    before = everything(head)
    add()
    once = everything(head)
    add()
    again = everything(head)
    assert len(bpy.data.node_groups) == 1 and len(json.loads(again)[2]) == len(json.loads(once)[2])
    assert sources(head).count(NODE) == 1
    bpy.ops.avatartex.remove_expressions()
    assert everything(head) == before
    bpy.ops.ed.undo_push(message="start")
    bpy.ops.avatartex.add_expressions("EXEC_DEFAULT", True)  # with the step that a click makes
    assert everything(head) != before
    bpy.ops.ed.undo()
    head = bpy.data.objects["Head"]
    assert everything(head) == before and not bpy.ops.avatartex.remove_expressions.poll()


def test_compare_mix_another_texture_and_restore(head):
    add()
    shown = look(head)
    bpy.ops.avatartex.compare()
    assert NODE not in tree_of(head).nodes
    bpy.ops.avatartex.compare()
    assert look(head) == shown
    head.avatartex_mix.factor = 0.5
    assert {NODE, "AvatarTex Mix"} <= set(sources(head))
    head.avatartex_mix.factor = 1.0
    assert look(head) == shown
    head.avatartex.seed = 4
    bpy.ops.avatartex.generate()
    assert sources(head)[0] == NODE and tree_of(head).nodes[sources(head)[1]].image == head.avatartex_history[1].image
    bpy.ops.avatartex.restore()
    assert NODE not in tree_of(head).nodes and head.avatartex_expressions.group is None
    assert not bpy.data.node_groups and not any("folds" in image.name for image in bpy.data.images)


def test_a_texture_in_another_uv_map_goes_without(head):
    add()
    head.data.uv_layers.new(name="Other")
    head.avatartex.uv_map = "Other"
    bpy.ops.avatartex.generate()
    assert NODE not in tree_of(head).nodes
    bpy.ops.avatartex.show_result(index=0)
    assert sources(head)[0] == NODE


def test_what_is_asked(head, addon, portrait):
    """Names of expressions alone, the moves in world space, the texture that is shown, and its portrait."""
    keys = head.data.shape_keys.key_blocks
    keys["mouthSmile_R"].relative_key = keys["mouthSmile_L"]
    head.rotation_euler.x = np.pi / 2
    keys["browInnerUp"].value = 1.0
    bpy.context.view_layer.update()
    made = addon("api").add_expression_maps("Head")
    request = json.loads(made.report.read_text())["request"]
    assert request["portrait"] == str(portrait) and request["size"] == 512 and request["base_texture"]
    path = Path(bpy.app.tempdir) / "keys.npz"
    addon("core.chore").run_whole(
        addon("scene.capture").capture_keys(path, head, "UVMap", (0,), addon("scene.capture").find_keys(head))
    )
    capture = np.load(path)
    assert set(capture["pose_names"]) == set(KEYS)
    moves = dict(zip(capture["pose_names"].tolist(), capture["poses"], strict=True))
    places = np.array([vertex.co for vertex in head.data.vertices]) @ np.array(head.matrix_world)[:3, :3].T
    assert np.allclose(capture["vertices"], places, atol=1e-6)  # at rest, whatever the keys say
    assert np.allclose(moves["browInnerUp"][2], (0, -0.01, 0), atol=1e-6) and not moves["browInnerUp"][3:].any()
    assert np.allclose(moves["mouthSmile_R"][:2], [(0, 0.01, 0), (0, -0.01, 0)], atol=1e-6)
    assert made.expressions == ("mouthSmile", "browInnerUp")
    addon("api").remove_expression_maps("Head")
    assert NODE not in tree_of(head).nodes


def test_why_it_is_grey(scene, fake, addon):
    operator = addon("operators.beside_texture").AVATARTEX_OT_add_expressions
    assert "no texture of ours" in operator.find_obstacle(bpy.context)
    bpy.ops.avatartex.generate()
    assert "no shape keys for expressions" in operator.find_obstacle(bpy.context)
    scene.head.shape_key_add(name="Basis")
    scene.head.shape_key_add(name="noseWidth")
    assert "no shape keys for expressions" in operator.find_obstacle(bpy.context)
    assert not bpy.ops.avatartex.add_expressions.poll()
    scene.head.shape_key_add(name="smile")
    assert operator.find_obstacle(bpy.context) == ""
    with pytest.raises(addon("api").AvatarTexError, match="no shape key named 'grin'"):
        addon("api").add_expression_maps(scene.head, keys=["grin"])


def test_half_a_head_is_refused(head, addon):
    """Its face cannot be found, and both of its sides share their texels."""
    find = addon("operators.beside_texture").AVATARTEX_OT_add_expressions.find_obstacle
    mirror = head.modifiers.new("Other half", "MIRROR")
    assert "half a mesh" in find(bpy.context)
    with pytest.raises(addon("api").AvatarTexError, match="Mirror modifier") as refused:
        addon("api").add_expression_maps(head)
    assert "Symmetrize" in refused.value.cure
    mirror.show_viewport = False
    assert find(bpy.context) == ""


def test_what_the_panel_offers(scene, fake, addon):
    """Nothing for a head without shape keys; the cross once there is something to remove."""
    offered = []
    for prepare in (lambda: None, lambda: prepare_keys(scene.head), add):
        prepare()
        layout = Recorder()
        addon("ui.result_box").draw_expressions(layout, scene.head)
        offered.append(layout.seen)
    assert offered == [[], ["avatartex.add_expressions"], ["avatartex.add_expressions", "avatartex.remove_expressions"]]


def test_the_command(head, addon, tmp_path, capsys):
    main, saved = addon("cli.entry").main, tmp_path / "faces.blend"
    assert main(["expressions", "--object", "Head"]) == 2
    assert main(["expressions", "--object", "Head", "--keys", "grin", "--output", str(saved)]) == 2
    assert "grin" in capsys.readouterr().err and not saved.exists()
    assert main(["expressions", "--object", "Head", "--output", str(saved)]) == 0 and saved.is_file()
    assert "Maps of 2 expressions for 'Head'" in capsys.readouterr().err
