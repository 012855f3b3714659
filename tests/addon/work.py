"""Work that is counted and not timed: a count is the same on every machine, however busy."""

from __future__ import annotations

import sys
from collections.abc import Callable


def count_lines(call: Callable[[], object]) -> int:
    """Lines of Python that run in a call, each turn of a loop counted; what NumPy and Blender do within one is not."""
    lines, before = 0, sys.gettrace()

    def trace(_frame, event, _argument):
        nonlocal lines
        lines += event == "line"
        return trace

    sys.settrace(trace)
    try:
        call()
    finally:
        sys.settrace(before)
    return lines
