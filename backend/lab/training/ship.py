"""train ship: put trained weights where the product reads them, with their checksums and a row of the model card."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import torch
from safetensors.torch import load_file

from ...errors import AvatarTexError, ErrorCode
from ...models.bundle import FILES, WEIGHTS, load_networks
from ...portrait.parse_network import CHANNELS, SIDE
from .graphs import write_whole
from .manifest import write_manifest
from .mapping_network import FILE as MAPPING
from .parse_network import ParseNet

#: The network that parses a portrait: it needs none of the others, and none needs it.
PARSE = "parse.safetensors"


def ship(arguments: argparse.Namespace) -> None:
    """Copy the files of the output folder into backend/models/weights, list them, and load them as a job does.

    Raises:
        AvatarTexError: when a file is missing; nothing is copied then. All others may be missing beside the parse's.
    """
    names = ["linear.safetensors", *FILES]
    parsing = (arguments.output / PARSE).is_file()
    if parsing and not any((arguments.output / name).is_file() for name in names):
        names = []
    missing = [name for name in names if not (arguments.output / name).is_file()]
    if missing:
        raise AvatarTexError(
            ErrorCode.WEIGHTS_MISSING, f"Not trained yet: {', '.join(missing)}.", "Train these networks first."
        )
    for name in names:
        shutil.copyfile(arguments.output / name, WEIGHTS / name)
    if (arguments.output / MAPPING).is_file():  # the laboratory alone draws samples
        shutil.copyfile(arguments.output / MAPPING, Path(__file__).with_name(MAPPING))
    if parsing:
        ship_parse(arguments.output / PARSE)
    entries = write_manifest()
    load_networks("cpu")
    for name in names:
        print(f"{entries[name]['sha256'][:12]}  {entries[name]['bytes']:>9}  {name}")


def ship_parse(trained: Path) -> None:
    """The network that parses a portrait, as one graph with its weights."""
    network = ParseNet()
    network.load_state_dict({name: value.float() for name, value in load_file(trained).items()})
    write_whole(network, {"head": torch.zeros(1, CHANNELS, SIDE, SIDE)}, ["classes"], WEIGHTS / "parse.onnx")
