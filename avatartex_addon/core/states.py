"""Where the backend stands. The panel draws from this alone."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    MISSING = "missing"         # no Python environment to start
    STOPPED = "stopped"         # could be started, nothing runs
    STARTING = "starting"       # started, or waiting out the back-off; not Ready yet
    READY = "ready"
    BUSY = "busy"
    CANCELLING = "cancelling"   # asked to stop; killed when it does not answer
    FAILED = "failed"           # died or hung; the next job starts it again
