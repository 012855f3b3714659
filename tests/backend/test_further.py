"""Further portraits of the same person: fused by confidence in the tone of the first, or left out with a warning."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from backend.head.landmarks import find_head_landmarks
from backend.head.mesh import load_mesh
from backend.imaging.files import write_picture
from backend.imaging.sample import to_linear, to_srgb
from backend.lab.evaluation.truth import TruthCase, render_truth
from backend.messages import Generate
from backend.observation.views import share_out
from backend.pipeline import generate
from tests.backend.portraits import HOPPER

pytestmark = pytest.mark.slow

SIZE = 512
CAST = np.float32([0.7, 0.9, 1.15])


def make(folder: Path, mesh: Path, portrait: Path, further=()):
    """Texture, provenance, report and warnings."""
    result = generate(
        Generate(
            "further",
            str(portrait),
            str(folder / "texture.png"),
            mesh=str(mesh),
            size=SIZE,
            light="keep",
            further=list(further),
            provenance=str(folder / "provenance.png"),
            report=str(folder / "report.json"),
        ),
        lambda *_: None,
        lambda: False,
    )
    return (
        read(folder / "texture.png"),
        read(folder / "provenance.png"),
        json.loads((folder / "report.json").read_text()),
        result.warnings,
    )


def read(path: Path) -> np.ndarray:
    return cv2.imread(str(path))[..., ::-1].astype(np.float32) / 255


@pytest.fixture(scope="module")
def alone(tmp_path_factory, demo_head_obj, astronaut):
    return make(tmp_path_factory.mktemp("alone"), demo_head_obj, astronaut)


@pytest.fixture(scope="module")
def painted(alone):
    """The texture with stripes on everything that the photograph does not show."""
    stripes = 0.10 * np.sin(np.arange(SIZE) / 8)[None, :, None] * np.ones((SIZE, 1, 1))
    hidden = cv2.GaussianBlur((alone[1][..., 0] < 0.02).astype(np.float32), (0, 0), 2)[..., None]
    return np.clip(alone[0] + stripes * hidden, 0, 1).astype(np.float32), stripes[..., 0]


@pytest.fixture(scope="module")
def fused(tmp_path_factory, demo_head_obj, astronaut, painted):
    """With the striped head photographed from a side under another lamp, a wall, and a file that is none."""
    folder = tmp_path_factory.mktemp("fused")
    mesh = load_mesh(demo_head_obj)
    case = TruthCase("side", "", "", "", 40, 0, "soft", (0.5, 0.4, 0.8), (0.5, 0.6, 0.7))
    side = render_truth(mesh, find_head_landmarks(mesh), painted[0], case).color
    write_picture(folder / "side.png", to_srgb(to_linear(side) * CAST))
    write_picture(folder / "wall.png", np.full((300, 300, 3), 0.5, np.float32))
    (folder / "none.jpg").write_bytes(b"no picture")
    return make(folder, demo_head_obj, astronaut, [str(folder / n) for n in ("side.png", "wall.png", "none.jpg")])


def test_the_first_portraits_own_pixels_stay_exactly(alone, fused):
    own = (alone[1][..., 0] > 0.999) & (fused[1][..., 0] > 0.999)
    assert own.sum() > 0.9 * (alone[1][..., 0] > 0.999).sum() > 5000
    moved = np.abs(alone[0] - fused[0])[own].max(-1) * 255  # hair has the light of the skin, which may move a little
    assert (moved < 0.5).mean() > 0.75 and moved.max() < 3


def test_what_only_the_side_shows_arrives_in_the_firsts_tone(alone, fused, painted):
    new = (fused[1][..., 0] > 0.95) & (alone[1][..., 0] < 0.02)
    assert new.sum() > 3000
    grey = [picture.mean(-1) for picture in (fused[0] - alone[0], alone[0])]  # strands of hair are fine, too
    fine = [(picture - cv2.GaussianBlur(picture, (0, 0), 20))[new] for picture in grey]
    now, before = (np.corrcoef(part, painted[1][new])[0, 1] for part in fine)
    assert now > 0.45 > 0.3 > before
    cast = np.log(fused[0][new].mean(0) / painted[0][new].mean(0))
    assert np.ptp(cast) < 0.08 < np.ptp(np.log(CAST)) / 2.2 / 1.5  # the lamp's colour is gone
    assert abs(cast.mean()) < 0.12


def test_the_report_tells_each(alone, fused):
    side, wall, none = fused[2]["further"]
    assert side["used"] and side["texels"] > 0.03 and abs(side["camera"]["yaw_deg"] - 40) < 8
    assert fused[2]["texels"]["photo"] > alone[2]["texels"]["photo"] + 0.8 * side["texels"]
    assert not wall["used"] and not none["used"] and alone[2]["further"] == []


def test_one_that_cannot_be_used_is_told_with_its_cure(fused):
    told = [warning for warning in fused[3] if "left out" in warning]
    assert len(told) == 2 and "wall.png" in told[0] and "Use a picture in which one face" in told[0]
    assert "none.jpg" in told[1]


def test_another_person_is_told_and_the_same_is_not(tmp_path, fused, demo_head_obj, astronaut):
    assert not [warning for warning in fused[3] if "another person" in warning]
    warnings = make(tmp_path, demo_head_obj, astronaut, [str(HOPPER)])[3]
    assert [warning for warning in warnings if "'grace_hopper.jpg' may show another person" in warning]


def test_shares_are_never_more_than_one_and_the_first_has_its_own():
    random = np.random.default_rng(0)
    confidences = list(random.random((3, 1000)))
    shares = share_out(confidences)
    assert np.allclose(shares[0], confidences[0]) and (sum(shares) <= 1 + 1e-6).all()
    decided = share_out([np.zeros(1), np.ones(1), np.full(1, 0.5)])
    assert decided[1] > 0.9
