"""The Layers box: sliders that flatten a texture's layers into its image, and whatever may come between."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import bpy
import numpy as np
import pytest

from .test_history import exchanged, generate

SIZE = 512


def texels(image) -> np.ndarray:
    """(H,W,3) 0..255 rounded, the lowest row first."""
    found = np.empty(image.size[0] * image.size[1] * 4, np.float32)
    image.pixels.foreach_get(found)
    return np.rint(found.reshape(image.size[1], image.size[0], 4)[..., :3] * 255).astype(int)


def expect(light=1.0, detail=1.0, hair=1.0, dark=0) -> np.ndarray:
    """By hand what the fake backend's layers are together, in the corners: (lower, upper; left, right)."""
    found = np.empty((2, 2))
    for upper in (0, 1):
        for right in (0, 1):
            value = ((160 if upper else 120) - dark) / 255 + (25 / 255 * detail if right else 0)
            if upper:
                value += (40 / 255 - value) * hair
            found[upper, right] = value * (1 if right else 1 - light / 2)
    return found * 255


def corners(image) -> np.ndarray:
    """(2,2) red of the corners, likewise."""
    found = texels(image)[..., 0]
    assert all(np.ptp(part) <= 1 for half in np.split(found, 2) for part in np.split(half, 2, 1))
    return found[:: SIZE - 1, :: SIZE - 1]


def like(image, **opacities) -> bool:
    return bool(np.abs(corners(image) - expect(**opacities)).max() <= 1)


def packed_image(image):
    """What the packed file shows."""
    copy = image.copy()
    try:
        copy.buffers_free()
        return corners(copy)
    finally:
        bpy.data.images.remove(copy)


@pytest.fixture
def made(scene, fake):
    exchanged(scene.head)
    generate(scene, 1)
    return SimpleNamespace(head=scene.head, image=scene.head.avatartex_history[-1].image)


def the_image():
    """Undo makes a new one."""
    return bpy.data.objects["Head"].avatartex_history[-1].image


def paint(image, count=20, start=0, colour=(1, 0, 0, 1)):
    found = np.empty(image.size[0] * image.size[1] * 4, np.float32)
    image.pixels.foreach_get(found)
    found[4 * start : 4 * (start + count)] = colour * count
    image.pixels.foreach_set(found)


def test_the_texture_stays_as_it_came_until_a_slider_moves(made):
    assert not made.image.is_dirty
    group = made.image.avatartex_layers
    assert group.there == "detail,hair,light" and (group.detail, group.hair, group.light) == (1, 1, 1)
    texture = Path(bpy.context.window_manager.avatartex_job.texture_path)
    assert made.image.packed_file.data == texture.read_bytes()


@pytest.mark.parametrize("name", ["light", "detail", "hair"])
def test_a_slider_flattens_at_once(made, name):
    for value in (0.5, 0.0, 1.0):
        setattr(made.image.avatartex_layers, name, value)
        assert like(made.image, **{name: value})
    assert made.image.is_dirty and made.image.avatartex_layers.folds == 0


def test_detail_goes_up_to_twice(made):
    made.image.avatartex_layers.detail = 5
    assert made.image.avatartex_layers.detail == 2 and like(made.image, detail=2)


@pytest.mark.parametrize(("option", "value", "start"), [("light", "even", 0.5), ("hair", "bare", 0)])
def test_options_are_where_sliders_start(scene, fake, option, value, start):
    setattr(scene.settings, option, value)
    generate(scene, 1)
    assert getattr(the_image().avatartex_layers, option) == start


def test_undo_and_redo_are_followed(made):
    bpy.ops.ed.undo_push(message="before")
    delivered = texels(made.image)
    made.image.avatartex_layers.light = 0
    bpy.ops.ed.undo_push(message="light")
    made.image.avatartex_layers.hair = 0.25
    bpy.ops.ed.undo_push(message="hair")
    bpy.ops.ed.undo()
    assert the_image().avatartex_layers.hair == 1 and like(the_image(), light=0)
    bpy.ops.ed.undo()
    assert the_image().avatartex_layers.light == 1 and np.array_equal(texels(the_image()), delivered)
    assert not the_image().is_dirty
    bpy.ops.ed.redo()
    assert like(the_image(), light=0)
    bpy.ops.ed.redo()
    assert like(the_image(), light=0, hair=0.25)


@pytest.mark.parametrize("packed", [(), (0,), (1,), (0, 1)], ids=str)
def test_undo_wherever_the_file_was_packed_between(made, addon, packed):
    settle = addon("scene.layers").settle
    bpy.ops.ed.undo_push(message="before")
    delivered = texels(made.image)
    for number, value in enumerate((0.75, 0.5)):
        the_image().avatartex_layers.light = value
        bpy.ops.ed.undo_push(message="light")
        if number in packed:
            settle(the_image())
            addon("scene.layers").pack_layers()
    bpy.ops.ed.undo()
    assert like(the_image(), light=0.75)
    bpy.ops.ed.redo()
    assert like(the_image(), light=0.5)
    bpy.ops.ed.undo()
    bpy.ops.ed.undo()
    assert np.array_equal(texels(the_image()), delivered)
    bpy.ops.ed.redo()
    assert like(the_image(), light=0.75)


def test_another_step_of_undo_leaves_the_texels_alone(made):
    made.image.avatartex_layers.light = 0
    bpy.ops.ed.undo_push(message="light")
    bpy.context.scene.frame_end = 7
    bpy.ops.ed.undo_push(message="else")
    bpy.ops.ed.undo()
    assert like(the_image(), light=0) and the_image().avatartex_layers.light == 0


def test_saved_with_the_file_and_moved_again(made, tmp_path):
    made.image.avatartex_layers.light = 0
    path = str(tmp_path / "head.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    assert not made.image.is_dirty and like(made.image, light=0)
    bpy.ops.wm.open_mainfile(filepath=path)
    assert like(the_image(), light=0) and the_image().avatartex_layers.light == 0
    assert not the_image().is_dirty
    the_image().avatartex_layers.hair = 0
    assert like(the_image(), light=0, hair=0) and not the_image().avatartex_layers.painted


def test_a_file_from_the_middle_of_a_drag(made, tmp_path, addon):
    """As autosaves are: the packed file is older than the sliders."""
    layers, path = addon("scene.layers"), str(tmp_path / "head.blend")
    made.image.avatartex_layers.light = 0
    bpy.app.handlers.save_pre.remove(layers.pack_layers)
    try:
        bpy.ops.wm.save_as_mainfile(filepath=path)
    finally:
        bpy.app.handlers.save_pre.append(layers.pack_layers)
    bpy.ops.wm.open_mainfile(filepath=path)
    assert like(the_image(), light=0)
    the_image().avatartex_layers.light = 0.5
    assert like(the_image(), light=0.5)


def test_the_packed_file_follows_a_rest(made, addon, monkeypatch):
    layers = addon("scene.layers")
    made.image.avatartex_layers.light = 0
    layers.pack_rested()
    before = made.image.packed_file.size
    monkeypatch.setattr(layers, "RESTS", 0.0)
    while layers.pack_rested() is not None:
        pass
    assert made.image.packed_file.size != before
    assert np.abs(packed_image(made.image) - expect(light=0)).max() <= 1
    assert like(made.image, light=0)


def test_a_copy_has_sliders_of_its_own(made, addon):
    addon("scene.layers").settle(made.image)
    copy = made.image.copy()
    copy.avatartex_layers.hair = 0
    assert like(copy, hair=0) and made.image.avatartex_layers.hair == 1 and not made.image.is_dirty
    made.image.avatartex_layers.light = 0
    assert like(made.image, light=0) and like(copy, hair=0)


def test_sliders_follow_the_shown_result(made, scene, addon):
    find = addon("scene.history").find_layered
    made.image.avatartex_layers.light = 0
    generate(scene, 2)
    assert find(made.head) == made.head.avatartex_history[1].image and find(made.head).avatartex_layers.light == 1
    bpy.ops.avatartex.show_result(index=0)
    assert find(made.head) == made.image and made.image.avatartex_layers.light == 0 and like(made.image, light=0)
    bpy.ops.avatartex.restore()
    assert find(made.head) is None


def test_a_backend_without_layers(scene, fake):
    fake("bare")
    generate(scene, 1)
    assert not the_image().avatartex_layers.there
    the_image().avatartex_layers.light = 0
    assert not the_image().is_dirty


def test_reset(made):
    assert not bpy.ops.avatartex.reset_layers.poll()
    made.image.avatartex_layers.light, made.image.avatartex_layers.hair = 0, 0.5
    assert bpy.ops.avatartex.reset_layers() == {"FINISHED"}
    assert like(made.image) and made.image.avatartex_layers.light == 1
    assert not bpy.ops.avatartex.reset_layers.poll()
