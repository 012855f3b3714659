"""The house keeps its shape: imports run one way, the laboratory stays outside, add-on and backend keep apart."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
#: Rooms of the backend from the bottom upwards; a room imports only what stands before it. Several in one line may not
#: import each other. What is not named here is shared by all: SHARED.
STOREYS = (
    ("imaging", "recall", "layers"),
    ("networks",),
    ("prior",),
    ("models",),
    ("portrait",),
    ("head",),
    ("styles", "observation"),
    ("job",),
    ("stages", "surface", "large"),
    ("finish",),
    ("compose",),
    ("maps",),
    ("request",),
    ("report",),
    ("completing", "refusals"),
    ("pipeline", "registering"),
    ("variants", "expressions"),
    ("worker", "doctor", "farm"),
    ("__main__",),
    ("lab",),
)
SHARED = {
    "cpp_runtime",
    "free_memory",
    "verified",
    "threads",
    "offline",
    "option",
    "options",
    "variant_options",
    "map_options",
    "seeds",
    "shape_keys",
    "outputs",
    "paths",
    "arguments",
    "command_line",
    "messages",
    "wire",
    "errors",
    "pins",
    "progress",
}


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def modules(package: str) -> dict[str, Path]:
    return {name_of(path): path for path in sorted((ROOT / package).rglob("*.py"))}


def imported(name: str, path: Path, known: dict[str, Path]) -> Iterator[str]:
    """The modules of known that a module imports, wherever in it the import stands."""
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                found = f"{base}.{alias.name}" if f"{base}.{alias.name}" in known else base
                if found in known and found != name:
                    yield found


def room(name: str) -> str:
    return [*name.split("."), ""][1]


def test_no_circles():
    known = modules("backend")
    graph = {name: set(imported(name, path, known)) for name, path in known.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as circle:
        pytest.fail(" -> ".join(circle.args[1]))


def test_rooms_import_downwards():
    storey = {name: number for number, names in enumerate(STOREYS) for name in names}
    known = modules("backend")
    wrong = []
    for name, path in known.items():
        for other in imported(name, path, known):
            here, there = room(name), room(other)
            if here == there or not here or there in SHARED | {""}:
                continue
            if here in SHARED or storey[there] >= storey[here]:
                wrong.append(f"{name} imports {other}")
    assert not wrong


def test_the_product_does_not_know_the_laboratory():
    known = modules("backend")
    product = {name: path for name, path in known.items() if room(name) != "lab"}
    assert [
        f"{name} imports {other}"
        for name, path in product.items()
        for other in imported(name, path, known)
        if room(other) == "lab"
    ] == []


@pytest.mark.parametrize(
    "folder, banned",
    [
        ("backend", {"bpy", "mathutils", "bmesh"}),
        ("avatartex_addon", {"torch", "diffusers", "onnxruntime", "cv2", "PIL"}),
        ("avatartex_addon/core", {"bpy", "bpy_extras", "mathutils", "bmesh", "gpu", "blf"}),
    ],
)
def test_either_side_keeps_to_its_packages(folder, banned):
    for path in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = (
                [node.module or ""]
                if isinstance(node, ast.ImportFrom) and not node.level
                else ([alias.name for alias in node.names] if isinstance(node, ast.Import) else [])
            )
            assert not banned & {name.split(".")[0] for name in names}, path


def test_what_the_addon_takes_from_the_backend_needs_numpy_alone():
    """Blender's Python has nothing else; that of these tests has everything."""
    found = set()
    for path in (ROOT / "avatartex_addon").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.level and (node.module or "").split(".")[0] == "backend":
                found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    names = sorted(name for name in found if name in modules("backend"))
    assert "backend.head.rasterize" in names
    code = (
        "import importlib, sys\nsys.modules |= dict.fromkeys(('cv2', 'PIL', 'torch', 'onnxruntime'))\n"
        f"for name in {names}: importlib.import_module(name)"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr[-500:]
