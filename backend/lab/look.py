"""python -m backend.lab look: each portrait beside the head that a job textures after it, from four sides.

One PNG a portrait in the output folder: the portrait, then the head from the front, turned by 45 degrees to either
side, and from behind. With --marked once more below, mirrored places green and made-up ones blue. Refusals are printed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from ..compose.udim import find_tiles
from ..errors import AvatarTexError
from ..head.front import AIR, draw_head
from ..head.landmarks import find_head_landmarks
from ..head.mesh import load_mesh, vertex_normals
from ..head.view import HeadView, render_view
from ..imaging.files import write_picture
from ..imaging.read import read_base
from ..imaging.sample import LUMINANCE
from ..messages import Generate
from ..options import SIZE, STYLE
from ..pipeline import generate
from ..portrait.decode import decode_portrait

#: Degrees about the upright axis that the head is turned to its left: front, both sides, back.
YAWS = (0.0, 45.0, -45.0, 180.0)
PICTURES = (".jpg", ".jpeg", ".png", ".webp")


class Head:
    """A mesh with its views, which are the same for every portrait."""

    def __init__(self, path: Path, pixels: int, yaws: tuple[float, ...] = YAWS) -> None:
        self.path, self.mesh, self.pixels = path, load_mesh(path), pixels
        self.normals = vertex_normals(self.mesh)
        self.front = find_head_landmarks(self.mesh).rotation
        self.extent = float(np.ptp(self.mesh.vertices @ self.front.T, axis=0).max()) * (1 + AIR)
        self.views = [self.view(yaw) for yaw in yaws]

    def view(self, yaw: float, pitch: float = 0.0) -> HeadView:
        """The head turned by a yaw to the picture's left, after it was tipped to look up by a pitch; degrees."""
        yaw, pitch = np.radians([yaw, pitch])
        turn = np.array([[np.cos(yaw), 0, -np.sin(yaw)], [0, 1, 0], [np.sin(yaw), 0, np.cos(yaw)]])
        tip = np.array([[1, 0, 0], [0, np.cos(pitch), np.sin(pitch)], [0, -np.sin(pitch), np.cos(pitch)]])
        rotation = turn @ tip @ self.front
        return render_view(self.mesh, rotation, 2 * self.pixels, extent=self.extent, normals=self.normals)

    def look(self, view: HeadView, textures: dict[int, np.ndarray]) -> np.ndarray:
        """(P,P,3) float32 sRGB."""
        return draw_head(self.mesh, self.normals, view, textures)

    def looks(self, textures: dict[int, np.ndarray]) -> list[np.ndarray]:
        """(P,P,3) float32 sRGB of each view."""
        return [self.look(view, textures) for view in self.views]


def textures_of(
    head: Head, portrait: Path, size: int, style: str, seed: int, hair: str
) -> tuple[dict[int, np.ndarray], dict[int, np.ndarray]]:
    """What a job writes, by UDIM tile: (size,size,3) float32 sRGB, and the shares of photo, mirrored and generated.

    Raises:
        AvatarTexError: where the job refuses.
    """
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "texture.png"
        request = Generate(
            "look", str(portrait), str(output), mesh=str(head.path), size=size, style=style, seed=seed, hair=hair
        )
        request = replace(request, provenance=str(Path(folder) / "provenance.png"))
        result = generate(request, lambda *_: None, lambda: False)
        return tuple(
            {tile: read_base(str(path), size) for tile, path in find_tiles(written).items()}
            for written in (result.output, result.provenance)
        )


def marked(textures: dict[int, np.ndarray], shares: dict[int, np.ndarray]) -> dict[int, np.ndarray]:
    """The textures in grey where no portrait shows them, tinted green where mirrored and blue where made up."""
    made = {}
    for tile, texture in textures.items():
        hidden = 1 - shares[tile][..., :1]
        tinted = 0.6 * (texture @ LUMINANCE)[..., None] + 0.4 * shares[tile] * (0, 1, 1)
        made[tile] = (texture + hidden * (tinted - texture)).astype(np.float32)
    return made


def panel(portraits: Sequence[Path], looks: Sequence[np.ndarray]) -> np.ndarray:
    """(P,W,3) float32 sRGB: portraits at the views' height, and the views."""
    height, shown = len(looks[0]), []
    for path in portraits:
        picture = decode_portrait(str(path)).color
        width = round(picture.shape[1] * height / picture.shape[0])
        shown.append(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA))
    return np.hstack([*shown, *looks])


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m backend.lab look", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--portraits", type=Path, nargs="+", required=True, help="pictures, or folders of them")
    parser.add_argument("--mesh", type=Path, required=True, metavar="OBJ")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR")
    parser.add_argument("--pixels", type=int, default=768, help="height of a view (default 768)")
    parser.add_argument("--size", type=int, default=1024, choices=SIZE.values, help="texels (default 1024)")
    parser.add_argument("--style", default="auto", choices=STYLE.values)
    parser.add_argument("--hair", default="keep")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--marked", action="store_true", help="also what is mirrored and made up")
    arguments = parser.parse_args(argv)
    arguments.output.mkdir(parents=True, exist_ok=True)
    head = Head(arguments.mesh, arguments.pixels)
    for path in pictures(arguments.portraits):
        try:
            textures, shares = textures_of(head, path, arguments.size, arguments.style, arguments.seed, arguments.hair)
        except AvatarTexError as refusal:
            print(f"{path.name}: {refusal.message}", file=sys.stderr)
            continue
        rows = [textures, marked(textures, shares)] if arguments.marked else [textures]
        drawn = np.vstack([panel([path], head.looks(row)) for row in rows])
        write_picture(arguments.output / f"{path.stem}.png", drawn)
        print(arguments.output / f"{path.stem}.png", flush=True)
    return 0


def pictures(paths: list[Path]) -> list[Path]:
    """The files, and what lies in the folders."""
    found = []
    for path in paths:
        inside = sorted(one for one in path.iterdir() if one.suffix.lower() in PICTURES) if path.is_dir() else [path]
        found += inside
    return found


if __name__ == "__main__":
    raise SystemExit(main())
