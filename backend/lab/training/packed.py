"""train pack: the training side's data, small enough to carry to a machine that somebody lends (lent.py).

    python -m backend.lab train pack --faces runs/faces --hub runs/hub --output packed

JPEG and PNG instead of arrays: under the 64 MiB that such a machine takes.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
import shutil
from pathlib import Path

import cv2
import numpy as np

from ..texhub.build import SOURCES
from ..texhub.report import decoded
from ..texhub.shards import Shard, read_shard, write_shard
from .folds import FOLDS
from .people import KEPT

#: Of JPEG.
QUALITY = 85
#: Of people.csv.
COLUMNS = ("id", "split", "weight")
LIMIT = 64 * 2**20  # bytes


def encoded(picture: np.ndarray) -> np.ndarray:
    """Bytes of (S,S,3) as JPEG, of (S,S) as PNG; signed bytes are moved up."""
    if picture.dtype == np.int8:
        picture = (picture.astype(np.int16) + 128).astype(np.uint8)
    kind, how = (".jpg", [cv2.IMWRITE_JPEG_QUALITY, QUALITY]) if picture.ndim == 3 else (".png", [])
    return cv2.imencode(kind, picture[..., ::-1] if picture.ndim == 3 else picture, how)[1].ravel()


def pack_people(faces: Path, folder: Path) -> None:
    """observations/ID.npz of the training side, and of people.csv what training reads: no estimate goes with it."""
    (folder / "observations").mkdir(parents=True, exist_ok=True)
    with (faces / "people.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == "train"]
    with (folder / "people.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    for row in rows:
        path = faces / "observations" / f"{row['id']}.npz"
        if path.is_file():
            with np.load(path, allow_pickle=False) as data:
                np.savez(folder / "observations" / path.name, **{name: encoded(data[name]) for name in KEPT})


def pack_hub(hub: Path, folder: Path, count: int) -> None:
    """Of each fold so many textures without their lit versions, and the sources that priors are fitted on."""
    for fold in (f"fold{k}" for k in range(FOLDS)):
        (folder / fold).mkdir(parents=True, exist_ok=True)
        shutil.copyfile(hub / fold / SOURCES, folder / fold / SOURCES)
        every = itertools.chain.from_iterable(read_shard(path) for path in sorted((hub / fold).glob("train-*.tar")))
        some = [smaller(files) for _, files in itertools.islice(every, count)]
        lines = ((files, {"style": json.loads(files["json"])["recipe"]["style"]["name"]}) for files in some)
        write_shard(folder / fold, Shard("train", 0, 0, len(some)), lines, {})


def smaller(files: dict[str, bytes]) -> dict[str, bytes]:
    """A texture's files, its colours as JPEG; readers tell a picture's kind by its bytes."""
    kept = {name: data for name, data in files.items() if not name.startswith("lit")}
    return kept | {"unlit.png": encoded(decoded(files["unlit.png"])).tobytes()}


def unpack_people(folder: Path, output: Path) -> None:
    """What pack_people() wrote, as load_people() reads it; those that are there stay."""
    (output / "observations").mkdir(parents=True, exist_ok=True)
    shutil.copyfile(folder / "people.csv", output / "people.csv")
    for path in sorted((folder / "observations").glob("*.npz")):
        if (target := output / "observations" / path.name).is_file():
            continue
        with np.load(path, allow_pickle=False) as data:
            arrays = {name: np.ascontiguousarray(decoded(data[name].tobytes())) for name in KEPT}
        arrays["normals"] = (arrays["normals"].astype(np.int16) - 128).astype(np.int8)
        np.savez(target, **arrays)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m backend.lab train pack", description=__doc__.splitlines()[0])
    parser.add_argument("--faces", type=Path, required=True, help="folder of faces build")
    parser.add_argument("--hub", type=Path, required=True, help="folder of TexHub builds of other faces each")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--count", type=int, default=45, help="textures of each fold (default 45)")
    arguments = parser.parse_args(argv)
    pack_people(arguments.faces, arguments.output / "faces")
    pack_hub(arguments.hub, arguments.output / "hub", arguments.count)
    size = sum(path.stat().st_size for path in arguments.output.rglob("*") if path.is_file())
    print(f"{size / 2**20:.1f} of {LIMIT / 2**20:.0f} MiB")
    return 0 if size <= LIMIT else 1
