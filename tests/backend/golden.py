"""Nine textures in figures: a photograph, a painting and an anime picture on three heads; by layer and region the mean
and the strength of fine detail. Everything comes from packages that a fresh clone has.

    python -m tests.backend.golden      stores today's figures (golden_figures.json)

Do that after a change that is meant to change textures, and look at the differences that it prints first.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from pathlib import Path

import cv2
import numpy as np

from backend.compose.compose import Finish
from backend.compose.udim import compose_tiles
from backend.head.atlas import to_atlas
from backend.head.facial_regions import FacialRegions, find_facial_regions
from backend.head.mesh import HeadMesh
from backend.head.rasterize import rasterize, texel_corners
from backend.imaging.files import write_picture
from backend.imaging.read import read_base
from backend.imaging.sample import LUMINANCE, sample_atlas
from backend.job import Prepared
from backend.lab.evaluation.guard_make import photograph
from backend.lab.evaluation.guard_paint import true_texture
from backend.lab.prepared import complete, prepare_head
from backend.options import OPACITIES
from backend.pipeline import load_cached_networks
from backend.styles import oil
from tests.backend.portraits import ASTRONAUT, HOPPER
from tests.backend.small_guard import drawn_skin, guard_head, small_cases

FIGURES = Path(__file__).with_name("golden_figures.json")
PORTRAITS = ("photo", "painting", "anime")
HEADS = ("woman", "man", "tiles")
#: Texels of the textures, pixels of the anime portrait; texels of the atlas's side that brushes are as wide for as for
#: the painted portrait.
SIZE, PIXELS, BRUSHES = 256, 448, 400
#: Parts of the head that figures are given of; and depth in face heights from which a texel is inside the mouth.
REGIONS = ("forehead", "cheeks", "nose", "lips", "chin", "brow", "ears", "scalp", "back", "neck", "mouth")
INSIDE = 0.05
#: Texels that a figure is given of, at least; reach in texels of what counts as fine.
LEAST, REACH = 30, 1.2
#: layer -> region -> means of its planes and, last, the deviation of its fine detail; all in 255ths.
Figures = dict[str, dict[str, list[float]]]


class NoFeatures:
    """What brushes ask of a face: a portrait's is not known."""

    size = BRUSHES

    def __init__(self, shape: tuple[int, int]) -> None:
        self.nothing = np.zeros(shape, np.float32)

    def __getitem__(self, name: str) -> np.ndarray:
        return self.nothing


@cache
def portrait(kind: str) -> np.ndarray:
    """(H,W,3) float32 sRGB: Eileen Collins photographed, Grace Hopper in oil, a drawn woman with black hair."""
    if kind == "photo":
        return read_base(str(ASTRONAUT), 512)
    if kind == "painting":
        picture = cv2.imread(str(HOPPER))[..., ::-1].astype(np.float32) / 255
        picture = np.ascontiguousarray(picture[:, 40:]) if picture.shape[1] > 552 else picture
        parameters = oil.draw(np.random.default_rng(1))
        return np.clip(oil.paint(picture, NoFeatures(picture.shape[:2]), parameters), 0, 1)
    case = replace(small_cases()[0], style="anime", hair="black", light="cel", marks=(), yaw=18.0, seed=5)
    head = guard_head("asian_woman")
    return photograph(head, true_texture(head, drawn_skin(head, "skin_03"), case), case, PIXELS).color


def mesh(name: str) -> HeadMesh:
    """tiles: the woman's head upright in Blender's axes, what is not face in a second UDIM tile."""
    if name != "tiles":
        return guard_head(name).mesh
    whole = guard_head("woman").mesh
    below = whole.corner_uvs[..., 1].mean(1) < 0.45  # neck, eyes and the mouth's inside
    uvs = whole.corner_uvs + np.float32([1, 0]) * below[:, None, None]
    return replace(
        whole,
        vertices=np.ascontiguousarray(whole.vertices[:, [0, 2, 1]] * np.float32([1, -1, 1])),
        corner_uvs=uvs,
        up="z",
    )


@dataclass(frozen=True)
class Golden:
    """One of the nine."""

    portrait: str
    head: str

    @property
    def name(self) -> str:
        return f"{self.portrait} on {self.head}"


GOLDEN = tuple(Golden(*pair) for pair in product(PORTRAITS, HEADS))


def prepared(one: Golden, folder: Path) -> Prepared:
    """Everything before the stages."""
    path = folder / f"{one.portrait}.png"
    if not path.is_file():
        write_picture(path, portrait(one.portrait))
    return prepare_head(mesh(one.head), str(path), one.portrait, load_cached_networks("cpu"))


def figures(job: Prepared) -> Figures:
    """Of the job's texture, in all its layers and in one, as Figures says; those of all tiles together."""
    networks = load_cached_networks("cpu")
    made = compose_tiles(job, complete(job, networks), Finish(SIZE, OPACITIES, layers=True))
    regions, planes = face_regions(), {}
    for tile, composed in made.items():
        where = texels_by_region(job, job.tiles[tile], regions)
        layers = {"texture": 255 * composed.texture.transpose(2, 0, 1)} | dict(composed.layers)
        for name, layer in layers.items():
            layer = np.float32(layer)
            layer[:3] *= layer[3:] / 255 if len(layer) == 4 else 1  # what is clear has no colour
            level = np.tensordot(LUMINANCE, layer[:3], 1)
            parts = np.concatenate([layer, (level - cv2.GaussianBlur(level, (0, 0), REACH))[None]])
            for region, mask in where.items():
                planes.setdefault(name, {}).setdefault(region, []).append(parts[:, mask])
    return {
        name: {region: told for region, found in parts.items() if (told := summed(np.concatenate(found, 1)))}
        for name, parts in planes.items()
    }


def summed(values: np.ndarray) -> list[float]:
    """Means of (C,n) planes but the last, and the last's deviation; nothing of too few texels."""
    if values.shape[1] < LEAST:
        return []
    return [round(float(value), 2) for value in (*values[:-1].mean(1), values[-1].std())]


@cache
def face_regions() -> FacialRegions:
    return find_facial_regions(load_cached_networks("cpu").geometry)


def texels_by_region(job: Prepared, tile: HeadMesh, regions: FacialRegions) -> dict[str, np.ndarray]:
    """Region -> (SIZE,SIZE) bool."""
    fragments = rasterize(texel_corners(tile.corner_uvs, SIZE), SIZE, SIZE)
    at = fragments.interpolate(tile.corners(np.float32(np.concatenate([job.canonical, job.inside[:, None]], 1))))
    place, inside = to_atlas(at[..., :3]), at[..., 3] > INSIDE
    open_skin = fragments.covered & ~inside
    soft = {name: regions[name] for name in REGIONS if name in regions.soft}
    found = {name: open_skin & (sample_atlas(mask, place) > 0.6) for name, mask in soft.items()}
    found["back"] = open_skin & (at[..., 2] < -0.3) & (place[..., 1] < 0.7)
    found["mouth"] = fragments.covered & inside & (at[..., 1] < 0.1)
    return found


def differences(found: Figures, stored: Figures) -> Iterator[tuple[str, str, np.ndarray]]:
    """layer, region, found - stored; of what one of them lacks nan."""
    for layer in dict.fromkeys([*found, *stored]):
        here, there = found.get(layer, {}), stored.get(layer, {})
        for region in dict.fromkeys([*here, *there]):
            both = region in here and region in there
            yield layer, region, np.subtract(here[region], there[region]) if both else np.array([np.nan])


def main() -> None:
    stored = json.loads(FIGURES.read_text()) if FIGURES.is_file() else {}
    found: dict[str, Figures] = {}
    with tempfile.TemporaryDirectory() as folder:
        for one in GOLDEN:
            found[one.name] = figures(prepared(one, Path(folder)))
            print(one.name, flush=True)
            for layer, region, away in differences(found[one.name], stored[one.name]) if one.name in stored else ():
                if not np.abs(away).max() < 0.5:
                    print(f"  {layer}, {region}: {away.round(2).tolist()}")
    text = json.dumps(found, indent=1)
    FIGURES.write_text(one_line_lists(text) + "\n")


def one_line_lists(text: str) -> str:
    """JSON with every list of numbers on one line."""
    head, *rest = text.split("[")
    return head + "".join("[" + " ".join(part.split("]")[0].split()) + "]" + part.split("]", 1)[1] for part in rest)


if __name__ == "__main__":
    main()
