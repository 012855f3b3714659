"""The installed zip and its real backend: one portrait, asked for in three ways, gives the same texels."""

from __future__ import annotations

import shutil
import sys

import bpy
import numpy as np
import pytest
from mathutils.bvhtree import BVHTree

from tests.demo import sources
from tests.demo.head import build_head
from tests.demo.scene import build

from .test_api import pixels_on


@pytest.fixture
def head(addon, monkeypatch):
    """The demo's head in a file of its own, and the backend that the zip carries."""
    monkeypatch.setenv("AVATARTEX_BACKEND_PYTHON", sys.executable)
    addon("session").close()
    bpy.ops.wm.read_homefile(use_empty=True)
    yield build(build_head())
    addon("session").close()


def test_operator_api_and_command_line_give_the_same_texels(head, addon, tmp_path):
    portrait = shutil.copy(sources.astronaut(), tmp_path)
    settings, textures = head.avatartex, []
    settings.portrait, settings.size, settings.seed = str(portrait), "512", 3
    assert bpy.ops.avatartex.generate() == {"FINISHED"}
    textures.append(pixels_on(head))
    bpy.ops.avatartex.restore()
    settings.seed, settings.size, settings.light = 0, "1024", "remove"
    addon("api").generate(head, portrait, size=512, seed=3)
    textures.append(pixels_on(head))
    bpy.ops.avatartex.restore()
    assert (
        addon("cli.entry").main(
            [
                "generate",
                "--object",
                head.name,
                "--portrait",
                str(portrait),
                "--size",
                "512",
                "--seed",
                "3",
                "--output",
                str(tmp_path / "out.blend"),
            ]
        )
        == 0
    )
    textures.append(pixels_on(head))
    assert len(textures[0]) == 512 * 512 * 4 and textures[0].std() > 0.05
    assert np.array_equal(textures[0], textures[1]) and np.array_equal(textures[0], textures[2])


def test_the_real_layers_are_the_texture(head, addon, tmp_path):
    """Moved away and back, a slider gives the job's own texels but for rounding; and the backend writes the files."""
    api = addon("api")
    made = api.generate(head, shutil.copy(sources.astronaut(), tmp_path), size=512)
    delivered, group = pixels_on(head), made.image.avatartex_layers
    assert {"hair", "detail", "light"} <= set(group.there.split(","))
    start = group.light
    for value, moves in ((0.0, True), (start, False)):
        api.set_layer(head, "light", value)
        apart = np.abs(pixels_on(head) - delivered) * 255
        assert (apart.max() > 10) == moves, apart.max()
    assert apart.max() <= 2.01
    for suffix, begins in ((".ora", b"PK"), (".psd", b"8BPS")):
        [path] = api.save_layers(head, tmp_path / f"head{suffix}")
        assert path.read_bytes().startswith(begins)


def test_hair_curves_lie_on_a_head_with_modifiers(head, addon, tmp_path):
    """The backend numbers what Blender shows, subdivided; their roots lie on the mesh at rest, and their tips above."""
    fine = head.modifiers.new("Fine", "SUBSURF")
    fine.subdivision_type, fine.levels = "SIMPLE", 1
    api = addon("api")
    api.generate(head, shutil.copy(sources.astronaut(), tmp_path), size=512)
    hair = api.add_hair_curves(head, guides=3000).curves[0]
    assert 2500 < len(hair.data.curves) <= 3000
    points = np.empty(len(hair.data.points) * 3, np.float32)
    hair.data.position_data.foreach_get("vector", points)
    points = points.reshape(len(hair.data.curves), -1, 3)
    tree = BVHTree.FromPolygons(
        [vertex.co for vertex in head.data.vertices], [polygon.vertices for polygon in head.data.polygons]
    )
    extent = max(head.dimensions) / max(head.scale)
    roots, tips = (np.array([tree.find_nearest(place)[3] for place in points[::10, k].tolist()]) for k in (0, -1))
    assert roots.max() < 5e-3 * extent and np.median(roots) < 5e-4 * extent  # of quads that are not flat
    assert 2e-3 * extent < np.median(tips) < 0.1 * extent


def test_maps_of_the_real_backend_are_maps(head, addon, tmp_path):
    """Most of a normal map looks straight up, and none of it below the skin; roughness is that of skin."""
    api = addon("api")
    api.generate(head, shutil.copy(sources.astronaut(), tmp_path), size=512)
    maps = api.add_surface_maps(head).images
    normal, rough = (
        np.array(maps[name].pixels[:], np.float32).reshape(512, 512, 4)[..., :3] for name in ("normal", "roughness")
    )
    straight = normal.reshape(-1, 3)
    assert np.allclose(np.median(straight, 0), [0.5, 0.5, 1], atol=0.02) and straight[:, 2].min() > 0.8
    assert straight[:, :2].std() > 0.002 and 0.3 < np.median(rough) < 0.8
