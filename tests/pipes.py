"""Named pipes in the place of files: a reader that waits for one fails its test, and does not hang."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

#: Seconds that a reader may take; those that look first take less than one.
LIMIT = 20.0
#: From another process, for a library that waits keeps the threads of this one from running: what opens a pipe for both
#: directions never waits, and closing it ends who reads.
FREE = """import os, sys, time
time.sleep(float(sys.argv[1]))
while True:
    for path in sys.argv[2:]:
        os.close(os.open(path, os.O_RDWR))
    time.sleep(0.05)"""

needs_pipes = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")


@contextmanager
def pipes(*paths: Path, limit: float = LIMIT) -> Iterator[None]:
    """Pipes that nobody writes to. What waits for one goes on after the limit, and then the test fails."""
    for path in paths:
        os.mkfifo(path)
    begun = time.monotonic()
    freeing = subprocess.Popen([sys.executable, "-c", FREE, str(limit), *map(str, paths)])
    try:
        yield
    finally:
        freeing.kill()
        freeing.wait()
        if time.monotonic() - begun >= limit:
            pytest.fail(f"{', '.join(path.name for path in paths)}: a pipe was waited for")
