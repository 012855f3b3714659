"""Workers as actors of a Ray cluster: Ray places them by processors, cards and memory, and restarts them."""

from __future__ import annotations

import sys
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

from ..errors import AvatarTexError, ErrorCode
from .dispatch import Ended
from .rows import Do, Outcome, Task, always
from .worker import Worker, serve_command


@dataclass(frozen=True)
class Needs:
    """What one worker takes of its machine. memory: MB, by which Ray places it; no limit."""

    cpus: float = 1.0
    gpus: float = 0.0
    memory: int = 2000


class Actor:
    """On its machine: a warm worker."""

    def __init__(self, command: list[str], threads: int, how: Do) -> None:
        self.worker, self.how = Worker(command or serve_command(), threads), how

    def do(self, row: Task) -> Outcome:
        return self.how(row, self.worker, always)


@dataclass
class RayPool:
    """As dispatch.Pool. A command that is empty is each machine's own Python.

    Raises:
        AvatarTexError: BACKEND_MISSING, Ray is not installed or its cluster does not answer.
    """

    number: int
    command: list[str]
    needs: Needs
    how: Do
    address: str = ""
    idle: list[Any] = field(default_factory=list)
    calls: dict[Any, tuple[Any, Task]] = field(default_factory=dict)  # in flight: reference -> actor and row

    def __post_init__(self) -> None:
        try:
            import ray

            ray.init(address=self.address or None, log_to_driver=False, ignore_reinit_error=True)
        except ImportError:
            raise AvatarTexError(
                ErrorCode.BACKEND_MISSING, "Ray is not installed.", 'pip install "avatartex-backend[farm]"'
            ) from None
        except (ConnectionError, RuntimeError, ValueError) as reason:
            raise AvatarTexError(
                ErrorCode.BACKEND_MISSING, f"Ray's cluster does not answer ({reason}).", "Mend --address, or leave it."
            ) from None
        self.ray = ray
        needs, restarts = self.needs, -1  # a machine that comes back gets its actor again
        kind = ray.remote(
            num_cpus=needs.cpus,
            num_gpus=needs.gpus,
            memory=needs.memory * 1_000_000,
            max_restarts=restarts,
            max_task_retries=0,  # run_rows counts what a row has cost
        )(Actor)
        threads = max(1, int(needs.cpus))
        self.idle = [kind.remote(self.command, threads, self.how) for _ in range(self.number)]
        self.all, self.workers = tuple(self.idle), set(self.idle)

    def busy(self) -> int:
        return len(self.calls)

    def submit(self, row: Task, worker: Any) -> None:
        self.idle = [actor for actor in self.idle if actor != worker]
        self.calls[worker.do.remote(row)] = (worker, row)

    def wait(self) -> list[Ended]:
        ready, _ = self.ray.wait(list(self.calls), num_returns=1, timeout=0.5)
        ended = []
        for reference in ready:
            actor, row = self.calls.pop(reference)
            try:
                ended.append(Ended(actor, row, self.ray.get(reference)))
            except self.ray.exceptions.RayError as reason:
                words = str(reason).partition("\n")[0][:200]
                ended.append(Ended(actor, row, None, f"{type(reason).__name__} {words}"))
            if actor in self.workers:
                self.idle.append(actor)
        return ended

    def retire(self, worker: Hashable) -> None:
        self.workers.discard(worker)
        self.idle = [actor for actor in self.idle if actor != worker]
        print("\na worker whose machine cannot work gets no more rows", file=sys.stderr)

    def close(self) -> None:
        for actor in self.all:
            self.ray.kill(actor)
        self.ray.shutdown()
