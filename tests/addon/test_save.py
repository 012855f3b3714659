"""Save Texture As, the manual in the browser, and the head that an active rig stands for."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import bpy
import numpy as np
import pytest

from .conftest import make_head
from .test_generate import generate


def save(path):
    return bpy.ops.avatartex.save_texture(filepath=str(path))


def read(path):
    image = bpy.data.images.load(str(path))
    pixels = np.array(image.pixels[:]).reshape(-1, 4)
    bpy.data.images.remove(image)
    return pixels


def test_the_saved_file_is_the_texture(scene, fake, tmp_path):
    assert not bpy.ops.avatartex.save_texture.poll()
    generate()
    image = scene.head.avatartex_history[0].image
    before = (image.filepath, image.is_dirty, bool(image.packed_file), len(bpy.data.images))
    assert save(tmp_path / "skin") == {"FINISHED"}
    assert (tmp_path / "skin.png").read_bytes() == Path(scene.job.texture_path).read_bytes()
    assert (image.filepath, image.is_dirty, bool(image.packed_file), len(bpy.data.images)) == before


def test_what_was_painted_on_it_is_saved(scene, fake, tmp_path):
    generate()
    image = scene.head.avatartex_history[0].image
    image.pixels.foreach_set(np.tile(np.float32([0, 1, 0, 1]), image.size[0] * image.size[1]))
    save(tmp_path / "skin.png")
    assert np.allclose(read(tmp_path / "skin.png").mean(0), (0, 1, 0, 1), atol=0.01)
    assert image.packed_file
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "kept.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "kept.blend"))
    pixels = np.array(bpy.data.images["Head AvatarTex"].pixels[:]).reshape(-1, 4)
    assert np.allclose(pixels.mean(0), (0, 1, 0, 1), atol=0.01)


def test_the_result_that_is_shown_is_saved(scene, fake, tmp_path):
    for seed in (1, 2):
        scene.settings.seed = seed
        generate()
    bpy.ops.avatartex.show_result(index=0)
    save(tmp_path / "first.png")
    assert (tmp_path / "first.png").read_bytes() == scene.head.avatartex_history[0].image.packed_file.data


@pytest.mark.parametrize("painted", [False, True])
def test_each_tile_is_a_file(scene, addon, tmp_path, painted):
    images, source = addon("scene.images"), tmp_path / "made"
    source.mkdir()
    for tile, colour in ((1001, 0.25), (1002, 0.75)):
        picture = bpy.data.images.new(str(tile), 8, 8)
        picture.pixels.foreach_set(np.full(256, colour, np.float32))
        picture.filepath_raw, picture.file_format = str(source / f"texture.{tile}.png"), "PNG"
        picture.save()
    image = images.load_result(source / "texture.<UDIM>.png", "Tiles", [1001, 1002])
    made = {path.name: path.read_bytes() for path in source.iterdir()}
    for path in list(source.iterdir()):
        path.unlink()
    if painted:
        image.pixels.foreach_set(np.full(256, 0.5, np.float32))
        with pytest.raises(LookupError, match="painted"):
            images.save_png(image, tmp_path / "skin.png")
        assert len(image.packed_files) == 2 and image.is_dirty
        return
    written = images.save_png(image, tmp_path / "skin.png")
    assert [path.name for path in written] == ["skin.1001.png", "skin.1002.png"]
    assert [path.read_bytes() for path in written] == [made["texture.1001.png"], made["texture.1002.png"]]
    with pytest.raises(FileExistsError):
        images.save_png(image, tmp_path / "skin.<UDIM>.png")


def test_a_folder_that_is_gone_is_said(scene, fake, tmp_path):
    generate()
    with pytest.raises(RuntimeError, match="could not be saved"):
        save(tmp_path / "gone" / "skin.png")


class Page(HTMLParser):
    """Links, pictures and open tags of a page."""

    def __init__(self):
        super().__init__()
        self.targets, self.open, self.text = [], [], ""

    def handle_starttag(self, tag, attributes):
        self.targets += [value for name, value in attributes if name in ("href", "src")]
        if tag not in ("img", "meta"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += f"{data} "


def test_every_panel_has_a_page(addon, scene, monkeypatch):
    opened = []
    module = addon("operators.open_manual")
    monkeypatch.setattr("webbrowser.open", opened.append)
    panels = [cls for cls in addon("").CLASSES if issubclass(cls, bpy.types.Panel)]
    assert len(panels) >= 6 and all(hasattr(cls, "draw_header_preset") for cls in panels)
    pages = {cls.page for cls in panels} | {"README"}
    for page in pages:
        assert bpy.ops.avatartex.open_manual(page=page) == {"FINISHED"}
    assert opened == [(module.MANUAL / f"{page}.html").as_uri() for page in pages]
    with pytest.raises(RuntimeError, match="no page 'nowhere'"):
        bpy.ops.avatartex.open_manual(page="nowhere")


def test_pages_are_whole(addon):
    """All text of the manual arrives; tags close; links and pictures lead somewhere."""
    manual = addon("operators.open_manual").MANUAL
    assert len(list(manual.glob("*.html"))) == len(list(manual.glob("*.md"))) >= 8
    for source in sorted(manual.glob("*.md")):
        page = Page()
        page.feed(source.with_suffix(".html").read_text(encoding="utf-8"))
        assert not page.open
        for target in page.targets:
            assert (manual / target).is_file(), target
        plain = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", re.sub(r"!\[[^]]*\]\([^)]*\)", "", source.read_text("utf-8")))
        assert set(re.findall(r"\w{3,}", plain)) - set(re.findall(r"\w{3,}", page.text)) == set()
        assert "**" not in page.text and "](" not in page.text


def test_an_active_rig_stands_for_its_head(scene, addon):
    find = addon("scene.head").find_head
    rig = bpy.data.objects.new("Rig", bpy.data.armatures.new("Rig"))
    bpy.context.scene.collection.objects.link(rig)
    other = make_head("Other")
    scene.choice.head = None
    bpy.context.view_layer.objects.active = rig
    for thing in (scene.head, other):
        thing.select_set(False)
    assert find(bpy.context) is None  # neither is selected, neither skinned
    scene.head.select_set(True), rig.select_set(True)
    assert find(bpy.context) == scene.head
    scene.head.select_set(False)
    other.modifiers.new("Armature", "ARMATURE").object = rig
    assert find(bpy.context) == other
    scene.head.modifiers.new("Armature", "ARMATURE").object = rig
    assert find(bpy.context) is None
    scene.head.select_set(True), other.select_set(True)
    assert "2 meshes are selected" in str(addon("scene.head").find_problem(bpy.context))
