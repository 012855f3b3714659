"""Proof of a build: every shard whole, recipes that make the same bytes again, no held-out face in a training shard."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import cv2
import numpy as np

from .render import render
from .shards import checksum, index_path, read_shard
from .sources import SPLIT, Sources
from .views import Views


def check(folder: Path, samples: int, held_out: set[str]) -> list[str]:
    """What is wrong with a build, a line each."""
    sources, views = Sources.load(folder / "sources.npz"), Views.load(folder / "views.npz")
    settings = json.loads((folder / "build.json").read_text(encoding="utf-8"))
    random = np.random.default_rng(0)
    again = set(random.choice(settings["count"], min(samples, settings["count"]), replace=False).tolist())
    wrong, keys = [], []
    for path in sorted(folder.glob("*.tar")):
        said = json.loads(index_path(folder, path.name).read_text(encoding="utf-8"))
        if said["sha256"] != checksum(path):
            wrong.append(f"{path.name}: altered or broken")
            continue
        for key, files in read_shard(path):
            keys.append(int(key))
            recipe = json.loads(files["json"])["recipe"]
            leaked = held_out & set(recipe["skins"])
            if path.name.startswith("train") and leaked:
                wrong.append(f"{path.name}, {key}: made from held-out skins {sorted(leaked)}")
            if int(key) in again:
                made = render(sources, views, recipe).files()
                wrong += [
                    f"{path.name}, {key}: {name} is not what its recipe makes"
                    for name, data in made.items()
                    if files[name] != data
                ]
    if sorted(keys) != list(range(settings["count"])):
        wrong.append(f"{len(set(keys))} different textures of {settings['count']}, {len(keys)} in all")
    return wrong


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m backend.lab texhub check", description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, required=True, help="folder of a build")
    parser.add_argument("--samples", type=int, default=20, help="textures to make again (default 20)")
    parser.add_argument("--split-file", type=Path, default=SPLIT, help="JSON: held_out: names of skins")
    arguments = parser.parse_args(argv)
    cv2.setNumThreads(1)
    held_out = set(json.loads(arguments.split_file.read_text(encoding="utf-8"))["held_out"])
    wrong = check(arguments.build, arguments.samples, held_out)
    print("\n".join(wrong) or f"{arguments.build.name}: nothing is wrong")
    return 1 if wrong else 0
