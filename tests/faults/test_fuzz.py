"""Damaged files and lines: every one is read or refused in a sentence, soon, and in little memory.

AVATARTEX_FUZZ sets how many cases there are, AVATARTEX_FUZZ_SEED which ones; a case that fails prints its seed.
"""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from backend.errors import AvatarTexError, ErrorCode
from backend.head.mesh import load_capture, load_mesh
from backend.imaging.read import read_base
from backend.messages import decode
from backend.pins import parse_pins, read_pins
from backend.portrait.decode import decode_portrait
from backend.report import peak_memory
from backend.verified import manifest

from . import mutants
from .outside_blender import load_core

CASES = int(os.environ.get("AVATARTEX_FUZZ", "2400"))
FIRST = int(os.environ.get("AVATARTEX_FUZZ_SEED", "0"))
#: Seconds for one damaged file of a few hundred bytes; this machine may be busy.
LONGEST = 10.0


def read_line(path: Path) -> None:
    for line in path.read_bytes().decode("utf-8", errors="replace").splitlines():
        message = decode(line)
        if pins := getattr(message, "pins", None):
            parse_pins(pins)


def read_manifest(path: Path) -> None:
    (path.parent / "weights.json").write_bytes(path.read_bytes())
    manifest(path.parent)


def read_table(path: Path) -> None:
    load_core("table").read_table(path)


#: Reader -> (suffix of the file, a whole one, what reads it).
READERS: dict[str, tuple[str, Callable[[], bytes], Callable[[Path], object]]] = {
    "OBJ": ("obj", mutants.make_obj, load_mesh),
    "OBJ by parts": ("obj", mutants.make_obj, lambda path: load_mesh(path, "face")),
    "PLY": ("ply", mutants.make_ply, load_mesh),
    "GLB": ("glb", mutants.make_glb, load_mesh),
    "capture": ("npz", mutants.make_capture, load_capture),
    "pins": ("json", mutants.make_pins, read_pins),
    "protocol": ("txt", mutants.make_line, read_line),
    "protocol, variants": ("txt", mutants.make_variants, read_line),
    "manifest": ("json", lambda: b'{"a.onnx": {"sha256": "00", "bytes": 5}}', read_manifest),
    "portrait PNG": ("png", lambda: mutants.make_picture("PNG"), decode_portrait),
    "portrait JPEG": ("jpg", lambda: mutants.make_picture("JPEG"), decode_portrait),
    "portrait HEIC": ("heic", mutants.make_heic, decode_portrait),
    "base TIFF": ("tif", lambda: mutants.make_picture("TIFF"), lambda path: read_base(path, 16)),
    "base WebP": ("webp", lambda: mutants.make_picture("WEBP"), lambda path: read_base(path, 16)),
    "batch table": ("csv", mutants.make_table, read_table),
}


#: Each damaged HEIC starts a process: so many times fewer are tried.
SLOW = {"portrait HEIC": 10}


@pytest.mark.parametrize("name", READERS)
def test_whole_files_are_read(name, tmp_path):
    """Else the mutants would only try the first line of the reader."""
    suffix, make, read = READERS[name]
    (tmp_path / f"whole.{suffix}").write_bytes(make())
    read(tmp_path / f"whole.{suffix}")


@pytest.mark.parametrize("name", READERS)
def test_damaged_files_are_refused_in_a_sentence(name, tmp_path):
    suffix, make, read = READERS[name]
    whole, count = make(), Counter()
    for number in range(FIRST, FIRST + CASES // len(READERS) // SLOW.get(name, 1)):
        path = tmp_path / f"mutant.{suffix}"
        path.write_bytes(mutants.mutate(whole, random.Random(f"{name} {number}")))
        begun = time.monotonic()
        try:
            read(path)
            count["read"] += 1
        except AvatarTexError as refusal:
            count["refused"] += 1
            assert refusal.code is not ErrorCode.INTERNAL and refusal.cure, f"{name} {number}"
            assert len(refusal.message) <= 1100 and "Traceback" not in refusal.message, f"{name} {number}"
        except Exception as escaped:
            pytest.fail(f"{name} {number}: {type(escaped).__name__}: {escaped}")
        assert time.monotonic() - begun < LONGEST, f"{name} {number} hung"
    print(f"{name}: {dict(count)}, {peak_memory():.0f} MiB")
    assert count["refused"]
