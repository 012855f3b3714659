"""The real worker on a real head, killed at each of its messages: files are as before or wholly new, nothing stays."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="processes are counted in POSIX's way"),
]
#: What a job is asked to write; before it, each holds this.
OUTPUTS = ("output", "provenance", "report")
BEFORE = b"the artist's own"


class Worker:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "temporary").mkdir(parents=True, exist_ok=True)
        self.process = subprocess.Popen(
            [sys.executable, "-B", "-m", "backend", "serve"],
            cwd=ROOT,
            text=True,
            start_new_session=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"TMPDIR": str(folder / "temporary")},
        )
        assert self.answer()["type"] == "ready"

    def ask(self, head: Path, portrait: Path) -> None:
        names = {name: str(self.folder / f"{name}.{'json' if name == 'report' else 'png'}") for name in OUTPUTS}
        line = {"type": "generate", "job": "j", "mesh": str(head), "portrait": str(portrait), "size": 512, **names}
        self.process.stdin.write(json.dumps(line) + "\n")
        self.process.stdin.flush()

    def answer(self) -> dict:
        return json.loads(self.process.stdout.readline() or '{"type": "gone"}')

    def end(self, how: str) -> None:
        if how == "kill":
            os.killpg(self.process.pid, signal.SIGKILL)
        else:
            self.process.stdin.close()
        self.process.wait(5)
        self.process.stdout.close()


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def is_alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
def folder(tmp_path):
    for name in OUTPUTS:
        (tmp_path / f"{name}.{'json' if name == 'report' else 'png'}").write_bytes(BEFORE)
    return tmp_path


@pytest.mark.parametrize("how", ["kill", "close"])
@pytest.mark.parametrize("stage", ["load", "register", "inpaint", "repaint", "compose"])
def test_ended_at_a_message(stage, how, folder, demo_head_obj, astronaut):
    before = files(folder)
    worker = Worker(folder)
    worker.ask(demo_head_obj, astronaut)
    while (message := worker.answer()).get("stage") != stage:
        assert message["type"] == "progress", message
    worker.end(how)
    until = time.monotonic() + 3
    while is_alive(worker.process.pid) and time.monotonic() < until:
        time.sleep(0.05)
    assert not is_alive(worker.process.pid)
    assert files(folder) == before and not list((folder / "temporary").iterdir())


def test_killed_while_it_writes_all_is_old_or_all_is_new(folder, demo_head_obj, astronaut):
    """Whenever in the last second; then the next job works, and takes away what was left."""
    before = files(folder)
    for wait in (0.0, 0.3):
        worker = Worker(folder)
        worker.ask(demo_head_obj, astronaut)
        while (message := worker.answer()).get("stage") != "compose":
            assert message["type"] == "progress", message
        until = time.monotonic() + 60
        while not list(folder.glob(".avatartex-*.part")) and time.monotonic() < until and worker.process.poll() is None:
            if files(folder) != before:
                break
            time.sleep(0.002)
        time.sleep(wait / 10)
        worker.end("kill")
        now = {name: data for name, data in files(folder).items() if not name.endswith(".part")}
        changed = {name for name in before if now[name] != before[name]}
        assert changed in (set(), {*before}), changed
        assert all(len(data) > 1000 for name, data in now.items() if name in changed)
        for name, data in before.items():
            (folder / name).write_bytes(data)
    worker = Worker(folder)
    worker.ask(demo_head_obj, astronaut)
    while (message := worker.answer())["type"] == "progress":
        pass
    worker.end("close")
    assert message["type"] == "result" and {*files(folder)} == {*before}
    assert json.loads((folder / "report.json").read_text())["size"] == 512
