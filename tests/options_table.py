"""The manual's page of options, made from the table in backend/options.py.

python -m tests.options_table > avatartex_addon/manual/options.md
"""

from __future__ import annotations

from backend.arguments import default_of
from backend.option import SIDES, Option
from backend.options import OPTIONS

HEAD = """\
# All options

The panel, both command lines and the Python API have the same options by the same names; on a command line `uv_map` is
`--uv-map`. This page is made from the add-on's own table.

| option | if not given | for | panel | blender --command | api | python -m backend |
|---|---|---|---|---|---|---|"""


def render_page() -> str:
    return "\n".join([HEAD, *map(render_line, OPTIONS), "", *map(render_section, OPTIONS)]).rstrip()


def render_line(option: Option) -> str:
    default = "no" if option.default is False else default_of(option)
    sides = " | ".join("yes" if side in option.sides else "" for side in SIDES)
    return f"| `{option.name}` | {default} | {', '.join(option.jobs)} | {sides} |"


def render_section(option: Option) -> str:
    lines = [f"- `{choice.value}` {choice.label}: {choice.tooltip}" for choice in option.choices]
    if option.limits:
        lines = [f"Whole numbers from {option.limits[0]} to {option.limits[1]}."]
    return "\n".join([f"## {option.label} `{option.name}`", "", f"{option.tooltip}.", "", *lines, *[""] * bool(lines)])


if __name__ == "__main__":
    print(render_page())
