"""What lies about the eyes of training skins on heads, bare: glasses are drawn before it in training (spectacles.py).

python -m backend.lab glasses render --data DATA --atlas atlas.npz --output eyes --count 900
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np

from ...head.mesh import vertex_normals
from ...head.rasterize import rasterize
from ...imaging.sample import sample, to_linear, to_srgb
from ...portrait.glasses import frame
from ...portrait.landmark_groups import LEFT_EYE_CORNERS, RIGHT_EYE_CORNERS
from ..evaluation.cases import HEADS
from .glasses_network import COLUMNS, ROWS
from .sample_shards import write_shards
from .training_heads import Heads, draw_texture, training_skins

#: More than the frame is rendered, and finer: training turns and moves it.
AROUND, FINER = 1.2, 1.5
HIGH, WIDE = round(ROWS * AROUND * FINER), round(COLUMNS * AROUND * FINER)


def render(heads: Heads, names: list[str], random: np.random.Generator) -> dict[str, np.ndarray]:
    """One bare face: picture (H,W,3) and head (H,W) uint8, depth (H,W) float32 in face heights (inf where nothing is),
    camera (3,4) from the head's right, up and front in face heights from between the eyes to homogeneous pixels, and
    marks (468,3) there."""
    name = names[int(random.integers(len(names)))]
    kind = name.split("/")[0]
    texture = draw_texture(heads.data, name, random)
    mesh, head = heads.head(kind, str(random.choice(HEADS[kind])))
    yaw, pitch, roll = np.radians(random.normal(0, 1, 3) * (20, 8, 3))
    turn = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    nod = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    tilt = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    stretch = np.diag(np.exp(random.normal(0, 0.06, 3)))  # other proportions than the few heads have
    origin = head.points[[*RIGHT_EYE_CORNERS, *LEFT_EYE_CORNERS]].mean(0)
    own = head.rotation.T @ stretch / head.height
    vertices, marks = (mesh.vertices - origin) @ own, (head.points - origin) @ own
    rotation = np.diag([1.0, -1.0, -1.0]) @ tilt @ nod @ turn
    camera = np.c_[rotation, [0, 0, random.uniform(3, 9)]]
    flat = marks @ camera[:, :3].T + camera[:, 3]
    to_image = frame(flat[:, :2] / flat[:, 2:])
    to_image = np.linalg.inv(np.r_[to_image, [[0, 0, 1]]])
    middle = np.array([COLUMNS, ROWS]) / 2
    zoom = np.array([[FINER, 0, WIDE / 2 - FINER * middle[0]], [0, FINER, HIGH / 2 - FINER * middle[1]], [0, 0, 1]])
    camera = zoom @ to_image @ camera

    seen = vertices @ camera[:, :3].T + camera[:, 3]
    pixels, depth = seen[:, :2] / seen[:, 2:], seen[:, 2]
    fragments = rasterize(mesh.corners(pixels), WIDE, HIGH, depth=mesh.corners(depth))
    covered = fragments.covered
    uv = fragments.interpolate(mesh.corner_uvs)
    albedo = sample(texture, np.stack([uv[..., 0], 1 - uv[..., 1]], -1) * len(texture))
    normals = fragments.interpolate(mesh.corners(vertex_normals(mesh)))
    normals /= np.maximum(np.linalg.norm(normals, axis=-1, keepdims=True), 1e-6)
    source = head.rotation.T @ (random.normal(0, 1, 3) * (0.8, 0.5, 0.2) + (0, 0.3, 0.7))
    lambert = np.clip(normals @ (source / np.linalg.norm(source)), 0, 1)
    hard = random.random()
    shade = (0.75 - 0.6 * hard) * (0.8 + 0.2 * normals @ head.rotation[1]) + (0.3 + 0.8 * hard) * lambert
    shade = shade * random.uniform(0.5, 1.2) / max(shade[covered].mean(), 1e-3)
    color = np.clip(to_srgb(to_linear(albedo) * shade[..., None].astype(np.float32)), 0, 1)
    far = np.where(covered, fragments.interpolate(mesh.corners(depth[:, None].astype(np.float32)))[..., 0], np.inf)
    return {
        "picture": np.rint(color * 255).astype(np.uint8),
        "head": np.uint8(255) * covered,
        "depth": far.astype(np.float32),
        "camera": camera,
        "marks": marks.astype(np.float32),
    }


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m backend.lab glasses render", description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of heads and skins, laid out as shared/data")
    parser.add_argument("--atlas", type=Path, required=True, help="atlas.npz of python -m backend.lab texhub align")
    parser.add_argument("--output", type=Path, required=True, help="folder of shards of 100")
    parser.add_argument("--count", type=int, default=900)
    parser.add_argument("--seed", type=int, default=0, help="several processes: a seed each")
    arguments = parser.parse_args(argv)
    cv2.setNumThreads(1)
    names = training_skins(arguments.atlas)
    heads, random = Heads(arguments.data), np.random.default_rng(arguments.seed)
    write_shards(lambda: render(heads, names, random), arguments.count, 100, arguments.output, f"eyes{arguments.seed}")
    return 0
