"""Variants of a head: baked, switched, undone, catalogued, by panel, command and API."""

from __future__ import annotations

import json
import os
from pathlib import Path

import bpy
import numpy as np
import pytest

from .test_generate import add_image, new_material
from .test_history import look


@pytest.fixture
def settings(scene, fake):
    settings = bpy.context.scene.avatartex_variants
    settings.styles, settings.seeds, settings.size = {"cel", "oil"}, "0,1", "512"
    return settings


def bake():
    assert bpy.ops.avatartex.variants_bake() == {"FINISHED"}


def names(head):
    return [entry.name for entry in head.avatartex_variants]


def image_of(material):
    return next(node.image for node in material.node_tree.nodes if node.type == "TEX_IMAGE")


def everything(head) -> str:
    """The head's look, its list, its memory, and every material and image of the file."""
    worn = head.avatartex_worn
    return json.dumps(
        [
            look(head),
            [(entry.name, entry.material.name) for entry in head.avatartex_variants],
            [worn.active, worn.material and worn.material.name, worn.link, worn.slot],
            [
                [previous.exchanged, previous.inserted, previous.replaced, previous.textured and previous.textured.name]
                for previous in head.avatartex_previous
            ],
            sorted((material.name, material.users, material.asset_data is not None) for material in bpy.data.materials),
            sorted(image.name for image in bpy.data.images),  # 4.2 counts users of a copied material's images twice
        ]
    )


def test_a_set_is_baked_and_the_head_stays(scene, settings):
    new_material("Skin", scene.head)
    bake()
    assert names(scene.head) == ["cel 0", "oil 0", "cel 1", "oil 1"]
    assert scene.head.material_slots[0].material.name == "Skin"
    assert "AvatarTex Texture" not in bpy.data.materials["Skin"].node_tree.nodes
    for entry in scene.head.avatartex_variants:
        image, material = image_of(entry.material), entry.material
        assert image.packed_file and image.size[0] == 512 and image.colorspace_settings.name == "sRGB"
        assert {tag.name for tag in material.asset_data.tags} == {"AvatarTex", "Head", entry.style}
        assert material.preview.image_size[:] == (64, 64)
        assert material.node_tree.nodes["AvatarTex UV Map"].uv_map == "UVMap"
    pixels = np.empty(64 * 64 * 4, np.float32)  # the preview is the backend's picture: (column, row, 128), rows go up
    material.preview.image_pixels_float.foreach_get(pixels)
    assert np.allclose(pixels.reshape(64, 64, 4)[-1, 32, :3] * 255, (127, 0, 128), atol=2)


def test_switching_undo_and_restore(scene, settings):
    node = add_image(new_material("Skin", scene.head))
    bpy.ops.avatartex.generate()
    generated = node.image
    bake()
    bpy.ops.ed.undo_push(message="start")
    before = everything(scene.head)
    for index in (2, 1):
        bpy.ops.avatartex.variant_show(index=index)
        entry = scene.head.avatartex_variants[index]
        assert scene.head.material_slots[0].material == entry.material
    assert node.image == generated  # the head's own material is not touched
    bpy.ops.avatartex.variant_show(index=1)  # again: back to the head's own
    assert everything(scene.head) == before
    bpy.ops.avatartex.variant_show(index=0)
    bpy.ops.ed.undo_push(message="Show Variant")
    bpy.ops.ed.undo()
    head = bpy.data.objects["Head"]
    assert everything(head) == before
    bpy.ops.ed.redo()
    head = bpy.data.objects["Head"]
    assert head.material_slots[0].material.name == "Head cel 0"
    bpy.ops.avatartex.restore()
    skin = bpy.data.materials["Skin"]
    assert head.material_slots[0].material == skin and image_of(skin).name == "Old Skin"
    assert not head.avatartex_worn.active and len(head.avatartex_variants) == 4


def test_a_new_texture_and_comparing_take_a_variant_off(scene, settings):
    new_material("Skin", scene.head)
    bake()
    bpy.ops.avatartex.variant_show(index=0)
    bpy.ops.avatartex.generate()
    material = scene.head.material_slots[0].material
    assert material.name == "Skin" and image_of(material).name == "Head AvatarTex"
    bpy.ops.avatartex.variant_show(index=0)
    bpy.ops.avatartex.compare()
    assert scene.head.material_slots[0].material.name == "Skin" and scene.head.avatartex_compared.active
    bpy.ops.avatartex.variant_show(index=1)
    assert scene.head.material_slots[0].material.name == "Head oil 0" and not scene.head.avatartex_compared.active
    bpy.ops.avatartex.restore()
    skin = scene.head.material_slots[0].material
    assert skin.name == "Skin" and not [node for node in skin.node_tree.nodes if node.type == "TEX_IMAGE"]


def test_what_the_artist_puts_on_meanwhile_stays(scene, settings):
    new_material("Skin", scene.head)
    bake()
    bpy.ops.avatartex.variant_show(index=0)
    own = scene.head.material_slots[0].material = bpy.data.materials.new("Own")
    bpy.ops.avatartex.variant_show(index=1)
    bpy.ops.avatartex.variant_show(index=1)
    assert scene.head.material_slots[0].material == own
    bpy.ops.avatartex.variant_show(index=0)
    bpy.data.materials.remove(scene.head.avatartex_variants[0].material)
    with pytest.raises(RuntimeError, match="was deleted"):
        bpy.ops.avatartex.variant_show(index=0)
    bpy.ops.avatartex.restore()
    assert scene.head.material_slots[0].material == own


@pytest.mark.parametrize("slots", [0, 1])
def test_others_with_the_mesh_or_the_material_stay_as_they_are(scene, settings, slots):
    if slots:
        new_material("Skin", scene.head)
    twin = bpy.data.objects.new("Twin", scene.head.data)
    bpy.context.scene.collection.objects.link(twin)
    bake()
    bpy.ops.avatartex.variant_show(index=3)
    assert scene.head.material_slots[0].link == "OBJECT"
    assert scene.head.material_slots[0].material.name == "Head oil 1"
    assert [slot.material and slot.material.name for slot in twin.material_slots] == (["Skin"] if slots else [None])
    bpy.ops.avatartex.restore()
    assert len(scene.head.material_slots) == slots
    assert [(slot.link, slot.material.name) for slot in scene.head.material_slots] == [("DATA", "Skin")][:slots]


def test_removed_and_baked_again(scene, settings):
    bake()
    bpy.ops.avatartex.variant_show(index=0)
    settings.size = "1024"
    bake()  # each is replaced, and the head wears the new one
    assert names(scene.head) == ["cel 0", "oil 0", "cel 1", "oil 1"]
    assert image_of(scene.head.material_slots[0].material).size[0] == 1024
    assert len([material for material in bpy.data.materials if material.asset_data]) == 4
    bpy.ops.avatartex.variant_remove(index=0)
    assert not scene.head.material_slots and names(scene.head) == ["oil 0", "cel 1", "oil 1"]
    assert len(bpy.data.materials) == 3 and len(bpy.data.images) == 3


def test_the_catalogue_keeps_what_others_wrote(scene, settings, tmp_path):
    bake()  # the file has no folder yet
    number = scene.head.avatartex_variants[0].material.asset_data.catalog_id
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "a.blend"))
    catalogue = tmp_path / "blender_assets.cats.txt"
    assert f"VERSION 1\n\n{number}:AvatarTex/Head:AvatarTex-Head\n" in catalogue.read_text()  # saved, it has one
    others = "# mine\r\nVERSION 1\r\n\r\n11111111-2222-3333-4444-555555555555:Props/Hats:Props-Hats"
    catalogue.write_bytes(others.encode())
    bake()
    written = catalogue.read_bytes().decode()
    assert written == f"{others}\r\n{number}:AvatarTex/Head:AvatarTex-Head\r\n"
    bake()
    assert catalogue.read_bytes().decode() == written
    catalogue.write_text(written.replace(number, "99999999-2222-3333-4444-555555555555"))
    bake()
    ids = {entry.material.asset_data.catalog_id for entry in bpy.data.objects["Head"].avatartex_variants}
    assert ids == {"99999999-2222-3333-4444-555555555555"}


def test_beside_the_file(scene, settings, tmp_path):
    settings.place = "beside"
    with pytest.raises(RuntimeError, match=r"not saved yet.*Save the file first"):
        bpy.ops.avatartex.variants_bake()
    assert not scene.job.running and not scene.head.avatartex_variants
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "a.blend"))
    bake()
    head = bpy.data.objects["Head"]
    image = image_of(head.avatartex_variants[0].material)
    assert image.filepath == f"//textures{os.sep}Head_cel_0.png" and not image.packed_file
    first = (tmp_path / "textures" / "Head_cel_0.png").read_bytes()
    bake()  # undo must find the old files
    assert (tmp_path / "textures" / "Head_cel_0.png").read_bytes() == first
    assert image_of(head.avatartex_variants[0].material).filepath.endswith("Head_cel_0_2.png")
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "a.blend"))
    assert image_of(bpy.data.materials[names(bpy.data.objects["Head"]) and "Head cel 0.001"]).size[0] == 512


@pytest.mark.parametrize(
    ("format", "place", "space"),
    [("png", "packed", "sRGB"), ("exr", "packed", "Linear Rec.709"), ("exr", "beside", "Linear Rec.709")],
)
def test_format_and_place(scene, settings, tmp_path, format, place, space):
    """The fake's EXR is a PNG by its bytes: that of the backend is read in test_an_exr_is_linear."""
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "a.blend"))
    settings.styles, settings.seeds, settings.format, settings.place = {"cel"}, "0", format, place
    bake()
    [entry] = bpy.data.objects["Head"].avatartex_variants
    image = image_of(entry.material)
    assert image.colorspace_settings.name == space and bool(image.packed_file) == (place == "packed")
    assert image.filepath == f"//textures{os.sep}Head_cel_0.{format}"
    assert (tmp_path / "textures" / f"Head_cel_0.{format}").is_file() == (place == "beside")


def test_a_folder_that_cannot_be_written(scene, settings, tmp_path):
    """Nothing of a set whose textures cannot be kept; a catalogue is only a note."""
    (tmp_path / "textures").write_text("in the way")
    (tmp_path / "blender_assets.cats.txt").mkdir()
    settings.place = "beside"
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "a.blend"))
    with pytest.raises(RuntimeError, match=r"could not be written beside the file.*keep the textures packed"):
        bpy.ops.avatartex.variants_bake()
    scene = bpy.context.scene
    head = bpy.data.objects["Head"]
    assert not head.avatartex_variants and not bpy.data.images and not bpy.context.window_manager.avatartex_job.running
    scene.avatartex_variants.place = "packed"
    bake()
    assert len(head.avatartex_variants) == 4 and all(entry.material.asset_data for entry in head.avatartex_variants)


def test_an_exr_is_linear(addon, tmp_path):
    bpy.ops.wm.read_homefile(use_empty=True)
    image = bpy.data.images.new("Linear", 8, 8, float_buffer=True)
    image.filepath_raw, image.file_format = str(tmp_path / "x.exr"), "OPEN_EXR"
    image.save()
    loaded = addon("scene.images").load_result(tmp_path / "x.exr", "Head cel 0")
    assert loaded.colorspace_settings.name == "Linear Rec.709" and loaded.is_float
    assert loaded.packed_file and loaded.filepath_raw == "//textures/Head_cel_0.exr"


def test_operator_api_and_command_give_the_same(scene, settings, addon, portrait, tmp_path, monkeypatch):
    api, cli, results = addon("api"), addon("cli.entry"), []

    def note(report) -> None:
        request = json.loads(Path(report).read_text())["request"]
        request = {
            key: value
            for key, value in request.items()
            if key != "job" and (not isinstance(value, str) or os.sep not in value)
        }
        pixels = []
        for entry in bpy.data.objects["Head"].avatartex_variants:
            values = np.empty(512 * 512 * 4, np.float32)
            image_of(entry.material).pixels.foreach_get(values)
            pixels.append(values[-64 * 512 * 4 :])  # below, the fake's texels are noise
        results.append((request, names(bpy.data.objects["Head"]), np.stack(pixels)))

    asked, client = [], addon("core.client").BackendClient
    original = client.generate
    monkeypatch.setattr(client, "generate", lambda own, request: (asked.append(request), original(own, request))[1])
    bake()
    note(asked[0].report)
    settings.styles, settings.seeds, settings.size = {"clay"}, "7", "1024"  # misleads the others
    settings.strength, settings.scale = 20, 150
    made = api.variants("Head", portrait, styles=["cel", "oil"], seeds=[0, 1], size=512)
    assert len(made.materials) == len(made.images) == 4 and made.textures[0].is_file()
    note(made.report)
    out = tmp_path / "out.blend"
    assert (
        cli.main(
            [
                "variants",
                "--object",
                "Head",
                "--portrait",
                str(portrait),
                "--styles",
                "cel,oil",
                "--seeds",
                "0-1",
                "--size",
                "512",
                "--show",
                "oil:1",
                "--output",
                str(out),
            ]
        )
        == 0
    )
    head = bpy.data.objects["Head"]
    assert head.material_slots[0].material == head.avatartex_variants[3].material
    assert len(asked) == 3
    note(asked[2].report)
    first, *rest = results
    assert first[2].any() and first[0]["styles"] == ["cel", "oil"] and first[0]["seeds"] == [0, 1]
    for request, listed, pixels in rest:
        assert request == first[0] and listed == first[1] and np.array_equal(pixels, first[2])


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"styles": ["cubist"]}, "cubist"),
        ({"styles": []}, "No style"),
        ({"seeds": "0-x"}, "no seed"),
        ({"seeds": []}, "No seed"),
        ({"format": "jpg"}, "png, exr"),
        ({"place": "beside"}, "Save the file first"),
    ],
)
def test_refusals_change_nothing(scene, fake, addon, portrait, options, text):
    api = addon("api")
    with pytest.raises(api.AvatarTexError, match=text):
        api.variants(**({"object": "Head", "portrait": portrait, "styles": ["cel"]} | options))
    assert not scene.job.running and not scene.head.avatartex_variants and not scene.head.material_slots
    with pytest.raises(api.AvatarTexError, match="no variant cel:0"):
        api.show_variant("Head", "cel", 0)


def test_cancelled(scene, settings, fake, addon, portrait):
    fake("stay")
    api, job = addon("api"), addon("core.job")
    running = api.start_variants(job.VariantJob(api.describe("Head", portrait, size=512), ("cel",), (0,)))
    while running.status.fraction == 0:
        running.step()
    running.cancel()
    with pytest.raises(api.Cancelled):
        while not running.step():
            pass
    running.finish()
    assert not scene.head.avatartex_variants and len(bpy.data.images) == 0
