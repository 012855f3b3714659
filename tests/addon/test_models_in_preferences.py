"""Large models in the preferences: looked at, fetched and removed by the real backend, from a hub on this machine."""

from __future__ import annotations

import os
import sys

import bpy
import pytest

from tests.backend.fake_hub import serve
from tests.backend.test_models import fake_hub

from .test_shown import Recorder


@pytest.fixture
def hub(addon, monkeypatch, tmp_path):
    profile = addon("backend.models.profiles").PROFILES["klein"]
    with serve(fake_hub(profile)) as running:
        monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
        monkeypatch.setenv("HF_ENDPOINT", running.address)
        # build.py's .venv, where another Blender's environment has no large models' packages
        monkeypatch.setenv("AVATARTEX_BACKEND_PYTHON", os.environ.get("AVATARTEX_BACKEND_PYTHON", sys.executable))
        yield running


def test_a_model_comes_and_goes(addon, hub, tmp_path):
    store, setup = addon("setup.model_store"), addon("setup.backend_setup")
    assert bpy.ops.avatartex.look_at_models() == {"FINISHED"}
    assert {name: told["state"] for name, told in store.states().items()} == dict.fromkeys(
        ("sd15", "sdxl", "klein"), "missing"
    )
    work = store.work_on_models("download", "klein")
    assert setup.current is work
    assert setup.wait(work) is None and work.fraction == 1
    assert store.states()["klein"]["state"] == "here" and list((tmp_path / "hf").rglob("*.safetensors"))
    assert bpy.ops.avatartex.verify_model(profile="klein") == {"FINISHED"}
    weights = next((tmp_path / "hf").rglob("*.safetensors")).resolve()
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    with pytest.raises(RuntimeError, match="gone or changed"):
        bpy.ops.avatartex.verify_model(profile="klein")
    assert bpy.ops.avatartex.remove_model(profile="klein") == {"FINISHED"}
    assert store.states()["klein"]["state"] == "missing" and not list((tmp_path / "hf").rglob("*.safetensors"))


def test_refusals_are_the_backends_own(addon, hub):
    store, setup = addon("setup.model_store"), addon("setup.backend_setup")
    hub.gated.add("black-forest-labs/FLUX.2-klein-4B")
    refusal = setup.wait(store.work_on_models("download", "klein"))
    assert refusal.code == "hub-refused" and "HF_TOKEN" in refusal.message
    with pytest.raises(RuntimeError, match="not on this computer"):
        bpy.ops.avatartex.remove_model(profile="sdxl")


def test_the_newest_where_the_tables_revision_is_gone(addon, hub, monkeypatch):
    store, setup = addon("setup.model_store"), addon("setup.backend_setup")
    hub.commits["black-forest-labs/FLUX.2-klein-4B"] = "f" * 40
    refusal = setup.wait(store.work_on_models("download", "klein"))
    assert refusal.code == "hub-refused" and "Newest Revisions" in refusal.message
    assert setup.wait(store.work_on_models("download", "klein", newest=True)) is None
    assert store.states()["klein"]["state"] == "here"
    asked = []
    monkeypatch.setattr(store, "work_on_models", lambda *words: asked.append(words))
    monkeypatch.setattr(setup, "wait", lambda work: None)
    stub = {"verb": "download", "profile": "klein", "newest": True}
    addon("operators.manage_models").ModelOperator.begin(type("Stub", (), stub)())
    assert asked == [("download", "klein", True)]


def test_licences_are_accepted_first(addon, hub, monkeypatch):
    assert not bpy.app.online_access or bpy.ops.avatartex.download_model.poll()
    operator = addon("operators.manage_models").AVATARTEX_OT_download_model
    told = []
    stub = type("Stub", (), {"profile": "sd15", "accepted": False, "fail": lambda self, text: told.append(text)})
    operator.act(stub(), bpy.context)
    assert "licences" in told[0]
    assert not hub.asked


def test_memory_is_released_by_a_button(addon, monkeypatch):
    session, asked = addon("session"), []
    monkeypatch.setattr(session.client(), "release", lambda: asked.append(1), raising=True)
    assert bpy.ops.avatartex.release_memory() == {"FINISHED"} and asked == [1]
    monkeypatch.setattr(addon("operators.checked"), "find_busy", lambda context: "It is at work")
    assert not bpy.ops.avatartex.release_memory.poll()


class Properties(Recorder):
    """Notes the properties that it is asked for."""

    def prop(self, holder, name, **_):
        self.seen.append(name)

    def __getattr__(self, _):
        return lambda *_, **__: Properties(self.seen)


def test_the_way_is_asked_of_large_models_alone(scene, addon):
    def drawn():
        layout = Properties()
        addon("ui.main_panel").AVATARTEX_PT_main.draw_options(None, layout, bpy.context, scene.settings)
        return layout.seen

    assert "profile" in drawn() and "way" not in drawn()
    scene.settings.profile = "sdxl"
    assert drawn()[-2:] == ["profile", "way"]
