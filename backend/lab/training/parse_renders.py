"""python -m backend.lab parse render: heads with painted skins as draw_parse.py composes them, every pixel known.

Their hair is found in the skin by its colour on the scalp: opaque hair is hair, a shaven scalp is skin. Skins that are
held out, or that the guard's report half has, are not among them.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from ...head.atlas import fit_canonical
from ...head.landmarks import find_head_landmarks
from ...head.mesh import HeadMesh, load_mesh
from ...head.rasterize import rasterize
from ...head.scalp import scalp_share
from ...imaging.sample import sample
from ...portrait.landmark_groups import FACE_OVAL, fill_region
from ...portrait.landmarks import cut
from ...portrait.parse_network import CLASSES, SIDE, parse_frame
from ..evaluation.cases import HEADS, load_truth_texture
from ..evaluation.truth import TruthCase, render_truth
from .parse_heads import BACKGROUND, CLOTHES, FINER, HAIR, SKIN, STORED
from .sample_shards import write_shards

SPLIT = Path(__file__).with_name("split.json")
#: Texels of the class maps; CIELAB distance from the face up to which a scalp is bare, and from which it is all hair.
TEXELS, BARE, HAIRY = 512, 14.0, 34.0
#: Canonical height below which VALID's skins wear a collar, and distance from the face that a collar has.
COLLAR, CLOTH = -0.62, 26.0
#: Lightness of a face below which hair is nearer to its skin; pixels of a render.
DARK, SIZE = 45.0, 448
#: Skins without any hair, mottled; landmarks of the brows.
BALD, BROWS = ("valid/Black_M_2",), (105, 334)


def usable(data: Path) -> list[str]:
    """Names of skins: neither held out nor in the guard's half that reports."""
    held_out = set(json.loads(SPLIT.read_text(encoding="utf-8"))["held_out"])
    names = [f"{kind}/{path.stem}" for kind in HEADS for path in sorted((data / kind / "skins").glob("*.jpg"))]
    return [name for name in names if name not in held_out and sum(map(ord, name.split("/")[1])) % 2 == 0]


class Skins:
    """Heads, skins and the classes of their texels, each loaded once."""

    def __init__(self, data: Path) -> None:
        self.data, self.heads, self.skins = data, {}, {}

    def head(self, kind: str, name: str):
        if (kind, name) not in self.heads:
            mesh = load_mesh(self.data / kind / "heads" / f"{name}.obj")
            landmarks = find_head_landmarks(mesh)
            self.heads[kind, name] = mesh, landmarks, fit_canonical(landmarks)(mesh.vertices.astype(np.float64))
        return self.heads[kind, name]

    def skin(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """(T,T,3) sRGB, and (TEXELS,TEXELS,2) 0..1 of hair and collar."""
        if name not in self.skins:
            kind, stem = name.split("/")
            mesh, _, canonical = self.head(kind, HEADS[kind][0])
            path = self.data / kind / "skins" / f"{stem}.jpg"
            picture = cv2.resize(cv2.imread(str(path)), (1024, 1024), interpolation=cv2.INTER_AREA)
            texture = np.ascontiguousarray(picture[..., ::-1]).astype(np.float32) / 255
            self.skins[name] = texture, classes_of(texture, mesh, canonical, name in BALD)
        return self.skins[name]


def classes_of(texture: np.ndarray, mesh: HeadMesh, canonical: np.ndarray, bald: bool) -> np.ndarray:
    """(TEXELS,TEXELS,2) float32: shares of hair and of collar of a skin's texels."""
    fragments = rasterize((mesh.corner_uvs * (1, -1) + (0, 1)) * TEXELS, TEXELS, TEXELS)
    places = fragments.interpolate(mesh.corners(canonical.astype(np.float32)))
    small = cv2.resize(texture, (TEXELS, TEXELS), interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(cv2.GaussianBlur(small, (0, 0), 2), cv2.COLOR_RGB2LAB)
    x, y, z = np.moveaxis(places, -1, 0)
    cheeks = fragments.covered & (np.abs(x) < 0.3) & (np.abs(y + 0.05) < 0.13) & (z > 0.3)
    middle = np.median(lab[cheeks], axis=0)
    apart = np.linalg.norm(lab - middle, axis=-1)
    bare, hairy = (BARE, HAIRY) if middle[0] > DARK else (BARE / 2, HAIRY / 2)
    scalp = cv2.dilate(scalp_share(places).astype(np.float32) * fragments.covered, np.ones((9, 9)))
    hair = np.clip((apart - bare) / (hairy - bare), 0, 1) * scalp * (0 if bald else 1)
    collar = np.clip((apart - CLOTH) / 6, 0, 1) * (y < COLLAR)
    whole = np.dstack([hair, collar]) * fragments.covered[..., None]
    edge = cv2.dilate(whole.astype(np.float32), np.ones((5, 5)))
    return np.where(fragments.covered[..., None], whole, edge).astype(np.float32)


def render(skins: Skins, names: list[str], random: np.random.Generator) -> dict[str, np.ndarray]:
    """One head: color (S,S,3), classes (S,S,8) uint8, points (468,2), name, haired."""
    name = names[int(random.integers(len(names)))]
    kind = name.split("/")[0]
    mesh, head, _ = skins.head(kind, str(random.choice(HEADS[kind])))
    stretch = head.rotation.T @ np.diag(np.exp(random.normal(0, 0.05, 3))) @ head.rotation
    mesh = replace(mesh, vertices=(mesh.vertices @ stretch).astype(np.float32))
    head = replace(head, points=head.points @ stretch)
    light = str(random.choice(("soft", "hard", "cel"), p=(0.45, 0.35, 0.2)))
    case = TruthCase(
        "",
        kind,
        "",
        str(skins.data / f"{name.replace('/', '/skins/')}.jpg"),
        float(random.normal(0, 18)),
        float(random.normal(0, 6)),
        light,
        tuple(random.normal(0, 1, 3) * (0.6, 0.4, 0.2) + (0, 0.4, 0.7)),
        tuple(random.uniform(0.1, 0.95, 3)),
    )
    shown = render_truth(mesh, head, load_truth_texture(case), case, SIZE)
    _, classes = skins.skin(name)
    pixels, depth = shown.project(mesh.vertices.astype(np.float64))
    fragments = rasterize(mesh.corners(pixels), SIZE, SIZE, depth=mesh.corners(depth))
    uv = fragments.interpolate(mesh.corner_uvs)
    share = sample(classes, np.stack([uv[..., 0], 1 - uv[..., 1]], -1) * TEXELS) * fragments.covered[..., None]
    points = shown.project(head.points)[0]
    points = points + random.normal(0, 0.004 * np.ptp(points[:, 1]), points.shape)
    frame = parse_frame(points)
    frame = replace(frame, side=frame.side * STORED / (FINER * SIDE))
    color, to_image = cut(shown.color, frame, STORED)
    parts = cut(np.dstack([share, fragments.covered]).astype(np.float32), frame, STORED)[0]
    points = ((points - to_image[:, 2]) @ np.linalg.inv(to_image[:, :2]).T).astype(np.float32)
    rows = np.arange(STORED)[:, None]
    face = fill_region((STORED, STORED), points, FACE_OVAL) * (rows > points[list(BROWS), 1].min())
    made = np.zeros((STORED, STORED, len(CLASSES)), np.float32)
    made[..., BACKGROUND], made[..., CLOTHES], made[..., HAIR] = 1 - parts[..., 2], parts[..., 1], parts[..., 0]
    made *= (1 - face)[..., None]  # sockets are open, eyes and brows are no hair
    made[..., SKIN] = np.clip(1 - made.sum(-1), 0, 1)
    return {
        "color": np.rint(np.clip(color, 0, 1) * 255).astype(np.uint8),
        "classes": np.rint(made * 255).astype(np.uint8),
        "points": points,
        "name": name,
        "haired": bool((classes[..., 0] > 0.7).mean() > 0.02),
    }


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m backend.lab parse render", description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of heads and skins, laid out as shared/data")
    parser.add_argument("--output", type=Path, required=True, help="folder of shards of 50 heads")
    parser.add_argument("--count", type=int, default=250)
    parser.add_argument("--seed", type=int, default=0, help="several processes: a seed each")
    arguments = parser.parse_args(argv)
    cv2.setNumThreads(1)
    skins, names = Skins(arguments.data), usable(arguments.data)
    random = np.random.default_rng(arguments.seed)
    write_shards(
        lambda: render(skins, names, random), arguments.count, 50, arguments.output, f"rendered{arguments.seed}"
    )
    return 0
