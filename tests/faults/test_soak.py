"""What the soak judges by, and why a worker's memory is flat."""

from __future__ import annotations

import subprocess
import sys

import pytest

from .real_worker import ROOT
from .soak import tell

FLAT = [(870.0 + number % 3, 5, 5) for number in range(300)]


@pytest.mark.parametrize(
    ("curve", "grows"),
    [
        (FLAT, 0),
        ([(400.0, 4, 3)] * 100 + FLAT, 0),  # the first jobs load
        ([(memory + number / 4, 5, 5) for number, (memory, _, _) in enumerate(FLAT)], 1),
        ([(870.0, 5 + number // 250, 5) for number in range(300)], 1),
        ([(870.0, 5, 5 + number // 299) for number in range(300)], 1),
    ],
    ids=("flat", "loading", "memory", "descriptors", "threads"),
)
def test_a_curve_that_grows_is_told(curve, grows, capsys):
    assert tell("jobs", curve) == grows
    assert "after 300" in capsys.readouterr().out


@pytest.mark.skipif(sys.platform != "linux", reason="glibc keeps what was freed")
def test_freed_memory_goes_back_to_the_system():
    """A last block in use keeps all that was freed below it."""
    code = """
import os
from backend.worker import trim_memory
def held(): return int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
before = held()
blocks = [bytes([1]) * 4000 for _ in range(30_000)]
last = blocks.pop()
del blocks
kept = held() - before
trim_memory()
print(kept, held() - before)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    kept, left = map(float, done.stdout.split())
    assert kept > 100 and left < 20
