"""Maps beside known relief, moles and gloss: what `evaluate maps` measures, as calls, and its tables for the page."""

from __future__ import annotations

import json
from pathlib import Path

import cv2

from ... import __version__
from ...errors import AvatarTexError, ErrorCode
from ...farm.dispatch import Pool
from ...farm.rows import DONE
from ...imaging.files import write_bytes
from ..calls import Tell, run_calls
from ..evaluation import maps
from .cases import spread
from .measure import ESTIMATED
from .methods import OURS
from .runs import Run
from .scores import Column, Figures
from .tables import OVER_FACES, Table, margin_table, method_table

#: Portraits of a quick run.
QUICK = 4
COLUMNS: dict[str, Column] = {
    "normals": ("normals off, degrees", 2, False),
    "alike": ("likeness of the relief", 2, True),
    "moles": ("moles, of wrinkles", 2, False),
    "rough": ("roughness off", 3, False),
    "pattern": ("its pattern off, of its mean", 3, False),
}
METHODS = {"ours": OURS, "none": "flat, one roughness", "luminance": "luminance as height"}
#: A flat map has no relief that could be like anything, or that moles could stand out of.
FLAT = ("alike", "moles")


def measured(data: Path, output: Path, quick: bool, pool: Pool) -> Run:
    """The portraits, each measured unless it is already.

    Raises:
        AvatarTexError: one could not be measured.
    """
    pairs = spread([(tone, light) for tone in maps.SKINS for light in maps.LIGHTS], QUICK if quick else 0)
    cases = {f"{tone}, {light}": {"face": maps.SKINS[tone][1], "tone": tone, "light": light} for tone, light in pairs}
    run, failed = Run(cases, columns=COLUMNS), []
    todo = {name: about for name, about in cases.items() if read(output, about) is None}
    shared = {"data": str(data.resolve()), "output": str(output.resolve())}
    work = ((name, shared | {"tone": about["tone"], "light": about["light"]}) for name, about in todo.items())
    run_calls(f"{__name__}:measure", work, pool, lambda outcome: failed.extend([outcome] * (outcome.state != DONE)))
    if failed:
        raise AvatarTexError(ErrorCode.INTERNAL, f"Maps of {failed[0].output}: {failed[0].reason}", "Mend that.")
    for name, about in cases.items():
        run.bodies[name] = {"figures": {ESTIMATED: by_method(read(output, about) or {})}}
    return run


def there(data: Path) -> bool:
    """Whether a folder of data has what maps are measured on."""
    return all(next(data.glob(f"makehuman/skins/*__{skin}.jpg"), None) for _, skin in maps.SKINS.values())


def file_of(output: Path, tone: str, light: str) -> Path:
    return output / "maps" / f"{tone}_{light}.json"


def measure(tell: Tell, data: str, output: str, tone: str, light: str) -> None:
    """One portrait, as a call."""
    cv2.setNumThreads(1)
    tell(f"{tone}, {light}", 0.0)
    figures = maps.measure(maps.make_case(Path(data), tone, light, 1)[0])
    body = {"version": __version__, "figures": {key: round(value, 4) for key, value in figures.items()}}
    write_bytes(file_of(Path(output), tone, light), json.dumps(body, indent=1).encode())


def read(output: Path, about: dict) -> Figures | None:
    """What an earlier run of this version measured."""
    try:
        body = json.loads(file_of(output, about["tone"], about["light"]).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return body["figures"] if body.get("version") == __version__ else None


def by_method(figures: Figures) -> dict[str, Figures]:
    """Method -> key -> figure."""
    return {
        name: {key: figures[f"{key} {short}"] for key in COLUMNS if not (short == "none" and key in FLAT) and figures}
        for short, name in METHODS.items()
    }


def map_tables(run: Run) -> list[Table]:
    about = (
        "Rendered portraits with wrinkles 7.5 mm apart, moles and gloss that are known, the camera known. Moles: how "
        f"far they stand out, of the relief of wrinkles; 0 is right. {OVER_FACES}"
    )
    margins = margin_table(run, COLUMNS)
    return [
        method_table(run, "Maps against known relief and gloss", about, COLUMNS),
        Table(f"Maps: {margins.title[0].lower()}{margins.title[1:]}", margins.about, margins.head, margins.rows),
    ]
