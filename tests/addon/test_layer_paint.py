"""Sliders of layers and what the artist painted on the texture: it is not lost, and stays on top when asked."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

from .test_layers import SIZE, expect, like, paint, texels, the_image
from .test_layers import made as made


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("moved", [False, True])
def test_paint_is_not_lost(made, addon, monkeypatch, packed, moved):
    layers, group = addon("scene.layers"), made.image.avatartex_layers
    monkeypatch.setattr(layers, "RESTS", -1.0)  # every move looks for paint
    if moved:
        group.light = 0.5
    paint(made.image)
    if packed:
        made.image.pack()
    painted = texels(made.image)
    before = group.light
    group.light = 0
    assert group.painted and group.light == before and np.array_equal(texels(made.image), painted)
    bpy.ops.ed.undo_push(message="nothing")
    assert bpy.ops.avatartex.flatten_anyway("EXEC_DEFAULT", True) == {"FINISHED"}
    assert like(made.image, light=before) and not group.painted
    group.light = 0.25
    assert like(made.image, light=0.25)


def test_undo_brings_the_paint_back(made, addon, monkeypatch):
    monkeypatch.setattr(addon("scene.layers"), "RESTS", -1.0)
    made.image.avatartex_layers.light = 0.5
    bpy.ops.ed.undo_push(message="light")
    paint(made.image)
    painted = texels(made.image)
    made.image.avatartex_layers.light = 0
    assert bpy.ops.avatartex.flatten_anyway("EXEC_DEFAULT", True) == {"FINISHED"}
    assert like(the_image(), light=0.5)
    bpy.ops.ed.undo()
    assert np.array_equal(texels(the_image()), painted) and the_image().avatartex_layers.painted
    bpy.ops.ed.redo()
    assert like(the_image(), light=0.5) and not the_image().avatartex_layers.painted


@pytest.mark.parametrize("moved", [False, True])
def test_paint_stays_on_top(made, addon, monkeypatch, tmp_path, moved):
    monkeypatch.setattr(addon("scene.layers"), "RESTS", -1.0)
    if moved:
        made.image.avatartex_layers.light = 0.5
    else:
        flatten_delivered(made.image, addon)
    assert not bpy.ops.avatartex.keep_paint.poll()
    paint(made.image)
    made.image.avatartex_layers.light = 0
    assert bpy.ops.avatartex.keep_paint("EXEC_DEFAULT", True) == {"FINISHED"}
    the_image().avatartex_layers.light = 0
    assert strokes(the_image()) == ([[255, 0, 0]] * 20, True) and not the_image().avatartex_layers.painted
    path = str(tmp_path / "head.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    the_image().avatartex_layers.hair = 0
    assert strokes(the_image(), hair=0) == ([[255, 0, 0]] * 20, True)
    paint(the_image(), 30, 10, (0, 1, 0, 1))
    the_image().avatartex_layers.hair = 0.5
    bpy.ops.avatartex.keep_paint()
    the_image().avatartex_layers.hair = 1
    assert strokes(the_image()) == ([[255, 0, 0]] * 10 + [[0, 255, 0]] * 30, True)


def flatten_delivered(image, addon):
    """The fake's texture is not what its layers are together, as a real one is: let the packed file be that."""
    addon("scene.layers").flatten_image(image)
    addon("scene.layers").settle(image)
    image.buffers_free()


def strokes(image, **opacities):
    """The painted texels' colours, and whether the rest is as the sliders say, all of light 0."""
    found = texels(image)
    rest, row = found[1:, :, 0], found[0, :, :]
    painted = [texel.tolist() for texel in row[:40] if np.ptp(texel[:2]) > 200]
    wanted = expect(light=0, **opacities)
    return painted, bool(np.abs(rest[:: SIZE - 2, :: SIZE - 1] - wanted).max() <= 1)


def test_paint_within_a_file_is_found(made, tmp_path):
    paint(made.image)
    made.image.pack()
    path = str(tmp_path / "head.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    the_image().avatartex_layers.light = 0
    assert the_image().avatartex_layers.painted and the_image().avatartex_layers.light == 1


def test_paint_is_not_packed_away(made, addon):
    """What was painted a moment after a move stays in the image, though the file gets what the sliders say."""
    made.image.avatartex_layers.light = 0
    paint(made.image)
    painted = texels(made.image)
    addon("scene.layers").pack_layers()
    assert np.array_equal(texels(made.image), painted) and made.image.is_dirty
