"""python -m backend.lab evaluate shell: is the head with its shell more like the portrait than the head alone?

Each portrait is drawn again by its own camera from the head that a job textures after it: once with everything painted
on the skin, once with the skin completed and the shell around it. The perceptual distance (features.py) is over what
lies above the chin; what is no person is grey in both. Turned by 15 degrees either way nothing lies at the portrait's
pixels, so there the distance is one less the cosine of the pooled features. With --pictures also a sheet a portrait:
four views of the skin below, of the shell alone and of both.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
import torch

from ...compose.compose import Finish
from ...compose.shell_picture import paint_shell
from ...compose.udim import compose_tiles
from ...errors import AvatarTexError
from ...head.mesh import HeadMesh, load_mesh
from ...imaging.files import write_picture
from ...job import Prepared
from ...options import OPACITIES
from ...pipeline import load_cached_networks
from ...portrait.decode import decode_portrait
from ..layers import Lens, draw_layers
from ..look import pictures
from ..prepared import complete, prepare_head
from .features import perceptual_distance, pooled_features
from .metrics import mean_error, table
from .options import bare_parser, write

#: Degrees that the head is turned beside its own camera; of the sheet's views; pixels of a view.
TURNED, YAWS, PIXELS = (-15.0, 15.0), (0.0, 45.0, -45.0, 180.0), 400
#: Of the face's height: what is compared, beside the face and above its top.
BESIDE, ABOVE = 0.75, 0.6
GREY = 0.5


class Made:
    """One portrait on one head, in one of the two ways."""

    def __init__(self, mesh: HeadMesh, path: Path, size: int, shell: bool) -> None:
        networks = load_cached_networks("cpu")
        self.job = prepare_head(mesh, str(path), "auto", networks, hair="picture" if shell else "keep")
        generated = complete(self.job, networks)
        opacities = OPACITIES | ({"hair": 0.0, "facial_hair": 0.0} if shell else {})
        tiles = compose_tiles(self.job, generated, Finish(size, opacities), {})
        self.textures = {number: one.texture for number, one in tiles.items()}
        self.shell = paint_shell(self.job, size, OPACITIES["light"], 0) if shell else {}

    def draw(self, lens: Lens, width: int, height: int, skin: bool = True, shell: bool = True) -> np.ndarray:
        """(H,W,3) float32 sRGB on grey."""
        around = self.job.shell.mesh if self.job.shell and shell else None
        drawn = draw_layers(lens, width, height, self.job.mesh, self.textures, around, self.shell)
        if not skin:
            bare = {number: np.full_like(texture, GREY) for number, texture in self.textures.items()}
            drawn = draw_layers(lens, width, height, self.job.mesh, bare, around, self.shell)
        return drawn[..., :3] * drawn[..., 3:] + GREY * (1 - drawn[..., 3:])


def turned(job: Prepared, yaw: float) -> Lens:
    """The portrait's camera, before it the head turned about its own upright axis; with the warp where it is not."""
    if not yaw:
        return job.registration.project
    front, angle = job.match.head.rotation, np.radians(yaw)
    turn = np.array([[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]])
    middle, whole = job.mesh.vertices.mean(0).astype(np.float64), front.T @ turn @ front
    return lambda points: job.registration.camera.project((points - middle) @ whole.T + middle)


def upright(job: Prepared, yaw: float) -> Lens:
    """A view without perspective of all of the head, turned by yaw degrees."""
    angle, front = np.radians(yaw), job.match.head.rotation
    view = np.array([[np.cos(angle), 0, -np.sin(angle)], [0, 1, 0], [np.sin(angle), 0, np.cos(angle)]]) @ front
    extent = 2.3 * job.match.head.height
    middle = (
        job.match.head.points.mean(0) - 0.45 * job.match.head.height * front[2] + 0.1 * job.match.head.height * front[1]
    )

    def lens(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        x, y, z = ((points - middle) @ view.T).T * (PIXELS / extent)
        return np.stack([x + PIXELS / 2, PIXELS / 2 - y], 1), -z

    return lens


def compared(job: Prepared) -> tuple[slice, slice]:
    """Rows and columns of the portrait that are compared."""
    height, width = job.observation.portrait.shape[:2]
    low, high = job.registration.read.targets.min(0), job.registration.read.targets.max(0)
    reach = high[1] - low[1]
    middle = (low[0] + high[0]) / 2
    return (
        slice(max(0, int(low[1] - ABOVE * reach)), min(height, int(high[1]))),
        slice(max(0, int(middle - BESIDE * reach)), min(width, int(middle + BESIDE * reach))),
    )


def measure(made: Made, portrait: np.ndarray) -> dict[str, float]:
    """Distances of the drawn head to the portrait: by its own camera, and turned."""
    job = made.job
    person = job.match.parse.person[..., None]
    height, width = portrait.shape[:2]
    part = compared(job)

    def tensor(picture: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(np.ascontiguousarray(picture[part].transpose(2, 0, 1)))[None].float()

    truth = tensor(portrait * person + GREY * (1 - person))
    own = tensor(made.draw(turned(job, 0), width, height))
    sides = torch.cat([tensor(made.draw(turned(job, yaw), width, height)) for yaw in TURNED])
    with torch.no_grad():
        aligned = float(perceptual_distance(own, truth)[0])
    features = pooled_features(torch.cat([truth, own, sides]))
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    away = 1 - features[1:] @ features[0]
    return {"own": aligned, "own, pooled": float(away[0]), "turned, pooled": float(away[1:].mean())}


def sheet(portrait: np.ndarray, before: Made, after: Made) -> np.ndarray:
    """Rows: painted on the skin, skin below, shell alone, both; first the portrait as its camera sees each."""
    height, width = portrait.shape[:2]
    wide = round(width * PIXELS / height)
    rows = []
    for made, skin, shell in ((before, True, False), (after, True, False), (after, False, True), (after, True, True)):
        own = portrait if made is before else made.draw(turned(made.job, 0), width, height, skin, shell)
        views = [made.draw(upright(made.job, yaw), PIXELS, PIXELS, skin, shell) for yaw in YAWS]
        rows.append(np.hstack([cv2.resize(own, (wide, PIXELS), interpolation=cv2.INTER_AREA), *views]))
    return np.vstack(rows)


def main(argv: list[str] | None = None) -> int:
    parser = bare_parser("shell", __doc__)
    parser.add_argument("--portraits", type=Path, nargs="+", required=True, help="pictures, or folders of them")
    parser.add_argument("--mesh", type=Path, required=True, metavar="OBJ")
    parser.add_argument("--size", type=int, default=1024, help="texels (default 1024)")
    parser.add_argument("--pictures", type=Path, metavar="DIR", help="also draw a sheet of each portrait")
    parser.add_argument("--output", type=Path, metavar="JSON", help="also write all values here")
    arguments = parser.parse_args(argv)
    mesh, found = load_mesh(arguments.mesh), []
    for path in pictures(arguments.portraits):
        portrait = decode_portrait(str(path)).color
        try:
            before, after = (Made(mesh, path, arguments.size, shell) for shell in (False, True))
        except AvatarTexError as refusal:
            print(f"{path.name}: {refusal.message}", file=sys.stderr)
            continue
        for name, made in (("painted on the skin", before), ("skin and shell", after)):
            found.append({"portrait": path.stem, "way": name, **measure(made, portrait)})
        if arguments.pictures:
            arguments.pictures.mkdir(parents=True, exist_ok=True)
            write_picture(arguments.pictures / f"{path.stem}.png", sheet(portrait, before, after))
        print(f"\r{len(found) // 2} portraits", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    names = [name for name in found[0] if name not in ("portrait", "way")] if found else []
    rows = []
    for way in dict.fromkeys(one["way"] for one in found):
        of_way = [one for one in found if one["way"] == way]
        cells = ["{:.4f} ± {:.4f}".format(*mean_error([one[name] for one in of_way])) for name in names]
        rows.append([way, len(of_way), *cells])
    print(table(["", "portraits", *names], rows))
    write(arguments.output, found)
    return 0
