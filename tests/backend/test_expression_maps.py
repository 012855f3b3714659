"""Expression maps: strain in closed form, folds across it, what portraits show, and the files."""

from __future__ import annotations

import json
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from backend.errors import AvatarTexError, Cancelled
from backend.expressions import job as jobs
from backend.expressions.evidence import ExpressionEvidence, correct, fit_keys, gain_and_bias
from backend.expressions.folds import DEPTH, FROM, MEAN, fold_depth, orient
from backend.expressions.job import EACH, MOST, make_channels, make_expressions, name_picture, strongest, write_maps
from backend.expressions.maps import BLOOD_RANGE, FAINTEST, STAYS, Channel, TileMaps, blood_change, deeper, make_maps
from backend.expressions.poses import captured_poses, part_of, read_poses
from backend.expressions.strain import CONTROLS, Strain, measure_rest, measure_strain
from backend.head.atlas import map_atlas, to_atlas
from backend.head.facial_regions import find_facial_regions
from backend.head.mesh import HeadMesh
from backend.head.shape import shapes_of
from backend.head.uvs import split_tiles
from backend.messages import Expressed, Expressions
from backend.outputs import Staged
from backend.shape_keys import STEMS, find_channels, split_name
from tests.backend.test_expression import head as head
from tests.backend.test_expression import registered


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("mouthSmileLeft", ("mouthSmile", "left")),
        ("mouthSmile_R", ("mouthSmile", "right")),
        ("browDown.l", ("browDown", "left")),
        ("MouthSmileL", ("mouthSmile", "left")),
        ("mouthLeft", ("mouthLeft", "")),
        ("browInnerUp", ("browInnerUp", "")),
        ("eyebrows-left-inner-up", ("browInnerUp", "left")),
        ("mouth-corner-puller", ("mouthSmile", "")),
        ("Smile", ("mouthSmile", "")),
        ("noseWidth", ("", "")),
        ("eyeLookUpLeft", ("", "left")),
        ("Left", ("", "left")),
    ],
)
def test_names_of_shape_keys(name, told):
    assert split_name(name) == told


def test_channels_join_the_sides():
    names = ("mouthSmileRight", "noseWidth", "browDown_L", "browDown_R", "mouthSmileLeft")
    assert find_channels(names) == {
        "browDown": ["browDown_L", "browDown_R"],
        "mouthSmile": ["mouthSmileRight", "mouthSmileLeft"],
    }
    assert list(find_channels(names, all_of_them=True)) == ["browDown", "mouthSmile", "noseWidth"]
    assert all(split_name(stem) == (stem, "") and split_name(f"{stem}Left")[0] == stem for stem in STEMS)


def ball(rows: int = 96) -> SimpleNamespace:
    """A ball in canonical space, as pipeline.Prepared, with a UV map that is the atlas but for its cut at the back."""
    across, down = np.meshgrid(np.linspace(-1, 1, 2 * rows + 1), np.linspace(0.03, 0.97, rows + 1))
    longitude, latitude = across * np.pi, (0.5 - down) * np.pi
    points = 0.5 * np.stack(
        [np.cos(latitude) * np.sin(longitude), np.sin(latitude), np.cos(latitude) * np.cos(longitude)], -1
    )
    index = np.arange(across.size).reshape(across.shape)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]
    triangles = np.concatenate([np.stack([a, d, c], -1).reshape(-1, 3), np.stack([a, c, b], -1).reshape(-1, 3)])
    uvs = np.stack([0.5 + 0.48 * across, 0.98 - 0.96 * down], -1).reshape(-1, 2)
    points = points.reshape(-1, 3).astype(np.float32)
    mesh = HeadMesh(points, triangles.astype(np.int32), uvs[triangles].astype(np.float32), "ball")
    size = 64
    unseen = SimpleNamespace(better_side=1.0, confidence=np.zeros((size, size), np.float32))
    layout = map_atlas(mesh, points.astype(np.float64), 256)
    rest = measure_rest(mesh, layout, 1.0)
    return SimpleNamespace(
        mesh=mesh, canonical=points, tiles=split_tiles(mesh), observation=unseen, rest=rest, coverings=()
    )


@pytest.fixture(scope="module")
def body():
    return ball()


def at(body, controls, points):
    place = to_atlas(np.asarray(points, np.float64)) * CONTROLS
    return np.array([controls[int(y), int(x)] for x, y in place])


FRONT = 0.5 * np.array([[0, 0, 1], [0.2, 0.1, 0.97], [-0.3, -0.1, 0.95]])


def test_strain_of_known_moves(body):
    """Nothing by a turn; everywhere alike by growth; along one axis by a squeeze; valleys where skin sinks."""
    points = body.mesh.vertices.astype(np.float64)
    turn = cv2.Rodrigues(np.array([0.1, 0.3, 0.2]))[0]
    still = measure_strain(body.rest, points @ turn.T - points)
    assert max(still.pressed.max(), still.stretched.max(), np.abs(still.area).max()) < 2e-3
    grown = measure_strain(body.rest, 0.1 * points)
    assert np.allclose(at(body, grown.area, FRONT), 2 * np.log(1.1), atol=5e-3) and grown.pressed.max() < 2e-3
    low = measure_strain(body.rest, points * (0, -0.2, 0))
    assert at(body, low.pressed, FRONT[:1]) == pytest.approx(0.2, abs=0.01)
    assert at(body, low.stretched, FRONT[:1]) == pytest.approx(0, abs=0.01)
    across = at(body, low.across, FRONT[:1])[0]
    assert abs(across[1]) > 20 * abs(across[0])  # pressed up and down: folds lie level
    # of a ball's skin, half a face height per radian: atlas heights per radian are LATITUDES' (72 % for 90 degrees)
    assert abs(across[1]) == pytest.approx(0.5 * np.radians(90) / 0.72, rel=0.03)
    dent = -0.02 * np.exp(-((points - FRONT[0]) ** 2).sum(1) / (2 * 0.04**2))[:, None] * points / 0.5
    valley = measure_strain(body.rest, dent).valley
    place = np.unravel_index(valley.argmax(), valley.shape)
    assert np.allclose(np.array(place[::-1]) + 0.5, to_atlas(FRONT[0]) * CONTROLS, atol=1.1) and valley.max() > 0.004


def squeezed(pressed: float, along: tuple[float, float]) -> Strain:
    """Alike everywhere, of a skin with as many face heights across the atlas as down."""
    flat = np.ones((CONTROLS, CONTROLS))
    across = np.repeat(np.float64(along)[None] * 2.2, CONTROLS * CONTROLS, 0).reshape(CONTROLS, CONTROLS, 2)
    return Strain(pressed * flat, 0 * flat, across, np.log(1 - pressed) * flat, 0 * flat)


@pytest.fixture(scope="module")
def regions(body):
    layout = body.rest.layout
    return find_facial_regions(layout.fragments.interpolate(body.mesh.corners(body.canonical)))


@pytest.mark.parametrize(("along", "axis"), [((0.0, 1.0), 0), ((1.0, 0.0), 1)])
def test_folds_lie_across_the_pressure_and_keep_the_tone(regions, along, axis):
    size = 256
    rows, columns = np.mgrid[:size, :size] + 0.5
    place = np.stack([columns, rows], -1).reshape(-1, 2).astype(np.float32) / size
    folds = fold_depth(squeezed(0.2, along), np.ones((256, 256), np.float32), regions, place).reshape(size, size)
    face = folds[60:200, 70:120]
    change = [np.abs(np.diff(face, axis=one)).mean() for one in (0, 1)]
    assert change[axis] > 2 * change[1 - axis]
    assert folds.min() < -0.1 and -DEPTH <= folds.min() and abs(face.mean()) < 0.02
    still = fold_depth(squeezed(FROM, along), np.ones((256, 256), np.float32), regions, place)
    assert not still.any()
    bare = fold_depth(squeezed(0.2, along), np.zeros((256, 256), np.float32), regions, place)
    assert not bare.any() and 0.1 < MEAN < 0.5


def test_directions_agree_with_their_neighbours():
    """A line's sign is no one's: whatever the eigenvectors say, neighbours point the same way."""
    angle = np.linspace(0, np.pi * 0.6, CONTROLS)[:, None] * np.ones((1, CONTROLS))
    across = np.stack([np.cos(angle), np.sin(angle)], -1)
    flips = np.random.default_rng(0).choice([-1.0, 1.0], (CONTROLS, CONTROLS, 1))
    turned = across * flips * np.sign(orient(across * flips, np.ones((CONTROLS, CONTROLS))))[..., None]
    half = turned[10:-10, : CONTROLS // 2]
    assert (half[1:] * half[:-1]).sum(-1).min() > 0


def test_blood_is_denser_where_skin_is_pressed(regions):
    place = np.full((1, 2), 0.9, np.float32)
    pressed, stretched = (blood_change(squeezed(value, (0, 1)), regions, place)[0] for value in (0.05, -0.05))
    assert pressed == pytest.approx(-STAYS * np.log(0.95), rel=0.02) and stretched < 0
    assert blood_change(squeezed(0.9, (0, 1)), regions, place)[0] <= BLOOD_RANGE


def test_skin_drawn_out_one_way_keeps_its_blood_and_its_pores(regions):
    """As at the corners of a mouth whose jaw drops; drawn out both ways, as over puffed cheeks, it is paler."""
    flat, place = np.ones((CONTROLS, CONTROLS)), np.full((1, 2), 0.9, np.float32)
    across = np.ones((CONTROLS, CONTROLS, 2))
    one_way, both = (Strain(0 * flat, flat, across, np.log(2.0) * ways * flat, 0 * flat) for ways in (1, 2))
    assert blood_change(one_way, regions, place)[0] == 0
    assert blood_change(both, regions, place)[0] < -0.2
    assert deeper(one_way).min() == -FAINTEST > -0.5


def test_maps_are_one_across_the_uv_seam(body):
    """The cut of the UV map runs up the back; a squeeze there gives both of its sides the same."""
    points = body.mesh.vertices.astype(np.float64)
    moves = points * (0, -0.25, 0)
    strain = measure_strain(body.rest, moves)
    maps = make_maps(body, body.rest, [strain, strain], [], {1001: np.full((512, 512, 3), 0.5, np.float32)}, 512)[1001]
    assert maps.folds.shape == (512, 512, 2) and np.abs(maps.folds).max() <= 1
    assert np.array_equal(maps.folds[..., 0], maps.folds[..., 1]) and maps.folds.min() < -0.1
    first, last = (maps.blood[20:-20, int(column * 256), 0] for column in (0.024, 0.976))
    assert np.abs(first - last).max() < 0.03 and np.abs(first).max() > 0.1
    assert maps.left[128, 64] == 0 and maps.left[128, 192] == 1 and 0.2 < maps.left[128, 128] < 0.8
    rows = np.abs(np.diff(maps.left[100:150], axis=1)).max()
    assert rows < 0.35  # the halves go over into each other


def test_pores_of_pressed_skin_are_deeper(body):
    base = np.full((256, 256, 3), 0.5, np.float32) + 0.05 * (np.indices((256, 256)).sum(0) % 4 == 0)[..., None]
    flat = np.ones((CONTROLS, CONTROLS))
    gains = []
    for pressed, stretched in ((0.3, 0.0), (0.0, 0.3)):
        strain = Strain(pressed * flat, stretched * flat, np.ones((CONTROLS, CONTROLS, 2)), 0 * flat, 0 * flat)
        with_base, without = (
            make_maps(body, body.rest, [strain], [], bases, 256)[1001] for bases in ({1001: base}, {})
        )
        added = (with_base.folds - without.folds)[110:150, 110:150, 0]
        gains.append(np.corrcoef(added.ravel(), base[110:150, 110:150, 0].ravel())[0, 1])
    assert gains[0] > 0.9 and gains[1] < -0.9


def test_shape_keys_are_found_in_a_portrait(head):
    """A smile by the known shapes: the key that does that is found, the one that does not is not."""
    smile, opened = shapes_of(head)[-1], shapes_of(head)[-2]
    mesh = SimpleNamespace(vertices=head.points)
    registration = registered(head, 0.0, 0.7)
    found = fit_keys(registration, head, mesh, [smile, opened])
    assert found[0] == pytest.approx(0.7, abs=0.06) and found[1] < 0.06


def test_a_further_portrait_is_told_by_what_changes(head):
    """What the network reads wrongly of both portraits is no expression."""
    smile, opened = shapes_of(head)[-1], shapes_of(head)[-2]
    mesh = SimpleNamespace(vertices=head.points)
    first, further = registered(head, -0.4, 0.0), registered(head, 0.0, 0.6)  # read as shut too far, then truly
    keys = [smile, opened]
    assert fit_keys(registered(head, -0.4, 0.6), head, mesh, keys, first) == pytest.approx([0.6, 0.0], abs=0.06)
    assert fit_keys(further, head, mesh, keys, first) == pytest.approx([0.6, 0.4], abs=0.08)
    assert fit_keys(further, head, mesh, keys)[1] < 0.06


def test_gain_and_bias_bring_one_light_to_another():
    random = np.random.default_rng(1)
    fine = cv2.GaussianBlur(random.standard_normal((256, 256)), (0, 0), 1.5)
    wanted = 0.4 + 0.1 * fine / fine.std()
    rows, _ = np.mgrid[:256, :256] / 256
    shown = (wanted - 0.1 * rows) / (0.6 + 0.5 * rows)
    gain, bias = gain_and_bias(shown, wanted, np.ones((256, 256), np.float32))
    error = np.abs(gain * shown + bias - wanted)[16:-16, 16:-16]
    assert error.mean() < 0.1 * np.abs(shown - wanted).mean()


def test_what_portraits_show_corrects_the_expressions_that_they_make():
    expected, allowed = np.float64([[-0.1, -0.1], [-0.1, -0.1]]), np.float64([[1, 0], [1, 1]])
    smiles = ExpressionEvidence(np.array([1.0, 0.0]), np.array([-0.3, -0.3]), np.array([1.0, 1.0]))
    folds = correct(expected, allowed, [smiles])
    assert folds[0, 0] == pytest.approx(-0.3, abs=0.02) and folds[0, 1] == -0.1  # where it cannot fold it does not
    assert np.array_equal(folds[1], expected[1])  # made by nobody
    unseen = ExpressionEvidence(smiles.weights, smiles.detail, np.zeros(2))
    assert np.allclose(correct(expected, allowed, [unseen]), expected, atol=1e-2)
    assert np.array_equal(correct(expected, allowed, []), expected)


def test_keys_drive_the_half_that_they_move(body):
    canonical = body.canonical
    half = np.where(canonical[:, :1] > 0.1, 1.0, 0.0) * np.array([0, 0.01, 0])
    poses = {"mouthSmile_L": half[::1], "mouthSmile_R": half * 0 + np.where(canonical[:, :1] < -0.1, 0.01, 0)}
    (channel,) = make_channels(canonical, poses)
    assert (channel.name, channel.left, channel.right) == ("mouthSmile", ("mouthSmile_L",), ("mouthSmile_R",))
    assert np.allclose(channel.moves, sum(poses.values()))
    crossed = {"mouthSmile_R": poses["mouthSmile_L"], "mouthSmile_L": poses["mouthSmile_R"], "jawOpen": half}
    jaw, smile = make_channels(canonical, crossed)
    assert (smile.left, smile.right) == (("mouthSmile_R",), ("mouthSmile_L",)) and jaw.left == jaw.right == ("jawOpen",)


def test_the_strongest_are_kept_in_their_order():
    channels = [Channel(str(number), np.zeros((1, 3)), (), ()) for number in range(MOST + 4)]
    strains = [squeezed(0.02 if number == 3 else 0.1 + 0.01 * number, (0, 1)) for number in range(MOST + 4)]
    kept, of_these = strongest(channels, strains)
    assert [one.name for one in kept] == [str(number) for number in range(4, MOST + 4)] and len(of_these) == MOST
    with pytest.raises(AvatarTexError, match="moves its skin"):
        strongest(channels[:1], [squeezed(0.01, (0, 1))])


def test_pictures_hold_three_channels_each(tmp_path):
    values = np.zeros((4, 4, 5), np.float32)
    values[..., 0], values[..., 4] = -1, 1
    request = Expressions("j", "p.png", str(tmp_path))
    names = [name_picture(request, kind, number, False) for kind in ("folds", "blood") for number in range(2)]
    answer = Expressed("j", [], names[:2], names[2:], name_picture(request, "left", 0, False), 0.6, 0.4)
    with Staged() as staged:
        written = write_maps(answer, {1001: TileMaps(values, values, values[..., 4])}, staged)
    first, second = (cv2.imread(name)[0, 0, ::-1].tolist() for name in names[:2])
    assert first == [1, 128, 128] and second == [128, 255, 128] and EACH == 3
    assert written == sum(path.stat().st_size for path in tmp_path.iterdir())


def test_poses_follow_the_part_of_the_mesh_that_is_head(body):
    faces = body.mesh.vertices[body.mesh.triangles][..., 1].max(1) < 0
    part, used = body.mesh.only(faces)
    again, _ = part.only(part.vertices[part.triangles][..., 0].min(1) > 0)
    moves = np.arange(3.0 * len(body.mesh.vertices)).reshape(-1, 3)
    assert np.array_equal(part_of(moves, part), moves[used])
    assert np.array_equal(part_of(moves, body.mesh), moves)
    turn = np.array([[0.0, 0, 1], [1, 0, 0], [0, 1, 0]])
    assert np.array_equal(part_of(moves, part.turned(turn)), moves[used][:, [2, 0, 1]])
    own = {tuple(place): number for number, place in enumerate(body.mesh.vertices)}
    for number, place in list(enumerate(again.vertices))[::97]:
        same = np.flatnonzero((body.mesh.vertices == place).all(1))
        assert any(np.array_equal(part_of(moves, again)[number], moves[one]) for one in same), own[tuple(place)]


def test_damaged_and_missing_poses_are_refused(tmp_path):
    path = tmp_path / "head.npz"
    good = {"vertices": np.zeros((4, 3), np.float32), "poses": np.zeros((1, 4, 3), np.float32)}
    np.savez(path, **good, pose_names=np.array(["smile"]))
    assert captured_poses(str(path))["smile"].shape == (4, 3)
    for wrong in (
        {"pose_names": np.array(["smile", "frown"])},
        {"pose_names": np.array([1])},
        {"pose_names": np.array(["smile"]), "poses": np.full((1, 4, 3), np.nan, np.float32)},
        {},
    ):
        np.savez(path, **{**good, **wrong})
        with pytest.raises(AvatarTexError, match="shape keys of the capture"):
            captured_poses(str(path))
    with pytest.raises(AvatarTexError, match="No expression was given"):
        read_poses(Expressions("j", "p.png", "out", mesh="head.obj"), None)
    for wrong in ({"name": "smile"}, {"name": 3, "file": "a.obj"}, {"name": "smile", "file": ""}):
        with pytest.raises(AvatarTexError, match="no name or no file"):
            read_poses(Expressions("j", "p.png", "out", mesh="head.obj", poses=[wrong]), None)


@pytest.mark.slow
def test_a_whole_job(demo_head_obj, astronaut, tmp_path, monkeypatch):
    """Files, report and channels of a head with a smile; a picture of another mesh is refused; it can be cancelled."""
    lines = demo_head_obj.read_text().splitlines()
    places = np.array([line.split()[1:4] for line in lines if line.startswith("v ")], float)
    size = np.ptp(places, axis=0)[1]
    front = places[places[:, 2].argmax()]
    for name, offset in (("smile", 0.12), ("other", 0.0)):
        moved = places + 0.05 * size * np.exp(-((places - front) ** 2).sum(1) / (2 * (0.1 * size) ** 2))[:, None] * (
            0, 1, 0
        )  # fmt: skip
        told = iter(moved)
        text = [f"v {' '.join(map(str, next(told)))}" if line.startswith("v ") else line for line in lines]
        if not offset:
            text = [line for number, line in enumerate(text) if not (line.startswith("f ") and number % 2)]
        (tmp_path / f"{name}.obj").write_text("\n".join(text))
    request = dict(job="j", portrait=str(astronaut), mesh=str(demo_head_obj), size=512, device="cpu")
    poses = [{"name": "mouthSmile", "file": str(tmp_path / "smile.obj")}]
    told: list[str] = []
    made = make_expressions(
        Expressions(**request, poses=poses, output=str(tmp_path / "maps"), report=str(tmp_path / "report.json")),
        lambda stage, fraction: told.append(stage),
        lambda: False,
    )
    assert [one["name"] for one in made.channels] == ["mouthSmile"] and told[0] == "load" and told[-1] == "compose"
    folds, blood, left = (cv2.imread(path) for path in (*made.folds, *made.blood, made.left))
    assert folds.shape == (512, 512, 3) and blood.shape == left.shape == (256, 256, 3)
    assert folds[..., 2].min() < 120 and (folds[..., :2] == 128).all() and np.ptp(blood[..., 2]) > 10
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["pictures"] == 3 and report["bytes"] > 1000 and str(tmp_path) not in json.dumps(report)
    with pytest.raises(AvatarTexError, match="not the head's own mesh"):
        other = [{"name": "smile", "file": str(tmp_path / "other.obj")}]
        make_expressions(Expressions(**request, poses=other, output=str(tmp_path / "no")), lambda *_: None, bool)
    assert not (tmp_path / "no").exists()
    with pytest.raises(Cancelled):
        make_expressions(
            Expressions(**request, poses=poses, output=str(tmp_path / "no")), lambda *_: None, lambda: True
        )
    with pytest.raises(AvatarTexError, match="No output folder"):
        jobs.check(Expressions(**request, poses=poses, output=""))
