"""Work of which only parts may run on Blender's own thread: it stays free for the artist meanwhile."""

import threading
from collections.abc import Callable, Generator
from typing import Any

#: What a chore is written as: each function that it yields runs on a thread and must not touch bpy; what it returns, or
#: raises, comes back at the yield. Between two of them the artist may have changed anything.
Parts = Generator[Callable[[], Any], Any, Any]


class Chore:
    """Runs the first part at once and the next ones in `step`, which never waits.

    Raises:
        Exception: what the parts let through; from the first part on creation, else from `step`.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts, self._value, self._error = parts, None, None
        self._thread: threading.Thread | None = None
        self.done, self.result = False, None
        self.step()

    @property
    def at_work(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def step(self) -> bool:
        """Go on where the thread is through; whether all is done, and `result` is there."""
        if self.done or self.at_work:
            return self.done
        value, error, self._value, self._error = self._value, self._error, None, None
        try:
            work = self._parts.throw(error) if error is not None else self._parts.send(value)
        except StopIteration as end:
            self.done, self.result = True, end.value
            return True
        self._thread = threading.Thread(target=self._run, args=(work,), daemon=True)
        self._thread.start()
        return False

    def join(self) -> None:
        """Wait for the thread, where nobody looks at a window."""
        if self._thread is not None:
            self._thread.join()

    def _run(self, work: Callable[[], Any]) -> None:
        try:
            self._value = work()
        except BaseException as reason:
            self._error = reason


def run_whole(parts: Parts) -> Any:
    """Do a chore to its end and return its result."""
    chore = Chore(parts)
    while not chore.step():
        chore.join()
    return chore.result
