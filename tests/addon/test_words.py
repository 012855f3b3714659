"""What is said: after a job, after a bake, in refusals; and the manual's page on scripts, in its printed order."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import bpy
import pytest

from .conftest import make_head


@pytest.mark.parametrize(
    ("report", "told"),
    [
        (
            {"seconds": {"total": 4.92}, "registration": {"score": 0.5, "coverage": 0.123}},
            "4.9 s · registration fair · 12% of the face is the person's own",
        ),
        ({"registration": {"score": 0.1}}, "registration doubtful"),
        ({"registration": {"score": "?"}, "texels": {"photo": 0.1}}, ""),
        ([], ""),
    ],
)
def test_a_result_in_one_line(addon, tmp_path, report, told):
    """Of the face, not of all texels: of those most lie where no portrait can show them."""
    path = tmp_path / "report.json"
    path.write_text(json.dumps(report))
    assert addon("core.job").summarize(path) == told


class Refused:
    """Stands in for an operator of ours in the middle of `refuse`."""

    def __init__(self, in_window):
        self.in_window, self.told = in_window, []

    def report(self, kind, text):
        self.told.append((kind, text))


@pytest.mark.parametrize(("in_window", "kind"), [(True, {"WARNING"}), (False, {"ERROR"})])
def test_the_panel_is_not_repeated_by_a_pop_up(scene, addon, in_window, kind):
    """Blender opens one for an error; scripts need it to be an error."""
    refused, errors = Refused(in_window), addon("backend.errors")
    operator = addon("operators.timed").BackendOperator
    assert not operator.in_window
    end = errors.AvatarTexError(errors.ErrorCode.NO_UVS, "No UV map.", "Add one.")
    assert operator.refuse(refused, bpy.context, end) == {"CANCELLED"}
    assert refused.told == [(kind, "No UV map. Add one.")] and scene.job.error_message == "No UV map."


class Drawn:
    """A layout that notes what is written."""

    def __init__(self, seen=None):
        self.seen = [] if seen is None else seen

    def label(self, text="", **_):
        self.seen.append(text)

    def __getattr__(self, _):
        return lambda *_, **__: Drawn(self.seen)


@pytest.mark.parametrize(("seeds", "told"), [("0", "One variant is baked."), ("0,1", "2 variants are baked.")])
def test_after_a_bake_it_is_said_what_happened(scene, fake, addon, seeds, told):
    settings = bpy.context.scene.avatartex_variants
    settings.styles, settings.seeds, settings.size = {"cel"}, seeds, "512"
    panel, layout = addon("ui.variants_panel").AVATARTEX_PT_variants, Drawn()
    bpy.ops.avatartex.variants_bake()
    assert (scene.job.baked, scene.job.baked_name) == (len(seeds.split(",")), "Head")
    panel.draw_baked(panel, layout, scene.job)
    assert layout.seen[0] == told and "Asset Browser" in " ".join(layout.seen)
    bpy.ops.avatartex.generate()
    assert not scene.job.baked


def test_the_loaded_file_is_never_overwritten_unasked(scene, fake, addon, portrait, tmp_path, capsys):
    loaded = tmp_path / "scene.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(loaded))
    before, main = loaded.read_bytes(), addon("cli.entry").main
    words = ["--object", "Head", "--portrait", str(portrait), "--size", "512"]
    for command in (["generate", *words], ["variants", *words, "--styles", "cel"], ["batch"]):
        assert main(command) == 2
        assert "[bad-request]" in (said := capsys.readouterr().err) and "--overwrite" in said
    assert loaded.read_bytes() == before
    assert main(["generate", *words, "--overwrite"]) == 0 and loaded.read_bytes() != before


def blocks(page):
    """The page's indented blocks, in order."""
    return [re.sub("^    ", "", block, flags=re.M) for block in re.findall(r"(?:^    .*\n?|^\n(?=    ))+", page, re.M)]


def test_the_page_on_scripts_works_in_its_printed_order(scene, fake, addon, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    page = (Path(addon("").__file__).parent / "manual" / "scripts.md").read_text(encoding="utf-8")
    commands, python = prepare(page, tmp_path, scene)
    ran = []
    for line in commands:
        words = shlex.split(line)
        named = [word for word in words[: words.index("--command")] if word.endswith(".blend")]
        if words[-1] == "doctor" or not named:
            continue  # of the backend's own: test_cli_batch.py and test_installer.py
        bpy.ops.wm.open_mainfile(filepath=str(tmp_path / named[0]))
        assert addon("cli.entry").main(words[words.index("avatartex") + 1 :]) == 0, line
        ran.append(words[words.index("avatartex") + 1])
    assert ran.count("generate") >= 2 and ran.count("batch") >= 2 and {"variants", "expressions"} <= {*ran}
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "crowd.blend"))
    exec(compile(python, "scripts.md", "exec"), {})
    head = bpy.data.objects["Head"]
    assert len(head.avatartex_history) == 3 and head.avatartex_history[2].redone and head.avatartex_worn.active
    assert all(bpy.data.objects[name].avatartex_history for name in ("Anna", "Bob"))


def prepare(page, folder, scene):
    """Every file that the page names; its commands, and its Python with places in this folder."""
    for name in (
        "face.jpg",
        "front.jpg",
        "left.jpg",
        "right.jpg",
        "portraits/anna.jpg",
        "portraits/bob.png",
        "faces/anna.jpg",
        "faces/bob.jpg",
    ):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"the fake backend does not look at it")
    (folder / "pins.json").write_text(json.dumps([{"name": "nose_tip", "portrait": [10, 10]}]))
    (folder / "crowd.csv").write_text("object,portrait\nAnna,faces/anna.jpg\nBob,faces/bob.jpg\n")
    mask = bpy.data.images.new("Mask", 512, 512)
    mask.filepath_raw, mask.file_format = str(folder / "mask.png"), "PNG"
    mask.save()
    crowd = bpy.data.collections.new("Crowd")
    bpy.context.scene.collection.children.link(crowd)
    for name in ("Anna", "Bob"):
        crowd.objects.link(make_head(name))
    bpy.context.scene.avatartex.head = scene.head
    for name in ("Basis", "mouthSmile_L", "mouthSmile_R", "browInnerUp"):
        scene.head.shape_key_add(name=name)
    for name in ("scene.blend", "crowd.blend"):
        bpy.ops.wm.save_as_mainfile(filepath=str(folder / name))
    commands = [line for block in blocks(page) for line in block.splitlines() if line.startswith("blender ")]
    [python] = [block for block in blocks(page) if "import api" in block]
    return commands, python.replace('"/portraits/', f'"{folder}/portraits/').replace(
        '"front.jpg"', f'"{folder}/front.jpg"'
    )
