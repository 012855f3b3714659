"""How long Blender's window waits for us, at most: python -m tests.speed.window

Every call of ours on Blender's own thread, during every job, on the demo's head with over 100 000 faces and 4K
textures, in a real Blender with a window. AVATARTEX_REAL_BLENDER names the tool (tests/gui/test_window.py). The fake
backend answers: what a job computes is another process's time. Prints the milliseconds of the longest call, of work
and by the clock.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import mkdtemp

import cv2
import numpy as np

import build
from backend.head.mesh import load_mesh
from tests.demo.head import build_head, write_obj

from .__main__ import dense

HERE = Path(__file__).resolve().parent
#: Seconds for the session; software GL and the fake's pictures on two busy cores need most of them.
SESSION = int(os.environ.get("AVATARTEX_SECONDS", "360"))


def main() -> int:
    if not (tool := os.environ.get("AVATARTEX_REAL_BLENDER")):
        print("AVATARTEX_REAL_BLENDER is not set", file=sys.stderr)
        return 2
    out = Path(mkdtemp(prefix="avatartex_speed_"))
    mesh = dense(load_mesh(write_obj(build_head(), out / "head.obj")))
    np.savez(out / "head.npz", vertices=mesh.vertices, triangles=mesh.triangles, corner_uvs=mesh.corner_uvs)
    write_skin(out / "skin.png")
    (out / "portrait.png").write_bytes(b"the fake backend does not look at it")
    environment = os.environ | {
        "AVATARTEX_ZIP": str(build.package(out)),
        "AVATARTEX_OUT": str(out),
        "AVATARTEX_DENSE": str(out / "head.npz"),
        "AVATARTEX_SKIN": str(out / "skin.png"),
        "AVATARTEX_PORTRAIT": str(out / "portrait.png"),
        "BLENDER_USER_RESOURCES": str(out / "blender"),
    }
    subprocess.run(
        [tool, "gui", str(out / "end.png"), str(HERE / "in_window.py"), str(SESSION)], env=environment, check=True
    )
    found = json.loads((out / "found.json").read_text())
    print(f"Blender {found['blender']}, {found.get('faces', 0):,} faces")
    for phase, calls in found["calls"].items():
        for label, (work, wall) in sorted(calls.items(), key=lambda entry: -entry[1][0]):
            print(f"{phase:36} {label:28} {work:8.1f} ms  {wall:8.1f} ms")
    print(found.get("traceback") or found.get("errors"))
    return 0 if found.get("finished") else 1


def write_skin(path: Path, size: int = 4096) -> None:
    """A picture that compresses like a photograph."""
    rows, columns = np.mgrid[:size, :size] / size
    smooth = np.stack([rows, columns, 1 - rows], 2) * 200 + 20
    noise = np.random.default_rng(0).normal(0, 3, smooth.shape)
    cv2.imwrite(str(path), (smooth + noise).astype(np.uint8))


if __name__ == "__main__":
    raise SystemExit(main())
