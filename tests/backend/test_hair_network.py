"""Hair in portraits: what is drawn for training, the square it is seen in, and what the shipped network finds."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from backend.lab.training import draw_hair, glasses, hair_network, hats, wigs
from backend.lab.training.graphs import write_whole
from backend.lab.training.hair_heads import FINER, STORED
from backend.lab.training.known_hair import BALD, Head, known
from backend.models.runtime import open_session
from backend.portrait.hair import ACROSS, EYES, SIDE, hair_over, head_frame
from backend.portrait.landmark_groups import FACE_OVAL, LEFT_CHEEK, canonical_face, fill_region
from backend.portrait.landmarks import FaceLandmarks, box_of, cut
from backend.portrait.matte import portrait_matte
from tests.backend.portraits import astronaut, astronaut_face

SKIN, DARK = np.float32([0.8, 0.62, 0.52]), np.float32([0.1, 0.08, 0.07])


def points(side: int = STORED) -> np.ndarray:
    return (canonical_face()[0] * (7, -7, -7) + (side / 2, 0.55 * side, 0)).astype(np.float32)


def stored(hair: np.ndarray, colour: np.ndarray) -> dict[str, np.ndarray]:
    """A flat head of that hair (S,S) bool, over a wall, as hair_heads.py stores it."""
    y, x = np.mgrid[:STORED, :STORED] + 0.5
    person = np.hypot((x - STORED / 2) / 75, (y - 0.5 * STORED) / 105) < 1
    color = np.where(person[..., None], SKIN, np.float32([0.4, 0.5, 0.6]))
    color = np.where(hair[..., None] & person[..., None], colour, color)
    parts = {"person": person, "skin": person & ~hair, "sure": hair & person}
    masks = {key: (255 * part).astype(np.uint8) for key, part in parts.items()}
    made = np.rint(255 * color).astype(np.uint8)
    return {"color": made, **masks, "points": points()[:, :2], "shown": np.ones_like(person), "name": np.str_("one")}


def fringed() -> np.ndarray:
    return np.mgrid[:STORED, :STORED][0] < points()[[105, 334], 1].mean() - 10


def test_dark_hair_on_light_skin_is_known_a_fringe_too_and_fair_hair_is_not():
    hair = fringed()
    head = known(stored(hair, DARK))
    at = head.points[151].astype(int)
    assert head.kind == "told" and head.hair[at[1], at[0]] > 0.9 and head.weight[at[1], at[0]] > 0.9
    cheek = head.points[50].astype(int)
    assert head.hair[cheek[1], cheek[0]] == 0 and head.weight[cheek[1], cheek[0]] > 0.9
    fair = known({**stored(hair, SKIN * 0.95), "sure": np.zeros(hair.shape, np.uint8)})
    assert fair.kind == "unknown" and fair.weight[at[1], at[0]] == 0 and fair.hair.max() == 0


def bald() -> Head:
    head = known(stored(np.zeros((STORED, STORED), bool), DARK))
    return Head(head.color, head.points, head.person, head.hair, np.ones_like(head.weight), "bald")


@pytest.mark.parametrize("kind", ["lend", "locks", "hat"])
def test_what_is_laid_over_a_head_is_its_label_and_nothing_else_changes_but_shadow(kind):
    donor, found = known(stored(fringed(), DARK)), 0
    for number in range(6):
        random = np.random.default_rng(number)
        scene = wigs.Scene(bald())
        before = scene.color.copy()
        if kind == "locks":
            wigs.locks(scene, random)
        else:
            (wigs.lend if kind == "lend" else hats.put_on)(scene, donor, random)
        assert np.allclose(scene.weight, 1) and scene.color.min() >= 0
        bare = scene.hair == 0
        assert (scene.color[bare] <= before[bare] + 1e-5).all()
        changed = np.abs(scene.color - before).max(-1)[scene.hair > 0.9]
        found += int(scene.hair.sum() > 0.02 * scene.size**2 and (changed > 0.02).mean() > 0.5)
    assert found >= 4


def test_shade_is_no_hair_and_a_cartoon_is_known_everywhere():
    scene = wigs.Scene(known(stored(fringed(), DARK)))
    scene.weight[:] = 0
    wigs.shade(scene, np.random.default_rng(1))
    assert np.array_equal(scene.hair, scene.head.hair) and np.abs(scene.color - scene.head.color).max() > 0.02
    wigs.flat(scene, np.random.default_rng(2))
    assert scene.weight.min() == 1 and scene.hair.max() == 1
    covered = scene.color[scene.hair > 0.99]
    assert np.median(np.abs(covered - np.median(covered, axis=0))) < 0.02


def test_recoloured_hair_has_its_new_colour_and_the_face_its_own():
    scene = wigs.Scene(known(stored(fringed(), DARK)))
    wigs.recolour(scene, np.random.default_rng(5))
    sure = scene.hair > 0.9
    assert np.abs(scene.color[sure] - DARK).mean() > 0.1
    assert np.array_equal(scene.color[scene.hair == 0], scene.head.color[scene.hair == 0])


def test_the_square_holds_the_eyes_level_at_its_height_however_the_face_is_turned():
    level = points()
    middle = level[[33, 133, 263, 362], :2].mean(0)
    for degrees in (0, 35):
        turn = np.radians(degrees)
        spin = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        frame = head_frame(level[:, :2] @ spin.T + (20, 10))
        picture = np.zeros((2 * STORED, 2 * STORED, 3), np.float32)
        to_image = cut(picture, frame, SIDE)[1]
        eyes = np.linalg.solve(to_image[:, :2], spin @ middle + (20, 10) - to_image[:, 2])
        assert np.allclose(eyes, (SIDE / 2, EYES * SIDE), atol=0.01)
        assert np.isclose(frame.angle, turn + head_frame(level).angle)
    x0, y0, x1, y1 = box_of(level)
    assert np.isclose(head_frame(level).side, ACROSS * max(x1 - x0, y1 - y0))


def test_training_writes_a_network(tmp_path, monkeypatch):
    monkeypatch.setattr(glasses, "SETTLING", 1)
    random = np.random.default_rng(0)
    parts = {key: random.integers(0, 255, (4, 152, 152), np.uint8) for key in ("hair", "weight", "person")}
    np.savez(tmp_path / "hair0_4.npz", picture=random.integers(0, 255, (4, 152, 152, 3), np.uint8), **parts)
    told = ["--portraits", str(tmp_path), "--output", str(tmp_path / "train"), "--steps", "2", "--count", "2"]
    assert hair_network.main([*told, "--threads", "1"]) == 0
    network = hair_network.HairNet()
    network.load_state_dict({k: v.float() for k, v in load_file(tmp_path / "train" / "hair.safetensors").items()})
    assert hair_network.main(["--portraits", str(tmp_path / "none"), "--output", str(tmp_path / "train")]) == 2


def test_pixels_that_nobody_knows_teach_nothing():
    network, given = hair_network.HairNet().eval(), torch.rand(1, 6, SIDE, SIDE)
    hair, weight = torch.zeros(1, 1, SIDE, SIDE), torch.ones(1, 1, SIDE, SIDE)
    weight[..., :50] = 0
    other = hair.clone()
    other[..., :50] = 1
    one, two = (sum(hair_network.hair_loss(network, given, truth, weight).values()) for truth in (hair, other))
    assert torch.isclose(one, two) and one > 0


def test_the_runtime_runs_the_network_alike(tmp_path):
    pytest.importorskip("onnx")
    network, given = hair_network.HairNet().eval(), torch.rand(1, 6, SIDE, SIDE)
    write_whole(network, {"head": given}, ["hair"], tmp_path / "whole.onnx")
    [made] = open_session((tmp_path / "whole.onnx").read_bytes(), "cpu", 1).run(["hair"], {"head": given.numpy()})
    assert np.abs(made - network(given).detach().numpy()).max() < 1e-4


def test_what_the_network_sees_lies_where_it_looked(monkeypatch):
    marks = points(400)
    face, logits = FaceLandmarks(marks, 1.0, box_of(marks)), np.full((SIDE, SIDE), -9.0)
    logits[: SIDE // 4] = 9
    monkeypatch.setattr("backend.portrait.hair.networks.network", lambda name: lambda given: [logits])
    hair, looked = hair_over(np.zeros((400, 400, 3), np.float32), np.ones((400, 400), np.float32), face)
    frame = head_frame(marks)
    end = frame.y - frame.side / 4
    rows = np.arange(400) + 0.5
    assert hair[(rows < end - 3) & (rows > end - 40), 200].min() > 0.99 and hair[rows > end + 3].max() < 0.01
    last = int(np.flatnonzero(hair[:, 200] > 0.5).max())
    edge = rows[last] + (hair[last, 200] - 0.5) / (hair[last, 200] - hair[last + 1, 200])
    assert abs(edge - end) < 0.15
    assert looked[200, 200] == 1 and looked[:, : int(frame.x - frame.side / 2)].max(initial=0) < 0.01


def fringe_of(colour: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The astronaut with a fringe of strands of that colour down to her brows, and where it surely lies."""
    color, face, random = astronaut().color.copy(), astronaut_face(), np.random.default_rng(0)
    left, right, top = face.points[103, 0], face.points[332, 0], face.points[10, 1] - 0.08 * face.size
    low = face.points[[105, 334], 1].mean() - 0.03 * face.size
    covered = np.zeros(color.shape[:2], np.uint8)
    for x in random.uniform(left, right, 500):
        shade = (colour * np.exp(random.normal(0, 0.2))).clip(0, 1)
        end = (x + random.normal(0, 4), low + 0.02 * face.size * np.sin(x / 3) + random.normal(0, 1))
        line = [tuple(np.rint(16 * np.array(one)).astype(int).tolist()) for one in ((x, top), end)]
        for picture, value in ((color, shade.tolist()), (covered, 1)):
            cv2.line(picture, *line, value, 1, cv2.LINE_AA, 4)
    sure = cv2.erode(covered, np.ones((5, 5))) > 0
    return color, sure & (fill_region(color.shape[:2], face.points, FACE_OVAL) > 0.5)


def test_a_fringe_of_the_skins_own_colour_is_found_by_the_shipped_network():
    face = astronaut_face()
    cheeks = [astronaut().color[tuple(face.points[at, 1::-1].astype(int))] for at in (50, 280)]
    color, fringe = fringe_of(np.mean(cheeks, axis=0) * 0.8)
    bare, made = (portrait_matte(picture, face) for picture in (astronaut().color, color))
    assert fringe.sum() > 0.01 * face.size**2
    assert made.skin[fringe].mean() < 0.3 and made.hair[fringe].mean() > 0.7
    x, y = face.points[[50, 280], :2].astype(int).T
    assert made.skin[y, x].min() > 0.8 and bare.skin[y, x].min() > 0.8


def test_a_bald_head_stays_skin_though_it_is_yellower_and_darkens_towards_its_rim():
    face, shape, (x, y) = astronaut_face(), astronaut().color.shape[:2], astronaut_face().centre
    hairy = portrait_matte(astronaut().color, face)
    hair = cv2.GaussianBlur(cv2.dilate(hairy.hair, np.ones((7, 7))), (0, 0), 1.5)[..., None]
    rows, columns = np.mgrid[: shape[0], : shape[1]] + 0.5
    head = np.hypot((columns - x) / 0.48, (rows - y + 0.12 * face.size) / 0.68) / face.size
    skin = np.median(astronaut().color[fill_region(shape, face.points, LEFT_CHEEK) > 0.5], axis=0)
    light = 1.05 - 0.4 * np.clip(head, 0, 1) ** 4 + np.random.default_rng(0).normal(0, 0.01, shape)
    inside = np.clip((1 - head) * 40, 0, 1)[..., None]
    dome = inside * skin * (1, 1, 0.94) * light[..., None] + (1 - inside) * np.float32([0.75, 0.72, 0.7])
    bald = np.clip(astronaut().color * (1 - hair) + hair * dome, 0, 1).astype(np.float32)
    matte = portrait_matte(bald, face)
    crown = (hair[..., 0] > 0.9) & (head < 0.85) & (rows < face.points[10, 1])
    assert crown.sum() > 0.02 * face.size**2 and hairy.skin[crown].mean() < 0.1
    assert matte.skin[crown].mean() > 0.85 and matte.hair[crown].mean() < 0.1


def test_drawn_samples_are_of_all_kinds_of_heads_and_the_same_for_a_seed(tmp_path):
    heads = tmp_path / "heads"
    heads.mkdir()
    names = ["left out", "told", BALD[0], BALD[1], "fair", "red"]
    colours = [DARK, DARK, DARK, DARK, SKIN * 0.9, SKIN * 0.8]
    many = [{**stored(fringed(), colours[k]), "name": np.str_(name)} for k, name in enumerate(names)]
    np.savez(heads / "heads_6.npz", **{key: np.stack([one[key] for one in many]) for key in many[0]})
    people = tmp_path / "people.csv"
    people.write_text("id,sex\ntold,0.9\nfair,0.1\nred,0.2\n", encoding="utf-8")
    made = []
    for name in ("one", "two"):
        told = ["--heads", str(heads), "--people", str(people), "--output", str(tmp_path / name), "--count", "8"]
        assert draw_hair.main(told) == 0
        made.append(dict(np.load(tmp_path / name / "hair0_00008.npz")))
    assert made[0]["picture"].shape == (8, STORED // FINER, STORED // FINER, 3)
    assert all(np.array_equal(made[0][key], made[1][key]) for key in ("picture", "hair", "weight", "person"))
