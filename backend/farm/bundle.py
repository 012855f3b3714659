"""A table as a job bundle of Open Job Description: https://github.com/OpenJobDescription/openjd-specifications

Three files beside a copy of the table: template.json, parameter_values.json, asset_references.json. A task is a row;
the scheduler joins them to chunks of a target run time (extension TASK_CHUNKING). The warm worker is an environment of
the session, so that loading is paid once on each machine.
"""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

from .. import __version__
from ..errors import AvatarTexError, ErrorCode
from ..outputs import UDIM, not_written, temporary_name, tiles_of
from .checking import Checked, check_table
from .rows import TRIES
from .table import COLUMNS, Row, write_cell

TABLE, TEMPLATE, VALUES, ASSETS = "jobs.csv", "template.json", "parameter_values.json", "asset_references.json"
#: Seconds that a chunk should take, and rows of its first ones: shorter ones cost dispatch, longer ones what a
#: machine that is taken away loses.
CHUNK_SECONDS, FIRST_CHUNK = 300, 10
#: MiB and processors that a machine must have for a worker: four times what rows at 1024 texels take (docs/farm.md).
MEMORY, PROCESSORS = 4096, 2


def write_bundle(table: Path, output: Path, name: str = "") -> Checked:
    """Check the whole table, then write the bundle: all of it, or nothing where the table has problems.

    Raises:
        AvatarTexError: OUTPUT_NOT_WRITTEN; BAD_REQUEST where the folder holds something else.
    """
    if output.exists() and any(output.iterdir()) and not (output / TEMPLATE).is_file():
        raise AvatarTexError(ErrorCode.BAD_REQUEST, f"{str(output)!r} holds other files.", "Name an empty folder.")
    part = temporary_name(output.resolve())
    try:
        part.mkdir(parents=True)
        with (part / TABLE).open("w", encoding="utf-8", newline="") as rows, (part / ASSETS).open("w") as assets:
            checked = write_rows(table, csv.writer(rows), assets)
        if checked.wrong:
            return checked
        write_json(part / TEMPLATE, template(name or table.stem, checked.rows))
        write_json(part / VALUES, {"parameterValues": [{"name": "Rows", "value": f"1-{checked.rows}"}]})
        for file in part.iterdir():
            output.mkdir(parents=True, exist_ok=True)
            file.replace(output / file.name)
        return checked
    except OSError as reason:
        raise not_written(output, reason) from reason
    finally:
        shutil.rmtree(part, ignore_errors=True)


def write_rows(table: Path, rows: Any, assets: Any) -> Checked:
    """The table with absolute paths, and what a farm has to carry, as the rows come: nothing of them is held but the
    names of heads."""
    heads: set[str] = set()
    between = ""
    rows.writerow(COLUMNS)
    assets.write('{"assetReferences": {"inputs": {"filenames": [')

    def add(row: Row) -> None:
        nonlocal between
        rows.writerow([write_cell(name, row.fields.get(name)) for name in COLUMNS])
        for path in row.read_files():
            for file in map(str, tiles_of(Path(path))) if UDIM in path else [path]:
                if file in heads:
                    continue
                if file == row.fields.get("mesh"):
                    heads.add(file)
                assets.write(between + json.dumps(file))
                between = ", "

    checked = check_table(table, add)
    folders = json.dumps(sorted(checked.targets))
    assets.write(f'], "directories": []}}, "outputs": {{"directories": {folders}}}, "referencedPaths": []}}}}\n')
    return checked


def write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def template(name: str, rows: int) -> dict[str, Any]:
    """The job's template, for so many rows."""
    backend = ["-m", "backend", "farm"]
    session = "{{Session.WorkingDirectory}}" + "/avatartex"

    def action(*arguments: str, **more: Any) -> dict[str, Any]:
        return {"command": "{{Param.Python}}", "args": [*backend, *arguments], **more}

    worker = {
        "name": "WarmWorker",
        "description": "The networks, loaded once in a session",
        "script": {
            "actions": {
                "onEnter": action("session", "start", session, timeout=120),
                "onExit": action("session", "stop", session, timeout=60),
            }
        },
    }
    row = {
        "name": "Row",
        "type": "CHUNK[INT]",
        "range": "{{Param.Rows}}",
        "chunks": {
            "defaultTaskCount": "{{Param.FirstChunk}}",
            "targetRuntimeSeconds": "{{Param.ChunkSeconds}}",
            "rangeConstraint": "NONCONTIGUOUS",
        },
    }
    task = action(
        "task",
        "{{Param.Table}}",
        *("--rows", "{{Task.Param.Row}}", "--session", session, "--mapping", "{{Session.PathMappingRulesFile}}"),
        *("--tries", "{{Param.Tries}}", "--failed", "{{Param.FailedRows}}"),
        cancelation={"mode": "NOTIFY_THEN_TERMINATE", "notifyPeriodInSeconds": 10},
    )
    return {
        "specificationVersion": "jobtemplate-2023-09",
        "extensions": ["TASK_CHUNKING"],
        "name": f"AvatarTex: {name}"[:120],
        "description": f"{rows} textures, made by AvatarTex {__version__}",
        "parameterDefinitions": parameters(rows),
        "steps": [
            {
                "name": "Textures",
                "stepEnvironments": [worker],
                "hostRequirements": {
                    "amounts": [
                        {"name": "amount.worker.vcpu", "min": PROCESSORS},
                        {"name": "amount.worker.memory", "min": MEMORY},
                    ]
                },
                "parameterSpace": {"taskParameterDefinitions": [row]},
                "script": {"actions": {"onRun": task}},
            }
        ],
    }


def parameters(rows: int) -> list[dict[str, Any]]:
    """What the submitter may change, with the control that asks for it."""

    def parameter(name: str, kind: str, default: Any, control: str, label: str, about: str, **more: Any) -> dict:
        asked = {"control": control, "label": label, "groupLabel": "AvatarTex"}
        return {
            "name": name, "type": kind, "default": default, "description": about, "userInterface": asked, **more
        }  # fmt: skip

    file = {"objectType": "FILE", "dataFlow": "IN"}
    return [
        parameter("Table", "PATH", TABLE, "CHOOSE_INPUT_FILE", "Table", "A row for each texture", **file),
        parameter("Rows", "STRING", f"1-{rows}", "LINE_EDIT", "Rows", "Which of them, as 1-20,35"),
        parameter("Python", "STRING", "python", "LINE_EDIT", "Python", "Of the backend, on the farm's machines"),
        parameter("FirstChunk", "INT", min(FIRST_CHUNK, rows), "SPIN_BOX", "First Chunk", "Rows in a chunk at first",
                  minValue=1),
        parameter("ChunkSeconds", "INT", CHUNK_SECONDS, "SPIN_BOX", "Chunk Seconds", "How long a chunk should take",
                  minValue=0),
        parameter("Tries", "INT", TRIES, "SPIN_BOX", "Tries", "Workers that may die of a row", minValue=1),
        parameter("FailedRows", "STRING", "fail", "DROPDOWN_LIST", "Failed Rows",
                  "Whether a chunk with rows that failed fails at its end, or only reports them",
                  allowedValues=["fail", "report"]),
    ]  # fmt: skip
