"""Results of a batch that wait for their heads: found again by what was asked, and only whole."""

from __future__ import annotations

import dataclasses
import time

import pytest

from backend.outputs import tiles_of


@pytest.fixture
def kept(addon):
    return addon("core.kept")


@pytest.fixture
def request_of(addon, tmp_path):
    """A request and its files, under names of one run."""

    def make(run: str, **fields):
        (tmp_path / run).mkdir()
        paths = {}
        for name in ("capture", "portrait", "base_texture"):
            path = tmp_path / run / (f"{name}.<UDIM>.img" if name == "base_texture" else name)
            path.with_name(path.name.replace("<UDIM>", "1001")).write_text(fields.pop(name, name))
            paths[name] = str(path)
        return addon("backend.messages").Generate(
            job=run, output=str(tmp_path / run / "texture.png"), report=f"{run}.json", **paths | fields
        )

    return make


def test_what_is_asked_names_a_result(kept, request_of, tmp_path):
    name = kept.fingerprint(request_of("first"))
    assert kept.fingerprint(request_of("second")) == name
    others = [
        {"seed": 1},
        {"light": "even"},
        {"portrait": "another"},
        {"capture": "moved"},
        {"base_texture": "new"},
        {"further": [str(tmp_path / "first" / "portrait")]},
        {"pins": [{"name": "chin"}]},
    ]
    assert len({name} | {kept.fingerprint(request_of(str(n), **other)) for n, other in enumerate(others)}) == 8


@pytest.mark.parametrize("name", ["a**b.png", "a[1].png", "a[1].<UDIM>.png"])
def test_files_count_whatever_they_are_called(kept, tmp_path, name):
    file = tmp_path / name.replace("<UDIM>", "1002")
    file.touch()
    assert list(tiles_of(tmp_path / name)) == [file]


def test_it_is_taken_over_whole_or_not_at_all(kept, addon, tmp_path):
    made = tmp_path / "abc.1"  # of a process that is gone
    made.mkdir()
    answer = addon("backend.messages").Result(
        "job",
        *(str(made / name) for name in ("texture.<UDIM>.png", "provenance.<UDIM>.png", "report.json")),
        tiles=[1001, 1002],
        warnings=["small"],
    )
    kept.keep_answer(made, answer)
    assert kept.take_kept(made) is None  # its textures are not there
    for name in ("texture", "provenance"):
        for tile in answer.tiles:
            (made / f"{name}.{tile}.png").touch()
    (made / "report.json").touch()
    own = kept.claim_kept(tmp_path, "abc")
    assert own.name != "abc.1" and not made.exists()
    moved = {field: getattr(answer, field).replace(str(made), str(own)) for field in kept.PLACES}
    assert kept.take_kept(own) == dataclasses.replace(answer, **moved)
    kept.drop_kept(own)
    assert not own.exists() and kept.take_kept(kept.claim_kept(tmp_path, "abc")) is None


def test_what_nobody_came_back_for_goes(kept, tmp_path):
    import os

    for name in ("new.1", "old.2", "gone.old.3"):
        (tmp_path / name).mkdir()
    os.utime(tmp_path / "old.2", (0, time.time() - 31 * 86400))
    kept.prune_kept(tmp_path)
    until = time.monotonic() + 60
    while len(list(tmp_path.iterdir())) > 1 and time.monotonic() < until:
        time.sleep(0.01)
    assert [path.name for path in tmp_path.iterdir()] == ["new.1"]
