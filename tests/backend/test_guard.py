"""Six of forty small rendered portraits, at random, have the figures that are stored; and the guard itself is right.

Which six is drawn by the commit's day, or by AVATARTEX_GUARD_SEED. Where a figure is off, look at the textures; where
that is meant, `python -m tests.backend.small_guard` stores new ones.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from datetime import date

import numpy as np
import pytest

from backend.lab.evaluation.guard_cases import HAIR, HALVES, STYLES, choose, draw_cases, half_of
from backend.lab.evaluation.guard_scores import KEYS, Pair, differences, report, score, tone
from tests.backend.small_guard import DRAWN, FIGURES, draw_some, guard_head, small_cases, textured

SEED = int(os.environ.get("AVATARTEX_GUARD_SEED", date.today().toordinal()))
#: How far a figure may be from the stored one, in dB, of SSIM and in 255ths: other processors round otherwise.
TOLERANCE = {key: 0.5 for key in KEYS} | {"ssim": 0.015, "red": 2.0, "green": 2.0, "blue": 2.0}
KITS = {"kit": (["a", "b"], [f"skin_{i}" for i in range(23)]), "other": (["c"], [f"face_{i}" for i in range(11)])}


@pytest.fixture(scope="module")
def stored() -> dict[str, dict[str, float]]:
    return json.loads(FIGURES.read_text())


@pytest.mark.slow
@pytest.mark.parametrize("case", draw_some(SEED), ids=lambda case: case.name)
def test_those_drawn_have_their_figures(case, stored, tmp_path):
    found = textured(case, tmp_path)
    off = {
        key: f"{found[key]:.2f}, stored {stored[case.name][key]:.2f}"
        for key in TOLERANCE
        if not abs(found[key] - stored[case.name][key]) <= TOLERANCE[key]
    }
    assert not off, f"AVATARTEX_GUARD_SEED={SEED}: {off}"


def test_every_case_has_stored_figures(stored):
    assert sorted(stored) == [case.name for case in small_cases()] and len(stored) >= 40
    assert all(np.isfinite(one[key]) for one in stored.values() for key in TOLERANCE)


def test_every_draw_has_every_hair():
    draws = [draw_some(seed) for seed in range(30)]
    for cases in draws:
        assert len({case.name for case in cases}) == DRAWN and {case.hair for case in cases} == set(HAIR)
    assert len({case.name for cases in draws for case in cases}) > 35


def test_cases_follow_from_the_seed():
    assert draw_cases(KITS, 3) == draw_cases(KITS, 3) != draw_cases(KITS, 4)
    cases = draw_cases(KITS)
    assert len(cases) == 2 * 34 and set(Counter(case.skin for case in cases).values()) == {2}
    assert choose(cases, "choose", 5, 1) == choose(cases, "choose", 5, 1) != choose(cases, "choose", 5, 2)


def test_halves_share_no_skin_and_each_has_every_kind():
    cases = draw_cases(KITS)
    halves = [choose(cases, half) for half in HALVES]
    assert sum(map(len, halves)) == len(cases)
    assert not {case.skin for case in halves[0]} & {case.skin for case in halves[1]}
    for half, some in zip(HALVES, halves, strict=True):
        assert {case.hair for case in some} == set(HAIR) and {case.style for case in some} == set(STYLES)
        assert {half_of(case.skin) for case in some} == {half}
        assert min(case.yaw for case in some) < -30 and max(case.yaw for case in some) > 30
        assert {case.camera for case in some if case.style != "photo"} == {"clean"}


def test_a_folder_without_skins_is_refused():
    with pytest.raises(ValueError, match="no skins"):
        draw_cases({})


def test_figures_of_known_errors():
    random = np.random.default_rng(0)
    truth = random.uniform(0.2, 0.8, (64, 64, 3)).astype(np.float32)
    valid, seen = np.ones((64, 64), bool), np.zeros((64, 64), bool)
    seen[:, :32] = True
    off = truth + np.where(seen, 0.01, 0.1).astype(np.float32)[..., None]
    found = score(Pair(off, truth, valid, seen))
    assert found["seen"] == pytest.approx(40, abs=0.1) and found["unseen"] == pytest.approx(20, abs=0.1)
    toned = score(Pair(0.8 * truth + 0.1, truth, valid, seen))
    assert toned["unseen_aligned"] > 60 > toned["unseen"] + 30
    redder = tone(Pair(truth + np.float32([0.02, 0, -0.01]), truth, valid, seen))
    assert list(redder.values()) == pytest.approx([5.1, 0, -2.55], abs=0.05)
    valid[:, 32:] = False
    assert np.isnan(score(Pair(off, truth, valid, seen))["unseen"])


def test_the_worst_beside_an_older_version_comes_last():
    older = {"v": {name: dict.fromkeys(KEYS, 20.0) for name in "abc"}}
    now = {name: dict.fromkeys(KEYS, value) for name, value in zip("abcd", (18.0, 21.0, 20.5, 30.0), strict=True)}
    lines = report(now, older).splitlines()
    assert [line[0] for line in lines[1:5]] == ["d", "b", "c", "a"] and lines[4].endswith("-2.00")
    assert "worse by more than 1.0 dB: 1" in lines[-1] and "unseen -0.167" in lines[-1]
    assert np.allclose(differences(now, older["v"])["seen"], [-2, 1, 0.5])


def test_hair_is_where_hair_grows_and_has_its_colour():
    """On the scalp alone, in the texture's own UV map; a shaved scalp is nearly skin."""
    from dataclasses import replace

    from backend.lab.evaluation.guard_paint import true_texture
    from tests.backend.small_guard import drawn_skin

    head = guard_head("woman")
    case = replace(small_cases()[0], style="photo", marks=())
    scalp, face = (head.lay(head.regions[name]) > 0.9 for name in ("scalp", "face"))
    level = {
        kind: true_texture(head, drawn_skin(head, "skin_03"), replace(case, hair=kind)).mean(2)
        for kind in ("own", *dict.fromkeys(HAIR))
    }
    top = {kind: float(np.median(one[scalp & head.valid])) for kind, one in level.items()}
    assert top["black"] < 0.1 < top["brown"] < 0.3 < top["grey"] and top["fair"] > 0.35
    below = face & ~(head.lay(head.regions["scalp"]) > 0.01) & head.valid
    skin = float(np.median(level["own"][below]))
    assert 0.6 * skin < top["shaved"] < skin
    assert np.abs(level["black"] - level["own"])[below].mean() < 0.02
