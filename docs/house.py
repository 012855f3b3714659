"""Draw the house: which room imports which, read from the imports. Standard library only.

    python docs/house.py            writes docs/pictures/house.svg

A room is a folder of backend/ or avatartex_addon/. Of the modules beside the folders, "shared words" import no room,
the "front door" is imported by none, and others have a box of their own. A room stands above all that it imports. An
arrow that follows from others is left out; an arrow in a circle is red.
tests/test_documents.py fails when the picture is not the one that the imports give.
"""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TARGET = Path(__file__).resolve().parent / "pictures" / "house.svg"
HOUSES = {"avatartex_addon": "Blender's side", "backend": "The backend"}
#: Folders that hold no code, or only data.
NO_ROOMS = {"__pycache__", "manual", "translations", "weights"}
#: Modules beside the folders: those that import no room, and those that no room imports.
GROUND, TOP = "shared words", "front door"
WIDTH, HEIGHT, GAP_X, GAP_Y, MARGIN, TITLE = 116, 34, 18, 32, 24, 34


def rooms(house: str) -> dict[str, set[str]]:
    """Room -> the rooms of the same house that it imports, function-level imports included."""
    modules = [path for path in sorted((ROOT / house).rglob("*.py")) if is_code(path, house)]
    leads = {path: imported(path, house) for path in modules}
    beside = {path for path in modules if path.parent == ROOT / house}
    ground, top = set(beside), set(beside)
    while floating := {path for path in ground if leads[path] - ground}:
        ground -= floating  # what is left imports only its like
    while wanted := {path for path in top for other in modules if other not in top and path in leads[other]}:
        top -= wanted  # what is left is imported only by its like
    room = {path: room_of(path, house, ground, top) for path in modules}
    edges: dict[str, set[str]] = {name: set() for name in room.values()}
    for path in modules:
        edges[room[path]] |= {room[other] for other in leads[path]} - {room[path]}
    return edges


def is_code(path: Path, house: str) -> bool:
    return not NO_ROOMS & set(path.relative_to(ROOT / house).parts)


def room_of(path: Path, house: str, ground: set[Path], top: set[Path]) -> str:
    parts = path.relative_to(ROOT / house).parts
    return parts[0] if len(parts) > 1 else GROUND if path in ground else TOP if path in top else path.stem


def imported(path: Path, house: str) -> set[Path]:
    """The files of the house that a module names in its relative imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = path.parents[node.level - 1].joinpath(*(node.module or "").split("."))
            for target in {base, *(base / alias.name for alias in node.names)}:
                found |= {file for file in (target.with_suffix(".py"), target / "__init__.py") if file.is_file()}
    return {file for file in found if (ROOT / house) in file.parents and is_code(file, house)} - {
        path,
        ROOT / house / "__init__.py",  # the version
    }


def levels(edges: dict[str, set[str]]) -> dict[str, int]:
    """Room -> row, 0 at the bottom: one above the highest room that it imports. Circles share a row."""
    rank = dict.fromkeys(edges, 0)
    for _ in edges:  # the longest path has at most as many steps as there are rooms
        for room, others in edges.items():
            rank[room] = max([rank[room], *(rank[other] + (not reaches(edges, other, room)) for other in others)])
    return {room: max(rank.values()) if room == TOP else row for room, row in rank.items()}


def reaches(edges: dict[str, set[str]], start: str, goal: str) -> bool:
    seen, waiting = set(), [start]
    while waiting:
        room = waiting.pop()
        if room == goal:
            return True
        if room not in seen:
            seen.add(room)
            waiting += edges[room]
    return False


def needed(edges: dict[str, set[str]], room: str) -> list[str]:
    """The imports of a room that do not follow from its others, sorted: a picture of all would be a thicket."""
    others = edges[room]
    return sorted(
        other
        for other in others
        if reaches(edges, other, room)
        or not any(
            reaches(edges, way, other)
            for way in others - {other}
            if not reaches(edges, way, room) and not reaches(edges, other, way)
        )
    )


def draw() -> str:
    """The picture as SVG: the two houses side by side."""
    parts, left, bottom = [], MARGIN, 0
    for house, title in HOUSES.items():
        edges = rooms(house)
        rank = levels(edges)
        rows = [[room for room in sorted(edges) if rank[room] == row] for row in range(max(rank.values()) + 1)]
        width = max(len(row) for row in rows) * (WIDTH + GAP_X) - GAP_X
        top = MARGIN + TITLE
        places = {
            room: (
                left + (width - len(row) * (WIDTH + GAP_X) + GAP_X) / 2 + i * (WIDTH + GAP_X),
                top + (len(rows) - 1 - number) * (HEIGHT + GAP_Y),
            )
            for number, row in enumerate(rows)
            for i, room in enumerate(row)
        }
        parts.append(f'<text class="title" x="{left + width / 2:g}" y="{MARGIN + 12}">{title}: {house}/</text>')
        parts += [
            arrow(places[room], places[other], reaches(edges, other, room))
            for room in sorted(edges)
            for other in needed(edges, room)
        ]
        parts += [box(room, *place) for room, place in sorted(places.items())]
        left += width + 3 * MARGIN
        bottom = max(bottom, top + len(rows) * (HEIGHT + GAP_Y) - GAP_Y + MARGIN)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left - 2 * MARGIN:g} {bottom:g}" '
            'font-family="sans-serif" font-size="14">',
            "<style>rect{fill:#fff;stroke:#345}text{text-anchor:middle;fill:#123}.title{font-weight:bold}"
            "line{stroke:#89a;stroke-width:1}.circle{stroke:#c22}</style>",
            '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
            '<path d="M0 0L8 4L0 8z" fill="#89a"/></marker></defs>',
            '<rect x="0" y="0" width="100%" height="100%" style="fill:#f6f8fa;stroke:none"/>',
            *parts,
            "</svg>",
            "",
        ]
    )


def box(room: str, x: float, y: float) -> str:
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{WIDTH}" height="{HEIGHT}" rx="5"/>'
        f'<text x="{x + WIDTH / 2:g}" y="{y + HEIGHT / 2 + 5:g}">{room}</text>'
    )


def arrow(start: tuple[float, float], end: tuple[float, float], circle: bool) -> str:
    """From the importing room's lower edge to the imported room's upper edge; sideways within a row."""
    (x1, y1), (x2, y2) = start, end
    x1, x2 = x1 + WIDTH / 2, x2 + WIDTH / 2
    y1, y2 = (y1 + HEIGHT, y2) if y2 > y1 else (y1, y2 + HEIGHT) if y2 < y1 else (y1 + HEIGHT, y2 + HEIGHT)
    kind = ' class="circle"' if circle else ""
    return f'<line{kind} x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}" marker-end="url(#tip)"/>'


if __name__ == "__main__":
    TARGET.write_text(draw(), encoding="utf-8")
    print(TARGET)
