"""Export for…: a copy is written, read again by others, and the artist's scene is as it was."""

from __future__ import annotations

import json
import os
import shutil
import struct
import subprocess
from pathlib import Path

import bpy
import numpy as np
import pytest

from .test_generate import new_material

#: A folder with node_modules/gltf-validator in it.
VALIDATOR = Path(os.environ.get("AVATARTEX_GLTF_VALIDATOR", ""))
SCRIPT = """
const v = require(process.argv[1] + '/node_modules/gltf-validator');
v.validateBytes(new Uint8Array(require('fs').readFileSync(process.argv[2])))
 .then(r => console.log(JSON.stringify(r.issues)));
"""


@pytest.fixture
def rigged(scene, fake):
    """A textured head with bones, a shape key, an eye on a bone, and a second UV map."""
    head = scene.head
    new_material("Skin", head)
    head.shape_key_add(name="Basis")
    head.shape_key_add(name="jawOpen").data[0].co.z -= 0.01
    rig = bpy.data.objects.new("Rig", bpy.data.armatures.new("Rig"))
    bpy.context.scene.collection.objects.link(rig)
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    for name, z in (("neck", 0.0), ("jaw", 0.1)):
        bone = rig.data.edit_bones.new(name)
        bone.head, bone.tail = (0, 0, z), (0, 0, z + 0.1)
    bpy.ops.object.mode_set(mode="OBJECT")
    rig.pose.bones["jaw"].rotation_mode = "XYZ"
    rig.pose.bones["jaw"].rotation_euler.x = 0.3
    head.modifiers.new("Rig", "ARMATURE").object = rig
    head.parent = rig
    head.vertex_groups.new(name="neck").add(range(len(head.data.vertices)), 1.0, "REPLACE")
    eye = bpy.data.objects.new("Eye", head.data.copy())
    eye.data.materials.clear()
    eye.shape_key_clear()
    eye.parent, eye.parent_type, eye.parent_bone = rig, "BONE", "jaw"
    bpy.context.scene.collection.objects.link(eye)
    bpy.context.view_layer.objects.active = head
    head.select_set(True)
    bpy.ops.avatartex.generate()
    scene.rig = rig
    return scene


def read_glb(path: Path) -> tuple[dict, bytes]:
    """The JSON chunk and the binary one, by the specification (glTF 2.0, section 4.4)."""
    data = path.read_bytes()
    magic, version, length = struct.unpack_from("<4sII", data)
    assert (magic, version, length) == (b"glTF", 2, len(data))
    size, kind = struct.unpack_from("<I4s", data, 12)
    assert kind == b"JSON"
    return json.loads(data[20 : 20 + size]), data[20 + size + 8 :]


def texture_of(told: dict, reference: dict) -> dict:
    return told["images"][told["textures"][reference["index"]]["source"]]


def pixels_of_glb(told: dict, binary: bytes, image: dict) -> np.ndarray:
    import cv2

    view = told["bufferViews"][image["bufferView"]]
    start = view.get("byteOffset", 0)
    data = np.frombuffer(binary[start : start + view["byteLength"]], np.uint8)
    return cv2.imdecode(data, cv2.IMREAD_UNCHANGED)[..., ::-1]


def state() -> tuple:
    """All that an export might change: names, users, materials, selection, mode, parents, images."""
    kinds = ("objects", "meshes", "materials", "images", "node_groups", "scenes", "armatures", "shape_keys", "actions")
    layer = bpy.context.view_layer
    return (
        {kind: sorted((one.name, one.users) for one in getattr(bpy.data, kind)) for kind in kinds},
        [
            (
                one.name,
                one.data and one.data.name,
                one.material_slots.keys(),
                one.parent and one.parent.name,
                one.select_get(),
                one.mode,
                tuple(map(tuple, one.matrix_world)),
            )
            for one in bpy.context.scene.objects
        ],
        layer.objects.active and layer.objects.active.name,
        bpy.context.mode,
        bpy.context.scene.name,
        bpy.context.scene.frame_current,
        [(one.name, one.is_dirty, bool(one.packed_file), one.filepath, tuple(one.size)) for one in bpy.data.images],
    )


def validate(path: Path) -> None:
    """By Khronos' own validator, where it is there."""
    if not (VALIDATOR / "node_modules" / "gltf-validator").is_dir() or VALIDATOR == Path() or not shutil.which("node"):
        return
    done = subprocess.run(["node", "-e", SCRIPT, str(VALIDATOR.resolve()), str(path)], capture_output=True, text=True)
    issues = json.loads(done.stdout)
    assert issues["numErrors"] == 0, issues["messages"]


def test_a_glb_has_the_pictures_bones_and_keys(rigged, addon, tmp_path):
    made = addon("api").export_head("Head", tmp_path / "anna.glb")
    assert made.target == "gltf" and made.files == (tmp_path / "anna.glb",)
    told, binary = read_glb(made.files[0])
    validate(made.files[0])
    assert {node["name"] for node in told["nodes"]} == {"Head", "Rig", "Eye", "neck", "jaw"}
    [skin] = told["materials"]
    assert skin["name"] == "Skin"
    rough, base = skin["pbrMetallicRoughness"]["metallicRoughnessTexture"], skin["pbrMetallicRoughness"]
    assert texture_of(told, base["baseColorTexture"])["name"] == "anna_base"
    assert texture_of(told, rough)["name"] == texture_of(told, skin["occlusionTexture"])["name"] == "anna_orm"
    assert texture_of(told, skin["normalTexture"])["name"] == "anna_normal" and len(told["images"]) == 3
    assert "metallicFactor" not in base and "roughnessFactor" not in base  # the picture alone counts
    orm = pixels_of_glb(told, binary, texture_of(told, rough))
    # the fake backend's maps are all one gradient: its red is occlusion and roughness here, and nothing is metal
    image = bpy.data.objects["Head"].avatartex_history[0].image
    shown = np.array(image.pixels[:]).reshape(512, 512, 4)[::-1]
    assert np.abs(orm[:64, :, 0] / 255 - shown[:64, :, 0]).max() < 0.01 and (orm[..., 0] == orm[..., 1]).all()
    assert not orm[..., 2].any()
    mesh = next(one for one in told["meshes"] if "targets" in one["primitives"][0])
    assert mesh["extras"]["targetNames"] == ["jawOpen"] and mesh["name"] == "Head"
    assert "TANGENT" in mesh["primitives"][0]["attributes"]
    [bones] = told["skins"]
    assert {told["nodes"][joint]["name"] for joint in bones["joints"]} == {"neck", "jaw"}
    eye = next(index for index, node in enumerate(told["nodes"]) if node["name"] == "Eye")
    assert eye in next(node for node in told["nodes"] if node["name"] == "jaw")["children"]


def test_blender_and_another_program_read_it(rigged, addon, tmp_path):
    path = addon("api").export_head("Head", tmp_path / "anna.glb").files[0]
    count = len(bpy.data.objects["Head"].data.polygons)
    bpy.ops.wm.read_homefile(use_empty=True)
    import addon_utils

    addon_utils.enable("io_scene_gltf2")
    bpy.ops.import_scene.gltf(filepath=str(path))
    head = bpy.data.objects["Head"]
    assert [key.name for key in head.data.shape_keys.key_blocks] == ["Basis", "jawOpen"]
    assert {*head.find_armature().data.bones.keys()} == {"neck", "jaw"} and len(head.data.polygons) >= count
    shader = next(node for node in head.material_slots[0].material.node_tree.nodes if node.type == "BSDF_PRINCIPLED")
    assert all(shader.inputs[name].is_linked for name in ("Base Color", "Roughness", "Metallic", "Normal"))
    trimesh = pytest.importorskip("trimesh")
    read = trimesh.load(path)
    assert {"Head", "Eye"} <= {name.split(".")[0] for name in read.graph.nodes}
    skins = {getattr(geometry.visual, "material", None) for geometry in read.geometry.values()} - {None}
    assert [skin.name for skin in skins] == ["Skin"]


@pytest.mark.parametrize("mode", ["OBJECT", "EDIT", "POSE", "TEXTURE_PAINT"])
@pytest.mark.parametrize("name", ["head.glb", "head.usdc"])
def test_the_scene_stays_in_every_mode(rigged, tmp_path, mode, name):
    path = tmp_path / name
    bpy.context.view_layer.objects.active = rigged.rig if mode == "POSE" else rigged.head
    bpy.ops.object.mode_set(mode=mode)
    before, angle = state(), rigged.rig.pose.bones["jaw"].rotation_euler.x
    target = "usd" if name.endswith("usdc") else "gltf"
    assert bpy.ops.avatartex.export_for(filepath=str(path), target=target) == {"FINISHED"}
    assert path.stat().st_size > 1000
    assert state() == before and rigged.rig.pose.bones["jaw"].rotation_euler.x == angle
    bpy.ops.object.mode_set(mode="OBJECT")


def test_what_is_done_in_edit_mode_is_in_the_file(rigged, addon, tmp_path):
    bpy.ops.object.mode_set(mode="EDIT")
    bpy.ops.mesh.select_all(action="SELECT")
    bpy.ops.transform.translate(value=(5, 0, 0))
    path = addon("api").export_head("Head", tmp_path / "a.glb", maps=False, whole=False).files[0]
    bpy.ops.object.mode_set(mode="OBJECT")
    told, _ = read_glb(path)
    [mesh] = told["meshes"]
    place = told["accessors"][mesh["primitives"][0]["attributes"]["POSITION"]]
    assert place["min"][0] > 4 and mesh["name"] == "Head"
    assert {node["name"] for node in told["nodes"]} == {"Head", "Rig", "neck", "jaw"}


def test_tangents_are_those_of_the_textures_uv_map_or_none(rigged, addon, tmp_path):
    layers = rigged.head.data.uv_layers
    layers.active = layers.new(name="Other")
    told, _ = read_glb(addon("api").export_head("Head", tmp_path / "a.glb", whole=False).files[0])
    [part] = told["meshes"][0]["primitives"]
    assert "TANGENT" not in part["attributes"] and "TEXCOORD_1" in part["attributes"]


def test_maps_on_the_head_are_taken_and_none_is_asked_for(rigged, addon, tmp_path):
    api = addon("api")
    api.add_surface_maps("Head", maps=("normal", "roughness", "ao"))
    head = bpy.data.objects["Head"]
    roughness = next(
        node.image for node in head.material_slots[0].material.node_tree.nodes if node.name == "AvatarTex Map roughness"
    )
    roughness.pixels.foreach_set(np.full(512 * 512 * 4, 0.5, np.float32))
    addon("session").close()
    told, binary = read_glb(api.export_head("Head", tmp_path / "a.glb", size=512).files[0])
    assert addon("session").client().child is None  # nobody was asked
    rough = told["materials"][0]["pbrMetallicRoughness"]["metallicRoughnessTexture"]
    assert (abs(pixels_of_glb(told, binary, texture_of(told, rough))[..., 1].astype(int) - 128) <= 1).all()


def test_the_texture_is_what_the_sliders_and_the_brush_say(rigged, addon, tmp_path):
    image = rigged.head.avatartex_history[0].image
    image.pixels.foreach_set(np.tile(np.float32([0, 1, 0, 1]), 512 * 512))
    told, binary = read_glb(addon("api").export_head("Head", tmp_path / "a.glb", maps=False).files[0])
    base = told["materials"][0]["pbrMetallicRoughness"]["baseColorTexture"]
    assert (pixels_of_glb(told, binary, texture_of(told, base)) == (0, 255, 0)).all() and image.is_dirty


def test_pictures_are_as_large_as_the_target_takes(rigged, addon, tmp_path):
    pictures = addon("scene.export_pictures")
    small = pictures.shrink(np.arange(16, dtype=np.float32).reshape(4, 4, 1), 2)
    assert small[..., 0].tolist() == [[2.5, 4.5], [10.5, 12.5]] and pictures.shrink(small, 0) is small
    half = pictures.upright(np.full((1, 1, 3), 160, np.uint8)).astype(float) / 127.5 - 1
    assert abs(np.linalg.norm(half) - 1) < 0.02
    with pytest.raises(addon("api").AvatarTexError, match="700 texels"):
        addon("api").export_head("Head", tmp_path / "a.glb", size=700)


def test_tiles_get_materials_of_their_own_and_lie_in_one_square(rigged, fake, addon, tmp_path):
    fake("tiles")
    for corner in rigged.head.data.uv_layers["UVMap"].uv:
        corner.vector.x *= 2
    bpy.ops.avatartex.generate()
    before = state()
    told, _ = read_glb(addon("api").export_head("Head", tmp_path / "a.glb", whole=False).files[0])
    assert state()[:2] == before[:2]
    assert sorted(one["name"] for one in told["materials"]) == ["Skin 1001", "Skin 1002"]
    assert len(told["images"]) == 6 and "a_base_1002" in {one["name"] for one in told["images"]}
    for part in told["meshes"][0]["primitives"]:
        place = told["accessors"][part["attributes"]["TEXCOORD_0"]]
        assert min(place.get("min", [0])) >= -0.51 and max(place.get("max", [1])) <= 1.51


def test_usd_has_its_textures_beside_it(rigged, addon, tmp_path):
    made = addon("api").export_head("Head", tmp_path / "anna.usda")
    names = {path.relative_to(tmp_path).as_posix() for path in made.files}
    assert names == {"anna.usda", *(f"textures/anna_{kind}.png" for kind in ("base", "normal", "roughness"))}
    text = made.files[0].read_text()
    for wanted in ("SkelRoot", 'def BlendShape "jawOpen"', "UsdPreviewSurface", "@./textures/anna_base.png@"):
        assert wanted in text, wanted
    assert 'def Mesh "Head"' in text and any("occlusion" in note for note in made.warnings)
    bpy.ops.wm.read_homefile(use_empty=True)
    bpy.ops.wm.usd_import(filepath=str(made.files[0]))
    head = next(one for one in bpy.data.objects if one.name.startswith("Head") and one.type == "MESH")
    assert "jawOpen" in head.data.shape_keys.key_blocks and head.find_armature() is not None


def test_vrm_ready_is_a_glb_and_a_folder(rigged, addon, tmp_path):
    made = addon("api").export_head("Head", tmp_path / "anna.glb", target="vrm")
    beside = [path.relative_to(tmp_path).as_posix() for path in made.files[1:]]
    assert beside == [f"anna_textures/anna_{name}.png" for name in ("base", "normal", "shade")]
    told, _ = read_glb(made.files[0])
    assert {one["name"] for one in told["images"]} == {"anna_base", "anna_normal"}
    assert any("no VRM file yet" in note for note in made.warnings)
    base, _, shade = (bpy.data.images.load(str(path)) for path in made.files[1:])
    lit, shaded = (np.array(one.pixels[:]).reshape(-1, 4)[:, :3] for one in (base, shade))
    assert (shaded <= lit + 1e-6).all() and shaded.mean() < 0.95 * lit.mean()


def test_expression_maps_lie_beside_with_a_table(rigged, addon, tmp_path):
    api = addon("api")
    rigged.head.data.shape_keys.key_blocks["jawOpen"].name = "mouthSmile_L"
    for name in ("mouthSmile_R", "browInnerUp"):
        rigged.head.shape_key_add(name=name)
    api.add_expression_maps("Head", keys=["mouthSmile_L"])
    made = api.export_head("Head", tmp_path / "anna.glb", maps=False)
    folder = tmp_path / "anna_expressions"
    table = json.loads((folder / "anna_expressions.json").read_text())
    first = next(one for one in table["channels"] if (one["kind"], one["channel"]) == ("folds", "R"))
    assert first == {
        "picture": "anna_folds_1.png",
        "channel": "R",
        "kind": "folds",
        "range": 0.6,
        "right": ["mouthSmile_R"],
        "left": ["mouthSmile_L"],
    }
    blood = [one for one in table["channels"] if one["kind"] == "blood"]
    assert len(table["channels"]) == 4 and {one["range"] for one in blood} == {0.4}
    assert {path.name for path in folder.glob("*.png")} == {f"anna_{kind}_1.png" for kind in ("folds", "blood", "left")}
    assert table["left_half"] == "anna_left_1.png" and folder / "anna_folds_1.png" in made.files
    assert any("expression maps" in note for note in made.warnings)
    assert not any("Nodes between" in note for note in made.warnings)


def test_what_is_lost_is_said(rigged, addon, tmp_path):
    head = rigged.head
    head.modifiers.new("Smooth", "SUBSURF")
    rigged.rig.pose.bones["jaw"].constraints.new("LIMIT_ROTATION")
    head.avatartex_mix.factor = 0.5
    made = addon("api").export_head("Head", tmp_path / "a.glb", maps=False)
    said = " ".join(made.warnings)
    assert all(word in said for word in ("Modifiers", "constraints", "Nodes between")) and "Hair curves" not in said
    told, _ = read_glb(made.files[0])
    assert "targets" in told["meshes"][0]["primitives"][0]


def test_modifiers_are_applied_where_no_shape_key_forbids_it(scene, fake, addon, tmp_path):
    bpy.ops.avatartex.generate()
    api = addon("api")
    plain = read_glb(api.export_head("Head", tmp_path / "a.glb", maps=False).files[0])[0]
    scene.head.modifiers.new("Smooth", "SUBSURF")
    fine = read_glb(api.export_head("Head", tmp_path / "b.glb", maps=False).files[0])[0]
    count = [one["accessors"][one["meshes"][0]["primitives"][0]["indices"]]["count"] for one in (plain, fine)]
    assert count[1] > 3 * count[0]


@pytest.mark.parametrize(
    "path, values, text",
    [
        ("a.fbx", {}, "cannot be written"),
        ("a.glb", {"target": "usd"}, "Let the name end"),
        ("a.glb", {"target": "unreal"}, "no target"),
        ("none/a.glb", {}, "no folder"),
    ],
)
def test_what_cannot_be_is_refused(rigged, addon, tmp_path, path, values, text):
    before = state()
    with pytest.raises(addon("api").AvatarTexError, match=text):
        addon("api").export_head("Head", tmp_path / path, **values)
    assert state() == before


def test_without_a_texture_or_its_portrait(scene, fake, addon, portrait, tmp_path):
    api = addon("api")
    assert not bpy.ops.avatartex.export_for.poll()
    with pytest.raises(api.AvatarTexError, match="shows no texture"):
        api.export_head("Head", tmp_path / "a.glb")
    bpy.ops.avatartex.generate()
    portrait.unlink()
    with pytest.raises(api.AvatarTexError, match="without surface maps"):
        api.export_head("Head", tmp_path / "a.glb")
    assert api.export_head("Head", tmp_path / "a.glb", maps=False).files[0].is_file()


def test_a_failing_exporter_leaves_nothing_and_the_old_file(rigged, addon, tmp_path, monkeypatch):
    path, exporters = tmp_path / "a.glb", addon("scene.exporters")
    path.write_bytes(b"old")

    def fails(operator, **values):
        raise exporters.failed_because("it fell over")

    monkeypatch.setattr(exporters, "call", fails)
    before = state()
    with pytest.raises(addon("api").AvatarTexError, match="it fell over"):
        addon("api").export_head("Head", path)
    assert state() == before and path.read_bytes() == b"old"
