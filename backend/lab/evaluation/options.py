"""Options that commands of `python -m backend.lab evaluate` share."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from ...imaging.files import write_bytes


def bare_parser(name: str, text: str) -> argparse.ArgumentParser:
    """Of a command that has options of its own alone."""
    return argparse.ArgumentParser(
        prog=f"python -m backend.lab evaluate {name}",
        description=text,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def write(path: Path | None, body) -> None:
    if path:
        write_bytes(path, json.dumps(body, indent=1).encode())
