"""The sample sheet of the styles, as a picture."""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np

from ...imaging.files import write_bytes
from .render import encoded
from .sources import Sources, prepare
from .style_sheet import style_sheet


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m backend.lab texhub styles", description=__doc__.splitlines()[0])
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--build", type=Path, help="folder of a build")
    source.add_argument("--atlas", type=Path, help="atlas.npz of texhub align")
    parser.add_argument("--output", type=Path, required=True, help="the PNG to write")
    parser.add_argument("--seed", type=int, default=0, help="other faces, other parameters (default 0)")
    arguments = parser.parse_args(argv)
    cv2.setNumThreads(1)
    if arguments.build:
        sources = Sources.load(arguments.build / "sources.npz")
    else:
        with np.load(arguments.atlas, allow_pickle=False) as data:
            sources = prepare({key: data[key] for key in data.files})
    write_bytes(arguments.output, encoded(".png", style_sheet(sources, arguments.seed)[..., ::-1], []))
    print(arguments.output)
    return 0
