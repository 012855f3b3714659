"""Texturing many heads one after the other: the states of the rows, and the run that goes through them.

A row is anything with the fields of `Row`: Blender's side keeps them in the .blend file, so a batch goes on after a
restart. Nothing but the run changes a row's state.
"""

import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from ..backend.errors import AvatarTexError, Cancelled, ErrorCode
from ..backend.options import SEED, STYLE


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


#: After these the other rows would fail in the same way: they keep waiting, and the run ends.
STOPPERS = {ErrorCode.BACKEND_MISSING, ErrorCode.OUTPUT_NOT_WRITTEN, ErrorCode.WEIGHTS_MISSING}


@dataclass
class Row:
    """One head of a batch and how far it is."""

    key: str  # unique in its table, kept over undo
    object_name: str = ""
    portrait: str = ""
    style: str = STYLE.default
    seed: int = SEED.default
    state: str = RowState.WAITING
    code: str = ""  # an ErrorCode, of a row that failed
    reason: str = ""  # why it failed or was skipped; notes of one that is done
    cure: str = ""
    seconds: float = 0.0
    summary: str = ""


class Task(Protocol):
    """The job of one row; jobs.scene_batch.RowTask is one."""

    def step(self) -> bool: ...
    def apply(self) -> tuple[str, str]: ...  # summary and notes
    def cancel(self) -> None: ...
    def finish(self) -> None: ...
    def abandon(self) -> None: ...  # in the middle of it, nobody waits for its end


class Skip(Exception):
    """Raised by `begin`: the row needs no job; the text says why."""


class BatchRun:
    """Runs the waiting rows, one at a time; `step` is called by a timer or a loop.

    Args:
        find_rows: the table as it is now. Undo and file loading replace it, so no row is held between two steps.
        begin: starts a row's job; raises Skip, AvatarTexError.
        at_once: apply each result when it is there, not all of them at the end. Where the artist can undo in the
            middle of the run, nothing may be changed before its end: Blender's undo takes data that changed without
            an undo step for unchanged, and leaves it pointing at images that are gone.
    """

    def __init__(
        self, find_rows: Callable[[], Sequence[Row]], begin: Callable[[Row], Task], at_once: bool = True
    ) -> None:
        self.find_rows, self.begin, self.at_once = find_rows, begin, at_once
        self._made: dict[str, Task] = {}
        self.paused = False
        self.error: AvatarTexError | None = None  # why it ended early
        self._cancelled = False
        self._task: Task | None = None
        self._key = ""
        self._started = 0.0
        self._deaths = 0

    @property
    def working(self) -> bool:
        return self._task is not None

    def cancel(self) -> None:
        """Stop the running row, which will wait again, and begin no other."""
        self._cancelled, self.paused = True, False
        if self._task is not None:
            self._task.cancel()

    def step(self) -> bool:
        """Do what is due; whether the run is over."""
        if self._task is None:
            return self._next()
        try:
            if self._task.step():
                self._made[self._key] = self._task
                self._deaths = 0
                self._leave(RowState.MADE)
                if self.at_once:
                    self._apply()
        except Cancelled:
            self._end_cancelled()
        except Exception as reason:
            self._fail(reason)
        return False

    def close(self) -> None:
        """The run ends here, whatever the reason; a row in the middle of its job waits again."""
        if self._task is not None:
            self._task.abandon()
            self._task = None
        recover(self.find_rows())

    def _next(self) -> bool:
        row = None if self._cancelled or self.error else next_waiting(self.find_rows())
        if self.paused:
            return False
        if row is None:
            self._apply()
            return True
        self._key, self._started = row.key, time.monotonic()
        mark(row, RowState.RUNNING)
        try:
            self._task = self.begin(row)
        except Skip as reason:
            mark(row, RowState.SKIPPED, reason=str(reason))
        except Exception as reason:
            self._fail(reason)
        return False

    def _apply(self) -> None:
        """Every result that is not on its head yet, in the order of the table."""
        for row in [row for row in self.find_rows() if row.state == RowState.MADE and row.key in self._made]:
            seconds = row.seconds
            try:
                summary, notes = self._made[row.key].apply()
                mark(row, RowState.DONE, reason=notes, seconds=seconds, summary=summary)
            except Exception as reason:
                mark(row, RowState.FAILED, seconds=seconds, **explain(reason))

    def _end_cancelled(self) -> None:
        if self._cancelled:
            self._leave(RowState.WAITING)
        else:
            self._leave(RowState.SKIPPED, reason="Cancelled by hand.")

    def _fail(self, reason: Exception) -> None:
        """One head's failure, whatever it is, does not stop the others."""
        outcome = explain(reason)
        self._deaths = self._deaths + 1 if outcome["code"] == ErrorCode.BACKEND_DIED else 0
        # after three deaths in a row it will not get better: each costs a restart of seconds
        if outcome["code"] in STOPPERS or self._deaths >= 3:
            self.error = reason
        self._leave(RowState.FAILED, **outcome)

    def _leave(self, state: RowState, **outcome) -> None:
        if self._task is not None:
            self._task.finish()
            self._task = None
        row = next((row for row in self.find_rows() if row.key == self._key), None)  # none: taken out meanwhile
        if row is not None:
            mark(row, state, seconds=time.monotonic() - self._started, **outcome)


def explain(reason: Exception) -> dict[str, str]:
    """What a row that failed says; a bug's traceback goes to the terminal."""
    if isinstance(reason, AvatarTexError):
        return {"code": str(reason.code), "reason": reason.message, "cure": reason.cure}
    traceback.print_exception(reason)
    return {
        "code": str(ErrorCode.INTERNAL),
        "reason": f"AvatarTex met a bug ({type(reason).__name__}: {reason}).",
        "cure": "Please report it.",
    }


def mark(row: Row, state: RowState, **outcome) -> None:
    """Set all that a row says about its run; what is not given is as it was before any run."""
    blank = {"code": "", "reason": "", "cure": "", "seconds": 0.0, "summary": ""}
    for name, value in (blank | outcome | {"state": str(state)}).items():
        setattr(row, name, value)


def next_waiting(rows: Iterable[Row]) -> Row | None:
    return next((row for row in rows if row.state == RowState.WAITING), None)


def recover(rows: Iterable[Row]) -> None:
    """After an end that nobody planned: what is not on its head yet waits again."""
    again(rows, {RowState.RUNNING, RowState.MADE})


def again(rows: Iterable[Row], states: set[RowState]) -> int:
    """Let the rows in these states wait again; how many there were."""
    chosen = [row for row in rows if row.state in states]
    for row in chosen:
        mark(row, RowState.WAITING)
    return len(chosen)


def count(rows: Iterable[Row]) -> dict[str, int]:
    """Rows per state, every state named."""
    found = Counter(row.state for row in rows)
    return {str(state): found[str(state)] for state in RowState}


def counts_text(rows: Iterable[Row]) -> str:
    """'7 done, 1 failed, 2 waiting'; what is nought is left out."""
    return ", ".join(f"{number} {state}" for state, number in count(rows).items() if number) or "empty"
