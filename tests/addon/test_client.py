"""The client of the backend, against a backend that misbehaves in every way we know."""

from __future__ import annotations

import os
import signal
import time
from types import SimpleNamespace

import pytest


@pytest.fixture
def client(addon, fake, fake_python, tmp_path):
    """A client of its own, and its job's files."""
    made = []

    def make(**times):
        log = addon("core.log").BackendLog(tmp_path / "log" / "backend.log")
        made.append(addon("core.client").BackendClient([fake_python], log, **times))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def request_for(addon, tmp_path):
    messages = addon("backend.messages")

    def make(job: str = "one"):
        return messages.Generate(
            job=job,
            portrait="p.png",
            output=str(tmp_path / f"{job}.png"),
            capture="c.npz",
            size=512,
            provenance=str(tmp_path / f"{job}-provenance.png"),
            report=str(tmp_path / f"{job}.json"),
        )

    return make


def pump_until_end(client, seconds: float = 120.0):
    """All messages up to the one that ends the job."""
    messages, until = [], time.monotonic() + seconds
    while time.monotonic() < until:
        messages += client.pump()
        if messages and type(messages[-1]).__name__ in ("Result", "Failure", "Stopped"):
            return messages
        time.sleep(0.005)
    raise AssertionError(f"The job did not end; state {client.state}, messages {messages}")


def pump_until_state(client, state: str, seconds: float = 120.0):
    until = time.monotonic() + seconds
    while client.state != state:
        assert time.monotonic() < until, client.state
        client.pump()
        time.sleep(0.005)


@pytest.fixture
def clock(addon, monkeypatch):
    """The clients' own, which stands until it is set: [seconds]."""
    now = [time.monotonic()]
    monkeypatch.setattr(addon("core.client"), "time", SimpleNamespace(monotonic=lambda: now[0]))
    return now


def test_a_job_runs_and_the_backend_stays(client, request_for):
    one = client()
    one.generate(request_for())
    assert one.state == "starting"
    messages = pump_until_end(one)
    assert type(messages[-1]).__name__ == "Result"
    assert [message.stage for message in messages[:-1]][:2] == ["load", "portrait"]
    pid = one.child.process.pid
    one.generate(request_for("two"))
    assert one.state == "busy"
    assert pump_until_end(one)[-1].job == "two"
    assert one.child.process.pid == pid


def test_memory_is_released_where_there_is_a_backend_without_a_job(client, request_for, monkeypatch):
    one, told = client(), []
    one.release()
    assert one.state == "stopped" and one.child is None
    one.generate(request_for())
    pump_until_state(one, "busy")
    monkeypatch.setattr(type(one.child), "send", lambda self, line: told.append(line))
    one.release()
    assert not told
    pump_until_end(one)
    one.release()
    assert told == ['{"type":"release"}']


def test_junk_on_stdout_goes_to_the_log(client, request_for, fake):
    fake("junk")
    one = client()
    one.generate(request_for())
    assert type(pump_until_end(one)[-1]).__name__ == "Result"
    assert "Downloading" in one.log.path.read_text()


def test_death_in_a_job_is_told_and_the_next_job_works(client, request_for, fake, tmp_path):
    fake("die-once", FAKE_MARK=str(tmp_path / "died"))
    one = client()
    one.generate(request_for())
    failure = pump_until_end(one)[-1]
    assert failure.code == "backend-died" and "exit code 3" in failure.message
    assert "the fake fell over" in failure.message
    assert one.state == "failed"
    one.generate(request_for("two"))
    assert type(pump_until_end(one)[-1]).__name__ == "Result"
    assert one.deaths == 0


def test_killed_from_outside(client, request_for, fake):
    fake("slow")
    one = client()
    one.generate(request_for())
    pump_until_state(one, "busy")
    os.killpg(one.child.process.pid, signal.SIGKILL)
    assert "out of memory" in pump_until_end(one)[-1].message


def test_death_between_jobs_is_no_error(client, request_for):
    one = client()
    one.generate(request_for())
    pump_until_end(one)
    one.child.process.kill()
    pump_until_state(one, "stopped")
    one.generate(request_for("two"))
    assert type(pump_until_end(one)[-1]).__name__ == "Result"


def test_restarts_back_off(client, request_for, fake, clock):
    fake("die")
    one = client()
    for _ in range(2):
        one.generate(request_for())
        pump_until_end(one)
    one.generate(request_for())
    clock[0] += 1.9
    assert not one.pump() and one.state == "starting" and one.child is None
    clock[0] += 0.2
    one.pump()
    assert one.child is not None


def test_cancel_is_answered_by_the_backend(client, request_for, fake, clock):
    fake("stay")
    one = client()
    one.generate(request_for())
    pump_until_state(one, "busy")
    one.cancel()
    assert type(pump_until_end(one)[-1]).__name__ == "Stopped"
    assert one.state == "ready"


def test_cancel_works_on_a_deaf_backend_within_two_seconds(client, request_for, fake, clock):
    fake("deaf,stay", FAKE_SECONDS="0")
    one = client()
    one.generate(request_for())
    pump_until_state(one, "busy")
    one.cancel()
    clock[0] += 1.0
    assert not one.pump() and one.state == "cancelling"  # it may still answer by itself
    clock[0] += 0.9
    assert [type(message).__name__ for message in one.pump()] == ["Stopped"]
    assert one.state == "stopped" and one.child is None


def test_cancel_while_it_starts(client, request_for, fake):
    fake("slow-start")
    one = client()
    one.generate(request_for())
    one.pump()
    one.cancel()
    assert [type(message).__name__ for message in one.pump()] == ["Stopped"]
    one.generate(request_for("two"))
    assert pump_until_end(one)[-1].job == "two"


def test_a_slow_start_is_waited_for(client, request_for, fake):
    fake("slow-start")
    one = client()
    one.generate(request_for())
    assert type(pump_until_end(one)[-1]).__name__ == "Result"


def test_a_backend_that_never_gets_ready(client, request_for, fake):
    fake("mute")
    one = client(start_time=0.5)
    one.generate(request_for())
    assert "did not start" in pump_until_end(one)[-1].message


def test_a_hung_backend_is_killed(client, request_for, fake):
    fake("slow")
    one = client(silence_time=0.7)
    one.generate(request_for())
    pump_until_state(one, "busy")
    os.kill(one.child.process.pid, signal.SIGSTOP)
    failure = pump_until_end(one)[-1]
    assert failure.code == "backend-died" and "stopped answering" in failure.message


def test_another_protocol_is_refused(client, request_for, fake):
    fake("old")
    one = client()
    one.generate(request_for())
    assert "protocol 99" in pump_until_end(one)[-1].message


def test_nothing_to_start(addon, tmp_path, request_for):
    log = addon("core.log").BackendLog(tmp_path / "backend.log")
    one = addon("core.client").BackendClient([], log)
    with pytest.raises(addon("backend.errors").AvatarTexError) as refusal:
        one.generate(request_for())
    assert refusal.value.code == "backend-missing"
    other = addon("core.client").BackendClient([str(tmp_path / "no-python")], log)
    other.generate(request_for())
    assert pump_until_end(other)[-1].code == "backend-missing"


def test_the_backend_ends_with_its_client(client, request_for, fake):
    fake("slow")
    one = client()
    one.generate(request_for())
    pump_until_state(one, "busy")
    process = one.child.process
    one.close()
    assert process.poll() is not None


def test_its_environment_is_clean(addon, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    monkeypatch.setenv("PYTHONHOME", "/blender/python")
    environment = addon("core.child").clean_environment()
    assert "PYTHONPATH" not in environment and "PYTHONHOME" not in environment
    assert environment["PYTHONNOUSERSITE"] == "1"


def test_the_exit_is_waited_for(addon, tmp_path):
    """A process's pipes close a little before the system tells how it ended."""
    child, waited = addon("core.child").Child(["true"], addon("core.log").BackendLog(tmp_path / "backend.log")), []
    child.process.wait()
    child.process = SimpleNamespace(wait=waited.append)
    child.settle()
    assert waited and 0 < waited[0] < 1  # Blender's window stands meanwhile


@pytest.mark.skipif(not hasattr(signal, "SIGPIPE"), reason="no such signal")
def test_a_word_to_the_dead_does_not_end_blender(addon, tmp_path):
    """Blender leaves SIGPIPE at its default, which the bpy module's Python does not."""
    before = signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    child = addon("core.child").Child(["true"], addon("core.log").BackendLog(tmp_path / "backend.log"))
    try:
        child.process.wait()
        child.send("x" * 1_000_000)
        child.leave()
        assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == set() and not signal.sigpending()
    finally:
        signal.signal(signal.SIGPIPE, before)


def test_its_processes_call_nobody(addon, monkeypatch):
    switches = addon("backend.offline").SWITCHES
    for name in switches:
        monkeypatch.delenv(name, raising=False)
    assert switches.items() <= addon("core.child").clean_environment().items()
    assert not any(name in os.environ for name in switches)  # Blender's own process stays the artist's
