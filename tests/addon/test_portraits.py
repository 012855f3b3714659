"""The ways to choose a portrait: each is one change of the setting, and none changes a picture."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import bpy
import numpy as np
import pytest
from PIL import Image as Picture


def new_image(name="Painted", size=(6, 4), **options):
    """A generated image with a colour of its own in each pixel; its floats are scene-linear."""
    image = bpy.data.images.new(name, *size, **options)
    pixels = np.linspace(0, 1, size[0] * size[1] * 4, dtype=np.float32).reshape(size[1], size[0], 4)
    pixels[..., 3] = 1
    image.pixels.foreach_set(pixels.ravel())
    return image, pixels


def chosen(scene) -> np.ndarray:
    """The portrait's pixels, row 0 on top."""
    return np.asarray(Picture.open(bpy.path.abspath(scene.settings.portrait)).convert("RGBA"))


def state(image):
    pixels = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(pixels)
    return (
        image.name,
        image.filepath,
        image.file_format,
        image.is_dirty,
        image.packed_file is None,
        image.source,
        image.colorspace_settings.name,
        image.users,
        pixels.tobytes(),
    )


def test_a_painted_image(scene):
    image, pixels = new_image()
    before = state(image)
    assert bpy.ops.avatartex.use_image(image=image.name) == {"FINISHED"}
    assert np.abs(chosen(scene) / 255 - pixels[::-1]).max() < 0.003  # bytes as they are stored
    assert state(image)[:7] == before[:7] and state(image)[8] == before[8]
    assert Path(scene.settings.portrait).name == "Painted.png"
    first = scene.settings.portrait
    image.pixels[0] = 0.5
    bpy.ops.avatartex.use_image(image=image.name)
    assert scene.settings.portrait != first and Path(scene.settings.portrait).name == Path(first).name  # pins stay


def test_linear_floats_become_srgb(scene):
    image, pixels = new_image(float_buffer=True)
    pixels[..., 3] = 0.5
    pixels[..., :3] *= 0.5  # Blender keeps floats premultiplied
    image.pixels.foreach_set(pixels.ravel())
    bpy.ops.avatartex.use_image(image=image.name)
    linear = pixels[::-1, :, :3] / 0.5
    encoded = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    assert np.abs(chosen(scene)[..., :3] / 255 - encoded).max() < 0.003
    assert (chosen(scene)[..., 3] == 128).all()


def test_a_packed_file_keeps_its_bytes(scene, tmp_path):
    path = tmp_path / "anna.png"
    Picture.fromarray(np.full((5, 7, 3), 90, np.uint8)).save(path)
    data = path.read_bytes()
    image = bpy.data.images.load(str(path))
    assert bpy.ops.avatartex.use_image(image=image.name) == {"FINISHED"}
    assert Path(scene.settings.portrait) == path  # a file needs no copy
    image.pack()
    path.unlink()
    bpy.ops.avatartex.use_image(image=image.name)
    assert Path(scene.settings.portrait).read_bytes() == data


def test_only_portraits_are_offered(scene, fake, addon):
    assert not bpy.ops.avatartex.use_image.poll()
    bpy.ops.avatartex.generate()
    new_image()
    bpy.data.images.new("Tiles", 8, 8, tiled=True)
    assert [image.name for image in addon("operators.choose_portrait").find_offered()] == ["Painted"]


def test_what_cannot_be_used_is_said(scene):
    empty = bpy.data.images.new("Gone", 4, 4)
    empty.source, empty.filepath = "FILE", "//nowhere.png"
    before = scene.settings.portrait
    for name in ("Gone", "Nobody"):
        with pytest.raises(RuntimeError, match=name):
            bpy.ops.avatartex.use_image(image=name)
    with pytest.raises(RuntimeError, match="not a picture"):
        bpy.ops.avatartex.drop_portrait(filepath="/somewhere/scene.fbx")
    assert scene.settings.portrait == before


@pytest.mark.parametrize("way", ["pick_portrait", "drop_portrait"])
def test_paths_are_kept_as_the_preferences_say(scene, tmp_path, portrait, way):
    operator = getattr(bpy.ops.avatartex, way)
    operator("EXEC_DEFAULT", filepath=str(portrait))
    assert scene.settings.portrait == str(portrait)  # there is no .blend file yet
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    operator("EXEC_DEFAULT", filepath=str(portrait))
    assert bpy.data.objects["Head"].avatartex.portrait == "//portrait.png"
    assert bpy.data.objects["Head"].avatartex.portrait_image is None


class TestClipboard:
    @pytest.fixture
    def clipboard(self, addon, monkeypatch, tmp_path):
        """A clipboard with this text, and a program that hands out this picture."""
        module = addon("scene.clipboard")
        for variable in module.TOOLS:
            monkeypatch.delenv(variable, raising=False)

        def put(text="", tool: bytes | None = None):
            if tool is not None:
                (tmp_path / "picture").write_bytes(tool)
                script = tmp_path / "xclip"
                script.write_text(f"#!/bin/sh\ncat '{tmp_path / 'picture'}'\n")
                script.chmod(0o755)
                monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
            manager = SimpleNamespace(clipboard=text)
            return module.paste(SimpleNamespace(window_manager=manager, window=None), tmp_path / "ours")

        return put

    def test_copied_files(self, clipboard, portrait, tmp_path):
        spaced = tmp_path / "a face.png"
        spaced.write_bytes(b"")
        for text in (str(portrait), f"file://{portrait}\n", f'"{portrait}"'):
            assert clipboard(text) == portrait
        assert clipboard(f"file://{tmp_path}/a%20face.png") == spaced

    def test_nothing(self, clipboard, portrait, monkeypatch, tmp_path):
        for text in ("", "hello", "face.png", f"{portrait}.gone.png"):
            with pytest.raises(LookupError, match="no picture on the clipboard"):
                clipboard(text)
        monkeypatch.setenv("DISPLAY", ":0")
        monkeypatch.setenv("PATH", "/nowhere")
        with pytest.raises(LookupError, match="xclip"):
            clipboard()

    def test_a_program_hands_it_out(self, clipboard, monkeypatch, portrait):
        monkeypatch.setenv("DISPLAY", ":0")
        data = b"\x89PNG\r\n\x1a\n and so on"
        path = clipboard(tool=data)
        assert path.name == "pasted.png" and path.read_bytes() == data
        with pytest.raises(LookupError, match="no picture"):
            clipboard(tool=b"Error: target not available")


def test_none_of_them_while_a_job_runs(scene, addon, portrait):
    new_image()
    operators = [
        getattr(bpy.ops.avatartex, name) for name in ("pick_portrait", "drop_portrait", "use_image", "paste_portrait")
    ]
    assert all(operator.poll() for operator in operators)
    handler = addon("operators.choose_portrait").AVATARTEX_FH_portrait
    where = SimpleNamespace(
        area=SimpleNamespace(type="VIEW_3D"),
        window_manager=bpy.context.window_manager,
        region=SimpleNamespace(type="UI", active_panel_category="AvatarTex"),
    )
    assert handler.poll_drop(where)
    scene.job.running = True
    assert not any(operator.poll() for operator in operators) and not handler.poll_drop(where)
    with pytest.raises(RuntimeError, match=r"while a job runs|at work"):
        bpy.ops.avatartex.drop_portrait("EXEC_DEFAULT", filepath=str(portrait))


def test_other_drops_are_left_alone(scene, addon):
    handler = addon("operators.choose_portrait").AVATARTEX_FH_portrait
    for kind, region, tab, taken in (
        ("VIEW_3D", "WINDOW", "", True),
        ("VIEW_3D", "UI", "AvatarTex", True),
        ("VIEW_3D", "UI", "Item", False),
        ("IMAGE_EDITOR", "WINDOW", "", False),
        ("NODE_EDITOR", "WINDOW", "", False),
    ):
        assert (
            handler.poll_drop(
                SimpleNamespace(
                    area=SimpleNamespace(type=kind),
                    window_manager=bpy.context.window_manager,
                    region=SimpleNamespace(type=region, active_panel_category=tab),
                )
            )
            is taken
        )


def test_the_heads_own_parts_do_not_become_the_head(scene, addon):
    from .conftest import make_head

    inside = addon("operators.choose_portrait").lies_within
    eye, other = make_head("Eye"), make_head("Other")
    eye.scale, eye.location, other.location = (0.1, 0.1, 0.1), (0.03, -0.08, 0.02), (0.5, 0, 0)
    bpy.context.view_layer.update()
    assert inside(eye, scene.head) and not inside(other, scene.head)
    addon("operators.choose_portrait").choose_dropped_on(bpy.context, other)
    assert scene.choice.head == other
    scene.choice.head = None
    addon("operators.choose_portrait").choose_dropped_on(bpy.context, scene.head)
    assert scene.choice.head is None and bpy.context.view_layer.objects.active == scene.head


def test_portraits_of_ours_that_nothing_uses_are_removed(scene, fake, addon):
    shutil.rmtree(addon("preferences").portraits_folder(), ignore_errors=True)  # of other tests
    images = [new_image(name)[0] for name in ("First", "Second", "Third")]
    for index, image in enumerate(images):
        image.pixels.foreach_set(np.full(len(image.pixels), index / 4, np.float32))
        bpy.ops.avatartex.use_image(image=image.name)
        images[index] = Path(scene.settings.portrait)
        if index == 0:
            bpy.ops.avatartex.generate()  # its result remembers the first
    clean = addon("operators.choose_portrait")
    assert clean.find_unused() == [images[1]]
    assert bpy.ops.avatartex.clean_portraits() == {"FINISHED"}
    assert [path.is_file() for path in images] == [True, False, True] and not images[1].parent.exists()
    assert not bpy.ops.avatartex.clean_portraits.poll()
    scene.settings.portrait = ""
    bpy.ops.avatartex.purge_results()
    assert clean.find_unused() == [images[2]]


def test_saved_into_another_folder_the_portraits_are_still_found(scene, fake, addon, portrait, tmp_path):
    """Blender's Remap Relative knows nothing of properties. A copy leaves the open file's paths alone."""
    for folder in ("a", "b/c"):
        (tmp_path / folder).mkdir(parents=True)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "a" / "x.blend"))
    head = bpy.data.objects["Head"]
    settings = head.avatartex
    settings.portrait = "//../portrait.png"
    head.avatartex_further.add().path = settings.portrait
    row = addon("api").batch([("Head", "//../portrait.png")])[0]
    where = addon("scene.head").portrait_path

    def found():
        paths = settings.portrait, row.portrait, head.avatartex_further[0].path
        return {Path(where(path)).resolve() for path in paths}

    assert row.state == "done" and found() == {portrait}
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "b" / "c" / "x.blend"))
    assert settings.portrait == f"//..{os.sep}..{os.sep}portrait.png" and found() == {portrait}
    assert row.state == "done"
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "copy.blend"), copy=True)
    assert found() == {portrait}
    with pytest.raises(RuntimeError):
        bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "no" / "such" / "x.blend"))
    assert found() == {portrait}
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "copy.blend"))
    assert bpy.data.objects["Head"].avatartex.portrait == "//portrait.png"


@pytest.mark.parametrize("name", ["pick_portrait", "further_add"])
def test_the_file_browser_shows_thumbnails_of_every_format(addon, name):
    """What Pillow reads of the backend's formats, and nothing else; folders, too."""
    from PIL import Image

    from backend.imaging.read import FORMATS

    Image.init()
    pi_heif = pytest.importorskip("pi_heif")
    pi_heif.register_heif_opener(thumbnails=False)
    known = getattr(bpy.ops.avatartex, name).get_rna_type().properties
    shown = set(known["filter_glob"].default.split(";"))
    assert {"*.avif", "*.gif", "*.png", "*.jpg"} <= shown and "*.exr" not in shown
    assert {Image.registered_extensions()[pattern[1:]] for pattern in shown} <= {*FORMATS, "HEIF"}
    display = known["display_type"]
    assert display.enum_items[display.default].value == 3 and known["filter_folder"].default
    assert "filter_image" not in known  # it would hide AVIF and GIF, and show what the backend refuses
