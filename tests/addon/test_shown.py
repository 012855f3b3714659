"""What the panel shows of a job: steps and time left, and whether the viewport shows its texture."""

from __future__ import annotations

import itertools
from pathlib import Path
from types import SimpleNamespace

import bpy
import numpy as np
import pytest


def test_progress_tells_step_time_and_preview(scene, fake, each_message, addon, portrait, monkeypatch):
    """By a clock that goes on with each message."""
    task = addon("jobs.backend_task")
    task._lasted.clear()
    monkeypatch.setattr(task, "time", SimpleNamespace(monotonic=lambda: len(each_message) / 5))
    api, status = addon("api"), scene.job
    running, told = api.start(api.describe("Head", portrait, size=512)), []
    while not running.step():
        if status.step:
            told.append((status.step, status.seconds_left, status.preview))
    assert [status.steps, told[0][0], told[-1][0]] == [9, 1, 9] and status.preview.endswith("compose.bmp")
    thumbnails = addon("scene.thumbnails")
    thumbnails.preview(status.preview), thumbnails.preview(str(portrait))  # without a window no icon has a number
    assert str(portrait) not in thumbnails._collection  # it is no BMP
    pixels = thumbnails.read_bmp(Path(status.preview).read_bytes())
    assert tuple(pixels[2, 5]) == (20, 8, 200, 255)
    icon = thumbnails._collection[status.preview]
    assert tuple(icon.image_size) == (64, 64) and icon.image_pixels[64 * 2 + 5] == pixels.view(np.int32)[2, 5, 0]
    left = [seconds for _, seconds, _ in told]
    assert left[0] == -1 and 0 <= left[-1] < max(left)
    running.apply()
    running.finish()
    assert (status.step, status.preview, status.seconds_left) == (0, "", -1)
    assert not any("previews" in key for key in thumbnails._collection)
    assert not running.files.previews.exists() and running.files.texture.is_file()
    fake("stay")
    again = api.start(api.describe("Head", portrait, size=512))
    while not status.step:
        again.step()
    [lasted] = task._lasted.values()
    assert lasted > 1 and lasted / 2 < status.seconds_left < lasted + 0.1  # the last one of this size is remembered
    again.cancel()
    with pytest.raises(api.Cancelled):
        while not again.step():
            pass
    again.finish()


class TestTimeLeft:
    """Stages whose shares are wrong by half, as they are on another machine."""

    def run(self, addon, expected=0.0):
        clock = addon("core.clock").TimeLeft(0.0, expected)
        told, now = [], 0.0
        for seconds, share in ((2, 0.10), (6, 0.40), (3, 0.35), (9, 0.15)):
            begun = clock._fraction
            for step in range(20):
                now += seconds / 20
                told.append((20 - now, clock.update(begun + share * (step // 4) / 5, now)))
        return told

    @pytest.mark.parametrize("expected", [0.0, 14.0, 30.0])
    def test_it_falls_and_does_not_jump(self, addon, expected):
        told = [(true, said) for true, said in self.run(addon, expected) if said is not None]
        assert len(told) > 60
        jumps = [after[1] - before[1] for before, after in itertools.pairwise(told)]
        assert max(jumps) < 1.0  # seconds upwards, between two looks
        assert np.median([abs(true - said) for true, said in told]) < 6

    def test_a_share_that_falls_is_not_believed(self, addon):
        clock = addon("core.clock").TimeLeft(0.0, 10.0)
        clock.update(0.5, 5.0)
        assert abs(clock.update(0.0, 6.0) - 4.0) < 0.5

    def test_as_one_says_it(self, addon):
        say = addon("ui.progress").left_text
        assert [say(seconds, 0.1) for seconds in (-1, 0.3, 7.4, 33, 100, 200)] == [
            "",
            "",
            "about 7 s left",
            "about 35 s left",
            "about 1.5 min left",
            "about 3.5 min left",
        ]
        assert say(0.3, 0.9) == "almost done"


class Recorder:
    """A layout that notes the buttons and labels it is asked for."""

    def __init__(self, seen=None):
        self.seen = [] if seen is None else seen

    def operator(self, name, text="", **_):
        self.seen.append(name)
        return SimpleNamespace()

    def label(self, text="", **_):
        self.seen.append(text)

    def progress(self, **_):
        pass

    def template_icon(self, **_):
        pass

    def __getattr__(self, _):
        return lambda *_, **__: Recorder(self.seen)


@pytest.mark.parametrize(
    ("kind", "color", "offered"),
    [
        ("SOLID", "MATERIAL", True),
        ("SOLID", "TEXTURE", False),
        ("WIREFRAME", "MATERIAL", True),
        ("MATERIAL", "MATERIAL", False),
        ("RENDERED", "MATERIAL", False),
    ],
)
def test_a_viewport_without_textures_is_told(addon, scene, kind, color, offered):
    layout, shading = Recorder(), SimpleNamespace(type=kind, color_type=color)
    context = SimpleNamespace(space_data=SimpleNamespace(shading=shading))
    addon("ui.result_box").draw_shading(layout, context, scene.head)
    assert layout.seen == ["avatartex.show_texture"] * offered
    if offered:
        addon("operators.use_results").AVATARTEX_OT_show_texture.act(None, context)
        assert shading.type == "MATERIAL"


def test_solid_view_with_another_uv_map_is_told(scene, fake, addon):
    bpy.ops.avatartex.generate()
    context = SimpleNamespace(space_data=SimpleNamespace(shading=SimpleNamespace(type="SOLID", color_type="TEXTURE")))

    def drawn():
        layout = Recorder()
        addon("ui.result_box").draw_shading(layout, context, scene.head)
        return layout.seen

    assert drawn() == []
    scene.head.data.uv_layers.active = scene.head.data.uv_layers.new(name="Second")
    assert drawn()[-1] == "avatartex.show_uv_map"
    context.space_data.shading.type = "MATERIAL"
    assert drawn() == []
    context.space_data.shading.type = "SOLID"
    assert bpy.ops.avatartex.show_uv_map() == {"FINISHED"} and scene.head.data.uv_layers.active.name == "UVMap"
    assert drawn() == [] and bpy.ops.avatartex.show_uv_map() == {"CANCELLED"}


@pytest.mark.parametrize(("step", "told"), [(3, "Step 3 of 8"), (0, "")])
def test_the_time_that_is_left_is_told_with_and_without_steps(addon, scene, step, told):
    """Variants have none: their stages come again for every seed."""
    job = scene.job
    job.running, job.fraction, job.step, job.steps, job.seconds_left = True, 0.5, step, 8, 7.4
    layout = Recorder()
    addon("ui.progress").draw_progress(layout, job)
    assert layout.seen == [told, "about 7 s left", "avatartex.cancel"]
    job.reset()
