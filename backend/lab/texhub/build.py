"""Thousands of textures from a folder of skins: recipes drawn by number, rendered by several processes, in shards.

    python -m backend.lab texhub build --data DIR --output DIR --count 20000 [--workers N] [--resume]

Texture k of a seed is the same whoever makes it and when, so a killed build goes on where its last whole shard ended.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import re
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from ...errors import AvatarTexError, ErrorCode
from ...farm.rows import DONE, Outcome
from ...imaging.files import write_bytes
from ..calls import Tell, add_engine, make_pool, run_calls
from . import skins
from .pigments import tone_name
from .recipe import VERSION, draw_recipe
from .render import render
from .report import report
from .shards import Shard, finished, plan, sweep, write_shard
from .sources import SIDES, SPLIT, Sources, prepare
from .views import PITCHES, YAWS, Views, make_views

SETTINGS, SOURCES, VIEWS = "build.json", "sources.npz", "views.npz"
#: Textures per shard: 50 MB at 256 texels, and what a kill can cost each worker, a minute or two.
PER_SHARD = 200


def build(arguments: argparse.Namespace) -> dict:
    """The whole build; the statistics of report().

    Raises:
        AvatarTexError: when the folder holds another build, nothing to draw from, or no space.
    """
    folder = arguments.output
    folder.mkdir(parents=True, exist_ok=True)
    check_folder(folder, arguments)
    cv2.setNumThreads(1)
    sources = prepared_sources(folder, arguments)
    agree(folder, arguments, sources)
    prepared_views(folder, sources, arguments)
    shards = plan(arguments.count, arguments.split, arguments.per_shard)
    for side in {shard.side for shard in shards}:
        if not len(sources.where(side)):
            raise AvatarTexError(
                ErrorCode.BAD_REQUEST,
                f"No skin of the data is on the side {side!r} of {arguments.split_file.name}.",
                "Choose another --split, or name the held-out skins of this data in a --split-file.",
            )
    sweep(folder)
    todo = [shard for shard in shards if not finished(folder, shard)]
    run_workers(folder, todo, arguments, done=arguments.count - sum(shard.count for shard in todo))
    return report(folder, shards)


def check_folder(folder: Path, arguments: argparse.Namespace) -> None:
    if (folder / SETTINGS).is_file() and not arguments.resume:
        raise AvatarTexError(
            ErrorCode.BAD_REQUEST,
            f"{folder.name!r} holds a build already.",
            "Go on with it with --resume, or choose another folder.",
        )


def agree(folder: Path, arguments: argparse.Namespace, sources: Sources) -> None:
    """Write down what is built, or refuse when it is not what the folder's shards were made of."""
    settings = {key: getattr(arguments, key) for key in ("count", "size", "seed", "split", "per_shard")}
    settings |= {"version": VERSION, "sources": sources.digest}  # which says the fold, too
    path = folder / SETTINGS
    if not path.is_file():
        return write_bytes(path, json.dumps(settings, indent=1).encode())
    before = json.loads(path.read_text(encoding="utf-8"))
    changed = [key for key, value in settings.items() if before.get(key) != value]
    other = [f"{key} {before.get(key)!r} is now {settings[key]!r}" for key in changed]
    if other:
        raise AvatarTexError(
            ErrorCode.BAD_REQUEST,
            f"The build in {folder.name!r} was begun otherwise: {', '.join(other)}.",
            "Give the same options as before, or choose another folder.",
        )
    return None


def prepared_sources(folder: Path, arguments: argparse.Namespace) -> Sources:
    """Aligned once per output folder: every worker and every resumed run draws from the same file."""
    path = folder / SOURCES
    if not path.is_file():
        print("aligning the skins", file=sys.stderr)
        if arguments.atlas:
            with np.load(arguments.atlas, allow_pickle=False) as data:
                atlas = {key: data[key] for key in data.files}
        else:
            atlas = skins.build(arguments.data, arguments.size)
        if atlas["textures"].shape[1] != arguments.size:
            raise AvatarTexError(
                ErrorCode.BAD_REQUEST,
                f"The atlas has {atlas['textures'].shape[1]} texels, not {arguments.size}.",
                "Leave --atlas out, or make one with texhub align --size.",
            )
        detail = arguments.data / "detail" if arguments.data else None
        prepare(atlas, arguments.split_file, detail if detail and detail.is_dir() else None, arguments.fold).save(path)
    return Sources.load(path)


def prepared_views(folder: Path, sources: Sources, arguments: argparse.Namespace) -> None:
    path = folder / VIEWS
    if path.is_file():
        return
    print(f"looking at the head from {len(YAWS) * len(PITCHES)} sides", file=sys.stderr)
    geometry = sources.positions, sources.normals, sources.covered, skins.eye_openings(sources.size)
    if arguments.workers == 1:
        make_views(*geometry, YAWS, PITCHES).save(path)
        return
    with multiprocessing.get_context("spawn").Pool(arguments.workers, begin_worker, (os.getpid(),)) as pool:
        make_views(*geometry, YAWS, PITCHES, over=pool.imap).save(path)


def begin_worker(parent: int) -> None:
    """One thread for OpenCV, whose own would fight for the cores; an end when the build is killed without a word."""
    cv2.setNumThreads(1)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.2)
        os._exit(1)  # what it was writing stays behind under a temporary name

    threading.Thread(target=watch, daemon=True).start()


def run_workers(folder: Path, todo: list[Shard], arguments: argparse.Namespace, done: int) -> None:
    """Render the shards on the engine that was asked for, with a progress bar; one worker works in this process.

    Raises:
        AvatarTexError: some were not made; whole ones are kept.
    """
    from tqdm import tqdm

    bar = tqdm(total=arguments.count, initial=done, unit="texture", smoothing=0.02, disable=None)
    if (arguments.workers == 1 and arguments.engine == "local") or len(todo) < 2:
        sources, views = Sources.load(folder / SOURCES), Views.load(folder / VIEWS)
        for shard in todo:
            make_shard(folder, shard, sources, views, arguments.seed, bar.update)
        bar.close()
        return
    counts, failed = {shard.name: shard.count for shard in todo}, []

    def note(outcome: Outcome) -> None:
        bar.update(counts[outcome.output] if outcome.state == DONE else 0)
        failed.extend([outcome] if outcome.state != DONE else [])

    values = {"folder": str(folder.resolve()), "seed": arguments.seed}
    work = ((shard.name, values | {"shard": asdict(shard)}) for shard in todo)
    run_calls(f"{__name__}:work", work, make_pool(arguments), note)
    bar.close()
    if failed:
        raise AvatarTexError(
            ErrorCode.INTERNAL,
            f"{len(failed)} shards were not made: {failed[0].reason}",
            "Whole shards are kept: mend the cause and go on with --resume.",
        )


@lru_cache(1)
def loaded(folder: Path) -> tuple[Sources, Views]:
    """Once in a worker."""
    cv2.setNumThreads(1)
    return Sources.load(folder / SOURCES), Views.load(folder / VIEWS)


def work(tell: Tell, folder: str, shard: dict, seed: int) -> None:
    """One shard, as a call."""
    made = 0

    def count(number: int) -> None:
        nonlocal made
        made += number
        tell("textures", made / shard["count"])

    make_shard(Path(folder), Shard(**shard), *loaded(Path(folder)), seed, count)


def make_shard(folder: Path, shard: Shard, sources: Sources, views: Views, seed: int, count) -> None:
    about: dict = {}
    write_shard(folder, shard, textures_of(shard, sources, views, seed, count, about), about)


def textures_of(
    shard: Shard, sources: Sources, views: Views, seed: int, count, about: dict
) -> Iterator[tuple[dict[str, bytes], dict]]:
    """Files and index line of each texture; about gets the core's seconds and the process's peak memory in the end."""
    start = time.process_time()
    for index in range(shard.first, shard.first + shard.count):
        recipe = draw_recipe(sources, seed, index, shard.side)
        sample = render(sources, views, recipe)
        measured = {"ita": round(sample.ita, 2), "tone": tone_name(sample.ita)}
        stored = json.dumps({"recipe": recipe, "measured": measured}, separators=(",", ":")).encode()
        line = {"side": shard.side, "style": recipe["style"]["name"], "faces": recipe["faces"], **measured}
        yield {**sample.files(), "json": stored}, line
        about.update(seconds=round(time.process_time() - start, 2), peak_mb=peak_memory())
        count(1)


def peak_memory() -> float:
    """This process's largest resident size in MB; 0 where the system does not say."""
    status = Path("/proc/self/status")
    if status.is_file():  # Linux's getrusage remembers what the parent had before the worker was started
        return round(int(re.search(r"VmHWM:\s+(\d+)", status.read_text())[1]) / 1e3, 1)
    try:
        import resource
    except ImportError:  # Windows
        return 0.0
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, 1)  # macOS counts bytes


def fold(text: str) -> tuple[int, int]:
    number, count = (int(part) for part in text.split("/"))
    if not 0 <= number < count:
        raise ValueError
    return number, count


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m backend.lab texhub build", description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="folder of skins with their heads (see lab/texhub/skins.py)")
    parser.add_argument("--atlas", type=Path, help="the same, aligned already by texhub align")
    parser.add_argument("--output", type=Path, required=True, help="folder of shards")
    parser.add_argument("--count", type=int, default=20_000, help="textures (default 20000)")
    parser.add_argument("--size", type=int, default=256, help="texels (default 256)")
    add_engine(parser)
    parser.add_argument("--seed", type=int, default=0, help="another seed, other textures (default 0)")
    parser.add_argument("--split", choices=[*SIDES, "all"], default="train", help="whose faces (default train)")
    parser.add_argument("--split-file", type=Path, default=SPLIT, help="JSON: held_out: names of skins")
    parser.add_argument("--fold", type=fold, metavar="K/N", help="only faces of fold K (from 0) of N, to cross-fit")
    parser.add_argument("--per-shard", type=int, default=PER_SHARD, help=f"textures per shard (default {PER_SHARD})")
    parser.add_argument("--resume", action="store_true", help="go on with what is in the folder")
    arguments = parser.parse_args(argv)
    if not (arguments.data or arguments.atlas):
        parser.error("--data or --atlas is needed")
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # for the workers
    try:
        summary = build(arguments)
    except AvatarTexError as refusal:
        print(f"error {refusal}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped; whole shards are kept, --resume goes on", file=sys.stderr)
        return 2
    print(summary["text"])
    return 0
