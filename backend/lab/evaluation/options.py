"""Options that commands of `python -m backend.lab evaluate` share."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import cv2
import torch

from ...imaging.files import write_bytes
from ...models.bundle import Networks, load_networks


def bare_parser(name: str, text: str) -> argparse.ArgumentParser:
    """Of a command that has options of its own alone."""
    return argparse.ArgumentParser(
        prog=f"python -m backend.lab evaluate {name}",
        description=text,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def parser_for(name: str, text: str) -> argparse.ArgumentParser:
    """Of a command that measures on held-out textures."""
    parser = bare_parser(name, text)
    parser.add_argument("--held-out", type=Path, required=True, metavar="DIR", help="texhub build --split held_out")
    parser.add_argument("--weights", type=Path, help="folder of weights (default: the bundled ones)")
    parser.add_argument("--output", type=Path, help="also write all values here (JSON)")
    parser.add_argument("--seed", type=int, default=0)
    return parser


def networks_of(arguments: argparse.Namespace) -> Networks:
    """The networks to measure; one thread for OpenCV, so that seconds mean one core where OMP_NUM_THREADS says so."""
    cv2.setNumThreads(torch.get_num_threads())
    return load_networks("cpu", arguments.weights)


def write(path: Path | None, body) -> None:
    if path:
        write_bytes(path, json.dumps(body, indent=1).encode())
