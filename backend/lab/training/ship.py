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
from .glasses_network import COLUMNS, ROWS, GlassesNet
from .graphs import write_whole
from .manifest import write_manifest
from .mapping_network import FILE as MAPPING
from .parse_network import ParseNet

#: Networks that see a portrait: each needs none of the others, and none needs them.
PARSE, GLASSES = (f"{name}.safetensors" for name in ("parse", "glasses"))


def ship(arguments: argparse.Namespace) -> None:
    """Copy the files of the output folder into backend/models/weights, list them, and load them as a job does.

    Raises:
        AvatarTexError: when a file is missing; nothing is copied then. All others may be missing beside those
            that see a portrait.
    """
    names = ["linear.safetensors", *FILES]
    seeing = [name for name in (PARSE, GLASSES) if (arguments.output / name).is_file()]
    if seeing and not any((arguments.output / name).is_file() for name in names):
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
    for name in seeing:
        ship_seeing(arguments.output / name)
    entries = write_manifest()
    load_networks("cpu")
    for name in names:
        print(f"{entries[name]['sha256'][:12]}  {entries[name]['bytes']:>9}  {name}")


def ship_seeing(trained: Path) -> None:
    """The network that parses a portrait, or sees its glasses, as one graph with its weights."""
    network, given, made = {
        PARSE: (ParseNet(), {"head": torch.zeros(1, CHANNELS, SIDE, SIDE)}, ["classes"]),
        GLASSES: (GlassesNet(), {"face": torch.zeros(1, 5, ROWS, COLUMNS)}, ["hidden", "worn"]),
    }[trained.name]
    network.load_state_dict({name: value.float() for name, value in load_file(trained).items()})
    write_whole(network, given, made, (WEIGHTS / trained.name).with_suffix(".onnx"))
