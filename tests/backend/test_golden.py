"""Nine textures keep their figures, layer by layer and region by region: no link of the method comes loose unnoticed.

Where a change is meant, look at the textures, then `python -m tests.backend.golden` stores new figures.
"""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import pytest

from backend.pipeline import HEADWEAR
from tests.backend.golden import FIGURES, GOLDEN, REGIONS, differences, figures, prepared

pytestmark = pytest.mark.slow

#: How far a mean may be from the stored one, and the strength of fine detail, in 255ths: other processors round
#: otherwise, a registration that rounds otherwise lies elsewhere by a hundredth of a pixel, and skin by example then
#: takes other patches. Between two kinds of processor means move by up to 0.6, fine detail by up to 1.4.
MEAN, FINE = 1.5, 2.0
#: The same of layers with hair, whose strands are then other ones: they move by up to 3.8 and 1.9.
HAIRED, HAIRED_MEAN, HAIRED_FINE = ("texture", "hair", "facial_hair"), 6.0, 3.0
SHOWN = 12


@pytest.fixture(scope="module")
def stored():
    return json.loads(FIGURES.read_text())


@pytest.fixture(scope="module")
def job_of(tmp_path_factory):
    """Everything before the stages, made once."""
    folder = tmp_path_factory.mktemp("portraits")
    return cache(lambda one: prepared(one, folder))


@pytest.mark.parametrize("one", GOLDEN, ids=lambda one: one.name)
def test_a_texture_keeps_its_figures(one, stored, job_of):
    off = []
    for layer, region, away in differences(figures(job_of(one)), stored[one.name]):
        mean, fine = (HAIRED_MEAN, HAIRED_FINE) if layer in HAIRED else (MEAN, FINE)
        far = max(np.abs(away[:-1]).max(initial=0) / mean, np.abs(away[-1]) / fine)
        if not far <= 1:
            off.append((far, f"{layer}, {region}: {away.round(2).tolist()}"))
    off.sort(key=lambda one: -np.nan_to_num(one[0], nan=np.inf))
    assert not off, f"{len(off)} are off, at most:\n" + "\n".join(text for _, text in off[:SHOWN])


def test_a_hat_is_said_where_one_shows(job_of):
    said = {one.portrait: HEADWEAR in job_of(one).warnings for one in GOLDEN if one.head == "woman"}
    assert said["painting"] and not said["photo"]


def test_every_part_of_the_head_has_figures(stored):
    assert sorted(stored) == sorted(one.name for one in GOLDEN)
    for name, layers in stored.items():
        assert {"texture", "skin", "detail", "light"} <= set(layers)
        for region in REGIONS:
            assert all(region in layers[layer] for layer in ("texture", "skin")), (name, region)
    hair = [layers["hair"]["back"][3] for name, layers in stored.items() if name.startswith("photo")]
    assert min(hair) > 150  # the photographed woman has hair all around
