"""Makes the pictures of the styles in the Variants panel: the sample head, in each style, from the front.

    python -m tests.style_pictures [--output DIR]

Runs the real backend, a few minutes on two cores; the portrait is the sample's, which is in the public domain.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from PIL import Image

from backend.messages import Variants
from backend.variant_options import STYLES
from backend.variants.job import make_variants

from .demo.sample import write_sample
from .texts import ADDON

FOLDER = ADDON / "ui" / "style_pictures"
#: Pixels of a side, and what of the preview is cut off: left, top, right, bottom, as shares.
SIDE, CUT = 112, (0.16, 0.1, 0.84, 0.78)


def draw_pictures(folder: Path) -> int:
    """Write STYLE.jpg for every style; bytes of all."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as made:
        write_sample(Path(made))
        request = Variants(
            job="pictures",
            mesh=f"{made}/head.obj",
            portrait=f"{made}/portrait.jpg",
            output=f"{made}/baked",
            styles=list(STYLES.values),
            size=512,
            previews=True,
        )
        for one in make_variants(request, lambda stage, share: print(f"{share:4.0%} {stage}"), lambda: False).made:
            picture = Image.open(one["preview"]).convert("RGB")
            box = tuple(round(share * picture.width) for share in CUT)
            picture.crop(box).resize((SIDE, SIDE), Image.Resampling.LANCZOS).save(
                folder / f"{one['style']}.jpg", quality=85, optimize=True
            )
    return sum(path.stat().st_size for path in folder.glob("*.jpg"))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=FOLDER)
    print(f"{draw_pictures(parser.parse_args().output) / 1e3:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
