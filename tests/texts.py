"""Everything the add-on says, read from its code: a template for translators.

    python -m tests.texts > avatartex_addon/translations/fr.json

Texts of buttons go into "buttons", all others stay in "texts"; what is left empty appears in English.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ADDON = Path(__file__).resolve().parents[1] / "avatartex_addon"
OPTIONS = tuple(ADDON.parent / "backend" / name for name in ("options.py", "variant_options.py", "map_options.py"))
#: Where a text stands: arguments by name, calls by their function's name, and what a class says of itself.
KEYWORDS = {"text", "name", "description", "title", "confirm_text", "message", "placeholder"}
CALLS = {
    "say",
    "label",
    "draw_sentence",
    "draw_text",
    "show_preferences",
    "report",
    "fail",
    "AvatarTexError",
    "Obstacle",
    "obstacle_with_button",
    "doubt",
    "failed",
    "Check",
    "step",
    "call",
    "make_slider",
    "make_opacity",
}
#: Of the table of options: which arguments are said, and not only read.
TABLE = {"Option": (1, 3), "_every_texture": (1, 3), "Choice": (1, 2), "ExportTarget": (1, 2), "unless": (0,)}
CLASS_TEXTS = {"bl_label", "bl_description", "none"}
#: Functions that return a text: why a button is grey.
TELLING = {"find_obstacle", "find_uneditable", "find_busy", "find_no_layers", "find_offline"}


@dataclass(frozen=True)
class Text:
    """One text, or (whole false) one that is put together and so cannot be looked up."""

    file: str
    line: int
    text: str
    whole: bool


def find_texts(path: Path) -> Iterator[Text]:
    """What one module says, in the order of its lines."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from _of_call(path.name, node)
        elif isinstance(node, ast.FunctionDef) and node.name in TELLING:
            for end in ast.walk(node):
                if isinstance(end, ast.Return) and end.value is not None:
                    yield from _literals(path.name, end.value)
        elif isinstance(node, ast.ClassDef) and node.name.startswith("AVATARTEX_"):
            if (told := ast.get_docstring(node, clean=False)) and "_OT_" in node.name:
                yield Text(path.name, node.lineno, told, True)
            for entry in node.body:
                if isinstance(entry, ast.Assign) and getattr(entry.targets[0], "id", "") in CLASS_TEXTS:
                    yield from _literals(path.name, entry.value)
        elif isinstance(node, ast.Assign) and isinstance(node.value, (ast.Dict, ast.Tuple)):
            yield from _literals(path.name, node.value)  # tables of texts: ROW_TEXTS, FIX_BUTTONS
        elif isinstance(node, ast.Assign) and str(getattr(node.value, "value", "")).endswith("."):
            yield from _literals(path.name, node.value)  # a sentence: GO_ON


def _of_call(file: str, node: ast.Call) -> Iterator[Text]:
    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
    if name == "__package__" or name.endswith("_register"):
        return
    for place in TABLE.get(name, ()):
        yield from _literals(file, node.args[place])
    refusal = getattr(getattr(node.func, "value", None), "id", "") == "ErrorCode"
    for argument in node.args[name == "call" :] if name in CALLS or refusal else ():  # a command line comes first
        yield from _literals(file, argument)
    for keyword in node.keywords:
        if keyword.arg in KEYWORDS or (name == "EnumProperty" and keyword.arg == "items"):
            yield from _literals(file, keyword.value)


def _literals(file: str, node: ast.AST) -> Iterator[Text]:
    """Texts in an expression; those of calls inside are the calls' own."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        if re.search("[A-Za-z]{2}", node.value):
            yield Text(file, node.lineno, node.value, True)
    elif isinstance(node, ast.JoinedStr):
        said = "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
        if re.search("[A-Za-z]{2}", said.replace("{}", "")):
            yield Text(file, node.lineno, said, False)
    elif isinstance(node, ast.IfExp):
        yield from (*_literals(file, node.body), *_literals(file, node.orelse))
    elif not isinstance(node, ast.Call):
        for child in ast.iter_child_nodes(node):
            yield from _literals(file, child)


def all_texts() -> list[Text]:
    return [
        text
        for path in (*sorted(ADDON.rglob("*.py")), *OPTIONS)
        if "translations" not in path.parts
        for text in find_texts(path)
    ]


def template() -> str:
    """A language's file with nothing translated: every whole text once, empty."""
    texts = {text.text for text in all_texts() if text.whole and (" " in text.text or text.text[0].isupper())}
    return json.dumps({"buttons": {}, "texts": dict.fromkeys(sorted(texts), "")}, ensure_ascii=False, indent=1)


if __name__ == "__main__":
    print(template())
