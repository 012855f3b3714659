"""Heads of files in Blender's real window, with the real backend: what the panel says, and pictures from three sides.

    AVATARTEX_REAL_BLENDER=TOOL python -m tests.gui.heads --output DIR HEADS.json

TOOL as in test_window.py; HEADS.json as heads_in_window.py says. About a minute and a half a head.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from .session import run_session


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("heads", type=Path)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=120, help="how long the window stays open for each")
    arguments = parser.parse_args()
    output = arguments.output.resolve()
    output.mkdir(parents=True, exist_ok=True)
    heads = json.loads(arguments.heads.read_text(encoding="utf-8"))
    environment = output / "env"  # within the folders that the real Blender sees
    if not environment.exists():
        environment.symlink_to(Path(sys.prefix), target_is_directory=True)
    os.environ |= {
        "AVATARTEX_OUT": str(output),
        "AVATARTEX_ENVIRONMENT": str(environment),
        "AVATARTEX_HEADS": json.dumps(heads),
        "AVATARTEX_PORTRAIT": heads[0]["portrait"],
        "AVATARTEX_REAL": "1",
        "XDG_DATA_HOME": str(output / "data"),
    }
    found, _ = run_session("heads_in_window.py", 30 + arguments.seconds * len(heads), None)
    print(found.get("traceback", ""), json.dumps(found.get("heads"), indent=1))
    return 0 if found.get("finished") else 1


if __name__ == "__main__":
    sys.exit(main())
