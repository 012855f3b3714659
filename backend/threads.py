"""Threads that are there before a job begins.

CPython waits for ever for a thread whose memory runs out before its first line (threading.Thread.start). So a job
starts none: it shares its work among those that came with the modules.
"""

import functools
import os
import threading
from concurrent.futures import ThreadPoolExecutor

#: Cores that this process may use.
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def allowed_threads(most: int = CORES) -> int:
    """Of one network: as many as the environment says, else up to so many."""
    said = os.environ.get("OMP_NUM_THREADS", "")
    return max(1, int(said)) if said.isdigit() else min(most, CORES)


@functools.cache
def start_threads(count: int) -> ThreadPoolExecutor:
    """The pool of so many threads, all of which run. What one of them does asks nothing of its own pool."""
    pool, together = ThreadPoolExecutor(count), threading.Barrier(count)
    list(pool.map(lambda _: together.wait(), range(count)))
    return pool
