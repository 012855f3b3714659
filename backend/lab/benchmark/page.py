"""The run as one HTML page that needs nothing else: tables, and pictures to compare with a slider."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from string import Template

import numpy as np

from ... import __version__
from .methods import OURS
from .pictures import PORTRAIT, TRUTH, as_jpeg
from .runs import Run, memory
from .scores import COLUMNS
from .tables import Table

TEMPLATE = Path(__file__).with_name("page.html")

#: Case -> method -> texture map and head, (P,P,3) uint8 RGB.
Pictures = Mapping[str, Mapping[str, tuple[np.ndarray, np.ndarray]]]


def intro(run: Run, size: int) -> str:
    """What was measured."""
    told = [
        f"{len(run.bodies) or len(run.cases)} rendered portraits of {run.faces([*run.cases])} faces whose textures are "
        f"known, measured at {size} texels with AvatarTex {__version__}.",
        "Visible and hidden texels are those that the portrait shows or not; gain and bias: after one gain and bias a "
        "channel. Ours takes the portrait's light out, the baselines keep it.",
    ]
    if run.refused:
        told.append(f"{len(run.refused)} cases were refused and are in no mean of ours.")
    if memory(run):
        told.append(f"A worker that makes ours takes {memory(run):.0f} MiB at most.")
    return " ".join(told)


def write_page(path: Path, run: Run, tables: Sequence[Table], behind: Sequence[str], pictures: Pictures) -> None:
    """Raises: OSError."""
    size = next((body["asked"]["size"] for body in run.bodies.values()), 0)
    rows = run.by_method()
    methods = list(dict.fromkeys(name for row in pictures.values() for name in row if name != PORTRAIT))
    data = {
        "cases": {
            name: {
                "about": sentence(run.cases[name]),
                "pictures": {method: [*map(as_source, both)] for method, both in row.items()},
                "figures": {method: rows[method][name] for method in rows if name in rows[method]},
            }
            for name, row in pictures.items()
        },
        "methods": methods,
        "left": TRUTH,
        "right": OURS if OURS in methods else next((name for name in methods if name != TRUTH), TRUTH),
        "columns": {key: (heading, digits) for key, (heading, digits, _) in COLUMNS.items()},
    }
    body = Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        intro=escape(intro(run, size)),
        behind=listed(behind),
        tables="\n".join(as_html(table, number) for number, table in enumerate(tables)),
        data=json.dumps(data).replace("<", "\\u003c"),
    )
    path.write_text(body, encoding="utf-8")


def sentence(about: Mapping) -> str:
    told = [f"Yaw {about['yaw']:+.0f} degrees"] if "yaw" in about else []
    told += [f"{field} {about[field]}" for field in ("style", "hair", "light", "camera", "tone") if about.get(field)]
    told += [f"behind {about['occluder']}"] if about.get("occluder") else []
    return ", ".join(told) + "." if told else ""


def listed(behind: Sequence[str]) -> str:
    if not behind:
        return "<p>Nowhere, over all cases and by tone and style.</p>"
    return "<ul>" + "".join(f"<li>{escape(one)}</li>" for one in behind) + "</ul>"


def as_html(table: Table, number: int) -> str:
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in table.head)
    rows = "".join(
        f'<tr{" class=ours" if first == OURS else ""}><th scope="row">{escape(first)}</th>'
        + "".join(f"<td>{escape(text)}</td>" for text in rest)
        + "</tr>"
        for first, *rest in table.rows
    )
    return (
        f'<h2 id="table{number}">{escape(table.title)}</h2>\n'
        f'<div class="scroll" tabindex="0" role="region" aria-labelledby="table{number}"><table>'
        f"<caption>{escape(table.about)}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def as_source(picture: np.ndarray) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(as_jpeg(picture)).decode()
