"""python -m backend.lab faces: portraits of real people to observations in the atlas."""

from __future__ import annotations

import sys
from importlib import import_module

#: name -> (module with main(argv), what it does).
COMMANDS = {"build": ("build", "observe every portrait of a folder, list and weigh the people")}


def main(argv: list[str] | None = None) -> int:
    argv = sys.argv[1:] if argv is None else argv
    if not argv or argv[0] not in COMMANDS:
        print("usage: python -m backend.lab faces COMMAND [options]; each has --help", file=sys.stderr)
        for name, (_, text) in COMMANDS.items():
            print(f"  {name:8s}{text}", file=sys.stderr)
        return 0 if argv[:1] in (["-h"], ["--help"]) else 2
    return import_module(f".{COMMANDS[argv[0]][0]}", __package__).main(argv[1:])
