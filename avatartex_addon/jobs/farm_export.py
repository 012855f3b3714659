"""The waiting rows of a scene's batch for a farm: what each head's job reads, a table of them, and a job bundle."""

import csv
import dataclasses
import json
import shutil
from collections.abc import Iterable
from pathlib import Path

import bpy

from ..backend.errors import AvatarTexError, ErrorCode
from ..backend.farm.bundle import write_bundle
from ..backend.farm.table import COLUMNS, write_cell
from ..backend.messages import Generate
from ..backend.options import read
from ..core.batch import RowState
from ..core.chore import Chore, Parts
from ..core.job import HeadJob
from ..scene.characters import find_twin, row_portrait
from ..scene.portraits import further_paths
from .describing import OPTIONS
from .generation import Generation
from .scene_batch import OF_A_ROW

TABLE, BUNDLE = "characters.csv", "bundle"
#: Beside each head: which one it is, and what its texture was asked with (farm_results.py).
CHARACTER = "character.json"


class Bundled(Generation):
    """Writes what a row's job reads into a folder that stays, and asks no backend."""

    def __init__(self, job: HeadJob, maps: Iterable[str], folder: Path, name: str) -> None:
        self.folder, self.name = folder, name
        super().__init__(job, maps)

    @property
    def parent(self) -> Path:
        return self.folder

    def begin(self, write) -> None:
        self.chore = Chore(self.prepare(write))

    def keep_more(self) -> Parts:
        fields = yield from super().keep_more()
        return fields | {"previews": ""}

    def write(self) -> Generate:
        """What the backend would be asked."""
        while not self.chore.step():
            self.chore.join()
        return self.request(**{"job": self.name, **self.chore.result})


def export_batch(scene: bpy.types.Scene, folder: Path, sharing: str) -> int:
    """Write the rows that wait; how many characters that are. Objects that share a mesh or material go once.

    Raises:
        AvatarTexError: a row cannot work, or something cannot be written; then nothing is left in the folder.
    """
    if folder.exists() and any(folder.iterdir()):
        raise ErrorCode.BAD_REQUEST(f"The folder '{folder.name}' is not empty.", "Name a new one.")
    existed = folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        written = write_characters(scene, folder, sharing)
        checked = write_bundle(folder / TABLE, folder / BUNDLE, scene.name)
        if checked.wrong:
            raise checked.problems[0].error
        return written
    except OSError as reason:
        shutil.rmtree(folder, ignore_errors=True)
        sentence = f"'{folder.name}' could not be written ({reason.strerror})."
        raise ErrorCode.OUTPUT_NOT_WRITTEN(sentence, "Choose another folder.") from reason
    except AvatarTexError:
        shutil.rmtree(folder, ignore_errors=True)
        if existed:
            folder.mkdir()
        raise


def write_characters(scene: bpy.types.Scene, folder: Path, sharing: str) -> int:
    """The table, with a line and a folder for each.

    Raises:
        AvatarTexError: of all rows that cannot work, the first, with their number.
    """
    rows = [row for row in scene.avatartex_batch.rows if row.state == RowState.WAITING]
    wrong: list[tuple[str, AvatarTexError]] = []
    written = 0
    with (folder / TABLE).open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(COLUMNS)
        for row in rows:
            if find_twin(row, scene.avatartex_batch.rows, sharing):
                continue
            try:
                name = f"{written + 1:04} {bpy.path.clean_name(row.object_name)}"
                lines.writerow(write_character(row, scene.avatartex_batch.maps, folder, name))
                written += 1
            except AvatarTexError as error:
                wrong.append((row.object_name, error))
    if wrong:
        (first, error), others = wrong[0], len(wrong) - 1
        also = f" {others} more cannot work either." if others else ""
        raise AvatarTexError(error.code, f"{first}: {error.message}", error.cure + also)
    return written


def write_character(row, maps: Iterable[str], folder: Path, name: str) -> list[str]:
    """Its line of the table.

    Raises:
        AvatarTexError: it cannot work.
    """
    if row.object is None:
        raise ErrorCode.NO_MESH("There is no such mesh in this scene.", "Take the row out.")
    settings = read(row.object.avatartex, OPTIONS) | read(row, OF_A_ROW)
    job = HeadJob(row.object.name, row_portrait(row), further=further_paths(row.object), **settings)
    task = Bundled(job, maps, folder, name)
    try:
        fields = dataclasses.asdict(task.write())
    finally:
        task.finish()
    about = {"row": row.key, "uv_map": task.uv_map, "slots": task.slots, "job": dataclasses.asdict(job)}
    (task.files.folder / CHARACTER).write_text(json.dumps(about), encoding="utf-8")
    if pins := fields.pop("pins"):
        fields["pins"] = str(task.files.folder / "pins.json")
        Path(fields["pins"]).write_text(json.dumps(pins), encoding="utf-8")
    return [write_cell(column, fields.get(column) or None) for column in COLUMNS]
