"""Damaged files and lines: every one is read or refused in a sentence, soon, and in little memory.

AVATARTEX_FUZZ sets how many cases there are, AVATARTEX_FUZZ_SEED which ones; a case that fails prints its seed.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from backend.errors import AvatarTexError, ErrorCode
from backend.head.mesh import load_capture, load_mesh
from backend.imaging.read import read_base
from backend.large.clip import ClipText
from backend.large.load import build, merge_lora, read_file
from backend.large.paint import refusing_unusable
from backend.large.tokens import Pairs, clip_tokens
from backend.models.command import describe
from backend.models.own_parts import use_local
from backend.models.profiles import PROFILES
from backend.models.store import check_safetensors, lock_path, used_elsewhere, verify
from backend.pins import parse_pins, read_pins
from backend.portrait.decode import decode_portrait
from backend.report import peak_memory
from backend.verified import manifest
from backend.wire import decode

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


def read_models(path: Path) -> None:
    """As the list of models does, and a job."""
    profile = PROFILES["klein"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("huggingface_hub.constants.HF_ASSETS_CACHE", str(path.parent))
        lock_path(profile).parent.mkdir(exist_ok=True)
        lock_path(profile).write_bytes(path.read_bytes())
        assert json.dumps(describe(profile)) and used_elsewhere(PROFILES["sdxl"]) is not None
        verify(profile)


def read_own_model(path: Path) -> None:
    """A folder of the artist's; its configuration, then a network of it."""
    folder = path.parent / "own"
    (folder / "clip").mkdir(parents=True, exist_ok=True)
    (folder / "clip" / "config.json").write_bytes(path.read_bytes())
    state = ClipText(json.loads(mutants.make_config())).state_dict()
    save_file(state, folder / "clip" / "model.safetensors")
    base = replace(PROFILES["sd15"].part("base"), folders=("clip",), config=(("clip", "in_channels", 9),))
    stored = use_local(replace(PROFILES["sd15"], parts=(base,)), "base", folder)
    build(ClipText, stored, "clip", torch.float32)


def read_lora(path: Path) -> None:
    check_safetensors(path)
    state = {"mid_block.to_q.weight": torch.zeros(6, 5)}
    merge_lora(state, read_file(path))
    assert state["mid_block.to_q.weight"].isfinite().all()


def read_tokenizer(path: Path) -> None:
    folder = path.parent / "tokenizer"
    folder.mkdir(exist_ok=True)
    (folder / path.name.replace("mutant", "tokenizer").replace("whole", "tokenizer")).write_bytes(path.read_bytes())
    pairs = Pairs(folder)
    with refusing_unusable(PROFILES["klein"]):
        clip_tokens(pairs, "head")


def read_vocabulary(path: Path) -> None:
    folder = path.parent / "vocabulary"
    folder.mkdir(exist_ok=True)
    (folder / "vocab.json").write_bytes(path.read_bytes())
    (folder / "merges.txt").write_text("#version: 0.2\nh e\na d</w>\nhe ad</w>\n")
    pairs = Pairs(folder)
    with refusing_unusable(PROFILES["klein"]):
        clip_tokens(pairs, "head")


def read_faces(path: Path) -> None:
    module = load_core("found_faces")
    try:
        found = module.read_answer(path.read_bytes(), b"")
    except module.UNREADABLE:
        raise AvatarTexError(ErrorCode.BAD_REQUEST, "It is another answer.", "Look into the log.") from None
    assert 0 <= found.choose({"nose_tip": (3.0, 4.0)}) <= len(found.faces)


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
    "list of models": ("json", mutants.make_lock, read_models),
    "own model": ("json", mutants.make_config, read_own_model),
    "LoRA": ("safetensors", mutants.make_lora, read_lora),
    "vocabulary": ("json", mutants.make_vocabulary, read_vocabulary),
    "tokenizer": ("json", mutants.make_tokenizer, read_tokenizer),
    "faces": ("json", mutants.make_faces, read_faces),
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
