"""Variants: the canvas around the head, what is painted on it, and the files that come out."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from backend import pipeline
from backend.__main__ import main
from backend.compose.canvas import share_of_head
from backend.compose.compose import Composition
from backend.errors import AvatarTexError, Cancelled
from backend.head.atlas import to_atlas
from backend.head.mesh import HeadMesh, load_mesh
from backend.head.uvs import split_tiles
from backend.imaging.files import write_picture
from backend.imaging.sample import sample, to_linear
from backend.lab.prepared import prepare_head
from backend.layers.flatten import flatten
from backend.layers.packed import unpack
from backend.messages import Variants
from backend.seeds import parse_seeds
from backend.styles import STYLES
from backend.variant_options import STYLES as PAINTED
from backend.variants.canvas import HIGH, OVERLAP, TURN, fold, from_canvas, to_canvas
from backend.variants.job import make_variants
from backend.variants.styling import Stylist, draw_parameters

pytestmark = pytest.mark.slow

SIZE = 512


def ball(layout) -> SimpleNamespace:
    """A head that is a ball in canonical space, unwrapped by layout(u, v 0..1 of a grid) -> UVs; as pipeline.Prepared.

    Its back meets at longitude 180 degrees, where the UV map is cut.
    """
    across, down = np.meshgrid(np.linspace(0, 1, 65), np.linspace(0.03, 0.97, 33))
    longitude, latitude = (across - 0.5) * 2 * np.pi, (0.5 - down) * np.pi
    points = 0.6 * np.stack(
        [np.cos(latitude) * np.sin(longitude), np.sin(latitude), np.cos(latitude) * np.cos(longitude)], -1
    )
    uvs = np.stack(layout(across, down), -1)
    index = np.arange(across.size).reshape(across.shape)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]
    triangles = np.concatenate([np.stack([a, d, c], -1).reshape(-1, 3), np.stack([a, c, b], -1).reshape(-1, 3)])
    points = points.reshape(-1, 3).astype(np.float32)
    mesh = HeadMesh(points, triangles.astype(np.int32), uvs.reshape(-1, 2)[triangles].astype(np.float32), "ball")
    return SimpleNamespace(
        mesh=mesh,
        canonical=points,
        inside=np.zeros(len(points), np.float32),
        tiles=split_tiles(mesh),
        observation=SimpleNamespace(better_side=1.0),
        coverings=(),
    )


def upright(u, v):
    return 0.02 + 0.96 * u, 0.98 - 0.96 * v


def turned(u, v):
    """Lying on its side, mirrored, and two thirds as large."""
    return 0.05 + 0.6 * v, 0.05 + 0.9 * u


def composed(job) -> dict:
    """A portrait's colours by place: skin, dark hair above, and a soft shade; the same on every UV map."""
    from backend.compose.texels import find_texels

    texels = find_texels(job.mesh, SIZE)
    x, y, z = texels.at(job.mesh, job.canonical).T
    light = 0.75 + 0.25 * z / 0.6 + 0.06 * np.sin(9 * x) * np.cos(7 * y)
    colour = np.float32([0.8, 0.6, 0.5]) * light[:, None]
    colour = np.where((y > 0.3)[:, None], colour * 0.35, colour)
    texture = np.full((SIZE, SIZE, 3), 0.5, np.float32)
    texture[texels.filled] = np.clip(colour, 0, 1)
    atlas = np.zeros((int(texels.filled.sum()), 2), np.float32)
    return {1001: Composition(texture, np.zeros_like(texture), texels.filled, texels.filled, atlas)}


def test_canvas_and_atlas_are_each_others_inverse():
    u, v = np.meshgrid(np.linspace(0, 0.999, 40), np.linspace(0, 1, 20))
    places = to_canvas(np.stack([u, v], -1))
    assert places[..., 0].min() >= 0 and places[..., 0].max() < TURN and places[..., 1].max() <= HIGH[-1]
    back = np.stack(from_canvas(places[..., 0], places[..., 1]), -1)
    assert np.allclose(back, np.stack([u, v], -1), atol=1e-6)
    further = to_canvas(np.stack([u + 1, v], -1))
    assert np.allclose(further[..., 0] - places[..., 0], TURN)


def test_the_two_ends_meet_behind_the_head():
    """A picture of angles that is wrong by a step at one end: folded, both ends agree and nothing jumps."""
    side = 512
    columns = np.arange(round((TURN + OVERLAP) * side))
    painted = np.repeat(np.where(columns < 300, 0.4, 0.5)[None, :, None], 3, 2).repeat(8, 0).astype(np.float32)
    folded = fold(painted, side)
    assert folded.shape[1] == round(TURN * side)
    assert abs(folded[0, 0, 0] - folded[0, -1, 0]) < 0.002
    assert np.abs(np.diff(folded[0, :300, 0])).max() < 0.002


@pytest.fixture(scope="module")
def balls():
    """The same ball on two UV maps: (job, stylist, composed textures, what the canvas shows of them)."""
    made = []
    for layout in (upright, turned):
        job = ball(layout)
        stylist, tiles = Stylist(job, SIZE, {}), composed(job)
        made.append((job, stylist, tiles, stylist.show(tiles)))
    return made


@pytest.mark.parametrize("name", ["cel", "ink", "oil", "pencil", "pixel"])
def test_what_is_painted_does_not_know_the_uv_map_and_has_no_seam(balls, name):
    looks, textures = [], []
    for job, stylist, tiles, shown in balls:
        textures.append(stylist.style(name, 1, tiles, shown)[1001])
        assert np.abs(textures[-1] - tiles[1001].texture)[tiles[1001].head].mean() > 0.01
        corners = job.mesh.corner_uvs.mean(1)
        looks.append(sample(textures[-1], np.stack([corners[:, 0], 1 - corners[:, 1]], -1) * SIZE))
    # texels lie elsewhere, so lines move by parts of a texel
    blurred = [cv2.GaussianBlur(look.reshape(2, 32, 64, 3)[0], (0, 0), 1.5) for look in looks]
    assert np.abs(blurred[0] - blurred[1]).mean() < 0.02
    rows = np.linspace(0.3, 0.7, 60)
    edges = [
        sample(textures[0], np.stack([np.full(60, column), 0.02 + 0.96 * rows], -1) * SIZE)
        for column in (0.0205, 0.9795, 0.0305, 0.0295)
    ]
    across, beside = np.abs(edges[0] - edges[1]).mean(), np.abs(edges[2] - edges[3]).mean()
    assert across < max(2 * beside, 0.03)  # the UV map's cut is as smooth as its middle


def test_what_others_have_stays_and_the_neck_fades():
    job = ball(upright)
    others = np.float32([[[0.0, 0.0], [1.0, 0.0], [0.0, 0.015]]])
    part = job.tiles[1001]
    job.tiles[1001] = HeadMesh(part.vertices, part.triangles, part.corner_uvs, "ball", others=others)
    tiles = composed(job)
    base = tiles[1001].texture
    stylist = Stylist(job, SIZE, {1001: base})
    texture = stylist.style("ink", 0, tiles, stylist.show(tiles))[1001]
    changed = np.abs(texture - base).max(2) > 0
    low = to_atlas(job.canonical)[:, 1] > 1.03
    assert low.any() and changed.any()
    rows = (1 - (0.98 - 0.96 * np.linspace(0.03, 0.97, 33)[np.unique(np.nonzero(low)[0] // 65)])) * SIZE
    assert not changed[int(rows.min()) + 8 :].any()
    assert not changed[-4:].any()


def test_a_head_fades_down_its_neck_and_out_over_its_shoulders():
    """Shoulders lie higher in the atlas than the neck above them."""
    chin, low, shoulder = np.float32([[0, -0.3, 0.3], [0, -0.9, 0.3], [0.8, -0.85, 0]])
    points = np.stack([chin, low, shoulder])
    atlas = to_atlas(points)
    assert atlas[2, 1] < 0.95
    assert np.array_equal(share_of_head(atlas, points[:, 1]), [1, 0, 0])
    assert 0 < share_of_head(np.float32([[0.5, 0.5]]), np.float32([-0.7]))[0] < 1
    assert 0 < share_of_head(np.float32([[0.5, 0.99]]), np.float32([-0.3]))[0] < 1


def test_a_head_by_itself_is_painted_down_to_its_rim():
    """No photographic neck below a pencil face, also where the head had a texture before."""
    job = ball(upright)
    tiles = composed(job)
    stylist = Stylist(job, SIZE, {1001: tiles[1001].texture})
    texture = stylist.style("ink", 0, tiles, stylist.show(tiles))[1001]
    own = np.argwhere(tiles[1001].head)
    lowest = own[own[:, 0] > own[:, 0].max() - 20]
    changed = np.abs(texture - tiles[1001].texture).max(2)[tuple(lowest.T)] > 0.01
    assert changed.mean() > 0.8


def test_strength_mixes_with_the_texture():
    job = ball(upright)
    tiles, whole, half = composed(job), Stylist(job, SIZE, {}), Stylist(job, SIZE, {}, strength=0.5)
    shown = whole.show(tiles)
    painted, mixed = (one.style("oil", 0, tiles, shown)[1001] for one in (whole, half))
    own = tiles[1001].texture
    assert np.abs(painted - own).mean() > 0.01 and np.allclose(mixed, (own + painted) / 2, atol=1e-5)


@pytest.mark.parametrize("name", [name for name in PAINTED.values if name != "photo"])
def test_scale_makes_strokes_larger(balls, name):
    """The named parameters follow it, no others, and the picture changes."""
    _, stylist, _, shown = balls[0]
    assert STYLES[name].scaled
    added = []
    for scale in (0.5, 2.0):
        parameters = draw_parameters(name, 0, scale) | stylist.known
        painted = STYLES[name].module.paint(shown, stylist.canvas.regions, parameters)
        added.append((painted - shown).mean(2)[stylist.canvas.regions["face"] > 0.5])
    assert np.abs(added[0] - added[1]).mean() > 0.003
    one, same = draw_parameters(name, 0), draw_parameters(name, 0, 2.0)
    assert {key for key in one if one[key] != same[key]} - {"degrees"} == set(STYLES[name].scaled)


def test_a_job_paints_at_the_scale_that_is_asked_for():
    job = ball(upright)
    tiles, usual, large = composed(job), Stylist(job, SIZE, {}), Stylist(job, SIZE, {}, scale=2.0)
    shown = usual.show(tiles)
    one, other = (stylist.style("oil", 0, tiles, shown)[1001] for stylist in (usual, large))
    assert np.abs(one - other).mean() > 0.003


def test_styles_that_shade_by_themselves_leave_the_light_out(prepared, tmp_path, demo_head_obj, astronaut, monkeypatch):
    """Cel is painted on the texture without the portrait's light, pencil on the one that has some."""
    from backend.variants import job as variants

    asked, lights, style = {}, {}, Stylist.style
    compose = variants.compose_tiles

    def compose_tiles(*given, **more):
        made = compose(*given, **more)
        lights[id(made)] = given[2].opacities["light"]
        return made

    def note(stylist, name, seed, tiles, shown):
        asked[name] = lights[id(tiles)]
        return style(stylist, name, seed, tiles, shown)

    monkeypatch.setattr(variants, "compose_tiles", compose_tiles)
    monkeypatch.setattr(Stylist, "style", note)
    words = {"mesh": str(demo_head_obj), "portrait": str(astronaut), "output": str(tmp_path), "size": 512}
    make_variants(Variants("j", styles=["cel", "pencil"], **words), lambda *_: None, lambda: False)
    assert asked == {"cel": 0.0, "pencil": 0.5}  # a photograph's is evened out


def test_the_same_seed_draws_the_same():
    for name in PAINTED.values:
        assert draw_parameters(name, 3) == draw_parameters(name, 3)
    assert draw_parameters("cel", 3) != draw_parameters("cel", 4)
    ink = draw_parameters("ink", 3)
    turn = np.radians(ink["degrees"])
    waves = 256 * TURN / ink["pitch"] * np.array([np.cos(turn), np.sin(turn)])
    assert np.allclose(waves, np.rint(waves), atol=1e-6)
    assert tuple(STYLES) == PAINTED.values  # the wire's names are the painters'


def test_seeds_as_people_write_them():
    assert parse_seeds("0, 2,5-7,2") == [0, 2, 5, 6, 7] and parse_seeds("") == []
    for text in ("a", "3-", "-1", "0-100000"):
        with pytest.raises(AvatarTexError):
            parse_seeds(text)


def test_an_exr_is_linear(tmp_path):
    picture = np.linspace(0, 1, 32 * 32 * 3, dtype=np.float32).reshape(32, 32, 3)
    write_picture(tmp_path / "x.exr", picture)
    read = cv2.imread(str(tmp_path / "x.exr"), cv2.IMREAD_UNCHANGED)[..., ::-1]
    assert np.allclose(read, to_linear(picture), atol=6e-4)


@pytest.fixture(scope="module")
def prepared(demo_head_obj, astronaut):
    """One registration for all jobs below; what they ask is checked."""
    networks = pipeline.load_cached_networks("cpu")
    job = prepare_head(load_mesh(demo_head_obj), str(astronaut), "auto", networks)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "prepare", lambda asked: (Path(asked.settings.portrait).resolve(strict=True), job)[1])
        yield


def test_the_command_writes_what_it_names(prepared, tmp_path, demo_head_obj, astronaut, capsys):
    """Two styles and two seeds in one job: the photo variant is Generate's own texture."""
    words = ["--mesh", str(demo_head_obj), "--portrait", str(astronaut), "--size", "512"]
    assert (
        main(
            [
                "variants",
                *words,
                "--styles",
                "photo,cel",
                "--seeds",
                "0-1",
                "--output",
                str(tmp_path / "v"),
                "--sheet",
                str(tmp_path / "sheet.png"),
                "--report",
                str(tmp_path / "r.json"),
            ]
        )
        == 0
    )
    listed = capsys.readouterr()
    assert "Painting cel, seed 1 (4 of 4)" in listed.err
    written = sorted(path.name for path in (tmp_path / "v").iterdir())
    assert written == ["cel_0.png", "cel_1.png", "photo_0.png", "photo_1.png"]
    assert [line.rsplit("/", 1)[-1] for line in listed.out.split()] == [
        "photo_0.png",
        "cel_0.png",
        "photo_1.png",
        "cel_1.png",
    ]
    assert main(["generate", *words, "--seed", "1", "--output", str(tmp_path / "one.png")]) == 0
    photo, one, cel = (cv2.imread(str(tmp_path / name)) for name in ("v/photo_1.png", "one.png", "v/cel_1.png"))
    away = np.abs(photo.astype(int) - one)
    # BLAS sums in another order where memory lies otherwise: once in several runs a rounding falls the other way
    assert away.max() <= 1 and (away > 0).mean() < 0.01 and np.abs(cel.astype(int) - one).mean() > 5
    assert cv2.imread(str(tmp_path / "sheet.png")).shape[1] == 2 * 520
    report = json.loads((tmp_path / "r.json").read_text())
    assert report["styles"] == ["photo", "cel"] and report["seconds"]["cel"] > 0
    assert str(tmp_path) not in (tmp_path / "r.json").read_text()


def test_the_styles_of_a_seed_share_its_maps(prepared, tmp_path, demo_head_obj, astronaut, capsys):
    words = ["--mesh", str(demo_head_obj), "--portrait", str(astronaut), "--size", "512"]
    words += ["--maps", "normal,ao", "--pack", "vrm"]
    styled = ["--styles", "photo,cel", "--seeds", "1,2", "--output", str(tmp_path / "v")]
    assert main(["variants", *words, *styled, "--report", str(tmp_path / "r.json")]) == 0
    names = {f"maps_{seed}_{name}.png" for seed in (1, 2) for name in ("normal", "ao", "vrm_shade", "vrm_normal")}
    assert {path.name for path in (tmp_path / "v").iterdir()} - names == {
        f"{style}_{seed}.png" for style in ("photo", "cel") for seed in (1, 2)
    }
    assert names < {line.rsplit("/", 1)[-1] for line in capsys.readouterr().out.split()}
    assert main(["generate", *words, "--seed", "1", "--output", str(tmp_path / "one.png")]) == 0
    for name in ("normal", "ao", "vrm_shade", "vrm_normal"):
        ours, one = (cv2.imread(str(tmp_path / file)) for file in (f"v/maps_1_{name}.png", f"one_{name}.png"))
        away = np.abs(ours.astype(int) - one)
        assert away.max() <= 2 and (away > 0).mean() < 0.01, name
    other = cv2.imread(str(tmp_path / "v" / "maps_2_normal.png"))
    assert not np.array_equal(other, cv2.imread(str(tmp_path / "v" / "maps_1_normal.png")))  # made-up pores differ
    assert json.loads((tmp_path / "r.json").read_text())["seconds"]["maps"] > 0


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"styles": ["cubist"]}, "cubist"),
        ({"styles": []}, "No style"),
        ({"styles": ["cel", "cel"]}, "twice"),
        ({"seeds": []}, "No seed"),
        ({"seeds": [-1]}, "whole number"),
        ({"format": "jpg"}, "png, exr"),
        ({"size": 1000}, "512"),
        ({"output": ""}, "folder"),
        ({"maps": ["bump"]}, "bump"),
        ({"maps": ["ao"], "base_texture": "v/maps_0_ao.png", "output": "v"}, "would overwrite"),
    ],
)
def test_refusals_come_before_any_work(tmp_path, change, text):
    asked = {"styles": ["cel"], "output": str(tmp_path / "v"), "mesh": "x.obj", "portrait": "y.png"} | change
    with pytest.raises(AvatarTexError) as refusal:
        make_variants(Variants(job="t", **asked), lambda stage, fraction: pytest.fail("work began"), lambda: False)
    assert text in str(refusal.value) and not (tmp_path / "v").exists()


def test_each_has_a_preview_as_the_addon_asks(prepared, tmp_path, demo_head_obj, astronaut):
    request = Variants(
        "t", str(astronaut), str(tmp_path / "v"), ["cel"], mesh=str(demo_head_obj), size=512, previews=True
    )
    (made,) = make_variants(request, lambda stage, fraction: None, lambda: False).made
    preview = cv2.imread(made["preview"])
    assert preview.shape == (256, 256, 3) and preview.std() > 10
    assert sorted(path.name for path in (tmp_path / "v").iterdir()) == ["cel_0.png", "cel_0.preview.png"]


def test_cancelled_between_two_nothing_is_left(prepared, tmp_path, demo_head_obj, astronaut):
    seen = []
    request = Variants("t", str(astronaut), str(tmp_path / "v"), ["photo", "cel"], mesh=str(demo_head_obj), size=512)
    with pytest.raises(Cancelled):
        make_variants(request, lambda *told: seen.append(told), lambda: "Painting photo" in str(seen))
    assert "Painting photo" in seen[-1][0] and [f for _, f in seen] == sorted(f for _, f in seen)
    assert not list((tmp_path / "v").iterdir())


def test_the_style_photo_comes_with_its_layers(prepared, tmp_path, demo_head_obj, astronaut):
    """They are the texture, and no other style has any."""
    words = {"mesh": str(demo_head_obj), "size": 512, "keep_layers": True}
    request = Variants("t", str(astronaut), str(tmp_path / "v"), ["photo", "cel"], **words)
    photo, cel = make_variants(request, lambda stage, fraction: None, lambda: False).made
    assert cel["layers"] == "" and Path(photo["layers"]).name == "photo_0.layers"
    packed = unpack(Path(photo["layers"]).read_bytes())
    flat = flatten(packed.layers, packed.opacities).T.reshape(512, 512, 3)[..., ::-1] * 255
    assert np.abs(flat - cv2.imread(photo["output"])).max() <= 2.5
    plain = make_variants(replace(request, keep_layers=False), lambda stage, fraction: None, lambda: False).made
    assert plain[0]["layers"] == "" and plain[0]["output"] == photo["output"]
