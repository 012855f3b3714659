"""A model's download is hurt at one of the hub's answers: killed, cut, altered, left without a network.

After each: a refusal in a sentence or none, and the next download ends well, with every file as the hub lists it and
nothing half. AVATARTEX_FAULTS sets how many are tried, AVATARTEX_FAULTS_SEED which ones.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from backend.models.profiles import PROFILES
from backend.offline import SWITCHES
from tests.backend.fake_hub import FakeHub, serve
from tests.backend.test_models import ACCEPTED, TINY, fake_hub

from .real_worker import PATIENCE, ROOT

if sys.platform == "win32":
    pytest.skip("killed in POSIX's way", allow_module_level=True)

COUNT = int(os.environ.get("AVATARTEX_FAULTS", "2"))
SEED = int(os.environ.get("AVATARTEX_FAULTS_SEED", "0"))
#: Fewer requests than a download of sd15 makes.
REQUESTS = 36
FAULTS = [(act, number) for act in ("kill", "cut", "altered", "gone", "garbage") for number in range(REQUESTS)]
#: How unfinished files are called; the hub library has names of its own for those of small ones, which it leaves.
HALF = (".avatartex", ".part")

pytestmark = pytest.mark.slow


class Requests(list):
    """Of the hub; calls what is due at one of them."""

    due, number = staticmethod(lambda path: None), 0

    def append(self, one: tuple[str, str, str]) -> None:
        super().append(one)
        if len(self) == self.number + 1:
            self.due(one[1])


def models(folder: Path, hub: FakeHub, *words: str) -> subprocess.Popen:
    told = {name: value for name, value in os.environ.items() if name not in SWITCHES}
    told |= {"HF_HOME": str(folder), "HF_ENDPOINT": hub.address, "HF_HUB_DISABLE_XET": "1", "TMPDIR": str(folder)}
    words = (sys.executable, "-B", "-m", "backend", "models", *words)
    return subprocess.Popen(words, cwd=ROOT, env=told, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def hurt(hub: FakeHub, act: str, process: list) -> Callable[[str], None]:
    """What comes to pass at a request for a path of the hub."""

    def do(path: str) -> None:
        name = "/".join(path.split("/")[4:])  # behind owner, repository, resolve and revision
        if act == "kill":
            process[0].send_signal(signal.SIGKILL)
        elif act == "cut":
            hub.cut[name] = 20_000
        elif act == "altered":
            hub.altered.add(name)
        elif act == "gone":
            hub.repos = {}
        else:
            repo = "/".join(path.removeprefix("api/models/").split("/")[:2])
            hub.repos = {**hub.repos, repo: dict.fromkeys(hub.repos[repo], b"<html>")}

    return do


@pytest.mark.parametrize(("act", "number"), random.Random(SEED).sample(FAULTS, min(COUNT, len(FAULTS))))
def test_a_download_is_hurt(tmp_path, act, number):
    process, asked = [], Requests()
    with serve(replace(fake_hub(PROFILES["sd15"]), asked=asked)) as hub:
        whole = hub.repos
        asked.due, asked.number = hurt(hub, act, process), number
        process.append(models(tmp_path, hub, "download", "sd15", *ACCEPTED))
        said = process[0].communicate(timeout=PATIENCE)[1]
        assert len(asked) > number and "Traceback" not in said, said
        if process[0].returncode not in (0, -signal.SIGKILL):
            assert process[0].returncode == 2 and said.splitlines()[-1].startswith("error ["), said
        hub.repos, hub.cut, hub.altered, asked.number = whole, {}, set(), -2
        for words in (("download", "sd15", *ACCEPTED), ("verify", "sd15")):
            again = models(tmp_path, hub, *words)
            said = again.communicate(timeout=PATIENCE)[1]
            assert again.returncode == 0, said
    weights = [path for path in tmp_path.rglob("*.safetensors") if path.is_file()]
    assert weights and all(path.read_bytes() == TINY for path in weights)
    assert not [path.name for path in tmp_path.rglob("*") if path.name.endswith(HALF)]
    shutil.rmtree(tmp_path)
