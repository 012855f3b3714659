"""What the backend and its set-up say: in a file that stays small, and for those who watch a terminal."""

import logging
import logging.handlers
import sys
from pathlib import Path

#: One file of a megabyte and two older ones: about a thousand tracebacks, and no disk fills up.
MOST_BYTES, OLDER_FILES = 1_000_000, 2


class BackendLog:
    """A rotating file, and the last line of it. Written to from reader threads, which logging allows."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.last = ""
        self._handler = logging.handlers.RotatingFileHandler(
            path, maxBytes=MOST_BYTES, backupCount=OLDER_FILES, encoding="utf-8", delay=True
        )
        self._handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))

    def write(self, line: str) -> None:
        self.last = line
        self._handler.handle(logging.makeLogRecord({"msg": "%s", "args": (line,)}))

    def close(self) -> None:
        self._handler.close()


class ProgressLine:
    """Each new stage on stderr."""

    def __init__(self) -> None:
        self.last = ""

    def __call__(self, stage: str, fraction: float) -> None:
        if stage != self.last:
            self.last = stage
            print(f"{round(fraction * 100):3d} %  {stage}", file=sys.stderr, flush=True)
