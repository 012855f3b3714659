"""Shards on disk: plain tar files in WebDataset's layout, whole or not there at all.

    train-00003.tar         000600.unlit.png 000600.valid.png 000600.lit0.jpg .. 000600.mask0.png .. 000600.json
    train-00003.index.json  sha256, bytes and a line per texture; written last, so that its presence says: finished

Tar because any loader streams it front to back without seeking, every tool opens it, and one file of 50 MB is kinder to
disks and networks than 2,000 small ones. Truth and masks are PNG (lossless), lit versions JPEG, as portraits are.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ...imaging.files import write_bytes

#: Share of a build with `--split all` that is made of held-out faces.
HELD_OUT_SHARE = 0.1


@dataclass(frozen=True)
class Shard:
    """One file of a build: its textures are first to first + count, all of one side of the split."""

    side: str
    number: int
    first: int
    count: int

    @property
    def name(self) -> str:
        return f"{self.side}-{self.number:05d}.tar"


def plan(count: int, split: str, per_shard: int) -> list[Shard]:
    """The shards of a build; no shard mixes the sides, so that a file name says what may be trained on.

    Args:
        split: train, held_out or all: the last tenth of the textures is then made of held-out faces.
    """
    held = {"train": 0, "held_out": count, "all": round(HELD_OUT_SHARE * count)}[split]
    shards = []
    for side, first, end in (("train", 0, count - held), ("held_out", count - held, count)):
        for number, start in enumerate(range(first, end, per_shard)):
            shards.append(Shard(side, number, start, min(per_shard, end - start)))
    return shards


def index_path(folder: Path, shard: str) -> Path:
    return folder / shard.replace(".tar", ".index.json")


def write_shard(folder: Path, shard: Shard, textures: Iterable[tuple[dict[str, bytes], dict]], about: dict) -> None:
    """Write the tar under a temporary name, rename it, then write its index.

    Args:
        textures: per texture its files (name -> bytes) and its line for the index.
        about: more for the index, read after the last texture.
    """
    temporary = folder / f".{shard.name}.{os.getpid()}.part"
    lines = []
    try:
        with open(temporary, "wb") as file:
            with tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as tar:
                for index, (files, line) in zip(range(shard.first, shard.first + shard.count), textures, strict=True):
                    for name, data in files.items():
                        member = tarfile.TarInfo(f"{index:06d}.{name}")  # time and owner 0: the same bytes every time
                        member.size = len(data)
                        tar.addfile(member, io.BytesIO(data))
                    lines.append({"key": f"{index:06d}", **line})
            file.flush()
            os.fsync(file.fileno())
        entry = {"sha256": checksum(temporary), "bytes": temporary.stat().st_size, **about, "textures": lines}
        os.replace(temporary, folder / shard.name)
    finally:
        temporary.unlink(missing_ok=True)
    write_bytes(index_path(folder, shard.name), json.dumps(entry).encode())


def checksum(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def finished(folder: Path, shard: Shard) -> bool:
    """Whether a shard is there, whole and unaltered."""
    path, index = folder / shard.name, index_path(folder, shard.name)
    if not (path.is_file() and index.is_file()):
        return False
    said = json.loads(index.read_text(encoding="utf-8"))
    return said["bytes"] == path.stat().st_size and said["sha256"] == checksum(path)


def sweep(folder: Path) -> int:
    """Remove what a killed build left half written; how many files."""
    parts = list(folder.glob(".*.part"))
    for part in parts:
        part.unlink(missing_ok=True)
    return len(parts)


def read_shard(path: Path) -> Iterator[tuple[str, dict[str, bytes]]]:
    """(key, name -> bytes) of each texture of a tar, in order, one at a time in memory."""
    key, files = "", {}
    with tarfile.open(path, mode="r|") as tar:
        for member in tar:
            stem, name = member.name.split(".", 1)
            if stem != key and files:
                yield key, files
                files = {}
            key, files[name] = stem, tar.extractfile(member).read()
    if files:
        yield key, files
