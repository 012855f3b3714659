"""Many jobs in one worker: does it grow? python -m tests.faults.soak [--jobs 300] [--characters 200] [--size 512]

First single jobs on one head with changing options, then a batch of characters, each with a shape and a portrait of
its own. After each job: the memory that the worker holds, its descriptors, its threads. Linux.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image, ImageEnhance

from tests.demo import sources
from tests.demo.head import Head, build_head, write_obj

from .real_worker import Worker

#: The last jobs of a part, and by how much their memory may differ.
TAIL, FLAT = 100, 0.02


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.soak", description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=300)
    parser.add_argument("--characters", type=int, default=200)
    parser.add_argument("--size", type=int, default=512, help="texels")
    parser.add_argument("--table", type=Path, help="where each job's figures go, as CSV")
    options = parser.parse_args()
    with TemporaryDirectory(prefix="avatartex_soak_") as name:
        return soak(Path(name), options)


def soak(folder: Path, options: argparse.Namespace) -> int:
    """1 where a part's memory, descriptors or threads are not constant at its end."""
    head, failed = build_head(), 0
    parts = {
        "single jobs": vary_jobs(folder, head, options.jobs),
        "characters": vary_characters(folder, head, options.characters),
    }
    table = options.table.open("w", buffering=1) if options.table else None
    with Worker(folder) as worker:
        for part, requests in parts.items():
            curve: list[tuple[float, int, int]] = []
            for number, fields in enumerate(requests):
                begun = time.monotonic()
                worker.ask("generate", job=f"{part} {number}", size=options.size, **outputs(folder), **fields)
                message = worker.last()
                if message["type"] != "result":
                    raise SystemExit(f"{part} {number}: {message}")
                curve.append((worker.megabytes, worker.descriptors, worker.threads))
                if table:
                    row = (part, number, round(time.monotonic() - begun, 2), *curve[-1])
                    print(*row, sep=",", file=table)
            failed |= tell(part, curve) if curve else 0
        worker.end()
    left = [path.name for path in folder.rglob("*.part")] + [path.name for path in (folder / "temporary").iterdir()]
    print(f"left over: {left or 'nothing'}")
    return int(bool(failed or left))


def tell(part: str, curve: list[tuple[float, int, int]]) -> int:
    """Print a part's curve; 1 where its end is not flat."""
    memory, descriptors, threads = (np.array(column) for column in zip(*curve, strict=True))
    places = [place for place in (1, 2, 5, 10, 25, 50, 100, 150, 200, 250, 300) if place <= len(curve)]
    told = ", ".join(f"{memory[place - 1]:.0f} after {place}" for place in places)
    end = memory[-TAIL:]
    spread = (end.max() - end.min()) / np.median(end)
    slope = float(np.polyfit(np.arange(len(end)), end, 1)[0]) if len(end) > 1 else 0.0
    print(f"{part}: MB {told}")
    print(f"  last {len(end)}: {end.min():.0f} to {end.max():.0f} MB, {spread:.1%}; {slope * 100:+.1f} MB in 100 jobs")
    print(
        f"  descriptors {descriptors[-TAIL:].min()} to {descriptors[-TAIL:].max()}, "
        f"threads {threads[-TAIL:].min()} to {threads[-TAIL:].max()}",
        flush=True,
    )
    return int(spread > FLAT or np.ptp(descriptors[-TAIL:]) > 0 or np.ptp(threads[-TAIL:]) > 0)


def outputs(folder: Path) -> dict[str, str]:
    return {
        name: str(folder / file)
        for name, file in (("output", "t.png"), ("provenance", "p.png"), ("report", "r.json"), ("previews", "small"))
    }


def vary_jobs(folder: Path, head: Head, count: int) -> Iterator[dict]:
    """One head and one portrait with other options each time."""
    mesh, portrait = write_obj(head, folder / "head.obj"), sources.astronaut()
    chance = random.Random(0)
    for _ in range(count):
        yield {
            "mesh": str(mesh),
            "portrait": str(portrait),
            "seed": chance.randrange(1000),
            "light": chance.choice(("remove", "keep")),
        }


def vary_characters(folder: Path, head: Head, count: int) -> Iterator[dict]:
    """Each a head of another shape, captured as Blender does, and another picture of a face."""
    quads, uvs = head.faces, head.uvs[head.face_uvs]
    triangles = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]).astype(np.int32)
    corners = np.concatenate([uvs[:, [0, 1, 2]], uvs[:, [0, 2, 3]]]).astype(np.float32)
    for number in range(count):
        rng = np.random.default_rng(number)
        scale, bend = rng.uniform(0.93, 1.07, 3), rng.normal(0, 0.02, (3, 3))
        vertices = (head.vertices * scale @ (np.eye(3) + bend)).astype(np.float32)
        np.savez(
            folder / "character.npz",
            vertices=vertices,
            triangles=triangles,
            corner_uvs=corners,
            object_name=np.array(f"Character {number}"),
            up=np.array("y"),
        )
        change_picture(rng).save(folder / "character.png")
        yield {"capture": str(folder / "character.npz"), "portrait": str(folder / "character.png")}


def change_picture(rng: np.random.Generator) -> Image.Image:
    """The demo's photograph at another size, crop, colour and side."""
    picture = Image.open(sources.astronaut()).convert("RGB")
    left, top, right = rng.integers(0, 60, 3)
    picture = picture.crop((int(left), int(top), 512 - int(right), 512))
    edge = int(rng.integers(400, 900))
    picture = picture.resize((edge, edge * picture.height // picture.width))
    if rng.random() < 0.5:
        picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    for change in (ImageEnhance.Brightness, ImageEnhance.Color, ImageEnhance.Contrast):
        picture = change(picture).enhance(float(rng.uniform(0.75, 1.25)))
    return picture


if __name__ == "__main__":
    raise SystemExit(main())
