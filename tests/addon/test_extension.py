"""The extension as a whole: comes and goes cleanly, draws, and works from the command line."""

from __future__ import annotations

import time
from pathlib import Path

import bpy
import pytest

from .conftest import PACKAGE, make_head


def test_comes_and_goes_three_times(scene, fake, addon, portrait):
    import addon_utils

    for _ in range(3):
        addon_utils.disable(PACKAGE)
        assert not hasattr(bpy.types.Scene, "avatartex")
        assert not hasattr(bpy.types, "AVATARTEX_PT_main")
        addon_utils.enable(PACKAGE)
        assert hasattr(bpy.types, "AVATARTEX_PT_main")
    bpy.data.objects["Head"].avatartex.portrait = str(portrait)
    assert bpy.ops.avatartex.generate() == {"FINISHED"}


def test_registering_takes_a_tenth_of_a_second(scene, addon):
    """Of this thread's work, the fastest of three: the cores may be shared."""
    spent = []
    for _ in range(3):
        addon("").unregister()
        started = time.thread_time()
        addon("").register()
        spent.append(time.thread_time() - started)
    assert min(spent) < 0.1


def test_nothing_is_written_where_it_is_installed(scene, fake, addon, portrait):
    """Its folder may be read-only, as in a studio's shared installation."""
    folder = Path(addon("").__file__).parent

    def files():
        return {
            path: path.stat().st_mtime_ns
            for path in folder.rglob("*")
            if "__pycache__" not in path.parts and path.is_file()
        }

    before = files()
    picture = bpy.data.images.new("Painted", 8, 8)
    bpy.ops.avatartex.use_image(image=picture.name)
    assert bpy.ops.avatartex.generate() == {"FINISHED"}
    bpy.ops.avatartex.regions_fill(kind="REDO", source="ALL")
    bpy.ops.avatartex.redo_regions(seed=3)
    addon("api").variants("Head", portrait, styles=["cel"], seeds=[0], size=512)
    addon("api").batch([("Head", portrait)])
    assert len(before) > 100 and files() == before


def test_scenes_do_not_mix(scene, fake, addon, portrait):
    """Each has a head, settings and a table of its own; a job is for the scene that it was begun in."""
    other = bpy.data.scenes.new("Other")
    head = make_head("Second")
    bpy.context.scene.collection.objects.unlink(head)
    other.collection.objects.link(head)
    assert not head.avatartex.portrait and other.avatartex.head is None
    other.avatartex.head, head.avatartex.size = head, "1024"
    running = addon("api").start(addon("jobs.describing").describe_settings(bpy.context))
    with bpy.context.temp_override(scene=other):
        assert addon("scene.head").find_head(bpy.context) == head
        running.wait()
        made = running.apply()
    assert made.object == scene.head and made.image.size[0] == 512 and not head.material_slots
    rows = addon("api").batch([("Second", portrait), ("Head", portrait)], scene=other)
    assert [(row.object_name, row.state) for row in rows] == [("Second", "done"), ("Head", "failed")]
    assert not scene.choice.id_data.avatartex_batch.rows and head.avatartex_history[0].size == 1024


def test_polls_answer(scene, addon):
    for cls in addon("").CLASSES:
        if issubclass(cls, bpy.types.Operator):
            space, name = cls.bl_idname.split(".")
            assert getattr(getattr(bpy.ops, space), name).poll() in (True, False)


def test_everything_says_what_it_does(addon):
    """Each button, and each field that has a name for the artist."""
    dumb = []
    for cls in addon("").CLASSES:
        if issubclass(cls, bpy.types.Operator):
            space, name = cls.bl_idname.split(".")
            rna = getattr(getattr(bpy.ops, space), name).get_rna_type()
            dumb += [cls.bl_idname] if len(rna.description) < 15 else []
        elif issubclass(cls, bpy.types.PropertyGroup | bpy.types.AddonPreferences):
            rna = cls.bl_rna
        else:
            continue
        dumb += [
            f"{cls.__name__}.{own.identifier}"
            for own in rna.properties
            if own.name != own.identifier
            and not own.is_hidden
            and not own.description
            and own.identifier not in {"rna_type", "name", "bl_idname"}
        ]
    assert dumb == []


def test_set_up_waits_for_online_access(scene):
    assert not bpy.app.online_access
    with pytest.raises(RuntimeError, match="Online Access"):
        bpy.ops.avatartex.setup_backend()


def test_every_error_button_exists(addon):
    for idname, _ in addon("core.idnames").FIX_BUTTONS.values():
        space, name = idname.split(".")
        assert name in dir(getattr(bpy.ops, space))


def test_choosing_the_python(addon, tmp_path, monkeypatch):
    command, places = addon("core.command"), addon("core.places")
    monkeypatch.delenv("AVATARTEX_BACKEND_PYTHON", raising=False)
    home = places.Home(tmp_path)
    own = places.environment_python(home.environment)
    own.parent.mkdir(parents=True)
    own.touch()
    assert command.choose_python("", home, "a lock") == ""  # interrupted
    places.write_mark(home.environment, complete=True, lock="a lock")
    assert command.choose_python("", home, "a lock") == str(own)
    assert command.choose_python("", home, "of another version") == ""
    other = tmp_path / "python"
    other.touch()
    monkeypatch.setenv("AVATARTEX_BACKEND_PYTHON", str(other))
    assert command.choose_python("", home, "a lock") == str(other)
    assert command.choose_python(str(own), home, "a lock") == str(own)
    assert command.choose_python(str(tmp_path / "gone"), home, "a lock") == ""


class TestCommandLine:
    def run(self, addon, *words) -> int:
        return addon("cli.entry").main(list(words))

    def test_generate(self, scene, fake, each_message, addon, tmp_path, portrait, capsys):
        output = tmp_path / "out.blend"
        code = self.run(
            addon,
            "generate",
            "--object",
            "Head",
            "--portrait",
            str(portrait),
            "--output",
            str(output),
            "--size",
            "512",
            "--seed",
            "3",
            "--texture",
            str(tmp_path / "t.png"),
        )
        assert code == 0 and output.is_file() and (tmp_path / "t.png").is_file()
        said = capsys.readouterr()
        assert said.out.strip().splitlines()[-1] == str(output) and "Inpainting" in said.err
        bpy.ops.wm.open_mainfile(filepath=str(output))
        assert bpy.data.images["Head AvatarTex"].packed_file

    @pytest.mark.parametrize(
        ("change", "code", "text"),
        [
            ({"--object": "Nobody"}, 2, "[no-mesh]"),
            ({"--portrait": "gone.png"}, 2, "[portrait-missing]"),
            ({"--size": "77"}, 2, "[bad-request] Size cannot be 77"),
            ({"--seed": "-1"}, 2, "[bad-request]"),
            ({"--seed": "many"}, 1, "invalid int"),
            ({"--uv-map": "Nonsense"}, 2, "[no-uvs]"),
        ],
    )
    def test_refusals(self, scene, fake, addon, tmp_path, portrait, capsys, change, code, text):
        words = {"--object": "Head", "--portrait": str(portrait), "--output": str(tmp_path / "out.blend")} | change
        assert self.run(addon, "generate", *(part for pair in words.items() for part in pair)) == code
        assert text in capsys.readouterr().err and not (tmp_path / "out.blend").exists()

    def test_a_backends_refusal(self, scene, fake, addon, tmp_path, portrait, capsys):
        fake("refuse")
        code = self.run(
            addon, "generate", "--object", "Head", "--portrait", str(portrait), "--output", str(tmp_path / "out.blend")
        )
        assert code == 2 and "[no-face-in-portrait]" in capsys.readouterr().err

    def test_the_tiles_of_a_texture_are_written_each(self, addon, tmp_path):
        for tile in ("1001", "1002"):
            (tmp_path / f"texture.{tile}.png").write_text(tile)
        addon("cli.head_commands").copy_texture(tmp_path / "texture.<UDIM>.png", tmp_path / "face.png")
        assert [(tmp_path / f"face.{tile}.png").read_text() for tile in ("1001", "1002")] == ["1001", "1002"]

    def test_help_is_the_manual(self, addon, capsys):
        """Of every command: what it does, and a word on every option."""
        assert self.run(addon, "--help") == 0
        told = capsys.readouterr().out
        assert "--command avatartex generate" in told
        parser = addon("cli.entry").build_parser()
        commands = next(action for action in parser._actions if action.dest == "command").choices
        assert {"generate", "batch", "variants", "expressions", "curves", "doctor", "setup", "wheels"} == set(commands)
        for name, command in commands.items():
            assert name in told and self.run(addon, name, "--help") == 0
            assert " ".join(command.description.split()[:6]) in capsys.readouterr().out
            assert [action.dest for action in command._actions if not action.help] == []
