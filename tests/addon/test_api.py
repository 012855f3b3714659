"""One job, asked for in three ways: the operator, the command line, the API."""

from __future__ import annotations

import json
import os
from pathlib import Path

import bpy
import numpy as np
import pytest


@pytest.fixture
def api(scene, fake, addon):
    return addon("api")


def pixels_on(head) -> np.ndarray:
    """What the head shows, row 0 at the bottom."""
    image = head.material_slots[0].material.node_tree.nodes["AvatarTex Texture"].image
    values = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(values)
    return values


def request_of(report: Path) -> dict:
    """What the fake backend was asked, without what differs from job to job."""
    request = json.loads(Path(report).read_text())["request"]
    return {name: value for name, value in request.items() if not isinstance(value, str) or os.sep not in value}


def same_three_ways(scene, addon, portrait: Path, tmp_path: Path):
    """Pixels and requests of the operator, the API and the command line; its own settings mislead the last two."""
    settings, cli, api, job = scene.settings, addon("cli.entry"), addon("api"), scene.job
    results = []

    def note(report) -> None:
        request = request_of(report)
        request.pop("job")
        results.append((pixels_on(scene.head), request))
        bpy.ops.avatartex.restore()

    settings.seed, settings.style, settings.light = 7, "photo", "remove"
    bpy.ops.avatartex.generate()
    note(job.report_path)
    scene.choice.head, mislead = None, {"seed": 1, "style": "anime", "size": "1024", "light": "even"}
    for name, value in mislead.items():
        setattr(settings, name, value)
    made = api.generate(scene.head, portrait, style="photo", size=512, seed=7, light="remove")
    assert (
        made.object == scene.head and made.texture.is_file() and made.summary == scene.head.avatartex_history[0].summary
    )
    note(made.report)
    assert (
        cli.main(
            [
                "generate",
                "--object",
                "Head",
                "--portrait",
                str(portrait),
                "--style",
                "photo",
                "--size",
                "512",
                "--seed",
                "7",
                "--light",
                "remove",
                "--output",
                str(tmp_path / "out.blend"),
            ]
        )
        == 0
    )
    note(job.report_path)
    return results


def test_operator_api_and_command_line_give_the_same_pixels(scene, fake, addon, portrait, tmp_path):
    (first, asked), *others = same_three_ways(scene, addon, portrait, tmp_path)
    assert first.any() and (asked["seed"], asked["style"], asked["light"]) == (7, "photo", "remove")
    for pixels, request in others:
        assert np.array_equal(pixels[-64 * 512 * 4 :], first[-64 * 512 * 4 :])  # below, the fake's texels are noise
        assert request == asked


def test_progress_is_told(scene, api, each_message, portrait):
    told = []
    api.generate("Head", portrait, size=512, on_progress=lambda stage, share: told.append((stage, share)))
    assert "Inpainting (1/3)" in [stage for stage, _ in told]
    assert [share for _, share in told] == sorted(share for _, share in told)


@pytest.mark.parametrize(
    ("options", "code", "text"),
    [
        ({"style": "cubist"}, "bad-request", "auto, photo"),
        ({"size": 1000}, "bad-request", "512, 1024"),
        ({"object": "Nobody"}, "no-mesh", "'Head'"),
        ({"portrait": "/gone.png"}, "portrait-missing", "gone.png"),
        ({"light": "dim"}, "bad-request", "keep, even"),
        ({"uv_map": "Nonsense"}, "no-uvs", "Nonsense"),
    ],
)
def test_refusals_have_codes_and_cures(scene, api, portrait, options, code, text):
    with pytest.raises(api.AvatarTexError) as refusal:
        api.generate(**({"object": "Head", "portrait": portrait} | options))
    assert refusal.value.code == code and text in str(refusal.value)
    assert not scene.job.running and not scene.head.material_slots


def test_a_job_is_what_was_asked_when_it_began(scene, api, portrait):
    """The artist changes every setting while it runs."""
    running = api.start(api.describe("Head", portrait, size=512, seed=4, style="photo"))
    scene.settings.seed, scene.settings.size, scene.settings.portrait = 9, "2048", "//other.png"
    while not running.step():
        pass
    made = running.apply()
    running.finish()
    assert request_of(made.report)["seed"] == 4 and made.image.size[0] == 512


def test_who_may_change_with_the_head(scene, api, portrait):
    material = bpy.data.materials.new("Skin")
    if bpy.app.version < (5, 0, 0):
        material.use_nodes = True
    scene.head.data.materials.append(material)
    twin = bpy.data.objects.new("Twin", scene.head.data)
    bpy.context.scene.collection.objects.link(twin)
    api.generate("Head", portrait, size=512, sharing="mesh")
    assert twin.material_slots[0].material == scene.head.material_slots[0].material == material
    assert "AvatarTex Texture" in material.node_tree.nodes
    bpy.ops.avatartex.restore()
    other = bpy.data.objects.new("Other", scene.head.data.copy())
    bpy.context.scene.collection.objects.link(other)
    api.generate("Head", portrait, size=512, sharing="mesh")
    assert other.material_slots[0].material == material != twin.material_slots[0].material
    bpy.ops.avatartex.restore()
    assert twin.material_slots[0].material == material
    api.generate("Head", portrait, size=512, sharing="material")
    assert other.material_slots[0].material == scene.head.material_slots[0].material == material
    assert "AvatarTex Texture" in material.node_tree.nodes
