"""The network goes in the middle of the set-up: the real pip, tiny packages, an index that fails at one of its answers.

After each: a refusal in a sentence, no process, nothing in the temporary folder, no package that is half there, an
environment that says it is unfinished; and when the network is back, the set-up ends well. AVATARTEX_FAULTS sets how
many are tried, AVATARTEX_FAULTS_SEED which ones.
"""

from __future__ import annotations

import ensurepip
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.addon.tiny_index import TinyIndex, make_wheel

from .outside_blender import load_core

if sys.platform == "win32":
    pytest.skip("processes are counted in POSIX's way", allow_module_level=True)

COUNT = int(os.environ.get("AVATARTEX_FAULTS", "2"))
SEED = int(os.environ.get("AVATARTEX_FAULTS_SEED", "0"))
LOCK = "torch==0.1\nnumpy==0.1\nopencv-python==0.1\n"
#: Pages and wheels that the index gives out in a set-up, the first one to ask whether it is there.
ANSWERS = 7
FAULTS = [(act, number) for act in ("reset", "half", "error", "garbage", "gone") for number in range(ANSWERS)]


class FailingIndex(TinyIndex):
    """Does something else at one of its answers."""

    act, number, answers = "", 0, 0

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        handler, index = self.server.RequestHandlerClass, self
        whole = handler.send

        def send(request, body: bytes, kind: str) -> None:
            own, index.answers = index.answers, index.answers + 1
            gone = index.act == "gone" and own >= index.number
            if not index.act or not (own == index.number or gone):
                whole(request, body, kind)
            elif index.act == "error":
                request.send_error(500)
            elif index.act == "garbage":
                whole(request, b"\x00<a href=" + body[: len(body) // 2] + b"\xff" * 9, kind)
            else:
                if index.act == "half":
                    request.send_response(200)
                    request.send_header("Content-Length", str(len(body)))
                    request.end_headers()
                    request.wfile.write(body[: len(body) // 2])
                request.connection.shutdown(socket.SHUT_RDWR)
                request.close_connection = True

        handler.send = send


@pytest.fixture(scope="module")
def core():
    return SimpleNamespace(**{name: load_core(name) for name in ("installer", "places", "lock", "log", "packages")})


@pytest.fixture(scope="module")
def bare(core, tmp_path_factory) -> Path:
    """A home with an environment in which nothing is installed yet."""
    folder = tmp_path_factory.mktemp("bare")
    (folder / "requirements.txt").write_text("# nothing\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(core.packages, "PIP", ensurepip.version())
        assert "do not work together" in run(core, folder, folder / "requirements.txt", folder).message
    return folder / "home"


def run(core, folder: Path, lock: Path, wheels: Path | None = None):
    """The set-up's refusal, None where it ended well."""
    log = core.log.BackendLog(folder / "setup.log")
    work = core.installer.Installer(core.places.Home(folder / "home"), core.packages.Plan(lock, "cpu"), log, wheels)
    work.start()
    work.join()
    return work.error


def test_the_network_goes(core, bare, tmp_path, monkeypatch):
    wheels = tmp_path / "served"
    for name, module in (("torch", "torch"), ("numpy", "numpy"), ("opencv-python", "cv2")):
        make_wheel(wheels, name, "0.1", module)
    (tmp_path / "requirements.txt").write_text(LOCK)
    (tmp_path / "temporary").mkdir()
    index = FailingIndex(wheels)
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    for name, value in (("PIP", ensurepip.version()), ("PYPI", index.url), ("TORCH_INDEX", {})):
        monkeypatch.setattr(core.packages, name, value)
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    lock = core.lock.lock_hash(tmp_path / "requirements.txt")
    failed = 0
    for act, number in random.Random(SEED).sample(FAULTS, min(COUNT, len(FAULTS))):
        folder = tmp_path / f"{act} {number}"
        shutil.copytree(bare, folder / "home", symlinks=True)
        index.act, index.number, index.answers = act, number, 0
        error = run(core, folder, tmp_path / "requirements.txt")
        home = core.places.Home(folder / "home")
        failed += error is not None
        if error is not None:
            assert error.code != "internal" and len(error.message) < 1100 and "Traceback" not in error.message, error
            assert home.fit(lock) == "unfinished"
        rests = [path.name for path in (tmp_path / "temporary").iterdir()]
        assert not rests and not list(folder.rglob("*.part")), (act, number, rests)
        assert all(path.read_bytes() == (wheels / path.name).read_bytes() for path in home.downloads.glob("*.whl"))
        assert str(folder) not in subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout
        index.act = ""
        assert run(core, folder, tmp_path / "requirements.txt") is None, (act, number)
        assert home.fit(lock) == "ready" and not home.downloads.exists()
        print(f"{act} at answer {number}: {error and error.message[:90]}", flush=True)
        shutil.rmtree(folder)
    index.close()
    assert failed or COUNT < 3  # one answer in three is asked for again by pip itself
