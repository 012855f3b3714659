"""The manual's tour: Blender's real window, the real backend, the demo's head and photograph; a picture per step.

    AVATARTEX_REAL_BLENDER=TOOL python -m tests.gui.tour --output DIR [--manual]

TOOL as in test_window.py. Took 27 minutes on two cores at a load of 12; --seconds has to cover it. --manual also cuts
the manual's pictures (avatartex_addon/manual/pictures) out of the window's; --cut does that alone, with what is in DIR.
--chapters plays, and cuts, only some of tour_in_window.py's.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from pathlib import Path

from PIL import Image, ImageOps

from tests.demo import head, sources

from .session import ROOT, run_session

PICTURES = ROOT / "avatartex_addon" / "manual" / "pictures"

#: Picture of the manual: step of the tour, what of it (a part by name), and a share of that part: left, top, right,
#: bottom.
CUTS: dict[str, tuple[str, str, tuple[float, float, float, float]]] = {
    "first_run": ("01-not-set-up", "sidebar", (0, 0, 1, 0.66)),
    "preferences": ("03-preferences", "view", (0.13, 0.29, 1, 0.61)),
    "ready": ("05-ready", "sidebar", (0, 0, 1, 0.73)),
    "running": ("06-running", "sidebar", (0, 0, 1, 0.92)),
    "textured": ("08-done", "view", (0.2, 0, 1, 1)),
    "registration": ("09-registration", "both", (0, 0, 1, 1)),
    "pins": ("10-pins", "editor", (0, 0, 1, 1)),
    "provenance": ("12-provenance", "view", (0.2, 0, 1, 1)),
    "painting": ("14-painting", "view", (0.2, 0, 1, 1)),
    "redone": ("16-results", "view", (0.2, 0.05, 0.68, 1)),
    "results": ("16-results", "sidebar", (0, 0, 1, 1)),
    "variants": ("17-variants", "sidebar", (0, 0, 1, 1)),
    "variants_baked": ("19-variant", "view", (0.2, 0, 1, 1)),
    "batch": ("21-batch-filled", "sidebar", (0, 0, 1, 1)),
    "batch_done": ("23-batch-done", "view", (0.1, 0, 1, 1)),
}


NAMES = ("anna", "bob", "clara", "david", "emma", "felix", "greta", "hugo", "ida", "jonas")
BAD = "felix"


def make_portraits(folder: Path) -> None:
    """The photograph in nine tints, some mirrored; the bad one is a corner of it without a face."""
    folder.mkdir(parents=True, exist_ok=True)
    photograph = Image.open(sources.astronaut()).convert("RGB")
    for number, name in enumerate(NAMES):
        warmth, light = 1 + 0.09 * (number % 3 - 1), 1 - 0.07 * (number // 3)
        tinted = Image.merge(
            "RGB",
            [
                band.point(lambda v, k=k: min(255, round(v * k)))
                for band, k in zip(photograph.split(), (light * warmth, light, light / warmth), strict=True)
            ],
        )
        picture = tinted.crop((360, 0, 512, 152)) if name == BAD else ImageOps.mirror(tinted) if number % 2 else tinted
        picture.save(folder / f"{name}.jpg", quality=95)


def play(output: Path, seconds: float, chapters: list[str]) -> dict:
    """Run these chapters of the tour, all where none is named; what it found."""
    output.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(output / "blender", ignore_errors=True)
    make_portraits(output / "portraits")
    environment = output / "env"
    if not environment.exists():
        environment.symlink_to(Path(sys.prefix), target_is_directory=True)
    os.environ |= {
        "AVATARTEX_OUT": str(output),
        "AVATARTEX_TOUR": str(output),
        "AVATARTEX_CHAPTERS": " ".join(chapters),
        "AVATARTEX_REAL": "1",
        "AVATARTEX_HEAD": str(head.write_obj(head.build_head(), output / "head.obj")),
        "AVATARTEX_PORTRAIT": str(shutil.copyfile(sources.astronaut(), output / "astronaut.png")),
        "XDG_DATA_HOME": str(output / "data"),
    }
    return run_session("tour_in_window.py", seconds, None)[0]


def around(boxes: dict[str, list[int]]) -> tuple[int, int, int, int]:
    """Image Editor and viewport, side by side."""
    (left, top, _, height), (x, _, width, _) = boxes["editor"], boxes["view"]
    return left, top, x + width - left, height


def cut(output: Path) -> int:
    """Write the manual's pictures; bytes of all."""
    boxes = json.loads((output / "found.json").read_text(encoding="utf-8"))["boxes"]
    PICTURES.mkdir(parents=True, exist_ok=True)
    total = 0
    for name, (step, part, (left, top, right, bottom)) in CUTS.items():
        if step not in boxes:
            continue
        picture = Image.open(output / f"{step}.png").convert("RGB")
        x, y, width, height = boxes[step][part] if part != "both" else around(boxes[step])
        picture = picture.crop(
            (round(x + left * width), round(y + top * height), round(x + right * width), round(y + bottom * height))
        )
        file = PICTURES / f"{name}.jpg"
        picture.save(file, quality=82, optimize=True)
        total += file.stat().st_size
    return total


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=1800, help="how long the window stays open")
    parser.add_argument("--chapters", nargs="+", default=[], help="only these")
    parser.add_argument("--manual", action="store_true")
    parser.add_argument("--cut", action="store_true")
    arguments = parser.parse_args()
    output = arguments.output.resolve()
    if not arguments.cut:
        if not os.environ.get("AVATARTEX_REAL_BLENDER"):
            parser.error("AVATARTEX_REAL_BLENDER is not set")
        found = play(output, arguments.seconds, arguments.chapters)
        print(found.get("traceback", ""), found["errors"], found.get("batch", ""))
        if not found.get("finished"):
            return 1
    if arguments.manual or arguments.cut:
        print(f"{cut(output) / 1e6:.2f} MB in {PICTURES}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
