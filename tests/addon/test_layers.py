"""The Layers box: sliders that flatten a texture's layers into its image, and whatever may come between."""

from __future__ import annotations

import json
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


def test_reset(made):
    assert not bpy.ops.avatartex.reset_layers.poll()
    made.image.avatartex_layers.light, made.image.avatartex_layers.hair = 0, 0.5
    assert bpy.ops.avatartex.reset_layers() == {"FINISHED"}
    assert like(made.image) and made.image.avatartex_layers.light == 1
    assert not bpy.ops.avatartex.reset_layers.poll()


def test_tiles(scene, fake, tmp_path):
    fake("tiles")
    generate(scene, 1)
    image = the_image()
    image.avatartex_layers.light = 0
    assert shown_tiles(image, tmp_path, light=0)
    bpy.ops.ed.undo_push(message="light")
    image.avatartex_layers.hair = 0
    assert shown_tiles(image, tmp_path, light=0, hair=0)
    bpy.ops.ed.undo_push(message="hair")
    bpy.ops.ed.undo()
    assert shown_tiles(the_image(), tmp_path, light=0)
    bpy.ops.ed.redo()
    assert shown_tiles(the_image(), tmp_path, light=0, hair=0)
    path = str(tmp_path / "head.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    assert all(entry.packed_file.data.startswith(b"\x89PNG") for entry in the_image().packed_files)
    bpy.ops.wm.open_mainfile(filepath=path)
    assert shown_tiles(the_image(), tmp_path, light=0, hair=0)
    the_image().avatartex_layers.light = 1
    assert shown_tiles(the_image(), tmp_path, hair=0) and not the_image().avatartex_layers.painted


def shown_tiles(image, folder, **opacities) -> bool:
    """Of both tiles, as their packed files have them; and the first one's texels in memory."""
    fine = like(image, **opacities)
    for entry, dark in zip(sorted(image.packed_files, key=lambda entry: entry.tile_number), (0, 40)):
        path = folder / f"{entry.tile_number}.img"
        path.write_bytes(entry.packed_file.data)
        tile = bpy.data.images.load(str(path))
        fine &= like(tile, dark=dark, **opacities)
        bpy.data.images.remove(tile)
    return fine


def test_the_next_job_has_the_moved_texture_as_its_base(made, scene, addon):
    made.image.avatartex_layers.light = 0
    generate(scene, 2)
    report = json.loads(Path(bpy.context.window_manager.avatartex_job.report_path).read_text())
    base = bpy.data.images.load(report["request"]["base_texture"])
    assert np.abs(corners(base) - expect(light=0)).max() <= 1


def test_saved_texture_is_what_is_shown(made, tmp_path):
    made.image.avatartex_layers.light = 0
    path = tmp_path / "t.png"
    bpy.ops.avatartex.save_texture(filepath=str(path))
    assert like(bpy.data.images.load(str(path)), light=0)


def test_batch(cast, fake):
    from .test_batch import fill

    fill(cast.folder)
    bpy.ops.avatartex.batch_run()
    for head in cast.heads.values():
        [entry] = head.avatartex_history
        entry.image.avatartex_layers.light = 0
        assert like(entry.image, light=0)


class TestSaving:
    @pytest.mark.parametrize("suffix", [".ora", ".psd"])
    def test_with_the_opacities_that_are_shown(self, made, tmp_path, suffix):
        made.image.avatartex_layers.light = 0.25
        path = tmp_path / f"head{suffix}"
        assert bpy.ops.avatartex.save_layers(filepath=str(path)) == {"FINISHED"}
        said = json.loads(path.read_text())
        assert said["source"] == "AvatarTexLayers 1" and said["opacities"]["light"] == 0.25

    def test_of_tiles(self, scene, fake, tmp_path, addon):
        fake("tiles")
        generate(scene, 1)
        written = addon("api").save_layers("Head", tmp_path / "head.ora")
        assert [path.name for path in written] == ["head.1001.ora", "head.1002.ora"]
        with pytest.raises(RuntimeError, match="already"):
            bpy.ops.avatartex.save_layers(filepath=str(tmp_path / "head.ora"))

    def test_another_suffix_is_refused(self, made, tmp_path, addon):
        with pytest.raises(RuntimeError, match=r"\.psd"):
            bpy.ops.avatartex.save_layers(filepath=str(tmp_path / "head.tif"))
        assert not list(tmp_path.glob("head.*"))

    def test_on_the_command_line(self, scene, fake, addon, portrait, tmp_path):
        words = ["generate", "--object", "Head", "--portrait", str(portrait), "--size", "512"]
        more = ["--output", str(tmp_path / "out.blend"), "--layers", str(tmp_path / "head.psd")]
        assert addon("cli.entry").main([*words, *more]) == 0
        assert json.loads((tmp_path / "head.psd").read_text())["opacities"]["light"] == 1


class TestApi:
    def test_set_layer(self, made, addon):
        addon("api").set_layer("Head", "light", 0)
        assert like(made.image, light=0)
        assert np.abs(packed_image(made.image) - expect(light=0)).max() <= 1

    def test_unknown_layers_are_refused(self, made, addon):
        api = addon("api")
        with pytest.raises(api.AvatarTexError, match="no layer 'beard'"):
            api.set_layer("Head", "beard", 0)

    def test_paint_is_refused(self, made, addon):
        api = addon("api")
        paint(made.image)
        with pytest.raises(api.AvatarTexError, match="painted"):
            api.set_layer("Head", "light", 0)

    def test_a_head_without_texture(self, scene, addon):
        api = addon("api")
        with pytest.raises(api.AvatarTexError, match="no layers"):
            api.save_layers("Head", "x.ora")

    def test_the_shells_opacity(self, scene, fake, addon):
        scene.settings.shell = "object"
        generate(scene, 1)
        socket = addon("scene.shell_object").find_opacity(scene.head)
        addon("api").set_layer("Head", "shell", 0.25)
        assert socket.default_value == 0.25 and socket.node.outputs["Result"].links[0].to_socket.name == "Alpha"
        assert not the_image().is_dirty


def test_variants_as_photographs(scene, fake, addon):
    generate(scene, 1)
    settings = bpy.context.scene.avatartex_variants
    settings.styles, settings.seeds, settings.size = {"photo", "cel"}, "0", "512"
    bpy.ops.avatartex.variants_bake()
    find = addon("scene.history").find_layered
    for index, entry in enumerate(scene.head.avatartex_variants):
        bpy.ops.avatartex.variant_show(index=index)
        image = find(scene.head)
        assert (image is not None) == (entry.style == "photo")
        if image is not None:
            image.avatartex_layers.hair = 0
            assert like(image, hair=0) and the_image().avatartex_layers.hair == 1
    bpy.ops.avatartex.variant_show(index=index)
    assert find(scene.head) == the_image()


@pytest.fixture
def drawn(scene, addon):
    """What the box shows: properties by name."""

    class Layout:
        def __init__(self):
            self.seen = []

        def panel(self, _name):
            return self, self

        def prop(self, owner, name, text=None, slider=False):
            self.seen.append(text or owner.bl_rna.properties[name].name)

        def operator(self, name, **_):
            self.seen.append(name)

        def label(self, text="", **_):
            self.seen.append(text)

        def __getattr__(self, _):
            return lambda *_, **__: self

    def draw():
        layout = Layout()
        addon("ui.layers_box").draw_layers(layout, scene.head)
        return layout.seen

    return draw


def test_the_box(scene, fake, drawn):
    assert drawn() == []
    generate(scene, 1)
    assert drawn() == ["Layers", "Light", "Hair", "Skin's Detail", "avatartex.reset_layers", "avatartex.save_layers"]
    paint(the_image())
    the_image().avatartex_layers.light = 0
    assert "avatartex.flatten_anyway" in drawn()
    scene.settings.shell = "object"
    generate(scene, 2)
    assert drawn()[:2] == ["Layers", "Shell"] and "avatartex.flatten_anyway" not in drawn()
