"""A scene's batch as it runs: each row of the table becomes a job of the one warm backend."""

import time
from pathlib import Path

import bpy

from ..backend.errors import AvatarTexError, Cancelled, ErrorCode
from ..backend.map_options import map_names
from ..backend.options import SEED, STYLE, read
from ..core import kept
from ..core.batch import BatchRun, RowState, Skip, mark, recover
from ..core.chore import Parts
from ..core.job import HeadJob
from ..preferences import user_folder
from ..scene import uv_sharing
from ..scene.characters import find_instances, find_twin, row_portrait
from ..scene.history import find_shown_result
from ..scene.portraits import further_paths
from ..scene.surface_maps import linked_maps
from .backend_task import INTERVAL, OnProgress
from .describing import OPTIONS, describe_result
from .generation import Generation
from .maps_job import MapsJob

#: What the table says of each row; all else is its head's.
OF_A_ROW = (STYLE, SEED)

#: The run that is going on: the operators Pause and Cancel reach it here.
current: "SceneBatch | None" = None


def kept_folder() -> Path:
    return user_folder() / "batch"


class RowTask(Generation):
    """The job of one row. It is kept for the length of the run, so that what undo takes away can be put back; and its
    result outlives this Blender until it is on the head: a batch that was torn off does not begin anew."""

    kept: Path | None = None
    noted = applied = False

    def keep_more(self) -> Parts:
        fields = yield from super().keep_more()
        request, folder = self.request(**fields), kept_folder()
        self.kept = yield lambda: kept.claim_kept(folder, kept.fingerprint(request))
        return fields | {name: str(self.kept / Path(getattr(request, name)).name) for name in kept.ASKED}

    def send(self) -> None:
        if (answer := kept.take_kept(self.kept)) is None:
            super().send()
        else:
            self.request, self.answer, self.noted = None, answer, True

    def step(self) -> bool:
        done = super().step()
        if done and not self.noted:
            kept.keep_answer(self.kept, self.answer)
            self.noted = True
        return done

    def apply(self) -> tuple[str, str]:
        """Summary and notes, which the table shows."""
        made = super().apply()
        self.applied, notes = True, list(made.warnings)
        if names := find_instances(made.object):
            notes.append(f"Shown by {', '.join(names[:3])}{' and others' if names[3:] else ''} too: same mesh.")
        return made.summary, " ".join(notes)

    def finish(self) -> None:
        if self.answer is not None:
            self.files.drop_inputs()
        super().finish()


class RowMaps(MapsJob):
    """The job of a row whose texture is on its head and lacks chosen maps. That texture stays."""

    applied = False

    def apply(self) -> tuple[str, str]:
        """As RowTask's."""
        made = super().apply()
        return made.summary, " ".join(made.warnings)


def find_lacking(table) -> list:
    """Rows that are done, and whose heads lack maps that the table wants now."""
    wanted = set(map_names(table.maps))
    if not wanted:
        return []
    done = (row for row in table.rows if row.state == RowState.DONE and row.object is not None)
    lacking = (row for row in done if wanted - linked_maps(row.object).keys())
    return [row for row in lacking if find_shown_result(row.object) is not None]


class SceneBatch:
    """Runs the waiting rows of a scene's table, and those whose heads lack maps. Make one only while none is `current`.

    Args:
        sharing: 'mesh' (each mesh gets a material of its own) or 'material' (a shared one is textured once).
        at_once: see BatchRun; not where the artist can undo meanwhile.
    """

    def __init__(self, scene: bpy.types.Scene, sharing: str = "mesh", at_once: bool = True) -> None:
        global current
        self.scene_name, self.sharing = scene.name, sharing
        self.made: dict[HeadJob, RowTask] = {}
        self.lacking: dict[str, dict] = {}
        self.run = BatchRun(self.find_rows, self.begin, at_once)
        kept.prune_kept(kept_folder())
        self.status.reset()
        self.status.running, self.status.scene = True, scene.name
        recover(self.find_rows())
        for row in find_lacking(scene.avatartex_batch):
            self.lacking[row.key] = {name: getattr(row, name) for name in ("reason", "seconds", "summary")}
            mark(row, RowState.WAITING)
        current = self

    @property
    def status(self):
        return bpy.context.window_manager.avatartex_batch

    def find_rows(self):
        scene = bpy.data.scenes.get(self.scene_name)
        return scene.avatartex_batch.rows if scene is not None else ()

    def begin(self, row) -> RowTask | RowMaps:
        if row.object is None or self.scene_name not in {scene.name for scene in row.object.users_scene}:
            raise ErrorCode.NO_MESH(
                f"There is no mesh '{row.object_name}' in this scene.",
                "Choose another head for the row, or take the row out.",
            )
        if twin := find_twin(row, self.find_rows(), self.sharing):
            raise Skip(f"Textured with '{twin[0]}', which has the same {twin[1]}.")
        maps = bpy.data.scenes[self.scene_name].avatartex_batch.maps
        if row.key in self.lacking and find_shown_result(row.object) is not None:
            return RowMaps(describe_result(row.object, row_portrait(row)), maps)
        settings = read(row.object.avatartex, OPTIONS) | read(row, OF_A_ROW)
        further = further_paths(row.object)
        job = HeadJob(row.object.name, row_portrait(row), further=further, sharing=self.sharing, **settings)
        if job not in self.made:
            self.made[job] = RowTask(job, maps)
        return self.made[job]

    def step(self) -> bool:
        """Do what is due; whether the run is over."""
        if not self.run.working and bpy.context.window_manager.avatartex_job.running:
            return False  # a single job, begun during a pause
        self.status.paused = self.run.paused
        return self.run.step()

    def pause(self, paused: bool) -> None:
        self.run.paused = self.status.paused = paused

    def cancel(self) -> None:
        self.run.cancel()
        self.status.cancelling = True

    def close(self) -> None:
        """The run is over, or ends here."""
        global current
        current = None
        self.run.close()
        for row in self.find_rows():  # those that the run did not come to have their textures still
            if row.key in self.lacking and row.state == RowState.WAITING:
                mark(row, RowState.DONE, **self.lacking[row.key])
        for task in self.made.values():
            if task.applied:
                kept.drop_kept(task.kept)
        bpy.context.window_manager.avatartex_job.reset()  # the table shows the results
        status, error = self.status, self.run.error
        status.running = status.paused = status.cancelling = False
        if error is not None:
            status.error_code, status.error, status.cure = str(error.code), error.message, error.cure


def run_to_end(scene: bpy.types.Scene, sharing: str, on_progress: OnProgress | None) -> AvatarTexError | None:
    """The scene's batch without a window; what ended it early.

    Raises:
        Cancelled: by Ctrl-C; the row in the middle of its job waits again.
    """
    batch = SceneBatch(scene, sharing)
    job = bpy.context.window_manager.avatartex_job
    try:
        while not batch.step():
            running = next((row for row in batch.find_rows() if row.state == RowState.RUNNING), None)
            if running is None:
                continue
            if on_progress is not None:
                on_progress(f"{running.object_name}: {job.stage}", job.fraction)
            time.sleep(INTERVAL)
    except KeyboardInterrupt:
        raise Cancelled from None
    finally:
        batch.close()
    return batch.run.error


def describe_run(scene: bpy.types.Scene) -> dict:
    """What a report says beside the rows."""
    return {
        "file": bpy.data.filepath,
        "scene": scene.name,
        "blender": bpy.app.version_string,
        "folder": str(Path(bpy.data.filepath).parent) if bpy.data.filepath else "",
    }


@bpy.app.handlers.persistent
def forget_job(*_arguments) -> None:
    """Another file is loaded: it carries the state of the job that ran while it was saved, and that job is not ours."""
    global current
    current = None
    uv_sharing.forget_sharing()
    for manager in bpy.data.window_managers:
        manager.avatartex_job.reset()
        manager.avatartex_registration.object_name = ""
        manager.avatartex_batch.reset()
    for scene in bpy.data.scenes:
        recover(scene.avatartex_batch.rows)


HANDLERS = (("load_post", forget_job),)
