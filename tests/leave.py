"""How a process with bpy as a module ends: bpy's own clean-up crashes there, in Blender itself it does not."""

from __future__ import annotations

import atexit
import os
import sys


def leave(code: int) -> None:
    """End now, after the exit handlers and with this exit code (bpy 4.2 would make it -11 once it saw an operator)."""
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
