"""What the parsing network learns on: heads whose pixels are known, and what is drawn onto them."""

from __future__ import annotations

import functools
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from backend.lab.evaluation.parse import faults, overlap
from backend.lab.training import about_eyes, draw_hands, draw_parse, hats, parse_network, wigs
from backend.lab.training.draw_parse import Cast, Stage, blacken, flat, sample
from backend.lab.training.occluded import Hand, hand_over
from backend.lab.training.parse_cut import cut_head
from backend.lab.training.parse_heads import (
    BACKGROUND,
    CLOTHES,
    FINER,
    GLASSES,
    HAIR,
    HEADWEAR,
    OCCLUDER,
    SKIN,
    STORED,
    Parsed,
    parsed,
)
from backend.lab.training.parse_network import ParseNet, moved, parse_loss
from backend.portrait.parse_network import CHANNELS, CLASSES, SIDE
from tests.backend.portraits import ASTRONAUT
from tests.demo import sources


@functools.cache
def stored() -> dict[str, np.ndarray]:
    return cut_head(ASTRONAUT)


@functools.cache
def astronaut_head() -> Parsed:
    head = parsed(stored())
    assert head is not None
    return head


def hand() -> Hand:
    """A hand as a bar, fingers up."""
    cover = np.zeros((draw_hands.SIDE, draw_hands.SIDE), np.float32)
    cover[20:, 80:112] = 1
    return Hand(0.5 + 0.5 * cover, cover)


def stage(seed: int = 3) -> Stage:
    return Stage(astronaut_head(), np.random.default_rng(seed))


def test_what_is_known_of_a_portrait_sums_to_one_and_lies_where_it_is():
    head = astronaut_head()
    assert head.classes.shape == (STORED, STORED, 8) and np.abs(head.classes.sum(-1) - 1).max() < 1e-3
    x, y = head.points[[50, 280]].mean(0).astype(int)
    assert head.classes[y, x, SKIN] > 0.9 and head.weight[y, x] > 0.9
    top = int(head.points[10, 1] - 0.22 * head.size)
    assert head.classes[top, x, HAIR] > 0.5
    assert head.classes[5, STORED // 8, BACKGROUND] > 0.9
    below = int(head.points[152, 1] + 0.6 * head.size)
    assert head.classes[below, x - round(0.5 * head.size), CLOTHES] > 0.5


def test_a_mirror_image_is_one():
    head = astronaut_head()
    twice = head.mirrored().mirrored()
    assert np.array_equal(twice.classes, head.classes) and np.allclose(twice.points, head.points, atol=1e-3)
    assert np.array_equal(head.mirrored().color, head.color[:, ::-1])


def test_hands_and_hats_in_the_data_are_left_out():
    assert parsed({**stored(), "hand": np.True_}) is None
    assert parsed({**stored(), "name": "6f1720e651"}) is None


@pytest.mark.parametrize("kind", [HEADWEAR, OCCLUDER, HAIR])
def test_what_is_laid_over_a_head_is_of_its_class_and_all_sums_to_one(kind):
    made = stage()
    draw = {
        HEADWEAR: lambda: hats.put_on(made.scene, astronaut_head().head, made.random),
        OCCLUDER: lambda: hand_over(made.scene, hand(), made.random),
        HAIR: lambda: wigs.locks(made.scene, made.random),
    }[kind]
    before, hair = made.classes.copy(), made.scene.hair.copy()
    made.lay(kind, draw)
    gained = made.classes[..., kind] - before[..., kind]
    assert gained.max() > 0.9 and gained.min() > -1e-5
    assert np.abs(made.classes.sum(-1) - 1).max() < 1e-3
    changed = np.abs(made.scene.color - astronaut_head().color).max(-1) > 0.2
    assert gained[changed].mean() > gained[~changed].mean()
    assert (made.weight[gained > 0.99] > 0.99).all()
    assert made.scene.hair.shape == hair.shape and (made.scene.hair <= hair + 1e-6).all()


@pytest.mark.parametrize("kind", sorted(hats.KINDS))
def test_drawn_hats_lie_on_the_crown_and_leave_the_face_free(kind, monkeypatch):
    monkeypatch.setattr(hats, "KINDS", {kind: 1.0})
    sizes, eyes = [], []
    for seed in range(8):
        made = stage(seed)
        cover = hats.put_on(made.scene, astronaut_head().head, made.random)
        points = made.scene.head.points
        x, y = np.rint(points[[13, 152]].mean(0)).astype(int)
        assert cover[y, x] == 0
        columns, rows = np.rint(points[[33, 263]]).astype(int).T
        eyes.append(cover[rows, columns].max())
        sizes.append(cover[: round(float(points[10, 1] - 0.12 * made.scene.size))].sum() / made.scene.size**2)
    assert np.median(sizes) > 0.05 and np.median(eyes) < 0.1  # a brim may hang low


def test_black_hair_stays_hair_and_gets_black():
    made = stage()
    blacken(made)
    sure = astronaut_head().classes[..., HAIR] > 0.9
    assert np.array_equal(made.classes, astronaut_head().classes)
    assert made.scene.color[sure].mean() < 0.6 * astronaut_head().color[sure].mean()
    far = astronaut_head().classes[..., HAIR] == 0
    assert np.array_equal(made.scene.color[far], astronaut_head().color[far])


def test_a_shaven_head_is_skin():
    made = stage()
    made.shave()
    assert made.classes[..., HAIR].max() == 0
    sure = astronaut_head().classes[..., HAIR] > 0.9
    assert (made.classes[..., SKIN][sure] > 0.9).all()


def test_thin_sides_that_a_teacher_misses_are_unknown():
    """The astronaut as the teacher sees a head that is bald but for grey sides."""
    bald = parsed({**stored(), "hair": np.zeros_like(stored()["hair"])})
    points, size = bald.points, bald.size
    level, beside = round(points[105, 1]), round(points[234, 0] - 0.06 * size)
    assert bald.kind != "told" and bald.person[level, beside] > 0.9
    assert bald.weight[level, beside] == 0 and bald.weight[round(points[50, 1]), round(points[50, 0])] > 0.9
    assert astronaut_head().weight[level, beside] > 0


def test_drawn_sides_lie_along_the_heads_outline_and_leave_the_crown_bare():
    for seed in range(6):
        bare = stage(seed)
        bare.shave()
        bare.lay(HAIR, functools.partial(wigs.sides, bare.scene, bare.random))
        hair = bare.classes[..., HAIR] * bare.scene.person
        y, x = np.nonzero(hair > 0.5)
        assert len(y) > 50
        middle, size = bare.scene.middle, bare.scene.size
        crown = (np.abs(x - middle[0]) < 0.1 * size) & (y < middle[1])
        assert crown.mean() < 0.25 and (y < middle[1] + 0.35 * size).all()


def test_cropped_hair_lies_above_the_face_and_is_mostly_dark():
    dark = []
    for seed in range(8):
        bare = stage(seed)
        bare.shave()
        skin = bare.scene.skin.mean()
        bare.lay(HAIR, functools.partial(wigs.cropped, bare.scene, bare.random))
        hair = bare.classes[..., HAIR]
        y = np.nonzero(hair > 0.5)[0]
        middle, size = bare.scene.middle, bare.scene.size
        crown = hair[: round(middle[1]), round(middle[0])]
        assert crown.max() > 0.95 and (y < middle[1] + 0.3 * size).all()
        assert hair[round(middle[1]), round(middle[0])] == 0
        dark.append(bare.scene.color[hair > 0.9].mean() < 0.8 * skin)
    assert sum(dark) >= 5


def test_glasses_that_are_drawn_lie_about_the_eyes():
    made = stage()
    draw_parse.put_on_glasses(made)
    y, x = np.nonzero(made.classes[..., GLASSES] > 0.5)
    head = astronaut_head()
    assert len(y) > 20 and abs(y.mean() - head.points[[33, 263], 1].mean()) < 0.15 * head.size
    assert abs(x.mean() - head.points[[33, 263], 0].mean()) < 0.15 * head.size


def test_a_cartoon_has_one_colour_for_each_class():
    made = stage(5)
    flat(made)
    assert (made.weight == 1).all() and set(np.unique(made.classes)) <= {0, 1}
    inner = cv2.erode((made.classes[..., CLOTHES] > 0.5).astype(np.uint8), np.ones((9, 9))) > 0
    assert np.median(np.abs(made.scene.color[inner] - np.median(made.scene.color[inner], 0))) < 0.1


def test_samples_and_what_training_moves_of_them():
    head = astronaut_head()
    cast = Cast([head], [], [hand()])
    drawn = sample(cast, np.random.default_rng(1))
    side = round(STORED / FINER)
    assert drawn["picture"].shape == (side, side, 3) and drawn["first"].shape == (side, side)
    assert drawn["first"].max() < len(CLASSES) and (drawn["mix"] >= 127).all()
    given, classes = moved(drawn, np.random.default_rng(2))
    assert given.shape == (CHANNELS, SIDE, SIDE) and classes.shape == (len(CLASSES), SIDE, SIDE)
    assert given[:3].min() >= 0 and given[:3].max() <= 1 and classes.sum(0).max() < 1.01
    middle = classes[:, 3 * SIDE // 5, SIDE // 2]
    assert middle.argmax() in (SKIN, OCCLUDER, GLASSES)
    again, _ = moved(drawn, np.random.default_rng(2))
    assert np.array_equal(given, again)


def test_what_nobody_knows_costs_nothing(monkeypatch):
    monkeypatch.setattr(parse_network, "RARE", {})
    torch.manual_seed(0)
    network, given = ParseNet().eval(), torch.rand(1, CHANNELS, 32, 32)
    with torch.no_grad():
        assert network(given).shape == (1, len(CLASSES), 32, 32)
        classes = torch.zeros(1, len(CLASSES), 32, 32)
        assert parse_loss(network, given, classes)["entropy"] == 0
        likely = network(given).argmax(1)
        right = torch.nn.functional.one_hot(likely, len(CLASSES)).permute(0, 3, 1, 2).float()
        wrong = right.roll(1, 1)
        assert parse_loss(network, given, right)["entropy"] < parse_loss(network, given, wrong)["entropy"]


def test_faults_are_counted_by_what_they_are():
    classes = np.zeros((20, 20, len(CLASSES)), np.float32)
    classes[:8, :, HAIR], classes[8:, :, SKIN] = 1, 1
    one = {"classes": classes, "weight": np.ones((20, 20), np.float32)}
    right, hatted = classes.copy(), classes.copy()
    hatted[:8, :, HAIR], hatted[:8, :, HEADWEAR] = 0, 1
    assert faults(one, right) == {
        "hair lost": False,
        "hair for a hat": False,
        "hat for hair": None,
        "beard lost": None,
        "beard made up": False,
    }
    assert faults(one, hatted)["hair lost"] and faults(one, hatted)["hair for a hat"]
    both, either = overlap(hatted, classes, one["weight"])
    assert both[SKIN] == either[SKIN] == 240 and both[HAIR] == 0 and either[HAIR] == 160


def mpfb2() -> Path:
    return sources.base_mesh().parents[1]


def test_hands_are_drawn_whole_with_bent_fingers_and_an_arm():
    rig = draw_hands.Rig(mpfb2())
    random = np.random.default_rng(0)
    bent = [rig.posed(random) for _ in range(6)]
    still = np.linalg.norm(rig.vertices, axis=1) < 0.2  # the wrist's
    assert all(np.abs(one - rig.vertices)[still].max() < 0.05 for one in bent)
    ends = rig.vertices[:, 1] > np.quantile(rig.vertices[:, 1], 0.98)
    assert np.mean([np.ptp(one[ends], axis=0).max() for one in bent]) > np.ptp(rig.vertices[ends], axis=0).max()
    made = draw_hands.draw(rig, random)
    cover = made["cover"] > 128
    assert cover[draw_hands.SIDE // 2 :].any() and cover[: draw_hands.SIDE // 2].any()  # arm and hand
    assert np.ptp(made["light"][cover]) > 20


def test_a_hand_lies_before_the_face_with_its_own_light():
    made = stage()
    hand_over(made.scene, hand(), made.random)
    assert made.scene.hair.max() > 0.99 and np.abs(made.scene.color - astronaut_head().color).max() > 0.1


def test_cartoons_eyes_are_skin():
    changed = 0
    for seed in range(8):
        made = stage(seed)
        bare = draw_parse.about_the_eyes(made)
        bare.color = np.full_like(bare.color, 0.5)
        about_eyes.eyes(bare, made.random, drawn=True)
        about_eyes.solid_brows(bare, made.random)
        away = np.abs(bare.color - 0.5).max(-1) > 0.05
        y = np.nonzero(away)[0]
        head = astronaut_head()
        assert away.any() and abs(y.mean() - head.points[[33, 263], 1].mean()) < 0.3 * head.size
        changed += away.sum()
    assert changed > 500
