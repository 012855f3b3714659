"""How much memory the system can still give; standard library only."""

import ctypes
import os
import re
import sys
from pathlib import Path


def free_memory() -> float | None:
    """GB that a new process can have; None where the system does not say."""
    if sys.platform == "win32":

        class Status(ctypes.Structure):
            _fields_ = [("length", ctypes.c_uint32), ("load", ctypes.c_uint32)] + [
                (name, ctypes.c_uint64)
                for name in ("total", "free", "total_page", "free_page", "total_virtual", "free_virtual", "extended")
            ]

        status = Status(length=ctypes.sizeof(Status))
        return status.free / 1e9 if ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status)) else None
    try:
        text = Path("/proc/meminfo").read_text()
        found = re.search(r"MemAvailable:\s+(\d+) kB", text)
        return int(found[1]) * 1024 / 1e9 if found else None
    except OSError:
        pass
    try:  # macOS counts nearly all memory as available on demand
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9
    except (ValueError, OSError, AttributeError):
        return None
