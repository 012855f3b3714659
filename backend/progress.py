"""How far a job has come: counted in one place, with the clock of its stages, and where a cancelled one ends."""

import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from .errors import Cancelled

#: Called with a stage or a label, the share of the job that is done and, where there is one, a preview's path.
OnProgress = Callable[..., Any]
#: Called with a stage and the share of it that is done.
Step = Callable[..., None]


def no_step(stage: str, fraction: float = 0.0) -> None:
    """For callers that show no progress."""


class Clock:
    """Seconds and peak memory per stage."""

    def __init__(self) -> None:
        self.start = self.last = time.perf_counter()
        self.stage = ""
        self.seconds: dict[str, float] = {}
        self.memory: dict[str, float] = {}

    def enter(self, stage: str) -> None:
        """Count the time since the last call to the stage before."""
        now = time.perf_counter()
        if self.stage:
            self.seconds[self.stage] = self.seconds.get(self.stage, 0.0) + now - self.last
            self.memory[self.stage] = peak_memory()
        self.stage, self.last = stage, now

    def finish(self) -> float:
        """Close the running stage; the seconds of the whole job."""
        self.enter(self.stage)
        return time.perf_counter() - self.start


def peak_memory() -> float:
    """Peak resident memory of this process so far, MiB; 0 where the system does not say."""
    try:
        import resource
    except ImportError:  # Windows
        return 0.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10


class Progress:
    """A job's progress.

    total: seconds that the whole job usually takes, or anything that goes with them. clock: of its stages.
    """

    def __init__(
        self,
        total: float = 1.0,
        on_progress: OnProgress = lambda *_: None,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> None:
        self.total, self.clock = total, Clock()
        self._on_progress, self._is_cancelled = on_progress, is_cancelled
        self._now: tuple[str, float] = ("", 0.0)

    def report(self, label: str, done: float) -> None:
        """Say what is at work after so many of the total.

        Raises:
            Cancelled: the job was.
        """
        if self._is_cancelled():
            raise Cancelled
        self._now = label, min(1.0, done / self.total)
        self._on_progress(*self._now)

    def steps(self, plan: Mapping[str, float]) -> Step:
        """A function of a stage and a share of it, for stages that take what the plan says, one after the other.

        Args:
            plan: by stage, in their order.
        """
        before, done = {}, 0.0
        for stage, share in plan.items():
            before[stage] = done
            done += share

        def step(stage: str, fraction: float = 0.0) -> None:
            self.clock.enter(stage)
            self.report(stage, before[stage] + plan[stage] * fraction)

        return step

    def preview(self, path: str) -> None:
        """Say that there is a new picture of the texture."""
        self._on_progress(*self._now, path)
