"""python -m backend.lab evaluate neutral: what an expression of the portrait costs the texture of a head at rest.

Textured heads make faces (expressions.py) with teeth between their lips, are rendered, and the portrait is laid on the
head at rest by a whole job. Its texture is compared with the one that was rendered, over lips, lids and cheeks, and
with what a portrait of the same head at rest gives.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from ...compose.compose import Finish, compose
from ...head.atlas import to_atlas
from ...head.facial_regions import find_facial_regions
from ...head.landmarks import HeadLandmarks, find_head_landmarks
from ...head.mesh import HeadMesh, load_mesh
from ...head.rasterize import rasterize, texel_corners
from ...imaging.files import write_picture
from ...imaging.sample import sample_atlas
from ...options import OPACITIES
from ...pipeline import load_cached_networks
from ...surface.find import find_details
from ..prepared import complete, prepare_head
from .cases import SPLIT, load_truth_texture
from .expressions import EXPRESSIONS, make_face, on_surface, places_on
from .rendered import HEADS
from .truth import TruthCase, render_truth

#: Degrees by head: portraits are rarely from quite the front.
YAWS = (0, -12, 15, -6)
#: Regions of head/facial_regions.py that count, and the share of a region from which a texel is in it.
REGIONS, INSIDE = ("lips", "lids", "cheeks"), 0.5
FACES = ("rest", *EXPRESSIONS)
#: Lips from corner to corner: landmarks between which the teeth stand.
UPPER_LIP = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
#: Teeth in face heights: above the upper lip's edge and below it, behind it in the middle and at the corners, and how
#: much further back below.
ABOVE, BELOW, BACK, LEANS = 0.02, 0.13, (0.03, 0.07), 0.16
IVORY, GAP = np.float32([0.88, 0.84, 0.76]), np.float32([0.35, 0.25, 0.22])


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m backend.lab evaluate neutral", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of heads and skins, laid out as shared/data")
    parser.add_argument("--output", type=Path, help="folder for portraits and textures")
    parser.add_argument("--size", type=int, default=512, help="texels (default 512)")
    arguments = parser.parse_args(argv)
    rows: dict[str, list[dict[str, float]]] = {face: [] for face in FACES}
    for number in range(len(HEADS)):
        for face, scores in measure(arguments.data, number, arguments.size, arguments.output).items():
            rows[face].append(scores)
            print(
                f"{HEADS[number][1]:22} {face:6}",
                *(f"{name} {value:.2f}" for name, value in scores.items()),
                flush=True,
            )
    print("\n| portrait |" + "".join(f" {name} |" for name in REGIONS) + "\n|---|" + "---|" * len(REGIONS))
    for face, scores in rows.items():
        print(f"| {face} |" + "".join(f" {np.mean([one[name] for one in scores]):.2f} |" for name in REGIONS))
    return 0


def measure(data: Path, number: int, size: int, output: Path | None) -> dict[str, dict[str, float]]:
    """PSNR in dB by face and region, of one head in one held-out skin."""
    kind, name = HEADS[number]
    mesh = load_mesh(data / kind / "heads" / f"{name}.obj")
    head = find_head_landmarks(mesh)
    skins = [skin.split("/")[1] for skin in sorted(json.loads(SPLIT.read_text())["held_out"]) if skin.startswith(kind)]
    skin = str(data / kind / "skins" / f"{skins[2 * number % len(skins)]}.jpg")
    case = TruthCase("", kind, "", skin, YAWS[number], 0, "soft", (0.3, 0.6, 0.8), (0.6, 0.65, 0.7))
    texture = load_truth_texture(case)
    fragments = rasterize(texel_corners(mesh.corner_uvs, size), size, size)
    covered = fragments.covered
    truth = cv2.resize(texture, (size, size), interpolation=cv2.INTER_AREA)[covered]
    networks = load_cached_networks("cpu")
    regions = find_facial_regions(networks.geometry)
    found = {}
    for face in FACES:
        with tempfile.TemporaryDirectory() as temporary:
            folder = output or Path(temporary)
            path = folder / f"{name}_{face}.png"
            write_picture(path, pose(mesh, head, texture, face, case))
            job = prepare_head(mesh, str(path), "photo", networks)
            generated = complete(job, networks)
            finish = Finish(size, OPACITIES, find_details(job, generated, size, 0))
            made = compose(job, mesh, generated, finish).texture
            if output:
                write_picture(folder / f"{name}_{face}_texture.png", made)
        place = to_atlas(fragments.interpolate(mesh.corners(job.canonical))[covered])
        error = ((made[covered] - truth) ** 2).mean(1)
        found[face] = {
            region: float(-10 * np.log10(error[sample_atlas(regions[region], place) > INSIDE].mean()))
            for region in REGIONS
        }
    return found


def pose(mesh: HeadMesh, head: HeadLandmarks, texture: np.ndarray, face: str, case: TruthCase) -> np.ndarray:
    """(S,S,3) the portrait of a head that makes a face of FACES."""
    if face == "rest":
        return render_truth(mesh, head, texture, case).color
    made = make_face(mesh, head, face)
    lip = places_on(made, on_surface(mesh, head))[list(UPPER_LIP)]
    return render_truth(with_teeth(made, head, lip), head, np.hstack([texture, teeth(len(texture))]), case).color


def with_teeth(mesh: HeadMesh, head: HeadLandmarks, lip: np.ndarray) -> HeadMesh:
    """The head with a row of teeth behind (n,3) places of its upper lip; their UVs lie in 1 to 2."""
    _, up, front = head.rotation
    along = np.abs(np.linspace(-1, 1, len(lip)))[:, None]
    back = lip - head.height * (BACK[0] + (BACK[1] - BACK[0]) * along**2) * front
    rows = np.stack([back + head.height * ABOVE * up, back - head.height * (BELOW * up + LEANS * front)]).astype(
        np.float32
    )
    u = np.linspace(1, 2, len(lip), dtype=np.float32)
    uv = np.stack([np.stack([u, np.full_like(u, v)], -1) for v in (1, 0)])
    k = np.arange(len(lip) - 1)
    n = len(lip)
    corners = np.concatenate([np.stack([k, k + n, k + 1], 1), np.stack([k + 1, k + n, k + n + 1], 1)])
    return replace(
        mesh,
        vertices=np.concatenate([mesh.vertices, rows.reshape(-1, 3)]),
        triangles=np.concatenate([mesh.triangles, (corners + len(mesh.vertices)).astype(np.int32)]),
        corner_uvs=np.concatenate([mesh.corner_uvs, uv.reshape(-1, 2)[corners]]),
    )


def teeth(size: int) -> np.ndarray:
    """(size,size,3) sRGB: two rows of ten teeth, the dark between them, and flesh below."""
    x, y = np.meshgrid(np.linspace(0, 1, size), np.linspace(0, 1, size))
    bare = (np.abs((x * 10) % 1 - 0.5) < 0.46) & ((y < 0.35) | (np.abs(y - 0.5) < 0.08))
    return np.where(bare[..., None], IVORY, GAP).astype(np.float32)
