"""A job with a large profile, a tiny one: refused where it is not here, and a texture with it where it is."""

from __future__ import annotations

import json
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from backend import completing, pipeline, refusals
from backend.__main__ import main
from backend.compose.stage_pictures import StagePictures
from backend.errors import AvatarTexError, ErrorCode
from backend.job import StageOptions
from backend.large import paint
from backend.large.stage import choose_way
from backend.messages import STAGES, Generate
from backend.models import profiles, store
from tests.backend import tiny_models


def request(tmp_path, **changed) -> Generate:
    given = {"job": "j", "portrait": "p.png", "mesh": "h.obj", "output": str(tmp_path / "t.png"), "profile": "klein"}
    return Generate(**given | changed)


def test_a_profile_that_is_not_here_is_refused_before_any_work(tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_ASSETS_CACHE", str(tmp_path))
    with pytest.raises(AvatarTexError, match="not on this computer") as refusal:
        refusals.check_request(request(tmp_path))
    assert refusal.value.code is ErrorCode.MODEL_MISSING and "models download klein" in refusal.value.cure
    with pytest.raises(AvatarTexError, match="Profile cannot be"):
        refusals.check_request(request(tmp_path, profile="sd16"))
    refusals.check_request(request(tmp_path, profile="builtin"))


def test_shares_of_the_bar():
    assert set(pipeline.TIME_SHARE) == set(STAGES) and sum(pipeline.TIME_SHARE.values()) == pytest.approx(1)


def test_several_seeds_are_painted_as_they_are_asked_for_and_shown(tmp_path, monkeypatch):
    """The shipped stages of a seed when the large model takes it; its pictures each have a name."""
    begun, made, told = [], [], []

    def paint(completions, device, options, on_step, on_picture):
        for completion, one in zip(completions, options, strict=True):
            made.append(one.seed)
            for share in (0.5, 1.0):
                on_step(share)
                on_picture(np.full((8, 8, 3), share, np.float32))
            yield completion + 1

    def stages(evidence, style, networks, options, *_):
        for one in options:
            begun.append(one.seed)
            yield np.full((2, 2, 3), one.seed)

    monkeypatch.setattr("backend.large.stage.paint_large", paint)
    monkeypatch.setattr(completing, "run_stages", stages)
    monkeypatch.setattr(completing, "fill_unknown", lambda completion, known: completion)
    monkeypatch.setattr(completing, "finish", lambda completion, job: completion)
    pictures = StagePictures("", str(tmp_path), told.append)
    options = [StageOptions(seed=seed, profile="sd15") for seed in (3, 5)]
    networks = SimpleNamespace(device="cpu", known=None)
    job = SimpleNamespace(evidence=None, style="photo")
    found = completing.complete_each(job, networks, options, completing.no_step, pictures)
    assert next(found).max() == 4 and begun == made == [3]
    assert [one.max() for one in found] == [6] and begun == made == [3, 5]
    names = [path.rpartition("/")[2].rpartition("\\")[2] for path in told]
    assert names[:2] == ["6_repaint_large.1.bmp", "6_repaint_large.2.bmp"]
    assert all((tmp_path / name).is_file() for name in names)
    plain = completing.complete_each(job, networks, [StageOptions(seed=seed) for seed in (3, 5)])
    assert [one.max() for one in plain] == [3, 5] and len(made) == 2


def test_a_way_left_open(tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_ASSETS_CACHE", str(tmp_path))
    profile = profiles.PROFILES["sd15"]
    assert [choose_way(profile, wanted) for wanted in ("auto", "atlas", "around")] == ["around", "atlas", "around"]
    store.write_lock(profile, {"lora": store.StoredPart(str(tmp_path), "local", "apache-2.0", True)})
    assert [choose_way(profile, wanted) for wanted in ("auto", "around")] == ["atlas", "around"]


@pytest.mark.slow
def test_a_job_with_one(tmp_path, monkeypatch, demo_head_obj, astronaut):
    monkeypatch.setattr("huggingface_hub.constants.HF_ASSETS_CACHE", str(tmp_path / "assets"))
    monkeypatch.setitem(profiles.PROFILES, "sd15", tiny_models.make("sd15", tmp_path / "models"))
    pictures = {}
    for profile, way in (("sd15", "atlas"), ("sd15", "around"), ("builtin", "auto")):
        folder = tmp_path / way
        words = ["generate", "--mesh", demo_head_obj, "--portrait", astronaut, "--size", "512", "--profile", profile]
        words += ["--output", folder / "t.png", "--report", folder / "r.json", "--keep-stages", folder / "stages"]
        words += ["--provenance", folder / "p.png", "--way", way, "--light", "keep"]
        folder.mkdir()
        assert main([str(word) for word in words]) == 0
        told = json.loads((folder / "r.json").read_text())
        assert (told["profile"], told["way"]) == (profile, way)
        assert (folder / "stages" / "6_repaint_large.png").is_file() == (profile == "sd15")
        pictures[way] = cv2.imread(str(folder / "t.png")).astype(int)
    photo = cv2.imread(str(tmp_path / "auto" / "p.png"))[..., 2] == 255
    for way in ("atlas", "around"):
        changed = abs(pictures[way] - pictures["auto"])
        # the portrait's skin is what it was; its hair has the light of the skin, which may move a little
        assert photo.mean() > 0.02 and (changed[photo].max(-1) <= 1).mean() > 0.8 and changed[photo].max() < 12
        assert changed[~photo].mean() > 3
    assert abs(pictures["atlas"] - pictures["around"]).mean() > 1


@pytest.mark.slow
def test_variants_with_one(tmp_path, monkeypatch, demo_head_obj, astronaut):
    """Two seeds, one after the other on the processor: two textures, which differ where the portrait does not show."""
    monkeypatch.setattr("huggingface_hub.constants.HF_ASSETS_CACHE", str(tmp_path / "assets"))
    monkeypatch.setitem(profiles.PROFILES, "sd15", tiny_models.make("sd15", tmp_path / "models"))
    seeds, real = [], paint.run
    monkeypatch.setattr(paint, "run", lambda *given: seeds.append(list(given[3].seeds)) or real(*given))
    words = ["variants", "--mesh", demo_head_obj, "--portrait", astronaut, "--size", "512", "--profile", "sd15"]
    words += ["--way", "atlas", "--styles", "photo", "--seeds", "0-1", "--output", tmp_path / "made"]
    assert main([str(word) for word in words]) == 0
    assert seeds == [[0], [1]]
    first, second = (cv2.imread(str(tmp_path / "made" / f"photo_{seed}.png")).astype(int) for seed in (0, 1))
    assert abs(first - second).mean() > 3 and (abs(first - second).max(-1) <= 1).mean() > 0.02
