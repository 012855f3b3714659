"""Engines that are not ours, at their boundary: Ray (a stand-in of its API, and itself where it is installed) and
Flamenco's job type (in node, with what Flamenco gives a script)."""

from __future__ import annotations

import collections
import json
import shutil
import subprocess
import sys
import types
from typing import Any

import pytest

from backend.farm import command
from backend.farm.ray_pool import Needs, RayPool
from backend.farm.rows import do_row
from tests.backend.farm_tables import ROOT, STAND_IN, begun, states, write_table

__all__ = ["begun"]
SCRIPT = ROOT / "backend" / "farm" / "avatartex_textures.js"
#: What a setting of a job type can have: AvailableJobSetting of Flamenco's API (flamenco-openapi.yaml).
KEYS = {"key", "type", "subtype", "choices", "propargs", "description", "default", "eval", "evalInfo", "visible"}
KEYS |= {"required", "editable", "label"}
TYPES, VISIBLE = {"string", "int32", "float", "bool"}, {"visible", "hidden", "submission", "web"}
SUBTYPES = {"file_path", "dir_path", "file_name", "hashed_file_path", "command_line_arguments"}


class Ray(types.ModuleType):
    """As much of Ray as RayPool speaks to: calls run where they are waited for, and actors in LOST are gone once."""

    class exceptions:
        class RayError(Exception):
            pass

    def __init__(self) -> None:
        super().__init__("ray")
        self.asked: dict[str, Any] = {}
        self.lost = {2: 1, 5: 9}  # row -> how often its actor is lost
        self.most = 0

    def init(self, **asked: Any) -> None:
        self.asked |= asked

    def remote(self, **needs: Any):
        self.asked |= needs
        return lambda kind: types.SimpleNamespace(remote=lambda *given: Actor(kind(*given)))

    def wait(self, calls: list, num_returns: int, timeout: float):
        self.most = max(self.most, len(calls))
        return calls[:num_returns], calls[num_returns:]

    def get(self, call: Call):
        if self.lost.get(call.row.number, 0):
            self.lost[call.row.number] -= 1
            raise self.exceptions.RayError("The actor died unexpectedly.\nMore.")
        return call.actor.do(call.row)

    def kill(self, actor: Any) -> None:
        actor.actor.worker.close()

    def shutdown(self) -> None:
        self.asked["shut"] = True


class Actor:
    def __init__(self, actor: Any) -> None:
        self.actor = actor
        self.do = types.SimpleNamespace(remote=lambda row: Call(actor, row))


class Call:
    def __init__(self, actor: Any, row: Any) -> None:
        self.actor, self.row = actor, row


def test_rays_workers_are_placed_by_their_needs_and_what_loses_them_is_isolated(tmp_path, begun, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "ray", ray := Ray())
    table = write_table(tmp_path, [f"p{number}" for number in range(12)] + ["bad"])
    asked = ["run", str(table), "--engine", "ray", "--workers", "3", "--gpus", "0.5", "--memory", "2500"]
    assert command.main([*asked, "--address", "ray://head:10001", "--report", str(tmp_path / "r.csv")]) == 3
    assert ray.asked["address"] == "ray://head:10001" and ray.asked["shut"] and ray.most <= 3
    assert (ray.asked["num_gpus"], ray.asked["memory"], ray.asked["max_restarts"]) == (0.5, 2_500_000_000, -1)
    assert states(table) == {"kept": 11, "failed": 1, "waiting": 1} and begun()["p1"] == 1 and begun()["p4"] == 0
    said = capsys.readouterr().err
    assert "row 5 (line 6) isolated [backend-died] The row's worker was lost 3 times: RayError The actor died" in said
    assert "row 13 (line 14) failed [no-face-in-portrait]" in said


def test_without_ray_it_is_said_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(Exception, match="not installed") as refusal:
        RayPool(1, STAND_IN, Needs(), do_row)
    assert "avatartex-backend[farm]" in refusal.value.cure


def test_ray_itself(tmp_path, begun, monkeypatch):
    """A cluster of this machine: a minute on two busy cores."""
    pytest.importorskip("ray")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    names = [f"p{number}" for number in range(20)] + ["bad", "kill", "once"]
    table = write_table(tmp_path, names)
    asked = ["run", str(table), "--engine", "ray", "--workers", "2", "--cpus", "0.5", "--memory", "200"]
    ended = subprocess.run([sys.executable, "-m", "backend", "farm", *asked], cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 3, ended.stderr
    assert states(table) == {"kept": 21, "failed": 1, "isolated": 1}
    expected = collections.Counter(dict.fromkeys(names, 1) | {"kill": 3, "once": 2})
    assert begun() - collections.Counter(begins=99) == expected


@pytest.fixture(scope="module")
def compiled() -> dict[str, Any]:
    """The job type, and the tasks that it makes of a job, in node with stand-ins for what Flamenco gives scripts."""
    if not (node := shutil.which("node")):
        pytest.skip("node is not installed")
    given = """
        const tasks = [];
        const author = {
            Task: (name, type) => ({name, type, commands: [], addCommand(one) { this.commands.push(one); }}),
            Command: (name, parameters) => ({name, parameters}),
        };
        const frameChunker = (frames, size) => [frames + " by " + size, "21"];
    """
    asked = """
        const settings = Object.fromEntries(JOB_TYPE.settings.map(one => [one.key, one.default]));
        compileJob({settings: {...settings, table: "/show/jobs.csv", rows: "1-20"}, addTask: task => tasks.push(task)});
        console.log(JSON.stringify({type: JOB_TYPE, tasks}));
    """
    told = subprocess.run([node, "-e", given + SCRIPT.read_text() + asked], capture_output=True, text=True, check=True)
    return json.loads(told.stdout)


def test_flamencos_job_type_has_settings_that_its_api_knows(compiled):
    for setting in compiled["type"]["settings"]:
        assert set(setting) <= KEYS and setting["type"] in TYPES and setting.get("visible", "visible") in VISIBLE
        assert setting.get("subtype") in SUBTYPES | {None}
        assert setting.get("required") or "default" in setting


def test_flamencos_tasks_are_commands_that_the_backend_takes(compiled, tmp_path, begun, capsys):
    first, last = compiled["tasks"]
    (one,) = first["commands"]
    assert (first["type"], one["name"], one["parameters"]["exe"]) == ("misc", "exec", "avatartex")
    assert one["parameters"]["args"][:5] == ["farm", "task", "/show/jobs.csv", "--rows", "1-20 by 30"]
    table = write_table(tmp_path, [f"p{number}" for number in range(22)])
    words = last["commands"][0]["parameters"]["args"]
    assert command.main([str(table) if word.endswith(".csv") else word for word in words[1:]]) == 0
    assert begun() == {"begins": 1, "p20": 1} and "row 21: done" in capsys.readouterr().out


def test_a_task_that_is_ended_leaves_nothing(tmp_path, begun, monkeypatch):
    monkeypatch.setenv("STAND_IN_SECONDS", "60")
    table = write_table(tmp_path, ["p"])
    asked = [sys.executable, "-m", "backend", "farm", "task", str(table), "--rows", "1"]
    with subprocess.Popen(asked, cwd=ROOT, stdout=subprocess.PIPE, text=True, stderr=subprocess.DEVNULL) as task:
        assert task.stdout.readline().startswith("openjd_progress: 50")
        task.terminate()
        assert task.wait(30) == 2
    assert list((tmp_path / "out").iterdir()) == []
