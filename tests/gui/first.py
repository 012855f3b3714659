"""Seconds from the zip to the first texture, in Blender's real window, with the packages that an artist gets.

    AVATARTEX_REAL_BLENDER=TOOL python -m tests.gui.first --output DIR [--seconds 900] [--torch FOLDER]

TOOL as in test_window.py. --torch names a folder with torch's wheel, where the machine does not reach its index.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from .session import run_session


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=900, help="how long the window stays open")
    parser.add_argument("--torch", default="", metavar="FOLDER")
    arguments = parser.parse_args()
    if not os.environ.get("AVATARTEX_REAL_BLENDER"):
        parser.error("AVATARTEX_REAL_BLENDER is not set")
    os.environ |= {"AVATARTEX_OUT": str(arguments.output.resolve()), "AVATARTEX_TORCH": arguments.torch}
    found = run_session("first_in_window.py", arguments.seconds, None)[0]
    print(found.get("traceback", ""), found.get("error"), found.get("job_error"))
    if not found.get("finished"):
        return 1
    print(f"extension {found['installed']} s; first texture {found['first_job']} s after it; between them the set-up:")
    print(f"{found['set_up']} s, in which its processes worked {found['set_up_works']} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
