"""python -m backend.lab evaluate matte: how much of glasses is taken for skin, on faces that training never saw.

Portraits of held-out skins rendered with and without glasses drawn on, in every make of picture: what share of what
the glasses hide the matte takes for skin, what share of the face's skin is lost beside them, and how often glasses are
thought worn. Portraits named are only looked at: worn or not, and the share of the face that is cut.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np

from ...head.landmarks import find_head_landmarks
from ...head.mesh import load_mesh
from ...head.rasterize import rasterize
from ...imaging.files import write_picture
from ...portrait import glasses, matte
from ...portrait.decode import decode_portrait
from ...portrait.faces import find_faces, find_portrait_face
from ...portrait.landmark_groups import FACE_OVAL, LEFT_EYE_CORNERS, RIGHT_EYE_CORNERS, fill_region
from ...portrait.landmarks import FaceLandmarks
from ..training import about_eyes, spectacles
from ..training.developed import MAKES, developed
from .cases import cases, load_truth_texture
from .truth import TruthCase, render_truth

SIDE = 512


def scene_of(case: TruthCase) -> about_eyes.Scene:
    """A held-out face as training's scenes are."""
    mesh = load_mesh(case.head)
    head = find_head_landmarks(mesh)
    made = render_truth(mesh, head, load_truth_texture(case), case, SIDE)
    share = np.diag([SIDE / made.size, SIDE / made.size, 1]) @ [
        [made.focal, 0, made.size / 2],
        [0, made.focal, made.size / 2],
        [0, 0, 1],
    ]
    seen = mesh.vertices @ made.rotation.T + made.translation
    pixels = seen @ share.T
    fragments = rasterize(mesh.corners(pixels[:, :2] / pixels[:, 2:]), SIDE, SIDE, depth=mesh.corners(seen[:, 2]))
    far = fragments.interpolate(mesh.corners(seen[:, 2:].astype(np.float32)))[..., 0] / head.height
    origin = head.points[[*RIGHT_EYE_CORNERS, *LEFT_EYE_CORNERS]].mean(0)
    own = made.rotation @ head.rotation.T
    camera = share @ np.c_[own, (made.rotation @ origin + made.translation) / head.height]
    marks = ((head.points - origin) @ head.rotation.T / head.height).astype(np.float32)
    covered = fragments.covered.astype(np.float32)
    far = np.where(fragments.covered, far, np.inf)
    return about_eyes.Scene(made.color.astype(np.float32), covered, np.zeros_like(covered), far, camera, marks)


def compare(data: Path, count: int, seed: int, output: Path | None) -> dict[tuple[str, bool], np.ndarray]:
    """(make, with glasses) -> means of: taken for skin without and with the network, skin lost beyond what the matte
    alone loses, thought worn; and how many."""
    random, found, shown = np.random.default_rng(seed), {}, []
    chosen = cases(data)
    for number in range(count):
        bare = scene_of(chosen[number % len(chosen)])
        for make in MAKES:
            for worn in (True, False):
                scene = about_eyes.Scene(**{key: part.copy() for key, part in vars(bare).items()})
                about_eyes.eyes(scene, random)
                if worn:
                    spectacles.glasses(scene, random)
                color = developed(scene.color, random, make)
                faces = find_faces(color)
                if not faces:
                    continue
                result = shares(color, faces[0], scene.hidden)
                found.setdefault((make, worn), []).append(result)
                if number < 3:
                    skin = matte.portrait_matte(color, faces[0]).skin[..., None]
                    shown.append(np.vstack([color, color * skin + np.float32([0, 0.8, 0]) * (1 - skin)]))
    if output:
        output.mkdir(parents=True, exist_ok=True)
        row = 2 * len(MAKES)
        while len(shown) % row:
            shown.append(np.zeros_like(shown[0]))
        rows = [np.hstack(shown[i : i + row]) for i in range(0, len(shown), row)]
        sheet = cv2.resize(np.vstack(rows), None, fx=0.35, fy=0.35, interpolation=cv2.INTER_AREA)
        write_picture(output / "matte.png", np.clip(sheet, 0, 1).astype(np.float32))
    return {key: np.r_[np.mean(values, 0), len(values)] for key, values in found.items()}


def shares(color: np.ndarray, face: FaceLandmarks, hidden: np.ndarray) -> tuple[float, float, float, float]:
    inside, truth = fill_region(hidden.shape, face.points, FACE_OVAL) > 0.5, hidden > 0.5
    new = matte.portrait_matte(color, face).skin > 0.5
    old = matte.portrait_matte(color, face, look_for_glasses=False).skin > 0.5
    rims, bare = truth & inside, ~truth & inside & old
    taken = [(one & rims).sum() / rims.sum() if rims.any() else 0.0 for one in (old, new)]
    return *taken, (bare & ~new).sum() / max(bare.sum(), 1), float(glasses.seen(color, face)[1])


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m backend.lab evaluate matte", description=__doc__.splitlines()[0])
    parser.add_argument("portraits", type=Path, nargs="*", help="portraits to look at, instead of the rendered ones")
    parser.add_argument("--data", type=Path, help="folder of heads and skins, laid out as shared/data")
    parser.add_argument("--count", type=int, default=14, help="held-out faces")
    parser.add_argument("--seed", type=int, default=1000)
    parser.add_argument("--output", type=Path, help="folder for a sheet of the first faces")
    arguments = parser.parse_args(argv)
    cv2.setNumThreads(1)
    for path in arguments.portraits:
        portrait = decode_portrait(path)
        face, _ = find_portrait_face(portrait)
        _, _, cut, worn = shares(portrait.color, face, np.zeros(portrait.color.shape[:2]))
        print(f"{path.stem:34} {'worn' if worn else 'not worn':9} {100 * cut:.1f} % of the face cut")
    if not arguments.portraits:
        if not arguments.data:
            parser.error("--data or portraits are needed")
        print("| picture | glasses | taken for skin, before and now | skin lost | thought worn | faces |")
        print("|---|---|---|---|---|---|")
        for (make, worn), row in compare(arguments.data, arguments.count, arguments.seed, arguments.output).items():
            taken = f"yes | {100 * row[0]:.0f}, {100 * row[1]:.0f} %" if worn else "no |"
            print(f"| {make} | {taken} | {100 * row[2]:.1f} % | {100 * row[3]:.0f} % | {row[4]:.0f} |")
    return 0
