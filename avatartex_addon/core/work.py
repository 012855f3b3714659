"""Something of the set-up that takes long, on a thread: it starts processes and writes to fields, never touches bpy."""

import errno
import subprocess
import threading
from collections.abc import Callable

from ..backend.errors import AvatarTexError, ErrorCode
from .child import kill_group, process_options
from .log import BackendLog


class Work:
    """Override `work`. Read `text`, `fraction`, `done` and `error` from any thread."""

    #: Whether the artist waits for it (bar, Cancel), or it only looks at something.
    changes_files = False

    def __init__(self, log: BackendLog) -> None:
        self.log = log
        self.text, self.fraction = "", 0.0
        self.done = self.cancelled = False
        self.error: AvatarTexError | None = None
        self._process: subprocess.Popen | None = None
        self._thread = threading.Thread(target=self._run, name="avatartex-setup", daemon=True)

    def work(self) -> None:
        """Do it; every refusal is an AvatarTexError, an OSError is errors by its text."""
        raise NotImplementedError

    def start(self) -> None:
        self._thread.start()

    def cancel(self) -> None:
        """Stop as soon as possible."""
        self.cancelled = True
        process = self._process
        if process is not None and process.poll() is None:
            kill_group(process)

    def join(self) -> None:
        self._thread.join()

    def progress(self) -> tuple[str, float]:
        """What to show: a few words, and the share that is done, 0 to 1."""
        return self.text, self.fraction

    def step(self, text: str, fraction: float) -> None:
        """Say where it stands.

        Raises:
            AvatarTexError: when cancelled in the meantime.
        """
        self.heed_cancel()
        self.text, self.fraction = text, fraction
        self.log.write(f"setup: {text}")

    def heed_cancel(self) -> None:
        if self.cancelled:
            raise ErrorCode.CANCELLED("The set-up was cancelled.", "It goes on where it stopped.")

    def call(
        self,
        command: list[str],
        sentence: str,
        on_line: Callable[[str], None] = lambda line: None,
        codes: tuple[int, ...] = (0,),
    ) -> list[str]:
        """Run to the end, every line into the log and to on_line; its lines.

        Raises:
            AvatarTexError: with the sentence and the last error it errors for another exit code; when cancelled.
        """
        self.heed_cancel()
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **process_options()
        )
        if self.cancelled:
            kill_group(self._process)
        lines = []
        with self._process.stdout as pipe:
            for line in map(str.strip, pipe):
                if not line.startswith("Progress "):  # pip's, hundreds for each file
                    self.log.write(line)
                    lines.append(line)
                on_line(line)
        code, self._process = self._process.wait(), None
        self.heed_cancel()
        if code not in codes:
            raise failed(f"{sentence} {last_error(lines)}".strip())
        return lines

    def _run(self) -> None:
        try:
            self.work()
        except AvatarTexError as refusal:
            self.error = refusal
        except OSError as reason:
            self.error = failed(
                f"A file could not be written ({reason.strerror}: {reason.filename}).", CURES.get(reason.errno, GO_ON)
            )
        except Exception as reason:  # a bug must not leave the panel waiting for ever
            self.log.write(f"setup: {type(reason).__name__}: {reason}")
            self.error = failed(f"The set-up failed ({type(reason).__name__}).")
        finally:
            self.done = True


def last_error(lines: list[str]) -> str:
    """The last line in which a process said what was wrong."""
    errors = [line for line in lines if "error" in line.lower()]
    return errors[-1][:200] if errors else ""


#: What most refusals advise.
GO_ON = "Look into the log, mend the cause and go on; what is done stays."


WRITABLE = "Make the folder writable, or choose another one in the preferences."
#: What helps where the system refuses a file.
CURES = {
    errno.ENOSPC: "Free some space, or choose a folder on another disk.",
    errno.EACCES: WRITABLE,
    errno.EPERM: WRITABLE,
    errno.EROFS: WRITABLE,
}


def failed(sentence: str, cure: str = GO_ON) -> AvatarTexError:
    return ErrorCode.BACKEND_MISSING(sentence, cure)
