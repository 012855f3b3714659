"""Two pictures of one person: who counts as whom, the same skin scores high and another's does not, one tone is one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from backend.errors import AvatarTexError, ErrorCode
from backend.head.match import find_head_or_pins
from backend.head.mesh import load_mesh
from backend.imaging.files import write_picture
from backend.imaging.sample import to_linear, to_srgb
from backend.lab.evaluation import pair_faces, pair_skin, pairs
from backend.lab.evaluation.hidden_methods import STAGES
from backend.lab.evaluation.hidden_scores import OCTAVES
from backend.lab.evaluation.truth import TruthCase, render_truth
from backend.lab.faces import observing
from backend.lab.faces.observing import TEXELS, About, Seen, see
from backend.lab.pca import fit_many
from backend.observation import observe
from backend.pipeline import load_cached_networks
from backend.prior.light import Light
from tests.backend import synthetic_skins

SIZE = 128
POSITIONS, NORMALS = synthetic_skins.geometry(SIZE)
BOTH, BOTH_TONED, ALONE, ALONE_TONED = pair_skin.PARTS


def skin_of(face: int) -> np.ndarray:
    return synthetic_skins.drawn_skin(SIZE, face, 0).astype(np.float32) / 255


@pytest.fixture(scope="module")
def networks():
    skins = [synthetic_skins.drawn_skin(64, face, variant) for face in range(6) for variant in (0, 1)]
    prior = fit_many(np.array(skins, np.float32) / 255, 8)
    return {"": SimpleNamespace(geometry=POSITIONS, skin=prior)}


@pytest.fixture(scope="module", autouse=True)
def matte():
    """Drawn skins mirror nothing."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (observe, observing):
            patch.setattr(module, "find_reflected", lambda *_: 0.0)
        yield


@pytest.fixture(autouse=True)
def no_features(monkeypatch):
    """The perceptual distance needs a package; here it is 0."""
    monkeypatch.setattr(pair_skin, "perceptual", lambda made, case: dict.fromkeys(made, 0.0))


def taken(networks, face: int, yaw: float, tint=(1.0, 1.0, 1.0), name: str = "1.png") -> pair_skin.Picture:
    """A drawn face photographed from a side, by a camera with a gain of each channel; two methods that know all skin:
    its own, and that of the face after it."""
    turn = np.radians(yaw)
    across = np.array([[np.cos(turn), 0, -np.sin(turn)], [0, 1, 0], [np.sin(turn), 0, np.cos(turn)]])
    normals = (NORMALS @ across.T).astype(np.float32)
    shade = Light(np.float32([0.75, -0.2, 0.1, 0.2, 0, 0, 0, 0, 0]), np.eye(3)).shade(normals)
    lit = to_srgb(to_linear(skin_of(face)) * shade[..., None] * np.float32(tint))
    shown = np.clip((normals[..., 2] - 0.3) / 0.3, 0, 1).astype(np.float32)
    seen = Seen(lit, lit, shown, shown, np.zeros((SIZE, SIZE), np.float32), shade, normals)
    about = About(yaw, 0.0, 0.0, 300.0, 1.0, 1.0, False, False)
    methods = {
        STAGES: ("", lambda *_: to_srgb(to_linear(skin_of(face)) * np.float32(tint))),
        "another's": ("", lambda *_: skin_of((face + 1) % 6)),
    }
    return pair_skin.complete(f"face{face}", Path(f"face{face}") / name, seen, about, networks, methods)


@pytest.fixture(scope="module")
def two(networks) -> tuple[pair_skin.Picture, pair_skin.Picture]:
    return taken(networks, 3, -35), taken(networks, 3, 35, (0.8, 1.0, 1.15), "2.png")


def test_what_only_the_second_shows_is_no_skin_of_the_first(two):
    first, second = two
    both, alone = (weight > 0 for weight in pair_skin.weights(first, second).values())
    assert both.sum() > 1000 and alone.sum() > 1000
    assert not (both & alone).any()
    assert first.shown[alone].max() < 0.01 and min(second.shown[alone].min(), first.shown[both].min()) > 0.3
    assert np.median(np.nonzero(both)[1]) == pytest.approx(SIZE / 2, abs=0.1 * SIZE)
    assert (np.nonzero(alone)[1] < SIZE / 2).all() != (np.nonzero(alone)[1] >= SIZE / 2).all()


@pytest.mark.parametrize("hair", [0.0, 1.0])
def test_hair_and_scalp_are_no_skin(networks, hair):
    even, whole = np.full((SIZE, SIZE, 3), 0.5, np.float32), np.ones((SIZE, SIZE), np.float32)
    seen = Seen(even, even, whole, whole, hair * whole, whole, NORMALS)
    about = About(0.0, 0.0, 0.0, 300.0, 1.0, 1.0, False, False)
    skin = pair_skin.complete("a", Path("a"), seen, about, networks, {}).skin
    assert skin[SIZE // 2, SIZE // 2] == 1 - hair and skin[0].max() < 0.01


def test_two_cameras_are_brought_to_one_tone(two):
    gain = pair_skin.tint(*two)
    assert gain / gain[1] == pytest.approx([0.8, 1.0, 1.15], abs=0.02)
    assert pair_skin.tint(*two[::-1]) * gain == pytest.approx([1, 1, 1], abs=0.03)


def test_the_persons_own_skin_scores_high_and_that_of_another_does_not(two, networks):
    scores = pair_skin.compare(*two, stranger=taken(networks, 1, 0))
    told = {part: {name: values["psnr"] for name, values in some.items()} for part, some in scores.items()}
    assert told[ALONE_TONED][STAGES] > 27
    assert told[BOTH_TONED][pair_skin.PHOTOGRAPH] > 30
    assert told[ALONE_TONED][STAGES] > told[ALONE][STAGES] + 3
    for part in (ALONE_TONED, BOTH_TONED):
        assert told[part][STAGES] > max(told[part]["another's"], told[part][pair_skin.STRANGER]) + 4
    assert pair_skin.PHOTOGRAPH not in scores[ALONE]
    assert all("perceptual" in values for values in scores[ALONE_TONED].values())


def test_a_strangers_completion_is_toned_by_the_strangers_picture(two, networks, monkeypatch):
    def warmth(skin: np.ndarray, case) -> dict[str, float]:
        red, _, blue = to_linear(skin)[case.weight > 0].mean(0)
        return {"warmth": float(red / blue)}

    monkeypatch.setattr(pair_skin, "measure", warmth)
    stranger = taken(networks, 3, 0, (1.1, 0.9, 0.6))  # the same skin, so that the tone alone is strange
    scores = pair_skin.compare(*two, stranger)
    plain, toned = (scores[p][pair_skin.STRANGER]["warmth"] / scores[p][STAGES]["warmth"] for p in (ALONE, ALONE_TONED))
    assert plain > 1.6
    assert toned == pytest.approx(1, abs=0.05)


def test_networks_of_other_weights_tell_light_by_their_own_prior(two, networks):
    paler = SimpleNamespace(
        geometry=networks[""].geometry,
        skin=fit_many(np.array([skin_of(face) * 0.6 + 0.4 for face in range(6)], np.float32), 4),
    )

    def own(*_) -> np.ndarray:
        return skin_of(3)

    both = {**networks, "paler": paler}
    methods = {STAGES: ("", own), f"paler: {STAGES}": ("paler", own)}
    one = Seen(*[two[0].cases[""].truth] * 2, *[two[0].shown] * 2, 0 * two[0].shown, two[0].shown, NORMALS)
    pictures = [pair_skin.complete("a", Path(n), one, two[0].about, both, methods) for n in "ab"]
    assert pictures[0].cases["paler"].shade.mean() < 0.9 * pictures[0].cases[""].shade.mean()
    values = pair_skin.compare(*pictures)[BOTH]
    assert values[STAGES]["psnr"] != values[f"paler: {STAGES}"]["psnr"]


def test_too_little_skin_tells_nothing(networks):
    scores = pair_skin.compare(taken(networks, 3, 0), taken(networks, 3, 2, name="2.png"))
    assert scores[ALONE] == scores[ALONE_TONED] == {}
    assert scores[BOTH_TONED][STAGES]["psnr"] > 30


def test_people_are_folders_and_one_picture_makes_a_stranger(tmp_path):
    for name in ("a/1.png", "b/1.png", "b/2.jpg", "b/note.txt", "c/1.png", "c/2.png", "c/3.png", "loose.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert {name: len(paths) for name, paths in pairs.people_in(tmp_path).items()} == {"a": 1, "b": 2, "c": 3}
    assert list(pairs.people_in(tmp_path, 1)) == ["a", "b"]


def test_strangers_are_others(two, networks):
    people = {"face3": list(two), "face1": [taken(networks, 1, 0)], "face2": [taken(networks, 2, 0)]}
    strangers = pairs.strangers_to(people)
    assert {name: one.person for name, one in strangers.items()} == {
        "face3": "face1",
        "face1": "face2",
        "face2": "face3",
    }
    assert pairs.strangers_to({"face3": list(two)}) == {}


def entry(person: str, psnr: float) -> dict:
    values = {"psnr": psnr, "delta_e": 5.0, "perceptual": 0.5, **{f"power {octave}": -3.0 for octave in OCTAVES}}
    told = {STAGES: values, "mirror": values | {"psnr": psnr - 2}}
    parts = {part: dict(told) for part in pair_skin.PARTS} | {BOTH: {pair_skin.PHOTOGRAPH: values, **told}}
    return {"person": person, "texels": dict.fromkeys(pair_skin.PLACES, 100), "parts": parts}


def test_errors_are_by_person_however_many_pictures_one_has():
    found = [entry("a", 20), entry("a", 22), *[entry("b", 30)] * 6]
    text = pairs.report(found)
    assert "2 people, 8 ordered pairs" in text
    assert f"| {STAGES} | 25.50 ± 4.50 |" in text
    assert "| mirror | -2.00 ± 0.00 |" in text
    assert f"| {pair_skin.PHOTOGRAPH} | 25.50 ± 4.50 | – | – | – |" in text
    found[0]["parts"][ALONE_TONED] = {}
    assert pairs.by_person(found)[ALONE_TONED][0]["mirror"]["psnr"] == 20


def test_one_person_has_no_error():
    assert f"| {STAGES} | 20.00 ± – |" in pairs.report([entry("a", 20)])


@pytest.fixture
def heads(monkeypatch, two, networks):
    """Three people on a head that is what it wears: a picture's face is a direction, its head's is nearby."""
    people = {"face3": list(two), "face1": [taken(networks, 1, 0), taken(networks, 1, 20, name="2.png")]}
    people["face2"] = [taken(networks, 2, 0)]
    places = {one.path: number for number, one in enumerate(one for own in people.values() for one in own)}
    faces = dict(enumerate(np.float32([[1, 0, 0], [0.8, 0.6, 0], [0, 1, 0], [0, 0.8, 0.6], [0, 0, 1]])))
    views = []

    def textures_of(head, path, *_):
        if path.name == "2.png" and "face1" in str(path):
            raise AvatarTexError(ErrorCode.NO_FACE_IN_PORTRAIT, "No face.", "Another.")
        return {1001: np.full((2, 2, 3), places[path], np.float32)}, {}

    def view(yaw, pitch):
        views.append((yaw, pitch))

    monkeypatch.setattr(pair_faces, "textures_of", textures_of)
    monkeypatch.setattr(
        pair_faces, "decode_portrait", lambda path: SimpleNamespace(color=np.full((2, 2, 3), places[Path(path)]))
    )
    monkeypatch.setattr(pair_faces, "embed", lambda picture: None if picture is None else faces[int(picture.max())])
    head = SimpleNamespace(
        path=Path("head.obj"),
        view=view,
        look=lambda view, textures: textures[1001],
        looks=lambda textures: [textures[1001], None, textures[1001]],
    )
    found = pair_faces.compare(head, people, pairs.strangers_to(people), 64, None)
    return found, views


def test_a_head_is_compared_from_where_the_second_was_photographed(heads):
    found, views = heads
    assert [(one["person"], one["first"], one["second"]) for one in found] == [
        ("face3", "1.png", "2.png"),
        ("face3", "2.png", "1.png"),
        ("face1", "1.png", "2.png"),
    ]
    assert views[0] == (-35, 0) and views[2] == (35, 0)  # between them another's, to whom this one is a stranger
    assert found[0][pair_faces.OWN] == pytest.approx(0.8) == found[0][pair_faces.PICTURES]


def test_a_stranger_is_the_floor_and_a_face_that_is_not_found_counts_as_nothing(heads):
    found, _ = heads
    # to face3 the stranger is face1's first picture
    assert [one[pair_faces.STRANGER] for one in found] == pytest.approx([0.6, 0, 0.6])
    assert np.isnan(found[0]["+45°"])
    row = pair_faces.report(found).splitlines()[-1]
    assert row == "| head | 0.80 ± 0.00 | 0.80 ± 0.00 | 0.00 ± 0.00 | 0.80 ± 0.00 | 0.80 ± 0.00 | 0.45 ± 0.15 |"


@pytest.mark.slow
def test_of_rendered_skin_its_own_texture_is_told_from_anothers(tmp_path, demo_head_obj):
    """A known blotched texture from two sides, under two lamps, by two cameras. What a third camera shows of it stands
    for a completion that knows the truth; what the same camera shows of other blotches, for a stranger's."""
    mesh = load_mesh(demo_head_obj)
    head = find_head_or_pins(mesh, ())
    networks = {"": load_cached_networks("cpu")}

    def picture(name: str, person: int, yaw: float, lamp: tuple[float, float, float], cast) -> pair_skin.Picture:
        blotches = np.random.default_rng(person).normal(0, 1, (256, 256, 1)).astype(np.float32)
        blotches = cv2.GaussianBlur(blotches, (0, 0), 5)[..., None]
        texture = np.clip(np.float32([0.72, 0.54, 0.45]) * (1 + 0.12 * blotches / blotches.std()), 0, 1)
        case = TruthCase("", "", "", "", yaw, 0, "soft", lamp, (0.3, 0.5, 0.6))
        color = to_srgb(to_linear(render_truth(mesh, head, texture, case, 512).color) * np.float32(cast))
        path = tmp_path / f"{name}.png"
        write_picture(path, color)
        return pair_skin.complete("one", path, *see(path, mesh, head, networks[""].skin), networks, {})

    first = picture("first", 1, -30, (0.3, 0.6, 0.8), (1, 1, 1))
    second = picture("second", 1, 32, (-0.4, 0.5, 0.8), (0.8, 0.95, 1.1))
    known, other = (picture(f"third{person}", person, 40, (0.4, 0.6, 0.8), (1, 1, 1)) for person in (1, 2))
    made = {STAGES: known, "another's": other}
    unlit = {name: ("", one.cases[""].skin[0]) for name, one in made.items()}
    scores = pair_skin.compare(replace(first, made=unlit), second)
    assert len(first.skin) == TEXELS and first.about.yaw < -20 and second.about.yaw > 20
    gain = pair_skin.tint(first, second)  # the camera's colour; how bright a lamp is nobody can tell as surely
    assert gain / gain[1] == pytest.approx(np.array([0.8, 0.95, 1.1]) / 0.95, abs=0.02)
    assert gain[1] == pytest.approx(0.95, abs=0.1)
    for part, over in ((ALONE, 3), (ALONE_TONED, 6)):
        assert scores[part][STAGES]["psnr"] > scores[part]["another's"]["psnr"] + over, part
    assert scores[ALONE_TONED][STAGES]["psnr"] > scores[ALONE][STAGES]["psnr"] + 3
    assert scores[BOTH_TONED][pair_skin.PHOTOGRAPH]["psnr"] > 25
