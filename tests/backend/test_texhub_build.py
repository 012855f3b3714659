"""TexHub's builds: recipes, sides of the split, shards that survive a kill, and the reader."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from backend.lab.texhub import build, check
from backend.lab.texhub.recipe import draw_recipe, skins_of
from backend.lab.texhub.render import render
from backend.lab.texhub.shards import Shard, finished, index_path, plan, read_shard, write_shard
from tests.backend import synthetic_skins

pytestmark = pytest.mark.slow

COUNT, PER_SHARD = 40, 4
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    return synthetic_skins.sources(tmp_path_factory.mktemp("split"))


def prepared(folder: Path) -> list[str]:
    """A folder with a small bank of views, and the options of a build in it."""
    folder.mkdir()
    synthetic_skins.views().save(folder / "views.npz")
    atlas = folder.parent / "atlas.npz"
    if not atlas.is_file():
        np.savez(atlas, **synthetic_skins.atlas())
    return [
        "--atlas",
        str(atlas),
        "--output",
        str(folder),
        "--count",
        str(COUNT),
        "--per-shard",
        str(PER_SHARD),
        "--size",
        str(synthetic_skins.SIZE),
        "--split",
        "all",
        "--split-file",
        str(synthetic_skins.split_file(folder.parent)),
    ]


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    """A build that nobody interrupted."""
    folder = tmp_path_factory.mktemp("build") / "whole"
    assert build.main([*prepared(folder), "--workers", "1"]) == 0
    return folder


def tars(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.tar"))}


def test_a_recipe_makes_the_same_bytes_again(sources):
    views = synthetic_skins.views()
    for index in range(12):
        recipe = draw_recipe(sources, 5, index, "train")
        again = json.loads(json.dumps(recipe))
        assert again == draw_recipe(sources, 5, index, "train")
        assert render(sources, views, recipe).files() == render(sources, views, again).files()
    assert draw_recipe(sources, 6, 0, "train") != draw_recipe(sources, 5, 0, "train")


def test_a_recipe_of_other_sources_is_refused(sources):
    recipe = {**draw_recipe(sources, 0, 0, "train"), "sources": "other"}
    with pytest.raises(ValueError, match="other sources"):
        render(sources, synthetic_skins.views(), recipe)


def test_faces_with_a_held_out_skin_never_enter_training(sources):
    held = {"kit/face4_0", "kit/face4_1", "kit/face5_0", "kit/face5_1"}  # all skins of those faces, not the named ones
    for index in range(60):
        train, other = (draw_recipe(sources, 0, index, side) for side in ("train", "held_out"))
        assert not held & set(train["skins"]) and not held & set(train["faces"])
        assert set(other["skins"]) <= held
        assert train["skins"] == skins_of(train)
    assert "kit/ork" not in sources.names


def test_every_part_that_went_in_is_named(sources):
    recipe = draw_recipe(sources, 0, 3, "train")
    text = json.dumps({key: value for key, value in recipe.items() if key not in ("skins", "faces")})
    assert {name for name in sources.names if f'"{name}"' in text} == set(recipe["skins"])


def test_no_shard_mixes_the_sides():
    shards = plan(1000, "all", 64)
    assert sum(shard.count for shard in shards) == 1000
    assert sum(shard.count for shard in shards if shard.side == "held_out") == 100
    covered = sorted(index for shard in shards for index in range(shard.first, shard.first + shard.count))
    assert covered == list(range(1000)) and len({shard.name for shard in shards}) == len(shards)


def test_a_shard_is_whole_or_not_there(tmp_path):
    shard = Shard("train", 0, 0, 3)

    def breaks():
        yield {"json": b"{}"}, {}
        raise RuntimeError("out of paint")

    with pytest.raises(RuntimeError):
        write_shard(tmp_path, shard, breaks(), {})
    assert not list(tmp_path.iterdir())
    write_shard(tmp_path, shard, (({"json": b"{}", "a.png": bytes([k])}, {}) for k in range(3)), {"seconds": 1})
    assert finished(tmp_path, shard)
    assert [(key, files["a.png"]) for key, files in read_shard(tmp_path / shard.name)] == [
        ("000000", b"\0"),
        ("000001", b"\1"),
        ("000002", b"\2"),
    ]
    data = (tmp_path / shard.name).read_bytes()
    (tmp_path / shard.name).write_bytes(data[:-600] + bytes(600))
    assert finished(tmp_path, shard)  # the padding at the end was zeros before
    (tmp_path / shard.name).write_bytes(data[:700] + b"x" + data[701:])
    assert not finished(tmp_path, shard)
    (tmp_path / shard.name).write_bytes(data)
    index_path(tmp_path, shard.name).unlink()
    assert not finished(tmp_path, shard)


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL")
def test_a_killed_and_resumed_build_gives_the_same_bytes(whole, tmp_path, capsys):
    folder = tmp_path / "killed"
    options = prepared(folder)
    command = [sys.executable, "-m", "backend.lab", "texhub", "build", *options, "--workers", "2"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 600
    while not list(folder.glob("*.index.json")) and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.communicate()  # until the workers, who notice, have closed it too
    before = tars(folder)
    assert 0 < len(before) < COUNT // PER_SHARD
    (folder / ".train-00001.tar.99.part").write_bytes(b"half")
    first = sorted(before)[0]
    (folder / first).write_bytes(before[first][:1000])  # and one was broken by the disk
    assert build.main([*options, "--workers", "1"]) == 2  # not without being asked
    assert "--resume" in capsys.readouterr().err
    assert build.main([*options, "--workers", "1", "--resume"]) == 0
    assert tars(folder) == tars(whole)
    assert not list(folder.glob(".*.part"))


def test_a_build_is_not_resumed_as_another(whole, capsys):
    options = ["--atlas", "unused.npz", "--output", str(whole), "--count", "7", "--size", "64", "--resume"]
    assert build.main(options) == 2
    assert "count 40 is now 7" in capsys.readouterr().err


def test_the_report_counts_what_is_there(whole):
    statistics = json.loads((whole / "statistics.json").read_text())
    assert statistics["textures"] == COUNT == sum(statistics["styles"].values()) == sum(statistics["tones"].values())
    assert statistics["sides"] == {"train": 36, "held_out": 4}
    assert statistics["bytes"] == sum(map(len, tars(whole).values()))
    assert (whole / "contact_sheet.png").stat().st_size > 10_000


def test_check_finds_an_altered_texture_and_a_leak(whole, tmp_path):
    held = set(synthetic_skins.HELD_OUT)
    assert check.check(whole, 3, held) == []
    leaks = check.check(whole, 0, {"kit/face0_0"})
    assert leaks and all("held-out skins ['kit/face0_0']" in line for line in leaks)


def test_the_reader_streams_every_texture_once(whole, tmp_path):
    torch = pytest.importorskip("torch")
    from backend.lab.texhub.reader import TexHub

    split = synthetic_skins.split_file(tmp_path)
    data = TexHub(whole, size=32, shuffle=8, split=split)
    assert len(data) == 36
    samples = list(data)
    assert sorted(sample["key"] for sample in samples) == [f"{index:06d}" for index in range(36)]
    assert [s["key"] for s in samples] == [s["key"] for s in data]  # by seed
    data.epoch = 1
    assert [s["key"] for s in samples] != [s["key"] for s in data]
    batch = next(iter(torch.utils.data.DataLoader(data, batch_size=4)))
    assert batch["unlit"].shape == (4, 3, 32, 32) and batch["lit"].shape == (4, 3, 3, 32, 32)
    assert batch["confidence"].shape == (4, 3, 1, 32, 32) and batch["valid"].shape == (4, 1, 32, 32)
    assert 0 <= batch["unlit"].min() and batch["unlit"].max() <= 1 and batch["style"].dtype == torch.int64
    assert {s["key"] for s in TexHub(whole, "held_out", split=split)} == {f"{index:06d}" for index in range(36, 40)}


def test_the_reader_refuses_held_out_skins_in_training(whole, tmp_path):
    pytest.importorskip("torch")
    from backend.lab.texhub.reader import TexHub

    split = tmp_path / "split.json"
    split.write_text(json.dumps({"held_out": ["kit/face0_0", "kit/face1_1"]}))
    with pytest.raises(ValueError, match="held-out"):
        list(TexHub(whole, split=split))
    with pytest.raises(FileNotFoundError, match="texhub build"):
        TexHub(tmp_path)
