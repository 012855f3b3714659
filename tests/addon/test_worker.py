"""The real worker in a real process, with a stand-in for the pipeline."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
#: Seconds for what takes a tenth of one on a quiet machine, and less than any job here.
PATIENCE = 120

PIPELINE = """
import ctypes, functools, os, time
from .errors import AvatarTexError, Cancelled, ErrorCode
from .messages import Result

loaded = []
load_cached_networks = functools.cache(loaded.append)

def generate(request, on_progress, is_cancelled):
    on_progress("load", 0.0)
    load_cached_networks("cpu")
    if request.style == "anime":
        return Result(request.job, request.output, warnings=[str(len(loaded))])
    if request.style == "print":
        print("a stray print")
        os.system("echo from a shell")
        os.write(1, b"native junk\\n")
    if request.style == "refuse":
        raise AvatarTexError(ErrorCode.NO_FACE_IN_PORTRAIT, "No face.", "Another picture.")
    if request.style == "bug":
        raise ZeroDivisionError("by zero")
    if request.style == "memory":
        raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried 9 bytes")
    if request.style == "slow":
        for _ in range(1000):
            time.sleep(0.01)
            if is_cancelled():
                raise Cancelled
    if request.style == "busy":
        time.sleep(600)
    return Result(request.job, request.output, warnings=[str(os.getpid())])
"""

REGISTERING = """
from .messages import Registered

def register_only(request, on_progress, is_cancelled):
    on_progress("register", 0.5)
    return Registered(request.job, sentence=f"{len(request.pins)} pins", points=request.pins)
"""


class Backend:
    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-I",
                "-B",
                "-c",
                "import sys; sys.path.insert(0, sys.argv.pop(1)); "
                "import runpy; runpy.run_module('backend', run_name='__main__', alter_sys=True)",
                str(folder),
                "serve",
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ask(self, kind: str, **fields) -> None:
        self.process.stdin.write(json.dumps({"type": kind, **fields}) + "\n")
        self.process.stdin.flush()

    def generate(self, style: str, job: str = "j") -> None:
        self.ask("generate", job=job, portrait="p", output="o.png", style=style)

    def answer(self) -> dict:
        return json.loads(self.process.stdout.readline())

    def last(self) -> dict:
        while (message := self.answer())["type"] == "progress":
            pass
        return message


@pytest.fixture
def backend(tmp_path):
    package = tmp_path / "backend"
    package.mkdir()
    for module in (ROOT / "backend").glob("*.py"):
        shutil.copy(module, package)
    (package / "pipeline.py").write_text(PIPELINE)
    (package / "registering.py").write_text(REGISTERING)
    one = Backend(tmp_path)
    assert one.answer()["type"] == "ready"
    yield one
    one.process.kill()
    one.process.wait()


def test_a_registration_is_answered_between_textures(backend):
    backend.generate("auto", "a")
    backend.ask("register", job="b", portrait="p", pins=[{"name": "chin", "portrait": [1, 2]}])
    assert backend.last()["type"] == "result"
    answer = backend.last()
    assert (answer["type"], answer["job"], answer["sentence"]) == ("registered", "b", "1 pins")


def test_jobs_one_after_the_other_in_one_process(backend):
    for job in ("a", "b"):
        backend.generate("auto", job)
    first, second = backend.last(), backend.last()
    assert (first["job"], second["job"]) == ("a", "b")
    assert first["warnings"] == second["warnings"]


def test_memory_is_released_between_jobs_when_asked(backend):
    for _ in range(2):
        backend.generate("anime")
    backend.ask("release")
    backend.generate("anime")
    assert [backend.last()["warnings"] for _ in range(3)] == [["1"], ["1"], ["2"]]


def test_nothing_but_messages_reaches_stdout(backend):
    backend.generate("print")
    assert backend.last()["type"] == "result"
    backend.process.stdin.close()
    errors = backend.process.stderr.read()
    assert "a stray print" in errors and "from a shell" in errors and "native junk" in errors


@pytest.mark.parametrize(
    ("style", "code"), [("refuse", "no-face-in-portrait"), ("bug", "internal"), ("memory", "out-of-memory")]
)
def test_failures_are_messages_and_the_next_job_runs(backend, style, code):
    backend.generate(style)
    failure = backend.last()
    assert (failure["type"], failure["code"]) == ("failure", code) and failure["cure"]
    backend.generate("auto", "next")
    assert backend.last()["type"] == "result"


def test_cancel_in_mid_job_and_before_it(backend):
    backend.generate("slow", "running")
    backend.generate("slow", "waiting")
    backend.ask("cancel", job="waiting")
    assert backend.answer()["type"] == "progress"
    backend.ask("cancel", job="running")  # it would end by itself with a result
    assert [backend.answer() for _ in range(2)] == [{"type": "stopped", "job": name} for name in ("running", "waiting")]


def test_bad_lines_are_refused(backend):
    backend.process.stdin.write("hello\n\n{}\n")
    backend.ask("generate", job="x", unknown=1)
    for _ in range(3):
        assert backend.answer()["code"] == "bad-request"


@pytest.mark.parametrize(
    "line",
    [
        '{"type":"cancel","job":[]}',
        '{"type":"cancel","job":[1]}',
        '{"type":"cancel","job":{}}',
        '{"type":"cancel"}',
        "[" * 200_000,
        '{"type":' * 100_000,
        '{"type":["cancel"]}',
        '{"type":{}}',
        "null",
        "1" * 5000,
        "x" * 9_000_000,
        '{"type":"generate","job":"a","portrait":5,"output":"o"}',
        '{"type":"generate","job":"a","portrait":"p"}',
        '{"type":"generate","job":"a","portrait":"p\\u0000","output":"o"}',
        '{"type":"generate","job":"a","portrait":"p\\ud800","output":"o"}',
        '{"type":"generate","job":"a","portrait":"p","output":"o","size":1024.0}',
        '{"type":"generate","job":"a","portrait":"p","output":"o","seed":true}',
        '{"type":"generate","job":"a","portrait":"p","output":"o","least_score":NaN}',
        '{"type":"generate","job":"a","portrait":"p","output":"o","seed":' + "9" * 400 + "}",
        '{"type":"generate","job":"a","portrait":"p","output":"o","further":["a",5]}',
        '{"type":"generate","job":"a","portrait":"p","output":"o","pins":{}}',
        '{"type":"variants","job":"a","portrait":"p","output":"o","seeds":[0.5]}',
    ],
    ids=range(22),
)
def test_no_line_makes_it_deaf(backend, line):
    backend.process.stdin.write(line + "\n")
    backend.process.stdin.flush()
    refusal = backend.answer()
    assert (refusal["type"], refusal["job"], refusal["code"]) == ("failure", "", "bad-request")
    assert len(refusal["message"]) < 1100
    backend.generate("auto", "next")
    assert backend.last()["type"] == "result"
    backend.process.stdin.close()
    assert backend.process.wait(PATIENCE) == 0


def test_a_cancel_that_comes_too_late_is_for_no_later_job(backend):
    backend.generate("auto", "same")
    assert backend.last()["type"] == "result"
    backend.ask("cancel", job="same")
    backend.ask("cancel", job="never")
    backend.generate("auto", "same")
    assert backend.last()["type"] == "result"


def test_without_pipes_it_says_so(backend):
    """As a service or from a desktop's launcher."""
    command = backend.process.args
    closed = "import os, subprocess, sys; os.close(0); os.execv(sys.argv[1], sys.argv[1:])"
    done = subprocess.run([sys.executable, "-c", closed, *command], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 2 and "standard input" in done.stderr and "Traceback" not in done.stderr


def test_the_end_of_stdin_ends_it_in_mid_job(backend):
    backend.generate("busy")
    assert backend.answer()["type"] == "progress"
    backend.process.stdin.close()
    assert backend.process.wait(PATIENCE) == 0


def test_shutdown(backend):
    backend.generate("busy")
    backend.ask("shutdown")
    assert backend.process.wait(PATIENCE) == 0
