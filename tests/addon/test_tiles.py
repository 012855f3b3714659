"""Regions of a head in several UDIM tiles: painted and filled side by side, asked for tile by tile."""

from __future__ import annotations

from pathlib import Path

import bpy
import cv2
import numpy as np
import pytest

from .test_history import generate, history
from .test_regions import asked, mask, regions, select

SIZE = 512


@pytest.fixture
def tiled(scene, fake):
    """The head's left half in tile 1001 and its right in 1002, textured."""
    fake("tiles")
    layer = scene.head.data.uv_layers["UVMap"]
    for corner in layer.uv:
        corner.vector.x *= 2
    generate(scene, 1)
    assert history(scene)[0].image.source == "TILED"
    return scene


def test_filled_faces_lie_in_their_tiles(tiled):
    picked = select(tiled, lambda middle: middle.z > 0.03)
    assert bpy.ops.avatartex.regions_fill(kind="REDO", source="SELECTED") == {"FINISHED"}
    painted, mesh, seen = mask(tiled), tiled.head.data, set()
    assert painted.shape == (SIZE, 2 * SIZE, 3)
    for face, red in zip(mesh.polygons, picked):
        uvs = np.array([mesh.uv_layers["UVMap"].uv[corner].vector for corner in face.loop_indices])
        if np.ptp(np.floor(uvs[:, 0])):
            continue  # across the border
        u, v = uvs.mean(0)
        assert tuple(painted[int(v * SIZE), int(u * SIZE)]) == ((255, 0, 0) if red else (0, 0, 0))
        seen.add((int(u), bool(red)))
    assert seen == {(tile, red) for tile in (0, 1) for red in (False, True)}


def test_each_tile_is_asked_for_by_itself(tiled):
    select(tiled, lambda middle: middle.z > 0.03)
    bpy.ops.avatartex.regions_fill(kind="REDO", source="SELECTED")
    painted = mask(tiled)
    assert bpy.ops.avatartex.redo_regions(seed=3) == {"FINISHED"}
    request = asked(tiled)
    for column, tile in enumerate((1001, 1002)):
        written = cv2.imread(request["regions"].replace("<UDIM>", str(tile)))[::-1, :, ::-1]
        assert np.array_equal(written, painted[:, column * SIZE : (column + 1) * SIZE]) and written.any()
        for name in ("base_texture", "base_provenance"):
            assert Path(request[name].replace("<UDIM>", str(tile))).read_bytes()[1:4] == b"PNG"


def test_what_is_generated_is_filled_tile_by_tile(tiled, addon, tmp_path):
    for tile, share in ((1001, 100), (1002, 300)):  # the right part of each
        origin = np.zeros((SIZE, SIZE, 3), np.uint8)
        origin[:, share:, 0] = 255
        cv2.imwrite(str(tmp_path / f"origin.{tile}.png"), origin)
    load = addon("scene.images").load_result
    history(tiled)[0].provenance = load(tmp_path / "origin.<UDIM>.png", "Origin", [1001, 1002])
    bpy.ops.avatartex.regions_fill(kind="KEEP", source="GENERATED")
    kept = mask(tiled)[0, :, 1] > 0
    assert np.flatnonzero(np.diff(kept)).tolist() == [99, SIZE - 1, SIZE + 299]


def test_painting_adds_a_uv_map_and_takes_it_away(tiled):
    mesh, layers = tiled.head.data, tiled.head.data.uv_layers
    assert bpy.ops.avatartex.regions_paint(kind="REDO") == {"FINISHED"}
    own, shown = layers["UVMap"], layers.active
    assert shown != own and layers["UVMap"].active_render and tiled.head.mode == "TEXTURE_PAINT"
    for corner in range(0, len(mesh.loops), 7):
        assert tuple(shown.uv[corner].vector) == pytest.approx((own.uv[corner].vector.x / 2, own.uv[corner].vector.y))
    bpy.ops.object.mode_set(mode="EDIT")  # of the artist's own accord
    assert bpy.ops.avatartex.regions_done() == {"FINISHED"}
    assert layers.keys() == ["UVMap"] and layers.active.name == "UVMap" and tiled.head.mode == "EDIT"
    bpy.ops.object.mode_set(mode="OBJECT")
    assert tuple(regions(tiled).mask.size) == (2 * SIZE, SIZE)


def test_a_mesh_without_room_for_that_uv_map_is_refused(tiled):
    while len(tiled.head.data.uv_layers) < 8:
        tiled.head.data.uv_layers.new()
    with pytest.raises(RuntimeError, match="no room for a UV map"):
        bpy.ops.avatartex.regions_paint(kind="REDO")
    assert not regions(tiled).painting and tiled.head.mode == "OBJECT"


def test_another_number_of_tiles_begins_a_new_mask(tiled):
    bpy.ops.avatartex.regions_fill(kind="KEEP", source="ALL")
    tiled.head.avatartex_regions.tiles = ""  # what was painted for one tile
    bpy.ops.avatartex.regions_fill(kind="REDO", source="ALL")
    assert mask(tiled).shape == (SIZE, 2 * SIZE, 3) and regions(tiled).tiles == "1001,1002"


def test_the_overlays_picture_shows_the_tiles_side_by_side(tiled, addon, tmp_path):
    for tile, colour in ((1001, (0, 0, 255)), (1003, (0, 255, 0))):
        cv2.imwrite(str(tmp_path / f"origin.{tile}.png"), np.full((64, 64, 3), colour, np.uint8))
    image = addon("scene.images").load_result(tmp_path / "origin.<UDIM>.png", "Origin", [1001, 1003])
    work = addon("core.chore").Chore(addon("scene.tile_grid").read_tiles(image))
    while not work.step():
        pass
    side = addon("scene.tile_grid").SIDE
    assert work.result.shape == (side, 3 * side, 4)
    assert work.result[5, side // 2].tolist() == [1, 0, 0, 1] and work.result[5, 5 * side // 2].tolist() == [0, 1, 0, 1]
    assert not work.result[:, side : 2 * side].any()
