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


@pytest.mark.skipif(sys.platform != "linux", reason="limits of memory are Linux's")
def test_what_lacked_memory_once_works_when_there_is_some():
    """oneDNN fails for ever at a layer that it had no memory to make."""
    code = """
import resource, torch
from torch.nn.functional import conv2d
from backend.worker import release_memory
def held(): return next(int(line.split()[1]) for line in open("/proc/self/status") if "VmSize" in line) * 1024
def layer(): return conv2d(torch.ones(1, 3, 256, 300), torch.ones(3, 1, 1, 41), groups=3).sum().item()
conv2d(torch.ones(1, 3, 64, 64), torch.ones(3, 1, 1, 5), groups=3)
before, told = resource.getrlimit(resource.RLIMIT_AS), ""
for more in range(0, 40 << 20, 1 << 18):
    resource.setrlimit(resource.RLIMIT_AS, (held() + more, before[1]))
    try:
        layer()
        break
    except (RuntimeError, MemoryError) as reason:
        told = str(reason)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)
    if "primitive" in told:
        release_memory()
        print(layer())
        break
else:
    print(told)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    if not done.stdout:
        pytest.skip("this machine's oneDNN makes the layer in no more memory than it has")
    assert float(done.stdout) == 3 * 256 * 260 * 41


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
