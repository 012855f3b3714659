"""Makes the manual's picture of Light: the demo's head in each choice, unlit, and below under a lamp from the side.

python docs/light_picture.py avatartex_addon/manual/pictures/light.jpg
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from backend import pipeline  # noqa: E402
from backend.head.mesh import load_mesh, vertex_normals  # noqa: E402
from backend.head.view import render_view  # noqa: E402
from backend.imaging.read import read_base  # noqa: E402
from backend.imaging.sample import sample, to_linear, to_srgb  # noqa: E402
from backend.messages import Generate  # noqa: E402
from backend.options import LIGHT  # noqa: E402
from tests.demo import head, sources  # noqa: E402

#: Pixels of a head, and where the lamp stands: to the right, in front, a little above; the rest is its share of light.
PIXELS, LAMP, AMBIENT = 300, np.float32([0.85, 0.35, 0.4]), 0.25


def main(output: Path) -> None:
    looks = []
    with tempfile.TemporaryDirectory() as folder:
        obj = head.write_obj(head.build_head(), Path(folder) / "head.obj")
        mesh = load_mesh(obj)
        normals = vertex_normals(mesh)
        extent = 0.92 * float(np.ptp(mesh.vertices[:, 1]))
        centre = (mesh.vertices.min(0) + mesh.vertices.max(0)) / 2 + (0, 0.04 * extent, 0)
        view = render_view(mesh, np.eye(3), 2 * PIXELS, centre, extent, normals)
        for choice in LIGHT.choices:
            path = Path(folder) / f"{choice.value}.png"
            request = Generate(choice.value, str(sources.astronaut()), str(path), mesh=str(obj), light=choice.value)
            pipeline.generate(request, lambda stage, fraction: None, lambda: False)
            texture = read_base(path, request.size, "texture")
            uv = view.fragments.interpolate(mesh.corner_uvs)
            lit = np.clip(normals @ (LAMP / np.linalg.norm(LAMP)), 0, 1)[:, None].astype(np.float32)
            share = AMBIENT + (1 - AMBIENT) * view.fragments.interpolate(mesh.corners(lit))
            covered = view.fragments.covered
            places = np.stack([uv[covered][:, 0], 1 - uv[covered][:, 1]], 1) * np.float32(len(texture))
            color, column = to_linear(sample(texture, places)), []
            for light in (np.ones_like(share), 1.3 * share):
                picture = np.full((2 * PIXELS, 2 * PIXELS, 3), 0.24, np.float32)
                picture[covered] = to_srgb(color * light[covered])
                column.append(cv2.resize(picture, (PIXELS, PIXELS), interpolation=cv2.INTER_AREA))
            pair = np.rint(np.clip(np.vstack(column), 0, 1) * 255).astype(np.uint8)
            place, font = (10, 22), cv2.FONT_HERSHEY_SIMPLEX
            looks.append(cv2.putText(pair, choice.label, place, font, 0.55, (235, 235, 235), 1, cv2.LINE_AA))
    sheet = np.hstack(looks)[..., ::-1]
    cv2.imwrite(str(output), sheet, [cv2.IMWRITE_JPEG_QUALITY, 82])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
