"""Rows to workers and outcomes back, for every engine that is ours to drive: what is in flight is bounded by workers.

A row whose worker is lost with its machine, or whose machine cannot work (no space, no backend), goes to another
worker; a worker that cannot work three times in a row gets no more. Nothing is held of rows that have ended.
"""

from __future__ import annotations

import collections
import csv
import dataclasses
import queue
import sys
import threading
import time
from collections.abc import Callable, Hashable, Iterator
from pathlib import Path
from typing import Protocol

from ..errors import AvatarTexError, Cancelled, ErrorCode
from .rows import DONE, FAILED, ISOLATED, KEPT, TRIES, Do, Outcome, Task
from .worker import Worker

#: Codes of a machine and not of a row.
OF_A_MACHINE = {ErrorCode.OUTPUT_NOT_WRITTEN, ErrorCode.BACKEND_MISSING, ErrorCode.WEIGHTS_MISSING}
#: Rows in a row that a worker's machine may fail before it gets no more.
MOST_FAULTS = 3


@dataclasses.dataclass(frozen=True)
class Ended:
    """A row that came back from a worker; no outcome where the worker was lost, and words say how."""

    worker: Hashable
    row: Task
    outcome: Outcome | None
    words: str = ""


class Pool(Protocol):
    """The workers of an engine."""

    def free(self) -> bool: ...  # whether a worker waits for a row
    def busy(self) -> int: ...  # rows in flight
    def submit(self, row: Task) -> None: ...
    def wait(self) -> list[Ended]: ...  # some, or none after a moment
    def retire(self, worker: Hashable) -> None: ...
    def close(self) -> None: ...


def run_rows(rows: Iterator[Task], pool: Pool, note: Callable[[Outcome, int], None], tries: int = TRIES) -> bool:
    """Run all rows; whether there was a worker left for each.

    Args:
        note: is told each outcome as it comes, and how many rows are at work.
    """
    again = collections.deque[Task]()  # after all others: one bad machine then meets rows of its own, and is found out
    lost = collections.Counter[int]()  # by number, only of rows that were lost
    faults = collections.Counter[Hashable]()

    def take() -> Task | None:
        row = next(rows, None)
        return again.popleft() if row is None and again else row

    while True:
        while pool.free() and (row := take()) is not None:
            pool.submit(row)
        if not pool.busy():
            return take() is None
        for ended in pool.wait():
            outcome = ended.outcome
            fault = outcome is not None and outcome.state == FAILED and outcome.code in OF_A_MACHINE
            faults[ended.worker] = faults[ended.worker] + 1 if fault else 0
            if faults[ended.worker] >= MOST_FAULTS:
                pool.retire(ended.worker)
            if outcome is not None and not fault:
                lost.pop(ended.row.number, None)
                note(outcome, pool.busy())
                continue
            lost[ended.row.number] += 1
            if lost[ended.row.number] < tries:
                again.append(ended.row)
            else:
                note(outcome or isolate(ended.row, tries, ended.words), pool.busy())


def isolate(row: Task, times: int, words: str) -> Outcome:
    """Of a row whose workers were lost with all around them."""
    sentence, cure = f"The row's worker was lost {times} times: {words}.", "Look at this portrait and head."
    return Outcome(row.number, row.line, row.output, ISOLATED, ErrorCode.BACKEND_DIED, sentence, cure)


class LocalPool:
    """Workers of this machine, each with a thread that talks to it.

    Args:
        command: starts one, with so many threads. do: does a task with it.
    """

    def __init__(self, workers: int, command: list[str], threads: int, do: Do) -> None:
        self.do, self.wanted = do, True
        self.asked: dict[int, queue.SimpleQueue[Task | None]] = {
            number: queue.SimpleQueue() for number in range(workers)
        }
        self.ended: queue.SimpleQueue[Ended] = queue.SimpleQueue()
        self.idle, self.working = list(self.asked), set[int]()
        self.threads = [
            threading.Thread(target=self._serve, args=(number, Worker(command, threads))) for number in self.asked
        ]
        for thread in self.threads:
            thread.start()

    def free(self) -> bool:
        return bool(self.idle)

    def busy(self) -> int:
        return len(self.working)

    def submit(self, row: Task) -> None:
        number = self.idle.pop(0)
        self.working.add(number)
        self.asked[number].put(row)

    def wait(self) -> list[Ended]:
        try:
            ended = self.ended.get(timeout=0.5)
        except queue.Empty:
            return []
        self.working.remove(int(str(ended.worker)))
        self.idle.append(int(str(ended.worker)))
        return [ended]

    def retire(self, worker: Hashable) -> None:
        self.idle = [number for number in self.idle if number != worker]

    def close(self) -> None:
        self.wanted = False
        for asked in self.asked.values():
            asked.put(None)
        for thread in self.threads:
            thread.join()

    def _serve(self, number: int, worker: Worker) -> None:
        try:
            while (row := self.asked[number].get()) is not None:
                try:
                    outcome = self.do(row, worker, lambda: self.wanted)
                    self.ended.put(Ended(number, row, outcome))
                except Cancelled:
                    return
                except Exception as bug:  # of ours: said as a lost worker, or the run would wait for ever
                    self.ended.put(Ended(number, row, None, repr(bug)))
        finally:
            worker.close()


class Report:
    """Outcomes as they come: a line of CSV each, and one line in the terminal. Holds numbers only."""

    def __init__(self, total: int, path: Path | None) -> None:
        self.total, self.counts, self.begun = total, collections.Counter[str](), time.monotonic()
        self.shown = 0.0
        try:
            self.file = path.open("w", encoding="utf-8", newline="") if path else None
        except OSError as reason:
            what = f"{path} could not be written ({reason.strerror})."
            raise AvatarTexError(ErrorCode.OUTPUT_NOT_WRITTEN, what, "Name another file.") from None
        self.lines = csv.writer(self.file) if self.file else None
        if self.lines:
            self.lines.writerow([field.name for field in dataclasses.fields(Outcome)])

    def note(self, outcome: Outcome, busy: int) -> None:
        self.counts[outcome.state] += 1
        if self.lines and self.file:
            self.lines.writerow(dataclasses.astuple(outcome))
            self.file.flush()
        if outcome.state in (FAILED, ISOLATED):
            told = f"row {outcome.row} (line {outcome.line}) {outcome.state} [{outcome.code}] {outcome.reason}"
            print(f"\r{told} {outcome.cure}", file=sys.stderr)
        if (now := time.monotonic()) - self.shown > 0.5:
            self.shown = now
            print(f"\r{self.line()}, {busy} at work   ", end="", file=sys.stderr, flush=True)

    def line(self) -> str:
        made, seconds = self.counts[DONE], time.monotonic() - self.begun
        rest = self.total - self.counts.total()
        words = [f"{self.counts[state]} {state}" for state in (DONE, KEPT, FAILED, ISOLATED) if self.counts[state]]
        pace = f", {made / seconds * 3600:.0f} an hour" if made else ""
        return f"{', '.join(words) or 'begun'}, {rest} of {self.total} to go{pace}"

    def close(self) -> int:
        """The rows that did not end well or at all."""
        print(f"\r{self.line()}   ", file=sys.stderr)
        if self.file:
            self.file.close()
        return self.total - self.counts[DONE] - self.counts[KEPT]
