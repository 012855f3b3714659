"""What the commands for one head have in common: head, portrait, the file to write, the table of options."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..backend.arguments import add_options, take
from ..backend.option import Option
from .ending import add_output


def add_head(parser: argparse.ArgumentParser, options: tuple[Option, ...]) -> None:
    parser.add_argument("--object", required=True, metavar="NAME", help="the head, a mesh object of the scene")
    parser.add_argument("--portrait", required=True, metavar="FILE", help="photograph, painting or drawing of a face")
    add_output(parser)
    add_options(parser, options)


def read_head(given: argparse.Namespace, options: tuple[Option, ...]) -> dict[str, Any]:
    """The API's arguments; files are relative to where the command was given.

    Raises:
        AvatarTexError: BAD_REQUEST, an option cannot have such a value.
    """
    values = take(given, options)
    values["further"] = [Path(path).resolve() for path in values["further"]]
    values["pins"] = Path(values["pins"]).resolve() if values["pins"] else ()
    return {"object": given.object, "portrait": Path(given.portrait).resolve(), **values}
