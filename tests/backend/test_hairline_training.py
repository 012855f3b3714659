"""Where hair grows, learnt from skins with painted hair and from people of whom the front shows."""

from __future__ import annotations

import numpy as np
import pytest

from backend.lab.training.hair import fit_hairline, main, painted_covers, save_hairline
from backend.lab.training.people import Person
from backend.prior.hairline import Hairline

SIZE = 256
SKIN, DARK = (200, 150, 125), (30, 22, 18)


def skin_with(rows: int) -> np.ndarray:
    skin = np.full((SIZE, SIZE, 3), SKIN, np.uint8)
    skin[:rows] = DARK
    return skin


def person(rows: int) -> Person:
    seen, hair = np.zeros((SIZE, SIZE), np.uint8), np.zeros((SIZE, SIZE), np.uint8)
    seen[20:180, 70:190], hair[:rows] = 255, 255
    picture = skin_with(rows)
    return Person(str(rows), picture, picture, seen, seen, hair, np.zeros((SIZE, SIZE, 3), np.int8), 1.0, {})


@pytest.fixture(scope="module")
def learnt() -> Hairline:
    skins = np.stack([skin_with(rows) for rows in (0, 30, 36, 40, 44, 50)])
    positions = np.zeros((SIZE, SIZE, 3), np.float32)  # no ears
    return fit_hairline([person(rows) for rows in (30, 34, 38, 42, 46, 50)], skins, positions)


def test_skins_without_hair_say_nothing_of_it():
    covers = painted_covers(np.stack([skin_with(0), skin_with(40)]))
    assert len(covers) == 2  # the one with hair, and mirrored
    assert covers[:, 5].min() > 0.9 and covers[:, 40].max() < 0.1


@pytest.mark.parametrize("rows", [32, 48])
def test_the_unseen_line_is_as_high_as_the_seen_one(learnt, rows):
    one = person(rows)
    _, seen, hair = one.pictures()
    unseen = learnt.find_cover(hair, seen)[0][:, 10]
    assert unseen[: rows - 8].min() > 0.8 and unseen[rows + 8 : 180].max() < 0.2


def test_what_is_kept_is_what_was_learnt(learnt, tmp_path):
    save_hairline(learnt, tmp_path / "hairline.npz")
    with np.load(tmp_path / "hairline.npz") as kept:
        again = Hairline.of(*(kept[name].astype(np.float32) for name in ("mean", "basis", "deviation", "grows")))
    _, seen, hair = person(40).pictures()
    assert np.allclose(learnt.find_cover(hair, seen), again.find_cover(hair, seen), atol=0.05)


def test_the_command_asks_for_its_folders(capsys):
    with pytest.raises(SystemExit):
        main([])
    assert "--faces" in capsys.readouterr().err
