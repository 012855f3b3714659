"""What the backend says on stderr, in a file that stays small."""

import logging
import logging.handlers
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
