"""train ship: put trained weights where the product reads them, with their checksums and a row of the model card."""

from __future__ import annotations

import shutil

from ..errors import AvatarTexError, ErrorCode
from ..models.bundle import DETAILER, FILES, WEIGHTS, load_detailer, load_networks
from ..models.manifest import write_manifest


def ship(arguments, preset) -> None:
    """Copy the files of the output folder into backend/models/weights, list them, and load them as a job does.

    Raises:
        AvatarTexError: when a file is missing; nothing is copied then. The tile denoiser's may be: it needs none of the
            others, and none needs it.
    """
    names = ["linear.safetensors", *FILES, *([DETAILER] if (arguments.output / DETAILER).is_file() else [])]
    missing = [name for name in names if not (arguments.output / name).is_file()]
    if missing:
        raise AvatarTexError(
            ErrorCode.WEIGHTS_MISSING, f"Not trained yet: {', '.join(missing)}.", "Train these networks first.",
        )
    for name in names:
        shutil.copyfile(arguments.output / name, WEIGHTS / name)
    entries = write_manifest()
    load_networks("cpu")
    load_detailer("cpu")
    for name in names:
        print(f"{entries[name]['sha256'][:12]}  {entries[name]['bytes']:>9}  {name}")
