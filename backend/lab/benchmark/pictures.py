"""Small pictures of a case: each method's texture map, and the head in it, turned to the side that nobody saw."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import cv2
import numpy as np

from ...head.front import draw_head, find_extent
from ...head.landmarks import find_head_landmarks
from ...head.mesh import load_mesh, vertex_normals
from ...head.tiles import FIRST
from ...head.view import render_view
from ...variants.sheet import titled
from ..evaluation.guard_scores import read

#: Pixels of a picture; degrees by which the head is turned away from the side that the portrait shows.
PIXELS, TURN = 256, 40.0
PORTRAIT, TRUTH = "portrait", "truth"


def case_pictures(
    folder: Path, about: dict, front: np.ndarray | None, textures: Mapping[str, Path]
) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Method, (P,P,3) map and (P,P,3) head, uint8 RGB, of the truth and of each texture; the portrait leads, twice.

    Args:
        front: (3,3) rows of the head's right, up and front; found where it is not known. textures: by method.
    """
    portrait = small(read(folder / "portrait.jpg")[..., ::-1])
    yield PORTRAIT, portrait, portrait
    mesh = load_mesh(folder / "head.obj")
    normals = vertex_normals(mesh)
    front = find_head_landmarks(mesh).rotation if front is None else front
    angle = np.radians(-TURN if about.get("yaw", 0) > 0 else TURN)
    turn = np.array([[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]]) @ front
    view = render_view(mesh, turn, 2 * PIXELS, extent=find_extent(mesh, turn), normals=normals)
    for name, path in {TRUTH: folder / "truth.jpg", **textures}.items():
        texture = np.ascontiguousarray(read(path)[..., ::-1])
        head = draw_head(mesh, normals, view, {FIRST: texture.astype(np.float32) / 255})
        yield name, small(texture), np.uint8(np.rint(np.clip(head, 0, 1) * 255))


def small(picture: np.ndarray) -> np.ndarray:
    return cv2.resize(picture, (PIXELS, PIXELS), interpolation=cv2.INTER_AREA)


def as_jpeg(picture: np.ndarray, quality: int = 85) -> bytes:
    """Of (H,W,3) uint8 RGB."""
    ok, data = cv2.imencode(".jpg", np.ascontiguousarray(picture[..., ::-1]), [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not ok:
        raise ValueError("OpenCV could not encode a picture.")
    return data.tobytes()


def sheet(pictures: Mapping[str, Mapping[str, tuple[np.ndarray, np.ndarray]]]) -> np.ndarray:
    """(H,W,3) uint8 RGB: a row a case, methods beside each other, their heads.

    Args:
        pictures: case -> method -> map and head.
    """
    methods = list(dict.fromkeys(name for row in pictures.values() for name in row))
    blank = np.zeros((PIXELS, PIXELS, 3), np.uint8)
    rows = []
    for case, row in pictures.items():
        shown = [row.get(name, (blank, blank))[1] for name in methods]
        titles = [case, *methods[1:]]
        rows.append(np.concatenate([titled(one, text) for one, text in zip(shown, titles, strict=True)], 1))
    return np.concatenate(rows, 0)
