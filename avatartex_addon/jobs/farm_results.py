"""What a farm made of an exported bundle: how far each character is, and finished textures onto their heads."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import bpy

from ..backend.errors import AvatarTexError, ErrorCode
from ..backend.farm.rows import DONE, FAILED, ISOLATED, KEPT, Outcome, inspect, mark_of, read_mark
from ..backend.farm.table import Row, read_rows
from ..backend.messages import Result
from ..backend.outputs import pattern
from ..core.batch import RowState, explain, mark
from ..core.job import HeadJob
from ..scene.characters import find_twin
from .farm_export import CHARACTER, TABLE
from .generation import Generation


class Collected(Generation):
    """A texture that another machine made, with its job as it was exported; it asks no backend."""

    settings_then = None  # the head's settings stay as they are

    def __init__(self, row: Row, about: dict) -> None:
        fields = about["job"]
        self.job = HeadJob(**fields | {"further": tuple(fields["further"]), "pins": ()})
        self.maps = tuple(row.fields.get("maps", ()))
        self.object_name, self.uv_map, self.slots = self.job.object_name, about["uv_map"], about["slots"]
        known = read_mark(mark_of(row.output))
        tiles = known.get("tiles") or []
        named = {name: row.fields.get(name, "") for name in ("output", "provenance")}
        if tiles:
            named = {name: pattern(path) if path else "" for name, path in named.items()}
        told = {name: known[name] for name in ("warnings", "advice", "thickness") if name in known}
        self.answer = Result(f"row {row.number}", report=row.fields.get("report", ""), tiles=tiles, **named, **told)


@dataclass(frozen=True)
class Character:
    """A row of the farm's table: what became of it, and which head it is."""

    row: Row
    outcome: Outcome
    about: dict


def read_characters(folder: Path) -> Iterator[Character]:
    """Of the folder that was exported, wherever it lies now.

    Raises:
        AvatarTexError: it is none.
    """
    if not (folder / TABLE).is_file():
        sentence = f"'{folder.name}' is no folder that Export Farm Bundle wrote."
        raise AvatarTexError(ErrorCode.BAD_REQUEST, sentence, f"Choose the folder in which {TABLE} lies.")

    def place(path: str) -> str:
        """Where the folder of a character lies today."""
        parts = Path(path).parts
        at = max((at for at, part in enumerate(parts) if part == "avatartex"), default=len(parts))
        here = folder.joinpath(*parts[at:])
        return str(here) if at < len(parts) and here.parent.is_dir() else path

    for row in read_rows(folder / TABLE, place):
        try:
            about = json.loads(Path(row.output).with_name(CHARACTER).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            about = {}
        yield Character(row, inspect(row), about)


def collect(scene: bpy.types.Scene, folder: Path, sharing: str) -> dict[str, int]:
    """Lay what is finished onto its heads, and mark the batch's rows; how many characters are in each state.

    Raises:
        AvatarTexError: the folder is none that was exported.
    """
    rows = {row.key: row for row in scene.avatartex_batch.rows}
    counts: dict[str, int] = {}
    for character in read_characters(folder):
        row = rows.get(character.about.get("row", ""))
        state, told = take_back(character, row)
        counts[state] = counts.get(state, 0) + 1
        if row is not None and told is not None:
            mark(row, state, **told)
    for row in scene.avatartex_batch.rows:
        if row.state == RowState.WAITING and row.object and (twin := find_twin(row, rows.values(), sharing)):
            mark(row, RowState.SKIPPED, reason=f"Textured with '{twin[0]}', which has the same {twin[1]}.")
    return counts


def take_back(character: Character, row) -> tuple[RowState, dict | None]:
    """Its state, and what its row of the batch says then; None where that stays as it is."""
    outcome = character.outcome
    if row is not None and row.state == RowState.DONE:
        return RowState.DONE, None  # it came onto its head before
    if outcome.state in (FAILED, ISOLATED):
        told = {"code": outcome.code, "reason": outcome.reason, "cure": outcome.cure}
        return RowState.FAILED, told | {"seconds": outcome.seconds}
    if outcome.state not in (DONE, KEPT):
        return RowState.WAITING, {}
    try:
        if not character.about:
            raise AvatarTexError(ErrorCode.NO_MESH, f"{CHARACTER} is gone.", "Bring it back, or export again.")
        made = Collected(character.row, character.about).apply()
    except Exception as reason:
        return RowState.FAILED, explain(reason) | {"seconds": outcome.seconds}
    return RowState.DONE, {"reason": " ".join(made.warnings), "seconds": outcome.seconds, "summary": made.summary}
