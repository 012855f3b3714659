"""The add-on's rooms: imports run one way, and no two things share a name. What core may import: test_house.py."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.texts import ADDON

#: Each room imports those before it and itself, none after it. The root's api and __init__ stand above all.
ROOMS = ("core", "scene", "preferences", "session", "setup", "jobs", "properties", "operators", "ui", "api", "cli")
#: Names that every module may have: the registration list asks for them.
OF_EVERY_PART = {"register", "unregister", "PARTS", "ATTACHED", "HANDLERS"}
#: Of every command line.
OF_EVERY_COMMAND = {"OPTIONS", "MANUAL"}


def module_name(path: Path, root: Path) -> str:
    """'scene.head' for scene/head.py, 'scene' for scene/__init__.py, '' for the add-on itself."""
    return ".".join(path.relative_to(root).with_suffix("").parts).removesuffix("__init__").removesuffix(".")


def read_modules(root: Path) -> dict[str, Path]:
    return {module_name(path, root): path for path in sorted(root.rglob("*.py"))}


def find_imports(root: Path) -> dict[str, set[str]]:
    """Module -> modules of the add-on that it imports, in functions too.

    Whoever imports 'a.b' runs 'a' first, so 'a' counts as imported, but for what lies inside 'a' itself.
    """
    modules = read_modules(root)
    found: dict[str, set[str]] = {}
    for name, path in modules.items():
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        found[name] = set()
        for target in imported_names(ast.parse(path.read_text(encoding="utf-8")), package):
            while target and target not in modules:
                target = target.rpartition(".")[0]  # a name inside a module
            parents = {target[:end] for end, sign in enumerate(target) if sign == "."}
            found[name] |= {target} | {parent for parent in parents if not f"{name}.".startswith(f"{parent}.")}
    return found


def imported_names(tree: ast.Module, package: str) -> Iterator[str]:
    """Dotted names of relative imports, from the add-on's root; the backend beside it is none of its modules."""
    parts = package.split(".") if package else []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = [*parts[: len(parts) - node.level + 1], *(node.module.split(".") if node.module else ())]
            yield from (".".join([*base, alias.name]) for alias in node.names if base[:1] != ["backend"])


def find_circles(imports: dict[str, set[str]]) -> list[list[str]]:
    """Groups of modules that import each other (Tarjan's strongly connected components of more than one)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    circles: list[list[str]] = []

    def visit(name: str) -> None:
        index[name] = low[name] = len(index)
        stack.append(name)
        for other in imports[name]:
            if other not in index:
                visit(other)
                low[name] = min(low[name], low[other])
            elif other in stack:
                low[name] = min(low[name], index[other])
        if low[name] == index[name]:
            group = stack[stack.index(name) :]
            del stack[stack.index(name) :]
            if len(group) > 1 or name in imports[name]:
                circles.append(sorted(group))

    for name in imports:
        if name not in index:
            visit(name)
    return circles


def test_no_circle():
    assert find_circles(find_imports(ADDON)) == []


def test_a_circle_would_be_found(tmp_path):
    """Through a function, and through a room's __init__."""
    (tmp_path / "ui").mkdir()
    files = {
        "__init__.py": "from . import ui",
        "task.py": "def ask():\n    from .ui import panel",
        "ui/__init__.py": "from . import panel, words",
        "ui/panel.py": "",
        "ui/words.py": "from ..task import ask",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert find_circles(find_imports(tmp_path)) == [["task", "ui", "ui.words"]]
    (tmp_path / "task.py").write_text("", encoding="utf-8")
    assert find_circles(find_imports(tmp_path)) == []
    (tmp_path / "task.py").write_text("from . import __package__", encoding="utf-8")
    (tmp_path / "ui" / "panel.py").write_text("from .. import task", encoding="utf-8")
    assert len(find_circles(find_imports(tmp_path))) == 1


def test_rooms_import_downwards():
    wrong = []
    for name, targets in find_imports(ADDON).items():
        room = name.partition(".")[0]
        if room in ROOMS:
            above = set(ROOMS[ROOMS.index(room) + 1 :])
            wrong += [f"{name} imports {target}" for target in targets if target.partition(".")[0] in above]
    assert wrong == []


def test_no_two_modules_of_one_name():
    places = defaultdict(list)
    for name in read_modules(ADDON):
        places[name.rpartition(".")[2]].append(name)
    assert {last: names for last, names in places.items() if len(names) > 1} == {}


def public_names(tree: ast.Module) -> Iterator[str]:
    """Functions, classes and constants of a module."""
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, ast.Assign):
            targets = getattr(node.targets[0], "elts", node.targets)
            yield from (target.id for target in targets if isinstance(target, ast.Name) and target.id.isupper())


def test_no_two_things_of_one_name():
    places = defaultdict(list)
    for name, path in read_modules(ADDON).items():
        for found in public_names(ast.parse(path.read_text(encoding="utf-8"))):
            if not found.startswith("_") and found not in OF_EVERY_PART | OF_EVERY_COMMAND:
                places[found].append(name)
    assert {one: names for one, names in places.items() if len(names) > 1} == {}


def test_every_idname_stands_once():
    """In core/idnames.py; elsewhere no string names an operator of ours."""
    idnames = set(re.findall(r'"(avatartex\.\w+)"', (ADDON / "core" / "idnames.py").read_text(encoding="utf-8")))
    assert len(idnames) > 40
    strings = [
        f"{name}: {node.value}"
        for name, path in read_modules(ADDON).items()
        if name != "core.idnames"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in idnames
    ]
    assert strings == []


def test_the_root_stays_small():
    assert {path.stem for path in ADDON.glob("*.py")} == {"__init__", "preferences", "session"}
