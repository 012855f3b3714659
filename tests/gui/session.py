"""Starts a real Blender with a window on a script of this folder, and reads what the script found."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOL = os.environ.get("AVATARTEX_REAL_BLENDER", "")
#: How much longer sessions may take than on two quiet cores: others work on the machine, too.
PATIENCE = float(os.environ.get("AVATARTEX_PATIENCE", "1"))


def run_session(script: str, seconds: float, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict, Path]:
    """What the script left in found.json, and the folder with it and the pictures; skips where no tool is named."""
    if not TOOL:
        pytest.skip("AVATARTEX_REAL_BLENDER is not set")
    sys.path.insert(0, str(ROOT))
    import build

    seconds *= PATIENCE

    out = Path(os.environ.get("AVATARTEX_OUT") or tmp_path_factory.mktemp("window"))
    out.mkdir(parents=True, exist_ok=True)
    portrait = out / "portrait.png"
    if "AVATARTEX_PORTRAIT" not in os.environ:
        import numpy as np
        from PIL import Image

        Image.fromarray(np.full((256, 256, 3), 180, np.uint8)).save(portrait)
    environment = (
        {"AVATARTEX_PORTRAIT": str(portrait)}
        | os.environ
        | {
            "AVATARTEX_ZIP": str(build.package(out)),
            "AVATARTEX_OUT": str(out),
            "BLENDER_USER_RESOURCES": str(out / "blender"),
        }
    )
    subprocess.run(
        [TOOL, "gui", str(out / "end.png"), str(ROOT / "tests" / "gui" / script), str(seconds)],
        cwd=ROOT,
        env=environment,
        check=True,
        timeout=seconds + 120,
    )
    print(f"pictures: {out}")
    return json.loads((out / "found.json").read_text()), out
