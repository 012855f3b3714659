"""Every state that something of ours can be in: the backend, and a row of a batch."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Where the backend stands. The panel draws from this alone."""

    MISSING = "missing"  # no Python environment to start
    STOPPED = "stopped"  # could be started, nothing runs
    STARTING = "starting"  # started, or waiting out the back-off; not Ready yet
    READY = "ready"
    BUSY = "busy"
    CANCELLING = "cancelling"  # asked to stop; killed when it does not answer
    FAILED = "failed"  # died or hung; the next job starts it again


class RowState(StrEnum):
    """How far a row of a batch is."""

    WAITING = "waiting"
    RUNNING = "running"
    MADE = "made"  # the texture is there, and comes onto the head when the run ends
    DONE = "done"
    SKIPPED = "skipped"  # another row's texture serves it, or the artist said so
    FAILED = "failed"


#: Of rows: label, tooltip, icon.
ROW_TEXTS = {
    RowState.WAITING: ("Waiting", "Its turn comes when the batch runs", "RADIOBUT_OFF"),
    RowState.RUNNING: ("Running", "Its texture is being made", "PLAY"),
    RowState.MADE: ("Made", "Its texture comes onto the head when the batch ends", "IMAGE_DATA"),
    RowState.DONE: ("Done", "The texture is on the head", "CHECKMARK"),
    RowState.SKIPPED: ("Skipped", "It needs no texture of its own", "FORWARD"),
    RowState.FAILED: ("Failed", "The reason stands below the table", "ERROR"),
}
