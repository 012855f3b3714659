"""Files of maps: names, kinds and channels, what is refused, and what a failed job leaves."""

from __future__ import annotations

import json
import os
from dataclasses import replace

import cv2
import numpy as np
import pytest

from backend.__main__ import main
from backend.compose.compose import Anew, Composition, Finish, compose
from backend.compose.texels import WHOLE, find_texels
from backend.errors import AvatarTexError, Cancelled, ErrorCode
from backend.head.atlas import canonical_head, to_atlas
from backend.imaging.files import encode_values
from backend.imaging.sample import to_linear
from backend.layers.flatten import flatten
from backend.layers.shade import SKY, find_shade
from backend.map_options import MAPS, PACK, PICTURES, map_names
from backend.maps.gloss import RANGE, ROUGHNESS, find_roughness, find_specular
from backend.maps.maps import CHANNELS, NOTHING, Asked, Maps, packed
from backend.maps.occlusion import find_occlusion
from backend.maps.redone import Redone, read_maps
from backend.maps.relief import Relief
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
    # of what a round fibre mirrors, half of the angles about its top, sin 45 degrees, comes back out of the hair
    assert np.allclose(0.08 * find_specular(np.float32([0, 1])), [0.028, 0.0325], atol=1e-4)


def test_a_ball_is_open_and_a_hollow_is_not():
    mesh = mesh_of_ball(33)
    normals = upright(mesh.vertices).astype(np.float32)
    assert find_occlusion(mesh, normals).min() > 0.97
    inside = replace(mesh, triangles=mesh.triangles[:, ::-1].copy())
    assert find_occlusion(inside, -normals).max() < 0.1


def redone_maps(old: dict[str, np.ndarray], share: np.ndarray, **changed) -> dict[str, np.ndarray]:
    """The maps of a texture of which a box is made anew, (SIZE/2,SIZE) of its upper half."""
    job = job_of(Scene(LIGHT, SIDE), mesh_of_ball(33))
    box = slice(0, SIZE // 2), slice(None)
    part = compose(job, job.tiles[1001], np.broadcast_to(LIGHT, (ATLAS, ATLAS, 3)).copy(), FINISH, box=box)
    tile = replace(part, box=WHOLE, anew=Anew(part, share))
    asked = replace(Asked(ALL, "opengl", 8, "none", SIZE, OPACITIES, True), **changed)
    redone = Redone({name: {1001: picture} for name, picture in old.items()}, False)
    return {name: decode(data) for name, data in Maps(job, Details(), asked, redone).files(1001, tile)}


def test_maps_of_regions_come_into_the_old_ones_by_the_colours_mask():
    whole = maps_of()[1]
    old = {name: np.full_like(picture, 0.5 if picture.dtype.kind == "f" else 77) for name, picture in whole.items()}
    share = np.zeros((SIZE // 2, SIZE), np.float32)
    share[40:100, 60:120], share[40:100, 120:160] = 1, 0.5
    made = redone_maps(old, share)
    for name, picture in made.items():
        assert picture.dtype == old[name].dtype and picture.shape == old[name].shape
        before, new = (one[: SIZE // 2].astype(np.float32) for one in (old[name], whole[name]))
        rest = picture.copy()
        rest[: SIZE // 2][share > 0] = old[name][: SIZE // 2][share > 0]
        assert np.array_equal(rest, old[name])  # to the last bit
        step = 1e-3 if name == "displacement" else 1.01
        rows = picture[: SIZE // 2].astype(np.float32)
        inner = slice(45, 95)  # heights have no neighbours beyond the box
        assert np.abs(rows[inner, 60:120] - new[inner, 60:120]).max() <= step
        assert np.abs(rows[inner, 121:160] - (before + new)[inner, 121:160] / 2).max() <= step


def test_old_maps_of_other_programs_are_taken():
    old = maps_of()[1]
    colours = {name: picture if picture.ndim == 3 else np.dstack([picture] * 3) for name, picture in old.items()}
    with_alpha = {name: np.dstack([picture, np.full_like(picture[..., 0], 9)]) for name, picture in colours.items()}
    deep = {name: one if one.dtype.kind == "f" else one.astype(np.uint16) * 257 for name, one in with_alpha.items()}
    share = np.zeros((SIZE // 2, SIZE), np.float32)
    share[40:100, 60:120] = 1
    few = ("normal", "roughness", "displacement")
    plain = redone_maps(old, share, maps=few)
    for others in (colours, with_alpha, deep):
        for name, picture in redone_maps(others, share, maps=few).items():
            assert np.array_equal(picture, plain[name]), name


def test_a_tile_that_nothing_is_painted_on_keeps_its_maps():
    maps, old = maps_of()
    kept = Maps(
        maps.job, Details(), replace(maps.asked, bits=16), Redone({n: {1002: p} for n, p in old.items()}, False)
    )
    empty = np.zeros((SIZE, SIZE), bool)
    tile = Composition(np.zeros((SIZE, SIZE, 3), np.float32), empty, empty, empty, np.zeros((0, 2), np.float32))
    for name, data in kept.files(1002, tile):
        scale = 1 if name == "displacement" else 257
        assert np.array_equal(decode(data), old[name].astype(decode(data).dtype) * scale)


def test_relief_that_is_made_up_is_not_the_portraits():
    maps, _ = maps_of()
    texels = find_texels(maps.job.tiles[1001], SIZE)
    of = lambda made_up: Relief(maps.job, Details(), 0.0, made_up).heights(maps.job.tiles[1001], texels)  # noqa: E731
    assert of(False).any() and not of(True).any()


def test_old_maps_that_cannot_be_used_are_refused(tmp_path):
    cv2.imwrite(str(tmp_path / "t_ao.png"), np.zeros((8, 8), np.uint8))
    cv2.imwrite(str(tmp_path / "t_roughness.png"), np.full((16, 16, 3), (1, 2, 3), np.uint8))
    (tmp_path / "t_normal.png").write_bytes(b"no picture")
    (tmp_path / "t_displacement.exr").write_bytes((tmp_path / "t_ao.png").read_bytes())
    (tmp_path / "t_cavity.png").mkdir()
    base = str(tmp_path / "t.png")
    for name, told in (
        ("ao", "8 x 8 texels, the job 16"),
        ("normal", "'t_normal.png' is damaged"),
        ("displacement", "'t_displacement.exr' is damaged"),
        ("subsurface", "no 't_subsurface.png'"),
        ("cavity", "is a folder"),
    ):
        with pytest.raises(AvatarTexError) as refusal:
            read_maps(base, [name], [1001], 8 if name == "displacement" else 16)
        assert refusal.value.code == ErrorCode.BAD_REQUEST and told in refusal.value.message and refusal.value.cure
    assert (read_maps(base, ["roughness"], [1001], 16)["roughness"][1001] == (3, 2, 1)).all()


def request(**changed) -> Generate:
    return Generate(job="x", mesh="head.obj", portrait="portrait.png", **{"output": "texture.png", **changed})


def test_what_cannot_be_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for changed, told in (
        ({"maps": ["bump"]}, "'bump'"),
        ({"maps": ["ao"], "regions": "r.png", "base_texture": "texture.jpg"}, "overwrite 'texture_ao.png'"),
        ({"pack": "source2"}, "'source2'"),
        ({"map_bits": 12}, "12"),
        ({"layer_opacities": {"skin": 0.5}}, "no layer 'skin'"),
        ({"layer_opacities": {"hair": 2.5}}, "2.5"),
        ({"layer_opacities": {"hair": "half"}}, "'half'"),
        ({"maps": ["ao"], "base_texture": "texture_ao.png"}, "'texture_ao.png' would overwrite"),
        ({"pack": "vrm", "report": "texture_vrm_shade.png"}, "two of the files"),
        ({"maps": ["ao"], "report": "texture_ao.png"}, "two of the files"),
    ):
        with pytest.raises(AvatarTexError) as refusal:
            check_request(request(**changed))
        assert refusal.value.code == ErrorCode.BAD_REQUEST and told in refusal.value.message and refusal.value.cure
    check_request(request(maps=["all"], pack="orm"))


@pytest.mark.slow
def test_a_job_takes_the_layers_as_they_show(tmp_path, demo_head_obj, astronaut):
    """Given by number, opacities are what the options' names stand for."""

    def made(name: str, **changed) -> bytes:
        path = tmp_path / name
        asked = {"mesh": str(demo_head_obj), "portrait": str(astronaut), "size": 512, "maps": ["roughness"]}
        generate(Generate(job="x", output=str(path), **asked, **changed), lambda *_: None, lambda: False)
        return path.read_bytes() + path.with_name(f"{path.stem}_roughness.png").read_bytes()

    bare = made("bare.png", light="remove", hair="bare")
    assert made("moved.png", layer_opacities={"light": 0.0, "hair": 0.0}) == bare


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
