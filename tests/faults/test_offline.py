"""Nothing calls out: a job and the doctor, watched at the system's own door."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from backend.offline import SWITCHES

from .real_worker import Worker

ROOT = Path(__file__).parents[2]

#: Counts what Python itself would ask of a network; native libraries are seen by strace alone.
WATCHED = """
import os, sys
events = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "socket.__new__")
sys.addaudithook(lambda name, words: os.write(2, f"CALLED OUT {name}\\n".encode()) if name in events else None)
sys.path.insert(0, sys.argv.pop(1))
exec(os.environ.pop("FIRST", ""))
from backend.__main__ import main
raise SystemExit(main())
"""
#: Where libraries like to write, and the variables that say so.
FOLDERS = {
    "home": "HOME",
    "cache": "XDG_CACHE_HOME",
    "temporary": "TMPDIR",
    "data": "XDG_DATA_HOME",
    "settings": "XDG_CONFIG_HOME",
}
NETWORK = ("socket(AF_INET", "socket(AF_INET6", "connect(", "sendto(", "sendmsg(")
#: What asks nobody: diffusers brings urllib3, which looks whether this machine has IPv6 (SECURITY.md).
IPV6 = ("socket(AF_INET6", "CALLED OUT socket.__new__")
#: A tiny model in the place of one that takes gigabytes.
TINY = """
from pathlib import Path
from tests.backend import tiny_models
from backend.models import profiles
profiles.PROFILES["klein"] = tiny_models.make("klein", Path(os.environ["HF_HOME"], "own"))
"""


def watch(folder: Path, *words: str) -> tuple[list[str], dict[str, str], Path]:
    """A command of the backend, with folders of its own for everything that libraries like to write, its environment,
    and where the system's calls to a network are listed, if strace can tell them.
    """
    environment = {name: value for name, value in os.environ.items() if name not in SWITCHES}
    for name, variable in FOLDERS.items():
        (folder / name).mkdir()
        environment[variable] = str(folder / name)
    calls = folder / "calls.txt"
    command = [sys.executable, "-B", "-c", WATCHED, str(ROOT), *words]
    if shutil.which("strace"):
        trace = "trace=socket,connect,sendto,sendmsg,sendmmsg"
        command = ["strace", "-f", "--seccomp-bpf", "-qq", "-e", trace, "-o", str(calls), *command]
    return command, environment, calls


def run_watched(folder: Path, *words: str, harmless: tuple[str, ...] = (), **more: str) -> None:
    """One command, with more in its environment, which must leave no traces but harmless ones."""
    command, environment, _ = watch(folder, *words)
    done = subprocess.run(command, cwd=folder, env=environment | more, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    refuse_traces(folder, done.stderr, harmless)


def refuse_traces(folder: Path, said: str, harmless: tuple[str, ...] = ()) -> None:
    calls = folder / "calls.txt"
    told = said.splitlines() + (calls.read_text().splitlines() if calls.is_file() else [])
    traces = [line for line in told if any(word in line for word in (*NETWORK, "CALLED OUT"))]
    assert [line for line in traces if not any(word in line for word in harmless)] == []
    assert [path for name in FOLDERS for path in (folder / name).rglob("*")] == []


@pytest.mark.slow
def test_a_job_calls_nobody_and_leaves_nothing_behind(tmp_path, demo_head_obj, astronaut):
    (tmp_path / "out").mkdir()
    run_watched(
        tmp_path,
        "generate",
        "--mesh",
        str(demo_head_obj),
        "--portrait",
        str(astronaut),
        "--size",
        "512",
        "--seed",
        "1",
        "--output",
        str(tmp_path / "out" / "texture.png"),
        "--report",
        str(tmp_path / "out" / "report.json"),
        "--provenance",
        str(tmp_path / "out" / "provenance.png"),
    )
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"texture.png", "provenance.png", "report.json"}


@pytest.mark.slow
def test_nor_does_a_batch_in_one_worker(tmp_path, demo_head_obj, astronaut, monkeypatch):
    """A registration, a texture, a variant, another head's texture, as the add-on asks for them."""
    for name in SWITCHES:
        monkeypatch.delenv(name, raising=False)
    command, environment, _ = watch(tmp_path, "serve")
    given, out = {"job": "j", "mesh": str(demo_head_obj), "portrait": str(astronaut)}, tmp_path / "out"
    small = {name: environment[name] for name in FOLDERS.values()}
    with Worker(tmp_path, tuple(command), **small) as worker:
        for kind, fields in (
            ("register", {"report": str(out / "report.json")}),
            ("generate", {"output": str(out / "texture.png"), "size": 512}),
            ("variants", {"output": str(out), "size": 512, "styles": ["cel"], "seeds": [0]}),
            ("generate", {"output": str(out / "other.png"), "size": 512, "seed": 1, "light": "keep"}),
        ):
            worker.ask(kind, **given, **fields)
            assert worker.last()["type"] in ("registered", "result", "varied")
        worker.end(patience=60)
    refuse_traces(tmp_path, (tmp_path / "worker.log").read_text())
    assert {path.name for path in out.iterdir()} == {"report.json", "texture.png", "cel_0.png", "other.png"}


@pytest.mark.slow
def test_nor_does_a_job_with_a_large_model(tmp_path, demo_head_obj, astronaut):
    (tmp_path / "out").mkdir()
    out = ("--output", str(tmp_path / "out" / "texture.png"), "--report", str(tmp_path / "out" / "report.json"))
    words = ("--mesh", str(demo_head_obj), "--portrait", str(astronaut), "--size", "512", "--profile", "klein", *out)
    run_watched(tmp_path, "generate", *words, harmless=IPV6, HF_HOME=str(tmp_path / "hub"), FIRST=TINY)
    assert json.loads((tmp_path / "out" / "report.json").read_text())["profile"] == "klein"


def test_the_library_of_graphics_cards_makes_no_folder(tmp_path):
    """Only CUDA's jobs import it; torch's compiler, which comes with it, makes a folder for its results."""
    code = "import backend, diffusers; from diffusers import UNet2DModel"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TORCHINDUCTOR")}
    environment |= {"TMPDIR": str(tmp_path), "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)}
    subprocess.run([sys.executable, "-B", "-c", code], cwd=ROOT, env=environment, check=True)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("words", [("doctor", "--json"), ("models", "list")])
def test_the_doctor_and_the_list_of_models_call_nobody(tmp_path, words):
    run_watched(tmp_path, *words)


@pytest.mark.skipif(not shutil.which("strace"), reason="native calls are told by strace")
def test_the_watch_sees_a_call(tmp_path):
    """Else the tests above could not fail."""
    code = "import ctypes; ctypes.CDLL(None).socket(2, 1, 0)"
    calls = tmp_path / "calls.txt"
    subprocess.run(
        ["strace", "-f", "--seccomp-bpf", "-qq", "-e", "trace=socket", "-o", str(calls), sys.executable, "-c", code],
        check=True,
    )
    assert any(word in calls.read_text() for word in NETWORK)


def test_nothing_in_the_current_folder_is_run(tmp_path):
    """A folder of downloads may hold a numpy.py."""
    for name in ("numpy", "json", "torch", "argparse", "cv2"):
        (tmp_path / f"{name}.py").write_text("import os; os.write(2, b'STRANGER'); raise SystemExit(9)\n")
    words = [sys.executable, "-m", "backend", "doctor", "--json"]
    done = subprocess.run(
        words, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    assert "STRANGER" not in done.stderr and done.returncode == 0, done.stderr
