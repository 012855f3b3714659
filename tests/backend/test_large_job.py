"""A job with a large profile, a tiny one: refused where it is not here, and a texture with it where it is."""

from __future__ import annotations

import json

import cv2
import pytest

from backend import pipeline
from backend.__main__ import main
from backend.errors import AvatarTexError, ErrorCode
from backend.messages import STAGES, Generate
from backend.models import profiles
from tests.backend import tiny_models


def request(tmp_path, **changed) -> Generate:
    given = {"job": "j", "portrait": "p.png", "mesh": "h.obj", "output": str(tmp_path / "t.png"), "profile": "klein"}
    return Generate(**given | changed)


def test_a_profile_that_is_not_here_is_refused_before_any_work(tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_ASSETS_CACHE", str(tmp_path))
    with pytest.raises(AvatarTexError, match="not on this computer") as refusal:
        pipeline.check_request(request(tmp_path))
    assert refusal.value.code is ErrorCode.MODEL_MISSING and "models download klein" in refusal.value.cure
    with pytest.raises(AvatarTexError, match="Profile cannot be"):
        pipeline.check_request(request(tmp_path, profile="sd16"))
    pipeline.check_request(request(tmp_path, profile="builtin"))


def test_shares_of_the_bar():
    assert set(pipeline.TIME_SHARE) == set(STAGES) and sum(pipeline.TIME_SHARE.values()) == pytest.approx(1)


@pytest.mark.slow
def test_a_job_with_one(tmp_path, monkeypatch, demo_head_obj, astronaut):
    monkeypatch.setattr("huggingface_hub.constants.HF_ASSETS_CACHE", str(tmp_path / "assets"))
    monkeypatch.setitem(profiles.PROFILES, "sd15", tiny_models.make("sd15", tmp_path / "models"))
    pictures = {}
    for profile in ("sd15", "builtin"):
        folder = tmp_path / profile
        words = ["generate", "--mesh", demo_head_obj, "--portrait", astronaut, "--size", "512", "--profile", profile]
        words += ["--output", folder / "t.png", "--report", folder / "r.json", "--keep-stages", folder / "stages"]
        words += ["--provenance", folder / "p.png"]
        folder.mkdir()
        assert main([str(word) for word in words]) == 0
        assert json.loads((folder / "r.json").read_text())["profile"] == profile
        assert (folder / "stages" / "5_repaint_large.png").is_file() == (profile == "sd15")
        pictures[profile] = cv2.imread(str(folder / "t.png"))
    photo = cv2.imread(str(tmp_path / "builtin" / "p.png"))[..., 2] == 255
    there, without = pictures["sd15"].astype(int), pictures["builtin"].astype(int)
    assert photo.mean() > 0.02 and abs(there - without)[photo].max() <= 1  # the portrait's pixels are what they were
    assert abs(there - without)[~photo].mean() > 3
