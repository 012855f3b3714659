"""Networks of a training's folder, which no checksum holds yet."""

from __future__ import annotations

from pathlib import Path

from safetensors.torch import load_file

from ..errors import AvatarTexError, ErrorCode
from ..models.bundle import FILES, Networks, assemble


def untrained(folder: Path, device: str = "cpu") -> Networks:
    """The networks of a training's folder, unverified; those that it has no file of are untrained.

    Raises:
        AvatarTexError: WEIGHTS_MISSING, without the linear prior.
    """
    if not (folder / "linear.safetensors").is_file():
        raise AvatarTexError(ErrorCode.WEIGHTS_MISSING, f"No linear prior in {folder}.", "Run train linear first.")
    files = {name: load_file(folder / name) for name in FILES if (folder / name).is_file()}
    return assemble(load_file(folder / "linear.safetensors"), files, device)
