"""Regions and provenance in Blender: what is kept with a result, what is asked for, and the way back."""

from __future__ import annotations

import json
from pathlib import Path

import bpy
import cv2
import numpy as np
import pytest

from .test_generate import add_image, new_material
from .test_history import generate, history, look


def regions(scene):
    return scene.head.avatartex_regions


def mask(scene) -> np.ndarray:
    """(H,W,3) int, rows from the bottom, of what is painted."""
    image = regions(scene).mask
    pixels = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(pixels)
    return np.rint(pixels.reshape(image.size[1], image.size[0], 4)[..., :3] * 255).astype(int)


def select(scene, chosen) -> np.ndarray:
    """Select faces by their middle; how many are."""
    mesh = scene.head.data
    picked = [bool(chosen(face.center)) for face in mesh.polygons]
    mesh.polygons.foreach_set("select", picked)
    return np.array(picked)


def asked(scene) -> dict:
    return json.loads(Path(scene.job.report_path).read_text())["request"]


def file_data(head) -> str:
    """Everything of the file that a redo could change, by data."""
    pixels = {}
    for image in bpy.data.images:
        if image.packed_file is not None:
            pixels[image.name] = hash(image.packed_file.data)
    entries = [
        {name: str(getattr(entry, name)) for name in entry.bl_rna.properties.keys() if name != "shares"}
        for entry in head.avatartex_history
    ]
    return json.dumps(
        [
            look(head),
            sorted(pixels.items()),
            sorted((i.name, i.users) for i in bpy.data.images if i.packed_file),
            entries,
            head.avatartex_regions.uv_map,
            str(head.avatartex_regions.mask),
            list(head.data.attributes.keys()),
        ]
    )


def test_provenance_is_kept_and_saved_and_forgotten_with_its_result(scene, fake, addon, tmp_path):
    for seed in (1, 2):
        generate(scene, seed)
    first, second = (entry.provenance for entry in history(scene))
    assert first != second and first.packed_file and first.colorspace_settings.name == "Non-Color"
    assert history(scene)[0].shares[0] == pytest.approx(0.4)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "saved.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "saved.blend"))
    head = bpy.data.objects["Head"]
    assert [entry.provenance.size[0] for entry in head.avatartex_history] == [512, 512]
    names = {entry.provenance.name for entry in head.avatartex_history}
    bpy.context.view_layer.objects.active = head
    bpy.ops.avatartex.purge_results()
    assert len(names & set(bpy.data.images.keys())) == 1


def test_selected_faces_are_filled_where_they_lie_in_the_uv_map(scene, fake, addon):
    generate(scene, 1)
    picked = select(scene, lambda middle: middle.z > 0.03)
    assert bpy.ops.avatartex.regions_fill(kind="REDO", source="SELECTED") == {"FINISHED"}
    select(scene, lambda middle: middle.z < -0.03)
    bpy.ops.avatartex.regions_fill(kind="KEEP", source="SELECTED")
    painted = mask(scene)
    mesh = scene.head.data
    for face, red in zip(mesh.polygons, picked):
        uv = np.mean([mesh.uv_layers["UVMap"].uv[corner].vector for corner in face.loop_indices], axis=0)
        colour = painted[int(uv[1] * 512), int(uv[0] * 512)]
        assert tuple(colour) == ((255, 0, 0) if red else (0, 255, 0) if face.center.z < -0.03 else (0, 0, 0))
    bpy.ops.avatartex.regions_fill(kind="ERASE", source="ALL")
    assert not mask(scene).any()


def test_what_is_generated_is_filled(scene, fake, addon, tmp_path):
    generate(scene, 1)
    origin = np.zeros((512, 512, 3), np.uint8)  # photo on the left, generated on the right, mirrored in the middle
    origin[:, :200, 2], origin[:, 200:300, 1], origin[:, 300:, 0] = 255, 255, 255
    cv2.imwrite(str(tmp_path / "origin.png"), origin, [cv2.IMWRITE_PNG_COMPRESSION, 3])
    image = bpy.data.images.load(str(tmp_path / "origin.png"))
    image.pack()
    history(scene)[0].provenance = image
    bpy.ops.avatartex.regions_fill(kind="KEEP", source="ALL")
    assert bpy.ops.avatartex.regions_fill(kind="REDO", source="GENERATED") == {"FINISHED"}
    painted = mask(scene)
    assert (painted[:, 300:] == (255, 0, 0)).all() and (painted[:, :300] == (0, 255, 0)).all()
    image.pixels[0] = 1.0  # in memory only: Blender's own pixels are read
    bpy.ops.avatartex.regions_fill(kind="ERASE", source="GENERATED")
    assert not mask(scene)[:, 300:].any() and (mask(scene)[:, :300] == (0, 255, 0)).all()
    picked = select(scene, lambda middle: False)
    with pytest.raises(RuntimeError, match="No faces are selected"):
        bpy.ops.avatartex.regions_fill(kind="REDO", source="SELECTED")
    assert not picked.any() and (mask(scene)[:, :300] == (0, 255, 0)).all()


def test_what_is_asked_for(scene, fake, addon):
    """Generate tells only what is kept; Redo both, with the shown result's own job and another seed."""
    scene.settings.style, scene.settings.light = "anime", "even"
    generate(scene, 1)
    assert asked(scene)["regions"] == ""
    scene.settings.style, scene.settings.light, scene.settings.portrait = "photo", "keep", "/gone.png"
    with pytest.raises(RuntimeError, match="poll"):
        bpy.ops.avatartex.redo_regions()
    select(scene, lambda middle: middle.z > 0.03)
    bpy.ops.avatartex.regions_fill(kind="KEEP", source="SELECTED")
    with pytest.raises(RuntimeError, match="red"):
        bpy.ops.avatartex.redo_regions()
    select(scene, lambda middle: middle.z < -0.03)
    bpy.ops.avatartex.regions_fill(kind="REDO", source="SELECTED")
    regions(scene).trust_portrait = True
    assert bpy.ops.avatartex.redo_regions(seed=7) == {"FINISHED"}
    request = asked(scene)
    assert (request["seed"], request["style"], request["light"], request["size"]) == (7, "anime", "even", 512)
    assert request["trust_portrait"] and Path(request["base_provenance"]).read_bytes()[1:4] == b"PNG"
    written = cv2.imread(request["regions"])[..., ::-1]
    assert np.array_equal(written[::-1].astype(int), mask(scene))
    assert history(scene)[1].redone and "regions remade" in history(scene)[1].describe()
    scene.settings.portrait = history(scene)[0].portrait
    generate(scene, 2)
    written = cv2.imread(asked(scene)["regions"])[..., ::-1]
    assert not written[..., 0].any() and (written[::-1, :, 1] == mask(scene)[..., 1]).all()


def test_seeds_of_redo_are_new(scene, fake):
    generate(scene, 1)
    bpy.ops.avatartex.regions_fill(kind="REDO", source="ALL")
    for _ in range(2):
        bpy.ops.avatartex.redo_regions()
    assert len({entry.seed for entry in history(scene)}) == 3


def test_undo_after_a_redo(scene, fake, addon):
    add_image(new_material("Skin", scene.head))
    generate(scene, 1)
    bpy.ops.avatartex.regions_fill(kind="REDO", source="ALL")
    bpy.ops.ed.undo_push(message="start")
    before = file_data(scene.head)
    bpy.ops.avatartex.redo_regions(seed=5)
    bpy.ops.ed.undo_push(message="Redo Regions")  # a script's call pushes none
    assert file_data(bpy.data.objects["Head"]) != before
    bpy.ops.ed.undo()
    assert file_data(bpy.data.objects["Head"]) == before


def test_undo_of_a_fill_brings_the_painted_pixels_back(scene, fake):
    generate(scene, 1)
    bpy.ops.avatartex.regions_fill(kind="KEEP", source="ALL")
    bpy.ops.ed.undo_push(message="keep")
    bpy.ops.avatartex.regions_fill(kind="REDO", source="ALL")
    bpy.ops.ed.undo_push(message="redo")
    bpy.ops.ed.undo()
    scene.head = bpy.data.objects["Head"]
    assert (mask(scene) == (0, 255, 0)).all()


def test_painting_leaves_everything_as_it_was(scene, fake, addon, tmp_path):
    generate(scene, 1)
    head, tools = scene.head, bpy.context.scene.tool_settings
    other = bpy.data.images.new("Canvas", 8, 8)
    head.data.uv_layers.new(name="Second")
    head.data.uv_layers.active = head.data.uv_layers["Second"]
    unified = addon("scene.versions").unified_paint_settings(tools)
    tools.image_paint.canvas, unified.use_unified_color, unified.color = other, False, (0.2, 0.4, 0.6)

    def state():
        return (
            head.mode,
            tools.image_paint.mode,
            tools.image_paint.canvas,
            unified.use_unified_color,
            tuple(unified.color),
            head.data.uv_layers.active.name,
            bpy.context.view_layer.objects.active,
        )

    before = state()
    assert bpy.ops.avatartex.regions_paint(kind="REDO") == {"FINISHED"}
    assert head.mode == "TEXTURE_PAINT" and tools.image_paint.canvas == regions(scene).mask
    assert tuple(unified.color) == (1, 0, 0) and head.data.uv_layers.active.name == "UVMap"
    bpy.ops.avatartex.regions_paint(kind="KEEP")
    assert tuple(unified.color) == (0, 1, 0)
    stroke = np.tile(np.float32([0, 1, 0, 1]), 512 * 512)
    regions(scene).mask.pixels.foreach_set(stroke)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "painting.blend"), copy=True)  # in the middle of it
    assert bpy.ops.avatartex.regions_done() == {"FINISHED"}
    assert state() == before and not regions(scene).painting
    with bpy.data.libraries.load(str(tmp_path / "painting.blend")) as (_, into):
        into.images = ["AvatarTex Regions"]
    pixels = np.empty(len(into.images[0].pixels), np.float32)
    into.images[0].pixels.foreach_get(pixels)
    assert np.array_equal(pixels, stroke) and (mask(scene) == (0, 255, 0)).all()


def test_redo_through_the_api_is_the_same_request(scene, fake, addon, tmp_path):
    generate(scene, 1)
    bpy.ops.avatartex.regions_fill(kind="REDO", source="ALL")
    bpy.ops.avatartex.redo_regions(seed=9)
    first = asked(scene)
    bpy.ops.avatartex.show_result(index=0)
    api = addon("api")
    made = api.redo("Head", seed=9)
    second = json.loads(made.report.read_text())["request"]
    files = {"output", "capture", "provenance", "layers", "report", "base_texture", "regions", "base_provenance"}
    own = files | {"job", "previews"}
    assert {k: v for k, v in first.items() if k not in own} == {k: v for k, v in second.items() if k not in own}
    cv2.imwrite(str(tmp_path / "mine.png"), np.zeros((8, 8, 3), np.uint8))
    made = api.generate("Head", first["portrait"], size=512, regions=tmp_path / "mine.png")
    assert json.loads(made.report.read_text())["request"]["regions"] == str(tmp_path / "mine.png")
    bpy.ops.avatartex.restore()
    with pytest.raises(api.AvatarTexError, match="no texture of ours"):
        api.redo("Head", seed=9)
