"""The yardstick on real people: what is hidden tells nothing, scores have closed forms, people are never mixed."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from backend.completing import run_stages
from backend.head.mesh import load_mesh
from backend.imaging.sample import to_linear, to_srgb
from backend.job import StageOptions
from backend.lab.evaluation import border, hidden, hidden_parts, hidden_scores, kits, occluded, seeds, told
from backend.lab.faces.observing import Seen
from backend.lab.faces.people import Person
from backend.lab.pca import fit_many
from backend.observation.observe import mean_light
from backend.observation.reflected import REFLECTED
from backend.pipeline import load_cached_networks
from backend.prior.light import Light
from backend.prior.linear import LinearPrior
from tests.backend import synthetic_skins

SIZE = 128
POSITIONS, NORMALS = synthetic_skins.geometry(SIZE)


@pytest.fixture(scope="module")
def prior() -> LinearPrior:
    skins = [synthetic_skins.drawn_skin(64, face, variant) for face in range(5) for variant in (0, 1)]
    return fit_many(np.array(skins, np.float32) / 255, 8)


@pytest.fixture(scope="module")
def seen() -> Seen:
    skin = synthetic_skins.drawn_skin(SIZE, 4, 0).astype(np.float32) / 255
    shade = Light(np.float32([0.85, -0.3, 0.1, 0.2, 0, 0, 0, 0, 0]), np.eye(3)).shade(NORMALS)
    shown = np.clip((NORMALS[..., 2] - 0.3) / 0.3, 0, 1).astype(np.float32)
    exposure = mean_light(shade, shown)
    lit = to_srgb(to_linear(skin) * shade[..., None] * (1 - REFLECTED) + REFLECTED * exposure)
    return Seen(skin, lit, shown, shown, np.zeros((SIZE, SIZE), np.float32), shade, NORMALS)


@pytest.fixture(scope="module")
def networks():
    return load_cached_networks("cpu")


@pytest.mark.parametrize("name", hidden_parts.PARTS)
def test_what_is_hidden_changes_nothing_but_the_truth(name, seen, prior):
    covered = hidden_parts.part(name, "somebody", seen.confidence)
    green = np.where(covered[..., None], np.float32([0, 1, 0]), seen.lit)
    other = replace(seen, lit=green, unlit=green, hair=np.where(covered, 1, seen.hair).astype(np.float32))
    one, two = (hidden_parts.hide(some, covered, POSITIONS, prior) for some in (seen, other))
    assert np.array_equal(one.shade, two.shade)
    for part in ("skin", "evidence"):
        assert all(map(np.array_equal, getattr(one, part), getattr(two, part))), part
    assert one.skin[1][covered].max() == 0
    assert not one.weight[~covered].any() and one.weight.any()
    assert np.array_equal(two.truth[covered], green[covered])


def test_other_seeds_are_other_heads_before_any_stage(seen, prior, networks):
    evidence = hidden_parts.hide(seen, hidden_parts.part("half", "a", seen.confidence), POSITIONS, prior).evidence
    options = [StageOptions((), seed, seed > 0) for seed in (0, 1, 1, 2)]
    likeliest, one, again, two = run_stages(evidence, "photo", networks, options)
    assert np.array_equal(one, again)
    assert min(np.abs(one - likeliest).mean(), np.abs(one - two).mean()) > 0.004


def test_parts_are_the_same_for_a_person_and_not_for_all(seen):
    def of(name: str, who: str) -> np.ndarray:
        return hidden_parts.part(name, who, seen.confidence)

    assert np.array_equal(of("blobs", "a"), of("blobs", "a")) and not np.array_equal(of("blobs", "a"), of("blobs", "b"))
    halves = [of("half", f"{number}")[:, 0].any() for number in range(20)]
    assert 4 < sum(halves) < 16
    assert not (of("lower", "a") & of("upper", "a")).any()
    well = seen.confidence > 0.3
    assert of("blobs", "a")[well].mean() == pytest.approx(0.5, abs=0.05)


def test_the_true_skin_scores_high_and_a_known_error_scores_as_it_should(seen, prior):
    case = hidden_parts.hide(seen, hidden_parts.part("half", "a", seen.confidence), POSITIONS, prior)
    own = replace(case, shade=seen.shade, mirrored=REFLECTED * mean_light(seen.shade, seen.shown), share=REFLECTED)
    assert hidden_scores.measure(seen.unlit, own)["psnr"] > 50
    plain = replace(case, shade=np.ones_like(case.shade), truth=np.full_like(case.truth, 0.5), mirrored=0, share=0)
    values = hidden_scores.measure(np.full_like(case.truth, 0.6), plain)
    assert values["psnr"] == pytest.approx(20, abs=0.01)
    assert values["psnr 8-4"] > 60  # a constant error has no waves


def test_blurred_skin_lacks_power_in_the_fine_octaves_alone(seen, prior):
    case = hidden_parts.hide(seen, hidden_parts.part("half", "a", seen.confidence), POSITIONS, prior)
    noise = np.random.default_rng(0).normal(0.5, 0.1, (SIZE, SIZE)).astype(np.float32)
    rough = (noise + 10 * (cv2.GaussianBlur(noise, (0, 0), 4) - 0.5))[..., None].repeat(3, 2)
    case = replace(case, shade=np.ones_like(case.shade), truth=np.clip(rough, 0, 1), mirrored=0, share=0)
    values = hidden_scores.measure(cv2.GaussianBlur(case.truth, (0, 0), 0.8), case)
    assert values["power 4-2"] < -6
    assert values["power 32-16"] > -1.5


def test_differences_are_paired_by_person():
    scores = [{"a": {"psnr": 10.0 * n}, "b": {"psnr": 10.0 * n + 1}} for n in range(5)]
    assert hidden_scores.paired(scores, "b", "a", "psnr") == (1.0, 0.0)


def test_the_report_has_a_row_a_method_and_the_difference_to_the_base():
    def values(at: float) -> dict[str, float]:
        by_octave = [f"{kind} {octave}" for kind in ("psnr", "power") for octave in hidden_scores.OCTAVES]
        return dict.fromkeys(["psnr", "delta_e", "perceptual", *by_octave], at)

    scores = {"half": [{"id": str(n), "mirror": values(20.0 + n), "ours": values(21.5 + n)} for n in range(4)]}
    text = hidden.report(scores, "mirror")
    assert "| ours | +1.50 ± 0.00 |" in text
    assert "| mirror | 21.50 ± 0.65 |" in text


def test_groups_are_by_tone_sex_age_and_glasses_with_their_gap_to_all():
    people_of = [
        # id, tone, years, share of male, glasses
        ("a", "light", 39.9, 0.1, True),
        ("b", "light", 40.0, 0.4, False),
        ("c", "dark", 60.0, 0.6, False),
        ("d", "dark", np.nan, np.nan, False),
    ]
    crowd = [
        Person(name, "test", tone, 0, 0, years, sex, 0, 1, 0, 0, 300, 1, glasses, False, 0.2)
        for name, tone, years, sex, glasses in people_of
    ]
    psnr = {"a": 20.0, "b": 22.0, "c": 27.0, "d": 23.0}
    scores = {"half": [{"id": name, "ours": {"psnr": value}} for name, value in psnr.items()]}
    lines = hidden.groups(scores, crowd, ["ours"]).splitlines()
    rows = {
        tuple(cells[1:3]): cells[3:6] for cells in ([cell.strip() for cell in line.split("|")] for line in lines[4:])
    }
    assert rows["tone", "light"] == ["2", "21.00", "-2.00 ± 1.00"]
    assert rows["tone", "dark"] == ["2", "25.00", "+2.00 ± 2.00"]
    assert rows["sex", "female"] == ["2", "21.00", "-2.00 ± 1.00"]
    assert rows["sex", "male"] == ["1", "27.00", "+4.00 ± –"]
    assert [rows["age", group][0] for group in hidden.AGES] == ["1", "1", "1"]
    assert rows["age", "under 40"][1] == "20.00" and rows["age", "over 60"][1] == "27.00"
    assert rows["glasses", "worn"][0] == "1" and rows["glasses", "none"][0] == "3"


def crowd(random: np.random.Generator, apart: float, own: float, count: int = 24) -> tuple[np.ndarray, np.ndarray]:
    """Features of 20 patches of each; made-up ones lie `apart` off, and `own` in a direction of each person."""
    rows, who = [], []
    for number in range(count):
        both = random.normal(size=(20, 2, 12))
        both[:, 1, 0] += apart
        both[:, 1] += own * random.normal(size=12)
        rows.append(both)
        who += [f"p{number}"] * 20
    return np.concatenate(rows), np.array(who)


def test_equal_skins_are_not_told_apart_and_other_skins_are():
    random = np.random.default_rng(0)
    equal = told.accuracy(*crowd(random, 0, 0))
    assert len(equal) == 24
    assert np.mean(list(equal.values())) == pytest.approx(0.5, abs=0.05)
    assert np.mean(list(told.accuracy(*crowd(random, 4, 0)).values())) > 0.95


def test_a_classifier_is_asked_about_people_that_it_has_not_seen():
    # each person's made-up skin is off in a direction of its own: known from other patches of theirs, and from nobody's
    values = told.accuracy(*crowd(np.random.default_rng(1), 0, 3, count=120))
    assert np.mean(list(values.values())) == pytest.approx(0.5, abs=0.12)


def test_patches_lie_within_their_kind_and_apart():
    mask = np.zeros((300, 300), bool)
    mask[50:200, 30:130] = True
    places = told.patches(mask, 40, np.random.default_rng(0))
    assert 4 < len(places) <= told.MOST
    assert all(mask[place].mean() > told.WHOLE for place in places)
    corners = np.array([(rows.start, columns.start) for rows, columns in places])
    apart = np.abs(corners[:, None] - corners[None]).max(2)
    assert apart[~np.eye(len(places), dtype=bool)].min() >= 20


def test_power_is_compared_by_its_distance_from_the_border():
    random = np.random.default_rng(0)
    rough = np.repeat(random.normal(0.5, 0.05, (400, 400, 1)), 3, 2).astype(np.float32)
    photo = np.tile(np.arange(400) < 200, (400, 1))
    made = np.where(photo[..., None], rough, 0.5 + 0.5 * (rough - 0.5)).astype(np.float32)
    found = border.power_by_distance(rough, made, np.ones((400, 400), bool), photo, 400.0)
    assert np.abs(found[:, :3]).max() < 0.2
    assert found[:, -1] == pytest.approx(-6.02, abs=0.2)
    assert np.isnan(border.power_by_distance(rough, made, ~photo, photo, 400.0)[:, 0]).all()


def test_an_occluded_portrait_shows_nothing_there(demo_head_obj, astronaut, networks):
    whole, *cases = occluded.textured(astronaut, load_mesh(demo_head_obj), networks, ("half",))
    [half] = cases
    hidden = hidden_parts.part("half", half.person, whole.job.observation.confidence)
    before, after = (one.job.observation.confidence for one in (whole, half))
    assert before[hidden].sum() > 1000 and after[hidden].sum() < 0.02 * before[hidden].sum()
    assert after[~hidden].sum() > 0.8 * before[~hidden].sum()
    shown, made = (one.compose(256) for one in (whole, half))
    kinds = told.kinds_of(shown, made)
    assert kinds["skin"].sum() > 200
    assert shown.provenance[kinds["skin"], 0].min() > 0.9 > 0.1 > made.provenance[kinds["skin"], 0].max()


def test_strangers_are_compared_in_one_tone(seen):
    shown = seen.confidence > 0.5
    darker = replace(seen, unlit=0.7 * seen.unlit)
    weight = shown.astype(np.float32)
    assert seeds.rms(darker.unlit, seen.unlit, weight) > 20
    assert seeds.rms(seeds.toned(darker, seen, shown), seen.unlit, weight) < 0.1


def test_no_prior_is_asked_about_a_face_that_it_was_fitted_to(tmp_path):
    drawn = dict(synthetic_skins.atlas(SIZE))
    drawn["names"] = np.array([f"{'one' if face < 3 else 'two'}/{n}" for n, face in enumerate(drawn["face"])])
    np.savez(tmp_path / "atlas.npz", **drawn)
    skins = kits.Skins(tmp_path / "atlas.npz")
    view = [np.clip(NORMALS[..., 2], 0, 1)]
    own = kits.on_kits(skins, view, ["one"], "one")
    assert len(own) == 3
    known = [
        kits.unseen(skins.prior(["one"]), skins.textures[i], skins.valid[i], view[0])
        for i in np.nonzero(skins.kits == "one")[0]
    ]
    assert np.mean(known) > np.mean(own) + 1
