"""A worker that speaks the protocol and computes nothing: what its portrait's name begins with says what happens.

kill ends it, once ends the first worker that meets it, bad is refused, full finds no space. It notes each texture that
it begins in the file STAND_IN_LOG, and takes STAND_IN_SECONDS for each. The first one that makes the file STAND_IN_FULL
is on a machine whose disk is full: what it writes ends in the middle.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from pathlib import Path


def say(kind: str, **fields: object) -> None:
    sys.stdout.write(json.dumps({"type": kind, **fields}) + "\n")
    sys.stdout.flush()


def note(text: str) -> None:
    if log := os.environ.get("STAND_IN_LOG"):
        with open(log, "a", encoding="utf-8") as file:
            file.write(text + "\n")


def is_full() -> bool:
    """Whether this process is on the machine whose disk is full."""
    if not (name := os.environ.get("STAND_IN_FULL")):
        return False
    with contextlib.suppress(FileExistsError), open(name, "x", encoding="utf-8") as file:
        file.write(str(os.getpid()))
    return Path(name).read_text(encoding="utf-8") == str(os.getpid())


def write(output: Path, texture: bytes, full: bool) -> None:
    output.write_bytes(texture[: len(texture) // 2] if full else texture)
    if full:
        with open("/dev/full", "wb", buffering=0) as disk:
            disk.write(texture)


def work(job: dict) -> None:
    portrait, output = Path(job["portrait"]), Path(job["output"])
    note(f"{portrait.stem} {os.getpid()}")
    say("progress", job=job["job"], stage="inpaint", fraction=0.5)
    if portrait.name.startswith("kill"):
        os._exit(9)
    mark = portrait.with_suffix(".met")
    if portrait.name.startswith("once") and not mark.exists():
        mark.touch()
        os._exit(9)
    time.sleep(float(os.environ.get("STAND_IN_SECONDS", "0")))
    if portrait.name.startswith("bad"):
        words = {"code": "no-face-in-portrait", "message": "No face was found.", "cure": "Choose another."}
        return say("failure", job=job["job"], **words)
    if portrait.name.startswith("full"):
        words = {"code": "output-not-written", "message": "No space is left.", "cure": "Free space."}
        return say("failure", job=job["job"], **words)
    try:
        write(output, b"a texture of " + portrait.read_bytes(), FULL)
    except OSError as reason:
        words = {"code": "output-not-written", "message": f"{reason.strerror}.", "cure": "Free space."}
        return say("failure", job=job["job"], **words)
    for name in ("provenance", "report", "layers"):
        if job.get(name):
            Path(job[name]).write_text(name, encoding="utf-8")
    say("result", job=job["job"], output=job["output"])


if __name__ == "__main__":
    FULL = is_full()
    note(f"begins {os.getpid()}")
    say("ready", protocol=1, version="0", device="", pid=os.getpid())
    for line in sys.stdin:
        message = json.loads(line)
        if message["type"] == "generate":
            work(message)
