"""Files of maps: names, kinds and channels, what is refused, and what a failed job leaves."""

from __future__ import annotations

import json
import os
from dataclasses import replace

import cv2
import numpy as np
import pytest

from backend.__main__ import main
from backend.compose.compose import Finish, compose
from backend.errors import AvatarTexError, Cancelled, ErrorCode
from backend.head.atlas import canonical_head, to_atlas
from backend.imaging.files import encode_values
from backend.imaging.sample import to_linear
from backend.layers.flatten import flatten
from backend.layers.shade import SKY, find_shade
from backend.map_options import MAPS, PACK, PICTURES, map_names
from backend.maps.gloss import RANGE, ROUGHNESS, find_roughness
from backend.maps.maps import CHANNELS, NOTHING, Asked, Maps, packed
from backend.maps.occlusion import find_occlusion
from backend.messages import Generate
from backend.options import OPACITIES
from backend.outputs import map_file
from backend.pipeline import generate
from backend.refusals import check_request
from backend.surface.find import Details
from tests.backend.bumpy_ball import ATLAS, Scene, job_of, upright
from tests.backend.flat_head import ball, mesh_of_ball
from tests.backend.test_maps import DARK, LIGHT, SIDE

SIZE = 256
ALL = map_names(["all"])
FINISH = Finish(SIZE, OPACITIES, Details(), layers=True)


def maps_of(style: str = "photo", **changed) -> tuple[Maps, dict[str, np.ndarray]]:
    job = job_of(Scene(LIGHT, SIDE), mesh_of_ball(33), style)
    generated = np.broadcast_to(LIGHT, (ATLAS, ATLAS, 3)).copy()
    [(number, mesh)] = job.tiles.items()
    tile = compose(job, mesh, generated, FINISH)
    asked = replace(Asked(ALL, "opengl", 8, "none", SIZE, OPACITIES, False), **changed)
    maps = Maps(job, Details(), asked)
    return maps, {name: decode(data) for name, data in maps.files(number, tile)}


def decode(data: bytes) -> np.ndarray:
    os.environ["OPENCV_IO_ENABLE_OPENEXR"] = "1"
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    return picture[..., [2, 1, 0, 3][: picture.shape[2]]] if picture.ndim == 3 else picture


def test_names_lie_beside_the_texture():
    assert map_file("a/texture.png", "normal").endswith("texture_normal.png")
    assert map_file("texture.<UDIM>.png", "displacement") == "texture_displacement.<UDIM>.exr"
    assert map_names(["all"]) == MAPS.values[1:] and map_names(["ao", "normal"]) == ("normal", "ao")
    assert tuple(PICTURES) == PACK.values and {one for names in PICTURES.values() for one in names} == set(CHANNELS)


def test_every_map_is_of_its_kind():
    maps, made = maps_of()
    assert set(made) == set(ALL) and all(picture.shape[:2] == (SIZE, SIZE) for picture in made.values())
    assert made["normal"].shape[2] == 3 and made["normal"].dtype == np.uint8
    assert made["displacement"].dtype == np.float32 and 0 < np.abs(made["displacement"]).max() < 0.01
    assert np.ptp(made["roughness"]) > 5 and (made["specular"] == round(255 * 0.35)).all()
    lean = np.degrees(np.arcsin(np.hypot(*np.moveaxis(made["normal"][..., :2] / 127.5 - 1, 2, 0))))
    assert 2 < lean.max() < 31
    json.dumps(maps.report())
    assert list(maps.lean) == [1001]


def test_sixteen_bits_are_the_same_picture_in_finer_steps():
    fine, coarse = maps_of(bits=16)[1], maps_of()[1]
    for name in ALL:
        if name != "displacement":
            assert fine[name].dtype == np.uint16
            assert np.abs(fine[name] / 257 - coarse[name]).max() <= 0.51
    assert len(np.unique(fine["normal"][..., 0])) > 2 * len(np.unique(coarse["normal"][..., 0]))


def test_directx_turns_green_over():
    one, other = maps_of(bits=16)[1]["normal"].astype(int), maps_of(bits=16, green="directx")[1]["normal"].astype(int)
    assert np.abs(one[..., 1] + other[..., 1] - 65_535).max() <= 1 and np.ptp(one[..., 1]) > 2000
    assert np.array_equal(one[..., [0, 2]], other[..., [0, 2]])


def test_engines_find_their_channels():
    _, made = maps_of(maps=("ao", "roughness"), pack="orm")
    assert set(made) == {"ao", "roughness", "orm"}
    assert np.array_equal(made["orm"][..., 0], made["ao"]) and np.array_equal(made["orm"][..., 1], made["roughness"])
    assert not made["orm"][..., 2].any()
    unity = packed({"ao": made["ao"], "roughness": made["roughness"]}, "unity")
    assert not unity[..., 0].any() and (unity[..., 2] == 255).all()
    assert np.array_equal(unity[..., 3], 255 - made["roughness"]) and np.array_equal(unity[..., 1], made["ao"])
    assert np.array_equal(decode(encode_values("unity.png", unity)), unity)


@pytest.mark.parametrize("green", ["opengl", "directx"])
def test_metahuman_reads_albedo_without_light_and_green_downwards(green):
    maps, made = maps_of(maps=("normal",), pack="metahuman", green=green, bits=16)
    assert set(made) == {"normal", "metahuman_albedo", "metahuman_normal", "metahuman_cavity"}
    normal = made["normal"].astype(int)
    own = made["metahuman_normal"].astype(int)
    assert np.array_equal(own[..., 1], 65_535 - normal[..., 1] if green == "opengl" else normal[..., 1])
    assert np.array_equal(own[..., [0, 2]], normal[..., [0, 2]]) and made["metahuman_cavity"].ndim == 2
    job = maps.job
    tile = compose(job, job.tiles[1001], np.broadcast_to(LIGHT, (ATLAS, ATLAS, 3)).copy(), FINISH)
    lit, bare = (flatten(tile.planes, OPACITIES | {"light": light}).T.reshape(SIZE, SIZE, 3) for light in (1.0, 0.0))
    assert np.abs(lit - bare).max() > 0.1  # there is light to take away
    assert np.abs(made["metahuman_albedo"] / 65_535 - bare).max() < 0.003


def test_mtoon_gets_a_shade_of_fuller_hue():
    _, made = maps_of(maps=(), pack="vrm")
    assert set(made) == {"vrm_shade", "vrm_normal"}
    skin = np.uint8(np.rint(np.stack([LIGHT, DARK]) * 255))
    shade = find_shade(skin)
    seen = to_linear(shade / np.float32(255)) / to_linear(skin / np.float32(255))
    assert (SKY - 0.03 < seen).all() and (seen < 0.85).all() and seen[0, 0] > seen[0, 1] > seen[0, 2]
    assert (seen[0] >= seen[1] - 0.03).all()  # light skin throws more light back
    grey = find_shade(np.arange(256, dtype=np.uint8))
    assert (np.diff(grey.astype(int)) >= 0).all() and grey[0] == 0


def test_a_drawing_has_flat_maps():
    _, made = maps_of("anime")
    assert not made["displacement"].any() and np.ptp(made["normal"].reshape(-1, 3), axis=0).max() == 0
    for name in ("roughness", "specular", "subsurface", "cavity"):
        assert (made[name] == round(255 * NOTHING[name])).all()


def test_roughness_stays_near_its_mean_and_noses_shine():
    places = ball(128).reshape(-1, 3)
    bare = np.zeros(len(places), np.float32)
    found = find_roughness(to_atlas(places), places, bare) / ROUGHNESS
    assert RANGE[0] <= found.min() < 0.93 and 1.02 < found.max() <= RANGE[1]
    nose, cheek = (canonical_head().points[[number]].astype(np.float32) for number in (4, 50))
    rough = [find_roughness(to_atlas(place), place, bare[:1])[0] for place in (nose, cheek)]
    assert rough[0] < 0.95 * rough[1]
    assert np.allclose(find_roughness(to_atlas(places), places, bare + 1), ROUGHNESS * RANGE[1])


def test_a_ball_is_open_and_a_hollow_is_not():
    mesh = mesh_of_ball(33)
    normals = upright(mesh.vertices).astype(np.float32)
    assert find_occlusion(mesh, normals).min() > 0.97
    inside = replace(mesh, triangles=mesh.triangles[:, ::-1].copy())
    assert find_occlusion(inside, -normals).max() < 0.1


def request(**changed) -> Generate:
    return Generate(job="x", mesh="head.obj", portrait="portrait.png", **{"output": "texture.png", **changed})


def test_what_cannot_be_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for changed, told in (
        ({"maps": ["bump"]}, "'bump'"),
        ({"maps": ["all"], "regions": "regions.png"}, "whole textures"),
        ({"pack": "source2"}, "'source2'"),
        ({"map_bits": 12}, "12"),
        ({"maps": ["ao"], "base_texture": "texture_ao.png"}, "'texture_ao.png' would overwrite"),
        ({"pack": "vrm", "report": "texture_vrm_shade.png"}, "two of the files"),
        ({"maps": ["ao"], "report": "texture_ao.png"}, "two of the files"),
    ):
        with pytest.raises(AvatarTexError) as refusal:
            check_request(request(**changed))
        assert refusal.value.code == ErrorCode.BAD_REQUEST and told in refusal.value.message and refusal.value.cure
    check_request(request(maps=["all"], pack="orm"))


@pytest.mark.slow
def test_a_job_writes_them_all_or_nothing(tmp_path, demo_head_obj, astronaut, capsys):
    words = ["generate", "--mesh", str(demo_head_obj), "--portrait", str(astronaut), "--size", "512"]
    words += ["--output", str(tmp_path / "t.png"), "--report", str(tmp_path / "r.json")]
    assert main([*words, "--maps", "all", "--pack", "orm"]) == 0
    names = {path.name for path in tmp_path.iterdir()}
    wanted = {f"t_{name}.{'exr' if name == 'displacement' else 'png'}" for name in (*ALL, "orm")}
    assert names == wanted | {"t.png", "r.json"}
    assert {line.rsplit(os.sep, 1)[-1] for line in capsys.readouterr().out.split()} == wanted | {"t.png"}
    report = json.loads((tmp_path / "r.json").read_text())
    assert report["maps"]["names"] == [*ALL, "orm"] and report["seconds"]["maps"] > 0
    assert 0.3 < report["maps"]["degrees"]["1001"][1] < 15
    folder = tmp_path / "stopped"
    folder.mkdir()
    stage = []
    asked = {"mesh": str(demo_head_obj), "portrait": str(astronaut), "size": 512, "maps": ["normal"]}
    with pytest.raises(Cancelled):
        one = Generate(job="x", output=str(folder / "t.png"), **asked)
        generate(one, lambda name, *_: stage.append(name), lambda: "compose" in stage)
    assert not list(folder.iterdir())


def test_every_tile_has_its_own_part_of_one_relief():
    whole = mesh_of_ball(33)
    right = whole.corners(whole.vertices).mean(1)[:, 0] > 0
    moved = replace(whole, corner_uvs=whole.corner_uvs + np.float32([1, 0]) * right[:, None, None])
    generated, asked = (
        np.broadcast_to(LIGHT, (ATLAS, ATLAS, 3)).copy(),
        Asked(ALL, "opengl", 8, "none", SIZE, {}, False),
    )
    found = []
    for mesh in (whole, moved):
        job = job_of(Scene(LIGHT, SIDE), mesh)
        maps = Maps(job, Details(), asked)
        tiles = {number: compose(job, part, generated, FINISH) for number, part in job.tiles.items()}
        found.append({number: maps.make(number, tile) for number, tile in tiles.items()})
    assert list(found[1]) == [1001, 1002]
    for name in ("displacement", "normal", "roughness"):
        one, left, other = (made[name].astype(np.float32) for made in (found[0][1001], *found[1].values()))
        middle, edge, step = SIZE // 2, 4, 1e-6 if name == "displacement" else 1  # a rounding
        assert np.ptp(one) > 0 and np.allclose(one[:, : middle - edge], left[:, : middle - edge], atol=step)
        assert np.allclose(one[:, middle + edge :], other[:, middle + edge :], atol=step)
