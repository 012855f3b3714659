"""Portraits in image space: who is kept, how they lie, and what of them is there to be learnt."""

from __future__ import annotations

import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch

from backend.lab.training import repaint
from backend.lab.training.portrait_squares import FACE, SOFT, Portraits, keep_portraits, upright
from backend.networks.sizes import TEXELS
from backend.portrait.parse import Parse

from .portraits import ASTRONAUT, astronaut_face, parse_of

HALF = TEXELS // 2


def whole_of(shape: tuple[int, ...]) -> Parse:
    whole = np.ones(shape, np.float32)
    return parse_of(whole, whole, 0 * whole)


def test_a_face_lies_upright_in_the_middle_as_high_as_in_the_atlas():
    """A ramp along the eyes of a face that is turned by 30 degrees."""
    angle, height = np.radians(30), 2.5 * FACE
    face = replace(astronaut_face().scaled(1), box=(300.0, 250.0, 500.0, 450.0))
    y, x = np.mgrid[:800, :800] + 0.5
    turned = np.cos(angle) * (x - 400) + np.sin(angle) * (y - 350)
    ramp = np.repeat((turned / 2000 + 0.5).astype(np.float32)[..., None], 3, 2)
    points = face.points.copy()
    points[:, :2] = (face.points[:, :2] - face.centre) @ rotation(angle - face.roll).T + face.centre
    made, weight = upright(ramp, whole_of(ramp.shape[:2]), replace(face, points=points), height)
    expected = ((np.arange(TEXELS) + 0.5 - HALF) * 2.5 / 2000 + 0.5)[None].repeat(TEXELS, 0)
    inside = weight > 0.99
    assert inside[HALF - 40 : HALF + 40, HALF - 40 : HALF + 40].all() and not inside.all()
    assert np.abs(made[..., 0] - expected)[inside].max() < 1e-3


def test_what_is_finer_than_the_atlas_is_averaged_and_not_picked():
    height, wide = 3 * FACE, 900
    face = replace(astronaut_face(), box=(350.0, 350.0, 550.0, 550.0))
    checks = (np.indices((wide, wide)).sum(0) % 2).astype(np.float32)[..., None].repeat(3, 2)
    made, _ = upright(checks, whole_of((wide, wide)), face, height)
    assert made[64:-64, 64:-64].std() < 0.1


def rotation(angle: float) -> np.ndarray:
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def test_held_out_people_suspects_and_small_faces_are_not_kept(tmp_path):
    for name in ("a", "b", "c", "d"):
        shutil.copy(ASTRONAUT, tmp_path / f"{name}.png")
    size = astronaut_face().size
    rows = [
        f"a,train,1.0,{max(size, FACE)}",
        "b,test,1.0,300",
        "c,train,0.0,300",
        f"d,train,1.0,{FACE - 1}",
        "e,train,1.0,300",
    ]
    (tmp_path / "people.csv").write_text("\n".join(["id,split,weight,face_height", *rows]))
    keep_portraits(tmp_path, tmp_path, tmp_path / "kept")
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["a.npz"]
    found = Portraits.load(tmp_path / "kept")
    assert found.colour.shape == (1, 3, TEXELS, TEXELS) and found.weight.shape == (1, TEXELS, TEXELS)
    assert found.weight[0, HALF, HALF] > 250 and found.weight[0, 0, 0] < 128
    before = (tmp_path / "kept" / "a.npz").stat().st_mtime_ns
    keep_portraits(tmp_path, tmp_path, tmp_path / "kept")
    assert (tmp_path / "kept" / "a.npz").stat().st_mtime_ns == before


@pytest.fixture
def stripes() -> Portraits:
    """Waves of four texels on grey; the left half is a person."""
    wave = np.where(np.arange(TEXELS) // 2 % 2, 20, -20)[:, None] + np.full((3, TEXELS, TEXELS), 128)
    weight = np.zeros((TEXELS, TEXELS), np.uint8)
    weight[:, :HALF] = 255
    return Portraits(wave.astype(np.uint8)[None], weight[None])


def test_a_portrait_without_its_detail_is_what_detail_is_learnt_on(stripes):
    truth, made, colour, known, seen, _ = stripes.draw(np.random.default_rng(0))
    assert torch.equal(truth, colour)
    assert (made - 0.5).abs()[:, :, 16:-16].max() < 0.3 * (truth - 0.5).abs().max()
    person = torch.from_numpy(stripes.weight)[None] > 0
    assert torch.allclose((known + seen)[person], torch.ones(()), atol=1e-5) and not (known + seen)[~person].any()
    assert 0.1 < known[person].mean() < 0.95


def test_squares_of_portraits_hold_the_detail_that_was_taken_off(stripes):
    usual = repaint.usual_detail(stripes)
    assert abs(float(usual[0, HALF, HALF // 2]) - 20 / 255) < 0.02
    squares = repaint.Squares(stripes, torch.zeros(3, TEXELS, TEXELS), usual, 0)
    detail, told, known, _, style = squares.batch(3, 8)
    assert detail.shape == (8, 3, repaint.SQUARE, repaint.SQUARE) and not style.any() and not told[:, -3:].any()
    hidden = known.expand_as(detail) > 0.9
    assert detail[:, 0][hidden[:, 0]].abs().mean() > 0.5
    assert all(torch.equal(a, b) for a, b in zip(squares.batch(3, 8)[:3], (detail, told, known), strict=True))


def test_the_atlas_and_image_space_are_as_soft(stripes):
    """The weakest and the strongest curve leave what SOFT's comment says of waves of 11 texels, in power."""
    for soft, left in zip(SOFT, (-3.2, -12.8), strict=True):
        rows = np.arange(TEXELS)
        wave = (np.sin(2 * np.pi * rows / 11)[:, None] * 60 + np.full((3, TEXELS, TEXELS), 128)).astype(np.uint8)
        _, made, *_ = replace(stripes, colour=wave[None]).picture(0, 0.0, soft)
        inner = (made[0, 0, 32:-32, HALF] - 0.5) / (60 / 255)
        assert 10 * torch.log10(2 * inner.square().mean()).item() == pytest.approx(left, abs=0.4)


def test_an_empty_folder_is_said(tmp_path):
    with pytest.raises(FileNotFoundError, match="No portraits"):
        Portraits.load(tmp_path)
