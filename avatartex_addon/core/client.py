"""The client of the backend: jobs go in, messages come out of `pump`, whatever happens to the process.

Call `pump` often (a timer, or a loop). It never blocks, and it is the only place where anything changes. A backend that
dies, hangs or cannot be started answers its job with a Failure like any other, so callers know one way for a job
to end: exactly one Result (Varied, Expressed, Registered, Saved), Failure or Stopped.
"""

import queue
import time
from enum import StrEnum

from ..backend.errors import AvatarTexError, ErrorCode
from ..backend.messages import PROTOCOL, Answer, Cancel, Failure, Message, Progress, Ready, Release, Request, Stopped
from ..backend.wire import decode, encode
from .child import Child
from .log import BackendLog

#: Seconds to wait before a restart, by the number of deaths in a row: a crash at start must not become a fork storm.
BACK_OFF = (0.0, 0.0, 2.0, 5.0, 15.0, 30.0)


class State(StrEnum):
    """Where the backend stands. The panel draws from this alone."""

    MISSING = "missing"  # no Python environment to start
    STOPPED = "stopped"  # could be started, nothing runs
    STARTING = "starting"  # started, or waiting out the back-off; not Ready yet
    READY = "ready"
    BUSY = "busy"
    CANCELLING = "cancelling"  # asked to stop; killed when it does not answer
    FAILED = "failed"  # died or hung; the next job starts it again


class BackendClient:
    """One backend process and at most one job.

    Args:
        command: how to start the backend; empty when there is none (state MISSING).
        log: receives its stderr, and whatever else it says that is no message.
        cancel_time: seconds without Stopped after which a cancelled backend is killed, so that Cancel always works
            within two seconds.
        start_time: seconds until Ready: only the standard library is imported before it; a virus scanner on a cold
            disk took 20.
        silence_time: seconds of silence in a job after which the backend counts as hung. Alive but slow is not dead:
            one step of a 4K composition on a weak CPU may take a minute.
    """

    def __init__(
        self,
        command: list[str],
        log: BackendLog,
        *,
        cancel_time: float = 1.5,
        start_time: float = 60.0,
        silence_time: float = 300.0,
    ) -> None:
        self.command, self.log = command, log
        self.cancel_time, self.start_time, self.silence_time = cancel_time, start_time, silence_time
        self.state = State.STOPPED if command else State.MISSING
        self.child: Child | None = None
        self.request: Request | None = None
        self.deaths = 0  # in a row, without a finished job in between
        self._own_answers: list[Message] = []
        self._deadline = 0.0  # of the state; see _check_time
        self._restart_at = 0.0

    def generate(self, request: Request) -> None:
        """Take a job; the backend is started when it is not running.

        Raises:
            AvatarTexError: BACKEND_MISSING when there is nothing to start, BAD_REQUEST when a job is running.
        """
        self.refuse()
        self.request = request
        if self.state is State.READY:
            self._send_request()
        elif self.state in (State.STOPPED, State.FAILED):
            self.start()

    def refuse(self) -> None:
        """Raise what `generate` would raise now."""
        if self.state is State.MISSING:
            raise ErrorCode.BACKEND_MISSING("The backend is not set up.", "Press Set Up Backend, or choose its Python.")
        if self.request is not None:
            raise ErrorCode.BAD_REQUEST("A job is already running.", "Wait for it, or cancel it.")

    def start(self) -> None:
        """Begin to start the backend; pump does it when the back-off is over."""
        self.state = State.STARTING
        self._deadline = max(time.monotonic(), self._restart_at) + self.start_time

    def cancel(self) -> None:
        """Ask the running job to stop; pump answers with Stopped."""
        if self.request is None or self.state is State.CANCELLING:
            return
        if self.state is State.STARTING:  # nothing has been asked of it yet
            self._own_answers.append(Stopped(self.request.job))
            self.request = None
            return
        self.child.send(encode(Cancel(self.request.job)))
        self._deadline = time.monotonic() + self.cancel_time
        self.state = State.CANCELLING

    def release(self) -> None:
        """Have a backend that waits for its next job give memory back; one that does not run has none."""
        if self.state is State.READY and self.child is not None:
            self.child.send(encode(Release()))

    def drop(self) -> None:
        """Forget the running job without waiting for its end: nobody will pump until the next one."""
        if self.request is None:
            return
        if self.state in (State.BUSY, State.CANCELLING):
            self.child.send(encode(Cancel(self.request.job)))
            self.state = State.READY  # the worker takes the next job when it has stopped this one
        self.request = None

    def close(self) -> None:
        """End the backend; a job in it is dropped without an answer."""
        self.request = None
        if self.child is not None:
            self.child.leave()
            self.child = None
        self.state = State.STOPPED if self.command else State.MISSING

    def pump(self) -> list[Message]:
        """Do what is due; the messages that arrived for the job."""
        arrived, self._own_answers = self._own_answers, []
        if self.state is State.STARTING and self.child is None:
            return arrived + self._spawn()
        while self.child is not None:
            try:
                line = self.child.lines.get_nowait()
            except queue.Empty:
                break
            if line is None:
                return arrived + self._bury()
            arrived += self._take(line)
        if self.child is not None and self.child.exit_code is not None and self.child.lines.empty():
            return arrived + self._bury()  # something it started may hold its stdout open
        return arrived + self._check_time()

    def _spawn(self) -> list[Message]:
        if time.monotonic() < self._restart_at:
            return []
        try:
            self.child = Child(self.command, self.log)
        except OSError as reason:
            self.log.write(f"{self.command[0]}: {reason}")
            return self._fail(
                ErrorCode.BACKEND_MISSING(
                    f"The backend's Python could not be started ({reason.strerror}).",
                    "Set up the backend again, or choose another Python in the preferences.",
                )
            )
        return []

    def _take(self, line: str) -> list[Message]:
        """One line of the backend."""
        try:
            message = decode(line)
        except AvatarTexError:
            self.log.write(f"stdout: {line}")  # a library that found a way to print
            return []
        self._deadline = self._deadline if self.state is State.CANCELLING else time.monotonic() + self.silence_time
        match message:
            case Ready():
                return self._greet(message)
            case Progress() if self._is_ours(message.job) and self.state is State.BUSY:
                return [message]
            case message if isinstance(message, Answer | Failure | Stopped) and self._is_ours(message.job):
                self.request, self.state, self.deaths = None, State.READY, 0
                return [message]
            case Failure():
                self.log.write(f"refused: {message.message} {message.cure}")
        return []

    def _greet(self, ready: Ready) -> list[Message]:
        if ready.protocol != PROTOCOL:
            return self._fail(
                ErrorCode.BACKEND_DIED(
                    f"The backend speaks protocol {ready.protocol}, the add-on {PROTOCOL}.",
                    "Set up the backend of this AvatarTex version.",
                )
            )
        self.state = State.READY
        if self.request is not None:
            self._send_request()
        return []

    def _send_request(self) -> None:
        self.state = State.BUSY
        self._deadline = time.monotonic() + self.silence_time
        self.child.send(encode(self.request))

    def _check_time(self) -> list[Message]:
        """What the clock alone shows: not started, hung, or deaf to Cancel."""
        if self.state not in (State.STARTING, State.BUSY, State.CANCELLING) or time.monotonic() < self._deadline:
            return []
        if self.state is State.CANCELLING:
            stopped, self.request = Stopped(self.request.job), None
            if self.child is not None:
                self.child.kill()
                self.child = None
            self.state = State.STOPPED
            return [stopped]
        did = "did not start" if self.state is State.STARTING else "stopped answering"
        return self._fail(self._died(f"The backend {did}."))

    def _bury(self) -> list[Message]:
        """The process is gone, or its stdout is."""
        self.child.settle()
        code = self.child.exit_code
        if self.state is State.CANCELLING:
            self._deadline = 0.0
            return self._check_time()
        if self.request is None and self.state is State.READY:
            self.child.kill()
            self.child, self.state = None, State.STOPPED
            return []
        return self._fail(self._died(f"The backend ended unexpectedly{exit_words(code)}."))

    def _fail(self, error: AvatarTexError) -> list[Message]:
        """Kill what is left, and answer the job."""
        if self.child is not None:
            self.child.kill()
            self.child = None
        self.deaths += 1
        self._restart_at = time.monotonic() + BACK_OFF[min(self.deaths, len(BACK_OFF) - 1)]
        self.state = State.FAILED
        request, self.request = self.request, None
        return [Failure.of(request.job, error)] if request is not None else []

    def _died(self, sentence: str) -> AvatarTexError:
        last = self.log.last.strip()
        return ErrorCode.BACKEND_DIED(
            sentence + (f" Its last words: {last[:160]}" if last else ""),
            "Generate again; if it happens again, look into the log.",
        )

    def _is_ours(self, job: str) -> bool:
        return self.request is not None and job == self.request.job


def exit_words(code: int | None) -> str:
    """What an exit code means: ' (exit code 1)', ' (killed; often the system was out of memory)'."""
    if code is None:
        return ""
    if code in (-9, 137):
        return " (killed; often the system was out of memory)"
    if code in (-11, 139, 0xC0000005):
        return " (crash in native code)"
    return f" (exit code {code})"
