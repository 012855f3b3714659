"""Ways to break a job; those that need a window are in tests/gui/crowd_in_window.py."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import bpy
import pytest

from .conftest import make_head
from .test_batch import fill, states

ONE_BLENDER = Path(__file__).with_name("one_blender.py")
#: Seconds until a process has ended; a quiet machine takes one.
PATIENCE = 120.0


@pytest.fixture
def api(scene, fake, addon):
    return addon("api")


def finish(running):
    """Its textures; whatever stops it is raised."""
    try:
        while not running.step():
            time.sleep(0.01)
        return running.apply()
    finally:
        running.finish()


def start(api, portrait):
    return api.start(api.describe("Head", portrait, size=512))


@pytest.mark.parametrize(
    "delete",
    [
        lambda head: bpy.data.objects.remove(head),
        lambda head: bpy.context.scene.collection.objects.unlink(head),  # as the X key, while a property points at it
        lambda head: setattr(head, "name", "Somebody"),
    ],
)
def test_a_head_that_is_deleted_or_renamed_during_its_job(scene, api, portrait, delete):
    running = start(api, portrait)
    delete(scene.head)
    with pytest.raises(api.AvatarTexError, match="'Head' was deleted or renamed") as refusal:
        finish(running)
    assert refusal.value.code == "no-mesh" and not scene.job.running
    assert not [image for image in bpy.data.images if "AvatarTex" in image.name]
    make_head("Head" if "Head" not in bpy.data.objects else "Other")
    assert api.generate(bpy.context.view_layer.objects.active, portrait, size=512).image


def test_materials_that_go_during_a_job(scene, api, portrait):
    for name in ("Skin", "Eyes"):
        scene.head.data.materials.append(bpy.data.materials.new(name))
    for polygon in scene.head.data.polygons:
        polygon.material_index = 1
    running = start(api, portrait)
    scene.head.data.materials.clear()
    finish(running)
    assert "AvatarTex Texture" in scene.head.material_slots[0].material.node_tree.nodes


def test_a_uv_map_that_goes_during_a_job(scene, api, portrait):
    running = start(api, portrait)
    scene.head.data.uv_layers.remove(scene.head.data.uv_layers[0])
    with pytest.raises(api.AvatarTexError, match="gone or renamed"):
        finish(running)


def test_another_file_during_a_job(scene, api, portrait, addon):
    """Blender ends the operator; nobody listens to that job any more, and the next one must work."""
    running = start(api, portrait)
    while not running.status.fraction:
        running.step()
    running.abandon()
    bpy.ops.wm.read_homefile(use_empty=True)
    make_head("Head")
    assert not bpy.context.window_manager.avatartex_job.running
    assert api.generate("Head", portrait, size=512).object.name == "Head"


@pytest.mark.parametrize("modes", ["slow", "deaf"])
def test_a_job_that_was_left_does_not_reach_the_next(scene, api, fake, portrait, modes):
    fake(modes, FAKE_SECONDS="1")
    running = start(api, portrait)
    while not running.status.fraction:
        running.step()
    running.abandon()
    made = api.generate("Head", portrait, size=512, seed=5)
    assert '"seed": 5' in made.report.read_text()


def test_a_backend_killed_three_times_ends_a_batch_that_then_goes_on(cast, fake, addon):
    fake("stay")
    fill(cast.folder)
    run = addon("jobs.scene_batch").SceneBatch(bpy.context.scene)
    client, killed = addon("session").client(), 0
    until = time.monotonic() + 300
    while not run.step() and time.monotonic() < until:
        if client.state == "busy" and client.child.exit_code is None and killed < 3:
            os.killpg(client.child.process.pid, signal.SIGKILL)
            client.child.process.wait()
            killed += 1
        time.sleep(0.01)
    run.close()
    assert killed == 3 and set(states().values()) == {"failed"}
    status = bpy.context.window_manager.avatartex_batch
    assert status.error_code == "backend-died" and "memory" in status.error and not status.running
    bpy.ops.avatartex.batch_retry()
    fake()
    bpy.ops.avatartex.batch_run()
    assert set(states().values()) == {"done"}


def test_a_full_disk(cast, fake, addon, monkeypatch):
    def save_capture(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(addon("scene.capture"), "save_capture", save_capture)
    fill(cast.folder)
    with pytest.raises(RuntimeError, match="No space left"):
        bpy.ops.avatartex.batch_run()
    assert list(states().values()) == ["failed", "waiting", "waiting"]  # it would fail for all
    assert not cast.job.running


def test_a_full_disk_while_the_texture_is_kept(scene, api, fake, addon, portrait, monkeypatch):
    """It is met on a thread, and told as if it were not."""
    api.generate("Head", portrait, size=512)
    history = len(scene.head.avatartex_history)

    def keep_original(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(addon("scene.images"), "keep_original", keep_original)
    with pytest.raises(api.AvatarTexError, match="No space left") as refusal:
        finish(start(api, portrait))
    assert refusal.value.code == "output-not-written" and not scene.job.running
    assert len(scene.head.avatartex_history) == history


def test_a_portrait_that_goes_during_and_after_its_job(scene, api, fake, portrait):
    fake("slow", FAKE_SECONDS="0.5")
    running = start(api, portrait)
    while not running.status.fraction:
        running.step()
    portrait.unlink()
    assert finish(running).image  # the backend has read it
    with pytest.raises(api.AvatarTexError, match="is not there any more") as refusal:
        start(api, portrait)
    assert refusal.value.code == "portrait-missing" and not scene.job.running


def test_settings_that_change_during_a_job(scene, api, fake, addon, portrait):
    """A job asks for what was set when it was begun, and goes onto the head that it was begun for."""
    fake("slow", FAKE_SECONDS="0.5")
    scene.settings.seed, scene.settings.style = 4, "anime"
    running = api.start(addon("jobs.describing").describe_settings(bpy.context))
    scene.settings.seed, scene.settings.style, scene.settings.size = 9, "photo", "1024"
    scene.settings.portrait, scene.choice.head = "/gone.png", make_head("Other")
    scene.head.data.uv_layers.new(name="Second")
    made = finish(running)
    entry = scene.head.avatartex_history[0]
    assert made.object.name == "Head" and tuple(made.image.size) == (512, 512)
    assert (entry.seed, entry.style, entry.size, entry.uv_map) == (4, "anime", 512, "UVMap")
    assert entry.portrait == str(portrait)


def variants_job(api, portrait):
    from bl_ext.user_default.avatartex.core.job import VariantJob

    return api.start_variants(VariantJob(api.describe("Head", portrait, size=512), ("cel",), (0,)))


def redo_job(api, portrait):
    from bl_ext.user_default.avatartex.jobs.describing import describe_redo

    return api.start(describe_redo(bpy.data.objects["Head"], 5, str(portrait)))


@pytest.fixture
def painted(scene, api, portrait):
    """A head with a texture of ours, all of it painted red."""
    api.generate("Head", portrait, size=512)
    bpy.ops.avatartex.regions_fill(kind="REDO", source="ALL")
    bpy.ops.ed.undo_push(message="painted")
    return scene


@pytest.mark.parametrize("begin", [start, variants_job, redo_job])
@pytest.mark.parametrize("early", [True, False])
def test_undo_during_a_job(painted, api, fake, portrait, begin, early):
    """Undo replaces every object; the job finds its head by name. Early: while the head is still being written."""
    fake("slow", FAKE_SECONDS="0.5")
    painted.head.location.x = 3
    bpy.ops.ed.undo_push(message="moved")
    running = begin(api, portrait)
    while not (early or running.status.fraction):
        running.step()
    bpy.ops.ed.undo()
    finish(running)
    head = bpy.data.objects["Head"]
    assert head.location.x == 0 and len(head.avatartex_history) + len(head.avatartex_variants) == 2


@pytest.mark.parametrize("begin", [variants_job, redo_job])
@pytest.mark.parametrize("early", [True, False])
def test_another_file_during_variants_and_redo(painted, api, fake, portrait, begin, early):
    fake("slow", FAKE_SECONDS="0.5")
    running = begin(api, portrait)
    while not (early or running.status.fraction):
        running.step()
    running.abandon()
    bpy.ops.wm.read_homefile(use_empty=True)
    make_head("Head")
    assert not bpy.context.window_manager.avatartex_job.running
    made = api.generate("Head", portrait, size=512, seed=8)
    assert '"seed": 8' in made.report.read_text() and not made.object.avatartex_variants


@pytest.mark.parametrize("begin", [variants_job, redo_job])
def test_a_head_that_is_deleted_during_variants_and_redo(painted, api, portrait, begin):
    running, images = begin(api, portrait), len(bpy.data.images)
    bpy.context.scene.collection.objects.unlink(painted.head)
    with pytest.raises(api.AvatarTexError, match="'Head' was deleted or renamed"):
        finish(running)
    assert len(bpy.data.images) == images and not painted.job.running


def test_the_texture_and_the_mask_go_during_a_redo(painted, api, fake, portrait):
    fake("slow", FAKE_SECONDS="0.5")
    running = redo_job(api, portrait)
    while not running.status.fraction:
        running.step()
    for image in (painted.head.avatartex_history[0].image, painted.head.avatartex_regions.mask):
        bpy.data.images.remove(image)
    made = finish(running)
    assert made.image and "AvatarTex Texture" in painted.head.material_slots[0].material.node_tree.nodes


def test_the_mask_goes_while_a_redo_begins(painted, api, portrait):
    running = redo_job(api, portrait)
    bpy.data.images.remove(painted.head.avatartex_regions.mask)
    with pytest.raises(api.AvatarTexError, match="Nothing is painted red"):
        finish(running)
    assert not painted.job.running and len(painted.head.avatartex_history) == 1


def test_cancel_before_anything_was_asked(scene, api, addon, portrait):
    """The head is still being written: nothing reaches the backend, and the next job works."""
    running = start(api, portrait)
    running.cancel()
    with pytest.raises(api.Cancelled):
        finish(running)
    assert addon("session").client().child is None and not scene.job.running
    assert api.generate("Head", portrait, size=512).image


def blender(portrait: Path, how: str, fake_python: str, **variables: str) -> subprocess.Popen:
    environment = os.environ | {"AVATARTEX_BACKEND_PYTHON": fake_python, "FAKE_BACKEND": "slow"} | variables
    return subprocess.Popen(
        [sys.executable, str(ONE_BLENDER), str(portrait), how],
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def is_alive(pid: int, seconds: float = PATIENCE) -> bool:
    """Whether it is there for so many seconds; one that ended and that nobody asked about is not."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            os.kill(pid, 0)
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return False
        except (ProcessLookupError, FileNotFoundError):  # the latter where it went between the two questions
            return False
        time.sleep(0.05)
    return True


def last_line(one: subprocess.Popen) -> str:
    """The answer, behind whatever Blender says."""
    for line in one.stdout:
        if line[0] in "/0123456789" and "|" not in line:
            return line.strip()
    raise AssertionError(f"{one.wait(PATIENCE)}: {one.stderr.read()}")


@pytest.mark.parametrize("how", ["quit", "hang"])
def test_no_process_outlives_blender(scene, portrait, fake_python, how):
    """It quits in the middle of a job, or is killed."""
    one = blender(portrait, how, fake_python, FAKE_BACKEND="stay")
    backend = int(last_line(one))
    if how == "hang":
        assert is_alive(backend, 0.2)
        one.kill()
    one.wait(PATIENCE)
    assert not is_alive(backend)


def test_two_blenders_at_once(scene, portrait, fake_python):
    """They share preferences, log and backend's Python, and nothing of a job."""
    pair = [blender(portrait, "end", fake_python, FAKE_SECONDS="1") for _ in range(2)]
    said = [last_line(one).split() for one in pair]
    for one in pair:
        one.wait(PATIENCE)  # its exit code is not asked: the bpy wheel sometimes crashes when it ends
    assert said[0][0] != said[1][0] and said[0][2] != said[1][2] and said[0][1] == said[1][1] == "True"


def test_an_idle_backend_gives_its_memory_back_and_comes_again(scene, fake, addon):
    session = addon("session")
    bpy.ops.avatartex.generate()
    assert bpy.app.timers.is_registered(session._rested)
    process = session.client().child.process
    session._rested()  # the timer's time is up
    process.wait(PATIENCE)
    assert session.client().child is None
    bpy.ops.avatartex.generate()
    assert session.client().child is not None and not scene.job.error_message


def test_a_backend_at_work_is_not_idle(scene, fake, addon, portrait):
    session, api = addon("session"), addon("api")
    running = api.start(api.describe("Head", portrait, size=512))
    while not running.step():
        session._rested()
    running.apply()
    running.finish()
