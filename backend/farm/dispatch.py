"""Rows to workers and outcomes back, for every engine that is ours to drive: what is in flight is bounded by workers.

A row whose worker is lost with its machine goes to another one. So does a row that failed as rows do on a machine that
cannot work (no space, no backend, a folder that it does not see): where another worker does it, the machine was at
fault, and gets no more after three such rows; where nobody does it, the row was, and no machine. A worker with three
rows that nobody has judged yet gets no new ones. Nothing is held of rows that have ended.
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
from typing import Any, Protocol

from ..errors import AvatarTexError, Cancelled, ErrorCode
from .rows import DONE, FAILED, ISOLATED, KEPT, TRIES, Do, Outcome, Task
from .worker import Worker

#: Codes of a machine or of a row: another machine says which.
OF_A_MACHINE = {
    ErrorCode.OUTPUT_NOT_WRITTEN,
    ErrorCode.INPUT_MISSING,
    ErrorCode.BACKEND_MISSING,
    ErrorCode.WEIGHTS_MISSING,
}
#: Rows that a worker's machine may fail before it gets no more; and rows for each worker that may fail on every
#: machine, one after the other, before the run ends: then it is what all machines share.
MOST_FAULTS = 3


@dataclasses.dataclass(frozen=True)
class Ended:
    """A row that came back from a worker; no outcome where the worker was lost, and words say how."""

    worker: Any
    row: Task
    outcome: Outcome | None
    words: str = ""


class Pool(Protocol):
    """The workers of an engine. idle: those that wait for a row; workers: all that may get one."""

    idle: list[Any]
    workers: set[Any]

    def busy(self) -> int: ...  # rows in flight
    def submit(self, row: Task, worker: Any) -> None: ...
    def wait(self) -> list[Ended]: ...  # some, or none after a moment
    def retire(self, worker: Any) -> None: ...
    def close(self) -> None: ...


@dataclasses.dataclass
class Trial:
    """A row that has not ended: how often it was lost, on which workers it failed, and how."""

    row: Task
    lost: int = 0
    failed_on: set[Hashable] = dataclasses.field(default_factory=set)
    outcome: Outcome | None = None


def run_rows(rows: Iterator[Task], pool: Pool, note: Callable[[Outcome, int], None], tries: int = TRIES) -> bool:
    """Run all rows; whether there was a worker left for each.

    Args:
        note: is told each outcome as it comes, and how many rows are at work.
    """
    return Dispatch(rows, pool, note, tries).run()


class Dispatch:
    """As run_rows."""

    def __init__(self, rows: Iterator[Task], pool: Pool, note: Callable[[Outcome, int], None], tries: int) -> None:
        self.rows, self.pool, self.note, self.tries = rows, pool, note, tries
        self.again = collections.deque[Trial]()
        self.flying: dict[int, Trial] = {}  # by the row's number
        self.unjudged = collections.defaultdict[Hashable, set[int]](set)  # worker -> rows that failed on it
        self.guilty = collections.Counter[Hashable]()  # worker -> rows that failed on it, and on no other
        self.in_vain = 0  # rows that failed on every machine since the last that did not

    def run(self) -> bool:
        while True:
            for worker in [] if self.nothing_works() else [*self.pool.idle]:
                if (trial := self.pick(worker)) is not None:
                    self.flying[trial.row.number] = trial
                    self.pool.submit(trial.row, worker)
            if not self.pool.busy():
                if self.again and not self.nothing_works() and self.pool.workers:
                    self.give_up(self.again.popleft())  # all that are left have failed it
                    continue
                return not self.again and next(self.rows, None) is None
            for ended in self.pool.wait():
                self.settle(ended, self.flying.pop(ended.row.number))

    def nothing_works(self) -> bool:
        return self.in_vain >= MOST_FAULTS * max(1, len(self.pool.workers))

    def pick(self, worker: Hashable) -> Trial | None:
        """A row for a worker: first one that another worker did not end."""
        for trial in self.again:
            if worker not in trial.failed_on:
                self.again.remove(trial)
                return trial
        faults = len(self.unjudged[worker]) + self.guilty[worker]
        row = next(self.rows, None) if faults < MOST_FAULTS else None
        return Trial(row) if row is not None else None

    def settle(self, ended: Ended, trial: Trial) -> None:
        trial.outcome = ended.outcome
        if ended.outcome is None:
            trial.lost += 1
            if trial.lost < self.tries:
                self.again.append(trial)
            else:
                self.note(isolate(trial.row, self.tries, ended.words), self.pool.busy())
        elif ended.outcome.state == FAILED and ended.outcome.code in OF_A_MACHINE:
            trial.failed_on.add(ended.worker)
            self.unjudged[ended.worker].add(trial.row.number)
            if len(trial.failed_on) < self.tries and self.pool.workers - trial.failed_on:
                self.again.append(trial)
            else:
                self.give_up(trial)
        else:
            self.in_vain = 0
            for worker in self.judge(trial):
                self.guilty[worker] += 1
                if self.guilty[worker] >= MOST_FAULTS and worker in self.pool.workers:
                    self.pool.retire(worker)
            self.guilty[ended.worker] = 0
            self.note(ended.outcome, self.pool.busy())

    def give_up(self, trial: Trial) -> None:
        """It was the row, or what all machines share."""
        self.judge(trial)
        self.in_vain += 1
        if trial.outcome is not None:
            self.note(trial.outcome, self.pool.busy())

    def judge(self, trial: Trial) -> set[Hashable]:
        """Where it failed; those workers are no longer asked about it."""
        for worker in trial.failed_on:
            self.unjudged[worker].discard(trial.row.number)
        return trial.failed_on


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
        self.idle, self.working, self.workers = list(self.asked), set[int](), set(self.asked)
        self.threads = [
            threading.Thread(target=self._serve, args=(number, Worker(command, threads))) for number in self.asked
        ]
        for thread in self.threads:
            thread.start()

    def busy(self) -> int:
        return len(self.working)

    def submit(self, row: Task, worker: int) -> None:
        self.idle.remove(worker)
        self.working.add(worker)
        self.asked[worker].put(row)

    def wait(self) -> list[Ended]:
        try:
            ended = self.ended.get(timeout=0.5)
        except queue.Empty:
            return []
        self.working.remove(ended.worker)
        if ended.worker in self.workers:
            self.idle.append(ended.worker)
        return [ended]

    def retire(self, worker: int) -> None:
        self.workers.remove(worker)
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
