"""Layers beyond one image: UDIM tiles, batches, variants, files for paint programs, the API and the box itself."""

from __future__ import annotations

import json
from pathlib import Path

import bpy
import numpy as np
import pytest

from .test_history import generate
from .test_layers import corners, expect, like, packed_image, paint, the_image
from .test_layers import made as made


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
    buttons = [f"avatartex.{name}" for name in ("reset_layers", "save_layers", "surface_maps", "hair_curves")]
    assert drawn() == ["Layers", "Light", "Hair", "Skin's Detail", *buttons]
    paint(the_image())
    the_image().avatartex_layers.light = 0
    assert "avatartex.flatten_anyway" in drawn()
    scene.settings.shell = "object"
    generate(scene, 2)
    assert drawn()[:2] == ["Layers", "Shell"] and "avatartex.flatten_anyway" not in drawn()
