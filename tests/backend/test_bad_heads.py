"""Heads as they come: what cannot be textured is refused with a cure, what can be is, whatever else is in the file."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from backend.completing import no_step
from backend.compose.texels import find_texels
from backend.errors import AvatarTexError, Cancelled, ErrorCode
from backend.head.landmarks import find_head_landmarks
from backend.head.mesh import HeadMesh, load_capture, load_mesh
from backend.head.rasterize import rasterize, texel_corners
from backend.head.uvs import OVERLAPPING, precedence, split_tiles, uv_warnings
from backend.messages import Generate
from backend.pipeline import generate

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


def write_capture(path: Path, mesh: HeadMesh, **more) -> Path:
    np.savez(
        path,
        vertices=mesh.vertices,
        triangles=mesh.triangles,
        corner_uvs=mesh.corner_uvs,
        object_name="Head",
        **{"up": "y"} | more,
    )
    return path


def job(capture: Path, portrait: Path, **more) -> Generate:
    return Generate("x", str(portrait), str(capture.parent / "out.png"), capture=str(capture), size=512, **more)


def broken(head: HeadMesh, how: str) -> HeadMesh:
    vertices, uvs, triangles = head.vertices.copy(), head.corner_uvs.copy(), head.triangles
    random = np.random.default_rng(1)
    match how:
        case "nan":
            vertices[3, 1] = np.nan
        case "inf":
            vertices[3, 1] = np.inf
        case "nan uvs":
            uvs[8, 1, 0] = np.nan
        case "empty uvs":
            uvs[:] = 0.5
        case "uvs in a line":
            uvs[..., 1] = uvs[..., 0]
        case "no faces":
            triangles, uvs = triangles[:0], uvs[:0]
        case "missing vertices":
            triangles = triangles + 5
        case "no extent":
            vertices[:] = 1
        case "soup":
            triangles = random.integers(0, len(vertices), (400, 3)).astype(np.int32)
            vertices, uvs = random.random(vertices.shape), random.random((400, 3, 2))
        case "too many":
            many = np.arange(2_000_001) % len(triangles)
            triangles, uvs = triangles[many], uvs[many]
    return HeadMesh(vertices.astype(np.float32), triangles, uvs.astype(np.float32), "Head")


@pytest.mark.parametrize(
    ("how", "code", "sentence"),
    [
        ("nan", ErrorCode.BAD_MESH, "1 vertices whose coordinates are not numbers, the first is number 3"),
        ("inf", ErrorCode.BAD_MESH, "1 vertices whose coordinates are not numbers"),
        ("nan uvs", ErrorCode.BAD_MESH, "1 faces with UVs whose coordinates are not numbers, the first is number 8"),
        ("empty uvs", ErrorCode.NO_UVS, "The UV map of 'Head' is empty"),
        ("uvs in a line", ErrorCode.NO_UVS, "The UV map of 'Head' is empty"),
        ("no faces", ErrorCode.NO_MESH, "'Head' has no faces"),
        ("missing vertices", ErrorCode.BAD_MESH, "vertices that do not exist"),
        ("no extent", ErrorCode.BAD_MESH, "'Head' is 0 units large"),
        ("soup", ErrorCode.NO_FACE_ON_HEAD, "No face was found on 'Head'"),
        ("too many", ErrorCode.BAD_MESH, "2,000,001 triangles, more than 2,000,000"),
    ],
)
def test_what_cannot_be_textured_is_refused(tmp_path, head, astronaut, how, code, sentence):
    capture = write_capture(tmp_path / "head.npz", broken(head, how))
    with pytest.raises(AvatarTexError) as refusal:
        generate(job(capture, astronaut), no_step, lambda: False)
    assert refusal.value.code == code and sentence in refusal.value.message and refusal.value.cure.endswith(".")
    assert [path.name for path in tmp_path.iterdir()] == ["head.npz"]


def test_a_search_for_a_face_that_is_not_there_can_be_cancelled(tmp_path, head, astronaut):
    capture, asked = write_capture(tmp_path / "head.npz", broken(head, "soup")), []

    def cancelled_in_the_search() -> bool:
        asked.append(1)
        return len(asked) > 5

    with pytest.raises(Cancelled):
        generate(job(capture, astronaut), no_step, cancelled_in_the_search)
    assert len(asked) == 6


def test_the_command_line_says_so_in_one_sentence(tmp_path, head, astronaut):
    lines = [f"v {x} {y} {'nan' if i == 3 else z}" for i, (x, y, z) in enumerate(head.vertices[:9])]
    lines += ["vt 0 0", "vt 1 0", "vt 0 1", *(f"f {i}/1 {i + 1}/2 {i + 2}/3" for i in range(1, 7))]
    (tmp_path / "nan.obj").write_text("\n".join(lines))
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "backend",
            "generate",
            "--mesh",
            str(tmp_path / "nan.obj"),
            "--portrait",
            str(astronaut),
            "--output",
            str(tmp_path / "out.png"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    errors = [line for line in done.stderr.splitlines() if line.startswith("error")]
    assert done.returncode == 2 and len(errors) == 1 and "[bad-mesh] 'nan.obj' has" in errors[0], done.stderr
    assert not (tmp_path / "out.png").exists()


def test_a_capture_cut_short_is_refused(tmp_path, head):
    whole = write_capture(tmp_path / "head.npz", head).read_bytes()
    (tmp_path / "head.npz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(AvatarTexError) as refusal:
        load_capture(tmp_path / "head.npz")
    assert refusal.value.code == ErrorCode.BAD_MESH


def test_a_mesh_of_doubled_and_turned_faces_works(head):
    """Every face four times, half of them inside out: as non-manifold as it gets, and no normal is left."""
    many = np.concatenate([head.triangles, head.triangles[:, ::-1]] * 2)
    crowd = replace(head, triangles=many, corner_uvs=np.concatenate([head.corner_uvs, head.corner_uvs[:, ::-1]] * 2))
    found, expected = find_head_landmarks(crowd), find_head_landmarks(head)
    assert np.median(np.linalg.norm(found.points - expected.points, axis=1)) < 0.02 * expected.height


@pytest.mark.parametrize("change", ["turned", "100 times larger", "a thousandth", "far away"])
def test_orientation_and_scale_do_not_matter(head, change):
    turn, scale, shift = np.eye(3), 1.0, np.zeros(3)
    if change == "turned":
        turn = np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0.0]])  # lying, looking along x
    elif change == "far away":
        shift = np.array([50.0, -20, 30])
    else:
        scale = 100.0 if "larger" in change else 0.001
    moved = replace(head, vertices=(scale * head.vertices @ turn.T + shift).astype(np.float32))
    one, other = find_head_landmarks(head), find_head_landmarks(moved)
    back = (other.points - shift) @ turn / scale
    assert np.median(np.linalg.norm(back - one.points, axis=1)) < 0.01 * one.height
    assert abs(other.height / scale / one.height - 1) < 0.02


def test_shared_texels_are_told_and_skin_goes_first(head):
    twice = replace(head, corner_uvs=np.abs(head.corner_uvs - (0.5, 0)).astype(np.float32))
    told, names = uv_warnings(twice, split_tiles(twice))
    assert names == [OVERLAPPING] and "mirrored or overlapping" in told[0] and "new UV map" in told[0]
    assert not uv_warnings(head, split_tiles(head))[1]
    square = np.array([[(0, 0), (1, 0), (1, 1)], [(0, 0), (1, 1), (0, 1)]], np.float32)
    vertices = np.array([(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0)] * 2, np.float32)
    vertices[4:] = vertices[4:] * 0.1 + (0.4, 0.4, 0.2)  # a small patch in front, using the whole map too
    triangles = np.array([(4, 5, 6), (4, 6, 7), (0, 1, 2), (0, 2, 3)], np.int32)
    order = precedence(HeadMesh(vertices, triangles, np.tile(square, (2, 1, 1)), "x"), vertices, 1.0)
    assert np.isinf(order[:2]).all() and np.isfinite(order[2:]).all()


def test_udim_tiles_are_textured_one_by_one(tmp_path, head, astronaut):
    """The upper half of the map in 1001, the lower half in 1012; a third tile of the base belongs to the body."""
    lower = head.corner_uvs[..., 1].mean(1) < 0.5
    uvs = head.corner_uvs + np.where(lower[:, None, None], np.float32([1, 1]), np.float32(0))
    capture = write_capture(tmp_path / "head.npz", replace(head, corner_uvs=uvs.astype(np.float32)))
    for tile in (1001, 1003, 1012):
        cv2.imwrite(str(tmp_path / f"base.{tile}.png"), np.full((512, 512, 3), tile - 960, np.uint8))
    result = generate(
        job(capture, astronaut, base_texture=str(tmp_path / "base.<UDIM>.png"), report=str(tmp_path / "r.json")),
        no_step,
        lambda: False,
    )
    assert result.tiles == [1001, 1003, 1012] and result.output == str(tmp_path / "out.<UDIM>.png")
    pictures = {tile: cv2.imread(str(tmp_path / f"out.{tile}.png")).astype(int) for tile in result.tiles}
    assert (pictures[1003] == 1003 - 960).all()
    changed = {tile: (np.abs(pictures[tile] - (tile - 960)).max(2) > 8) for tile in (1001, 1012)}
    assert changed[1001][:256].mean() > 0.3 and changed[1001][300:].mean() < 0.1
    assert changed[1012][300:].mean() > 0.1 and changed[1012][:200].mean() < 0.1
    assert any("2 UDIM tiles (1001, 1012)" in warning for warning in result.warnings)
    assert json.loads((tmp_path / "r.json").read_text())["texels"]["photo"] > 0.03


def test_a_map_moved_by_whole_tiles_is_the_same_map(head):
    moved = split_tiles(replace(head, corner_uvs=head.corner_uvs + np.float32([-3, 0])))
    assert list(moved) == [1001] and np.allclose(moved[1001].corner_uvs, head.corner_uvs, atol=1e-5)


def test_faces_beside_the_head_keep_their_texels(tmp_path, head, astronaut):
    """A mask chooses all but the neck's island: what the others show stays, to the last texel."""
    chosen = ~(
        (np.abs(head.corner_uvs[..., 1].mean(1) - 0.365) < 0.12)
        & (head.corner_uvs[..., 0].mean(1) > 0.3)
        & (head.corner_uvs[..., 0].mean(1) < 0.7)
    )
    assert 0.02 < 1 - chosen.mean() < 0.5
    capture = write_capture(tmp_path / "head.npz", head, face_mask=chosen)
    base = np.random.default_rng(0).integers(0, 255, (512, 512, 3)).astype(np.uint8)
    cv2.imwrite(str(tmp_path / "base.png"), base)
    generate(job(capture, astronaut, base_texture=str(tmp_path / "base.png")), no_step, lambda: False)
    others = rasterize(texel_corners(head.corner_uvs[~chosen], 512), 512, 512).covered
    mine = rasterize(texel_corners(head.corner_uvs[chosen], 512), 512, 512).covered
    assert np.array_equal(cv2.imread(str(tmp_path / "out.png"))[others & ~mine], base[others & ~mine])


def test_parts_of_a_file_are_chosen_by_name(tmp_path):
    quad = "v 0 0 {z}\nv 1 0 {z}\nv 1 1 {z}\nvt 0 0\nvt 1 0\nvt 1 1\n"
    (tmp_path / "two.obj").write_text(
        f"o One\n{quad.format(z=0)}usemtl Skin\nf 1/1 2/2 3/3\no Two\n{quad.format(z=1)}usemtl Eyes\nf 4/4 5/5 6/6\n"
    )
    assert len(load_mesh(tmp_path / "two.obj", "One,Eyes").triangles) == 2
    mesh = load_mesh(tmp_path / "two.obj", "Skin")
    assert len(mesh.triangles) == len(mesh.others) == 1 and (mesh.vertices[:, 2] == 0).all()
    with pytest.raises(AvatarTexError) as refusal:
        load_mesh(tmp_path / "two.obj", "Skin, Teeth")
    assert "'Teeth'" in refusal.value.message and "Eyes" in refusal.value.cure


def test_the_rim_goes_on_where_the_surface_does_and_slivers_are_copied():
    vertices = np.array([(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0), (0.5, 0.5, 0), (0.5, 0.6, 9)], np.float32)
    square = np.float32([[(0.25, 0.25), (0.75, 0.25), (0.75, 0.75)], [(0.25, 0.25), (0.75, 0.75), (0.25, 0.75)]])
    sliver = np.float32([[(0.05, 0.5), (0.2, 0.5), (0.05, 0.5 + 0.04)]])
    mesh = HeadMesh(vertices, np.int32([(0, 1, 2), (0, 2, 3), (4, 5, 5)]), np.concatenate([square, sliver]), "square")
    texels = find_texels(mesh, 64)
    row, column = np.nonzero(texels.filled)
    places = texels.at(mesh, vertices)
    flat = texels.triangle < 2
    rim = flat & ~texels.covered[texels.filled]
    expected = np.stack([(column + 0.5) / 32 - 0.5, 1.5 - (row + 0.5) / 32], 1)
    assert rim.sum() > 100 and np.abs(places[flat, :2] - expected[flat]).max() < 1e-4
    assert np.isfinite(places).all() and places[:, 2].max() < 40
